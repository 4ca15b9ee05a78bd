package load

import (
	"encoding/json"
	"go/ast"
	"go/types"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
)

// module writes the files of a module and returns its directory.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	for name, text := range files {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o777))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666))
	}
	return dir
}

var sample = map[string]string{
	"go.mod":        "module m\n\ngo 1.25\n",
	"a/a.go":        "package a\n\nimport \"strings\"\n\nvar V = strings.ToUpper(\"v\")\n",
	"a/a_test.go":   "package a\n\nvar InTest = len(V)\n",
	"a/out_test.go": "package a_test\n\nimport \"m/a\"\n\nvar x = a.InTest\n",
	"a/tagged.go":   "//go:build special\n\npackage a\n\nvar Tagged = 1\n",
	"a/race.go":     "//go:build race\n\npackage a\n\nvar Race = 1\n",
	"b/b.go":        "package b\n\nimport \"m/a\"\n\nfunc F() string { return a.V }\n",
}

func loadIn(t *testing.T, b *gotool.Build, patterns ...string) []*packages.Package {
	t.Helper()
	b.Env = append(b.Env, "GOWORK=off")
	require.NoError(t, b.Prepare(t.Context()))
	pkgs, err := Packages(t.Context(), b, patterns)
	require.NoError(t, err)
	return pkgs
}

func names(p *packages.Package) string { return strings.Join(p.Types.Scope().Names(), " ") }

func TestPackages(t *testing.T) {
	dir := write(t, sample)
	pkgs := loadIn(t, &gotool.Build{Dir: dir}, "./...")
	require.Len(t, pkgs, 2)
	b := pkgs[1]
	require.Equal(t, "m/b", b.PkgPath)
	require.Equal(t, []string{filepath.Join(dir, "b/b.go")}, b.GoFiles)
	require.NotNil(t, b.Types.Scope().Lookup("F"))
	used := false
	for id, o := range b.TypesInfo.Uses {
		used = used || id.Name == "V" && types.Identical(o.Type(), types.Typ[types.String])
	}
	require.True(t, used)
	require.Equal(t, "m", b.Module.Path)
}

func TestVariants(t *testing.T) {
	dir := write(t, sample)
	var ids []string
	for _, p := range loadIn(t, &gotool.Build{Dir: dir, Tests: true}, "./a") {
		ids = append(ids, p.ID+": "+names(p))
	}
	require.Equal(t, []string{"m/a: V", "m/a [m/a.test]: InTest V", "m/a_test [m/a.test]: x"}, ids)
	require.Equal(t, "Tagged V", names(loadIn(t, &gotool.Build{Dir: dir, Tags: "special"}, "./a")[0]))
	require.Equal(t, "Tagged V", names(loadIn(t, &gotool.Build{Dir: dir, Env: []string{"GOFLAGS=-tags=special"}}, "./a")[0]))
	if out, err := exec.Command("go", "env", "CGO_ENABLED").Output(); err == nil && strings.TrimSpace(string(out)) == "1" && !testing.Short() {
		require.Equal(t, "Race V", names(loadIn(t, &gotool.Build{Dir: dir, Race: true}, "./a")[0]))
	}
}

func TestOverlay(t *testing.T) {
	dir := write(t, sample)
	elsewhere := write(t, map[string]string{"new": "package a\n\nvar New = 1\n", "v": "package a\n\nvar V = \"w\"\n\nvar Changed = 1\n"})
	text, err := json.Marshal(map[string]any{"Replace": map[string]string{
		"a/a.go": filepath.Join(elsewhere, "v"), "a/a_test.go": "", filepath.Join(dir, "a/new.go"): filepath.Join(elsewhere, "new"),
	}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(elsewhere, "overlay.json"), text, 0o666))
	for _, b := range []*gotool.Build{
		{Dir: dir, Overlay: filepath.Join(elsewhere, "overlay.json")},
		{Dir: dir, Env: []string{"GOFLAGS=-overlay=" + filepath.Join(elsewhere, "overlay.json")}},
	} {
		require.Equal(t, "Changed New V", names(loadIn(t, b, "./a")[0]))
		_, err = b.ReadFile(filepath.Join(dir, "a/a_test.go"))
		require.ErrorIs(t, err, os.ErrNotExist)
	}
}

