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
// Up to an alignment of 64 the cost on amd64 is about that of [Do], and above it a few
// nanoseconds more, and a block longer by up to align bytes is cleared. Elements with
// pointers take a block of at least 32 KiB, recycled where the call is proven.
func Aligned[T any](n, align int, f func(s []T)) {
	inline(func() {
		for {
			byRung := isAlignment(align, rungAlign)
			if byRung && !exceedsFrame[T](n) && pointerFree[T]() {
				var room alignedRoom
				p := unsafe.Pointer(&room)
				block := header{unsafe.Add(p, -uintptr(p)&(uintptr(align-1)|(unsafe.Alignof(*new(T))-1))), n, n}
				f(*(*[]T)(unsafe.Pointer(&block)))
				return
			}
			var probe [0]T
			p := unsafe.Pointer(&probe)
			if haveRungs && byRung && pointerFree[T]() {
				if i, size := rungOf[T](n); onRung(zeroRungs[i], p, n, f, size) {
					return
				}
			}
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

// alignedRoom is what a small block in the caller's own frame lies in, the shift included,
// for which words of the platform's own alignment, as little as 4, leave room enough. The
// distance from a stack's top stays when it moves, and so does the shift. Where f lets the
// block go, the compiler has the room on the heap, as it has a make's.
type alignedRoom [(smallBlock + rungAlign) / 8]uint64

// isAlignment reports whether align is a power of two from 1 to most. It is a constant
// where align is. Asked before pointerFree, it keeps the compiler, in builds for fuzzing,
// from a load of the callback where detour_test.go takes it for a number.
func isAlignment(align, most int) bool { return uint(align-1) < uint(most) && align&(align-1) == 0 }

// runAligned runs f as Aligned does, where a rung's block is not aligned anyway, or was
// not to be had: a closure shifts it. The closure knows no T, which would have to be looked
// up in code for all types: to code that only passes it on a slice is three words.
// Size and free, whether T has no pointers, are constants where Aligned is called.
//
//go:noinline
func runAligned[T any](n, align int, hidden unsafe.Pointer, size uintptr, free bool, probe uintptr) bool {
	if haveRungs && free && align > rungAlign && isAlignment(align, maxAlign) && probe != uintptr(probeHeap) &&
		uintptr(n)-1 < size && size <= maxRung { // so that n*size did not wrap
		f := callback[byte](hidden)
		g := func(raw []byte) { f(sliceAt[byte](firstAligned(raw, align), n)) }
		total := size + uintptr(align) - rungAlign
		var local byte // as good as the probe: it lies on the same stack
		if onAnyRung(unsafe.Pointer(&local), int(total), noescapeFunc(g), total, true) {
			runtime.KeepAlive(g) // which noescapeFunc hid
			return always
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
	if !isAlignment(align, maxAlign) {
		panic("stackalloc: alignment must be a power of two from 1 to 1024: " + strconv.Itoa(align))
	}
	size := mustFit[T](n, maxAlign)
	switch {
	case size == 0 || uintptr(align) <= unsafe.Alignof(*new(T)):
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
	m := max(n, int(pageObject/unsafe.Sizeof(*new(T)))+1)
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
