package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// patchDir applies a diff.
func patchDir(t *testing.T, dir, diff string) {
	t.Helper()
	patch, err := exec.LookPath("patch")
	if err != nil {
		t.Skip("needs patch")
	}
	cmd := exec.Command(patch, "-p1")
	cmd.Dir = dir
	cmd.Stdin = strings.NewReader(diff)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s\n%s", out, diff)
	require.NotContains(t, string(out), "fuzz")
}

// prints runs a package, where that is possible for the architecture.
func prints(t *testing.T, dir, pkg, arch string) (string, bool) {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "p.exe")
	env := append(os.Environ(), "GOFLAGS=", "GOARCH="+arch)
	if arch != runtime.GOARCH {
		env = append(env, "CGO_ENABLED=0")
	}
	cmd := exec.Command("go", "build", "-o", bin, pkg)
	cmd.Dir, cmd.Env = dir, env
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	var stdout bytes.Buffer
	cmd = exec.Command(bin)
	cmd.Stdout = &stdout
	err = cmd.Run()
	if _, exit := err.(*exec.ExitError); err != nil && !exit && arch != runtime.GOARCH {
		return "", false
	}
	require.NoError(t, err)
	return stdout.String(), true
}

type explained struct {
	File, Func, Code, Change, WhyNot string
	Line                             int
	Rewrite                          bool
}

func whyJSON(t *testing.T, dir string, args ...string) []explained {
	t.Helper()
	stdout, _ := invoke(t, anyStatus, dir, nil, append([]string{"suggest", "-why", "-json"}, args...)...)
	var d struct{ Suggestions []explained }
	require.NoError(t, json.Unmarshal([]byte(stdout), &d))
	return d.Suggestions
}

var decision = regexp.MustCompile(`// (want|keep) (.+)$`)

