//go:build cgo && gc && !purego && (stackalloc_cgo || !(amd64 || arm64))

package stackalloc

import (
	"math/bits"
	"sync/atomic"
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/cstack"
	"github.com/stackalloc/stackalloc/internal/gstack"
	"github.com/stackalloc/stackalloc/internal/recycle"
)

// cFrames tells that there are blocks on the C stack.
const cFrames = gstack.Known

const withC = " and C99"

// cFrom is the size in bytes of the largest block that is never on the C stack.
// Tests lower it.
var cFrom uintptr = plainFrames

// A C99 scope costs some 100 ns at any size, a block that rests for reuse 20 ns,
// and one that must first be made 100 ns and more than 100 ns per 512 bytes. So a
// resting block comes first. Where none rests the C stack is cheaper for this
// once, but would be dearer if it always kept a block from being made that could
// then be reused: as in renting or buying, it serves until it has cost about what
// making one does, rentals[k] times for sizes of k bits.
const rentBytes = 512

var rentals [64]atomic.Uint32

// onCStack runs f on a block of size bytes without pointers that rests for reuse,
// or else on the C stack where that is cheaper than making one, and reports
// whether it did. It must only be asked for proven calls.
func onCStack(size uintptr, f func(b unsafe.Pointer)) bool {
	if size <= cFrom || size > atomic.LoadUintptr(&control.limit) {
		return false
	}
	if cstack.Forced {
		return cstack.Call(size, f)
	}
	if b := recycle.Find(size); b != nil {
		countRecycled()
		f(b.Data)
		recycle.Put(b)
		return true
	}
	rented := &rentals[bits.Len(uint(size))&63]
	if uintptr(rented.Add(1)) <= size/rentBytes && cstack.Call(size, f) {
		return true
	}
	rented.Store(0)
	return false
}
