package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// binary is the built command.
var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	dir, err := os.MkdirTemp("", "stackalloc-command-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binary = filepath.Join(dir, "stackalloc.exe")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
		os.Exit(1)
	}
	// The samples in testdata are modules of their own, outside of this workspace.
	os.Setenv("GOWORK", "off")
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// brief reports whether tests that take minutes are left out, as they are unless the
// environment variable STACKALLOC_LONG is set.
func brief() bool { return testing.Short() || os.Getenv("STACKALLOC_LONG") == "" }

// anyStatus stands for the exit statuses 0 and 1, for nothing and something found.
const anyStatus = -1

// invoke runs the command in dir, requires its exit status and returns what it prints.
func invoke(t *testing.T, status int, dir string, env []string, args ...string) (stdout, stderr string) {
	t.Helper()
	stdout, stderr, got := launch(t, dir, env, args...)
	if status != anyStatus || got == 2 {
		require.Equal(t, status, got, "%q: %s%s", args, stdout, stderr)
	}
	return stdout, stderr
}

// launch runs the command in dir and returns what it prints and its exit status.
func launch(t *testing.T, dir string, env []string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "GOFLAGS="), env...)
	var out, diag bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &diag
	err := cmd.Run()
	if _, ok := err.(*exec.ExitError); err != nil && !ok {
		require.NoError(t, err)
	}
	return out.String(), diag.String(), cmd.ProcessState.ExitCode()
}

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args           []string
		status         int
		stdout, stderr string
	}{
		{[]string{"-h"}, 0, "check", ""},
		{[]string{"help"}, 0, "check", ""},
		{[]string{"help", "check"}, 0, "usage: stackalloc check", ""},
		{[]string{"check", "-h"}, 0, "usage: stackalloc check", ""},
		{[]string{"check", "-v", "--help"}, 0, "-gcflags", ""},
		{nil, 2, "", "usage: stackalloc COMMAND"},
		{[]string{"chekc"}, 2, "", `there is no subcommand "chekc"`},
		{[]string{"check", "-nosuchflag"}, 2, "", "stackalloc check: flag provided but not defined: -nosuchflag"},
		{[]string{"version"}, 0, "stackalloc ", ""},
		{[]string{"--version"}, 0, "stackalloc ", ""},
		{[]string{"check", "-json", "-sarif"}, 2, "", "exclude each other"},
	} {
		stdout, stderr := invoke(t, c.status, ".", nil, c.args...)
		require.Contains(t, stdout, c.stdout, "%q", c.args)
		require.Contains(t, stderr, c.stderr, "%q", c.args)
		if c.stdout == "" {
			require.Empty(t, stdout, "%q", c.args)
		}
		if c.stderr == "" {
			require.Empty(t, stderr, "%q", c.args)
		}
	}
}
