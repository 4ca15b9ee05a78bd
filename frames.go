package stackalloc

import (
	"runtime"
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/gstack"
)

// Go frames: a variable of fixed size in a function that is not inlined. They
// serve elements with pointers, whose place on the stack the collector must
// know, as far as the assembly has no frames for such elements, and every element
// where there is no assembly. The compiler clears them.

// maxTypedFrame is the size in bytes of the largest frame for elements with
// pointers. The collector scans, and a stack copy adjusts, the whole of it.
const maxTypedFrame = 8 << 10

// maxTyped is the number of elements in the longest Go frame.
const maxTyped = 128

// maxOwn is the size in bytes of the largest block of 8 or 16 elements that
// runPointers has in its own frame. The stack is grown where that does not fit, as
// for any small variable.
const maxOwn = 384

// typed runs f on n elements in a frame that holds an A, an array of at least as
// many.
//
//go:noinline
func typed[T, A any](n int, f func(s []T)) {
	var a A
	f(sliceAt[T](noescape(unsafe.Pointer(&a)), n))
	runtime.KeepAlive(unsafe.Pointer(&a)) // a pointer to an A would need a type at run time
}

// A header is what a slice is. The closures show make theirs of one, since the checks of
// unsafe.Slice would be code at each call.
type header struct {
	data     unsafe.Pointer
	len, cap int
}

// sliceAt is unsafe.Slice without its checks.
func sliceAt[T any](p unsafe.Pointer, n int) []T {
	s := header{p, n, n}
	return *(*[]T)(unsafe.Pointer(&s))
}

// growFrames is the size in bytes of the largest Go frame for which a stack is grown.
const growFrames = 256

// roomFor reports whether the stack has room for a Go frame of size bytes, or the
// frame is small enough to be worth a growth of the stack.
func roomFor(size uintptr) bool {
	return size <= growFrames || size <= maxTypedFrame && hasRoom(size+rungNeed)
}

// hasRoom reports whether the goroutine's stack has size bytes below the caller.
// Where nobody knows, some 2 KiB are taken for free.
func hasRoom(size uintptr) bool {
	if !gstack.Known {
		return size <= 2<<10+rungNeed
	}
	var local byte
	at := uintptr(unsafe.Pointer(&local))
	lo, hi := gstack.Bounds()
	return lo <= at && at < hi && at-lo >= size
}

// onFrame runs f on a Go frame of at least size bytes, at most 1 KiB, for elements
// without pointers. It is the portable trampoline.
func onFrame(size uintptr, f func(b unsafe.Pointer)) {
	switch {
	case size <= 64:
		frame[[64 / 8]uint64](f)
	case size <= 256:
		frame[[256 / 8]uint64](f)
	default:
		frame[[1 << 10 / 8]uint64](f)
	}
}

//go:noinline
func frame[A any](f func(b unsafe.Pointer)) {
	var a A
	f(noescape(unsafe.Pointer(&a)))
	runtime.KeepAlive(unsafe.Pointer(&a))
}
