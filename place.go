package stackalloc

import (
	"runtime"
	"sync/atomic"
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/class"
	"github.com/stackalloc/stackalloc/internal/recycle"
)

// placePlain and placePointers run f on a block of n elements wherever one is to
// be had, for a call that no rung served: the block has pointers, does not fit, is
// not proven, or there is no assembly. They always return true, through yes, so
// that no compiler can know.
//
// The callback comes hidden and the probe hidden, zero asks for a zeroed block. The
// calls below stand last on their way, so that little has to be kept for after
// them.
//
//go:noinline
func placePlain[T any](n int, hidden unsafe.Pointer, probe uintptr, zero bool) bool {
	f := callback[T](hidden)
	if probe == uintptr(probeHeap) {
		onHeap(n, f)
		return yes
	}
	if !zero && !plain[T]() && !seenPlain[T]() {
		// The call did not know which rung to take.
		zero = class.Of(f) != class.Plain
		var local byte
		if haveRungs && onRung(unsafe.Pointer(&local), n, hidden, bytes[T](n), zero) {
			return yes
		}
	}
	recyclePlain[T](n, hidden, zero)
	return yes
}

// placeZeroed is whichever of the two T asks for.
//
//go:noinline
func placeZeroed[T any](n int, hidden unsafe.Pointer, probe uintptr) bool {
	if pointerFree[T]() {
		return placePlain[T](n, hidden, probe, true)
	}
	return placePointers[T](n, hidden, probe)
}

// placePointers serves elements that the collector must see. Short blocks are
// variables of its own: a frame of another function costs them 1.5 ns more, and a
// rung 4. So would a bool of a comparison, where && stood for the nested
// conditions.
//
//go:noinline
func placePointers[T any](n int, hidden unsafe.Pointer, probe uintptr) bool {
	f := callback[T](hidden)
	if probe == uintptr(probeHeap) {
		onHeap(n, f)
		return yes
	}
	var z T
	one := unsafe.Sizeof(z)
	if 8*one <= maxOwn && uint(n-1) < 8 {
		if uintptr(n)*one <= atomic.LoadUintptr(&control.limit) {
			var b [8]T
			f((*[8]T)(noescape(unsafe.Pointer(&b)))[:n:n])
			runtime.KeepAlive(&b)
			return yes
		}
	} else if 16*one <= maxOwn && uint(n-1) < 16 {
		if uintptr(n)*one <= atomic.LoadUintptr(&control.limit) {
			var b [16]T
			f((*[16]T)(noescape(unsafe.Pointer(&b)))[:n:n])
			runtime.KeepAlive(&b)
			return yes
		}
	} else if words := firstWord[T](); haveRungs && words > 0 {
		var local byte // as good as the probe: it lies on the same stack
		if i, size := rungOf[T](n); pointerRungs[words-1][i](uintptr(unsafe.Pointer(&local)), n, uintptr(hidden), size) {
			return yes
		}
	}
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

// yes is true, from memory: were it a constant, a later compiler could drop the
// call that shows it the flow of the block.
var yes = true

// recyclePlain serves elements without pointers that no rung takes, unless the
// stack is to grow for them.
func recyclePlain[T any](n int, hidden unsafe.Pointer, zero bool) {
	f := callback[T](hidden)
	size := mustSize[T](n)
	switch {
	case size == 0 || off != "":
		onHeap(n, f)
		return
	case growFor(size):
		var local byte
		if onRung(unsafe.Pointer(&local), n, hidden, bytes[T](n), zero) {
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
		onHeap(n, f)
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
	case size == 0 || off != "" || size > recycle.Max:
		onHeap(n, f)
	default:
		if size <= maxTypedFrame && (n <= maxTyped || haveRungs && firstWord[T]() > 0) {
			countMiss()
			growFor(min(2*size, maxTypedFrame)) // for the calls after this one
		}
		countRecycled()
		b := recycle.GetSlice[T](n)
		f(b.All[:n:n])
		recycle.PutSlice(b, n)
	}
}

// onHeap runs f on a slice as make makes it.
func onHeap[T any](n int, f func(s []T)) {
	if size := mustSize[T](n); size > 0 {
		countHeap(size)
	}
	f(make([]T, n))
}
