package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A statement is code of one line, with what check must say of each call on it, in the
// order of their places: a regular expression from the beginning of the verdict.
type statement struct {
	code string
	want []string
}

// program is a main program that runs statements with
//
//	n, small = 300, 2
//
// and prints the lines whose calls took blocks from the heap.
const program = `package main

import (
	"fmt"
	"iter"
	"slices"

	"github.com/stackalloc/stackalloc"
)

var n, small, keep = 300, 2, []int(nil)

func main() {
	stackalloc.TraceHeap(true)
	for _, f := range calls {
		f()
	}
	for _, s := range stackalloc.HeapSites() {
		fmt.Printf("%s:%d\n", s.File, s.Line)
	}
	_ = slices.Values(keep)
}

func with(n int, f func([]int)) { stackalloc.Do(n, f) }

func leak(b []int) { keep = b }

func made(n int) iter.Seq[[]int] { return stackalloc.Scope[int](n) }

func again(n int) iter.Seq[[]int] { s := made(n); return s }

func held(n int) iter.Seq[[]int] { return stackalloc.Scope[int](n) }

func each(s iter.Seq[[]int]) { for b := range s { b[0] = 1 } }

//go:noinline
func far(s iter.Seq[[]int]) { for b := range s { b[0] = 1 } }

var seq iter.Seq[[]int]

var calls = []func(){
`

