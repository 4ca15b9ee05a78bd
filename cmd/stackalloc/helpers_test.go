package main

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the tests of all subcommands use: files, modules, programs that are run.

// read returns what is in a file.
func read(t *testing.T, path ...string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	require.NoError(t, err)
	return text
}

// output runs a program that must succeed and returns what it prints.
func output(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return string(out)
}

// libraryDir is the folder of the library.
func libraryDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	require.NoError(t, err)
	return dir
}

// countHeap is a function for programs in tests, which prints the name of an f that takes heap
// blocks of the library.
const countHeap = `
func count(name string, f func()) {
	before := stackalloc.ReadStats().Heap
	f()
	if stackalloc.ReadStats().Heap > before {
		fmt.Println(name)
	}
}
`

// scratchModule writes a module that requires the library of this repository, with the files,
// and returns its directory.
func scratchModule(t *testing.T, files map[string]string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	all := map[string]string{"go.mod": "module example.com/m\n\ngo 1.25.0\n\nrequire github.com/stackalloc/stackalloc v0.0.0\n\nreplace github.com/stackalloc/stackalloc => " + filepath.ToSlash(libraryDir(t)) + "\n"}
	maps.Copy(all, files)
	for name, text := range all {
		name = filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o777))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o666))
	}
	return dir
}

// copySample returns a copy of a module of samples, outside of this repository, whose
// replacement of the library, if it has one, leads there.
func copySample(t *testing.T, from string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	require.NoError(t, os.CopyFS(dir, os.DirFS(from)))
	name := filepath.Join(dir, "go.mod")
	if mod, err := os.ReadFile(name); err == nil {
		require.NoError(t, os.WriteFile(name, replacement.ReplaceAll(mod, []byte("=> "+filepath.ToSlash(libraryDir(t))+"\n")), 0o666))
	}
	return dir
}

var replacement = regexp.MustCompile(`=> (\.\./)+\.\.\n`)
