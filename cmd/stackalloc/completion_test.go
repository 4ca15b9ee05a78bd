package main

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		script, _ := invoke(t, 0, ".", nil, "completion", shell)
		for _, c := range commands {
			require.Contains(t, script, c.name)
		}
		for _, f := range []string{"sarif", "profile", "quick"} {
			require.Contains(t, script, f, shell)
		}
		if path, err := exec.LookPath(shell); err == nil {
			cmd := exec.Command(path, "-n")
			cmd.Stdin = strings.NewReader(script)
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s: %s", shell, out)
		}
	}
	_, stderr := invoke(t, 2, ".", nil, "completion", "csh")
	require.Contains(t, stderr, "bash, zsh and fish")
}

func TestCompletionInBash(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip(err)
	}
	script, _ := invoke(t, anyStatus, ".", nil, "completion", "bash")
	for line, want := range map[string]string{
		"stackalloc ch":           "check",
		"stackalloc check -sar":   "-sarif",
		"stackalloc completion f": "fish",
		"stackalloc help ver":     "version",
	} {
		cmd := exec.Command(bash, "-c", script+`
COMP_WORDS=($1); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _stackalloc; echo "${COMPREPLY[*]}"`, "bash", line)
		out, err := cmd.Output()
		require.NoError(t, err)
		require.Equal(t, want, strings.TrimSpace(string(out)), line)
	}
}
