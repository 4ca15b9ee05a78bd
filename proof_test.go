package stackalloc_test

import (
	"fmt"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// calls has a call of every public function that needs a proof.
var calls = map[string]string{
	"Do":      `stackalloc.Do(n, func(s []byte) { s[0] = 1 })`,
	"Uninit":  `stackalloc.Uninit(n, func(s []byte) { s[0] = 1 })`,
	"Fill":    `stackalloc.Fill(n, 1, func(s []byte) { s[0] = 1 })`,
	"Init":    `stackalloc.Init(n, func(i int) byte { return 1 }, func(s []byte) { s[0] = 1 })`,
	"Collect": `stackalloc.Collect(n, func(yield func(byte) bool) { yield(1) }, func(s []byte) { s[0] = 1 })`,
	"Copy":    `stackalloc.Copy(src, func(s []byte) { s[0] = 1 })`,
	"Call":    `_ = stackalloc.Call(n, func(s []byte) int { return len(s) })`,
	"Call2":   `_, _ = stackalloc.Call2(n, func(s []byte) (int, int) { return len(s), 1 })`,
	"Scope":   `for s := range stackalloc.Scope[byte](n) { s[0] = 1 }`,
	"Aligned": `stackalloc.Aligned(n, 64, func(s []byte) { s[0] = 1 })`,
	"Bounded": `_ = stackalloc.Bounded(n, 9, func(s []byte) { s[0] = 1 })`,
	"Closing": `_ = stackalloc.Closing(n, func(i int) (c closer, err error) { return }, func(s []closer) error { return nil })`,
}

// The largest cost to the inliner of a function that does nothing but call ours,
// of a budget of 80, so that people can wrap calls in helpers of their own. Most
// are far below, and leave room for three more levels.
const maxWrapperCost = 56

func TestEveryFunctionIsInlinedAndCheapToWrap(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the compiler")
	}
	var src strings.Builder
	src.WriteString("package user\n\nimport \"github.com/stackalloc/stackalloc\"\n\n" +
		"type closer int\n\nfunc (closer) Close() error { return nil }\n\nvar src = make([]byte, 99)\n")
	for name, call := range calls {
		fmt.Fprintf(&src, "\nfunc use%s(n int) { %s }\n", name, call)
	}
	src.WriteString(`
func wrapDo(n int, f func([]byte))                               { stackalloc.Do(n, f) }
func wrapUninit(n int, f func([]byte))                           { stackalloc.Uninit(n, f) }
func wrapFill(n int, f func([]byte))                             { stackalloc.Fill(n, 1, f) }
func wrapInit(n int, i func(int) byte, f func([]byte))           { stackalloc.Init(n, i, f) }
func wrapCollect(n int, q func(func(byte) bool), f func([]byte)) { stackalloc.Collect(n, q, f) }
func wrapCopy(f func([]byte))                                    { stackalloc.Copy(src, f) }
func wrapCall(n int, f func([]byte) int) int                     { return stackalloc.Call(n, f) }
func wrapCall2(n int, f func([]byte) (int, int)) (int, int)      { return stackalloc.Call2(n, f) }
func wrapAligned(n int, f func([]byte))                          { stackalloc.Aligned(n, 64, f) }
func wrapBounded(n int, f func([]byte)) error                    { return stackalloc.Bounded(n, 9, f) }
`)
	// A callback that is as large as one can be that is inlined, into a body that has a
	// limit too.
	const large = `func(s []item) { touch(s); s[0][0] += 1 + s[2][0] + s[0][1] }`
	src.WriteString("\ntype item [12]byte\n\n//go:noinline\nfunc touch(s []item) { s[0][1], s[len(s)-1][1] = 1, 2 }\n\nvar items = make([]item, 99)\n")
	for name, call := range map[string]string{"Do": "(n, ", "Uninit": "(n, ", "Bounded": "(n, 9, ", "Fill": "(n, item{}, ", "Copy": "(items, ", "Aligned": "(n, 64, ",
		"Init": "(n, func(int) item { return item{} }, "} {
		fmt.Fprintf(&src, "\nfunc large%s(n int) { stackalloc.%s%s%s) }\n", name, name, call, large)
	}
	dir := module(t, map[string]string{"user.go": src.String()})
	out := goCommand(t, dir, "build", "-gcflags=-m=2", ".")
	for name := range calls {
		assert.True(t, regexp.MustCompile(`inlining call to stackalloc\.`+name+`\[`).MatchString(out), "%s is not inlined", name)
		// What escapes elsewhere is the copy of a wrapper or a closure that
		// stands for itself, with an unknown callback.
		assert.False(t, strings.Contains(out, "probe escapes to heap in use"+name+":"), "%s is not proven", name)
	}
	for _, name := range []string{"Do", "Uninit", "Bounded", "Fill", "Copy", "Aligned", "Init"} {
		assert.Regexp(t, `can inline large`+name+`\.func\d with cost (79|80)\b`, out)
		assert.NotRegexp(t, `cannot inline large`+name+`\.`+name+`\[.*too complex`, out)
		assert.NotContains(t, out, "probe escapes to heap in large"+name+":")
	}
	costs := map[string]int{}
	for _, m := range regexp.MustCompile(`can inline wrap(\w+) with cost (\d+)`).FindAllStringSubmatch(out, -1) {
		cost, err := strconv.Atoi(m[2])
		require.NoError(t, err)
		costs[m[1]] = cost
		assert.LessOrEqual(t, cost, maxWrapperCost, m[1])
	}
	assert.Len(t, costs, len(calls)-2, "every function but Scope and Closing has an inlinable wrapper: %v", costs)
	t.Log(costs)
}