func TestModfileAndVendor(t *testing.T) {
	dep := write(t, map[string]string{"go.mod": "module d\n\ngo 1.25\n", "d.go": "package d\n\nvar D = 1\n"})
	files := map[string]string{
		"go.mod":             "module m\n\ngo 1.25\n",
		"other.mod":          "module m\n\ngo 1.25\n\nrequire d v0.0.0\n\nreplace d => " + filepath.ToSlash(dep) + "\n",
		"a/a.go":             "package a\n\nimport \"d\"\n\nvar A = d.D\n",
		"vendor/modules.txt": "",
	}
	dir := write(t, files)
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "vendor")))
	require.Equal(t, "A", names(loadIn(t, &gotool.Build{Dir: dir, More: []string{"-modfile=other.mod"}}, "./a")[0]))

	files["go.mod"] = "module m\n\ngo 1.25\n\nrequire d v1.0.0\n"
	files["vendor/modules.txt"] = "# d v1.0.0\n## explicit; go 1.25\nd\n"
	files["vendor/d/d.go"] = "package d\n\nvar D = 1\n"
	require.Equal(t, "A", names(loadIn(t, &gotool.Build{Dir: write(t, files)}, "./a")[0]))
}

func TestWorkspace(t *testing.T) {
	dir := write(t, map[string]string{
		"go.work": "go 1.25\n\nuse ./m\nuse ./d\n", "d/go.mod": "module d\n\ngo 1.25\n", "d/d.go": "package d\n\nvar D = 1\n",
		"m/go.mod": "module m\n\ngo 1.25\n", "m/m.go": "package m\n\nimport \"d\"\n\nvar A = d.D\n",
	})
	b := &gotool.Build{Dir: dir, Env: []string{"GOWORK="}}
	pkgs, err := Packages(t.Context(), b, []string{"./m"})
	require.NoError(t, err)
	require.Equal(t, "A", names(pkgs[0]))
}

// What cover and cgo write is there as the compiler read it.
func TestRewrittenFiles(t *testing.T) {
	dir := write(t, map[string]string{
		"go.mod": "module m\n\ngo 1.25\n",
		"a/a.go": "package a\n\nfunc F(b bool) {\n\tif b {\n\t\tprintln()\n\t}\n}\n",
		"c/c.go": "package c\n\n// int one() { return 1; }\nimport \"C\"\n\nfunc One() int { return int(C.one()) }\n",
	})
	p := loadIn(t, &gotool.Build{Dir: dir, More: []string{"-cover"}}, "./a")[0]
	require.Equal(t, []string{filepath.Join(dir, "a/a.go")}, p.GoFiles)
	require.NotEqual(t, p.GoFiles, p.CompiledGoFiles)
	statements := 0
	for _, f := range p.Syntax {
		ast.Inspect(f, func(n ast.Node) bool {
			if _, ok := n.(ast.Stmt); ok {
				statements++
			}
			return true
		})
	}
	require.Greater(t, statements, 5)
	if out, err := exec.Command("go", "env", "CGO_ENABLED").Output(); err == nil && strings.TrimSpace(string(out)) == "1" {
		p = loadIn(t, &gotool.Build{Dir: dir}, "./c")[0]
		require.Contains(t, names(p), "One")
		require.Equal(t, []string{filepath.Join(dir, "c/c.go")}, p.GoFiles)
	}
}

func TestErrors(t *testing.T) {
	dir := write(t, map[string]string{"go.mod": "module m\n\ngo 1.25\n", "a/a.go": "package a\n\nvar x int = \"\"\n"})
	b := &gotool.Build{Dir: dir, Env: []string{"GOWORK=off"}}
	_, err := Packages(t.Context(), b, []string{"./a"})
	require.ErrorContains(t, err, `a.go:3:13: cannot use ""`)
	_, err = Packages(t.Context(), b, []string{"./none"})
	require.Error(t, err)
	b = &gotool.Build{Dir: dir, Overlay: "none.json"}
	require.ErrorContains(t, b.Prepare(t.Context()), "none.json")
}
