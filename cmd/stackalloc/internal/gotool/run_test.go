//go:build unix

package gotool

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What a command started ends with it, also what does not listen to the interrupt,
// and its temporary directory is gone.
func TestInterruptReachesAll(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, "sh", "-c", `echo x > "$GOTMPDIR/x"; sh -c 'trap "" INT; echo $$ > deaf; sleep 1000' & echo ready > ready; sleep 1000`)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOTMPDIR="+dir)
	go func() {
		for {
			text, _ := os.ReadFile(filepath.Join(dir, "deaf"))
			if _, err := os.Stat(filepath.Join(dir, "ready")); err == nil && len(text) > 1 {
				break
			}
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	require.Error(t, Run(cmd))
	text, err := os.ReadFile(filepath.Join(dir, "deaf"))
	require.NoError(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	require.NoError(t, err)
	require.Eventually(t, func() bool { return syscall.Kill(pid, 0) == syscall.ESRCH || zombie(pid) }, 10*time.Second, time.Millisecond)
	left, err := filepath.Glob(filepath.Join(dir, "stackalloc-go-*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

// zombie reports whether a process has ended that nobody has waited for.
func zombie(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && strings.Contains(string(stat), ") Z ")
}
