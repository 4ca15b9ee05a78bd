package docs

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// scriptOfAction is the first script in action.yml.
func scriptOfAction(t *testing.T) string {
	t.Helper()
	_, rest, ok := strings.Cut(read(t, "action.yml"), "run: |\n")
	require.True(t, ok)
	var script strings.Builder
	for line := range strings.Lines(rest) {
		code, ok := strings.CutPrefix(line, "        ")
		if !ok {
			break
		}
		script.WriteString(code)
	}
	return script.String()
}

// The action's script, run as GitHub does, says what the command's exit status was,
// and itself fails only where the command could not judge.
func TestActionKeepsTheStatus(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil || runtime.GOOS == "windows" {
		t.Skip("no bash")
	}
	script := scriptOfAction(t)
	for _, status := range []int{0, 1, 2} {
		for _, version := range []string{"latest", "module"} {
			dir := t.TempDir()
			command := fmt.Sprintf("#!/bin/sh\necho \"$@\"\nexit %d\n", status)
			// A go command that installs that, or runs it as a tool.
			gocommand := "#!/bin/sh\ncase $1 in\ninstall) mkdir -p \"$GOBIN\" && cp \"$FAKE\" \"$GOBIN/stackalloc\" ;;\ntool) shift 2; exec \"$FAKE\" \"$@\" ;;\nesac\n"
			for name, text := range map[string]string{"fake": command, "go": gocommand, "script": script} {
				require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755))
			}
			cmd := exec.Command(bash, "--noprofile", "--norc", "-eo", "pipefail", filepath.Join(dir, "script"))
			cmd.Env = append(os.Environ(), "PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH"), "FAKE="+filepath.Join(dir, "fake"),
				"RUNNER_TEMP="+dir, "GITHUB_OUTPUT="+filepath.Join(dir, "output"), "VERSION="+version, "FLAGS=-test -strict", "PACKAGES=./a ./b")
			out, err := cmd.CombinedOutput()
			name := fmt.Sprintf("status %d, version %s: %s", status, version, out)
			if status < 2 {
				assert.NoError(t, err, name)
				assert.Contains(t, string(out), "check -test -strict ./a ./b", name)
			} else {
				assert.Equal(t, status, cmd.ProcessState.ExitCode(), name)
			}
			output, err := os.ReadFile(filepath.Join(dir, "output"))
			require.NoError(t, err, name)
			assert.Contains(t, string(output), fmt.Sprintf("status=%d\n", status), name)
			sarif, err := os.ReadFile(filepath.Join(dir, "stackalloc.sarif"))
			require.NoError(t, err, name)
			assert.Equal(t, "check -sarif -test -strict ./a ./b\n", string(sarif), name)
		}
	}
}
