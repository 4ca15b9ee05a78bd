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

func haveCgo(t *testing.T) bool {
	out, err := exec.Command("go", "env", "CGO_ENABLED").Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(out)) == "1"
}

// What other packages would get: the function is inlined there, with or without the
// proof. The warnings are compared with what a program counts that calls the functions
// from another package.
func TestWarningsAreTrue(t *testing.T) {
	d := checkJSON(t, 0, sample, nil, "./library")
	require.Equal(t, 3, d.Warnings)
	var warned []string
	for _, n := range d.Notes {
		require.Equal(t, "inlinable", n.Rule)
		require.Regexp(t, `put //go:noinline on `, n.Cure)
		warned = append(warned, n.Cure[strings.LastIndexByte(n.Cure, ' ')+1:])
	}
	require.Equal(t, []string{"Median", "(*Type).Nested", "(*Type).Nested"}, warned)

	text := read(t, sample, "library/library.go")
	dir := scratchModule(t, map[string]string{
		"library/library.go": string(text),
		"main.go": `package main

import (
	"fmt"

	"example.com/m/library"
	"github.com/stackalloc/stackalloc"
)

var xs = make([]int, 300)

func main() {
	count("Median", func() { library.Median(xs) })
	count("Cured", func() { library.Cured(xs) })
	count("(*Type).Nested", func() { new(library.Type).Nested(len(xs)) })
	count("Sum", func() { library.Sum(len(xs)) })
}
` + countHeap})
	out := output(t, dir, "go", "run", ".")
	require.Equal(t, "Median\n(*Type).Nested\n", out)
}

// What generic functions lose in another package they lose in their own, where check says so:
// there is nothing to warn of.
func TestGenericFunctionsLoseNothingElsewhere(t *testing.T) {
	t.Parallel()
	dir := scratchModule(t, map[string]string{
		"library/library.go": `package library

import (
	"slices"

	"github.com/stackalloc/stackalloc"
)

func Median[T any](_ T, xs []int) int {
	return stackalloc.Call(len(xs), func(b []int) int {
		copy(b, xs)
		slices.Sort(b)
		return b[len(b)/2]
	})
}

func Helped[T any](n int, v T) (k int) {
	stackalloc.Uninit(n, func(a []T) {
		help(a, v)
		k = len(a)
	})
	return k
}

//go:noinline
func help[T any](a []T, v T) { a[0] = v }

func Nested[T any](n int, v T) (k int) {
	stackalloc.Uninit(n, func(a []byte) {
		stackalloc.Fill(n, v, func(b []T) { k = len(a) + len(b) })
	})
	return k
}

type Of[T any] struct{ f [3]T }

func (t *Of[T]) Median(xs []int) int {
	return stackalloc.Call(len(xs), func(b []int) int {
		copy(b, xs)
		slices.Sort(b)
		return b[len(b)/2]
	})
}

func (t *Of[T]) Nested(n int) (k int) {
	stackalloc.Uninit(n, func(a []byte) {
		stackalloc.Fill(n, 1, func(b []int) { k = len(a) + len(b) })
	})
	return k
}

// As values they are inlined nowhere but in their wrappers.
var Values = []any{Median[int], Helped[int], Nested[int], (*Of[int]).Median, (*Of[int]).Nested}
`,
		"main.go": `package main

import (
	"fmt"

	"example.com/m/library"
	"github.com/stackalloc/stackalloc"
)

var xs = make([]int, 300)

type pair struct{ a, b int }

func main() {
	count("Median", func() { library.Median("", xs) })
	count("Helped", func() { library.Helped(300, pair{}) })
	count("Nested", func() { library.Nested(300, pair{}) })
	count("(*Of).Median", func() { new(library.Of[pair]).Median(xs) })
	count("(*Of).Nested", func() { new(library.Of[pair]).Nested(300) })
}
` + countHeap})
	require.Equal(t, "Nested\n(*Of).Nested\n", output(t, dir, "go", "run", "."))
	d := checkJSON(t, 1, dir, nil, "./library")
	require.Zero(t, d.Warnings)
	var lost []int
	for _, c := range d.Calls {
		if c.Verdict != "proven" {
			lost = append(lost, c.Line)
			require.Regexp(t, "//go:noinline on |was not inlined", c.String())
		}
	}
	require.Equal(t, []int{30, 47}, lost)
}

