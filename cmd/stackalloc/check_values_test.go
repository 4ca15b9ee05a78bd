package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A function value is judged where it is called, if the compiler knows it there; of itself
// nothing is left then.
func TestFunctionValuesOnLinesOfTheirOwn(t *testing.T) {
	dir := scratchModule(t, map[string]string{"main.go": `package main

import (
	"fmt"

	"github.com/stackalloc/stackalloc"
)

var n, keep = 300, []int(nil)

func main() {
	stackalloc.TraceHeap(true)
	for _, f := range []func(){a, b, c, d, e, g, h} {
		f()
	}
	for _, s := range stackalloc.HeapSites() {
		fmt.Print(s.Line, " ")
	}
}

func a() {
	h := stackalloc.Do[int]
	h(n, func(b []int) { b[0] = 1 })
}

func b() {
	h := stackalloc.Do[int]
	h(n, func(b []int) { b[0] = 1 })
	h(n, func(b []int) { keep = b })
}

func c() {
	_ = stackalloc.Do[int]
}

var known, sink = stackalloc.Uninit[int], any(nil)

func d() { known(n, func(b []int) { b[0] = 1 }) }

func e() { sink = stackalloc.Do[int] }

func g() {
	h := stackalloc.Do[byte]
	sink = h
	unused, called := stackalloc.Do[int], stackalloc.Do[int]
	called(n, func(b []int) { b[0] = 1 })
	_ = unused
}

func h() {
	h := stackalloc.Do[int]
	if n < 3 {
		h = func(int, func([]int)) {}
	}
	h(n, func(b []int) { b[0] = 1 })
}
`})
	d := checkJSON(t, 1, dir, nil, ".")
	got := ""
	for _, c := range d.Calls {
		got += fmt.Sprintf("%d %s, ", c.Line, c.Verdict)
	}
	require.Equal(t, "22 unjudged, 23 proven, 27 unjudged, 28 proven, 29 unproven, 33 unjudged, 36 unproven, 40 unproven, 43 unproven, 45 unjudged, 45 unjudged, 46 proven, 51 unproven, ", got)
	out := output(t, dir, "go", "run", ".")
	require.ElementsMatch(t, []string{"29", "38", "55"}, strings.Fields(out))
}

// Of several uses as a value in one function that have the same type arguments, those are
// unproven whose value gets to a call which the compiler does not know; also where it loads
// the value once for several of them.
func TestFunctionValuesInOneFunction(t *testing.T) {
	dir := scratchModule(t, map[string]string{"main.go": `package main

import (
	"fmt"

	"github.com/stackalloc/stackalloc"
)

var n, keep = 300, []int(nil)
const debug = false

var sink, sink2 any

func main() {
	stackalloc.TraceHeap(true)
	a()
	b()
	c()
	d()
	e()
	for _, s := range stackalloc.HeapSites() {
		fmt.Print(s.Line, " ")
	}
}

func apply(f func(int, func([]int)), n int) { f(n, func(b []int) { b[0] = 1 }) }

//go:noinline
func far(f func(int, func([]int)), n int) { f(n, func(b []int) { b[0] = 1 }) }

func a() {
	apply(stackalloc.Do[int], n)
	sink = stackalloc.Do[int]
}

func b() {
	sink = stackalloc.Do[int]
	sink2 = stackalloc.Do[int]
	if debug {
		sink = stackalloc.Do[int]
	}
}

func c() {
	f := stackalloc.Do[int]
	f(n, func(b []int) { b[0] = 1 })
	g := stackalloc.Do[int]
	far(g, n)
	apply(f, n)
	for range 2 {
		h := stackalloc.Do[int]
		apply(h, n)
	}
}

func d() {
	far(stackalloc.Do[int], n)
	far(stackalloc.Do[int], n+1)
	apply(stackalloc.Do[int], n)
}

func e() {
	apply(stackalloc.Do[int], n)
	func() { sink = stackalloc.Do[int] }()
	func() { apply(stackalloc.Do[int], n) }()
}
`})
	verdicts := func(args ...string) (got string) {
		d := checkJSON(t, 1, dir, nil, append(args, ".")...)
		for _, c := range d.Calls {
			got += fmt.Sprintf("%d %s, ", c.Line, c.Verdict)
		}
		return got
	}
	require.Equal(t, "26 proven, 32 unjudged, 33 unproven, 37 unproven, 38 unproven, 40 unjudged, 45 unjudged, 46 proven, 47 unproven, 51 unjudged, 57 unproven, 58 unproven, 59 unjudged, 63 unjudged, 64 unproven, 65 unjudged, ", verdicts())
	// Where nothing is inlined, each value gets to such a call.
	require.NotContains(t, strings.ReplaceAll(verdicts("-gcflags=-l"), "40 unjudged", ""), "unjudged")
	require.Equal(t, "29", strings.TrimSpace(output(t, dir, "go", "run", ".")))
}

