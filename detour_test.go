package stackalloc_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc"
)

// detours is a module with every public function on elements of all kinds. Its
// package user is the only one that some builds have a flag for.
func detours(t *testing.T) (dir string) {
	t.Helper()
	var src strings.Builder
	src.WriteString("package user\n\nimport \"github.com/stackalloc/stackalloc\"\n\n" +
		"type closer int\n\nfunc (closer) Close() error { return nil }\n\nvar src = make([]byte, 99)\n")
	for _, name := range slices.Sorted(maps.Keys(calls)) {
		fmt.Fprintf(&src, "\n//go:noinline\nfunc Use%s(n int) { %s }\n", name, calls[name])
	}
	for i, element := range []string{"*int", "string", "[]int", "bool", "struct{ a, b bool }", "struct{ a int; b, c *int }"} {
		fmt.Fprintf(&src, "\n//go:noinline\nfunc UseElement%d(n int) { stackalloc.Uninit(n, func(s []%s) { s[0] = s[n-1] }) }\n", i, element)
		fmt.Fprintf(&src, "\n//go:noinline\nfunc UseDo%d(n int) { stackalloc.Do(n, func(s []%s) { s[0] = s[n-1] }) }\n", i, element)
		fmt.Fprintf(&src, "\n//go:noinline\nfunc UseScope%d(n int) { for s := range stackalloc.Scope[%s](n) { s[0] = s[n-1] } }\n", i, element)
		fmt.Fprintf(&src, "\n//go:noinline\nfunc UseGeneric%d(n int) { GenericDo[%s](n); GenericScope[%s](n) }\n", i, element, element)
	}
	src.WriteString(`
//go:noinline
func GenericDo[T any](n int) { stackalloc.Do(n, func(s []T) { s[0] = s[n-1] }) }

//go:noinline
func GenericScope[T any](n int) { for s := range stackalloc.Scope[T](n) { s[0] = s[n-1] } }
`)
	uses := regexp.MustCompile(`func (Use\w+)`).FindAllStringSubmatch(src.String(), -1)
	src.WriteString("\nfunc All(n int) {\n")
	for _, use := range uses {
		fmt.Fprintf(&src, "\t%s(n)\n", use[1])
	}
	src.WriteString("}\n")
	return module(t, map[string]string{
		"user/user.go": src.String(),
		"main.go":      "package main\n\nimport \"example.com/user/user\"\n\nfunc main() { user.All(len(\"more than 32 bytes, or than 4 elements\")) }\n",
	})
}

// An instruction of a build, at a line of the source.
type instruction struct {
	file, line, at, text string
	relocation           string // of a file that is not linked
}

var anInstruction = regexp.MustCompile(`^\s+(\S+):(\d+)\s+(0x[0-9a-f]+)\s+[0-9a-f]+\s+([^\t]+?)\s*(?:\t(.*))?\n`)

// disassemble returns the instructions of each function in a file made by the go
// command.
func disassemble(t *testing.T, file string) map[string][]instruction {
	t.Helper()
	out := goCommand(t, filepath.Dir(file), "tool", "objdump", file)
	functions := map[string][]instruction{}
	var name string
	for line := range strings.Lines(out) {
		if rest, ok := strings.CutPrefix(line, "TEXT "); ok {
			name, _, _ = strings.Cut(rest, "(SB)")
			continue
		}
		if m := anInstruction.FindStringSubmatch(line); m != nil {
			functions[name] = append(functions[name], instruction{m[1], m[2], m[3], m[4], m[5]})
		}
	}
	return functions
}

// lines returns the numbers of the lines of a source that hold text.
func lines(t *testing.T, source, text string) (numbers []string) {
	t.Helper()
	all, err := os.ReadFile(source)
	require.NoError(t, err)
	for i, line := range strings.Split(string(all), "\n") {
		if strings.Contains(line, text) {
			numbers = append(numbers, fmt.Sprint(i+1))
		}
	}
	require.NotEmpty(t, numbers)
	return numbers
}

var (
	aLoad = regexp.MustCompile(`^MOV\w* [^,]*\(\w+\).*, \w+$`)
	// Of a hook's argument, which is not a number.
	anArgument = regexp.MustCompile(`, (AX|R0)$`)
	aStore     = regexp.MustCompile(`^MOV\w* \w+, [^,]*\(\w+\)`)
	// The address of a local variable, which is made a number.
	anAddress = regexp.MustCompile(`^(LEAQ|ADD) `)
	// A rung is called by way of a register.
	aRung = regexp.MustCompile(`^CALL (\(?R?\w{1,3}\)?( |$)|.*retpoline)`)
	// What these are told of memory they are told before it is read or written. They are
	// assembly, or marked nosplit.
	aHook = regexp.MustCompile(`runtime\.(race|msan|asan)(read|write|move)`)
)

