package arena

import (
	"fmt"
	"math"
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/vm"
)

// A LazyBump is an arena of bytes like [Bump] whose capacity is only reserved:
// pages are committed as allocation advances. So it can be as large as what
// might ever be needed; 8 GiB and more cost no memory until they are used.
// Its memory is the system's, not the collector's: call Close when done. The
// zero LazyBump has no capacity.
//
// Where the system has no virtual memory that Go can reach (js, wasip1, plan9, aix)
// the capacity is taken at once from Go memory, Committed says so, and
// capacities above 256 MiB are refused.
//
// A LazyBump must not be copied and is for one goroutine at a time.
type LazyBump struct {
	_ noCopy
	core
}

// NewLazyBump reserves addresses for reserve bytes. A negative reserve, and one
// that the system refuses, is an error; the latter wraps the system's. The
// cost is one system call. No finalizer stands in for Close: slices into the
// memory do not keep the arena alive.
func NewLazyBump(reserve int) (*LazyBump, error) {
	if reserve < 0 {
		return nil, fmt.Errorf("arena: NewLazyBump: cannot reserve %d bytes: the size is negative", reserve)
	}
	a := &LazyBump{core: core{base: none, retain: math.MaxInt}}
	if reserve == 0 {
		return a, nil
	}
	region, err := vm.Reserve(reserve)
	if err != nil {
		return nil, fmt.Errorf("arena: NewLazyBump: cannot reserve %d bytes: %w", reserve, err)
	}
	a.region = region
	a.base = unsafe.Pointer(unsafe.SliceData(region.Bytes()))
	a.size = uintptr(reserve)
	if !vm.Supported {
		a.committed = uintptr(region.Len())
		a.limit = a.size
	}
	return a, nil
}

// Retain makes Reset keep only the first n bytes committed, rounded up to
// pages, and give back all others; at first it keeps everything. Giving back
// costs a system call per Reset, and using the pages again as much as using
// them for the first time. A negative n panics.
func (a *LazyBump) Retain(n int) {
	if guarded {
		a.guard.enter(opRetain)
		defer a.guard.leave()
	}
	a.retain = retained(n)
}

func retained(n int) uintptr {
	if n < 0 {
		panic(fmt.Sprintf("arena: Retain(%d): the size is negative", n))
	}
	if r, ok := vm.RoundUp(n); ok {
		return uintptr(r)
	}
	return math.MaxInt
}

// Committed returns the number of bytes that are committed: usable without
// asking the system again, and charged to the program. How much of that is in
// physical memory is up to the system, which provides a page when it is first
// touched.
func (a *LazyBump) Committed() int { return int(a.committed) }

// Err returns the last error with which the system refused to commit pages or
// to take them back, nil if it never did. It is the reason when Alloc is false
// although Cap is not reached.
func (a *LazyBump) Err() error { return a.err }

// Close gives memory and addresses back to the system. Blocks of the arena must
// not be touched any more: that is a memory fault. Afterwards the capacity is
// 0, Alloc is false, Reset does nothing, Rewind panics, and another Close
// returns nil.
func (a *LazyBump) Close() error {
	if guarded {
		a.guard.enter(opClose)
		defer a.guard.leave()
	}
	if a.region != nil {
		if err := a.region.Release(); err != nil {
			return fmt.Errorf("arena: LazyBump.Close: %w", err)
		}
	}
	a.marks.forget()
	a.base, a.region = nil, nil
	a.off, a.limit, a.size, a.dirty, a.committed = 0, 0, 0, 0, 0
	return nil
}
