package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
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
	t.Parallel()
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
			d := checkJSON(t, 1, dir, env, flag, ".")
			require.Len(t, d.Calls, 4)
			require.Equal(t, c.unproven, d.Unproven)
			for _, x := range d.Calls[:3] {
				require.Contains(t, x.String(), c.why)
			}
			require.Equal(t, "unproven: stored in the package variable keep at main.go:18", d.Calls[3].String())
		})
	}
}

// several has calls of all forms: iterators that are used where they are made, and not;
// generic code; functions around a call; and nested scopes. It prints the lines of those
// that took blocks from the heap.
const several = `package main

import (
	"fmt"
	"iter"
	"slices"

	"github.com/stackalloc/stackalloc"
)

var n, keep, k = 300, []int(nil), 0

func main() {
	stackalloc.TraceHeap(true)
	for _, f := range []func(){iterators, generics, functions, nested, fills} {
		f()
	}
	for _, s := range stackalloc.HeapSites() {
		fmt.Println(s.Line)
	}
}

func iterators() {
	for b := range stackalloc.Scope[int](n) {
		k += len(b)
	}
	for b := range stackalloc.Scope[int](n) {
		keep = b
	}
	s := stackalloc.Scope[int](n)
	for b := range s {
		k += len(b)
	}
	for b := range made(n) {
		k += len(b)
	}
	loop(stackalloc.Scope[int](n))
	far(stackalloc.Scope[int](n))
	stackalloc.Scope[int](n)(func(b []int) bool { k += len(b); return true })
	for b := range stackalloc.Scope[string](n) {
		if len(b) > 3 {
			break
		}
	}
}

func made(n int) iter.Seq[[]int] { return stackalloc.Scope[int](n) }

func loop(s iter.Seq[[]int]) {
	for b := range s {
		k += len(b)
	}
}

//go:noinline
func far(s iter.Seq[[]int]) {
	for b := range s {
		k += len(b)
	}
}

func generics() {
	sum(make([]int, n))
	sum(make([]string, n))
	all(make([]int8, n), func(b []int8) { k += len(b) })
	pair[int, string](n)
	(&table[int]{n}).rows()
}

func sum[T any](src []T) {
	stackalloc.Copy(src, func(b []T) { k += len(b) })
}

func all[T any](src []T, f func([]T)) {
	stackalloc.Copy(src, f)
}

func pair[A, B any](n int) {
	stackalloc.Do(n, func(a []A) {
		stackalloc.Uninit(n, func(b []A) { k += len(a) + len(b) })
		for c := range stackalloc.Scope[B](n) {
			k += len(c)
		}
	})
}

type table[T any] struct{ n int }

func (t *table[T]) rows() {
	for b := range stackalloc.Scope[T](t.n) {
		k += len(b)
	}
	stackalloc.Do(t.n, func(b []T) { k += len(b) })
}

func functions() {
	known(n, func(b []int) { k += len(b) })
	given(n, func(b []int) { keep = b })
	f := func(b []int) { k += len(b) }
	stackalloc.Do(n, f)
	if n > 3 {
		f = func(b []int) { keep = b }
	}
	stackalloc.Do(n, f)
	defer stackalloc.Do(n, func(b []int) { k += len(b) })
	func() { stackalloc.Uninit(n, func(b []int) { k += len(b) }) }()
}

func known(n int, f func([]int)) { stackalloc.Do(n+1, f) }

func given(n int, f func([]int)) { stackalloc.Do(n+2, f) }

func nested() {
	stackalloc.Do(n, func(a []int) {
		stackalloc.Fill(n, 2, func(b []int) { k += len(a) + len(b) })
		stackalloc.Uninit(n, func(b []int) { keep = b })
	})
	for a := range stackalloc.Scope[int](n) {
		for b := range stackalloc.Scope[byte](n) {
			k += len(a) + len(b)
		}
	}
}

func fills() {
	stackalloc.Init(n, func(i int) int { return i }, func(b []int) { k += len(b) })
	stackalloc.Collect(n, slices.Values([]int{1}), func(b []int) { k += len(b) })
	stackalloc.Aligned(n, 64, func(b []int) { k += len(b) })
	k += stackalloc.Call(n, func(b []int) int { return len(b) })
	if stackalloc.Bounded(n, 1000, func(b []int) { keep = b }) != nil {
		k++
	}
}
`

// whereMade has, by the line of a loop over an iterator that is made elsewhere, that place,
// and by the end of a function the call that it defers.
var whereMade = map[string]string{"31": "30", "34": "47", "50": "37", "57": "38", "107": "105"}

// In each build, a line takes blocks from the heap if, and only if, check calls a call on it
// unproven.
func TestBuildsTellWhatTheyCount(t *testing.T) {
	if brief() {
		t.Skip("builds the standard library with sanitizers")
	}
	dir := scratchModule(t, map[string]string{"main.go": several})
	for flag, cc := range map[string]string{"": "", "-race": "gcc", "-msan": "clang", "-asan": "gcc", "-gcflags=all=-d=checkptr=2": "", "-gcflags=-l": "", "-gcflags=-N": "", "-gcflags=-N -l": ""} {
		t.Run(flag, func(t *testing.T) {
			var env []string
			if cc != "" {
				if _, err := exec.LookPath(cc); err != nil || !haveCgo(t) {
					t.Skip("needs cgo and ", cc)
				}
				env = []string{"CC=" + cc}
			}
			args := []string{"."}
			if flag != "" {
				args = []string{flag, "."}
			}
			cmd := exec.Command("go", append([]string{"run"}, args...)...)
			cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
			out, err := cmd.CombinedOutput()
			if err != nil && cc != "" {
				t.Skipf("no program runs with %s here: %v: %.500s", flag, err, out)
			}
			require.NoError(t, err, "%s", out)
			took := map[string]bool{}
			for _, line := range strings.Fields(string(out)) {
				if at := whereMade[line]; at != "" {
					line = at
				}
				took[line] = true
			}
			d := checkJSON(t, 1, dir, env, args...)
			unproven, why := map[string]bool{}, ""
			for _, c := range d.Calls {
				if c.Verdict == "unproven" && !strings.Contains(c.Func, "(") { // not of a function around it
					unproven[strconv.Itoa(c.Line)] = true
				}
				why += fmt.Sprintf("%d %s\n", c.Line, c)
			}
			require.Equal(t, took, unproven, "%s", why)
		})
	}
}
