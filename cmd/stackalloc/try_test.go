package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/require"
)

const tryCode = "testdata/try"

// tried is what try prints with -json.
type tried struct {
	Changes []struct {
		File, Function, Use string
		Line                int
		Benchmarks          []string
	}
	Tests struct {
		Before, After, Beside string
		Packages              int
		Broken                []struct{ Package, Test, Cause string }
	}
	Benchmarks []struct {
		Package, Name string
		Before, After struct {
			NS, Bytes, Allocs float64
			Collections       *float64
		}
		Ratio     float64
		Low, High *float64
		Runs      int
		Beside    *struct{ NS, Bytes, Allocs, Ratio float64 }
	}
	Dropped []struct {
		File, Function, Benchmark string
		Ratio                     float64
	}
	Unreached, Moved, Notes []string
}

// places returns the changes as FILE FUNCTION.
func (d *tried) places() (all []string) {
	for _, c := range d.Changes {
		all = append(all, filepath.ToSlash(c.File)+" "+c.Function)
	}
	return all
}

// files returns what is below a directory: names, times and contents.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		require.NoError(t, err)
		st, err := e.Info()
		require.NoError(t, err)
		text := []byte(nil)
		if !e.IsDir() {
			text = read(t, name)
		}
		all[name] = fmt.Sprintf("%v %v %x", st.Mode(), st.ModTime(), sha256.Sum256(text))
		return nil
	}))
	return all
}

// runTry runs the command in dir below root, and requires that nothing below root is
// written to and that nothing is left behind.
func runTry(t *testing.T, status int, root, dir string, env []string, args ...string) (stdout, stderr string) {
	t.Helper()
	tmp := t.TempDir()
	before := files(t, root)
	env = append([]string{"GOWORK=", "TMPDIR=" + tmp, "TMP=" + tmp, "TEMP=" + tmp}, env...)
	stdout, stderr = invoke(t, status, filepath.Join(root, dir), env, append([]string{"try"}, args...)...)
	require.Equal(t, before, files(t, root), "the tree was written to")
	left, err := os.ReadDir(tmp)
	require.NoError(t, err)
	require.Empty(t, left)
	return stdout, stderr
}

// quick are the flags of tests that do not look at times.
var quick = []string{"-count=1", "-benchtime=1x"}

func tryJSON(t *testing.T, status int, root, dir string, env []string, args ...string) *tried {
	t.Helper()
	stdout, stderr := runTry(t, status, root, dir, env, append([]string{"-json"}, args...)...)
	require.Empty(t, stderr)
	d := new(tried)
	require.NoError(t, json.Unmarshal([]byte(stdout), d), stdout)
	return d
}

func TestTryAModuleThatHasNeverHeardOfTheLibrary(t *testing.T) {
	t.Parallel()
	root := copySample(t, tryCode+"/plain")
	d := tryJSON(t, 0, root, ".", nil, append(quick, "./...")...)
	require.Equal(t, []string{"go 1.21 to 1.25.0 in example.com/plain"}, d.Moved)
	require.ElementsMatch(t, []string{"plain.go Hex", "plain.go Reverse", "plain.go Median", "quiet/quiet.go Spaced"}, d.places())
	require.Equal(t, "pass", d.Tests.Before)
	require.Equal(t, "pass", d.Tests.After)
	require.Empty(t, d.Dropped)
	by := map[string]string{}
	for _, c := range d.Changes {
		require.Regexp(t, `^stackalloc\.\w+`, c.Use)
		require.NotZero(t, c.Line)
		by[c.Function] = strings.Join(c.Benchmarks, " ")
	}
	require.Equal(t, map[string]string{"Hex": "example.com/plain.BenchmarkHex", "Reverse": "example.com/plain.BenchmarkReverse", "Median": "", "Spaced": ""}, by)
	var names []string
	for _, b := range d.Benchmarks {
		require.Equal(t, "example.com/plain", b.Package)
		require.NotZero(t, b.Before.NS)
		require.NotZero(t, b.After.NS)
		require.NotZero(t, b.Ratio)
		require.NotNil(t, b.Before.Collections)
		require.NotNil(t, b.After.Collections)
		require.Equal(t, 1, b.Runs)
		require.Nil(t, b.Low, "one run has no interval")
		names = append(names, b.Name)
	}
	require.Equal(t, []string{"BenchmarkHex/size=16", "BenchmarkHex/size=100", "BenchmarkReverse"}, names)
	require.Equal(t, []string{"example.com/plain.BenchmarkSum"}, d.Unreached)
}

