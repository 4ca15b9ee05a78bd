package stackalloc

import (
	"sync/atomic"
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/recycle"
)

// place runs f on a block of n elements wherever one is to be had, for a call
// that the assembly did not serve: the block has pointers, does not fit, is not
// proven, or there is no assembly. It always returns true, through yes, so that
// no compiler can know.
//
// The callback comes veiled, unproven says that its probe is on the heap, zero
// asks for a zeroed block.
//
//go:noinline
func place[T any](n int, veiled unsafe.Pointer, unproven, zero bool) bool {
	f := unveil[T](veiled)
	var local byte
	p := unsafe.Pointer(&local) // as good as the probe: it lies on the same stack
	if !unproven {
		switch class := knownClass(typeWord(f)); {
		case class == classPointers:
			if placeFew(n, f) {
				return yes
			}
		case class <= classBools:
			if onRung(p, n, veiled, bytes[T](n), zero || class == classBools) {
				return yes
			}
		}
	}
	size := mustSize[T](n)
	switch {
	case size == 0:
		f(make([]T, n)) // costs no memory
	case unproven || off != "":
		onHeap(n, size, f)
	case classOf[T](f) == classPointers:
		placePointers(n, size, f, p)
	default:
		placePlain(n, size, f, veiled, p, zero || classOf[T](f) == classBools)
	}
	return yes
}

// placeFew serves, before all else, a few small elements with pointers, for whose
// frame a stack may as well grow.
func placeFew[T any](n int, f func(s []T)) bool {
	var z T
	const most = 16
	if unsafe.Sizeof(z) > growFrames/most || uint(n-1) >= most ||
		uintptr(n)*unsafe.Sizeof(z) > atomic.LoadUintptr(&control.limit) {
		return false
	}
	switch {
	case n <= 4:
		typed4(n, f)
	case n <= 8:
		typed8(n, f)
	default:
		typed16(n, f)
	}
	return true
}

// yes is true, from memory: were it a constant, a later compiler could drop the
// call that shows it the flow of the block.
var yes = true

// placePlain serves elements without pointers.
func placePlain[T any](n int, size uintptr, f func(s []T), veiled, p unsafe.Pointer, zero bool) {
	if growFor(size) && onRung(p, n, veiled, bytes[T](n), zero) {
		return
	}
	onBlock := func(b unsafe.Pointer) {
		s := unsafe.Slice((*T)(b), n)
		if zero {
			clear(s)
		}
		f(s)
	}
	if cFrames && onCStack(size, onBlock) {
		return
	}
	if size <= plainFrames && size <= atomic.LoadUintptr(&control.limit) && roomFor(p, size) {
		onFrame(size, onBlock)
		return
	}
	if size > recycle.Max {
		onHeap(n, size, f)
		return
	}
	countRecycled()
	stockSpares(size)
	b := recycle.Get(size)
	onBlock(b.Data)
	recycle.Put(b)
}

// placePointers serves elements that the collector must see. The blocks are zero
// in any case.
func placePointers[T any](n int, size uintptr, f func(s []T), p unsafe.Pointer) {
	var z T
	one := unsafe.Sizeof(z)
	switch {
	case size > atomic.LoadUintptr(&control.limit):
	case n <= 4 && roomFor(p, 4*one):
		typed4(n, f)
		return
	case n <= 8 && roomFor(p, 8*one):
		typed8(n, f)
		return
	case n <= 16 && roomFor(p, 16*one):
		typed16(n, f)
		return
	case n <= 32 && roomFor(p, 32*one):
		typed32(n, f)
		return
	case n <= 64 && roomFor(p, 64*one):
		typed64(n, f)
		return
	case n <= 128 && roomFor(p, 128*one):
		typed128(n, f)
		return
	}
	if size > recycle.Max {
		onHeap(n, size, f)
		return
	}
	countRecycled()
	b := recycle.GetSlice[T](n)
	f(b.All[:n:n])
	recycle.PutSlice(b, n)
}

func onHeap[T any](n int, size uintptr, f func(s []T)) {
	countHeap(size)
	f(make([]T, n))
}
