package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

const (
	sample    = "testdata/check"
	workspace = "testdata/work"
)

// call is what -json tells of a call.
type call struct {
	File      string
	Line, Col int
	Func      string
	Verdict   string
	Accepted  bool
	Why, Cure string
	Flow      []string
	Leak      *struct {
		File      string
		Line, Col int
	}
	Copies []struct {
		Function, Verdict string
		Inlined           []string
		Unused            bool
	}
}

func (c *call) String() string {
	v := c.Verdict
	if c.Accepted {
		v = "accepted"
	}
	if c.Verdict == "unproven" || c.Verdict == "unjudged" {
		v += ": " + c.Why
		if c.Cure != "" {
			v += "; " + c.Cure
		}
	}
	return v
}

type document struct {
	Version, Proven, Unproven, Accepted, Unjudged, Warnings int
	Calls                                                   []*call
	Notes                                                   []struct {
		Rule, File, Text, Cure string
		Line, Col              int
	}
}

func checkJSON(t *testing.T, status int, dir string, env []string, args ...string) *document {
	t.Helper()
	stdout, stderr := invoke(t, status, dir, env, append([]string{"check", "-json"}, args...)...)
	require.Empty(t, stderr)
	d := new(document)
	require.NoError(t, json.Unmarshal([]byte(stdout), d))
	return d
}

// wants compares the calls with the comments "want" of the files below dir: one
// for each line with a call, verdicts of the same line in order, separated by
// "; " where there are several.
func wants(t *testing.T, dir string, d *document, skip func(file string) bool) {
	t.Helper()
	got := map[string][]*call{}
	for _, c := range d.Calls {
		k := fmt.Sprintf("%s:%d", filepath.ToSlash(c.File), c.Line)
		got[k] = append(got[k], c)
	}
	n := 0
	require.NoError(t, filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") || skip(path) {
			return err
		}
		f, err := os.Open(path)
		require.NoError(t, err)
		defer f.Close()
		rel, err := filepath.Rel(dir, path)
		require.NoError(t, err)
		s := bufio.NewScanner(f)
		for line := 1; s.Scan(); line++ {
			_, want, ok := strings.Cut(s.Text(), "// want ")
			if !ok {
				if _, want, ok = strings.Cut(s.Text(), "stackalloc:heap want "); !ok {
					continue
				}
			}
			n++
			k := fmt.Sprintf("%s:%d", filepath.ToSlash(rel), line)
			parts := []string{want}
			if strings.Contains(want, "; unproven: ") {
				parts = strings.Split(want, "; ")
			}
			if len(parts) != len(got[k]) {
				t.Errorf("%s: want %d calls (%s), got %d %v", k, len(parts), want, len(got[k]), got[k])
				continue
			}
			for i, p := range parts {
				verdict, why, _ := strings.Cut(p, ": ")
				if s := got[k][i].String(); !strings.HasPrefix(s, verdict) || !regexp.MustCompile(why).MatchString(s) {
					t.Errorf("%s: want %s\n\tgot %s", k, p, got[k][i])
				}
			}
			delete(got, k)
		}
		return s.Err()
	}))
	require.NotZero(t, n)
	for k, c := range got {
		t.Errorf("%s: not wanted: %v", k, c)
	}
}

// toolchains are the versions of Go whose compilers are read.
var toolchains = []string{"", "go1.25.4", "go1.26.8", "go1.27.0"}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	for _, v := range toolchains {
		t.Run("toolchain="+v, func(t *testing.T) {
			var env []string
			if v != "" {
				if v == runtime.Version() {
					t.Skip("is the one without a name")
				}
				if testing.Short() {
					t.Skip("other toolchains take time")
				}
				env = []string{"GOTOOLCHAIN=" + v}
				cmd := exec.Command("go", "version")
				cmd.Env = append(os.Environ(), env...)
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Skipf("%s cannot be had: %s", v, out)
				}
			}
			d := checkJSON(t, 1, sample, env, "-test", "./...")
			wants(t, sample, d, func(f string) bool { return strings.HasSuffix(f, "tagged.go") })
			n := map[string]int{}
			for _, c := range d.Calls {
				if c.Accepted {
					n["accepted"]++
				} else {
					n[c.Verdict]++
				}
			}
			require.Equal(t, n, map[string]int{"proven": d.Proven, "unproven": d.Unproven, "accepted": d.Accepted, "unjudged": d.Unjudged, "exempt": n["exempt"]})
		})
	}
}

func TestWithoutTests(t *testing.T) {
	d := checkJSON(t, 0, sample, nil, "./tested")
	require.Len(t, d.Calls, 1)
	require.Equal(t, "tested", filepath.Dir(d.Calls[0].File))
}

