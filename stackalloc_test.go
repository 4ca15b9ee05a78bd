package stackalloc_test

import (
	"math"
	"os"
	"os/exec"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/internal/measure"
	"github.com/stackalloc/stackalloc/noalloc"
)

// Every function against a plain make, at every length around a rung's.

func TestFunctionsMatchThePlainModel(t *testing.T) {
	growAlways(t)
	model(t, "byte", func(i int) byte { return byte(i * 7) })
	model(t, "bool", func(i int) bool { return i%3 == 0 })
	model(t, "int32", func(i int) int32 { return int32(i * 70000) })
	model(t, "uint64", func(i int) uint64 { return uint64(i) << 33 })
	model(t, "float64", func(i int) float64 { return float64(i) / 3 })
	model(t, "complex128", func(i int) complex128 { return complex(float64(i), -1) })
	model(t, "string", func(i int) string { return strings.Repeat("s", i%9) })
	model(t, "pointer", func(i int) *int { return &i })
	model(t, "any", func(i int) any { return i })
	model(t, "array", func(i int) [3]byte { return [3]byte{byte(i), 2, byte(i >> 8)} })
	model(t, "five bytes", func(i int) [5]byte { return [5]byte{byte(i), 2, 3, 4, byte(i >> 8)} })
	model(t, "three words", func(i int) [3]int { return [3]int{i, 2, -i} })
	model(t, "five words", func(i int) [5]int { return [5]int{i, 2, 3, 4, -i} })
	model(t, "struct", func(i int) point { return point{int16(i), float32(i), i%2 == 0} })
	model(t, "mixed", func(i int) mixed { return mixed{byte(i), "m", []int{i}[0:1:1][0]} })
	model(t, "empty", func(i int) struct{} { return struct{}{} })
	model(t, "page", func(i int) [4096]byte { return [4096]byte{1: byte(i), 4095: byte(i >> 1)} })
}

type point struct {
	x int16
	y float32
	b bool
}

type mixed struct {
	a byte
	s string
	n int
}

func model[T comparable](t *testing.T, name string, v func(i int) T) {
	t.Run("T="+name, func(t *testing.T) {
		most := 2000
		if name == "byte" || name == "string" {
			most = 1 << 30
		}
		for _, n := range edges() {
			if n > most {
				break
			}
			want := make([]T, n)
			for i := range want {
				want[i] = v(i)
			}
			before := stackalloc.ReadStats()
			modelWritten(t, want, v(5))
			modelZeroed(t, want)
			if after := stackalloc.ReadStats(); n < 1<<20 && !stackalloc.Unoptimized {
				assert.Equal(t, before.Heap, after.Heap, "calls with %d elements are not proven", n)
			}
		}
	})
}

// An outcome is how often a function called its callback, and whether with what it should.
type outcome struct {
	ran int
	ok  bool
}

// check looks at the outcome of a function and prepares for the next one.
func (o *outcome) check(t *testing.T, what string, n int) {
	if !o.ok || o.ran != 1 {
		t.Errorf("%s of %d elements", what, n)
	}
	*o = outcome{}
}

// modelWritten has want, or v, written by the functions that write.
func modelWritten[T comparable](t *testing.T, want []T, v T) {
	n, o := len(want), outcome{}
	same := func(s []T) bool { return slices.Equal(s, want) && cap(s) == n }

	stackalloc.Uninit(n, func(s []T) { o.ran++; copy(s, want); o.ok = same(s) })
	o.check(t, "Uninit", n)
	stackalloc.Fill(n, v, func(s []T) {
		o.ran++
		o.ok = len(s) == n && cap(s) == n
		for i := range s {
			o.ok = o.ok && s[i] == v
		}
		copy(s, want)
	})
	o.check(t, "Fill", n)
	stackalloc.Copy(want, func(s []T) { o.ran++; o.ok = same(s) })
	o.check(t, "Copy", n)
	stackalloc.Init(n, func(i int) T { return want[i] }, func(s []T) { o.ran++; o.ok = same(s) })
	o.check(t, "Init", n)
	stackalloc.Collect(n, slices.Values(want), func(s []T) { o.ran++; o.ok = same(s) })
	o.check(t, "Collect, exact", n)
	stackalloc.Collect(n, func(yield func(T) bool) {
		for yield(v) {
		}
	}, func(s []T) { o.ran++; o.ok = len(s) == n && cap(s) == n })
	o.check(t, "Collect, endless", n)
	stackalloc.Collect(n, slices.Values(want[:n/2]), func(s []T) {
		o.ran++
		o.ok = slices.Equal(s, want[:n/2]) && cap(s) == n/2
	})
	o.check(t, "Collect, short", n)
}