func TestStrict(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		dir    string
		args   []string
		status int
	}{{"library", nil, 0}, {"library", []string{"-strict"}, 1}, {"stale", nil, 0}, {"stale", []string{"-strict"}, 1}, {"tested", []string{"-strict"}, 0}} {
		invoke(t, c.status, sample, nil, append(append([]string{"check"}, c.args...), "./"+c.dir)...)
	}
	// A comment is left when the last call is gone.
	dir := scratchModule(t, map[string]string{"a/a.go": "package a\n\nfunc F() int {\n\treturn 1 // stackalloc:heap\n}\n", "main.go": sanitized})
	for _, patterns := range [][]string{{"./a"}, {"./a", "."}} {
		d := checkJSON(t, anyStatus, dir, nil, patterns...)
		require.Equal(t, 1, d.Warnings)
		require.Equal(t, "a/a.go 4 stale\n", fmt.Sprintln(filepath.ToSlash(d.Notes[0].File), d.Notes[0].Line, d.Notes[0].Rule))
	}
	d := checkJSON(t, anyStatus, sample, nil, "./stale")
	require.Equal(t, 2, d.Warnings)
	for i, line := range []int{10, 11} {
		require.Equal(t, "stale", d.Notes[i].Rule)
		require.Equal(t, line, d.Notes[i].Line)
	}
}

// The reasons are there in builds in which the compiler makes other code, or reads
// files that the go command wrote.
func TestReasonsInOtherBuilds(t *testing.T) {
	t.Parallel()
	builds := []string{"-cover", "-trimpath"}
	if haveCgo(t) && !testing.Short() {
		builds = append(builds, "-race")
	}
	plain := checkJSON(t, anyStatus, sample, nil, "./calls", "./helpers", "./user")
	for _, flag := range builds {
		t.Run(flag, func(t *testing.T) {
			for _, dir := range []string{"lines", "named", "cgo"} {
				if dir == "cgo" && !haveCgo(t) {
					continue
				}
				d := checkJSON(t, 1, filepath.Join(sample, dir), nil, flag, ".")
				where := &document{Calls: d.Calls}
				for _, c := range where.Calls {
					c.Why = strings.ReplaceAll(c.Why, " at ", " at "+dir+"/")
				}
				wants(t, filepath.Join(sample, dir), where, func(string) bool { return false })
			}
			if flag == "-race" {
				return // makes other code of nested calls
			}
			other := checkJSON(t, anyStatus, sample, nil, flag, "./calls", "./helpers", "./user")
			require.Equal(t, len(plain.Calls), len(other.Calls))
			for i, c := range plain.Calls {
				require.Equal(t, c.Line, other.Calls[i].Line)
				require.Equal(t, c.String(), other.Calls[i].String(), "%s:%d", c.File, c.Line)
			}
		})
	}
}

func TestVendor(t *testing.T) {
	dir := scratchModule(t, map[string]string{"a/a.go": "package a\n\nimport \"github.com/stackalloc/stackalloc\"\n\nvar keep []byte\n\nfunc F(n int) {\n\tstackalloc.Do(n, func(b []byte) { keep = b })\n\tstackalloc.Do(n, func(b []byte) { b[0]++ })\n}\n"})
	cmd := exec.Command("go", "mod", "vendor")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("%v: %s", err, out)
	}
	for _, flags := range [][]string{{"-mod=vendor"}, {"-mod=vendor", "-trimpath"}} {
		d := checkJSON(t, 1, dir, nil, append(flags, "./a")...)
		require.Equal(t, "unproven: stored in the package variable keep at a/a.go:8", d.Calls[0].String())
		require.Equal(t, "proven", d.Calls[1].String())
	}
}

