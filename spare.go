//go:build (amd64 || arm64) && gc && !purego && !stackalloc_cgo

package stackalloc

import (
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/build"
	"github.com/stackalloc/stackalloc/internal/stock"
)

// Spare blocks serve proven calls whose block does not fit the stack, above all
// those of fresh goroutines, at little more than the cost of a stack block: each
// thread has a set of its own, which the assembly takes from and gives back to
// without an atomic operation.
//
// Only code on the thread that owns a set takes blocks from it. The assembly is
// not preempted, so that nothing comes between its look at the busy bytes and
// setting one. A goroutine may give a block back on another thread, which is one
// store to its own byte. While a block is in use, the argument words of the
// frame that uses it keep it alive.
//
// A panic or Goexit leaves its block marked busy. A set whose blocks stay busy is
// replaced, with fresh busy bytes, since the old ones are still to be cleared by
// whoever may hold a block.

const (
	// spareSize is the size of a spare block in bytes.
	spareSize = 64 << 10

	// spareShift and spareHash spread the addresses of threads over the table: a
	// 32-bit product's upper bits (Fibonacci hashing).
	spareBits  = 7
	spareShift = 32 - spareBits
	spareHash  = 0x1e3779b1

	// goroutineM is the offset of the current thread in the runtime's g: behind
	// stack bounds, guards, panics and defers. It was read in Go 1.25 to 1.27;
	// other versions get no spare blocks.
	goroutineM = 48

	// staleAfter is the number of times that a set may be found without a free
	// block before it is replaced.
	staleAfter = 1000

	allBusy = 0x01010101
)

// A spareSet is what one thread has.
type spareSet struct {
	owner  uintptr
	busy   [4]byte // 1 from taking to giving back
	stale  uint32
	uses   uint64
	_      uint64
	blocks [4]unsafe.Pointer // of spareSize bytes, nil until needed
}

var (
	spares   [1 << spareBits]*spareSet
	sparesMu sync.Mutex
	retired  []*spareSet // whose bytes are still written to
)

// haveSpares says that thread tells what it promises. It is set at start-up.
//
// The race detector does not see the order in which goroutines use a block, and
// would report it: there are no spare blocks with -race.
var haveSpares bool

func startSpares() { haveSpares = build.Tested && !build.Race && threadIsRead() }

// stockSpares gives this thread a block for the next call that needs one. It is
// called when the assembly found none, rarely.
func stockSpares(size uintptr) {
	if size > spareSize || !haveSpares {
		return
	}
	m := thread()
	entry := (*unsafe.Pointer)(unsafe.Pointer(&spares[uint32(m)*spareHash>>spareShift]))
	set := (*spareSet)(atomic.LoadPointer(entry))
	switch {
	case set == nil:
	case set.owner != m:
		return // another thread has the entry for ever
	case atomic.LoadPointer(&set.blocks[len(set.blocks)-1]) == nil:
	case atomic.LoadUint32((*uint32)(unsafe.Pointer(&set.busy))) != allBusy:
		atomic.StoreUint32(&set.stale, 0)
		return
	case atomic.AddUint32(&set.stale, 1) < staleAfter:
		return
	}
	sparesMu.Lock()
	defer sparesMu.Unlock()
	if set != (*spareSet)(*entry) {
		return // another goroutine was here
	}
	if set != nil {
		for i := range set.blocks {
			if set.blocks[i] == nil {
				atomic.StorePointer(&set.blocks[i], newSpare())
				return
			}
		}
		retired = stock.Append(retired, set)
	}
	fresh := stock.New[spareSet]()
	fresh.owner = m
	fresh.blocks[0] = newSpare()
	atomic.StorePointer(entry, unsafe.Pointer(fresh))
}

func newSpare() unsafe.Pointer {
	return unsafe.Pointer(unsafe.SliceData(stock.Make[byte](spareSize)))
}

// spareUses returns how many blocks were spare ones.
func spareUses() (n uint64) {
	sparesMu.Lock()
	defer sparesMu.Unlock()
	for i := range spares {
		if s := (*spareSet)(atomic.LoadPointer((*unsafe.Pointer)(unsafe.Pointer(&spares[i])))); s != nil {
			n += atomic.LoadUint64(&s.uses)
		}
	}
	for _, s := range retired {
		n += atomic.LoadUint64(&s.uses)
	}
	return n
}

// threadIsRead checks that thread returns the runtime's m: its first word is the
// thread's own g, whose m it is again.
func threadIsRead() bool {
	m := thread()
	if m == 0 {
		return false
	}
	g0 := **(**uintptr)(unsafe.Pointer(&m))
	return *(*uintptr)(unsafe.Add(*(*unsafe.Pointer)(unsafe.Pointer(&g0)), goroutineM)) == m
}
