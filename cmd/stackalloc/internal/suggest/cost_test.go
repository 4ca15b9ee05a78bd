package suggest

import (
	"go/token"
	"go/types"
	"testing"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
)

func TestPackageOf(t *testing.T) {
	for name, want := range map[string]string{
		"main.main":                                    "main",
		"github.com/miekg/dns.(*Msg).Pack":             "github.com/miekg/dns",
		"gopkg.in/yaml%2ev3.(*parser).parse":           "gopkg.in/yaml.v3",
		"example.com/x.F[go.shape.struct { a/b.T }]":   "example.com/x",
		"example.com/x.(*T[go.shape.int]).M.func1":     "example.com/x",
		"github.com/jackc/pgx/v5/pgtype.(*Map).Encode": "github.com/jackc/pgx/v5/pgtype",
		"strconv.quoteWith":                            "strconv",
		"nothing":                                      "",
	} {
		require.Equal(t, want, packageOf(name), name)
	}
}

// A line of the profile is that of a finding wherever its build had the file.
func TestCostsAreMatchedByPackage(t *testing.T) {
	c := &costs{byLine: map[lineKey][]*cost{}, byCall: map[lineKey][]*cost{}}
	sample := func(fn, file string, leaf ...string) {
		s := new(profile.Sample)
		for _, f := range append(leaf, fn) {
			s.Location = append(s.Location, &profile.Location{Line: []profile.Line{{Function: &profile.Function{Name: f, Filename: file}, Line: 7}}})
		}
		c.add(s, 1, true)
	}
	at := func(path, name, file string) int64 {
		return c.of(&finding{pos: position.Pos{File: file, Line: 7}, pkg: &packages.Package{PkgPath: path, Name: name}})
	}
	sample("example.com/m/a.F", "/home/me/m/a/x.go")                            // as it is
	sample("example.com/m/a.F", "/root/go/pkg/mod/example.com/m@v1.2.3/a/x.go") // from the module cache
	sample("example.com/m/a.F", "example.com/m@v1.2.3/a/x.go")                  // with -trimpath
	sample("example.com/m/a.F", "/build/src/x.go")                              // in another folder
	sample("example.com/n/a.F", "/home/me/n/a/x.go")                            // another package of the name
	sample("main.main", "example.com/m@v1.2.3/cmd/x.go")
	sample("main.main", "/home/me/other/x.go")
	sample("example.com/m/a.G", "/home/me/m/a/x.go", "slices.Clone[go.shape.int]")
	require.Equal(t, int64(5), at("example.com/m/a", "a", "/elsewhere/m/a/x.go"))
	require.Equal(t, int64(1), at("example.com/n/a", "a", "/elsewhere/n/a/x.go"))
	require.Equal(t, int64(1), at("example.com/m/cmd", "main", "/elsewhere/m/cmd/x.go"))
	require.Equal(t, int64(8), c.total)
}

// What a function allocates for its result is the cost of the lines that call it.
func TestCostsOfResults(t *testing.T) {
	c := &costs{byLine: map[lineKey][]*cost{}, byCall: map[lineKey][]*cost{}}
	frame := func(fn string, line int64) *profile.Location {
		return &profile.Location{Line: []profile.Line{{Function: &profile.Function{Name: fn, Filename: "/m/a.go"}, Line: line}}}
	}
	c.add(&profile.Sample{Location: []*profile.Location{frame("example.com/m.Split", 3), frame("example.com/m.Caller", 9)}}, 5, true)
	c.add(&profile.Sample{Location: []*profile.Location{frame("example.com/m.other", 4), frame("example.com/m.Caller", 9)}}, 7, true)
	p := &packages.Package{PkgPath: "example.com/m", Name: "m"}
	split := types.NewFunc(token.NoPos, types.NewPackage("example.com/m", "m"), "Split", types.NewSignatureType(nil, nil, nil, nil, nil, false))
	at := position.Pos{File: "/m/a.go", Line: 9}
	require.Equal(t, int64(5), c.of(&finding{pos: at, pkg: p, giver: &giver{fn: split}}))
	require.Zero(t, c.of(&finding{pos: at, pkg: p}))
}

func TestShare(t *testing.T) {
	for s, want := range map[string]float64{"1%": 0.01, "0.01": 0.01, " 2.5 %": 0.025, "100%": 1, "0": 0} {
		v, err := share(s)
		require.NoError(t, err, s)
		require.InDelta(t, want, v, 1e-12, s)
	}
	for _, s := range []string{"", "x", "2", "-1%", "101%", "NaN"} {
		_, err := share(s)
		require.Error(t, err, s)
	}
}

func TestPercent(t *testing.T) {
	for share, want := range map[float64]string{1: "100 %", 0.996: "100 %", 0.123: "12 %", 0.0123: "1.2 %", 0.00012: "0.012 %"} {
		require.Equal(t, want, percent(share))
	}
}