func TestTryText(t *testing.T) {
	root := copySample(t, tryCode+"/plain")
	stdout, stderr := runTry(t, anyStatus, root, ".", nil, "-bench", "Reverse|Sum", "-benchtime=2ms", "-count=6", "./...")
	require.Empty(t, stderr)
	for _, want := range []string{
		`the library asks for: go 1\.21 to 1\.25\.0 in example\.com/plain`,
		`tests of 2 packages: before pass, after pass`,
		`(?m)^example\.com/plain$`,
		`(?m)^ +ns/op +after +ratio +B/op +after +allocs/op +after$`,
		`(?m)^ +Reverse +\S+ +\S+ +\d\.\d+ +± +\d+%`,
		`(?m)^ +Sum +`, // -bench asks for it
		`example\.com/plain/quiet has no benchmarks that match "Reverse\|Sum"\n\tits tests allocate there \d\d+ B in \d objects before, and \d\d B in \d objects? after`,
		`run by no benchmark:\n(\t.*\n)*\tquiet.quiet\.go:6: Spaced: stackalloc\.\w+\n`,
		`stackalloc suggest -diff \./\.\.\. \| git apply`,
		`stackalloc check \./\.\.\.`,
	} {
		require.Regexp(t, want, stdout)
	}
	require.NotContains(t, stdout, "Hex/size=16 ")
	require.NotContains(t, stdout, "\x1b", "a progress line without a terminal")
}

func TestTryOtherModules(t *testing.T) {
	t.Parallel()
	t.Run("workspace", func(t *testing.T) {
		root := copySample(t, tryCode+"/work")
		d := tryJSON(t, 0, root, "a", nil, append(quick, "./...", "../b")...)
		require.Equal(t, []string{filepath.Join(root, "b", "b.go") + " Reverse"}, d.places())
		require.Len(t, d.Moved, 2)
		require.Len(t, d.Benchmarks, 1)
		require.Equal(t, "example.com/a", d.Benchmarks[0].Package, "the benchmark of a member that another's change reaches")
	})
	t.Run("requires the library", func(t *testing.T) {
		root := copySample(t, tryCode+"/watched")
		d := tryJSON(t, 0, root, ".", nil, append(quick, "-run=Count", "./broken")...)
		require.Empty(t, d.Moved)
		require.Equal(t, []string{"broken/broken.go Count"}, d.places())
	})
	t.Run("GOFLAGS", func(t *testing.T) {
		root := copySample(t, tryCode+"/plain")
		require.NoError(t, os.WriteFile(filepath.Join(root, "other.mod"), []byte("module example.com/plain\n\ngo 1.25.0\n"), 0o666))
		require.NoError(t, os.WriteFile(filepath.Join(root, "tagged.go"), []byte("//go:build some\n\npackage plain\n\nfunc Tagged(n int) int {\n\tb := make([]byte, n)\n\tfor i := range b {\n\t\tb[i] = 1\n\t}\n\treturn len(b)\n}\n"), 0o666))
		overlay := filepath.Join(t.TempDir(), "overlay.json")
		seen := filepath.Join(t.TempDir(), "seen.go")
		require.NoError(t, os.WriteFile(seen, []byte("package plain\n\nfunc Seen(n int) (s int) {\n\tb := make([]byte, n)\n\tfor i := range b {\n\t\ts += len(b[i:])\n\t}\n\treturn s\n}\n"), 0o666))
		require.NoError(t, os.WriteFile(overlay, []byte(fmt.Sprintf(`{"Replace":{%q:%q}}`, filepath.Join(root, "quiet.go"), seen)), 0o666))
		d := tryJSON(t, 0, root, ".", []string{"GOFLAGS=-modfile=other.mod -tags=some -mod=mod -overlay=" + overlay}, append(quick, "-bench=Reverse", ".")...)
		require.Empty(t, d.Moved)
		require.Subset(t, d.places(), []string{"tagged.go Tagged", "quiet.go Seen"})
	})
	t.Run("cgo", func(t *testing.T) {
		if out, err := exec.Command("go", "env", "CGO_ENABLED").Output(); err != nil || strings.TrimSpace(string(out)) != "1" {
			t.Skip("needs cgo")
		}
		root := copySample(t, tryCode+"/withc")
		d := tryJSON(t, 0, root, ".", nil, append(quick, "./...")...)
		require.Equal(t, []string{"pure/pure.go Reverse"}, d.places())
		require.Equal(t, []string{"left as they are, since they have cgo: example.com/withc"}, d.Notes)
	})
	t.Run("nothing to change", func(t *testing.T) {
		root := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(root, "go.mod"), []byte("module example.com/none\n\ngo 1.25.0\n"), 0o666))
		require.NoError(t, os.WriteFile(filepath.Join(root, "none.go"), []byte("package none\n"), 0o666))
		require.NoError(t, os.WriteFile(filepath.Join(root, "none_test.go"), []byte("package none\n\nimport \"testing\"\n\nfunc TestFails(t *testing.T) { t.Fatal() }\n"), 0o666))
		d := tryJSON(t, 0, root, ".", nil)
		require.Empty(t, d.Changes)
		require.Equal(t, "fail", d.Tests.Before)
		require.Equal(t, "fail", d.Tests.After)
		stdout, _ := runTry(t, 0, root, ".", nil)
		require.Contains(t, stdout, "nothing to change")
	})
}

