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
// asks for a zeroed block. Calls stand last on their way, so that little has to be
// kept for after them.
//
//go:noinline
func place[T any](n int, veiled unsafe.Pointer, unproven, zero bool) bool {
	f := unveil[T](veiled)
	class := knownClass(typeWord(f))
	if unproven || class > classPointers {
		placeOther[T](n, veiled, unproven, zero)
		return yes
	}
	if class == classPointers {
		// Written out, and without &&, which makes a bool of a load: each call
		// more costs a block of a few elements 1.5 ns.
		var z T
		one := unsafe.Sizeof(z)
		if uint(n-1) < maxTyped {
			if uintptr(n)*one <= atomic.LoadUintptr(&control.limit) {
				switch {
				case n <= 4:
					if roomFor(4 * one) {
						typed4(n, f)
						return yes
					}
				case n <= 8:
					if roomFor(8 * one) {
						typed8(n, f)
						return yes
					}
				case n <= 12:
					if roomFor(12 * one) {
						typed12(n, f)
						return yes
					}
				case n <= 16:
					if roomFor(16 * one) {
						typed16(n, f)
						return yes
					}
				case n <= 24:
					if roomFor(24 * one) {
						typed24(n, f)
						return yes
					}
				case n <= 32:
					if roomFor(32 * one) {
						typed32(n, f)
						return yes
					}
				case n <= 48:
					if roomFor(48 * one) {
						typed48(n, f)
						return yes
					}
				case n <= 64:
					if roomFor(64 * one) {
						typed64(n, f)
						return yes
					}
				case n <= 80:
					if roomFor(80 * one) {
						typed80(n, f)
						return yes
					}
				case n <= 96:
					if roomFor(96 * one) {
						typed96(n, f)
						return yes
					}
				case n <= 112:
					if roomFor(112 * one) {
						typed112(n, f)
						return yes
					}
				case n <= 128:
					if roomFor(128 * one) {
						typed128(n, f)
						return yes
					}
				}
			}
		}
		recyclePointers(n, f)
		return yes
	}
	zero = zero || class == classBools
	if haveRungs {
		var local byte // as good as the probe: it lies on the same stack
		table := &rungs
		if zero {
			table = &zeroRungs
		}
		if i, size := rungOf[T](n); table[i](hide(unsafe.Pointer(&local)), n, veiled, size) {
			return yes
		}
	}
	recyclePlain[T](n, veiled, zero)
	return yes
}

// placeOther serves what has no proof, and learns what a T is that was not known.
func placeOther[T any](n int, veiled unsafe.Pointer, unproven, zero bool) {
	f := unveil[T](veiled)
	switch size := mustSize[T](n); {
	case size == 0:
		f(make([]T, n)) // costs no memory
		return
	case unproven || off != "":
		onHeap(n, size, f)
		return
	}
	switch class := classOf[T](f); {
	case class == knownClass(typeWord(f)):
		place[T](n, veiled, unproven, zero)
	case class == classPointers: // another type has this one's entry
		recyclePointers(n, f)
	default:
		zero = zero || class == classBools
		var local byte
		if !onRung(unsafe.Pointer(&local), n, veiled, bytes[T](n), zero) {
			recyclePlain[T](n, veiled, zero)
		}
	}
}

// yes is true, from memory: were it a constant, a later compiler could drop the
// call that shows it the flow of the block.
var yes = true

// recyclePlain serves elements without pointers that no rung takes, unless the
// stack is to grow for them.
func recyclePlain[T any](n int, veiled unsafe.Pointer, zero bool) {
	f := unveil[T](veiled)
	size := mustSize[T](n)
	switch {
	case size == 0:
		f(make([]T, n))
		return
	case off != "":
		onHeap(n, size, f)
		return
	case growFor(size):
		var local byte
		if onRung(unsafe.Pointer(&local), n, veiled, bytes[T](n), zero) {
			return
		}
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
