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
	c core
}

// NewLazyBump reserves addresses for reserve bytes. A negative reserve, and one
// that the system refuses, is an error; the latter wraps the system's. The
// cost is one system call. No finalizer stands in for Close: slices into the
// memory do not keep the arena alive.
func NewLazyBump(reserve int) (*LazyBump, error) {
	if reserve < 0 {
		return nil, fmt.Errorf("arena: NewLazyBump: cannot reserve %d bytes: the size is negative", reserve)
	}
	a := &LazyBump{c: core{base: none, retain: math.MaxInt}}
	if reserve == 0 {
		return a, nil
	}
	region, err := vm.Reserve(reserve)
	if err != nil {
		return nil, fmt.Errorf("arena: NewLazyBump: cannot reserve %d bytes: %w", reserve, err)
	}
	a.c.region = region
	a.c.base = unsafe.Pointer(unsafe.SliceData(region.Bytes()))
	a.c.size = uintptr(reserve)
	if !vm.Supported {
		a.c.committed = uintptr(region.Len())
		a.c.limit = a.c.size
	}
	return a, nil
}

// Alloc is [Bump.Alloc]. It also answers false, with nothing changed, when the
// system refuses to commit a page (Err has the reason), and after Close. The
// bytes are zero when they are used for the first time since they came from
// the system. Pages are committed in steps of 64 KiB to 4 MiB, one system call
// each.
func (a *LazyBump) Alloc(size, align int) ([]byte, bool) {
	if guarded {
		a.c.guard.enter(opAlloc)
		defer a.c.guard.leave()
	}
	return a.c.alloc(size, align)
}

// Reset makes the whole capacity free again and all marks stale. The pages stay
// committed up to the number of bytes set by Retain, and the cost is constant,
// plus a system call if there are others to give back.
func (a *LazyBump) Reset() {
	if guarded {
		a.c.guard.enter(opReset)
		defer a.c.guard.leave()
	}
	a.c.reset()
}

// Retain makes Reset keep only the first n bytes committed, rounded up to
// pages, and give back all others; at first it keeps everything. Giving back
// costs a system call per Reset, and using the pages again as much as using
// them for the first time. A negative n panics.
func (a *LazyBump) Retain(n int) {
	if guarded {
		a.c.guard.enter(opRetain)
		defer a.c.guard.leave()
	}
	a.c.retain = retained(n)
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

// Mark is [Bump.Mark].
func (a *LazyBump) Mark() Mark {
	if guarded {
		a.c.guard.enter(opMark)
		defer a.c.guard.leave()
	}
	return a.c.marks.take(a.c.off)
}

// Rewind is [Bump.Rewind]. Pages stay committed.
func (a *LazyBump) Rewind(m Mark) {
	if guarded {
		a.c.guard.enter(opRewind)
		defer a.c.guard.leave()
	}
	a.c.rewind(m)
}

// Cap returns the capacity in bytes as asked from NewLazyBump, 0 after Close.
func (a *LazyBump) Cap() int { return int(a.c.size) }

// Used returns the number of bytes in use, those lost to alignment included.
func (a *LazyBump) Used() int { return int(a.c.off) }

// Committed returns the number of bytes that are committed: usable without
// asking the system again, and charged to the program. How much of that is in
// physical memory is up to the system, which provides a page when it is first
// touched.
func (a *LazyBump) Committed() int { return int(a.c.committed) }

// Err returns the last error with which the system refused to commit pages or
// to take them back, nil if it never did. It is the reason when Alloc is false
// although Cap is not reached.
func (a *LazyBump) Err() error { return a.c.err }

// Close gives memory and addresses back to the system. Blocks of the arena must
// not be touched any more: that is a memory fault. Afterwards the capacity is
// 0, Alloc is false, Reset does nothing, Rewind panics, and another Close
// returns nil.
func (a *LazyBump) Close() error {
	if guarded {
		a.c.guard.enter(opClose)
		defer a.c.guard.leave()
	}
	if a.c.region != nil {
		if err := a.c.region.Release(); err != nil {
			return fmt.Errorf("arena: LazyBump.Close: %w", err)
		}
	}
	a.c.marks.forget()
	a.c.base, a.c.region = nil, nil
	a.c.off, a.c.limit, a.c.size, a.c.dirty, a.c.committed = 0, 0, 0, 0, 0
	return nil
}
