package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const proofs = "testdata/proof"

// claim is a declaration below testdata/proof, with the words of docs/proof.md that it
// shows, and the builds that they are about: the default one where none is named.
type claim struct {
	kind, words string // kind is Loss, Cure or Keeps
	builds      []string
	file        string // from testdata/proof
	first, last int    // lines
}

func (c *claim) holds(file string, line int) bool {
	return c.file == filepath.ToSlash(file) && c.first <= line && line <= c.last
}

// claims reads the declarations below testdata/proof that show something.
func claims(t *testing.T) (all []*claim) {
	t.Helper()
	words := regexp.MustCompile(`(?m)^// (Loss|Cure|Keeps): (.+)$`)
	build := regexp.MustCompile(`(?m)^// flags: (.+)$`)
	files, err := filepath.Glob(proofs + "/*.go")
	require.NoError(t, err)
	more, err := filepath.Glob(proofs + "/*/*.go")
	require.NoError(t, err)
	for _, name := range append(files, more...) {
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, name, nil, parser.ParseComments)
		require.NoError(t, err)
		text := read(t, name)
		rel, err := filepath.Rel(proofs, name)
		require.NoError(t, err)
		for _, d := range f.Decls {
			var doc *ast.CommentGroup
			switch d := d.(type) {
			case *ast.FuncDecl:
				doc = d.Doc
			case *ast.GenDecl:
				doc = d.Doc
			}
			if doc == nil {
				continue
			}
			comment := text[set.Position(doc.Pos()).Offset:set.Position(doc.End()).Offset]
			m := words.FindSubmatch(comment)
			if m == nil {
				continue
			}
			c := &claim{kind: string(m[1]), words: string(m[2]), file: filepath.ToSlash(rel), first: set.Position(d.Pos()).Line, last: set.Position(d.End()).Line}
			for _, m := range build.FindAllSubmatch(comment, -1) {
				c.builds = append(c.builds, string(m[1]))
			}
			if c.builds == nil {
				c.builds = []string{""}
			}
			all = append(all, c)
		}
	}
	return all
}