// modelZeroed has the others' blocks spoilt with what is in dirt, for those after them.
func modelZeroed[T comparable](t *testing.T, dirt []T) {
	n, o := len(dirt), outcome{}
	var zero T
	zeroed := func(s []T) bool {
		for i := range s {
			if s[i] != zero {
				return false
			}
		}
		return len(s) == n && cap(s) == n
	}
	spoil := func(s []T) { copy(s, dirt) }

	stackalloc.Do(n, func(s []T) { o.ran++; o.ok = zeroed(s); spoil(s) })
	o.check(t, "Do", n)
	o.ran, o.ok = 1, stackalloc.Call(n, func(s []T) bool { defer spoil(s); return zeroed(s) })
	o.check(t, "Call", n)
	o.ok, o.ran = stackalloc.Call2(n, func(s []T) (bool, int) { defer spoil(s); return zeroed(s), 1 })
	o.check(t, "Call2", n)
	for s := range stackalloc.Scope[T](n) {
		o.ran++
		o.ok = zeroed(s)
		spoil(s)
	}
	o.check(t, "Scope", n)
	for _, align := range []int{1, 16, 64, 128, 1024} {
		stackalloc.Aligned(n, align, func(s []T) {
			o.ran++
			o.ok = zeroed(s) && (n == 0 || unsafe.Sizeof(zero) == 0 || addr(s)%uintptr(align) == 0)
			spoil(s)
		})
		o.check(t, "Aligned", n)
	}
	err := stackalloc.Bounded(n, n, func(s []T) { o.ran++; o.ok = zeroed(s); spoil(s) })
	o.ok = o.ok && err == nil
	o.check(t, "Bounded", n)
}

func TestUninitClearsBoolsAndPointers(t *testing.T) {
	growAlways(t)
	type flags struct {
		n int32
		b [3]bool
	}
	for range 3 {
		for _, n := range []int{1, 20, 40, 500, 3000} {
			bad := 0
			stackalloc.Uninit(n*20, func(s []byte) { pattern(s, 0xff) })
			stackalloc.Uninit(n, func(s []bool) {
				for i := range s {
					if s[i] {
						bad++
					}
				}
			})
			stackalloc.Uninit(n*20, func(s []byte) { pattern(s, 0xff) })
			stackalloc.Uninit(n, func(s []flags) {
				for i := range s {
					if s[i] != (flags{}) {
						bad++
					}
				}
			})
			stackalloc.Uninit(n*20, func(s []byte) { pattern(s, 0xff) })
			stackalloc.Uninit(n, func(s []string) {
				for i := range s {
					if s[i] != "" {
						bad++
					}
				}
			})
			assert.Zero(t, bad)
		}
	}
}