// A member of a workspace may ask for a version of another that nobody has published.
func TestTryWorkspaceOfUnpublishedVersions(t *testing.T) {
	t.Parallel()
	root := copySample(t, tryCode+"/work")
	mod := filepath.Join(root, "a", "go.mod")
	text := read(t, mod)
	require.NoError(t, os.WriteFile(mod, append(text, "\nrequire example.com/b v1.2.3\n"...), 0o666))
	d := tryJSON(t, 0, root, "a", []string{"GOPROXY=off"}, append(quick, "./...", "../b")...)
	require.Equal(t, []string{filepath.Join(root, "b", "b.go") + " Reverse"}, d.places())
	require.Equal(t, "pass", d.Tests.After)
}

// What passes before and fails after is told, with the change that it comes of.
func TestTryTellsWhichTestBreaks(t *testing.T) {
	t.Parallel()
	root := copySample(t, tryCode+"/watched")
	d := tryJSON(t, 1, root, ".", nil, append(quick, ".", "./broken")...)
	require.Equal(t, "fail", d.Tests.Before, "one test fails in any case")
	require.Equal(t, "fail", d.Tests.After)
	var broken []string
	for _, b := range d.Tests.Broken {
		require.Equal(t, "example.com/watched/broken", b.Package)
		require.Regexp(t, `^watched\.go:\d+: Sum: stackalloc\.\w+`, b.Cause)
		broken = append(broken, b.Test)
	}
	require.Equal(t, []string{"TestAllocates", "TestAllocates/sum"}, broken)
	require.Len(t, d.Changes, 2)

	// What fails before and after is not the changes' fault.
	d = tryJSON(t, 0, root, ".", nil, append(quick, "-run=Fails", ".", "./broken")...)
	require.Equal(t, "fail", d.Tests.Before)
	require.Equal(t, "fail", d.Tests.After)
}

// Generated files and packages for tests are changed if they are named.
func TestTryNamed(t *testing.T) {
	t.Parallel()
	root := copySample(t, tryCode+"/plain")
	text := "package %s\n\nfunc Last(n int) int {\n\tb := make([]int, n+1)\n\tb[n] = n\n\treturn b[n]\n}\n"
	for name, head := range map[string]string{"gen/made.go": "// Code generated by hand. DO NOT EDIT.\n\n", "testkit/kit.go": ""} {
		pkg := filepath.Dir(name)
		require.NoError(t, os.Mkdir(filepath.Join(root, pkg), 0o777))
		require.NoError(t, os.WriteFile(filepath.Join(root, name), []byte(head+fmt.Sprintf(text, pkg)), 0o666))
	}
	for _, c := range []struct {
		args, places []string
	}{
		{[]string{"./gen/...", "./testkit/..."}, nil},
		{[]string{"./gen", "./testkit"}, []string{"testkit/kit.go Last"}},
		{[]string{"gen/made.go"}, []string{"gen/made.go Last"}},
		{[]string{"./gen/made.go", filepath.Join(root, "testkit", "kit.go")}, []string{"gen/made.go Last", "testkit/kit.go Last"}},
	} {
		d := tryJSON(t, 0, root, ".", nil, append(append([]string{}, quick...), c.args...)...)
		require.ElementsMatch(t, c.places, d.places(), "%q", c.args)
	}
}

// A change that makes a benchmark slower, here by a hundred, is found among three and
// taken out; the others stay.
func TestTryDropsWhatIsSlower(t *testing.T) {
	if brief() {
		t.Skip("measures")
	}
	root := copySample(t, tryCode+"/watched")
	keep := filepath.Join(t.TempDir(), "kept")
	d := tryJSON(t, 0, root, ".", nil, "-benchtime=1ms", "-count=6", "-bench=Slower|Fails", "-keep", keep, ".", "./slow")
	require.NotEmpty(t, d.Dropped)
	require.Equal(t, "watched.go", d.Dropped[0].File)
	require.Equal(t, "Sum", d.Dropped[0].Function)
	require.Equal(t, "example.com/watched/slow.BenchmarkSlower", d.Dropped[0].Benchmark)
	require.Greater(t, d.Dropped[0].Ratio, 1.01)
	rest := d.places()
	for _, dropped := range d.Dropped[1:] { // on a busy machine another may seem slower
		rest = append(rest, dropped.File+" "+dropped.Function)
	}
	require.ElementsMatch(t, []string{"slow/slow.go Last", "slow/slow.go First"}, rest)
	require.Len(t, d.Benchmarks, 1)
	diff := read(t, keep, "changes.diff")
	require.NotContains(t, string(diff), "watched.go", "what is dropped is not in the patch")
}

