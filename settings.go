package stackalloc

import "sync/atomic"

// SetLimit sets the size in bytes of the largest block that goes on a stack, and
// returns the former one. It starts at 64 KiB and can be 0, with which proven
// blocks above 32 bytes are recycled instead, to 256 KiB; values outside of that
// are taken as the nearest. It applies to the whole process and to calls made
// after it, and is safe for concurrent use.
//
// A goroutine that uses large blocks has a large stack until a garbage collection
// finds it mostly unused.
func SetLimit(bytes int) (former int) {
	if disabled != "" {
		return 0
	}
	bytes = min(max(bytes, 0), maxRung)
	return int(atomic.SwapUintptr(&control.limit, uintptr(bytes)))
}

// Implementation tells what blocks run on in this process: "amd64 assembly",
// "arm64 assembly", each with ", ABI0" on Go versions whose register ABI was not
// tested, "Go frames", "Go frames and C99", or "off: " and the assumption about
// the runtime that did not hold at start-up, with which every block comes from
// make.
func Implementation() string {
	switch {
	case disabled != "":
		return "off: " + disabled
	case abi0:
		return implementation + ", ABI0"
	}
	return implementation
}
