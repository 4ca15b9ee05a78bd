package stackalloc_test

import (
	"fmt"
	"math"
	"runtime"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/internal/measure"
)

// onRungs calls f with the name and a function for each kind of rung without pointers,
// which calls visit with a block of n bytes.
func onRungs(f func(name string, run func(n int, visit func(at uintptr)))) {
	f("uninit", func(n int, visit func(at uintptr)) {
		stackalloc.Uninit(n, func(s []byte) { visit(onlyOnStack(s)) })
	})
	f("zero", func(n int, visit func(at uintptr)) {
		stackalloc.Do(n, func(s []byte) { visit(onlyOnStack(s)) })
	})
	f("fill", func(n int, visit func(at uintptr)) {
		stackalloc.Fill(n, 1, func(s []byte) { visit(onlyOnStack(s)) })
	})
}

// onlyOnStack returns where s lies, before and after the stack has moved, as two
// addresses by or; or 0 where it is not on the stack.
func onlyOnStack(s []byte) uintptr {
	if !stackalloc.OnStack(s) {
		return 0
	}
	at := addr(s)
	measure.Deepen(8 << 10)
	return at | addr(s)
}

// Aligned hands out such blocks as they are up to an alignment of RungAlign.
func TestBlocksOfRungsAreAligned(t *testing.T) {
	if !stackalloc.HasAssembly || stackalloc.Unoptimized {
		t.Skip("there are no rungs, or nothing is proven in this build")
	}
	growAlways(t)
	check := func(t *testing.T) {
		onRungs(func(name string, run func(n int, visit func(at uintptr))) {
			for _, r := range stackalloc.Ladder {
				for _, n := range []int{r - 1, r, r + 1} {
					if n > stackalloc.MaxRung {
						continue
					}
					for _, deep := range []int{0, 1, 100, 1000} { // at other distances from the stack's top
						aside(func() {
							seen := uintptr(0)
							lower(deep, func() { run(n, func(at uintptr) { seen |= at }) })
							assert.NotZero(t, seen, "%s of %d bytes: not on the stack", name, n)
							assert.Zero(t, seen%stackalloc.RungAlign, "%s of %d bytes", name, n)
						})
					}
				}
			}
		})
	}
	t.Run("this version's", check)
	t.Run("ABI0", func(t *testing.T) {
		defer stackalloc.SetABI0()()
		check(t)
	})
}

// lower calls f below frames of its own.
//
//go:noinline
func lower(frames int, f func()) {
	if frames > 0 {
		lower(frames-1, f)
		return
	}
	f()
}

type (
	three      [3]byte
	fourWords  struct{ a, b, c uint64 }
	withString struct {
		a uint32
		b string
	}
)

func TestAlignedAtTheBordersOfRungs(t *testing.T) {
	t.Run("as it is", testAlignedAll)
	t.Run("on grown stacks", func(t *testing.T) {
		growAlways(t)
		testAlignedAll(t)
	})
	for _, limit := range []int{0, 100, 5000} {
		t.Run(fmt.Sprint("limit ", limit), func(t *testing.T) {
			defer stackalloc.SetLimit(stackalloc.SetLimit(limit))
			testAlignedAll(t)
		})
	}
	t.Run("ABI0", func(t *testing.T) {
		growAlways(t)
		defer stackalloc.SetABI0()()
		testAlignedAll(t)
	})
}

func testAlignedAll(t *testing.T) {
	testAligned[byte](t, 1)
	testAligned[uint16](t, 1)
	testAligned(t, three{2: 1})
	testAligned[uint64](t, 1)
	testAligned(t, fourWords{c: 1})
	testAligned(t, "x")
	testAligned(t, withString{b: "x"})
}

// testAligned has every block filled with v, so that one that is not zeroed is noticed.
func testAligned[T comparable](t *testing.T, v T) {
	size := int(unsafe.Sizeof(v))
	for align := 1; align <= 1024; align *= 2 {
		lengths := []int{0, 1}
		for _, r := range stackalloc.Ladder {
			if testing.Short() && r > 4<<10 && r < 256<<10 {
				continue
			}
			lengths = append(lengths, r/size-1, r/size, r/size+1)
			if shorter := (r - align + stackalloc.RungAlign) / size; shorter > 0 { // what fits with the shift
				lengths = append(lengths, shorter-1, shorter, shorter+1)
			}
		}
		aside(func() {
			for _, n := range lengths {
				ran, ok, aligned := 0, true, true
				stackalloc.Aligned(n, align, func(s []T) {
					ran++
					var zero T
					ok = len(s) == n && cap(s) == n
					for i := range s {
						ok = ok && s[i] == zero
						s[i] = v
					}
					aligned = n == 0 || addr(s)%uintptr(align) == 0
					if n%3 == 0 { // the stack moves
						measure.Deepen(40 << 10)
						aligned = aligned && (n == 0 || addr(s)%uintptr(align) == 0)
					}
					for i := range s {
						ok = ok && s[i] == v
					}
				})
				if ran != 1 || !ok || !aligned {
					t.Errorf("%d elements of %d bytes, align %d: ran %d times, as expected %v, aligned %v", n, size, align, ran, ok, aligned)
				}
			}
		})
		assert.Regexp(t, `^stackalloc: length out of range: -1 is negative`,
			panicOf(func() { stackalloc.Aligned(-1, align, func([]T) { t.Error("the callback ran") }) }))
	}
	for _, align := range []int{0, -64, 48, 2048, 4096} {
		assert.Regexp(t, `^stackalloc: alignment must be a power of two from 1 to 1024: `,
			panicOf(func() { stackalloc.Aligned(100, align, func([]T) { t.Error("the callback ran") }) }))
	}
}

func TestBadAlignmentsPanic(t *testing.T) {
	for _, align := range []int{0, -1, -8, 3, 6, 1025, 2048, math.MinInt, math.MaxInt} {
		assert.Regexp(t, `^stackalloc: alignment must be a power of two from 1 to 1024: `,
			panicOf(func() { stackalloc.Aligned(10, align, func([]byte) { t.Error("the callback ran") }) }))
	}
}

func TestAlignmentIsKeptWhenTheStackMoves(t *testing.T) {
	growAlways(t)
	for align := 1; align <= 1024; align *= 2 {
		for _, n := range []int{1, 5, 100, 3000} {
			aside(func() {
				bad := 0
				check := func(a uintptr) {
					if a%uintptr(align) != 0 {
						bad++
					}
				}
				stackalloc.Aligned(n, align, func(s []uint16) {
					check(addr(s))
					measure.Deepen(1 << 20)
					check(addr(s))
					runtime.GC()
					check(addr(s))
					if len(s) != n || cap(s) != n || s[0] != 0 || s[n-1] != 0 {
						bad++
					}
					s[n-1] = 1
				})
				stackalloc.Aligned(n, align, func(s []string) {
					check(addr(s))
					measure.Deepen(1 << 18)
					check(addr(s))
					s[n-1] = "x"
					if len(s) != n || cap(s) != n {
						bad++
					}
				})
				assert.Zero(t, bad, "align %d, length %d", align, n)
			})
		}
	}
}
