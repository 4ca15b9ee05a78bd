package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// sanitized has three calls that are proven in a plain build, and prints how many blocks
// came from the heap.
const sanitized = `package main

import (
	"fmt"

	"github.com/stackalloc/stackalloc"
)

var n, keep = 300, []byte(nil)

func main() {
	k := 0
	stackalloc.Do(n, func(b []byte) { k += len(b) })
	for b := range stackalloc.Scope[int](n) {
		k += b[0]
	}
	k += stackalloc.Call(n, func(b []string) int { return len(b) })
	stackalloc.Do(n, func(b []byte) { keep = b })
	fmt.Println(stackalloc.ReadStats().Heap)
}
`

// The verdicts of builds with a sanitizer are what such a program counts. The address
// sanitizer takes the proof of all calls, the memory sanitizer that of none.
func TestSanitizers(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the standard library with sanitizers")
	}
	dir := scratchModule(t, map[string]string{"main.go": sanitized})
	for flag, c := range map[string]struct {
		cc, heap, why string
		unproven      int
	}{
		"-msan": {cc: "clang", heap: "1", unproven: 1},
		"-asan": {cc: "gcc", heap: "4", unproven: 4, why: "in this build (-asan, -d=checkptr=2) the compiler puts on the heap"},
		// Needs no other compiler, and is the part of -asan that matters here.
		"-gcflags=all=-d=checkptr=2": {heap: "4", unproven: 4, why: "in this build (-asan, -d=checkptr=2) the compiler puts on the heap"},
	} {
		t.Run(flag, func(t *testing.T) {
			var env []string
			if c.cc != "" {
				if _, err := exec.LookPath(c.cc); err != nil || !haveCgo(t) {
					t.Skip("needs cgo and ", c.cc)
				}
				env = []string{"CC=" + c.cc}
			}
			cmd := exec.Command("go", "run", flag, ".")
			cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
			out, err := cmd.CombinedOutput()
			if err != nil && c.cc != "" {
				t.Skipf("no program runs with %s here: %v: %.500s", flag, err, out)
			}
			require.NoError(t, err, "%s", out)
			require.Equal(t, c.heap, strings.TrimSpace(string(out)))
			d, status := checkJSON(t, dir, env, flag, ".")
			require.Equal(t, 1, status)
			require.Len(t, d.Calls, 4)
			require.Equal(t, c.unproven, d.Unproven)
			for _, x := range d.Calls[:3] {
				require.Contains(t, x.String(), c.why)
			}
			require.Equal(t, "unproven: stored in the package variable keep at main.go:18", d.Calls[3].String())
		})
	}
}
