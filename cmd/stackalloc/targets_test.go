package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// targets returns all targets of the compiler. Without everyTarget it is one for each
// architecture, and all for those that differ by operating system.
func targets(t *testing.T) (list []string) {
	out, err := exec.Command("go", "tool", "dist", "list").Output()
	require.NoError(t, err)
	all := os.Getenv(everyTarget) != ""
	seen := map[string]bool{}
	for _, target := range strings.Fields(string(out)) {
		system, arch, _ := strings.Cut(target, "/")
		key := arch
		if arch == "wasm" || system == "aix" || system == "windows" && arch == "amd64" || target == "android/386" || all {
			key = target
		}
		if !seen[key] && (all || system == "linux" || key == target) {
			seen[key] = true
			list = append(list, target)
		}
	}
	return list
}

// everyTarget is the environment variable that has TestTargets run all some fifty
// targets. The first run compiles what the sample needs for each, some ten seconds of
// one processor.
const everyTarget = "STACKALLOC_EVERY_TARGET"

// The verdicts on calls of every form are right for every target.
func TestTargets(t *testing.T) {
	if brief() {
		t.Skip("compiles for every architecture")
	}
	list := targets(t)
	for _, must := range []string{"js/wasm", "wasip1/wasm", "android/386", "aix/ppc64", "linux/ppc64", "linux/ppc64le", "linux/mips64", "linux/mipsle", "linux/386", "linux/arm"} {
		require.Contains(t, list, must)
	}
	forms := filepath.Join(sample, "forms")
	for _, target := range list {
		t.Run(target, func(t *testing.T) {
			system, arch, _ := strings.Cut(target, "/")
			d := checkJSON(t, 1, forms, []string{"GOOS=" + system, "GOARCH=" + arch, "CGO_ENABLED=0"}, ".")
			wants(t, forms, d, func(string) bool { return false })
		})
	}
}
