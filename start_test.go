package stackalloc_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc"
)

const startProgram = `package main

import (
	"fmt"

	"github.com/stackalloc/stackalloc"
)

var sink []byte

func main() {
	on, sum := false, 0
	for range 5000 {
		stackalloc.Do(1000, func(s []byte) {
			on = stackalloc.OnStack(s)
			for i := range s {
				sum += int(s[i])
				s[i] = 1
			}
		})
	}
	stackalloc.Do(5, func(s []string) { s[4] = "x" })
	stackalloc.Aligned(5, 64, func(s []uint64) { s[4] = 1 })
	stackalloc.Do(1000, func(s []byte) { sink = s })
	fmt.Printf("%s|%v|%d|%d", stackalloc.Implementation(), on, sum, stackalloc.SetLimit(100))
}
`

// Each assumption that is checked at start-up can be made to fail when linking.
func TestStartUpTurnsTheStackPathsOff(t *testing.T) {
	if testing.Short() {
		t.Skip("links a program for each assumption")
	}
	dir := module(t, map[string]string{"main.go": startProgram})
	program := filepath.Join(dir, "program")
	run := func(fault string) string {
		goCommand(t, dir, "build", "-o", program, "-ldflags", "-X github.com/stackalloc/stackalloc.fault="+fault, ".")
		out, err := exec.Command(program).CombinedOutput()
		require.NoError(t, err, "%s", out)
		return string(out)
	}
	for fault, reason := range map[string]string{
		"compiler": "the compiler is not Go's own",
		"zero":     "heap objects of size zero",
		"leak":     "a leaking callback",
		"loop":     "a callback that leaks into a variable of its own function",
		"copy":     "the compiler took its proof from a copy",
		"type":     "type descriptors",
		"stack":    "the goroutine's stack bounds",
		"scope":    "a trial block",
	} {
		out := run(fault)
		assert.True(t, strings.HasPrefix(out, "off: "+reason), out)
		assert.True(t, strings.HasSuffix(out, "|false|0|0"), out)
	}
	if stackalloc.HasAssembly {
		assert.Regexp(t, `^\w+ assembly\|true\|0\|65536$`, run("none"))
		assert.Regexp(t, `^\w+ assembly, ABI0\|true\|0\|65536$`, run("abi"))
		assert.Regexp(t, `^\w+ assembly, ABI0\|true\|0\|65536$`, run("entry"))
	}
}
