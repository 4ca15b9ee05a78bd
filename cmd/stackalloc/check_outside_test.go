package main

import (
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Another package also gets at methods that inline what is not exported, at values of types
// that it cannot write, at functions that take such, and at closures with a call in them.
// Each warning is compared with what a program counts there.
func TestWarningsOfWhatOthersInline(t *testing.T) {
	const call = "{ return stackalloc.Call(len(xs), func(b []int) int { copy(b, xs); slices.Sort(b); return b[len(b)/2] }) }\n"
	library := "package library\n\nimport (\n\t\"slices\"\n\n\t\"github.com/stackalloc/stackalloc\"\n)\n\n"
	var uses, want []string
	for _, c := range []struct{ text, use string }{
		{"func median(xs []int) int CALL\ntype T struct{ k int }\n\nfunc (t *T) M1(xs []int) int { return median(xs) }\n", "new(library.T).M1(xs)"},
		{"func (t T) M2(xs []int) int { return median(xs) }\n", "library.T{}.M2(xs)"},
		{"type a struct{}\n\nfunc NewA() *a { return &a{} }\n\nfunc (*a) M3(xs []int) int CALL", "library.NewA().M3(xs)"},
		{"type b struct{ n int }\n\nfunc B() b { return b{3} }\n\nfunc M4(v b, xs []int) int CALL", "library.M4(library.B(), xs)"},
		{"type c struct{ n int }\n\nfunc (c) M5(xs []int) int CALL\ntype C struct{ c }\n", "library.C{}.M5(xs)"},
		{"type d struct{ n int }\n\nfunc (d) M6(xs []int) int CALL\ntype D struct{ N int; F d }\n", "library.D{}.F.M6(xs)"},
		{"type e struct{ n int }\n\nfunc (*e) M7(xs []int) int CALL\nvar E e\n", "library.E.M7(xs)"},
		{"type f struct{ n int }\n\nfunc (*f) M8(xs []int) int CALL\nfunc NewF(n int, more ...f) (*f, error) { return &f{n}, nil }\n", "f(xs)"},
		{"type g struct{ n int }\n\nfunc (*g) M9(xs []int) int CALL\ntype G interface{ M9([]int) int }\n\nfunc NewG(n int) G { return &g{n} }\n", "library.NewG(3).M9(xs)"},
		{"type h func(*a)\n\nfunc M10(xs []int, with func(*h), more ...h) int CALL", "library.M10(xs, nil)"},
		{"func (a) MakeI() (l []i) { return make([]i, 1) }\n\ntype i struct{ n int }\n\nfunc (i) M11(xs []int) int CALL", "library.NewA().MakeI()[0].M11(xs)"},
		{"func M12(xs []int) func(func(int) bool) { return func(yield func(int) bool) { yield(median(xs)) } }\n", "for range library.M12(xs) {}"},
		{"func M13(xs []int) func() int { return func() int CALL }\n", "library.M13(xs)()"},
		{"func helper(n int, f func([]int) int) int { return stackalloc.Call(n+1, f) }\n\nfunc M14(xs []int) int { return helper(len(xs), func(b []int) int { slices.Sort(b); return b[0] }) }\n", "library.M14(xs)"},
		{"func M15(xs []int) (*a, *b) { median(xs); return nil, nil }\n", "library.M15(xs)"},
		{"func M16(xs []int) func() *a { return func() *a { median(xs); return nil } }\n", "library.M16(xs)()"},
		{"type State func(int) State\n\n//go:noinline\nfunc Start(xs []int) State { median(xs); return nil }\n", "library.Start(xs)"},
		{"type j struct{}\n\nfunc (j) M17(xs []int) int CALL\n//go:noinline\nfunc UseJ(xs []int) int { return j{}.M17(xs) }\n", "library.UseJ(xs)"}, // nothing outside has a j
		{"//go:noinline\nfunc (*a) M18(xs []int) int CALL", "library.NewA().M18(xs)"},
	} {
		library += strings.ReplaceAll(c.text, "CALL", call) + "\n"
		uses = append(uses, c.use)
	}
	main := "package main\n\nimport (\n\t\"fmt\"\n\n\t\"example.com/m/library\"\n\t\"github.com/stackalloc/stackalloc\"\n)\n\nvar xs = make([]int, 300)\n\nfunc main() {\n"
	for i, use := range uses {
		main += fmt.Sprintf("\tcount(\"M%d\", func() { %s })\n", i+1, use)
	}
	main += `}

func f(xs []int) {
	v, _ := library.NewF(3)
	v.M8(xs)
}
` + countHeap
	dir := scratchModule(t, map[string]string{"library/library.go": library, "main.go": main})
	d := checkJSON(t, 0, dir, nil, "./library")
	require.Zero(t, d.Unproven+d.Unjudged)
	var warned []string
	for _, n := range d.Notes {
		m := regexp.MustCompile(`^put //go:noinline on \S*(M\d+)$`).FindStringSubmatch(n.Cure)
		require.NotNil(t, m, n.Cure)
		warned = append(warned, m[1])
	}
	cmd := exec.Command("go", "run", ".")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	for i := range 16 {
		want = append(want, fmt.Sprint("M", i+1))
	}
	require.Equal(t, want, strings.Fields(string(out)))
	slices.Sort(want)
	slices.Sort(warned)
	require.Equal(t, want, warned)

	// With the program all are unproven, and what would help can be written.
	d = checkJSON(t, 1, dir, nil, "./...")
	cures := map[string]bool{}
	for _, c := range d.Calls {
		require.NotContains(t, c.String(), ".func")
		cures[c.Cure] = true
	}
	require.True(t, cures["put //go:noinline on library.M13"], "%v", cures)
}

// Functions of a package that is not checked leave calls of their own in the one that is.
// Each line of that is compared with what the program counts there.
func TestCallsThatOtherPackagesLeave(t *testing.T) {
	const nested = "(n int) (k int) {\n\tstackalloc.Uninit(n, func(a []T) {\n\t\tstackalloc.Fill(n, 1, func(b []int) { k = len(a) + len(b) })\n\t})\n\treturn k\n}\n\n"
	library := "package library\n\nimport \"github.com/stackalloc/stackalloc\"\n\n" +
		"func Generic[T any]" + nested +
		"func Plain" + strings.ReplaceAll(nested, "[]T", "[]byte") +
		"type X struct{ k int }\n\nfunc (*X) Method" + strings.ReplaceAll(nested, "[]T", "[]byte") +
		"//go:noinline\nfunc Kept" + strings.ReplaceAll(nested, "[]T", "[]byte") +
		"func Around(n int) int { return Generic[string](n) }\n\n" +
		"func Later(n int) func() int { return func() int { return Plain(n) } }\n\n" +
		"func Single[T any](n int) (k int) { stackalloc.Do(n, func(b []T) { k = len(b) }); return k }\n"
	main := "package main\n\nimport (\n\t\"fmt\"\n\n\t\"example.com/m/library\"\n\t\"github.com/stackalloc/stackalloc\"\n)\n\nvar n = 300\n\nvar calls = []func(){\n"
	first := strings.Count(main, "\n") + 1
	for _, call := range []string{
		"library.Generic[int](n)", "library.Generic[string](n)", "library.Plain(n)", "new(library.X).Method(n)", "library.Around(n)", "library.Later(n)()",
		"stackalloc.Do(2, func(a []int) { a[0] = library.Single[int](n) })",
		"library.Kept(n)", "library.Single[int](n)", "f(n)",
	} {
		main += "\tfunc() { " + call + " },\n"
	}
	main += `}

//go:noinline
func f(n int) { library.Single[byte](n) }

func main() {
	for i, f := range calls {
		before := stackalloc.ReadStats().Heap
		f()
		if stackalloc.ReadStats().Heap > before {
			fmt.Print(i, " ")
		}
	}
}
`
	dir := scratchModule(t, map[string]string{"library/library.go": library, "main.go": main})
	require.Equal(t, "0 1 2 3 4 5 6 ", output(t, dir, "go", "run", "."))
	d := checkJSON(t, 1, dir, nil, ".")
	unproven := map[int]bool{}
	for _, c := range d.Calls {
		require.Equal(t, "main.go", c.File)
		if c.Verdict == "unproven" {
			unproven[c.Line-first] = true
		}
	}
	require.Equal(t, map[int]bool{0: true, 1: true, 2: true, 3: true, 4: true, 5: true, 6: true}, unproven)
	require.Regexp(t, `^unproven: this closure is a copy made by inlining library\.Generic.*//go:noinline on library\.Generic$`, d.Calls[1].String())
}

// What a //go:linkname gives to another package is called there as it is, and not inlined, by
// packages too that do not depend on the library. That is compared with what the program counts.
func TestFunctionsThatLinknameOpens(t *testing.T) {
	t.Parallel()
	const with = "(n int, f func([]byte)) { stackalloc.Do(n, f) }\n\n"
	library := "package library\n\nimport (\n\t_ \"unsafe\"\n\n\t\"github.com/stackalloc/stackalloc\"\n)\n\n" +
		"//go:linkname pushed\nfunc pushed" + with +
		"//go:linkname Exported\nfunc Exported" + with +
		"//go:linkname renamed example.com/m/puller.renamed\nfunc renamed" + with +
		"func pulled" + with + "func private" + with +
		"//go:linkname nested example.com/m/puller.nested\nfunc nested(n int) (k int) {\n" +
		"\tstackalloc.Do(n, func(a []int) { stackalloc.Do(2, func(b []int) { k = len(a) + len(b) }) })\n\treturn k\n}\n\n" +
		"var K int\n\nfunc Use(n int) {\n"
	names := []string{"pushed", "Exported", "renamed", "pulled", "private"}
	for _, name := range names {
		library += "\t" + name + "(n, func(b []byte) { K += len(b) })\n"
	}
	puller := "package puller\n\nimport _ \"unsafe\"\n\nvar k int\n\n"
	main := "package main\n\nimport (\n\t\"fmt\"\n\n\t\"example.com/m/library\"\n\t\"example.com/m/puller\"\n\t\"github.com/stackalloc/stackalloc\"\n)\n\n" +
		"func main() {\n\tcount(\"Use\", func() { library.Use(300) })\n"
	for _, name := range []string{"pushed", "Exported", "renamed", "pulled"} {
		if name != "renamed" {
			puller += "//go:linkname " + name + " example.com/m/library." + name + "\n"
		}
		puller += "func " + name + "(n int, f func([]byte))\n\n//go:noinline\nfunc Use" + name + "(n int) { " + name + "(n, func(b []byte) { k += len(b) }) }\n\n"
		main += "\tcount(\"" + name + "\", func() { puller.Use" + name + "(300) })\n"
	}
	dir := scratchModule(t, map[string]string{
		"library/library.go": library + "}\n", "puller/puller.go": puller + "func nested(n int) int\n", "puller/empty.s": "", "main.go": main + "}\n" + countHeap,
	})
	require.Equal(t, "pushed\nExported\nrenamed\npulled\n", output(t, dir, "go", "run", "."))

	// Pushed functions are known without the package that pulls them.
	for patterns, open := range map[string]int{"./library": 3, "./...": 4} {
		d := checkJSON(t, 1, dir, nil, patterns)
		require.Len(t, d.Calls, 12)
		for i, name := range names {
			verdict := "proven"
			if i < open {
				verdict = "unproven: the callback is not known here"
			}
			require.Regexp(t, "^"+verdict, d.Calls[i].String(), "%s of %s", name, patterns)
		}
		require.Equal(t, "proven", d.Calls[5].String())
		require.Regexp(t, "^unproven: the call was not inlined in the path for small blocks", d.Calls[6].String())
		for i, name := range names {
			require.Equal(t, name+" (stackalloc.Do)", d.Calls[7+i].Func)
			require.Equal(t, "proven", d.Calls[7+i].String())
		}
	}
}