// A helper in another package is inlined into a package that does not itself
// import ours, and for whose compilation the bodies of our generic functions are
// not at hand.
func TestWrapperInAnotherPackageKeepsTheProof(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the compiler")
	}
	var wrappers, uses strings.Builder
	for name, w := range map[string][3]string{
		"Do":      {"n int, f func([]byte)", "stackalloc.Do(n, f)", "n, func(s []byte) { k += len(s) }"},
		"Uninit":  {"n int, f func([]string)", "stackalloc.Uninit(n, f)", "n, func(s []string) { k += len(s) }"},
		"Fill":    {"n int, f func([]byte)", "stackalloc.Fill(n, 1, f)", "n, func(s []byte) { k += len(s) }"},
		"Init":    {"n int, i func(int) byte, f func([]byte)", "stackalloc.Init(n, i, f)", "n, func(i int) byte { return 1 }, func(s []byte) { k += len(s) }"},
		"Collect": {"n int, q iter.Seq[byte], f func([]byte)", "stackalloc.Collect(n, q, f)", "n, func(yield func(byte) bool) { yield(1) }, func(s []byte) { k += len(s) }"},
		"Copy":    {"b []byte, f func([]byte)", "stackalloc.Copy(b, f)", "b, func(s []byte) { k += len(s) }"},
		"Aligned": {"n int, f func([]byte)", "stackalloc.Aligned(n, 64, f)", "n, func(s []byte) { k += len(s) }"},
		"Bounded": {"n int, f func([]byte)", "_ = stackalloc.Bounded(n, 999, f)", "n, func(s []byte) { k += len(s) }"},
		"Call":    {"n int, f func([]byte) int", "_ = stackalloc.Call(n, f)", "n, func(s []byte) int { k += len(s); return k }"},
		"Call2":   {"n int, f func([]byte) (int, int)", "_, _ = stackalloc.Call2(n, f)", "n, func(s []byte) (int, int) { k += len(s); return k, k }"},
		"Two":     {"n int, f func([]byte)", "stackalloc.Do(n, func(s []byte) { f(s) })", "n, func(s []byte) { k += len(s) }"},
	} {
		fmt.Fprintf(&wrappers, "func %s(%s) { %s }\n", name, w[0], w[1])
		fmt.Fprintf(&uses, "	report(%q, func(n, k int, b []byte) { helper.%s(%s) })\n", name, name, w[2])
	}
	dir := module(t, map[string]string{
		"helper/helper.go": "package helper\n\nimport (\n\t\"iter\"\n\n\t\"github.com/stackalloc/stackalloc\"\n)\n\n" + wrappers.String(),
		"main.go": `package main

import (
	"fmt"
	"testing"

	"example.com/user/helper"
)

var sizes = []int{5, 100, 600}

func report(name string, f func(n, k int, b []byte)) {
	for _, n := range sizes {
		b := make([]byte, n)
		if a := testing.AllocsPerRun(100, func() { f(n, 0, b) }); a > 0 {
			fmt.Println(name, n, a)
		}
	}
}

func main() {
` + uses.String() + "}\n",
	})
	assert.Empty(t, goCommand(t, dir, "run", "."), "allocations of a wrapper, by length")
}

// Which calls written directly in a benchmark's loop are proven, as the package
// comment tells.
func TestCallsInTheLoopOfABenchmark(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the compiler")
	}
	calls := map[string]struct {
		body   string
		proven bool
	}{
		"Do":             {`for b.Loop() { stackalloc.Do(n, func(s []byte) { s[0]++ }) }`, false},
		"Do under an if": {`for b.Loop() { if n > 0 { stackalloc.Do(n, func(s []byte) { s[0]++ }) } }`, false},
		"Scope":          {`for b.Loop() { for s := range stackalloc.Scope[byte](n) { s[0]++ } }`, false},
		"Call":           {`for b.Loop() { stackalloc.Call(n, func(s []byte) int { return len(s) }) }`, !go125},
		"Call, assigned": {`for b.Loop() { n = stackalloc.Call(n, func(s []byte) int { return len(s) }) }`, !go125},
		"Bounded":        {`for b.Loop() { _ = stackalloc.Bounded(n, n, func(s []byte) { s[0]++ }) }`, !go125},
		"in a function":  {`for b.Loop() { func() { stackalloc.Do(n, func(s []byte) { s[0]++ }) }() }`, true},
		"range b.N":      {`for range b.N { stackalloc.Do(n, func(s []byte) { s[0]++ }) }`, true},
	}
	var src strings.Builder
	src.WriteString("package user\n\nimport (\n\t\"fmt\"\n\t\"testing\"\n\n\t\"github.com/stackalloc/stackalloc\"\n)\n\nvar n = 300\n\nfunc TestAll(t *testing.T) {\n")
	for name, call := range calls {
		fmt.Fprintf(&src, "\treport(%q, func(b *testing.B) { %s })\n", name, call.body)
	}
	src.WriteString(`}

func report(name string, f func(b *testing.B)) {
	before := stackalloc.ReadStats().Heap
	testing.Benchmark(f)
	fmt.Printf("%s: %v\n", name, stackalloc.ReadStats().Heap-before < 50)
}
`)
	dir := module(t, map[string]string{"user_test.go": src.String()})
	out := goCommand(t, dir, "test", "-benchtime=100x", "-v", ".")
	for name, call := range calls {
		assert.Contains(t, out, fmt.Sprintf("%s: %v\n", name, call.proven))
	}
}

// go125 tells that this is Go 1.25.
var go125 = strings.HasPrefix(runtime.Version(), "go1.25")
