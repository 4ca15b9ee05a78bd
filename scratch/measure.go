package scratch

import (
	"math"
	"strconv"

	"github.com/stackalloc/stackalloc/internal/element"
	"github.com/stackalloc/stackalloc/internal/recycle"
)

// plainSize returns the size in bytes of n elements of elem bytes, if it is one
// that is recycled, not less than n, and their kind is known and at most most.
func plainSize(n int, elem uintptr, f any, most uintptr) (size uintptr, ok bool) {
	if fenced || element.Known(f) > most || uint(n) > recycle.Max || elem-1 >= recycle.Max {
		return 0, false
	}
	total := uint64(n) * uint64(elem)
	return uintptr(total), total <= recycle.Max
}

// mustSize returns the size in bytes of n elements of elem bytes, or panics where
// make would.
func mustSize(n int, elem uintptr) uintptr {
	if n < 0 {
		panic("scratch: length out of range: " + strconv.Itoa(n) + " is negative")
	}
	if uint(n) > math.MaxInt/uint(max(elem, 1)) {
		panic("scratch: length out of range: " + strconv.Itoa(n) + " elements of " +
			strconv.FormatUint(uint64(elem), 10) + " bytes overflow the address space")
	}
	return uintptr(n) * elem
}
