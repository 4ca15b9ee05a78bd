package overlay

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
)

// write makes files below a new directory and returns it.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	for name, text := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o777))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o666))
	}
	return dir
}

// here is the library's folder.
func here(t *testing.T) Library {
	l, err := BuiltFrom()
	require.NoError(t, err)
	require.NotEmpty(t, l.Dir, "tests are built from a clone")
	return l
}

// requires applies the library in dir, and returns the overlay and what moved.
func requires(t *testing.T, dir string, env []string, w Want) (o *Overlay, moved []string) {
	t.Helper()
	b := &gotool.Build{Dir: dir, Env: append([]string{"GOFLAGS=", "GOWORK="}, env...)}
	tree, err := FindTree(t.Context(), b)
	require.NoError(t, err)
	if w.Library != (Library{}) {
		w.Modules = tree.Modules
	}
	tmp := t.TempDir()
	o = New(filepath.Join(tmp, "files"), b.Replaced)
	moved, err = tree.Apply(t.Context(), w, o, filepath.Join(tmp, "skeleton"))
	require.NoError(t, err)
	require.NoError(t, o.Write(filepath.Join(tmp, "overlay.json")))
	cmd := exec.Command("go", "list", "-mod=readonly", "-overlay="+filepath.Join(tmp, "overlay.json"), Path)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), b.Env...)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return o, moved
}

func text(t *testing.T, o *Overlay, name string) string {
	t.Helper()
	require.Contains(t, o.Files(), name)
	b, err := os.ReadFile(o.Files()[name])
	require.NoError(t, err)
	return string(b)
}

func TestModulesGetTheLibraryInTheOverlayAlone(t *testing.T) {
	lib := here(t)
	for name, c := range map[string]struct {
		mod   string
		moved string
	}{
		"young":         {"module a.b/c\n\ngo 1.25.0\n", ""},
		"old":           {"module a.b/c\n\ngo 1.21\n", "go 1.21 to 1.25.0 in a.b/c"},
		"unpruned":      {"module a.b/c\n\ngo 1.12\n", "go 1.12 to 1.25.0 in a.b/c"},
		"without go":    {"module a.b/c\n", "go 1.16 to 1.25.0 in a.b/c"},
		"of another":    {"module a.b/c\n\ngo 1.25.0\n\nrequire " + Path + " v0.1.0\n\nreplace " + Path + " v0.1.0 => ./elsewhere\n", ""},
		"other replace": {"module a.b/c\n\ngo 1.25.0\n\nrequire x.y/z v1.0.0\n\nreplace x.y/z => ./z\n", ""},
	} {
		dir := write(t, map[string]string{"go.mod": c.mod, "c.go": "package c\n", "z/go.mod": "module x.y/z\n"})
		o, moved := requires(t, dir, nil, Want{Library: lib})
		require.Equal(t, c.moved, strings.Join(moved, "; "), name)
		got := text(t, o, filepath.Join(dir, "go.mod"))
		require.Regexp(t, `(?m)^(require|\t)\s*`+Path+` v\d\S+$`, got, name)
		require.Contains(t, got, "=> "+lib.Dir, name)
		require.NotContains(t, got, "elsewhere", name)
		if strings.Contains(c.mod, "x.y/z") {
			require.Contains(t, got, "x.y/z => "+filepath.Join(dir, "z"), name)
		}
		now, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		require.NoError(t, err)
		require.Equal(t, c.mod, string(now), name)
	}
}

func TestWorkspaces(t *testing.T) {
	lib := here(t)
	dir := write(t, map[string]string{
		"go.work":  "go 1.22\n\nuse (\n\t./a\n\t./b\n)\n",
		"a/go.mod": "module example.com/a\n\ngo 1.22\n", "a/a.go": "package a\n",
		"b/go.mod": "module example.com/b\n\ngo 1.20\n", "b/b.go": "package b\n\nimport _ \"example.com/a\"\n",
	})
	o, moved := requires(t, filepath.Join(dir, "b"), nil, Want{Library: lib})
	require.Equal(t, []string{"go 1.22 to 1.25.0 in example.com/a", "go 1.20 to 1.25.0 in example.com/b"}, moved)
	work := text(t, o, filepath.Join(dir, "go.work"))
	require.Regexp(t, `(?s)^go 1\.25\.0\n.*\./a\n.*\./b\n.*=> `+lib.Dir, work)
	require.Contains(t, text(t, o, filepath.Join(dir, "a", "go.mod")), Path+" v0.0.0")
}

