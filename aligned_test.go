package stackalloc_test

import (
	"bytes"
	"fmt"
	"math"
	"runtime"
	"sync/atomic"
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

// What Aligned assumes of every stack, with assembly and without: a variable keeps its place
// modulo the largest alignment when the stack moves, and so does a shift from it.
func TestVariablesKeepTheirAlignmentWhenTheStackMoves(t *testing.T) {
	moved := 0
	for deep := range 200 {
		aside(func() {
			lower(deep, func() {
				var local [3]byte
				before := uintptr(unsafe.Pointer(&local))
				measure.Deepen(40 << 10)
				after := uintptr(unsafe.Pointer(&local))
				if after != before {
					moved++
				}
				if before%1024 != after%1024 {
					t.Errorf("below %d frames: a variable at %#x moved to %#x", deep, before, after)
				}
			})
		})
	}
	assert.NotZero(t, moved, "no stack moved")
}

// Small blocks are in the caller's frame, shifted.
func TestSmallBlocksAreAligned(t *testing.T) {
	testSmallAligned[byte](t, 1)
	testSmallAligned[uint16](t, 1)
	testSmallAligned(t, three{2: 1})
	testSmallAligned[int32](t, 1)
	testSmallAligned[complex128](t, 1)
	testSmallAligned(t, [5]byte{4: 1})
	testSmallAligned(t, fourWords{c: 1})
	testSmallAligned(t, [33]byte{32: 1})
	testSmallAligned(t, struct{}{})
	testSmallAligned(t, true)
	testSmallAligned(t, "x")
	aside(func() { // whose own alignment is more than that of a word on some platforms
		for n := range 6 {
			stackalloc.Aligned(n, 1, func(s []atomic.Int64) {
				for i := range s {
					assert.EqualValues(t, 1, s[i].Add(1), "%d elements", n)
				}
			})
		}
	})
}

// testSmallAligned fills the blocks, and what a call after them may use again, with v.
func testSmallAligned[T comparable](t *testing.T, v T) {
	size := unsafe.Sizeof(v)
	for align := 1; align <= 1024; align *= 2 {
		for n := 0; uintptr(n)*size <= stackalloc.SmallBlock+8 && n <= stackalloc.SmallBlock+8; n++ {
			aside(func() {
				for _, deep := range []int{0, 1, 3} {
					lower(deep, func() {
						ran, ok, off := 0, true, uintptr(0)
						look := func(s []T) {
							var zero T
							ran++
							ok = ok && len(s) == n && cap(s) == n
							if n > 0 && size > 0 {
								off |= addr(s) % uintptr(align)
							}
							for i := range s {
								ok = ok && s[i] == zero
							}
						}
						stackalloc.Aligned(n, align, func(s []T) {
							look(s)
							measure.Deepen(4 << 10 << deep) // the stack moves
							look(s)
							var inner []T
							stackalloc.Aligned(n, align, func(s []T) {
								look(s)
								for i := range s {
									s[i] = v
								}
								inner = s[:0]
							})
							look(s)
							for i := range s {
								s[i] = v
							}
							measure.Deepen(16 << 10 << deep)
							for i := range s {
								ok = ok && s[i] == v
							}
							ok = ok && cap(inner) == n
						})
						if ran != 4 || !ok || off != 0 {
							t.Errorf("%d elements of %d bytes, align %d, below %d frames: ran %d times, as expected %v, %d off",
								n, size, align, deep, ran, ok, off)
						}
					})
				}
			})
		}
	}
}

// A small block costs no allocation, unless its callback lets it go: then it is one that
// the compiler put on the heap, as aligned.
func TestSmallAlignedBlocksAreTheCompilers(t *testing.T) {
	if stackalloc.Unoptimized {
		t.Skip("nothing is proven in this build")
	}
	for _, align := range []int{1, 8, 16, 32, 64} {
		for _, n := range []int{1, 7, 32} {
			assert.Zero(t, testing.AllocsPerRun(100, func() { stackalloc.Aligned(n, align, func(s []byte) { measure.Touch(s) }) }),
				"%d bytes, align %d", n, align)
			var kept [][]byte
			aside(func() {
				for range 100 {
					stackalloc.Aligned(n, align, func(s []byte) {
						assert.False(t, stackalloc.OnStack(s), "%d bytes, align %d", n, align)
						kept = append(kept, s)
					})
				}
			})
			for i, s := range kept {
				assert.Zero(t, addr(s)%uintptr(align), "%d bytes, align %d", n, align)
				for k := range s {
					assert.Zero(t, s[k])
					s[k] = byte(i)
				}
			}
			for i, s := range kept {
				assert.Equal(t, bytes.Repeat([]byte{byte(i)}, n), s)
			}
		}
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