// The overlay holds for the source of calls, comments and reasons.
func TestOverlay(t *testing.T) {
	const head = "package a\n\nimport \"github.com/stackalloc/stackalloc\"\n\nvar keep []byte\n\n"
	dir := scratchModule(t, map[string]string{
		"a/a.go":       "package a\n\nvar x int = \"does not compile\"\n",
		"a/gone.go":    "package a\n\nneither does this",
		"other/text":   head + "func F(n int) {\n\tstackalloc.Do(n, func(b []byte) { keep = b })\n\tstackalloc.Do(n, func(b []byte) { keep = b }) // stackalloc:heap\n}\n",
		"overlay.json": `{"Replace": {"a/a.go": "other/text", "a/gone.go": ""}}`,
	})
	d := checkJSON(t, 1, dir, nil, "-overlay=overlay.json", "./a")
	require.Len(t, d.Calls, 2)
	require.Equal(t, "unproven: stored in the package variable keep at a/a.go:8", d.Calls[0].String())
	require.True(t, d.Calls[1].Accepted)
	other := checkJSON(t, anyStatus, dir, []string{"GOFLAGS=-overlay=overlay.json"}, "./a")
	require.Equal(t, d.Calls[0].String(), other.Calls[0].String())
}

// An overlay holds for lines that are broken up, for columns of SARIF, and for what is asked
// of other packages, too.
func TestOverlayOfWideLines(t *testing.T) {
	const before = "package a\n\nimport \"github.com/stackalloc/stackalloc\"\n\nvar keep []byte\n\n"
	dir := scratchModule(t, map[string]string{
		"a.go": "package a\n\nvar x int = \"does not compile\"\n",
		"text": before + "func F(n int) {\n\t/*" + strings.Repeat("ä", 300) + "*/ stackalloc.Do(n, func(b []byte) { keep = b })\n}\n\n" +
			"func G(n int) (k int) {\n\tstackalloc.Do(n, func(a []byte) { stackalloc.Do(n, func(b []byte) { k += len(a) + len(b) }) })\n\treturn k\n}\n",
		"overlay.json": `{"Replace": {"a.go": "text"}}`,
	})
	d := checkJSON(t, 1, dir, nil, "-overlay=overlay.json", ".")
	require.Len(t, d.Calls, 3)
	require.Equal(t, 607, d.Calls[0].Col)
	require.Equal(t, 646, d.Calls[0].Leak.Col)
	stdout, _ := invoke(t, anyStatus, dir, nil, "check", "-sarif", "-overlay=overlay.json", ".")
	require.Contains(t, stdout, `"startColumn": 307`)
}

// With -modfile the packages are those of another go.mod, as for go build.
func TestModfile(t *testing.T) {
	dir := scratchModule(t, map[string]string{"a.go": "package a\n\nimport \"github.com/stackalloc/stackalloc\"\n\nvar keep []byte\n\nfunc F(n int) { stackalloc.Do(n, func(b []byte) { keep = b }) }\n"})
	require.NoError(t, os.Rename(filepath.Join(dir, "go.mod"), filepath.Join(dir, "other.mod")))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/m\n\ngo 1.25.0\n"), 0o666))
	_, stderr := invoke(t, 2, dir, nil, "check", ".")
	require.Contains(t, stderr, "no required module provides package")
	for _, c := range []struct{ env, args []string }{{nil, []string{"-modfile=other.mod", "."}}, {[]string{"GOFLAGS=-modfile=other.mod"}, []string{"."}}} {
		d := checkJSON(t, 1, dir, c.env, c.args...)
		require.Regexp(t, "^"+stored, d.Calls[0].String())
	}
}

