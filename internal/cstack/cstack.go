//go:build cgo && gc

// Package cstack gives blocks of memory on the stack of the thread: a C99
// function with an array of variable length calls back into Go with its address.
//
// Such a block is outside of Go's memory. It never moves, the collector does not
// see it, and it must not hold Go pointers.
//
// No Go pointer goes to C. What C passes on is a number, the distance of the
// callback's variable from the top of the goroutine's stack, which stays the same
// when that stack moves while C's frames are active. cgo's wrappers find their own
// arguments again in the same way.
package cstack

/*
#cgo CFLAGS: -std=gnu99
#include <stdint.h>
int stackalloc_c99(uintptr_t size, uintptr_t callback);
uintptr_t stackalloc_room(void);
*/
import "C"

import (
	"runtime"
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/gstack"
)

// Call runs f on a block of at least size bytes on the thread's stack and reports
// true, or does nothing and reports false if the stack has no room to spare. The
// block is aligned to 16, its contents are unspecified, and it is dead when f
// returns. The goroutine is locked to its thread meanwhile.
//
// A panic in f, and [runtime.Goexit], pass through.
//
// It must not be called where gstack.Known is false.
func Call(size uintptr, f func(b unsafe.Pointer)) bool {
	// f stays on this goroutine's stack, since nothing here lets its address go; but
	// builds for the address sanitizer put it on the heap.
	if !gstack.Contains(unsafe.Pointer(&f)) {
		return false
	}
	ok := C.stackalloc_c99(C.uintptr_t(size), C.uintptr_t(gstack.Above(unsafe.Pointer(&f)))) != 0
	runtime.KeepAlive(&f)
	return ok
}

// Room returns the size in bytes of the largest block that Call would serve now,
// on the thread that happens to run the goroutine.
func Room() uintptr { return uintptr(C.stackalloc_room()) }

//export stackallocBlock
func stackallocBlock(block unsafe.Pointer, callback C.uintptr_t) {
	f := gstack.Load(uintptr(callback)) // a func value is one pointer
	(*(*func(b unsafe.Pointer))(unsafe.Pointer(&f)))(block)
}
