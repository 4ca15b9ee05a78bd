package try

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/tools/cover"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/suggest"
)

// group is a benchmark function: its series are those of its sub-benchmarks.
type group struct {
	*unit
	name    string // BenchmarkX
	pattern string // for -test.bench
	series  []*series
	failure string // where it does not run
	broken  bool   // it runs before
	where   string // where it fails then

	reached *reached // nil where it is not known: all of the changes
}

// reaches reports whether the benchmark runs a function that a change is in.
func (g *group) reaches(c *suggest.Change) bool { return g.reached == nil || g.reached.functions[c] }

// runs reports whether it runs the place of a change itself.
func (g *group) runs(c *suggest.Change) bool { return g.reached == nil || g.reached.places[c] }

// touch finds the benchmarks, and which of the changes each of them reaches. Those
// that reach none can be neither faster nor slower for it.
func (t *trial) touch(ctx context.Context) error {
	t.bar.Phase("looking for what the benchmarks reach")
	if len(t.changes()) == 0 {
		return nil
	}
	var all []*group
	for _, u := range t.units {
		if !u.reached || u.broken {
			continue
		}
		bin, err := t.binary(ctx, u, t.before)
		if err != nil {
			return err
		}
		out, err := t.runBinary(ctx, u, bin, "-test.list=^Benchmark")
		if err != nil && !failed(err) {
			return err
		}
		for _, name := range strings.Fields(out) {
			if p := patternFor(t.bench, name); p != "" && strings.HasPrefix(name, "Benchmark") {
				all = append(all, &group{unit: u, name: name, pattern: p})
				u.benchmarks++
			}
		}
	}
	for _, g := range all {
		t.bar.Step(g.name, len(all))
		r, err := t.cover(ctx, g.unit, g.pattern)
		if err != nil {
			return err
		}
		g.reached = r
	}
	t.groups = all
	return nil
}

// setApart takes out the benchmarks that reach no change, unless they were asked for.
func (t *trial) setApart() {
	if t.benchGiven {
		return
	}
	t.groups = slices.DeleteFunc(t.groups, func(g *group) bool {
		idle := !slices.ContainsFunc(t.changes(), g.reaches)
		if idle {
			t.apart = append(t.apart, g.ImportPath+"."+g.name)
		}
		return idle
	})
}

// patternFor returns the part of the flag -bench that is for the benchmark function
// of this name, or nothing if none is.
func patternFor(bench, name string) string {
	var all []string
	for _, alternative := range splitOutside(bench, '|') {
		first, rest, _ := cutOutside(alternative, '/')
		if ok, err := regexp.MatchString(first, name); err != nil || !ok {
			continue
		}
		p := "^" + name + "$"
		if rest != "" {
			p += "/" + rest
		}
		if p == "^"+name+"$" {
			return p
		}
		all = append(all, p)
	}
	return strings.Join(all, "|")
}

// splitOutside splits at a character outside of brackets and parentheses, as package
// testing does.
func splitOutside(s string, at byte) (parts []string) {
	for {
		before, after, found := cutOutside(s, at)
		parts = append(parts, before)
		if !found {
			return parts
		}
		s = after
	}
}

func cutOutside(s string, at byte) (before, after string, found bool) {
	square, round := 0, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case c == '[':
			square++
		case c == ']':
			square = max(square-1, 0) // an unmatched one is legal
		case c == '(' && square == 0:
			round++
		case c == ')' && square == 0:
			round--
		case c == at && square == 0 && round == 0:
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

// patience is how long it may take to ask what one benchmark reaches.
const patience = 20 * time.Second

// reached is what a benchmark runs of the changes, and of the functions that they
// are in.
type reached struct{ places, functions map[*suggest.Change]bool }

// cover runs benchmarks once, as the source is, and returns what they reach, or nil
// where that cannot be told.
func (t *trial) cover(ctx context.Context, u *unit, pattern string) (*reached, error) {
	if u.slow {
		return nil, nil
	}
	bin, err := t.binary(ctx, u, t.before, "-cover", "-covermode=atomic", "-coverpkg="+strings.Join(t.packages(), ","))
	if err != nil {
		u.slow = true // it does not build with coverage
		return nil, context.Cause(ctx)
	}
	profile := t.file("cover.out")
	os.Remove(profile)
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err = t.runBinary(limited, u, bin, "-test.run=^$", "-test.bench="+pattern, "-test.benchtime=1x", "-test.timeout=10m", "-test.coverprofile="+profile)
	if limited.Err() != nil && ctx.Err() == nil {
		u.slow = true
		t.note("what the benchmarks of %s reach is not known: they take long to prepare", u.ImportPath)
		return nil, nil
	}
	if err != nil && !failed(err) {
		return nil, err
	}
	profiles, err := cover.ParseProfiles(profile)
	if err != nil {
		return nil, nil
	}
	r := &reached{map[*suggest.Change]bool{}, map[*suggest.Change]bool{}}
	for _, c := range t.changes() {
		text, err := t.full.ReadFile(c.File)
		if err != nil && !os.IsNotExist(err) {
			return nil, err
		}
		_, from, to := function(text, c)
		for _, p := range profiles {
			if p.FileName != path.Join(c.Package, filepath.Base(c.File)) {
				continue
			}
			for _, b := range p.Blocks {
				if b.Count > 0 {
					r.places[c] = r.places[c] || b.StartLine <= c.Line && c.Line <= b.EndLine
					r.functions[c] = r.functions[c] || b.StartLine <= to && from <= b.EndLine
				}
			}
		}
	}
	return r, nil
}

// function returns the function that a change is in, and its lines: all of the file,
// where it is in none.
func function(text []byte, c *suggest.Change) (name string, from, to int) {
	fset := token.NewFileSet()
	f, _ := parser.ParseFile(fset, c.File, text, parser.SkipObjectResolution)
	if f == nil {
		return "", 1, math.MaxInt
	}
	line := func(p token.Pos) int { return fset.PositionFor(p, false).Line }
	for _, d := range f.Decls {
		if d, ok := d.(*ast.FuncDecl); ok && line(d.Pos()) <= c.Line && c.Line <= line(d.End()) {
			return d.Name.Name, line(d.Pos()), line(d.End())
		}
	}
	return "", 1, math.MaxInt
}