// What is decided of each place of the corpus is what its comment says, and the
// program prints what it printed before, on both sizes of words.
func TestSuggestCorpus(t *testing.T) {
	t.Parallel()
	dir := copySample(t, "testdata/corpus")
	found := map[string]explained{}
	for _, s := range whyJSON(t, dir) {
		found[fmt.Sprintf("%s:%d", filepath.ToSlash(s.File), s.Line)] = s
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	funcs := map[string]bool{}
	for _, name := range files {
		src := read(t, name)
		for i, line := range strings.Split(string(src), "\n") {
			m := decision.FindStringSubmatch(line)
			if m == nil || strings.HasPrefix(line, "//") {
				continue
			}
			at := fmt.Sprintf("%s:%d", filepath.Base(name), i+1)
			s, ok := found[at]
			require.True(t, ok, "not found: %s: %s", at, line)
			delete(found, at)
			funcs[s.Func] = true
			if m[1] == "want" {
				require.True(t, s.Rewrite, "%s: %s: %s", at, line, s.WhyNot)
				require.Equal(t, m[2], s.Change, "%s: %s", at, line)
			} else {
				require.False(t, s.Rewrite, "%s: %s", at, line)
				require.Contains(t, s.WhyNot, m[2], at)
			}
		}
	}
	require.Empty(t, found, "found, and without a comment")
	require.GreaterOrEqual(t, len(funcs), 60)

	diff, _ := invoke(t, 1, dir, nil, "suggest", "-diff")
	before := map[string]string{}
	archs := []string{runtime.GOARCH}
	if runtime.GOARCH == "amd64" {
		archs = append(archs, "386")
	}
	for _, arch := range archs {
		if out, ok := prints(t, dir, ".", arch); ok {
			before[arch] = out
		}
	}
	patchDir(t, dir, diff)
	for arch, was := range before {
		now, _ := prints(t, dir, ".", arch)
		require.Equal(t, was, now, arch)
	}
	out, err := exec.Command("gofmt", "-l", dir).CombinedOutput()
	require.NoError(t, err)
	require.Empty(t, string(out), "formatted files stay formatted")
}

const twice = `package main

import "fmt"

//go:noinline
func f(n int) int {
	buf := make([]byte, n)
	for i := range buf {
		buf[i] = byte(i)
	}
	return len(buf) + int(buf[n-1])
}

func main() { fmt.Println(f(40)) }
`

// The diff has the lines that must change, and no others.
func TestSuggestDiffKeepsTheRest(t *testing.T) {
	t.Parallel()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("needs git")
	}
	crlf := strings.ReplaceAll(twice, "\n", "\r\n")
	without := strings.Replace(strings.Replace(twice, "import \"fmt\"\n\n", "", 1), "fmt.Println(f(40))", "println(f(40))", 1)
	forms := map[string]struct {
		src  string
		same []string // that stay as they are
	}{
		"formatted": {twice, []string{"import \"fmt\"\n"}},
		"crlf":      {crlf, []string{"import \"fmt\"\r\n", "\treturn stackalloc.Call(n, func(buf []byte) int {\r\n", "\t})\r\n"}},
		"bom":       {"\ufeff" + twice, []string{"\ufeffpackage main\n"}},
		"bomcrlf":   {"\ufeff" + crlf, []string{"\ufeffpackage main\r\n"}},
		"unformatted": {
			strings.NewReplacer("func main() {", "func  main( ) {", "\tbuf := make([]byte, n)", "  buf :=  make( []byte,n )").Replace(twice),
			[]string{"func  main( ) { fmt.Println(f(40)) }\n"},
		},
		"importcomments": {strings.Replace(twice, `import "fmt"`, "import (\n\t// for main\n\n\t\"fmt\" // Println\n)", 1), []string{"\t// for main\n\n\t\"fmt\" // Println\n"}},
		"packagecomment": {strings.Replace(without, "package main\n", "package main // import \"example.com/m/packagecomment\"\n", 1), []string{"package main // import \"example.com/m/packagecomment\"\n"}},
		"oneline":        {strings.Replace(twice, `import "fmt"`, "import ( \"fmt\" )", 1), []string{"package main\n"}},
		"alias":          {strings.Replace(twice, "func main", "func stackalloc() {}\n\nfunc main", 1), []string{"func stackalloc() {}\n"}},
		"blankimport":    {strings.Replace(twice, `import "fmt"`, "import (\n\t\"fmt\"\n\n\t_ \"github.com/stackalloc/stackalloc\"\n)", 1), []string{"\t_ \"github.com/stackalloc/stackalloc\"\n"}},
	}
	files, before := map[string]string{}, map[string]string{}
	for name, f := range forms {
		files[name+"/a file.go"] = f.src
	}
	dir := scratchModule(t, files)
	for name := range forms {
		before[name], _ = prints(t, dir, "./"+name, runtime.GOARCH)
	}
	diff, _ := invoke(t, 1, dir, nil, "suggest", "-diff", "./...")
	cmd := exec.Command(git, "apply", "-")
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(diff)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	for _, d := range strings.Split(diff, "--- a/")[1:] {
		require.LessOrEqual(t, strings.Count(d, "\n-"), 6, d)
	}
	for name, f := range forms {
		text := read(t, dir, name, "a file.go")
		require.Contains(t, string(text), ".Call(n, func(buf []byte) int {", name)
		for _, l := range f.same {
			require.Contains(t, string(text), l, name)
		}
		if strings.Contains(f.src, "\r") {
			require.Equal(t, bytes.Count(text, []byte("\n")), bytes.Count(text, []byte("\r\n")), name)
		}
		after, _ := prints(t, dir, "./"+name, runtime.GOARCH)
		require.Equal(t, before[name], after, name)
	}
}