// detoursIn returns the calls between the making of a number and its end, in a
// store or the call of a rung, and how many such ways there are. In the source the
// lines that copy a word, load a number and call a rung are known by their text.
func detoursIn(t *testing.T, code []instruction, source string) (found []string, ways int) {
	t.Helper()
	name := filepath.Base(source)
	copies, loads, rungs := lines(t, source, "*to = *from"), lines(t, source, "number := *from"), lines(t, source, " = r(")
	open := false
	for _, in := range code {
		at := func(lines []string) bool { return in.file == name && slices.Contains(lines, in.line) }
		isCall := strings.HasPrefix(in.text, "CALL")
		switch {
		case isCall && at(rungs) && aRung.MatchString(in.text+" "+in.relocation), at(copies) && aStore.MatchString(in.text):
			open = false
			ways++
		case isCall && (open || at(copies) || at(loads) || at(rungs)) && (open || !aHook.MatchString(in.relocation)):
			found = append(found, in.file+":"+in.line+" "+in.text+" "+in.relocation)
		case (at(copies) || at(loads)) && aLoad.MatchString(in.text) && !anArgument.MatchString(in.text), at(rungs) && anAddress.MatchString(in.text):
			open = true
		}
	}
	return found, ways
}

// builds are those in which the compiler puts calls of its own into code, by its
// flags.
var builds = []string{"", "-d=checkptr", "-d=checkptr=2", "-race", "-race -d=checkptr", "-asan", "-msan", "-N", "-l=4",
	"-spectre=all", "-d=libfuzzer", "-d=maymorestack=runtime.mayMoreStackMove", "-N -d=checkptr", "-l=4 -d=checkptr"}

func TestNothingIsCalledWhileAPointerIsANumber(t *testing.T) {
	if !stackalloc.HasAssembly {
		t.Skip("looks at code for the assembly")
	}
	dir := detours(t)
	out := filepath.Join(t.TempDir(), "out")
	check := func(name string, least int, args ...string) {
		t.Run(name, func(t *testing.T) {
			goCommand(t, dir, slices.Concat([]string{"build", "-o", out}, args)...)
			code := disassemble(t, out)
			forms := 0
			for function, instructions := range code {
				found, ways := detoursIn(t, instructions, "proof.go")
				assert.Empty(t, found, function)
				if ways > 0 && (least == 1 || strings.Contains(function, "user.Use")) {
					forms++
				}
			}
			assert.GreaterOrEqual(t, forms, least, "functions in which a pointer is a number for a moment")
		})
	}
	every := len(calls) + 6
	if testing.Short() {
		check("checkptr", every, "-gcflags=-d=checkptr", "./user")
		return
	}
	for _, flags := range builds {
		if strings.Contains(flags, "spectre") && runtime.GOARCH != "amd64" {
			continue
		}
		check("this package "+flags, every, "-gcflags="+flags, "./user")
		// As all= does, but the standard library stays as it is, unless there is time.
		check("and stackalloc "+flags, every, "-gcflags="+flags, "-gcflags=github.com/stackalloc/stackalloc/...="+flags, "./user")
		if os.Getenv("STACKALLOC_LONG") != "" {
			check("all "+flags, every, "-gcflags=all="+flags, "./user")
		}
	}
	check("coverage", every, "-cover", "-covermode=atomic", ".")
	// Too much is counted for anything of ours to be inlined.
	check("coverage of all", 1, "-cover", "-covermode=atomic", "-coverpkg=./...,github.com/stackalloc/stackalloc/...", ".")
}

