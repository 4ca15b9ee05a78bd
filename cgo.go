//go:build cgo && gc && !purego && (stackalloc_cgo || !(amd64 || arm64))

package stackalloc

import (
	"math/bits"
	"runtime"
	"sync"
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
var cFrom uintptr = maxFrame

// A C99 scope costs 83 ns at any size, a block that rests for reuse 7 to 18 ns,
// and one that must first be made 85 ns at 1 KiB, 740 ns at 4 KiB, and garbage
// (BenchmarkWhereC99Pays). So C never beats a resting block, and what must be made
// from about 1 KiB on, which is where Go frames end. A resting block comes first;
// where none rests, a size that is asked for now and then takes the C stack, and
// one that is asked for again before two collections have passed gets a block
// made, which will rest from then on until that long nobody wants it.

// epoch counts the garbage collections from the first miss on.
var epoch atomic.Uint32

// missed holds, for sizes of k bits, the epoch in which no block rested.
var missed [64]atomic.Uint32

var watch = sync.OnceFunc(func() {
	epoch.Store(firstEpoch)
	runtime.SetFinalizer(new(sentinel), tick)
})

const firstEpoch = 2 // so that a zero in missed is long ago

// A sentinel is found dead by every collection. At 16 bytes it shares its memory
// with no other object, which could keep it alive.
type sentinel struct{ _ [16]byte }

func tick(s *sentinel) {
	epoch.Add(1)
	runtime.SetFinalizer(s, tick)
}

// isRare reports whether a size for which no block rests was asked for the last
// time before the previous collection.
func isRare(size uintptr) bool {
	watch()
	now := epoch.Load()
	return now-missed[bits.Len(uint(size))&63].Swap(now) > 1
}

// onCStack runs f on a block of size bytes without pointers that rests for reuse,
// or else on the C stack if that is cheaper than making one, and reports
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
	return isRare(size) && cstack.Call(size, f)
}