// A member may ask for versions of others that nobody has published.
func TestWorkspacesOfUnpublishedVersions(t *testing.T) {
	lib := here(t)
	dir := write(t, map[string]string{
		"go.work":  "go 1.22\n\nuse (\n\t./a\n\t./b\n\t./c\n)\n",
		"a/go.mod": "module example.com/a\n\ngo 1.22\n\nrequire (\n\texample.com/b v1.2.3\n\texample.com/c/v2 v2.0.0-20200101000000-0123456789ab\n)\n",
		"a/a.go":   "package a\n\nimport _ \"example.com/b\"\n",
		"b/go.mod": "module example.com/b\n\ngo 1.20\n\nrequire example.com/c/v2 v2.1.0\n", "b/b.go": "package b\n\nimport _ \"example.com/c/v2\"\n",
		"c/go.mod": "module example.com/c/v2\n\ngo 1.20\n", "c/c.go": "package c\n",
	})
	env := []string{"GOPROXY=off"}
	o, _ := requires(t, filepath.Join(dir, "a"), env, Want{Library: lib})
	work := text(t, o, filepath.Join(dir, "go.work"))
	for _, v := range []string{"example.com/b v1.2.3", "example.com/c/v2 v2.1.0"} {
		require.Contains(t, work, v+" => "+filepath.Join(dir, v[len("example.com/"):][:1]))
	}
	require.NotContains(t, text(t, o, filepath.Join(dir, "a", "go.mod")), "=> ../b")

	b := &gotool.Build{Dir: dir, Env: append(env, "GOFLAGS=", "GOWORK=")}
	tree, err := FindTree(t.Context(), b)
	require.NoError(t, err)
	o = New(t.TempDir(), nil)
	require.NoError(t, tree.Complete(t.Context(), o, t.TempDir()))
	require.NotContains(t, o.Files(), filepath.Join(dir, "go.work"), "before, the tree is built as it is")

	// What is no member is missed as ever.
	require.NoError(t, os.WriteFile(filepath.Join(dir, "c", "go.mod"), []byte("module example.com/c/v2\n\ngo 1.20\n\nrequire x.y/none v1.0.0\n"), 0o666))
	tree, err = FindTree(t.Context(), b)
	require.NoError(t, err)
	require.ErrorContains(t, tree.Complete(t.Context(), o, t.TempDir()), "x.y/none@v1.0.0")
}

func TestTheModfileOfGOFLAGS(t *testing.T) {
	dir := write(t, map[string]string{
		"go.mod": "module a.b/c\n\ngo 1.25.0\n", "c.go": "package c\n",
		"other.mod": "module a.b/c\n\ngo 1.25.0\n\ngodebug panicnil=1\n",
	})
	o, _ := requires(t, dir, []string{"GOFLAGS=-modfile=other.mod"}, Want{Library: here(t)})
	require.NotContains(t, o.Files(), filepath.Join(dir, "go.mod"))
	require.Contains(t, text(t, o, filepath.Join(dir, "other.mod")), "panicnil")
}

func TestFoldersStandForModules(t *testing.T) {
	dir := write(t, map[string]string{
		"go.mod": "module a.b/c\n\ngo 1.25.0\n\nrequire x.y/z v1.0.0\n\nreplace x.y/z v1.0.0 => ./z\n", "c.go": "package c\n\nimport _ \"x.y/z\"\n",
		"z/go.mod": "module x.y/z\n", "z/z.go": "package z\n", "copy/go.mod": "module x.y/z\n", "copy/z.go": "package z\n",
	})
	o, _ := requires(t, dir, nil, Want{Library: here(t), Folders: map[string]string{"x.y/z": filepath.Join(dir, "copy")}})
	got := text(t, o, filepath.Join(dir, "go.mod"))
	require.Contains(t, got, "x.y/z => "+filepath.Join(dir, "copy"))
	require.NotContains(t, got, "=> ./z")
}