// A constant length of zero, of elements that are larger than a small block, leaves a make of
// no elements. What it has is the address of all objects without a size, as of a probe that
// is on the heap; the compiler's log tells the two apart.
func TestNoElements(t *testing.T) {
	const big = "var src [2][4096]int; k := 0; _, _ = src, k; "
	checkStatements(t, []statement{
		{big + "stackalloc.Copy(src[:0], func(b [][4096]int) { k += len(b) })", []string{"proven"}},
		{big + "stackalloc.Copy(src[:1], func(b [][4096]int) { k += len(b) })", []string{"proven"}},
		{big + "stackalloc.Do(0, func(b [][4096]int) { k += len(b) })", []string{"proven"}},
		{big + "for b := range stackalloc.Scope[[4096]int](0) { k += len(b) }", []string{"proven"}},
		{big + "k = stackalloc.Call(0, func(b [][4096]int) int { return len(b) })", []string{"proven"}},
	}, nil)
	// Nothing counts a block of no size that is kept.
	d := checkJSON(t, anyStatus, scratchModule(t, map[string]string{"a.go": "package a\n\nimport \"github.com/stackalloc/stackalloc\"\n\nvar keep [][4096]int\n\nvar none [][0]int\n\n" +
		"func F(src [2][4096]int) { stackalloc.Copy(src[:0], func(b [][4096]int) { keep = b }) }\n\n" +
		"func G(n int) { stackalloc.Do(n, func(b [][0]int) { none = b }) }\n"}), nil, ".")
	require.Regexp(t, "^"+stored, d.Calls[0].String())
	require.Regexp(t, "^unproven: stored in the package variable none", d.Calls[1].String())
}

// An iterator that is not known may keep the function that it is called with, and the slice
// in that.
func TestUnknownIterator(t *testing.T) {
	const unknown = "unproven: the iterator is not known here: .* slices.Values"
	checkStatements(t, []statement{
		{"k := 0; stackalloc.Collect(n, values, func(b []int) { k += len(b) })", []string{unknown}},
		{"stackalloc.Collect(n, values, leak)", []string{stored}},
		{"k := 0; stackalloc.Collect(n, slices.Values([]int{1}), func(b []int) { k += len(b) })", []string{"proven"}},
		{"k := 0; s := slices.Values([]int{1}); stackalloc.Collect(n, s, func(b []int) { k += len(b) })", []string{"proven"}},
		{"k := 0; collect(values, func(b []int) { k += len(b) })", []string{unknown}},
		{"k := 0; collect(slices.Values([]int{1}), func(b []int) { k += len(b) })", []string{"proven"}},
	}, map[string]string{"more.go": "package main\n\nimport (\n\t\"iter\"\n\t\"slices\"\n\n\t\"github.com/stackalloc/stackalloc\"\n)\n\nvar values = slices.Values([]int{1})\n\n" +
		"func collect(s iter.Seq[int], f func([]int)) { stackalloc.Collect(n, s, f) }\n"})
}

// Calls in parentheses begin where the source has them, with coverage too.
func TestCallsInParentheses(t *testing.T) {
	dir := scratchModule(t, map[string]string{"a.go": `package a

import "github.com/stackalloc/stackalloc"

var keep []int

func F(n int) (k int) {
	(stackalloc.Do[int])(n, func(b []int) { keep = b })
	k = 1 + ((stackalloc.Call[int, int]))(n, func(b []int) int { k++; return 1 })
	for b := range (stackalloc.Scope[int])(n) { k += len(b) }
	(func() { stackalloc.Do(n, func(b []int) { keep = b }) })()
	if n > 3 && (stackalloc.Call(n, func(b []int) int { return 1 })) > 2 { k++ }
	(with)(n, func(b []int) { keep = b })
	return k
}

func with(n int, f func([]int)) { (stackalloc.Do[int])(n, f) }
`})
	var want string
	for _, flags := range [][]string{{"."}, {"-cover", "."}, {"-trimpath", "."}} {
		d := checkJSON(t, 1, dir, nil, flags...)
		got := ""
		for _, c := range d.Calls {
			got += fmt.Sprintf("%d:%d %s\n", c.Line, c.Col, c)
		}
		if want == "" {
			want = got
			require.Contains(t, got, "8:2 "+stored)
			require.Contains(t, got, "9:10 proven")
			require.Contains(t, got, "10:17 proven")
		}
		require.Equal(t, want, got, "%v", flags)
	}
}