func TestBadLengthsPanicBeforeTheCallback(t *testing.T) {
	never := func() { t.Error("the callback ran") }
	for _, n := range []int{-1, -33, math.MinInt} {
		for name, f := range map[string]func(){
			"Do":      func() { stackalloc.Do(n, func([]byte) { never() }) },
			"Uninit":  func() { stackalloc.Uninit(n, func([]int) { never() }) },
			"Fill":    func() { stackalloc.Fill(n, "x", func([]string) { never() }) },
			"Init":    func() { stackalloc.Init(n, func(int) int { never(); return 0 }, func([]int) { never() }) },
			"Collect": func() { stackalloc.Collect(n, func(func(int) bool) { never() }, func([]int) { never() }) },
			"Call":    func() { stackalloc.Call(n, func([]byte) int { never(); return 0 }) },
			"Call2":   func() { stackalloc.Call2(n, func([]byte) (int, int) { never(); return 0, 0 }) },
			"Scope": func() {
				for range stackalloc.Scope[byte](n) {
					never()
				}
			},
			"Aligned": func() { stackalloc.Aligned(n, 8, func([]byte) { never() }) },
			"Closing": func() {
				_ = stackalloc.Closing(n, func(int) (*os.File, error) { never(); return nil, nil }, func([]*os.File) error { never(); return nil })
			},
			"empty elements": func() { stackalloc.Do(n, func([]struct{}) { never() }) },
			"large elements": func() { stackalloc.Do(n, func([][5 << 20]byte) { never() }) },
		} {
			assert.Regexp(t, `^stackalloc: length out of range: -\d+ is negative`, panicOf(f), "%s(%d)", name, n)
		}
	}
}

func TestOverflowingLengthsPanicBeforeTheCallback(t *testing.T) {
	never := func() { t.Error("the callback ran") }
	const huge = math.MaxInt/8 + 1
	for name, f := range map[string]func(){
		"Do":            func() { stackalloc.Do(huge, func([]uint64) { never() }) },
		"Uninit":        func() { stackalloc.Uninit(huge, func([][8]int8) { never() }) },
		"wrap to zero":  func() { stackalloc.Uninit(1<<(bitsOfInt-20), func([][1 << 20]byte) { never() }) },
		"wrap to small": func() { stackalloc.Uninit(1<<(bitsOfInt-20)+1, func([][1 << 20]byte) { never() }) },
		"pointers":      func() { stackalloc.Do(huge, func([]string) { never() }) },
		"Fill":          func() { stackalloc.Fill(huge, 1.5, func([]float64) { never() }) },
		"Aligned":       func() { stackalloc.Aligned(huge, 64, func([]uint64) { never() }) },
		"Aligned, edge": func() { stackalloc.Aligned(math.MaxInt-10, 64, func([]byte) { never() }) },
	} {
		assert.Regexp(t, `^stackalloc: length out of range: \d+ elements of \d+ bytes overflow`, panicOf(f), name)
	}
}

const bitsOfInt = 32 << (^uint(0) >> 63)

func TestAppendNeverOverruns(t *testing.T) {
	growAlways(t)
	for _, n := range []int{1, 32, 33, 48, 64, 1000} {
		bad := false
		stackalloc.Do(n, func(s []byte) {
			u := append(s, 0xff)
			u[0] = 9
			bad = s[0] != 0 || cap(s) != n
		})
		assert.False(t, bad, "length %d", n)
	}
}

func TestOnStack(t *testing.T) {
	assert.False(t, stackalloc.OnStack[byte](nil))
	assert.False(t, stackalloc.OnStack([]byte{}))
	assert.False(t, stackalloc.OnStack(heapBytes(10)))
	if !stackalloc.HasAssembly {
		t.Skip("cannot be known in this build")
	}
	own, header, others := onStackOfLocals()
	assert.True(t, own)
	assert.True(t, header)
	assert.False(t, others)
}

// onStackOfLocals asks about a local array, about its slice without length, and
// about an array on another goroutine's stack.
//
//go:noinline
func onStackOfLocals() (own, empty, others bool) {
	var local [4]int
	own, empty = stackalloc.OnStack(local[:]), stackalloc.OnStack(local[:0])
	at := make(chan uintptr)
	stop := make(chan bool)
	go func() {
		var theirs [4]int
		at <- addr(theirs[:])
		theirs[<-index] = 1
		stop <- true
	}()
	a := <-at
	others = stackalloc.OnStack(unsafe.Slice(*(**byte)(unsafe.Pointer(&a)), 4))
	index <- 1
	<-stop
	return own, empty, others
}

var index = make(chan int)

//go:noinline
func heapBytes(n int) []byte { return make([]byte, n) }

