//go:build unix

package main

import (
	"bytes"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A signal to end ends the go command and the compilers too, with status 2, and leaves
// nothing in the directory for temporary files.
func TestSignals(t *testing.T) {
	dir := scratchModule(t, map[string]string{"a/a.go": "package a\n\nimport \"github.com/stackalloc/stackalloc\"\n\nfunc F(n int) { stackalloc.Do(n, func([]byte) {}) }\n"})
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		for _, sub := range []string{"check", "suggest"} {
			t.Run(sub+" "+sig.String(), func(t *testing.T) {
				if signal.Ignored(sig) {
					t.Skip("ignored here, as under nohup, and so by the command")
				}
				temp, cache := t.TempDir(), t.TempDir()
				cmd := exec.Command(binary, sub, "./...")
				cmd.Dir = dir
				// An empty cache: it compiles for long.
				cmd.Env = append(os.Environ(), "TMPDIR="+temp, "GOCACHE="+filepath.Join(cache, "go"), "XDG_CACHE_HOME="+cache, "GOFLAGS=")
				require.NoError(t, cmd.Start())
				compiling := func() bool {
					work, _ := filepath.Glob(filepath.Join(temp, "stackalloc-go-*", "go-build*", "b*"))
					return len(work) > 3
				}
				require.Eventually(t, compiling, time.Minute, time.Millisecond)
				require.NoError(t, cmd.Process.Signal(sig))
				require.Error(t, cmd.Wait())
				require.Equal(t, 2, cmd.ProcessState.ExitCode())
				left, err := os.ReadDir(temp)
				require.NoError(t, err)
				require.Empty(t, left)
			})
		}
	}
}

// An output that is closed early, as of a pipe to head, leaves nothing either.
func TestClosedOutput(t *testing.T) {
	dir := scratchModule(t, map[string]string{
		"a/a.go": "package a\n\nfunc F(n int) byte {\n\tb := make([]byte, n)\n\treturn b[n-1]\n}\n",
		"b/b.go": "package b\n\nimport \"github.com/stackalloc/stackalloc\"\n\nfunc F(n int) { stackalloc.Do(n, func([]byte) {}) }\n",
	})
	for _, args := range [][]string{
		{"check", "./..."}, {"check", "-json", "./..."}, {"suggest", "./..."}, {"suggest", "-diff", "./..."}, {"suggest", "-json", "./..."},
		{"try", "-count=1", "./..."}, {"try", "-json", "./..."}, {"bench", "-time=1h"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			temp, kept := t.TempDir(), files(t, dir)
			r, w, err := os.Pipe()
			require.NoError(t, err)
			require.NoError(t, r.Close())
			cmd := exec.Command(binary, args...)
			var diag bytes.Buffer
			cmd.Dir, cmd.Stdout, cmd.Stderr = dir, w, &diag
			cmd.Env = append(os.Environ(), "TMPDIR="+temp, "GOFLAGS=")
			require.Error(t, cmd.Run())
			require.NoError(t, w.Close())
			require.Equal(t, 2, cmd.ProcessState.ExitCode())
			require.Empty(t, diag.String())
			left, err := os.ReadDir(temp)
			require.NoError(t, err)
			require.Empty(t, left)
			require.Equal(t, kept, files(t, dir))
		})
	}
}