func TestTags(t *testing.T) {
	d := checkJSON(t, 0, sample, nil, "./tagged")
	require.Empty(t, d.Calls)
	d = checkJSON(t, 0, sample, nil, "-tags", "other,special", "./tagged")
	require.Len(t, d.Calls, 1)
	require.Equal(t, "proven", d.Calls[0].String())
}

// The code of a build mode is other code, in which symbols are reached by tables.
func TestBuildModes(t *testing.T) {
	t.Parallel()
	modes := []string{"pie"}
	if !brief() && haveCgo(t) {
		modes = append(modes, "c-archive", "plugin") // for these the standard library is compiled anew
	}
	plain, _ := invoke(t, 1, sample, nil, "check", "./forms", "./copied")
	for _, mode := range modes {
		stdout, _ := invoke(t, 1, sample, nil, "check", "-buildmode="+mode, "./forms", "./copied")
		require.Equal(t, plain, stdout, mode)
	}
	_, stderr := invoke(t, 2, sample, nil, "check", "-buildmode=none", "./tested")
	require.Contains(t, stderr, "none")
}

func TestWithoutOptimisation(t *testing.T) {
	for _, c := range []struct {
		env  []string
		args []string
	}{
		{nil, []string{"-gcflags=-N -l"}},
		{nil, []string{"-gcflags=all=-l"}},
		{[]string{"GOFLAGS=-gcflags=-l"}, nil},
	} {
		d := checkJSON(t, 1, sample, c.env, append(c.args, "./tested")...)
		require.Regexp(t, "^unproven: the call was not inlined: built without optimisation .*-l", d.Calls[0].String())
	}
	// A flag for other packages leaves these alone.
	d := checkJSON(t, 0, sample, nil, "-gcflags=./calls=-l", "./tested")
	require.Equal(t, "proven", d.Calls[0].String())
}

// Where all else is proven, check reads a shorter listing: it must see there that
// a call is left in a copy of a closure, and that a small block is from the heap.
func TestOneUnprovenAmongProvenCalls(t *testing.T) {
	for _, dir := range []string{"copied", "small"} {
		d := checkJSON(t, 1, sample, nil, "./"+dir)
		wants(t, filepath.Join(sample, dir), &document{Calls: relativeTo(d.Calls, dir)}, func(string) bool { return false })
	}
}

func relativeTo(calls []*call, dir string) []*call {
	for _, c := range calls {
		c.File = strings.TrimPrefix(filepath.ToSlash(c.File), dir+"/")
	}
	return calls
}

func TestTrimmedPaths(t *testing.T) {
	plain := checkJSON(t, anyStatus, sample, nil, "./calls")
	trimmed := checkJSON(t, anyStatus, sample, []string{"GOFLAGS=-trimpath"}, "./calls")
	require.Equal(t, len(plain.Calls), len(trimmed.Calls))
	for i, c := range plain.Calls {
		require.Equal(t, c.File, trimmed.Calls[i].File)
		require.Equal(t, c.String(), trimmed.Calls[i].String())
	}
}

func TestWorkspace(t *testing.T) {
	d := checkJSON(t, 0, workspace, []string{"GOWORK="}, "./a/...", "./b/...")
	wants(t, workspace, d, func(string) bool { return false })
}

func TestFileArguments(t *testing.T) {
	d := checkJSON(t, 0, filepath.Join(sample, "tested"), nil, "tested.go")
	require.Len(t, d.Calls, 1)
}

func TestTextForm(t *testing.T) {
	stdout, _ := invoke(t, 1, sample, nil, "check", "./calls")
	line := regexp.MustCompile(`^calls.calls\.go:\d+:\d+: stackalloc\.\w+: (proven|unproven: .+|not judged: .+)$`)
	warning := regexp.MustCompile(`^calls.calls\.go:\d+:\d+: warning: .+; put //go:noinline on \w+$`)
	for _, l := range strings.Split(strings.TrimSpace(stdout), "\n") {
		require.True(t, line.MatchString(l) || warning.MatchString(l), l)
	}
	require.NotContains(t, stdout, "scratch")
	verbose, _ := invoke(t, anyStatus, sample, nil, "check", "-v", "./calls")
	require.Contains(t, verbose, "scratch.Do: needs no proof")
	require.Regexp(t, `\t\| +from sink = s \(assign\) at `, verbose)
	require.Regexp(t, `\d+ proven, \d+ unproven, 2 accepted`, verbose)
}

func TestNothingToCheck(t *testing.T) {
	stdout, _ := invoke(t, 0, ".", nil, "check", "errors")
	require.Empty(t, stdout)
}

