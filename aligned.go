package stackalloc

import (
	"runtime"
	"strconv"
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/recycle"
)

const (
	// maxAlign is the largest alignment in bytes that is sure to survive when the
	// stack moves: stacks are powers of two of at least 2 KiB, aligned to 2 KiB
	// or more, and a block keeps its distance from the top.
	maxAlign = 1024

	// pageObject is the size from which the runtime places an object at the
	// start of a page, also one with pointers.
	pageObject = 32<<10 + 1
)

// Aligned calls f with n zeroed elements, the first at a multiple of align bytes,
// which stays one when the stack moves. It panics unless align is a power of two
// from 1 to 1024. A zero-sized T, or n = 0, has no address to align.
//
// Up to an alignment of 64 the cost on amd64 is that of [Do] and a few nanoseconds, and
// above it more: a block that is longer by up to align bytes is cleared. Elements with
// pointers take a block of at least 32 KiB, recycled where the call is proven.
func Aligned[T any](n, align int, f func(s []T)) {
	inline(func() {
		for {
			var probe [0]T
			p := unsafe.Pointer(&probe)
			if runAligned[T](n, align, noescapeFunc(f), sizeOf[T](n), pointerFree[T](), uintptr(p)) {
				return
			}
			show := func(p unsafe.Pointer, n int) {
				block := header{p, n, n}
				f(*(*[]T)(unsafe.Pointer(&block)))
				if !always {
					recover()
				}
			}
			show(p, n)
			return
		}
	})
}

// rungAlign is the alignment in bytes of every block of a rung for elements without
// pointers, and of every spare block: a cache line's.
const rungAlign = 64

// runAligned runs f as Aligned does. A rung's block that is aligned anyway goes to f as
// it is; above, a closure shifts it. The closure knows no T, which would have to be looked
// up in code for all types: to code that only passes it on a slice is three words.
// Size and free, whether T has no pointers, are constants where Aligned is called.
//
//go:noinline
func runAligned[T any](n, align int, hidden unsafe.Pointer, size uintptr, free bool, probe uintptr) bool {
	if haveRungs && free && uint(align-1) < maxAlign && align&(align-1) == 0 && probe != uintptr(probeHeap) &&
		uintptr(n)-1 < size && size <= maxRung { // so that n*size did not wrap
		var local byte // as good as the probe: it lies on the same stack
		if align <= rungAlign {
			if onAnyRung(unsafe.Pointer(&local), n, hidden, size, true) {
				return always
			}
		} else {
			f := callback[byte](hidden)
			g := func(raw []byte) { f(sliceAt[byte](firstAligned(raw, align), n)) }
			total := size + uintptr(align) - rungAlign
			if onAnyRung(unsafe.Pointer(&local), int(total), noescapeFunc(g), total, true) {
				runtime.KeepAlive(g) // which noescapeFunc hid
				return always
			}
		}
	}
	return alignedElsewhere[T](n, align, hidden, probe)
}

// firstAligned returns the first multiple of align in raw. The closures that call it are
// written out where they are hidden: a function that returned one would have it on
// the heap where it is not inlined, with a callback that is on the stack.
func firstAligned(raw []byte, align int) unsafe.Pointer {
	b := unsafe.Pointer(unsafe.SliceData(raw))
	return unsafe.Add(b, -uintptr(b)&uintptr(align-1))
}

// alignedElsewhere serves what no rung did, where blocks have no alignment but that of
// their elements.
//
//go:noinline
func alignedElsewhere[T any](n, align int, hidden unsafe.Pointer, probe uintptr) bool {
	f := callback[T](hidden)
	if align < 1 || align > maxAlign || align&(align-1) != 0 {
		panic("stackalloc: alignment must be a power of two from 1 to 1024: " + strconv.Itoa(align))
	}
	size := mustFit[T](n, maxAlign)
	var z T
	switch {
	case size == 0 || uintptr(align) <= unsafe.Alignof(z):
		runEither[T](n, hidden, probe, true)
	case disabled != "" || !pointerFree[T]():
		alignedPointers(n, size, f, probe == uintptr(probeHeap))
	default:
		// Bytes around it leave room for the shift. They are cleared with it.
		g := func(raw []byte) { f(sliceAt[T](firstAligned(raw, align), n)) }
		runPointerFree[byte](int(size)+align-1, noescapeFunc(g), probe, true)
		runtime.KeepAlive(g) // which noescapeFunc hid
	}
	return always
}

// alignedPointers serves elements with pointers: their words must lie where the
// collector expects them in an object of their type, so the object itself has to
// be aligned, as those of pageObject bytes are.
func alignedPointers[T any](n int, size uintptr, f func(s []T), unproven bool) {
	var z T
	m := max(n, int(pageObject/unsafe.Sizeof(z))+1)
	if unproven || disabled != "" || size > recycle.Max {
		countHeap(size)
		f(make([]T, m)[:n:n])
		return
	}
	countRecycled()
	b := recycle.GetSlice[T](m)
	f(b.All[:n:n])
	recycle.PutSlice(b, n)
}
