//go:build (amd64 || arm64) && gc && !go1.28 && !race && !purego

package recycle

import (
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/stock"
)

// Why no lock is needed
//
// The functions without a body are assembly, which the runtime never preempts:
// a goroutine stays on its thread, and the world does not stop, until they
// return. (sync.Pool gets the same by pinning.) So a row, which only the thread
// that it belongs to touches, needs no lock; and the write barrier, which is
// turned on and off while the world is stopped, is either on or off for the
// whole of a call. While it is on, no row is touched: moving a pointer without it
// could hide a block from the collector.
//
// A thread is known by the address of the runtime's m, which the goroutine's
// descriptor holds. claim checks that by a cycle of pointers that only an m and
// its g0 have, and rows stay off where it does not hold.
//
// A thread that has gone idle cannot clean its row, and others must not touch it.
// So sweep, which runs once per garbage collection, flags the owners of all rows.
// An active thread takes the flag off by a locked instruction and gives what it
// had at hand to the pools. An owner that still has the flag in the next sweep
// has not used its row since; and as the world was stopped in between, no call
// that began before the flag is still under way. Then the row is emptied and
// owned by nobody.

// Rows says whether threads keep blocks at hand in this build.
const Rows = true

const (
	// Bits of an owner, which an m's alignment leaves free.
	flagged = 1 // sweep has asked whether the owner is active
	busy    = 2 // no owner: sweep is at work

	claimNothing = 0
	claimFlagged = 1 // the row had a flag: give the blocks to the pools
	claimUnknown = 2 // the runtime is not as expected

	anyKey = 1 // for take: whatever the line holds. No type is at this address.

	rowShift = 11
	groupLen = 4 // rows in which an m is looked for
	maxMask  = groupLen<<rowShift - 1
	minRows  = 16

	maxRows = 1024 // at most maxMask + 1
)

// front is the address of the rows, aligned to a group of them, with the mask of
// their numbers in its low bits; 0 while there are none.
var front uintptr

var (
	rows  []row
	start sync.Once
)

// get is Get.
func get(size uintptr) *Block

// getZero is GetZero.
func getZero(size uintptr) *Block

// put is Put for all kinds of blocks.
func put(h *head)

// take returns a block of a line that holds key, or nil.
func take(line, key uintptr) unsafe.Pointer

// claim makes a row the calling thread's own, unless all are taken that it may
// have, and reports one of the constants above.
func claim() int

// claimRow prepares for the next get: it comes before one that has to be slow.
func claimRow() {
	start.Do(func() { stock.Fill(makeRows) })
	switch claim() {
	case claimFlagged:
		flush()
	case claimUnknown:
		atomic.StoreUintptr(&front, 0)
	}
}

// makeRows makes four times as many rows as threads will run at a time, so that
// almost every one of them finds a place in its group.
func makeRows() {
	n := minRows
	for n < 4*runtime.GOMAXPROCS(0) && n < maxRows {
		n *= 2
	}
	rows = make([]row, n+1) // more than 32 KiB: such objects start a page
	base := uintptr(unsafe.Pointer(unsafe.SliceData(rows)))
	if base&maxMask != 0 {
		return
	}
	runtime.SetFinalizer(&sweeper{rows: rows}, (*sweeper).sweep)
	atomic.StoreUintptr(&front, base|uintptr(n-1))
}

// flush gives what the calling thread has at hand to the pools, where blocks that
// nobody takes are freed. The goroutine may change threads meanwhile; then some
// of another's are given away and some stay, which is harmless.
func flush() {
	for at := uintptr(lineSize); at < rowSize; at += lineSize {
		for {
			h := (*head)(take(at, anyKey))
			if h == nil {
				break
			}
			putSlow(h)
		}
	}
}

// A sweeper is unreachable, so that every garbage collection runs its finalizer.
type sweeper struct{ rows []row }

func (s *sweeper) sweep() {
	for i := range s.rows {
		r := &s.rows[i]
		switch owner := atomic.LoadUintptr(&r.owner); {
		case owner == 0:
		case owner&flagged == 0:
			atomic.CompareAndSwapUintptr(&r.owner, owner, owner|flagged)
		case atomic.CompareAndSwapUintptr(&r.owner, owner, busy):
			clear(r.lines[:])
			atomic.StoreUintptr(&r.owner, 0)
		}
	}
	runtime.SetFinalizer(s, (*sweeper).sweep)
}
