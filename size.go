package stackalloc

import (
	"math"
	"strconv"
	"unsafe"
)

// mustSize returns the size of n elements in bytes, or panics where make would.
func mustSize[T any](n int) uintptr { return mustFit[T](n, 0) }

// mustFit is mustSize with extra bytes around the elements.
func mustFit[T any](n int, extra uintptr) uintptr {
	var z T
	size := unsafe.Sizeof(z)
	if n < 0 {
		panic("stackalloc: length out of range: " + strconv.Itoa(n) + " is negative")
	}
	if size > 0 && uintptr(n) > (math.MaxInt-extra)/size {
		panic("stackalloc: length out of range: " + strconv.Itoa(n) + " elements of " +
			strconv.FormatUint(uint64(size), 10) + " bytes overflow the address space")
	}
	return uintptr(n) * size
}