func TestNothingToApply(t *testing.T) {
	lib := here(t)
	dir := write(t, map[string]string{
		"go.mod": "module a.b/c\n\ngo 1.25.0\n\nrequire " + Path + " v0.0.0\n\nreplace " + Path + " => " + lib.Dir + "\n", "c.go": "package c\n",
	})
	o, moved := requires(t, dir, nil, Want{})
	require.Empty(t, moved)
	require.Empty(t, o.Files())

	bare := write(t, map[string]string{"go.mod": "module a.b/c\n\ngo 1.25.0\n"})
	b := &gotool.Build{Dir: bare, Env: []string{"GOFLAGS=", "GOWORK="}}
	tree, err := FindTree(t.Context(), b)
	require.NoError(t, err)
	require.False(t, tree.Requires(tree.Modules))
	_, err = tree.Apply(t.Context(), Want{Modules: tree.Modules}, o, t.TempDir())
	require.ErrorContains(t, err, "not all modules require")

	_, err = FindTree(t.Context(), &gotool.Build{Dir: t.TempDir(), Env: []string{"GOFLAGS=", "GOWORK="}})
	require.ErrorContains(t, err, "go.mod")
}

func TestOverlay(t *testing.T) {
	dir := t.TempDir()
	o := New(filepath.Join(dir, "a"), map[string]string{"/x/gone.go": ""})
	require.NoError(t, o.Put("/x/one.go", []byte("one")))
	p := New(filepath.Join(dir, "b"), o.Files())
	require.NoError(t, p.Put("/x/one.go", []byte("two")))
	require.NoError(t, p.Put("/y/one.go", []byte("three")))
	p.Hide("/z/hidden.go")
	require.Equal(t, "one", text(t, o, "/x/one.go"))
	require.Equal(t, "two", text(t, p, "/x/one.go"))
	require.Equal(t, "three", text(t, p, "/y/one.go"))
	file := filepath.Join(dir, "overlay.json")
	require.NoError(t, p.Write(file))
	j, err := os.ReadFile(file)
	require.NoError(t, err)
	var read struct{ Replace map[string]string }
	require.NoError(t, json.Unmarshal(j, &read))
	require.Equal(t, p.Files(), read.Replace)
	require.Equal(t, "", read.Replace["/x/gone.go"])
	require.Contains(t, read.Replace, "/z/hidden.go")
}

func TestParseLibrary(t *testing.T) {
	lib := here(t)
	got, err := ParseLibrary(lib.Dir)
	require.NoError(t, err)
	require.Equal(t, lib, got)
	for _, v := range []string{"v0.1.0", "latest", "main"} {
		got, err := ParseLibrary(v)
		require.NoError(t, err)
		require.Equal(t, Library{Version: v}, got)
		require.Equal(t, Path+"@"+v, got.String())
	}
	for s, want := range map[string]string{
		"":                        "neither a version",
		"./nowhere":               "neither a version",
		t.TempDir():               "go.mod",
		filepath.Join("..", ".."): "has the module",
	} {
		_, err := ParseLibrary(s)
		require.ErrorContains(t, err, want, s)
	}
}

func TestVersionThatACommandWasBuiltWith(t *testing.T) {
	dep := func(path, version string, replace *debug.Module) *debug.BuildInfo {
		return &debug.BuildInfo{Deps: []*debug.Module{{Path: "a.b/c", Version: "v9.0.0"}, {Path: path, Version: version, Replace: replace}}}
	}
	for _, c := range []struct {
		info *debug.BuildInfo
		want string
	}{
		{dep(Path, "v0.1.0", nil), "v0.1.0"},
		{dep(Path, "(devel)", nil), ""},
		{dep(Path, "v0.1.1-0.20260101000000-0123456789ab+dirty", nil), ""},
		{dep(Path, "v0.1.0", &debug.Module{Path: Path, Version: "v0.2.0"}), "v0.2.0"},
		{dep(Path, "v0.1.0", &debug.Module{Path: "../.."}), ""},
		{dep(Path, "v0.1.0", &debug.Module{Path: "x.y/fork", Version: "v0.2.0"}), ""},
		{dep("x.y/z", "v0.1.0", nil), ""},
	} {
		require.Equal(t, c.want, versionIn(c.info))
	}
}
