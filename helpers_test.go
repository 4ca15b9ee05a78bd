package stackalloc_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"unsafe"

	"github.com/stackalloc/stackalloc"
	"github.com/stretchr/testify/require"
)

// addr returns where s lies, without leaking it.
func addr[T any](s []T) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(s))) }

// yieldOften lets other goroutines run on this thread.
func yieldOften() {
	for range 3 {
		runtime.Gosched()
	}
}

// panicOf returns what f panics with, as a string.
func panicOf(f func()) (msg string) {
	defer func() { msg, _ = recover().(string) }()
	f()
	return "no panic"
}

// module writes a module that uses this one, and returns its folder.
func module(t *testing.T, files map[string]string) string {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil || runtime.GOOS == "js" {
		t.Skip("no go command here")
	}
	here, err := os.Getwd()
	require.NoError(t, err)
	dir := t.TempDir()
	files["go.mod"] = "module example.com/user\n\ngo 1.25\n\nrequire github.com/stackalloc/stackalloc v0.0.0\n\n" +
		"replace github.com/stackalloc/stackalloc => " + here + "\n"
	for name, text := range files {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o777))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666))
	}
	return dir
}

// goCommand runs the go command for this machine in dir and returns its output.
func goCommand(t *testing.T, dir string, args ...string) string {
	t.Helper()
	return goCommandFor(t, runtime.GOOS, runtime.GOARCH, dir, args...)
}

func goCommandFor(t *testing.T, goos, goarch, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOARCH="+goarch, "GOOS="+goos)
	if goarch != runtime.GOARCH {
		cmd.Env = append(cmd.Env, "CGO_ENABLED=0")
	}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return string(out)
}

// growAlways has every block that may be on the stack go there.
func growAlways(t testing.TB) {
	former := stackalloc.SetPatience(0)
	limit := stackalloc.SetLimit(stackalloc.MaxRung)
	t.Cleanup(func() {
		stackalloc.SetPatience(former)
		stackalloc.SetLimit(limit)
	})
}

// edges returns the lengths around the size of every rung, and above the ladder.
func edges() []int {
	ns := []int{0, 1, 2, 15, 16, 17, 31, 32, 33}
	for _, r := range stackalloc.Ladder {
		ns = append(ns, r-1, r, r+1)
	}
	if testing.Short() {
		return append(ns[:30], 60000)
	}
	return append(ns, 300<<10, 1<<20+1)
}

// pattern fills s so that a byte tells its place and the seed.
func pattern(s []byte, seed int) {
	for i := range s {
		s[i] = byte(i*7 + i>>8 + seed)
	}
}

// firstSpoiled returns the first place at which s is not as pattern left it, or -1.
func firstSpoiled(s []byte, seed int) int {
	for i := range s {
		if s[i] != byte(i*7+i>>8+seed) {
			return i
		}
	}
	return -1
}

// aside runs f on a stack of its own and waits for it.
func aside(f func()) {
	var wg sync.WaitGroup
	wg.Go(f)
	wg.Wait()
}