// What does not compile has no verdict, whether or not it imports the library.
func TestWhatDoesNotCompile(t *testing.T) {
	dir := scratchModule(t, map[string]string{
		"a/a.go":    "package a\n\nvar x int = \"\"\n",
		"b/b.go":    "package b\n\nimport \"github.com/stackalloc/stackalloc\"\n\nfunc F(n int) { stackalloc.Do(n, func([]byte) {}) }\n",
		"other.mod": "module example.com/m\n\ngo 1.25.0\n",
	})
	for _, args := range [][]string{{"./..."}, {"./a"}, {"-modfile=other.mod", "./b"}, {"-pgo=none.pprof", "./b"}, {"-gcflags=-nosuch", "./b"}} {
		stdout, stderr := invoke(t, 2, dir, nil, append([]string{"check"}, args...)...)
		require.Empty(t, stdout)
		require.NotEmpty(t, stderr)
	}
	invoke(t, 0, dir, nil, "check", "./b")
}

// check -pgo judges what a profile makes of the code: here it has a function inlined
// whose nested scopes are lost by that.
func TestProfile(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes a profile")
	}
	body := "\tfor i := range 3 * n {\n" + strings.Repeat("\t\tif i%7 == 3 {\n\t\t\tk += n / (k | 1)\n\t\t} else {\n\t\t\tk ^= i * 5\n\t\t}\n", 9) + "\t}\n"
	dir := scratchModule(t, map[string]string{
		"lib/lib.go": "package lib\n\nimport \"github.com/stackalloc/stackalloc\"\n\nfunc Hot(n int) (k int) {\n" + body +
			"\tstackalloc.Uninit(n, func(a []byte) {\n\t\tstackalloc.Fill(n, 1, func(b []int) { k += len(a) + len(b) })\n\t})\n\treturn k\n}\n",
		"main.go": `package main

import (
	"os"
	"runtime/pprof"
	"time"

	"example.com/m/lib"
)

func main() {
	f, _ := os.Create(os.Args[1])
	pprof.StartCPUProfile(f)
	k := 0
	for start := time.Now(); time.Since(start) < time.Second; {
		for i := range 1000 {
			k += lib.Hot(40 + i%100)
		}
	}
	pprof.StopCPUProfile()
	f.Close()
	println(k)
}
`})
	profile := filepath.Join(dir, "cpu.pprof")
	output(t, dir, "go", "run", ".", profile)
	stdout, _ := invoke(t, 0, dir, nil, "check", "-pgo=off", "./...")
	stdout, _ = invoke(t, 1, dir, nil, "check", "-pgo="+profile, "./...")
	require.Contains(t, stdout, "//go:noinline on Hot")
	require.NoError(t, os.Rename(profile, filepath.Join(dir, "default.pgo")))
	auto, _ := invoke(t, 1, dir, nil, "check", "./...")
	require.Equal(t, stdout, auto)
}

