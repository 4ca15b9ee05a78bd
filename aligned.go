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
// The cost is about twice that of [Do]; elements with pointers take a block of at
// least 32 KiB, recycled where the call is proven.
func Aligned[T any](n, align int, f func(s []T)) {
	inline(func() {
		for {
			var probe [0]T
			p := unsafe.Pointer(&probe)
			if runAligned[T](n, align, noescapeFunc(f), uintptr(p)) {
				return
			}
			show := func(p unsafe.Pointer, n int) {
				f(unsafe.Slice((*T)(p), n))
				if !always {
					recover()
				}
			}
			show(p, n)
			return
		}
	})
}

// runAligned is what run.go has for Aligned.
//
//go:noinline
func runAligned[T any](n, align int, hidden unsafe.Pointer, probe uintptr) bool {
	f := callback[T](hidden)
	if align < 1 || align > maxAlign || align&(align-1) != 0 {
		panic("stackalloc: alignment must be a power of two from 1 to 1024: " + strconv.Itoa(align))
	}
	size := mustFit[T](n, maxAlign)
	var z T
	switch {
	case size == 0 || uintptr(align) <= unsafe.Alignof(z):
		run[T](n, hidden, probe)
	case disabled != "" || !pointerFree[T]():
		alignedPointers(n, size, f, probe == uintptr(probeHeap))
	default:
		// Bytes around it leave room for the shift. They are cleared with it.
		g := func(raw []byte) {
			b := unsafe.Pointer(unsafe.SliceData(raw))
			f(unsafe.Slice((*T)(unsafe.Add(b, -uintptr(b)&uintptr(align-1))), n))
		}
		total := int(size) + align - 1
		run[byte](total, noescapeFunc(g), probe)
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