// What this test looks for is found in other ways of writing the same.
func TestCallsAreFoundWhileAPointerIsANumber(t *testing.T) {
	if !stackalloc.HasAssembly {
		t.Skip("looks at code for the assembly")
	}
	source, err := os.ReadFile("proof.go")
	require.NoError(t, err)
	for name, ways := range map[string][2]string{
		"a conversion after the number": {
			"	*to = *from\n	runtime.KeepAlive(&q)\n	return q\n",
			"	var x word\n	*(&x) = *from // *to = *from\n	q = *(*unsafe.Pointer)(unsafe.Pointer(&x)) // *to = *from\n	_ = to\n	return q\n",
		},
		"the probe before the callback": {
			"	from := (*uintptr)(unsafe.Pointer(&f))\n	number := *from\n	ran = r(uintptr(probe), n, number, size)\n",
			"	from := uintptr(probe)\n	number := from // number := *from\n	_ = *(*byte)(unsafe.Pointer(&f)) // number := *from\n" +
				"	ran = r(number, n, *(*uintptr)(unsafe.Pointer(&f)), size) // ran = r(\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := detours(t)
			changed := strings.Replace(string(source), ways[0], ways[1], 1)
			require.NotEqual(t, string(source), changed)
			overlaid := filepath.Join(t.TempDir(), "proof.go")
			require.NoError(t, os.WriteFile(overlaid, []byte(changed), 0o666))
			here, err := filepath.Abs("proof.go")
			require.NoError(t, err)
			overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{here: overlaid}})
			require.NoError(t, err)
			file := filepath.Join(dir, "overlay.json")
			require.NoError(t, os.WriteFile(file, overlay, 0o666))
			out := filepath.Join(dir, "out")
			goCommand(t, dir, "build", "-overlay", file, "-gcflags=-d=checkptr", "-o", out, "./user")
			var all []string
			for _, code := range disassemble(t, out) {
				found, _ := detoursIn(t, code, overlaid)
				all = append(all, found...)
			}
			assert.NotEmpty(t, all)
		})
	}
}

// The runtime can move a stack at every call.
func TestBlocksStayWhereTheyAreWhenEveryCallMovesTheStack(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the standard library")
	}
	dir := module(t, map[string]string{"main.go": `package main

import (
	"fmt"
	"unsafe"

	"github.com/stackalloc/stackalloc"
)

type closer struct{ n int }

func (c *closer) Close() error { c.n++; return nil }

type pair struct{ a, b bool }

func main() {
	src := []int32{1, 2, 3}
	for round := range 200 {
		for _, n := range []int{1, 5, 9, 40, 100, 600, 3000} {
			sum := 0
			stackalloc.Do(n, func(s []byte) { s[n-1] = 1; sum += len(s) })
			stackalloc.Do(n, func(s []*int) { s[n-1] = &n; sum += *s[n-1] })
			stackalloc.Do(n, func(s []string) { s[n-1] = "x"; sum += len(s) })
			stackalloc.Do(n, func(s []struct{ a, b, c, d, e *int }) { s[n-1].c = &n; sum += *s[n-1].c })
			stackalloc.Uninit(n, func(s []pair) { s[n-1].a = true; sum += len(s) })
			stackalloc.Uninit(n, func(s []uint64) { s[n-1] = 1; sum += len(s) })
			stackalloc.Fill(n, 1, func(s []int) { sum += len(s) * s[n-1] })
			stackalloc.Init(n, func(i int) int { return i }, func(s []int) { sum += s[n-1] + 1 })
			stackalloc.Collect(n, func(yield func(int) bool) { for yield(1) {} }, func(s []int) { sum += len(s) * s[0] })
			stackalloc.Copy(src, func(s []int32) { sum += int(s[2]) - 3 + n })
			sum += stackalloc.Call(n, func(s []byte) int { return len(s) })
			a, b := stackalloc.Call2(n, func(s []any) (int, int) { s[0] = &n; return len(s), *s[0].(*int) })
			sum += a + b
			for s := range stackalloc.Scope[int16](n) {
				sum += len(s)
			}
			stackalloc.Aligned(n, 256, func(s []byte) { s[n-1] = 1; sum += len(s) })
			stackalloc.Aligned(n, 8, func(s []byte) { s[n-1] = 1; sum += len(s) })
			stackalloc.Aligned(n, 64, func(s []byte) { s[n-1] = 1; sum += len(s) + int(uintptr(unsafe.Pointer(&s[0]))%64) })
			_ = stackalloc.Bounded(n, n, func(s []float64) { s[n-1] = 1; sum += len(s) })
			var c closer
			_ = stackalloc.Closing(n, func(int) (*closer, error) { return &c, nil }, func(s []*closer) error { sum += len(s); return nil })
			sum += c.n
			if sum != 20*n {
				fmt.Println("round", round, "length", n, "sum", sum, "wanted", 20*n)
				return
			}
		}
	}
	fmt.Print("right")
}
`})
	const move = "maymorestack=runtime.mayMoreStackMove"
	for _, flags := range []string{"-d=", "-d=checkptr,", "-N -d=checkptr,", "-l -d="} {
		goCommand(t, dir, "build", "-gcflags=all=-d="+move, "-gcflags=example.com/user="+flags+move, "-o", "out", ".")
		out, err := exec.Command(filepath.Join(dir, "out")).CombinedOutput()
		assert.NoError(t, err, flags)
		assert.Equal(t, "right", string(out), flags)
	}
}
