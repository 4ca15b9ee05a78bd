package stackalloc_test

import (
	"runtime"
	"unsafe"
)

// addr returns where s lies, without leaking it.
func addr[T any](s []T) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(s))) }

// yieldOften lets other goroutines run on this thread.
func yieldOften() {
	for range 3 {
		runtime.Gosched()
	}
}
