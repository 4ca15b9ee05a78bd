package stackalloc

import (
	"sync/atomic"
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/recycle"
)

// place runs f on a block of n elements wherever one is to be had, for a call
// that no rung served: the block has pointers or is of a type not known when the
// call was compiled, does not fit, is not proven, or there is no assembly. It
// always returns true, through yes, so that no compiler can know.
//
// The callback comes veiled, unproven says that its probe is on the heap, zero
// asks for a zeroed block. What is frequent stands first, in calls with nothing
// after them, so that nothing is kept for later.
//
//go:noinline
func place[T any](n int, veiled unsafe.Pointer, unproven, zero bool) bool {
	f := unveil[T](veiled)
	if unproven || knownClass(typeWord(f)) != classPointers {
		placeOther[T](n, veiled, unproven, zero)
	} else {
		placePointers(n, f)
	}
	return yes
}

// placeOther is place for what is not known to have pointers.
func placeOther[T any](n int, veiled unsafe.Pointer, unproven, zero bool) {
	f := unveil[T](veiled)
	var local byte
	p := unsafe.Pointer(&local) // as good as the probe: it lies on the same stack
	class := knownClass(typeWord(f))
	if !unproven && class <= classBools && onRung(p, n, veiled, bytes[T](n), zero || class == classBools) {
		return
	}
	size := mustSize[T](n)
	class = classOf[T](f)
	switch {
	case size == 0:
		f(make([]T, n)) // costs no memory
	case unproven || off != "":
		onHeap(n, size, f)
	case class == classPointers:
		placePointers(n, f)
	default:
		placePlain(n, size, f, veiled, p, zero || class == classBools)
	}
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
	if size <= plainFrames && size <= atomic.LoadUintptr(&control.limit) && roomFor(size) {
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

// recyclePointers serves elements that the collector must see and that have no Go
// frame. The blocks are zero in any case.
func recyclePointers[T any](n int, f func(s []T)) {
	size := mustSize[T](n)
	switch {
	case size == 0:
		f(make([]T, n))
	case off != "" || size > recycle.Max:
		onHeap(n, size, f)
	default:
		if n <= maxTyped && size <= maxTypedFrame {
			countMiss()
			growFor(min(2*size, maxTypedFrame)) // for the calls after this one
		}
		countRecycled()
		b := recycle.GetSlice[T](n)
		f(b.All[:n:n])
		recycle.PutSlice(b, n)
	}
}

func onHeap[T any](n int, size uintptr, f func(s []T)) {
	countHeap(size)
	f(make([]T, n))
}
