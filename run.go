package stackalloc

import (
	"runtime"
	"sync/atomic"
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/element"
	"github.com/stackalloc/stackalloc/internal/recycle"
)

// runPointerFree and runPointers run f on a block of n elements wherever one is to
// be had, for a call that no rung served: the block has pointers, does not fit, is
// not proven, or there is no assembly. They return true, through always, so that no
// compiler can know.
//
// The callback comes hidden from escape analysis, and the probe as a number, good to be
// compared with probeHeap alone; zero asks for a zeroed block. The calls below stand
// last on their way, so that little has to be kept for after them.
//
//go:noinline
func runPointerFree[T any](n int, hidden unsafe.Pointer, probe uintptr, zero bool) bool {
	f := callback[T](hidden)
	if probe == uintptr(probeHeap) {
		onHeap(n, f)
		return always
	}
	if !zero && (abi0 || !anyBits[T]() && !seenAnyBits[T]()) {
		// The call did not know which rung to take, or had none: with ABI0 no rung fills.
		zero = element.Of(f) != element.AnyBits
		var local byte
		if haveRungs && onAnyRung(unsafe.Pointer(&local), n, hidden, sizeOf[T](n), zero) {
			return always
		}
	}
	recyclePointerFree[T](n, hidden, zero)
	return always
}

// run is all that a public function does for zeroed elements, the rung included, in
// one call. It is less code at the call and slower, so that only those take it whose
// callers wait for other things.
//
//go:noinline
func run[T any](n int, hidden unsafe.Pointer, probe uintptr) bool {
	var local byte // as good as the probe: it lies on the same stack
	if haveRungs && pointerFree[T]() && probe != uintptr(probeHeap) &&
		onAnyRung(unsafe.Pointer(&local), n, hidden, sizeOf[T](n), true) {
		return always
	}
	return runEither[T](n, hidden, probe, true)
}

// runEither is whichever of the two T asks for.
//
//go:noinline
func runEither[T any](n int, hidden unsafe.Pointer, probe uintptr, zero bool) bool {
	if pointerFree[T]() {
		return runPointerFree[T](n, hidden, probe, zero)
	}
	return runPointers[T](n, hidden, probe)
}

// runPointers serves elements that the collector must see. Short blocks are
// variables of its own: a frame of another function costs them 1.5 ns more, and a
// rung 4. So would a bool of a comparison, where && stood for the nested
// conditions. For the same reason it is one function, long as it is, and Do asks for
// the rung of more elements itself.
//
//go:noinline
func runPointers[T any](n int, hidden unsafe.Pointer, probe uintptr) bool {
	f := callback[T](hidden)
	if probe == uintptr(probeHeap) {
		onHeap(n, f)
		return always
	}
	one := unsafe.Sizeof(*new(T))
	if 8*one <= maxOwn && uint(n-1) < 8 {
		if uintptr(n)*one <= atomic.LoadUintptr(&control.limit) {
			var b [8]T
			f(sliceAt[T](noescape(unsafe.Pointer(&b)), n))
			runtime.KeepAlive(unsafe.Pointer(&b))
			return always
		}
	} else if 16*one <= maxOwn && uint(n-1) < 16 {
		if uintptr(n)*one <= atomic.LoadUintptr(&control.limit) {
			var b [16]T
			f(sliceAt[T](noescape(unsafe.Pointer(&b)), n))
			runtime.KeepAlive(unsafe.Pointer(&b))
			return always
		}
	} else if words := firstWord[T](); haveRungs && words > 0 {
		var local byte // as good as the probe: it lies on the same stack
		if i, size := rungOf[T](n); onRungHidden(pointerRungs[words-1][i], unsafe.Pointer(&local), n, hidden, size) {
			return always
		}
	}
	if uint(n-1) < maxTyped {
		if uintptr(n)*one <= atomic.LoadUintptr(&control.limit) {
			switch {
			case n <= 4:
				if roomFor(4 * one) {
					typed[T, [4]T](n, f)
					return always
				}
			case n <= 8:
				if roomFor(8 * one) {
					typed[T, [8]T](n, f)
					return always
				}
			case n <= 12:
				if roomFor(12 * one) {
					typed[T, [12]T](n, f)
					return always
				}
			case n <= 16:
				if roomFor(16 * one) {
					typed[T, [16]T](n, f)
					return always
				}
			case n <= 24:
				if roomFor(24 * one) {
					typed[T, [24]T](n, f)
					return always
				}
			case n <= 32:
				if roomFor(32 * one) {
					typed[T, [32]T](n, f)
					return always
				}
			case n <= 48:
				if roomFor(48 * one) {
					typed[T, [48]T](n, f)
					return always
				}
			case n <= 64:
				if roomFor(64 * one) {
					typed[T, [64]T](n, f)
					return always
				}
			case n <= 80:
				if roomFor(80 * one) {
					typed[T, [80]T](n, f)
					return always
				}
			case n <= 96:
				if roomFor(96 * one) {
					typed[T, [96]T](n, f)
					return always
				}
			case n <= 112:
				if roomFor(112 * one) {
					typed[T, [112]T](n, f)
					return always
				}
			case n <= 128:
				if roomFor(128 * one) {
					typed[T, [128]T](n, f)
					return always
				}
			}
		}
	}
	recyclePointers(n, f)
	return always
}

// recyclePointerFree serves elements without pointers that no rung takes, unless the
// stack is to grow for them.
func recyclePointerFree[T any](n int, hidden unsafe.Pointer, zero bool) {
	f := callback[T](hidden)
	size := mustSize[T](n)
	switch {
	case size == 0 || disabled != "":
		onHeap(n, f)
		return
	case growFor(size):
		var local byte
		if onAnyRung(unsafe.Pointer(&local), n, hidden, sizeOf[T](n), zero) {
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
	if size <= maxFrame && size <= atomic.LoadUintptr(&control.limit) && roomFor(size) {
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
	case size == 0 || disabled != "" || size > recycle.Max:
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