// The overlay that is kept builds programs, and its patch makes the same changes.
func TestTryKeep(t *testing.T) {
	t.Parallel()
	root := copySample(t, tryCode+"/plain")
	require.NoError(t, os.Mkdir(filepath.Join(root, "cmd"), 0o777))
	require.NoError(t, os.WriteFile(filepath.Join(root, "cmd", "main.go"), []byte(`package main

import (
	"fmt"

	"example.com/plain"
)

func main() { fmt.Println(plain.Reverse("abc"), plain.Median([]int{5, 4, 6})) }
`), 0o666))
	keep := filepath.Join(t.TempDir(), "kept")
	stdout, stderr := runTry(t, 0, root, ".", nil, append(quick, "-bench=Reverse", "-keep", keep, "./...")...)
	overlay := filepath.Join(keep, "overlay.json")
	require.Contains(t, stdout, "go build -overlay "+overlay+" ./...")
	before := files(t, root)
	program := filepath.Join(t.TempDir(), "program.exe")
	run := func(name string, args ...string) string {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir, cmd.Env = root, append(os.Environ(), "GOFLAGS=", "GOWORK=")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return string(out)
	}
	run("go", "build", "-overlay", overlay, "-o", program, "./cmd")
	require.Equal(t, "cba 5\n", run(program))
	require.Contains(t, run("go", "version", "-m", program), "github.com/stackalloc/stackalloc")
	run("go", "test", "-overlay", overlay, "./...")
	d := checkJSON(t, 0, root, []string{"GOWORK="}, "-overlay", overlay, "./...")
	require.Len(t, d.Calls, 4)
	require.Equal(t, before, files(t, root))

	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("needs git")
	}
	run(git, "apply", filepath.Join(keep, "changes.diff"))
	after := read(t, root, "plain.go")
	require.Equal(t, 3, strings.Count(string(after), "stackalloc.")-strings.Count(string(after), "stackalloc.\""))

	_, stderr = runTry(t, 2, root, ".", nil, "-keep", keep, ".")
	require.Contains(t, stderr, "is not empty")
}

// A profile orders the places and limits them to what it has.
func TestTryProfile(t *testing.T) {
	t.Parallel()
	root := copySample(t, tryCode+"/plain")
	p := &profile.Profile{SampleType: []*profile.ValueType{{Type: "alloc_space", Unit: "bytes"}}}
	for i, s := range []struct {
		fn         string
		line, cost int64
	}{{"Median", 29, 900}, {"Reverse", 20, 98}, {"Hex", 11, 2}} {
		id := uint64(i + 1)
		f := &profile.Function{ID: id, Name: "example.com/plain." + s.fn, Filename: filepath.Join(root, "plain.go")}
		l := &profile.Location{ID: id, Line: []profile.Line{{Function: f, Line: s.line}}}
		p.Function, p.Location = append(p.Function, f), append(p.Location, l)
		p.Sample = append(p.Sample, &profile.Sample{Location: []*profile.Location{l}, Value: []int64{s.cost}})
	}
	// The lines are those of the makes.
	text := read(t, root, "plain.go")
	for i, line := range strings.Split(string(text), "\n") {
		for j, want := range []string{"sorted := make", "b := make", "dst := make"} {
			if strings.Contains(line, want) {
				p.Location[j].Line[0].Line = int64(i + 1)
			}
		}
	}
	file := filepath.Join(t.TempDir(), "prof")
	f, err := os.Create(file)
	require.NoError(t, err)
	require.NoError(t, p.Write(f))
	require.NoError(t, f.Close())
	d := tryJSON(t, anyStatus, root, ".", nil, append(quick, "-bench=Reverse", "-profile", file, "./...")...)
	require.Equal(t, []string{"plain.go Median", "plain.go Reverse", "plain.go Hex"}, d.places())
	d = tryJSON(t, anyStatus, root, ".", nil, append(quick, "-bench=Reverse", "-profile", file, "-min=1%", "./...")...)
	require.Equal(t, []string{"plain.go Median", "plain.go Reverse"}, d.places())
}