// As a tool of go vet it tells the same, at the same places, and fails by vet's rules.
func TestVetTool(t *testing.T) {
	t.Parallel()
	vet := func(env []string, args ...string) (string, error) {
		cmd := exec.Command("go", append([]string{"vet", "-vettool=" + binary}, args...)...)
		cmd.Dir = sample
		cmd.Env = append(append(os.Environ(), "GOFLAGS="), env...)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	out, err := vet(nil, "./tested", "./copied")
	require.Error(t, err)
	require.Regexp(t, regexp.MustCompile(`(?m)^tested.tested_test\.go:12:2: stackalloc\.Do: unproven: stored in the package variable kept`), out)
	require.Regexp(t, regexp.MustCompile(`(?m)^copied.copied\.go:13:3: stackalloc\.Do: unproven: this closure is a copy`), out)
	require.NotContains(t, out, "tested.go:6")
	out, err = vet(nil, "./library")
	require.NoError(t, err, out)
	for _, strict := range []string{"-strict", "-stackalloc.strict"} {
		out, err = vet(nil, strict, "./library")
		require.Error(t, err)
		require.Contains(t, out, "//go:noinline on Median")
		out, err = vet(nil, strict+"=false", "./library")
		require.NoError(t, err, out)
	}
	// The flags of the build that go vet was given.
	out, err = vet(nil, "-gcflags=-l", "./tagged")
	require.NoError(t, err, out)
	out, err = vet(nil, "-tags=special", "-gcflags=-l", "./tagged")
	require.Error(t, err)
	require.Contains(t, out, "built without optimisation (-l)")
	out, err = vet(nil, "errors")
	require.NoError(t, err, out)
}

// The place where the slice gets away has its column: with coverage, on lines wider than the
// compiler prints, and in files with C, where go vet has it too.
func TestColumnsOfLeaks(t *testing.T) {
	t.Parallel()
	const leaks = "var keep []int\n\nfunc F(n int, ch chan []int) (k int) {\n\tstackalloc.Do(n, func(b []int) { k++; keep = b })\n\tstackalloc.Do(n, func(b []int) { k++; ch <- b })\n\tstackalloc.Do(n, func(b []int) { k++; gone(b) })\n"
	wide := "\t/*" + strings.Repeat("x", 300) + "*/ stackalloc.Do(n, func(b []int) { k++; keep = b })\n"
	const rest = "\treturn k\n}\n\n//go:noinline\nfunc gone(b []int) { keep = b }\n"
	dir := scratchModule(t, map[string]string{
		"a/a.go": "package a\n\nimport \"github.com/stackalloc/stackalloc\"\n\n" + leaks + wide + rest,
		"c/c.go": "package c\n\n// static int one(int x) { return x; }\nimport \"C\"\n\nimport \"github.com/stackalloc/stackalloc\"\n\n" + leaks +
			"\tk = int(C.one(1)); stackalloc.Do(n, func(b []int) { k++; keep = b })\n" + rest,
	})
	packages := map[string][]int{"a": {45, 43, 44, 350}}
	if haveCgo(t) {
		packages["c"] = []int{45, 43, 44, 64}
	}
	for name, want := range packages {
		for _, flag := range []string{"-trimpath=false", "-cover", "-trimpath"} {
			d := checkJSON(t, anyStatus, dir, nil, flag, "./"+name)
			var got []int
			for _, c := range d.Calls {
				got = append(got, c.Leak.Col)
			}
			require.Equal(t, want, got, "%s %s", name, flag)
		}
		cmd := exec.Command("go", "vet", "-vettool="+binary, "./"+name)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		require.Error(t, err)
		for i, col := range want {
			require.Regexp(t, fmt.Sprintf(`:%d: \tthe slice gets away here`, col), string(out), "%s: %d", name, i)
		}
	}
}

// Where a callback was made anew by inlining, what the generic function in it does is
// not known, unless the package has it too.
func TestGenericFunctionInARemadeCallback(t *testing.T) {
	text := read(t, sample, "library/library.go")
	dir := scratchModule(t, map[string]string{
		"library/library.go": string(text),
		"user/user.go":       "package user\n\nimport \"example.com/m/library\"\n\nfunc Median(xs []int) int { return library.Median(xs) }\n",
		"sorts/sorts.go":     "package sorts\n\nimport (\n\t\"slices\"\n\n\t\"example.com/m/library\"\n)\n\nfunc Median(xs []int) int {\n\tslices.Sort(xs)\n\treturn library.Median(xs)\n}\n",
	})
	d := checkJSON(t, 1, dir, nil, "./library", "./user")
	require.Regexp(t, `^unproven: passed to slices\.Sort, a generic function, of which the compiler knows nothing in the copy .*library\.Median makes at library.library\.go:14 .*//go:noinline on library\.Median$`, d.Calls[0].String())
	d = checkJSON(t, 1, dir, nil, "./user")
	require.Regexp(t, `^unproven: passed to slices\.Sort, a generic function .*//go:noinline on library\.Median$`, d.Calls[0].String())
	d = checkJSON(t, 0, dir, nil, "./sorts")
	require.Equal(t, "proven", d.Calls[0].String())
}

// Names in SARIF are relative to the root of the repository, wherever the command runs,
// and columns are in UTF-16 code units.
func TestSARIFPlaces(t *testing.T) {
	dir := scratchModule(t, map[string]string{"sub/a.go": "package sub\n\nimport \"github.com/stackalloc/stackalloc\"\n\nvar keep []byte\n\nfunc F(n int) int {\n\treturn len(\"äö𝄞\") + stackalloc.Call(n, func(b []byte) int { keep = b; return 1 })\n}\n"})
	require.NoError(t, os.Mkdir(filepath.Join(dir, ".git"), 0o777))
	for folder, pattern := range map[string]string{".": "./sub", "sub": "."} {
		stdout, _ := invoke(t, 1, filepath.Join(dir, folder), nil, "check", "-sarif", pattern)
		require.Contains(t, stdout, `"uri": "sub/a.go"`)
		require.Contains(t, stdout, `"columnKind": "utf16CodeUnits"`)
		// A tab, return len("äö𝄞") + : 8 bytes before the quote's text, then 2 and 2 units.
		require.Contains(t, stdout, `"startColumn": 23`)
		d := checkJSON(t, anyStatus, filepath.Join(dir, folder), nil, pattern)
		require.Equal(t, 27, d.Calls[0].Col)
	}
}

// genericHelper is a module with generic helpers in another package, whose program prints what
// each call took from the heap.
var genericHelper = map[string]string{
	"helper/helper.go": `package helper

import "github.com/stackalloc/stackalloc"

func Apply[T any](f func(T), v T) { f(v) }

//go:noinline
func Far[T any](f func(T), v T) { f(v) }

func Same[T any](f func(T)) func(T) { return f }

//go:noinline
func Another[T any](f func(T)) func(T) { return f }

func With[T any](n int, f func([]T)) { stackalloc.Do(n, f) } // want unproven: .*unproven at 1 of 2: main\.go:18

//go:noinline
func Alone[T any](n int, f func([]T)) { stackalloc.Do(n, f) } // want unproven: the callback is not known here
`,
	"main.go": `package main

import (
	"fmt"

	"example.com/m/helper"
	"github.com/stackalloc/stackalloc"
)

var n, sink, k = 300, []byte(nil), 0

var calls = []func(){
	func() { stackalloc.Do(n, func(b []byte) { helper.Apply(func(b []byte) { k += len(b) }, b) }) }, // want proven
	func() { stackalloc.Do(n, func(b []byte) { helper.Apply(func(b []byte) { sink = b }, b) }) }, // want unproven: stored in the package variable sink
	func() { stackalloc.Do(n, func(b []byte) { helper.Far(func(b []byte) { k += len(b) }, b) }) }, // want unproven: passed to helper\.Far, a generic function
	func() { stackalloc.Do(n, helper.Same(func(b []byte) { k += len(b) })) }, // want proven
	func() { helper.With(n, func(b []byte) { k += len(b) }) }, // want proven
	func() { helper.With(n, func(b []byte) { sink = b }) }, // want unproven: stored in the package variable sink
	func() { stackalloc.Do(n, helper.Another(func(b []byte) { k += len(b) })) }, // want unproven: the callback is not known here
	func() { helper.Apply(func(n int) { stackalloc.Do(n, func(b []byte) { k += len(b) }) }, n) }, // want proven
	func() { helper.Far(func(n int) { stackalloc.Do(n, func(b []byte) { k += len(b) }) }, n) }, // want proven
	func() { helper.Alone(n, func(b []byte) { k += len(b) }) },
}

func main() {
	for _, f := range calls {
		before := stackalloc.ReadStats().Heap
		f()
		fmt.Print(stackalloc.ReadStats().Heap - before)
	}
}
`}

// A callback that is handed to a generic helper of another package, or comes from one,
// is judged by what is left after inlining. The program counts the same.
func TestGenericHelperOfAnotherPackage(t *testing.T) {
	dir := scratchModule(t, genericHelper)
	d := checkJSON(t, 1, dir, nil, "./...")
	wants(t, dir, d, func(string) bool { return false })
	out := output(t, dir, "go", "run", ".")
	require.Equal(t, "0110011001", out)
}
