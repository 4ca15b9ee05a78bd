//go:build unix

package main

import (
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
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