func TestNothingIsAllocatedInTheSteadyState(t *testing.T) {
	if stackalloc.Unoptimized || stackalloc.RaceDetector {
		t.Skip("nothing is proven in this build, or its pools forget at random")
	}
	// A collection empties the recycled blocks, and a change of thread finds others.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	for _, n := range []int{1, 16, 32, 33, 100, 1000, 10000, 60000, 200000} {
		scopes := func() {
			stackalloc.Uninit(n, func(s []byte) { s[0] = 1 })
			stackalloc.Do(n, func(s []byte) { s[0] = 1 })
			stackalloc.Do(n/16+1, func(s []string) { s[0] = "x" })
			stackalloc.Fill(n, 7, func(s []byte) { s[0] = 1 })
			_ = stackalloc.Call(n, func(s []byte) int { return len(s) })
			for s := range stackalloc.Scope[byte](n) {
				s[0] = 1
			}
			stackalloc.Aligned(n, 256, func(s []byte) { s[0] = 1 })
		}
		assert.Zero(t, testing.AllocsPerRun(100, scopes), "length %d", n)
		if stackalloc.HasAssembly && n <= 100 {
			aside(func() {
				measure.Deepen(32 << 10) // so that nothing has to be recycled
				noalloc.Check(t, scopes, noalloc.WarmUp(3), noalloc.Repeat(3))
			})
		}
	}
}

func TestImportsTheStandardLibraryAlone(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	if err != nil {
		t.Skip("no go command here: ", err)
	}
	for _, path := range strings.Fields(string(out)) {
		assert.True(t, path == "github.com/stackalloc/stackalloc" ||
			strings.HasPrefix(path, "github.com/stackalloc/stackalloc/internal/"), path)
	}
}

func TestLargeBlocksAndElements(t *testing.T) {
	for _, n := range []int{3 << 20, 16 << 20, 16<<20 + 1} {
		for range 2 { // the second one may be recycled, and dirty
			bad := 0
			stackalloc.Do(n, func(s []byte) {
				for i := range s {
					bad += int(s[i])
				}
				if len(s) != n || cap(s) != n {
					bad++
				}
				s[0], s[n-1] = 1, 1
			})
			assert.Zero(t, bad, "length %d", n)
		}
	}
	bad := 0
	stackalloc.Do(3, func(s [][1 << 20]byte) {
		for i := range s {
			bad += int(s[i][0]) + int(s[i][1<<20-1])
		}
		s[2][1<<20-1] = 1
	})
	stackalloc.Do(2, func(s [][5<<20 + 3]byte) {
		bad += int(s[1][5<<20+2])
		s[1][5<<20+2] = 1
	})
	stackalloc.Fill(2, [200 << 10]byte{7: 9}, func(s [][200 << 10]byte) {
		if s[0][7] != 9 || s[1][7] != 9 || s[1][8] != 0 {
			bad++
		}
	})
	stackalloc.Do(math.MaxInt, func(s []struct{}) {
		if len(s) != math.MaxInt {
			bad++
		}
	})
	assert.Zero(t, bad)
}

// A variable of more than 128 KiB is on the heap, even one of which only the size is asked.
func TestLargeElementsAllocateNothing(t *testing.T) {
	if stackalloc.Unoptimized {
		t.Skip("no block is proven")
	}
	type element [200 << 10]byte
	src := make([]element, 1)
	touch := func(s []element) { s[0][len(s[0])-1] = 1 }
	for name, call := range map[string]func(){
		"Do":      func() { stackalloc.Do(1, func(s []element) { touch(s) }) },
		"Uninit":  func() { stackalloc.Uninit(1, func(s []element) { touch(s) }) },
		"Copy":    func() { stackalloc.Copy(src, func(s []element) { touch(s) }) },
		"Aligned": func() { stackalloc.Aligned(1, 64, func(s []element) { touch(s) }) },
		"Bounded": func() { _ = stackalloc.Bounded(1, 1, func(s []element) { touch(s) }) },
	} {
		call() // a recycled block is made once
		assert.Zero(t, testing.AllocsPerRun(20, call), name)
	}
}
