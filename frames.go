package stackalloc

import (
	"runtime"
	"unsafe"
)

// Go frames: a variable of fixed size in a function that is not inlined. They
// serve elements with pointers, whose place on the stack the collector must
// know, and every element where there is no assembly. The compiler clears them.

// hide returns p, unseen by escape analysis: a frame's block is handed to a
// callback that is unknown here and was proven at the call.
//
//go:nosplit
func hide(p unsafe.Pointer) unsafe.Pointer {
	x := uintptr(p)
	return *(*unsafe.Pointer)(unsafe.Pointer(&x))
}

// maxTypedFrame is the size in bytes of the largest Go frame for elements with
// pointers. The collector scans, and a stack copy adjusts, the whole of it.
const maxTypedFrame = 8 << 10

//go:noinline
func typed4[T any](n int, f func(s []T)) {
	var b [4]T
	f(unsafe.Slice((*T)(hide(unsafe.Pointer(&b))), n))
	runtime.KeepAlive(&b)
}

//go:noinline
func typed8[T any](n int, f func(s []T)) {
	var b [8]T
	f(unsafe.Slice((*T)(hide(unsafe.Pointer(&b))), n))
	runtime.KeepAlive(&b)
}

//go:noinline
func typed16[T any](n int, f func(s []T)) {
	var b [16]T
	f(unsafe.Slice((*T)(hide(unsafe.Pointer(&b))), n))
	runtime.KeepAlive(&b)
}

//go:noinline
func typed32[T any](n int, f func(s []T)) {
	var b [32]T
	f(unsafe.Slice((*T)(hide(unsafe.Pointer(&b))), n))
	runtime.KeepAlive(&b)
}

//go:noinline
func typed64[T any](n int, f func(s []T)) {
	var b [64]T
	f(unsafe.Slice((*T)(hide(unsafe.Pointer(&b))), n))
	runtime.KeepAlive(&b)
}

//go:noinline
func typed128[T any](n int, f func(s []T)) {
	var b [128]T
	f(unsafe.Slice((*T)(hide(unsafe.Pointer(&b))), n))
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
	f(hide(unsafe.Pointer(&b)))
	runtime.KeepAlive(&b)
}

//go:noinline
func frame256(f func(b unsafe.Pointer)) {
	var b [256 / 8]uint64
	f(hide(unsafe.Pointer(&b)))
	runtime.KeepAlive(&b)
}

//go:noinline
func frame1K(f func(b unsafe.Pointer)) {
	var b [1024 / 8]uint64
	f(hide(unsafe.Pointer(&b)))
	runtime.KeepAlive(&b)
}

//go:noinline
func frame4K(f func(b unsafe.Pointer)) {
	var b [4096 / 8]uint64
	f(hide(unsafe.Pointer(&b)))
	runtime.KeepAlive(&b)
}