// What docs/proof.md says loses the proof, cures the loss or keeps the proof is what
// testdata/proof has, word by word, the cures below what they are for.
func TestProofsAreThoseOfTheDocument(t *testing.T) {
	document := read(t, "../../docs/proof.md")
	var want []string
	for _, m := range regexp.MustCompile(`(?m)^\| (.+?) \| (.+) \|$`).FindAllStringSubmatch(string(document), -1) {
		if m[1] != "---" && m[2] != "cure" {
			want = append(want, "Loss: "+m[1]+", Cure: "+m[2])
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^- (.+)$`).FindAllStringSubmatch(string(document), -1) {
		want = append(want, "Keeps: "+m[1])
	}
	slices.Sort(want)
	got := map[string]bool{}
	all := claims(t)
	for i, c := range all {
		switch c.kind {
		case "Keeps":
			got["Keeps: "+c.words] = true
		case "Loss":
			cure := "none"
			for _, next := range all[i+1:] {
				if next.file == c.file && next.kind == "Cure" {
					cure = next.words
				}
				if next.kind != "Loss" || next.words != c.words {
					break
				}
			}
			got["Loss: "+c.words+", Cure: "+cure] = true
		}
	}
	assert.Equal(t, want, slices.Sorted(maps.Keys(got)))
	for i, c := range all {
		if c.kind == "Cure" {
			require.NotZero(t, i)
			before := all[i-1]
			assert.True(t, before.file == c.file && (before.kind == "Loss" || before.words == c.words), "%s:%d: cures nothing: %s", c.file, c.first, c.words)
		}
	}
}

// Each loss has an unproven call, each cure and each thing that keeps the proof has
// proven ones only, in each build that they are about.
func TestProofs(t *testing.T) {
	t.Parallel()
	builds := map[string][]*claim{}
	for _, c := range claims(t) {
		for _, b := range c.builds {
			builds[b] = append(builds[b], c)
		}
	}
	for build, claims := range builds {
		t.Run(build, func(t *testing.T) {
			env, args := settings(t, build)
			packages := map[string]bool{}
			for _, c := range claims {
				packages["./"+path.Dir(c.file)] = true
			}
			if build == "" {
				packages["./caller"] = true // which inlines what the others have
			}
			args = slices.AppendSeq(args, maps.Keys(packages))
			d := checkJSON(t, anyStatus, proofs, env, args...)
			calls := map[string]int{} // by what is claimed of them
			for _, c := range claims {
				verdicts := map[string]int{}
				for _, call := range d.Calls {
					if c.holds(call.File, call.Line) {
						verdicts[call.Verdict]++
						calls[c.kind+": "+c.words]++
					}
				}
				if c.kind == "Loss" {
					assert.NotZero(t, verdicts["unproven"], "%s:%d: %s: %v", c.file, c.first, c.words, verdicts)
				} else {
					assert.Zero(t, verdicts["unproven"]+verdicts["unjudged"], "%s:%d: %s: %v", c.file, c.first, c.words, verdicts)
				}
			}
			for _, c := range claims {
				assert.NotZero(t, calls[c.kind+": "+c.words], "%s:%d: %s: no call", c.file, c.first, c.words)
			}
		})
	}
}

// settings returns the environment and the flags of a build, or skips the test where
// it cannot be had.
func settings(t *testing.T, build string) (env, args []string) {
	t.Helper()
	switch {
	case build == "":
	case build == "-pgo":
		args = []string{"-pgo=" + hotProfile(t)}
	case strings.HasPrefix(build, "GOTOOLCHAIN="):
		if testing.Short() {
			t.Skip("other toolchains take time")
		}
		env = []string{build}
		cmd := exec.Command("go", "version")
		cmd.Env = append(os.Environ(), env...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Skipf("%s cannot be had: %s", build, out)
		}
	default:
		if testing.Short() {
			t.Skip("builds the standard library anew")
		}
		if build == "-race" || build == "-asan" {
			if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" || !haveCgo(t) {
				t.Skip("needs cgo and a platform with sanitizers")
			}
		}
		if build == "-asan" {
			if _, err := exec.LookPath("gcc"); err != nil {
				t.Skip(err)
			}
			env = []string{"CC=gcc"}
		}
		args = []string{build}
	}
	return env, args
}

// hotProfile returns the name of a profile whose time is in the calls of pgo.Caller.
func hotProfile(t *testing.T) string {
	t.Helper()
	const name = proofs + "/pgo/pgo.go"
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, name, nil, 0)
	require.NoError(t, err)
	p := &profile.Profile{SampleType: []*profile.ValueType{{Type: "samples", Unit: "count"}}}
	start := map[string]int64{}
	call := func(function string, line int64) *profile.Location {
		fn := &profile.Function{ID: uint64(len(p.Function) + 1), Name: "example.com/proof/pgo." + function, StartLine: start[function]}
		p.Function = append(p.Function, fn)
		l := &profile.Location{ID: uint64(len(p.Location) + 1), Line: []profile.Line{{Function: fn, Line: line}}}
		p.Location = append(p.Location, l)
		return l
	}
	for _, d := range f.Decls {
		if d, ok := d.(*ast.FuncDecl); ok {
			start[d.Name.Name] = int64(set.Position(d.Pos()).Line)
		}
	}
	for _, callee := range []string{"hot", "cured"} {
		require.Contains(t, start, callee)
		p.Sample = append(p.Sample, &profile.Sample{
			Location: []*profile.Location{call(callee, start[callee]+1), call("Caller", start["Caller"])}, Value: []int64{1000}})
	}
	var b bytes.Buffer
	require.NoError(t, p.Write(&b))
	file := filepath.Join(t.TempDir(), "cpu.pprof")
	require.NoError(t, os.WriteFile(file, b.Bytes(), 0o666))
	return file
}
