package stackalloc

import (
	"fmt"
	"math"
	"runtime"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"

	"github.com/stackalloc/stackalloc/internal/gstack"
)

// What differs by architecture and must not.

func TestSizesThatOverflowPanicOnEveryWordSize(t *testing.T) {
	never := "ran"
	top := math.MaxInt
	for name, f := range map[string]func(){
		"negative":        func() { Do(-1, func(s []uint64) { panic(never) }) },
		"most negative":   func() { Uninit(math.MinInt, func(s []byte) { panic(never) }) },
		"8 wraps to 0":    func() { Uninit(top/4+1, func(s []uint64) { panic(never) }) },
		"8 wraps to 8":    func() { Uninit(top/4+2, func(s []uint64) { panic(never) }) },
		"wraps to small":  func() { Do(top/16+1, func(s [][32]byte) { panic(never) }) },
		"above MaxInt":    func() { Do(top/2+1, func(s []uint16) { panic(never) }) },
		"odd element":     func() { Uninit(top/3+1, func(s [][3]byte) { panic(never) }) },
		"pointers":        func() { Do(top/4+1, func(s []*int) { panic(never) }) },
		"strings":         func() { Do(top/2, func(s []string) { panic(never) }) },
		"aligned":         func() { Aligned(top-1000, 8, func(s []byte) { panic(never) }) },
		"large element":   func() { Uninit(top/maxElem+1, func(s [][maxElem]byte) { panic(never) }) },
		"very large":      func() { Uninit(top, func(s [][maxElem + 1]byte) { panic(never) }) },
		"fill":            func() { Fill(top/4+1, 1, func(s []uint64) { panic(never) }) },
		"copy of nothing": func() { Copy([]byte(nil), func(s []byte) { panic("stackalloc: " + fmt.Sprint(len(s))) }) },
	} {
		msg := func() (msg any) {
			defer func() { msg = recover() }()
			f()
			return nil
		}()
		s, _ := msg.(string)
		assert.Contains(t, s, "stackalloc: ", name)
	}
}

func TestAtomicsOn64BitValuesInABlock(t *testing.T) {
	type counters struct {
		n atomic.Int64
		u atomic.Uint64
	}
	for _, n := range []int{1, 2, 3, 5, 17, 100, 700, 5000} {
		Do(n, func(s []uint64) {
			assert.Equal(t, uint64(5), atomic.AddUint64(&s[0], 5))
			assert.True(t, atomic.CompareAndSwapUint64(&s[0], 5, 1<<40+1))
			assert.Equal(t, uint64(1<<40+1), atomic.LoadUint64(&s[0]))
		})
		Do(n, func(s []counters) {
			for i := range s {
				s[i].n.Add(-1)
				s[i].u.Store(1 << 50)
			}
			assert.Equal(t, int64(-1), s[n-1].n.Load())
			aligned(t, unsafe.Pointer(&s[n-1]), 8)
		})
	}
}

func TestBlocksHaveTheAlignmentOfTheirElements(t *testing.T) {
	onFreshStacks(func(depth int) {
		for _, n := range []int{1, 3, 9, 33, 129, 1000, 3000} {
			Uninit(n, func(s []uint64) { aligned(t, unsafe.Pointer(&s[0]), unsafe.Alignof(s[0])) })
			Uninit(n, func(s []complex128) { aligned(t, unsafe.Pointer(&s[0]), unsafe.Alignof(s[0])) })
			Uninit(n, func(s []uint32) { aligned(t, unsafe.Pointer(&s[0]), 4) })
			Do(n, func(s []struct {
				p *int
				f float64
			}) {
				aligned(t, unsafe.Pointer(&s[0]), unsafe.Alignof(s[0]))
			})
			Aligned(n, 8, func(s []uint32) { aligned(t, unsafe.Pointer(&s[0]), 8) })
		}
	})
}

func aligned(t *testing.T, p unsafe.Pointer, align uintptr) {
	if uintptr(p)%align != 0 {
		t.Errorf("%#x is not aligned to %d", uintptr(p), align)
	}
}

// Values of all widths keep their bytes in the order of the machine, whatever it is.
func TestNothingDependsOnTheByteOrder(t *testing.T) {
	one := uint16(1)
	little := *(*byte)(unsafe.Pointer(&one)) == 1
	for _, n := range []int{4, 40, 400, 4000, 40_000} {
		Fill(n, uint32(0x01020304), func(s []uint32) {
			b := unsafe.Slice((*byte)(unsafe.Pointer(&s[n-1])), 4)
			want := [4]byte{1, 2, 3, 4}
			if little {
				want = [4]byte{4, 3, 2, 1}
			}
			if [4]byte(b) != want {
				t.Errorf("n=%d: %v", n, b)
			}
		})
		Init(n, func(i int) uint16 { return uint16(i) }, func(s []uint16) {
			if s[n-1] != uint16(n-1) || s[n/2] != uint16(n/2) {
				t.Errorf("n=%d: Init gave %d and %d", n, s[n/2], s[n-1])
			}
		})
	}
}

// Where the bounds are read, OnStack is true of Go frames and false elsewhere.
func TestOnStackAgreesWithTheBuild(t *testing.T) {
	var local [64]byte
	reads := OnStack(local[:])
	t.Logf("%s/%s: %s, OnStack exact: %v", runtime.GOOS, runtime.GOARCH, Implementation(), reads)
	assert.Equal(t, gstack.Known, reads || unoptimized)
	if gstack.Known && maxFrame > 0 && disabled == "" && !unoptimized {
		done := make(chan bool)
		go func() {
			var on bool
			Do(100, func(s []byte) { on = OnStack(s) })
			done <- on
		}()
		assert.True(t, <-done)
	}
}