// Files that are made from others, and packages for tests, stay as they are unless
// they are named.
func TestSuggestLeavesOut(t *testing.T) {
	t.Parallel()
	gen := "// Code generated by a tool. DO NOT EDIT.\n\n" + twice
	lib := strings.Replace(strings.Replace(twice, "package main", "package testkit", 1), "func main() {", "func Main() {", 1)
	testing := strings.Replace(strings.Replace(lib, "testkit", "kit", 1), `import "fmt"`, "import (\n\t\"fmt\"\n\t\"testing\"\n)\n\nvar _ testing.TB", 1)
	dir := scratchModule(t, map[string]string{
		"gen/generated.go": gen,
		"testkit/a.go":     lib,
		"kit/a.go":         testing,
		"line/a.go":        "package main\n\n//line other.y:7\n" + strings.TrimPrefix(twice, "package main\n"),
	})
	stdout, _ := invoke(t, 1, dir, nil, "suggest", "-diff", "./...") // the file with a line directive is listed
	require.Empty(t, stdout)
	require.Len(t, suggestJSON(t, dir, "./..."), 1)
	why := map[string]string{}
	for _, s := range whyJSON(t, dir, "./...") {
		why[filepath.ToSlash(s.File)] = s.WhyNot
	}
	require.Contains(t, why["gen/generated.go"], "generated")
	require.Contains(t, why["testkit/a.go"], "for tests")
	require.Contains(t, why["kit/a.go"], "for tests")
	for _, pattern := range []string{"./gen/generated.go", "./testkit", "example.com/m/kit"} {
		diff, _ := invoke(t, 1, dir, nil, "suggest", "-diff", pattern)
		require.Contains(t, diff, "+\treturn stackalloc.Call(n, func(buf []byte) int {", pattern)
	}
	stdout, _ = invoke(t, anyStatus, dir, nil, "suggest", "-diff", "./gen")
	require.Empty(t, stdout, "the package is named, and not the file")
}

func TestSuggestCgo(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("needs gcc")
	}
	dir := scratchModule(t, map[string]string{
		"a.go": "// A comment that shifts lines.\n" + strings.Replace(twice, `import "fmt"`, "// static int one(void) { return 1; }\nimport \"C\"\nimport \"fmt\"\n\nvar one = int(C.one())", 1),
		"b.go": strings.Replace(strings.Replace(twice, "func f(", "func g(", 1), "func main() { fmt.Println(f(40)) }", "var _ = fmt.Sprint(g(40))", 1),
	})
	diff, _ := invoke(t, 1, dir, []string{"CGO_ENABLED=1"}, "suggest", "-diff")
	require.NotContains(t, diff, "a.go")
	require.Contains(t, diff, "b.go")
}

// What an interface hides may be a method of another module, which looks at frames.
func TestSuggestFramesOfOtherModules(t *testing.T) {
	dir := scratchModule(t, map[string]string{
		"other/go.mod": "module example.com/other\n\ngo 1.25.0\n",
		"other/o.go": `package other

import "runtime"

type Teller interface{ Tell() string }

type teller struct{}

func (teller) Tell() string { return from(2) }

func from(skip int) string {
	pc, _, _, _ := runtime.Caller(skip)
	return runtime.FuncForPC(pc).Name()
}

func New() Teller { return teller{} }
`,
		"a.go": `package main

import (
	"fmt"

	"example.com/other"
)

type teller interface{ Tell() string }

var t teller = other.New()

//go:noinline
func f(n int) string {
	b := make([]byte, n)
	b[0] = 'f'
	return string(b[:1]) + t.Tell()
}

func main() { fmt.Println(f(40)) }
`,
	})
	mod := filepath.Join(dir, "go.mod")
	text := read(t, mod)
	require.NoError(t, os.WriteFile(mod, append(text, "\nrequire example.com/other v0.0.0\n\nreplace example.com/other => ./other\n"...), 0o666))
	why := whyJSON(t, dir)
	require.Len(t, why, 1)
	require.False(t, why[0].Rewrite)
	require.Contains(t, why[0].WhyNot, "frames")
}

// One change that does not compile takes no other with it.
func TestSuggestOneBadChange(t *testing.T) {
	t.Parallel()
	dir := scratchModule(t, map[string]string{
		"a.go": twice,
		// Range over functions needs a version of the language that this file does
		// not have.
		"b.go": "//go:build go1.21\n\npackage main\n\nfunc g(words []string) int {\n\tfor range words {\n\t\tb := make([]int, len(words))\n\t\tb[0]++\n\t\tif len(b) > 3 {\n\t\t\treturn b[0]\n\t\t}\n\t}\n\treturn 0\n}\n\nvar _ = g\n",
	})
	diff, _ := invoke(t, 1, dir, nil, "suggest", "-diff")
	require.Contains(t, diff, "a.go")
	require.NotContains(t, diff, "b.go")
	for _, s := range whyJSON(t, dir) {
		if s.File == "b.go" {
			require.Contains(t, s.WhyNot, "does not compile")
		}
	}
}