// moduleProxy makes a proxy of modules, for GOPROXY, with what the module cache has
// behind it.
func moduleProxy(t *testing.T, modules map[string]map[string]string) (env []string) {
	t.Helper()
	dir := t.TempDir()
	for module, contents := range modules {
		path, version, _ := strings.Cut(module, "@")
		at := filepath.Join(dir, filepath.FromSlash(path), "@v")
		require.NoError(t, os.MkdirAll(at, 0o777))
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for name, text := range contents {
			w, err := z.Create(module + "/" + name)
			require.NoError(t, err)
			_, err = w.Write([]byte(text))
			require.NoError(t, err)
		}
		require.NoError(t, z.Close())
		for ext, text := range map[string][]byte{"zip": b.Bytes(), "mod": []byte(contents["go.mod"]), "info": []byte(fmt.Sprintf(`{"Version":%q}`, version))} {
			require.NoError(t, os.WriteFile(filepath.Join(at, version+"."+ext), text, 0o666))
		}
		require.NoError(t, os.WriteFile(filepath.Join(at, "list"), []byte(version+"\n"), 0o666))
	}
	cache, err := exec.Command("go", "env", "GOMODCACHE").Output()
	require.NoError(t, err)
	own := t.TempDir()
	url := func(dir string) string { return "file://" + filepath.ToSlash(dir) }
	return []string{
		"GOPROXY=" + url(dir) + "," + url(filepath.Join(strings.TrimSpace(string(cache)), "cache", "download")),
		"GOMODCACHE=" + own, "GOFLAGS=-modcacherw", "GONOSUMDB=*", "GONOSUMCHECK=1", "GOSUMDB=off",
	}
}

const reverse = "\n\n// Reverse returns the bytes of s in reverse order.\nfunc Reverse(s string) string {\n\tb := make([]byte, len(s))\n\tfor i := range b {\n\t\tb[i] = s[len(s)-1-i]\n\t}\n\treturn string(b)\n}\n"

// Dependencies are changed in copies, and a vendor directory does not hide the
// library.
func TestTryDependencies(t *testing.T) {
	t.Parallel()
	env := moduleProxy(t, map[string]map[string]string{
		"example.com/dep@v1.0.0": {"go.mod": "module example.com/dep\n\ngo 1.17\n", "dep.go": "package dep" + reverse},
		"example.com/old@v1.0.0": {"go.mod": "module example.com/old\n", "sub/old.go": "package sub\n\nconst Old = 1\n"},
	})
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.com/m\n\ngo 1.24\n\nrequire (\n\texample.com/dep v1.0.0\n\texample.com/old v1.0.0\n\texample.com/local v0.0.0\n)\n\nreplace example.com/local => ./local\n",
		"m.go":   "package m\n\nimport (\n\t\"example.com/dep\"\n\t\"example.com/local\"\n\t\"example.com/old/sub\"\n)\n\nfunc F(s string) string { return dep.Reverse(s) + local.Reverse(s)[sub.Old:] }\n",
		"m_test.go": "package m\n\nimport \"testing\"\n\nfunc TestF(t *testing.T) {\n\tif F(\"abc\") != \"cbaba\" {\n\t\tt.Fatal(F(\"abc\"))\n\t}\n}\n\n" +
			"func BenchmarkF(b *testing.B) {\n\tfor i := 0; i < b.N; i++ {\n\t\tF(\"a string that is longer than thirty-two bytes\")\n\t}\n}\n",
		"own.go":         "package m" + strings.Replace(reverse, "Reverse", "Own", 2),
		"local/go.mod":   "module example.com/local\n\ngo 1.17\n",
		"local/local.go": "package local" + reverse,
	} {
		name = filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o777))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o666))
	}
	goes := func(args ...string) {
		t.Helper()
		cmd := exec.Command("go", args...)
		cmd.Dir, cmd.Env = root, append(append(os.Environ(), "GOWORK="), env...)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	goes("mod", "tidy")
	test := func(t *testing.T) {
		d := tryJSON(t, 0, root, ".", env, append(quick, ".")...)
		require.Equal(t, []string{"own.go Own"}, d.places())
		require.Equal(t, "pass", d.Tests.Before)
		require.Equal(t, "pass", d.Tests.After)
		require.Empty(t, d.Benchmarks)

		keep := filepath.Join(t.TempDir(), "kept")
		d = tryJSON(t, 0, root, ".", env, append(quick, "-deps", "-keep", keep, ".")...)
		require.ElementsMatch(t, []string{"own.go Own", "example.com/dep@v1.0.0/dep.go Reverse", "example.com/local/local.go Reverse"}, d.places())
		require.Equal(t, "pass", d.Tests.After)
		require.Len(t, d.Benchmarks, 1)
		copies, err := os.ReadDir(filepath.Join(keep, "deps"))
		require.NoError(t, err)
		require.Len(t, copies, 1, "what has no change is not kept")
		goes("build", "-overlay", filepath.Join(keep, "overlay.json"), "-mod=readonly", "-o", filepath.Join(t.TempDir(), "x"), ".")
		diff := read(t, keep, "changes.diff")
		require.NotContains(t, string(diff), "dep.go", "a patch is for the tree alone")
	}
	t.Run("module cache", test)
	goes("mod", "vendor")
	t.Run("vendor", test)
	stdout, _ := runTry(t, 0, root, ".", env, append(quick, "-keep", filepath.Join(t.TempDir(), "kept"), ".")...)
	require.Contains(t, stdout, "overlay.json -mod=readonly .", "what builds past the vendor directory")
}