// checkStatements writes a module with a program of the statements, and more files, and
// compares the verdicts with those that are wanted, and with what the program counts: a
// line takes blocks from the heap if, and only if, a call of the library on it is unproven.
func checkStatements(t *testing.T, statements []statement, more map[string]string, build ...string) {
	t.Helper()
	text := program
	from := strings.Count(text, "\n") + 1
	for _, s := range statements {
		text += "\tfunc() { " + s.code + " },\n"
	}
	files := map[string]string{"main.go": text + "}\n"}
	for name, text := range more {
		files[name] = text
	}
	dir := scratchModule(t, files)
	d := checkJSON(t, anyStatus, dir, nil, append(build, ".")...)
	got := map[int][]*call{}
	unproven := map[int]bool{}
	for _, c := range d.Calls {
		if filepath.Base(c.File) == "main.go" {
			got[c.Line] = append(got[c.Line], c)
			if c.Verdict == "unproven" && (strings.HasPrefix(c.Func, "stackalloc.") || strings.HasSuffix(c.Func, " (stackalloc.Scope)")) {
				unproven[c.Line] = true
			}
			at := strings.Split(text, "\n")[c.Line-1][c.Col-1:]
			require.True(t, strings.HasPrefix(at, c.Func) || strings.Contains(c.Func, " (") && at[0] == '(', "%d:%d: %s", c.Line, c.Col, c.Func)
		}
	}
	for i, s := range statements {
		list := got[from+i]
		if !slicesMatch(list, s.want) {
			t.Errorf("%v: %s\n\twant %q\n\tgot %v", build, s.code, s.want, list)
		}
	}
	cmd := exec.Command("go", append(append([]string{"run"}, build...), ".")...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	for i, s := range statements {
		if strings.Contains(s.code, "far(") {
			continue // the line in far is what takes the block
		}
		took := strings.Contains(string(out), fmt.Sprintf("main.go:%d\n", from+i))
		if took != unproven[from+i] {
			t.Errorf("%v: %s\n\ttook blocks from the heap: %v", build, s.code, took)
		}
	}
}

func slicesMatch(list []*call, want []string) bool {
	if len(list) != len(want) {
		return false
	}
	for i, w := range want {
		if !regexp.MustCompile("^" + w).MatchString(list[i].String()) {
			return false
		}
	}
	return true
}

const stored = "unproven: stored in the package variable keep"

// Of several calls on a line, each has its own verdict, those that are in each other's
// callbacks included.
var onOneLine = []statement{
	{"stackalloc.Do(small, func(a []int) { stackalloc.Do(n, func(b []int) { a[0] = b[0] }) })", []string{"proven", "unproven: .* small blocks"}},
	{"stackalloc.Do(small, func(a []int) { a[0] = 1 }); stackalloc.Do(small, func(a []int) { stackalloc.Do(n, func(b []int) { a[0] = b[0] }) })", []string{"proven", "proven", "unproven: .* small blocks"}},
	// A callback with two calls of Do in it is too large to be inlined in the path for small blocks, which is what loses the proof.
	{"stackalloc.Do(small, func(a []int) { stackalloc.Do(n, func(b []int) { b[0] = 1 }); stackalloc.Do(n, func(b []int) { a[0] = b[0] }) })", []string{"proven", "proven", "proven"}},
	{"stackalloc.Do(small, func(a []int) { stackalloc.Do(n, func(b []int) { keep = a; b[0] = 1 }) })", []string{stored, "unproven: .* small blocks"}},
	{"stackalloc.Do(small, func(a []int) { a[0] = stackalloc.Call(n, func(b []int) int { return b[0] }) })", []string{"proven", "proven"}},
	{"stackalloc.Do(n, func(b []int) { b[0] = 1 }); stackalloc.Do(n, func(b []int) { keep = b })", []string{"proven", stored}},
	{"if n > 7 { stackalloc.Do(n, leak) } else { stackalloc.Do(n, func(b []int) { b[0] = 1 }) }", []string{stored, "proven"}},
	{"defer stackalloc.Do(n, func(b []int) { b[0] = 1 }); defer stackalloc.Do(n, leak)", []string{"proven", stored}},
	{"for a := range stackalloc.Scope[int](n) { a[0] = 1 }; for b := range stackalloc.Scope[int](n) { keep = b }", []string{"proven", stored}},
	{"with(n, func(b []int) { b[0] = 1 }); stackalloc.Do(n, leak)", []string{"proven", stored}},
}

func TestSeveralCallsOnALine(t *testing.T) { checkStatements(t, onOneLine, nil) }

// The same beyond the columns that the compiler prints; where it makes other code there,
// for it does not tell the calls apart, that is said.
func TestWideLines(t *testing.T) {
	wide := "/*" + strings.Repeat("x", 300) + "*/ "
	list := []statement{
		{"for b := range stackalloc.Scope[int](n) { b[0] = 1 }", []string{"proven"}},
		{"for b := range stackalloc.Scope[int](n) { keep = b }", []string{stored}},
		{"func() { stackalloc.Do(n, func(b []int) { b[0] = 1 }) }()", []string{"unproven: the line is wider than the 254 columns"}},
		{"func() { stackalloc.Do(n, func(b []int) { b[0] = 1 }) }(); func() { stackalloc.Do(n, func(b []int) { keep = b }) }()", []string{"unproven: the line is wider", stored}},
		{"if false { stackalloc.Do(n, func(b []int) { b[0] = 1 }) }; stackalloc.Do(n, leak)", []string{"unjudged", stored}},
		{"with(n, func(b []int) { b[0] = 1 })", []string{"proven"}},
		{"k := len(\"" + strings.Repeat("y", 300) + "\") + stackalloc.Call(n, func(b []int) int { return b[0] }) + stackalloc.Call(n, func(b []int) int { keep = b; return 1 }); _ = k", []string{"proven", stored}},
	}
	for i, s := range append(list, onOneLine...) {
		if i < len(list) {
			list[i].code = wide + s.code
			continue
		}
		if strings.Contains(s.code, "a[0] = stackalloc.Call") {
			s.want = []string{"proven", "unproven: the line is wider"}
		}
		list = append(list, statement{wide + s.code, s.want})
	}
	checkStatements(t, list, nil)
}

// A comment that accepts is about its line, however that is compiled.
func TestAcceptedOnAWideLine(t *testing.T) {
	wide := "/*" + strings.Repeat("x", 300) + "*/ "
	dir := scratchModule(t, map[string]string{"a.go": "package a\n\nimport \"github.com/stackalloc/stackalloc\"\n\nvar keep []byte\n\nfunc F(n int) {\n\t" +
		wide + "stackalloc.Do(n, func(b []byte) { keep = b }); stackalloc.Do(n, func(b []byte) { keep = b }) // stackalloc:heap\n\t// stackalloc:heap\n\t" +
		wide + "stackalloc.Do(n, func(b []byte) { keep = b })\n\tstackalloc.Do(n, func(b []byte) {}) // stackalloc:heap\n}\n"})
	d := checkJSON(t, 0, dir, nil, ".")
	require.Equal(t, 3, d.Accepted)
	require.Equal(t, 1, d.Warnings)
	require.Equal(t, 11, d.Notes[0].Line)
}

// Without optimisation, a parameter of the library that is named as the probe is kept in
// the frame, and is no probe.
func TestWithoutOptimisationButInlined(t *testing.T) {
	checkStatements(t, []statement{
		{"stackalloc.Do(n, func(b []int) { keep = b })", []string{stored}},
		{"stackalloc.Do(n, func(b []int) { b[0] = 1 })", []string{"proven"}},
		{"stackalloc.Copy(make([]int, n), leak)", []string{stored}},
		{"stackalloc.Call(n, func(b []int) int { keep = b; return 1 })", []string{stored}},
		{"for b := range stackalloc.Scope[int](n) { keep = b }", []string{stored}},
		{"for b := range stackalloc.Scope[int](n) { b[0] = 1 }", []string{"proven"}},
	}, nil, "-gcflags=-N")
}

// A function that assembly calls has code of its own that runs, though all calls in Go are
// inlined.
func TestCalledFromAssembly(t *testing.T) {
	const head = "package asm\n\nimport \"github.com/stackalloc/stackalloc\"\n\nvar Keep []int\n\n"
	files := map[string]string{
		"asm/a.go": head + "func with(n int, f func([]int)) { stackalloc.Do(n, f) }\n\n" +
			"func inlined(n int, f func([]int)) { stackalloc.Do(n, f) }\n\n" +
			"func Run(n int) {\n\twith(n, func(b []int) { b[0] = 1 })\n\tinlined(n, func(b []int) { b[0] = 1 })\n\tviaAssembly(n, func(b []int) { Keep = b })\n}\n\nfunc viaAssembly(n int, f func([]int))\n",
		"asm/a_amd64.s": "#include \"textflag.h\"\n#include \"funcdata.h\"\n\nTEXT ·viaAssembly(SB), 0, $16-16\n\tNO_LOCAL_POINTERS\n\tMOVQ n+0(FP), AX\n\tMOVQ f+8(FP), BX\n\tMOVQ AX, 0(SP)\n\tMOVQ BX, 8(SP)\n\tCALL ·with(SB)\n\tRET\n",
	}
	d := checkJSON(t, 1, scratchModule(t, files), []string{"GOARCH=amd64", "CGO_ENABLED=0"}, "./asm")
	require.Regexp(t, "^unproven: the callback is not known here", d.Calls[0].String())
	require.Equal(t, "proven", d.Calls[1].String())
}

// The call in a function whose only use is accepted is unproven, and accepted with it.
func TestAcceptedWhereItIsUsed(t *testing.T) {
	dir := scratchModule(t, map[string]string{"a.go": "package a\n\nimport \"github.com/stackalloc/stackalloc\"\n\nvar keep []int\n\nfunc with(n int, f func([]int)) { stackalloc.Do(n, f) }\n\nfunc F(n int) {\n\twith(n, func(b []int) { keep = b }) // stackalloc:heap\n\twith(n, func(b []int) { b[0] = 1 })\n}\n"})
	d := checkJSON(t, 0, dir, nil, ".")
	require.Equal(t, "accepted: the callback comes from the caller of with, and is unproven at 1 of 2: a.go:10:6, accepted there", d.Calls[0].String())
	require.Equal(t, 2, d.Accepted)
	require.Zero(t, d.Warnings)
}

// Of a length that is a small constant, or becomes one by inlining, only the path for small
// blocks is left in the machine code.
func TestConstantLengths(t *testing.T) {
	forms := []string{
		"stackalloc.Do(%d, %s)", "stackalloc.Uninit(%d, %s)", "stackalloc.Fill(%d, 7, %s)",
		"stackalloc.Init(%d, func(i int) int { return i }, %s)", "stackalloc.Aligned(%d, 64, %s)", "stackalloc.Bounded(%d, 1000, %s)",
		"stackalloc.Collect(%d, slices.Values(make([]int, small)), %s)", "with(%d, %s)",
	}
	var list []statement
	for _, form := range forms {
		for _, n := range []int{0, 1, 3, 4, 5, 60, 300} {
			list = append(list, statement{fmt.Sprintf(form, n, "func(b []int) { for i := range b { b[i] = i } }"), []string{"proven"}})
		}
	}
	text := program
	for _, s := range list {
		text += "\tfunc() { " + s.code + " },\n"
	}
	d := checkJSON(t, anyStatus, scratchModule(t, map[string]string{"main.go": text + "}\n"}), nil, ".")
	judged := 0
	for _, c := range d.Calls {
		if c.Line > strings.Count(program, "\n") {
			require.Equal(t, "proven", c.String(), "%s:%d: %s", c.File, c.Line, c.Func)
			judged++
		}
	}
	require.GreaterOrEqual(t, judged, len(list))
	// A small block that is kept is one of make: unproven, though nothing counts it.
	var kept []statement
	for _, n := range []int{1, 3, 4, 60} {
		kept = append(kept, statement{fmt.Sprintf("stackalloc.Fill(%d, 7, leak)", n), []string{stored}}, statement{fmt.Sprintf("stackalloc.Do(%d, leak)", n), []string{stored}})
	}
	text = program
	for _, s := range kept {
		text += "\tfunc() { " + s.code + " },\n"
	}
	d = checkJSON(t, anyStatus, scratchModule(t, map[string]string{"main.go": text + "}\n"}), nil, ".")
	n := 0
	for _, c := range d.Calls {
		if strings.HasPrefix(c.String(), stored) {
			n++
		}
	}
	require.Equal(t, len(kept), n)
}

// go vet tells the same of a package with cgo, with the tags of GOFLAGS, and with an overlay
// named relative to where go vet is called; and what it cannot judge each time.
func TestVetToolOnOtherBuilds(t *testing.T) {
	t.Parallel()
	const head = "package p\n\nimport \"github.com/stackalloc/stackalloc\"\n\nvar keep []byte\n\n"
	const leak = "func F(n int) { stackalloc.Do(n, func(b []byte) { keep = b }) }\n"
	dir := scratchModule(t, map[string]string{
		"c/a.go":       "package p\n\n// int one(void);\nimport \"C\"\n" + head[len("package p\n"):] + leak,
		"tagged/a.go":  "//go:build special\n\n" + head + leak,
		"tagged/b.go":  "package p\n",
		"over/a.go":    "package p\n",
		"other/a.txt":  head + leak,
		"overlay.json": `{"Replace": {"over/a.go": "other/a.txt"}}`,
	})
	vet := func(env string, args ...string) string {
		cmd := exec.Command("go", append([]string{"vet", "-vettool=" + binary}, args...)...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOFLAGS="+env)
		out, err := cmd.CombinedOutput()
		require.Error(t, err, "%s", out)
		return string(out)
	}
	require.Contains(t, vet("-tags=special", "./tagged"), "a.go:9:17: stackalloc.Do: unproven")
	require.Contains(t, vet("", "-tags=special", "./tagged"), "a.go:9:17: stackalloc.Do: unproven")
	require.Contains(t, vet("", "-overlay=overlay.json", "./over"), "7:17: stackalloc.Do: unproven")
	require.Contains(t, vet("-overlay="+filepath.Join(dir, "overlay.json"), "./over"), "7:17: stackalloc.Do: unproven")
	if haveCgo(t) {
		require.Contains(t, vet("", "./c"), "a.go:10:17: stackalloc.Do: unproven")
	}
	for range 2 {
		require.Contains(t, vet("", "-gcflags=example.com/m/over=-nosuch", "-overlay=overlay.json", "./over"), "not judged: ")
	}
}

// looseIterators are iterators in variables, for parameters, or from functions.
var looseIterators = []statement{
	{"for b := range made(n) { b[0] = 1 }", []string{"proven"}},
	{"for b := range made(n) { keep = b }", []string{stored}},
	{"for b := range again(n) { b[0] = 1 }", []string{"proven"}},
	{"for b := range again(n) { keep = b }", []string{stored}},
	{"for b := range held(n) { b[0] = 1 }", []string{"proven"}},
	{"s := made(n); for b := range s { b[0] = 1 }", []string{"proven"}},
	{"if s := held(n); s != nil { for b := range s { b[0] = 1 } }", []string{"proven"}},
	{"if s := held(n); s != nil { for b := range s { keep = b } }", []string{stored}},
	{"a, b := stackalloc.Scope[int](n), stackalloc.Scope[int](n); for x := range a { x[0] = 1 }; for x := range b { x[0] = 1 }", []string{"proven", "proven"}},
	{"a := stackalloc.Scope[int](n); b := stackalloc.Scope[int](n); for x := range a { x[0] = 1 }; for x := range b { keep = x }", []string{"proven", stored}},
	{"a := stackalloc.Scope[int](n); b := stackalloc.Scope[int](n); for x := range b { x[0] = 1 }; for x := range a { keep = x }", []string{stored, "proven"}},
	{"a := stackalloc.Scope[int](n); for x := range a { x[0] = 1 }; for x := range a { keep = x }", []string{"unproven"}},
	{"a := stackalloc.Scope[int](n); if n > 3 { a = stackalloc.Scope[int](n + 1) }; for x := range a { keep = x }", []string{elsewhere, elsewhere}},
	{"each(stackalloc.Scope[int](n))", []string{"proven"}},
	{"a, b := stackalloc.Scope[int](n), stackalloc.Scope[int](n); each(a); each(b)", []string{"proven", "proven"}},
	{"a := stackalloc.Scope[int](n); b := a; for x := range b { x[0] = 1 }", []string{"proven"}},
	{"a := stackalloc.Scope[int](n); for x := range a { x[0] = 1 }; far(a)", []string{elsewhere}},
	{"a := stackalloc.Scope[int](n); for x := range a { x[0] = 1 }; func() { for x := range a { x[0] = 1 } }()", []string{elsewhere}},
	{"a := stackalloc.Scope[int](n); for x := range a { x[0] = 1 }; for range 2 { defer a(func(b []int) bool { return true }) }", []string{elsewhere}},
	{"a := stackalloc.Scope[int](n); for x := range a { x[0] = 1 }; func() { defer func() { far(a) }() }()", []string{elsewhere}},
	{"s := made(n); for b := range s { b[0] = 1 }; far(s)", []string{elsewhere}},
	{"each(made(n)); far(again(n))", []string{"proven", elsewhere}},
	{"var a = stackalloc.Scope[int](n); a(func(b []int) bool { b[0] = 1; return true })", []string{"proven"}},
}

const elsewhere = "unproven: the iterator is not made in the range clause"

// Iterators that are made elsewhere are judged where they are used, in every build.
func TestLooseIterators(t *testing.T) {
	t.Parallel()
	checkStatements(t, looseIterators, nil)
	if haveCgo(t) && !testing.Short() {
		checkStatements(t, looseIterators, nil, "-race")
	}
	checkStatements(t, looseIterators, nil, "-cover")
	// Of those that the compiler gives no column, the worst verdict is each one's.
	checkStatements(t, []statement{{
		"a, b, c := stackalloc.Scope[int](n), stackalloc.Scope[int](n), stackalloc.Scope[int](n); for x := range a { x[0] = 1 }; for x := range b { x[0] = 1 }; for x := range c { keep = x }",
		[]string{"proven", stored, stored},
	}}, nil, "-cover")
	// Where one is kept for others to use, it is not.
	d := checkJSON(t, 1, scratchModule(t, map[string]string{"main.go": program + "\tfunc() { seq = held(n) },\n}\n"}), nil, ".")
	for _, c := range d.Calls {
		if c.Func == "held (stackalloc.Scope)" {
			require.Regexp(t, "^"+elsewhere, c.String())
			return
		}
	}
	t.Fatal("held is not there")
}

// With cgo the same holds, and what is below a call of C on several lines has its own line.
func TestCallsOnALineWithC(t *testing.T) {
	if !haveCgo(t) {
		t.Skip("without cgo")
	}
	text := strings.Replace(program, "import (\n", "// static int twice(int x) { return 2*x; }\nimport \"C\"\n\nimport (\n", 1)
	from := strings.Count(text, "\n") + 1
	for _, s := range []string{
		"stackalloc.Do(n, func(b []C.int) { b[0] = C.twice(2) }); stackalloc.Do(n, leak)",
		"stackalloc.Do(n, func(b []byte) { _ = C.twice(C.int(b[0])) }); C.twice(C.int(stackalloc.Call(n, func(b []int) int { keep = b; return 1 })))",
		"C.twice(\nC.int(\nn)); stackalloc.Do(n, leak)",
		"stackalloc.Do(n, leak)",
	} {
		text += "\tfunc() { " + s + " },\n"
	}
	dir := scratchModule(t, map[string]string{"main.go": text + "}\n"})
	d := checkJSON(t, anyStatus, dir, nil, ".")
	got := ""
	for _, c := range d.Calls {
		if c.Line >= from {
			got += fmt.Sprintf("%d %s%t ", c.Line-from, c.String()[:4], c.Col > 0)
		}
	}
	require.Equal(t, "0 provtrue 0 unprtrue 1 provtrue 1 unprtrue 4 unprtrue 5 unprtrue ", got)
	out := output(t, dir, "go", "run", ".")
	require.Len(t, strings.Fields(out), 4)
}

// Lines of functions around a call have their column in a build with coverage, and with
// tests too: what go test makes of them is not instrumented.
func TestCoverage(t *testing.T) {
	dir := scratchModule(t, map[string]string{
		"a.go":      "package a\n\nimport \"github.com/stackalloc/stackalloc\"\n\nvar keep []int\n\nfunc With(n int, f func([]int)) { stackalloc.Do(n, f) }\n\nfunc F(n int) {\n\tWith(n, func(b []int) { b[0] = 1 })\n\tWith(n, func(b []int) { keep = b })\n}\n",
		"a_test.go": "package a\n\nimport \"testing\"\n\nfunc BenchmarkF(b *testing.B) {\n\tfor b.Loop() {\n\t\tWith(300, func(b []int) { b[0] = 1 })\n\t}\n}\n",
	})
	d := checkJSON(t, 1, dir, nil, "-test", "-cover", ".")
	got := map[string]string{}
	for _, c := range d.Calls {
		got[fmt.Sprintf("%s:%d:%d", c.File, c.Line, c.Col)] = c.String()
	}
	require.Len(t, got, 4)
	require.Equal(t, "proven", got["a.go:10:6"])
	require.Regexp(t, "^"+stored, got["a.go:11:6"])
	require.Regexp(t, "^unproven: in a loop over testing.B.Loop", got["a_test.go:7:7"])
}

// Relative names in line directives, and empty ones, are those that the compiler prints, also
// of a file that the go command wrote.
func TestRelativeDirectivesWithCoverage(t *testing.T) {
	t.Parallel()
	text := "package a\n\nimport \"github.com/stackalloc/stackalloc\"\n\nvar keep []byte\n\nfunc F(n int) {\n"
	for _, d := range []string{"//line ../rel/x.go:1:1", "//line a.go:18", "//line :18", "//line ./y//z.go:4", "//line /abs/../x.go:1:1", "\t/*line w/../v.go:7:3*/"} {
		text += d + "\n\tstackalloc.Do(n, func(b []byte) { keep = b })\n\tstackalloc.Do(n, func(b []byte) { b[0] = 1 })\n"
	}
	dir := scratchModule(t, map[string]string{"a.go": text + "}\n"})
	for _, args := range [][]string{{"."}, {"-cover", "."}, {"-cover", "-trimpath", "."}} {
		d := checkJSON(t, anyStatus, dir, nil, args...)
		require.Len(t, d.Calls, 12)
		for i, c := range d.Calls {
			require.Equal(t, 9+i/2*3+i%2, c.Line)
			if i%2 == 0 {
				require.Equal(t, fmt.Sprintf("unproven: stored in the package variable keep at a.go:%d", c.Line), c.String(), "%v", args)
			} else {
				require.Equal(t, "proven", c.String(), "%v: line %d", args, c.Line)
			}
		}
	}
}

// Folders may be called as they like: where the compiler prints places, and where it follows
// line directives.
func TestFoldersOfAllNames(t *testing.T) {
	t.Parallel()
	dir := scratchModule(t, map[string]string{"p/p.go": "package p\n\nimport \"github.com/stackalloc/stackalloc\"\n\nvar keep []int\n\n" +
		"func A(n int) {\n\tstackalloc.Do(n, func(b []int) { keep = b }); stackalloc.Do(n, func(b []int) { b[0] = 1 })\n}\n",
		"q/q.go": "package q\n\nimport \"github.com/stackalloc/stackalloc\"\n\nvar keep []int\n\n" +
			"//line other.y:90\nfunc A(n int) {\n\tstackalloc.Do(n, func(b []int) { keep = b })\n\tstackalloc.Do(n, func(b []int) { b[0] = 1 })\n}\n"})
	var want []string
	for _, name := range []string{"plain", "a (1) [2] b", "it's ü%20#x"} {
		sub := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.CopyFS(sub, os.DirFS(dir)))
		var got []string
		for _, build := range []string{"-trimpath=false", "-trimpath"} {
			for _, c := range checkJSON(t, 1, sub, nil, build, "./...").Calls {
				got = append(got, fmt.Sprintf("%s:%d:%d: %s", filepath.ToSlash(c.File), c.Line, c.Col, c))
			}
		}
		if want == nil {
			want = got
			require.Len(t, want, 8)
			require.Regexp(t, "^p/p.go:8:2: unproven: stored in the package variable keep", want[0])
			require.Equal(t, "p/p.go:8:48: proven", want[1])
		}
		require.Equal(t, want, got, name)
	}
}