func TestErrors(t *testing.T) {
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	broken := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(broken, "go.mod"), []byte("module broken\n\ngo 1.25.0\n\nrequire github.com/stackalloc/stackalloc v0.0.0\n\nreplace github.com/stackalloc/stackalloc => "+filepath.ToSlash(root)+"\n"), 0o666))
	require.NoError(t, os.WriteFile(filepath.Join(broken, "a.go"), []byte("package a\n\nimport _ \"github.com/stackalloc/stackalloc\"\n\nvar x int = \"\"\n"), 0o666))
	for _, c := range []struct{ dir, arg, want string }{
		{broken, ".", `a.go:5:13: cannot use ""`},
		{sample, "./nosuchdir", "nosuchdir"},
		{sample, "example.com/none/...", "matched no packages"},
		{os.TempDir(), ".", "go.mod"},
	} {
		stdout, stderr := invoke(t, 2, c.dir, nil, "check", c.arg)
		require.Empty(t, stdout)
		require.Contains(t, stderr, "stackalloc check: ")
		require.Contains(t, stderr, c.want)
	}
}

// The standard library does not call this one, so every package must be read
// and none found concerned.
func TestStandardLibrary(t *testing.T) {
	if brief() {
		t.Skip("compiles the standard library")
	}
	d := checkJSON(t, 0, ".", nil, "std")
	require.Empty(t, d.Calls)
}

// Where the compiler runs through another tool, its listings are read as they are, and
// what is printed is the same to the byte.
func TestListingsOfAnotherTool(t *testing.T) {
	t.Parallel()
	tool, err := exec.LookPath("env")
	if err != nil {
		t.Skip(err)
	}
	dir := scratchModule(t, map[string]string{
		"a/a.go": "package a\n\nimport \"github.com/stackalloc/stackalloc\"\n\n" +
			"func Z(n int) int { return with(n) + Y(n) }\n\nfunc with(n int) (k int) { stackalloc.Do(n, func(b []int) { k = len(b) }); return k }\n\nfunc Y(n int) int { return with(n) * X[int](n) * X[byte](n) }\n\n" +
			"func X[T any](n int) (k int) { stackalloc.Do(n, func(b []T) { k = len(b) }); return k }\n",
		"b/b.go": "package b\n\nimport \"example.com/m/a\"\n\nfunc B(n int) int { return a.X[string](n) + a.Y(n) }\n\nfunc A(n int) int { return a.X[string](n) + a.Z(n) }\n",
		"c/c.go": "package c\n\nimport \"example.com/m/a\"\n\nfunc B(n int) int { return a.X[string](n) }\n",
	})
	for _, c := range []struct{ dir, pattern string }{{dir, "./..."}, {sample, "./..."}} {
		for _, form := range []string{"-v", "-json"} {
			args := []string{"check", form, c.pattern}
			want, _ := invoke(t, anyStatus, c.dir, nil, args...)
			got, _ := invoke(t, anyStatus, c.dir, []string{"GOFLAGS=-toolexec=" + tool}, args...)
			require.Contains(t, want, "nlined")
			require.Equal(t, want, got)
		}
	}
}

func TestSARIF(t *testing.T) {
	stdout, _ := invoke(t, 1, sample, nil, "check", "-sarif", "./calls")
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(stdout))
	require.NoError(t, err)
	schema, err := jsonschema.NewCompiler().Compile("testdata/sarif-schema-2.1.0.json")
	require.NoError(t, err)
	require.NoError(t, schema.Validate(doc))

	var log struct {
		Runs []struct {
			Results []struct {
				RuleID       string
				Message      struct{ Text string }
				Suppressions []any
				Locations    []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI, URIBaseID string }
						Region           struct{ StartLine int }
					}
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(stdout), &log))
	d := checkJSON(t, anyStatus, sample, nil, "./calls")
	results := log.Runs[0].Results
	require.Len(t, results, d.Unproven+d.Accepted+d.Warnings)
	require.NotZero(t, d.Warnings)
	suppressed := 0
	for _, r := range results {
		suppressed += len(r.Suppressions)
		at := r.Locations[0].PhysicalLocation
		require.Regexp(t, `(^|/)testdata/check/calls/calls\.go$`, at.ArtifactLocation.URI)
		require.Equal(t, "SRCROOT", at.ArtifactLocation.URIBaseID)
		require.NotZero(t, at.Region.StartLine)
		require.Contains(t, r.Message.Text, "unproven")
		require.Contains(t, []string{"unproven", "inlinable"}, r.RuleID)
	}
	require.Equal(t, d.Accepted, suppressed)

	// A document that is not SARIF is told apart.
	doc, err = jsonschema.UnmarshalJSON(strings.NewReader(strings.Replace(stdout, `"results"`, `"result"`, 1)))
	require.NoError(t, err)
	require.Error(t, schema.Validate(doc))
}