// A patch takes the place of what suggest finds.
func TestTryPatch(t *testing.T) {
	t.Parallel()
	root := copySample(t, tryCode+"/plain")
	before := read(t, root, "plain.go")
	const made, old = "\tb := make([]byte, len(s))\n", "import \"sort\"\n"
	at := func(text string) int {
		return strings.Count(string(before[:bytes.Index(before, []byte(text))]), "\n") + 1
	}
	write := func(a, b, array string) string {
		diff := fmt.Sprintf("--- %splain.go\n+++ %splain.go\n@@ -%d +%d,3 @@\n-%s+import (\n+\t\"sort\"\n+)\n@@ -%d +%d,2 @@\n-%s+\tvar array %s\n+\tb := array[:len(s)]\n"+
			"--- /dev/null\n+++ %sadded.go\n@@ -0,0 +1 @@\n+package plain\n", a, b, at(old), at(old), old, at(made), at(made)+2, made, array, b)
		file := filepath.Join(t.TempDir(), "p.diff")
		require.NoError(t, os.WriteFile(file, []byte(diff), 0o666))
		return file
	}
	for _, prefix := range [][2]string{{"a/", "b/"}, {"old/", "new/"}} {
		d := tryJSON(t, 0, root, ".", nil, "-count=1", "-benchtime=100x", "-patch", write(prefix[0], prefix[1], "[256]byte"), "./...")
		require.Equal(t, []string{"plain.go Reverse", "added.go "}, d.places(), "a piece that changes imports alone is no place")
		require.Equal(t, "patch", d.Changes[0].Use)
		require.Equal(t, at(made), d.Changes[0].Line)
		require.Equal(t, []string{"example.com/plain.BenchmarkReverse"}, d.Changes[0].Benchmarks)
		require.Equal(t, "pass", d.Tests.After)
		require.Len(t, d.Benchmarks, 1)
		require.Less(t, d.Benchmarks[0].After.Allocs, d.Benchmarks[0].Before.Allocs)
	}
	// Another patch is tested and measured beside it.
	patch, beside := write("a/", "b/", "[256]byte"), write("a/", "b/", "[300]byte")
	d := tryJSON(t, 0, root, ".", nil, "-count=1", "-benchtime=100x", "-patch", patch, "-beside", beside, ".")
	require.Equal(t, []string{"plain.go Reverse", "added.go "}, d.places())
	require.Equal(t, "pass", d.Tests.Beside)
	require.Equal(t, 1, d.Tests.Packages)
	require.Equal(t, d.Benchmarks[0].After.Allocs, d.Benchmarks[0].Beside.Allocs)
	require.Positive(t, d.Benchmarks[0].Beside.Ratio)
	text, _ := runTry(t, 0, root, ".", nil, "-count=1", "-benchtime=100x", "-beside", beside, ".")
	require.Contains(t, text, "before pass, after pass, beside pass")
	require.Regexp(t, `allocs/op +after +beside +ratio +B/op +allocs/op`, text)
	d = tryJSON(t, 1, root, ".", nil, "-count=1", "-benchtime=100x", "-bench=Sum", "-beside", write("a/", "b/", "[2]byte"), ".")
	require.Equal(t, "pass", d.Tests.After)
	require.Equal(t, "fail", d.Tests.Beside)
	require.Equal(t, "the patch of -beside", d.Tests.Broken[0].Cause)
	// A benchmark that no longer runs counts as a test that fails.
	d = tryJSON(t, 1, root, ".", nil, append(quick, "-patch", write("a/", "b/", "[100]byte"), ".")...)
	require.Equal(t, "BenchmarkReverse", d.Tests.Broken[0].Test)
	d = tryJSON(t, 1, root, ".", nil, append(quick, "-bench=Sum", "-patch", write("a/", "b/", "[2]byte"), ".")...)
	require.Equal(t, "fail", d.Tests.After)
	require.Equal(t, "TestReverse", d.Tests.Broken[0].Test)
	require.Equal(t, "the patch", d.Tests.Broken[0].Cause)
	for text, want := range map[string]string{
		"":  "changes nothing",
		"x": "changes nothing",
		"--- a/plain.go\n+++ b/plain.go\n@@ -1 +1 @@\n-no such line\n+x\n": "does not apply",
		"--- a/none.go\n+++ b/none.go\n@@ -1 +1 @@\n-a\n+b\n":              "none.go",
	} {
		file := filepath.Join(t.TempDir(), "p.diff")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o666))
		for _, flag := range []string{"-patch", "-beside"} {
			_, stderr := runTry(t, 2, root, ".", nil, flag, file, ".")
			require.Contains(t, stderr, flag+": ", "%q", text)
			require.Contains(t, stderr, want, "%q", text)
		}
	}
}

