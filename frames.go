package stackalloc

import (
	"runtime"
	"unsafe"
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
// placePointers has in its own frame. The stack is grown where that does not fit, as
// for any small variable.
const maxOwn = 384

//go:noinline
func typed4[T any](n int, f func(s []T)) {
	var b [4]T
	f((*[4]T)(noescape(unsafe.Pointer(&b)))[:n:n])
	runtime.KeepAlive(&b)
}

//go:noinline
func typed8[T any](n int, f func(s []T)) {
	var b [8]T
	f((*[8]T)(noescape(unsafe.Pointer(&b)))[:n:n])
	runtime.KeepAlive(&b)
}

//go:noinline
func typed12[T any](n int, f func(s []T)) {
	var b [12]T
	f((*[12]T)(noescape(unsafe.Pointer(&b)))[:n:n])
	runtime.KeepAlive(&b)
}

//go:noinline
func typed16[T any](n int, f func(s []T)) {
	var b [16]T
	f((*[16]T)(noescape(unsafe.Pointer(&b)))[:n:n])
	runtime.KeepAlive(&b)
}

//go:noinline
func typed24[T any](n int, f func(s []T)) {
	var b [24]T
	f((*[24]T)(noescape(unsafe.Pointer(&b)))[:n:n])
	runtime.KeepAlive(&b)
}

//go:noinline
func typed32[T any](n int, f func(s []T)) {
	var b [32]T
	f((*[32]T)(noescape(unsafe.Pointer(&b)))[:n:n])
	runtime.KeepAlive(&b)
}

//go:noinline
func typed48[T any](n int, f func(s []T)) {
	var b [48]T
	f((*[48]T)(noescape(unsafe.Pointer(&b)))[:n:n])
	runtime.KeepAlive(&b)
}

//go:noinline
func typed64[T any](n int, f func(s []T)) {
	var b [64]T
	f((*[64]T)(noescape(unsafe.Pointer(&b)))[:n:n])
	runtime.KeepAlive(&b)
}

//go:noinline
func typed80[T any](n int, f func(s []T)) {
	var b [80]T
	f((*[80]T)(noescape(unsafe.Pointer(&b)))[:n:n])
	runtime.KeepAlive(&b)
}

//go:noinline
func typed96[T any](n int, f func(s []T)) {
	var b [96]T
	f((*[96]T)(noescape(unsafe.Pointer(&b)))[:n:n])
	runtime.KeepAlive(&b)
}

//go:noinline
func typed112[T any](n int, f func(s []T)) {
	var b [112]T
	f((*[112]T)(noescape(unsafe.Pointer(&b)))[:n:n])
	runtime.KeepAlive(&b)
}

//go:noinline
func typed128[T any](n int, f func(s []T)) {
	var b [128]T
	f((*[128]T)(noescape(unsafe.Pointer(&b)))[:n:n])
	runtime.KeepAlive(&b)
}

// onFrame runs f on a Go frame of at least size bytes, at most plainFrames,
// without pointers. It is the portable trampoline.
func onFrame(size uintptr, f func(b unsafe.Pointer)) {
	switch {
	case size <= 64:
		frame64(f)
	case size <= 256:
		frame256(f)
	case size <= 1<<10:
		frame1K(f)
	default:
		frame4K(f)
	}
}

//go:noinline
func frame64(f func(b unsafe.Pointer)) {
	var b [64 / 8]uint64
	f(noescape(unsafe.Pointer(&b)))
	runtime.KeepAlive(&b)
}

//go:noinline
func frame256(f func(b unsafe.Pointer)) {
	var b [256 / 8]uint64
	f(noescape(unsafe.Pointer(&b)))
	runtime.KeepAlive(&b)
}

//go:noinline
func frame1K(f func(b unsafe.Pointer)) {
	var b [1024 / 8]uint64
	f(noescape(unsafe.Pointer(&b)))
	runtime.KeepAlive(&b)
}

//go:noinline
func frame4K(f func(b unsafe.Pointer)) {
	var b [4096 / 8]uint64
	f(noescape(unsafe.Pointer(&b)))
	runtime.KeepAlive(&b)
}
