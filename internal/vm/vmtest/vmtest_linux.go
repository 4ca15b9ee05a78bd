// Package vmtest is what tests of memory from the system have in common.
package vmtest

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// KernelView returns the bytes that /proc/self/smaps shows as writable between lo and
// hi, and those in memory of what it shows there together.
func KernelView(t *testing.T, lo, hi uintptr) (writable, resident int) {
	t.Helper()
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Skip(err)
	}
	defer f.Close()
	inside := false
	for s := bufio.NewScanner(f); s.Scan(); {
		var from, to uintptr
		var perms string
		if n, _ := fmt.Sscanf(s.Text(), "%x-%x %s", &from, &to, &perms); n == 3 {
			from, to = max(from, lo), min(to, hi)
			inside = from < to && strings.HasPrefix(perms, "rw")
			if inside {
				writable += int(to - from)
			}
			continue
		}
		var kb int
		if n, _ := fmt.Sscanf(s.Text(), "Rss: %d kB", &kb); n == 1 && inside {
			resident += kb << 10
		}
	}
	return writable, resident
}

// InProcess runs the test once more, in a process of its own that it may limit, and is
// true there. Where that cannot be, or skips, the test is skipped.
func InProcess(t *testing.T) bool {
	t.Helper()
	const env = "VMTEST_IN_PROCESS"
	if os.Getenv(env) == t.Name() {
		return true
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), env+"="+t.Name())
	out, err := cmd.CombinedOutput()
	if errors.Is(err, syscall.ENOEXEC) {
		t.Skip("an emulated program cannot start itself")
	}
	require.NoError(t, err, "%s", out)
	if strings.Contains(string(out), "--- SKIP") {
		t.Skipf("%s", out)
	}
	return false
}