// What the library raises may need modules that were not needed before.
func TestTryRaisedRequirements(t *testing.T) {
	t.Parallel()
	for _, mod := range []string{"go 1.13", "go 1.20", "workspace"} {
		t.Run(mod, func(t *testing.T) {
			root := copySample(t, tryCode+"/plain")
			line, files := mod, map[string]string{
				"raised_test.go": "package plain\n\nimport (\n\t\"testing\"\n\n\t\"github.com/stretchr/testify/require\"\n)\n\nfunc TestRaised(t *testing.T) { require.Equal(t, \"cba\", Reverse(\"abc\")) }\n",
			}
			if mod == "workspace" {
				line, files["go.work"] = "go 1.20", "go 1.20\n\nuse .\n"
			}
			files["go.mod"] = "module example.com/plain\n\n" + line + "\n\nrequire github.com/stretchr/testify v1.4.0\n"
			for name, text := range files {
				require.NoError(t, os.WriteFile(filepath.Join(root, name), []byte(text), 0o666))
			}
			cmd := exec.Command("go", "mod", "tidy")
			cmd.Dir, cmd.Env = root, append(os.Environ(), "GOFLAGS=", "GOWORK=off")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Skipf("not reached: %s", out)
			}
			d := tryJSON(t, 0, root, ".", nil, append(quick, "-bench=Reverse", ".")...)
			require.Contains(t, d.Moved, "github.com/stretchr/testify v1.4.0 to v1.8.4")
			require.Equal(t, "pass", d.Tests.Before)
			require.Equal(t, "pass", d.Tests.After)
		})
	}
}

func TestTryErrors(t *testing.T) {
	root := copySample(t, tryCode+"/plain")
	require.NoError(t, os.MkdirAll(filepath.Join(root, "bad"), 0o777))
	require.NoError(t, os.WriteFile(filepath.Join(root, "bad", "bad.go"), []byte("package bad\n\nvar x int = \"\"\n"), 0o666))
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-count=0"}, "-count=0 is not positive"},
		{[]string{"-bench=["}, "-bench: error parsing regexp"},
		{[]string{"-run=("}, "-run: error parsing regexp"},
		{[]string{"-benchtime=fast"}, "-benchtime=fast: expected a time"},
		{[]string{"-min=1%"}, "-min needs a -profile"},
		{[]string{"-min=x"}, "expected a share as 1% or 0.01"},
		{[]string{"-min=-1", "-profile=x"}, "expected a share"},
		{[]string{"-library=./nowhere"}, "neither a version"},
		{[]string{"-profile=nosuchfile"}, "nosuchfile"},
		{[]string{"./nosuchdir"}, "nosuchdir"},
		{[]string{"fmt"}, "not in a main module"},
		{[]string{"nosuch.go"}, "nosuch.go"},
		{[]string{"./bad"}, "bad.go:3:13"},
		{[]string{"-library=v99.0.0", "."}, "github.com/stackalloc/stackalloc@v99.0.0"},
	} {
		stdout, stderr := runTry(t, 2, root, ".", nil, c.args...)
		require.Empty(t, stdout, "%q", c.args)
		require.Contains(t, stderr, c.want, "%q", c.args)
	}
	_, stderr := runTry(t, 2, t.TempDir(), ".", nil, "./...")
	require.Contains(t, stderr, "go.mod")
}

