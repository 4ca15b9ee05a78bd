//go:build (amd64 || arm64) && gc && !purego && !stackalloc_cgo

package stackalloc

import (
	"runtime"
	"sync/atomic"
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/gstack"
)

// countMiss counts a block that did not fit this stack, as the assembly does.
func countMiss() {
	lo, _ := gstack.Bounds()
	m := &misses[lo>>missUnit&missMask]
	if atomic.LoadUintptr(&m[0]) != lo {
		atomic.StoreUintptr(&m[0], lo)
		atomic.StoreUintptr(&m[1], 0)
	}
	atomic.AddUintptr(&m[1], 1)
}

// growFor grows the stack for a block of size bytes if enough of them have missed,
// and reports whether it did.
func growFor(size uintptr) bool {
	lo, hi := gstack.Bounds()
	var local byte
	used := hi - uintptr(unsafe.Pointer(&local))
	m := &misses[lo>>missUnit&missMask]
	patience := int(atomic.LoadUintptr(&control.patience) + used>>missShift)
	due := patience <= 0 || atomic.LoadUintptr(&m[0]) == lo && int(atomic.LoadUintptr(&m[1])) >= patience
	if !due || size > atomic.LoadUintptr(&control.limit) {
		return false
	}
	atomic.StoreUintptr(&m[1], 0)
	switch {
	case size <= 512:
		growBy[[512 + growReserve]byte](1)
	case size <= 1<<10:
		growBy[[1<<10 + growReserve]byte](1)
	case size <= 2<<10:
		growBy[[2<<10 + growReserve]byte](1)
	case size <= 4<<10:
		growBy[[4<<10 + growReserve]byte](1)
	case size <= 8<<10:
		growBy[[8<<10 + growReserve]byte](1)
	case size <= 16<<10:
		growBy[[16<<10 + growReserve]byte](1)
	case size <= 32<<10:
		growBy[[32<<10 + growReserve]byte](1)
	case size <= 64<<10:
		growBy[[64<<10 + growReserve]byte](1)
	case size <= 128<<10:
		growBy[[64<<10 + growReserve]byte](2)
	default:
		growBy[[64<<10 + growReserve]byte](4)
	}
	return true
}

// growReserve is what a frame that grows the stack for a rung has beyond the
// block: what the rung needs, less what the runtime keeps free below a guard, and
// the calls between here and there.
const growReserve = 2 << 10

// growBy needs that many frames of A. A larger one than for 64 KiB would be on the
// heap: the compiler keeps variables of up to 128 KiB on the stack.
//
//go:noinline
func growBy[A any](frames int) {
	var a A
	if frames > 1 {
		growBy[A](frames - 1)
	}
	runtime.KeepAlive(&a)
}