// Files on the command line are one package, with its tests where one of these is named, as
// for go vet.
func TestNamedFiles(t *testing.T) {
	t.Parallel()
	const head = "import (\n\t\"testing\"\n\n\t\"github.com/stackalloc/stackalloc\"\n)\n\nvar keep []int\n\n"
	const leak = "(t *testing.T) { stackalloc.Do(300, func(b []int) { keep = b }) }\n"
	dir := scratchModule(t, map[string]string{
		"a.go":      "package a\n\nimport \"github.com/stackalloc/stackalloc\"\n\nfunc F(n int) { stackalloc.Do(n, func(b []int) { b[0] = 1 }) }\n",
		"x_test.go": "package a\n\n" + head + "func TestX" + leak,
		"y_test.go": "package a_test\n\n" + head + "func TestY" + leak,
	})
	for args, want := range map[string]string{
		"a.go":                               "a.go proven ",
		"x_test.go":                          "x_test.go unproven ",
		"a.go x_test.go":                     "a.go proven x_test.go unproven ",
		"y_test.go":                          "y_test.go unproven ",
		"a.go x_test.go y_test.go":           "a.go proven x_test.go unproven y_test.go unproven ",
		"-test y_test.go":                    "y_test.go unproven ",
		"-trimpath a.go x_test.go y_test.go": "a.go proven x_test.go unproven y_test.go unproven ",
		"-cover a.go x_test.go":              "a.go proven x_test.go unproven ",
		filepath.Join(dir, "x_test.go"):      "x_test.go unproven ",
	} {
		status := 0
		if strings.Contains(want, "unproven") {
			status = 1
		}
		d := checkJSON(t, status, dir, nil, append([]string{"-strict"}, strings.Fields(args)...)...)
		got := ""
		for _, c := range d.Calls {
			got += c.File + " " + c.Verdict + " "
			if c.Verdict == "unproven" {
				require.Regexp(t, "^"+stored, c.String(), args)
			}
		}
		require.Equal(t, want, got, args)
		require.Zero(t, d.Warnings, args)
	}
	for _, args := range []string{"none.go", "a.go ../b.go", "a.go .", "none_test.go"} {
		stdout, stderr := invoke(t, 2, dir, nil, append([]string{"check"}, strings.Fields(args)...)...)
		require.Empty(t, stdout)
		require.NotEmpty(t, stderr)
	}
}

// Names of packages and functions that look like those that the compiler gives literals
// change no verdict.
func TestNamesAsThoseOfLiterals(t *testing.T) {
	t.Parallel()
	const text = "package p\n\nimport (\n\t\"iter\"\n\n\t\"github.com/stackalloc/stackalloc\"\n)\n\nvar Keep []int\n\n" +
		"func Leak(n int) { stackalloc.Do(n, func(b []int) { Keep = b }) }\n\n" +
		"func Clean(n int) { stackalloc.Do(n, func(b []int) { b[0] = 1 }) }\n\n" +
		"func Use(n int) {\n\tfor b := range range1(n) {\n\t\tKeep = b\n\t}\n\tfunc1(n, func(b []int) { b[0] = 1 })\n}\n\n" +
		"func range1(n int) iter.Seq[[]int] { return stackalloc.Scope[int](n) }\n\n" +
		"func func1(n int, f func([]int)) { stackalloc.Do(n, f) }\n"
	want := map[string]string{}
	files := map[string]string{}
	for _, dir := range []string{"2024", "day/01", "func1", "my-range1"} {
		files[dir+"/a.go"] = text
		for place, verdict := range map[string]string{
			"11:20": "unproven", "13:21": "proven", // the calls of Leak and Clean
			"16:23": "unproven", "19:7": "proven", // what Use calls
			"22:45": "unproven", "24:36": "proven",
		} {
			want[dir+"/a.go:"+place] = verdict
		}
	}
	got := map[string]string{}
	for _, c := range checkJSON(t, 1, scratchModule(t, files), nil, "./...").Calls {
		got[fmt.Sprintf("%s:%d:%d", c.File, c.Line, c.Col)] = c.Verdict
	}
	require.Equal(t, want, got)
}

// Tags in the type of the elements change no verdict.
func TestElementsWithTags(t *testing.T) {
	t.Parallel()
	var list []statement
	for _, tag := range []string{"]", "[", "#"} {
		elem := "struct{ X int `a:\"" + tag + "\"` }"
		list = append(list,
			statement{"stackalloc.Do(n, func(b []" + elem + ") { b[0].X = 1 })", []string{"proven"}},
			statement{"stackalloc.Do(n, func(b []" + elem + ") { kept = b })", []string{"unproven: converted to an interface value"}},
			statement{"for b := range stackalloc.Scope[" + elem + "](n) { kept = b }", []string{"unproven: converted to an interface value"}},
		)
	}
	checkStatements(t, list, map[string]string{"kept.go": "package main\n\nvar kept any\n"})
}