// longTest leaves a directory that cannot be written to and a process, says so in a
// file, and takes an hour.
const longTest = `package plain

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

func TestLong(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "read only"), nil, 0o400); err != nil {
		t.Fatal(err)
	}
	os.Chmod(dir, 0o500)
	cmd := exec.Command("sleep", "1000")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	mark := filepath.Join(os.Getenv("TRY_MARKS"), "mark")
	os.WriteFile(mark+".tmp", []byte(fmt.Sprint(os.Getpid(), " ", cmd.Process.Pid)), 0o666)
	os.Rename(mark+".tmp", mark)
	time.Sleep(time.Hour)
}
`

// Interrupted, it ends what it started and leaves nothing.
func TestTryInterrupted(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("signals")
	}
	signals := map[string]os.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP, "QUIT": syscall.SIGQUIT}
	for name, sig := range signals {
		if testing.Short() && name != "TERM" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			if signal.Ignored(sig) {
				t.Skip("ignored here, as under nohup, and so by the command")
			}
			interruptTry(t, name)
		})
	}
}

// interruptTry sends try a signal while it runs longTest.
func interruptTry(t *testing.T, name string) {
	root, marks := copySample(t, tryCode+"/plain"), t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "long_test.go"), []byte(longTest), 0o666))
	tmp, keep := t.TempDir(), filepath.Join(t.TempDir(), "kept")
	before := files(t, root)
	cmd := exec.Command(binary, "try", "-keep", keep, ".")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=", "TMPDIR="+tmp, "TRY_MARKS="+marks)
	var out, diag bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &diag
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	var pids []byte
	for pids == nil {
		select {
		case <-ended:
			t.Fatalf("it ended by itself: %s%s", out.String(), diag.String())
		case <-time.After(10 * time.Millisecond):
		}
		pids, _ = os.ReadFile(filepath.Join(marks, "mark"))
	}
	require.NoError(t, exec.Command("kill", "-"+name, fmt.Sprint(cmd.Process.Pid)).Run())
	<-ended
	require.Equal(t, 2, cmd.ProcessState.ExitCode(), diag.String())
	require.Contains(t, diag.String(), "ended by a signal")
	require.Empty(t, out.String())
	require.Equal(t, before, files(t, root))
	left, err := os.ReadDir(tmp)
	require.NoError(t, err)
	require.Empty(t, left)
	require.NoDirExists(t, keep)
	for _, pid := range strings.Fields(string(pids)) {
		require.Eventually(t, func() bool { return gone(pid) }, 10*time.Second, 10*time.Millisecond, "process %s is left", pid)
	}
}

// gone reports whether a process has ended, or waits for nothing but that somebody
// asks for its status.
func gone(pid string) bool {
	out, err := exec.Command("ps", "-o", "stat=", "-p", pid).Output()
	return err != nil || strings.HasPrefix(strings.TrimSpace(string(out)), "Z")
}

// Three modules of other people, as the proxy has them.
func TestTryRealModules(t *testing.T) {
	if brief() {
		t.Skip("downloads modules")
	}
	for _, c := range []struct {
		module, pkg, bench string
		least              int // changes
	}{
		{"github.com/agnivade/levenshtein@v1.2.1", ".", ".", 0},
		{"github.com/btcsuite/btcd/btcutil@v1.1.6", "./base58", ".", 1},
		{"github.com/ethereum/go-ethereum@v1.14.12", "./common/hexutil", "Encode", 1},
	} {
		t.Run(c.module, func(t *testing.T) {
			cmd := exec.Command("go", "mod", "download", "-json", c.module)
			cmd.Dir, cmd.Env = t.TempDir(), append(os.Environ(), "GOFLAGS=")
			out, err := cmd.Output()
			var d struct{ Dir string }
			if err != nil || json.Unmarshal(out, &d) != nil {
				t.Skipf("not reached: %s", out)
			}
			root, err := filepath.EvalSymlinks(t.TempDir())
			require.NoError(t, err)
			require.NoError(t, filepath.WalkDir(d.Dir, func(name string, e fs.DirEntry, err error) error {
				rel, _ := filepath.Rel(d.Dir, name)
				if err != nil || e.IsDir() {
					return cmpErr(err, os.MkdirAll(filepath.Join(root, rel), 0o777))
				}
				text, err := os.ReadFile(name)
				return cmpErr(err, os.WriteFile(filepath.Join(root, rel), text, 0o666))
			}))
			r := tryJSON(t, 0, root, ".", nil, append(quick, "-bench="+c.bench, c.pkg)...)
			require.Equal(t, "pass", r.Tests.Before)
			require.Equal(t, "pass", r.Tests.After)
			require.GreaterOrEqual(t, len(r.Changes), c.least)
			if len(r.Changes) > 0 {
				require.NotEmpty(t, r.Benchmarks)
			}
		})
	}
}

func cmpErr(a, b error) error {
	if a != nil {
		return a
	}
	return b
}
