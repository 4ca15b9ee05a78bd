package noalloc_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/noalloc"
	"github.com/stackalloc/stackalloc/scratch"
)

//go:noinline
func aFunctionWithALongNameSuchAsGeneratedCodeHasThemInPlenty_AndMoreOfIt(n int, f func()) {
	if n == 0 {
		f()
		return
	}
	anotherFunctionWithALongName(n-1, f)
}

//go:noinline
func anotherFunctionWithALongName(n int, f func()) {
	aFunctionWithALongNameSuchAsGeneratedCodeHasThemInPlenty_AndMoreOfIt(n, f)
}

// checkLines fails for lines of 160 characters and more.
func checkLines(t *testing.T, msg string) {
	t.Helper()
	assert.NotEmpty(t, msg, "nothing is printed: the test shows nothing")
	for line := range strings.SplitSeq(msg, "\n") {
		assert.Less(t, utf8.RuneCountInString(line), 160, "characters of the line %s", line)
	}
}

func TestLinesAreShort(t *testing.T) {
	for _, n := range []int{0, 1, 3, 10, 30, 100, 200} {
		f := func() {
			aFunctionWithALongNameSuchAsGeneratedCodeHasThemInPlenty_AndMoreOfIt(n, func() {
				allocate(1)
				sinkString = strings.Repeat(word, three)
				allocateBytes(5)
				noalloc.Allow(func() { allocate(1) })
			})
		}
		checkLines(t, check(f, noalloc.MaxObjects(0), noalloc.MaxBytes(1)))
		r := noalloc.Measure(f)
		checkLines(t, r.String())
	}
	for _, s := range corpus {
		if s.allocs && s.setup == nil {
			if r := noalloc.MeasureWith(s.f, noalloc.Repeat(s.attempts())); r.Objects > 0 {
				checkLines(t, r.String())
			}
		}
	}
}

// Of a long way the two ends are printed.
func TestLongWaysAreCutInTheMiddle(t *testing.T) {
	msg := check(func() {
		aFunctionWithALongNameSuchAsGeneratedCodeHasThemInPlenty_AndMoreOfIt(15, func() { allocate(1) })
	})
	for _, want := range []string{
		"\n\tnoalloc_test.allocate (noalloc_test.go:",
		", called by noalloc_test.TestLongWaysAreCutInTheMiddle.func1.1 (lines_test.go:",
		"← … ← noalloc_test.TestLongWaysAreCutInTheMiddle.func1 (lines_test.go:",
	} {
		assert.Contains(t, msg, want, "%q is missing: %s", want, msg)
	}
	assert.LessOrEqual(t, strings.Count(msg, "\n"), 3, "lines of one site: %s", msg)
}

// What the library does on the way from a call of it to the callback, in Go and
// in assembly, is not printed; that it was called is.
func TestLibraryFramesAreNotPrinted(t *testing.T) {
	if !optimised {
		t.Skip("nothing is proven without optimisation")
	}
	keep := func(s []byte) { sinkBytes = s }
	for name, f := range map[string]func(){
		"in a callback":   func() { stackalloc.Do(500, func(s []byte) { sinkNode2(new(node)); s[0] = 1 }) },
		"in one of Call":  func() { sinkInt = stackalloc.Call(500, func(s []byte) int { sinkNode2(new(node)); return len(s) }) },
		"with pointers":   func() { stackalloc.Do(50, func(s []string) { sinkNode2(new(node)); s[0] = "x" }) },
		"in scratch":      func() { scratch.Do(500, func(s []byte) { sinkNode2(new(node)); s[0] = 1 }) },
		"large, recycled": func() { stackalloc.Uninit(150_000, func(s []byte) { sinkNode2(new(node)); s[0] = 1 }) },
		"not proven":      func() { stackalloc.Do(500, keep) },
	} {
		r := noalloc.Measure(f)
		if r.Objects != 1 || len(r.Sites) != 1 {
			t.Errorf("%s: %v", name, r)
			continue
		}
		s := r.Sites[0]
		assert.True(t, strings.HasSuffix(s.File, "lines_test.go"), "%s: the site is not the user's: %v", name, s)
		for _, f := range s.Chain {
			function := f.Func[strings.LastIndexByte(f.Func, '/')+1:]
			if strings.HasSuffix(f.File, "lines_test.go") || strings.HasPrefix(function, "runtime.") ||
				strings.HasPrefix(function, "stackalloc.Do[") || strings.HasPrefix(function, "stackalloc.Call[") ||
				strings.HasPrefix(function, "stackalloc.Uninit[") || strings.HasPrefix(function, "scratch.Do[") ||
				strings.HasSuffix(f.File, "noalloc_test.go") {
				continue
			}
			t.Errorf("%s: %s (%s) is printed", name, f.Func, f.File)
		}
		checkLines(t, r.String())
	}
}