// What is found does not depend on where the command runs, on what the build cache
// holds, or on how the packages are named and built.
func TestSuggestIsTheSameEverywhere(t *testing.T) {
	t.Parallel()
	dir := scratchModule(t, map[string]string{
		"main.go":  strings.Replace(twice, "package main", "package module", 1),
		"sub/a.go": strings.Replace(strings.Replace(twice, "package main", "package sub", 1), "func main() {", "func Main() {", 1),
	})
	main := filepath.Join(dir, "main.go")
	text := read(t, main)
	require.NoError(t, os.WriteFile(main, bytes.Replace(text, []byte("func main() {"), []byte("func Main() {"), 1), 0o666))
	get := func(where string, env []string, args ...string) (places []string) {
		t.Helper()
		stdout, _ := invoke(t, 1, where, env, append([]string{"suggest", "-why", "-json"}, args...)...)
		var d struct{ Suggestions []explained }
		require.NoError(t, json.Unmarshal([]byte(stdout), &d))
		for _, s := range d.Suggestions {
			if !filepath.IsAbs(s.File) {
				s.File = filepath.Join(where, s.File)
			}
			rel, err := filepath.Rel(dir, s.File)
			require.NoError(t, err)
			places = append(places, fmt.Sprint(filepath.ToSlash(rel), s.Line, s.Code, s.Rewrite, s.WhyNot))
		}
		return places
	}
	want := get(dir, nil, "./...")
	require.Len(t, want, 2)
	require.Equal(t, want, get(filepath.Join(dir, "sub"), nil, "../..."), "another folder")
	require.Equal(t, want, get(dir, nil, "./..."), "from the cache")
	require.Equal(t, want, get(dir, nil, "example.com/m", "example.com/m/sub"))
	require.Equal(t, want, get(dir, nil, dir+"/..."))
	require.Equal(t, want, get(dir, []string{"GOFLAGS=-trimpath"}, "./..."))
	require.Equal(t, want, get(dir, nil, "-trimpath", "./..."))
	require.Equal(t, want, get(dir, []string{"GOFLAGS=-gcflags=-d=checkptr=0 -mod=mod"}, "./..."))

	work := filepath.Join(t.TempDir(), "go.work")
	require.NoError(t, os.WriteFile(work, []byte("go 1.25.0\n\nuse "+dir+"\n"), 0o666))
	require.Equal(t, want, get(dir, []string{"GOWORK=" + work}, "./..."), "workspace")

	other := t.TempDir()
	mod := read(t, dir, "go.mod")
	require.NoError(t, os.WriteFile(filepath.Join(other, "other.mod"), mod, 0o666))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/m\n\ngo 1.25.0\n"), 0o666))
	require.Equal(t, want, get(dir, nil, "-modfile="+filepath.Join(other, "other.mod"), "./..."))
	require.Equal(t, want, get(dir, []string{"GOFLAGS=-modfile=" + filepath.Join(other, "other.mod")}, "./..."))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), mod, 0o666))

	// A file that is replaced: one that has nothing by one that has.
	text = read(t, main)
	replaced := filepath.Join(other, "main.go")
	require.NoError(t, os.WriteFile(replaced, text, 0o666))
	require.NoError(t, os.WriteFile(main, []byte("package module\n"), 0o666))
	j, err := json.Marshal(map[string]any{"Replace": map[string]string{main: replaced}})
	require.NoError(t, err)
	overlay := filepath.Join(other, "overlay.json")
	require.NoError(t, os.WriteFile(overlay, j, 0o666))
	require.Equal(t, want, get(dir, nil, "-overlay="+overlay, "./..."))
	require.Equal(t, want, get(dir, []string{"GOFLAGS=-overlay=" + overlay}, "./..."))
	require.NoError(t, os.WriteFile(main, text, 0o666))

	// vendor
	require.NoError(t, os.WriteFile(filepath.Join(dir, "use.go"), []byte("package module\n\nimport _ \"github.com/stackalloc/stackalloc\"\n"), 0o666))
	output(t, dir, "go", "mod", "vendor")
	require.Equal(t, want, get(dir, nil, "./..."), "vendor")
}
