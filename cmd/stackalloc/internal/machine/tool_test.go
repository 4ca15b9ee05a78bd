package machine

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the tool prints in place of a listing is read as the listing is.
func TestTool(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the compiler is a shell script here")
	}
	dir := t.TempDir()
	compiler := filepath.Join(dir, "compile")
	head, body, _ := strings.Cut(listing, "\n")
	body, _, _ = strings.Cut(body, "# m/q")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "listing"), []byte(body), 0o666))
	require.NoError(t, os.WriteFile(compiler, []byte("#!/bin/sh\ncat "+filepath.Join(dir, "listing")+"\necho warning >&2\nexit $STATUS\n"), 0o777))
	run := func(status string, args ...string) (string, int) {
		t.Setenv("STATUS", status)
		out, err := os.Create(filepath.Join(dir, "out"))
		require.NoError(t, err)
		stdout := os.Stdout
		os.Stdout = out
		got := RunTool("lib/lib", append([]string{compiler}, args...))
		os.Stdout = stdout
		require.NoError(t, out.Close())
		text, err := os.ReadFile(out.Name())
		require.NoError(t, err)
		return string(text), got
	}
	units := func(text string) (out []*Unit) {
		r := &Reader{Library: "lib/lib"}
		require.NoError(t, r.Read(strings.NewReader(text), func(u *Unit) { out = append(out, u) }))
		return out
	}
	text, status := run("0", toolFlag+"x")
	require.Zero(t, status)
	require.Equal(t, 1, strings.Count(text, "\n"))
	want := units(head + "\n" + body)
	require.NotEmpty(t, want[0].Funcs)
	require.Equal(t, want, units(head+"\n"+text))

	// Without the flag, and where it fails, all is printed.
	text, status = run("0")
	require.Zero(t, status)
	require.Equal(t, body, text)
	text, status = run("3", toolFlag+"x")
	require.Equal(t, 3, status)
	require.Equal(t, body, text)
	text, status = run("0", toolFlag+"x", "-V=full")
	require.Zero(t, status)
	require.Equal(t, body, text)

	r := &Reader{Library: "lib/lib"}
	require.ErrorContains(t, r.Read(strings.NewReader("# p\n"+string(unitHead)+"{\n"), func(*Unit) {}), "p: what was kept of the compiler's listing cannot be read")
	require.Equal(t, 2, RunTool("lib/lib", nil))
	require.Equal(t, 2, RunTool("lib/lib", []string{filepath.Join(dir, "missing")}))
}

// The compiler makes the same code without debug information, as Flags have it. It leaves
// out what it makes by itself for types that debug information alone speaks of.
func TestDebugInformationIsNoPartOfTheCode(t *testing.T) {
	instruction := regexp.MustCompile(`(?m)^\t0x[0-9a-f]+ \d+ \([^<].*\)\t.*$`)
	code := func(flags string) []string {
		cmd := exec.Command("go", "build", "-gcflags="+flags, "slices", "text/tabwriter", "github.com/stackalloc/stackalloc/scratch")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		lines := instruction.FindAllString(string(out), -1)
		slices.Sort(lines) // packages print as they are done
		return lines
	}
	with := code("-S")
	require.NotEmpty(t, with)
	require.True(t, slices.Equal(with, code("-S -dwarf=false")))
}
