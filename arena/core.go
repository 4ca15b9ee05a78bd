package arena

import (
	"fmt"
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/vm"
)

// core is the part that Bump and LazyBump share: bytes that are given out from
// the start to the end.
//
// It is embedded, so that its exported methods are theirs.
//
// Its methods keep nothing they are given, call nothing through function
// values, and store no pointer that comes out of the arena: so the compiler
// sees that an arena over memory of the caller does not let that memory go.
type core struct {
	base  unsafe.Pointer // nil when closed
	off   uintptr        // bytes used
	limit uintptr        // bytes that may be touched
	size  uintptr        // capacity
	dirty uintptr        // bytes from here to limit are zero
	marks marks
	guard guard

	pointerFree reflectType // the last type found to have no pointers

	region    *vm.Region // nil when all memory is there from the start
	committed uintptr
	retain    uintptr
	err       error
}

// none is where an arena of capacity 0 points to.
var none = func() unsafe.Pointer {
	p := unsafe.Pointer(new([2 * baseAlign]byte))
	return unsafe.Add(p, -uintptr(p)&(baseAlign-1))
}()

const (
	firstStep = 64 << 10
	lastStep  = 4 << 20
)

// Alloc returns the next size bytes whose address is a multiple of align, and
// false when they do not fit; then nothing has changed. The bytes are as they
// are, zero when they are used for the first time since the arena took its memory
// or got it back from the system. Capacity and length of the slice are size. A
// size of 0 uses no bytes and gives an empty slice that is not nil; it is false
// only when no address with that alignment is left. A negative size or an align
// that is not a power of two panics.
//
// The cost does not depend on size, except that a LazyBump commits pages in steps
// of 64 KiB to 4 MiB, one system call each. Its Alloc is false, with nothing
// changed, also when the system refuses (Err has the reason) and after Close.
func (c *core) Alloc(size, align int) ([]byte, bool) {
	if guarded {
		c.guard.enter(opAlloc)
		defer c.guard.leave()
	}
	return c.alloc(size, align)
}

// Reset makes the whole capacity free again and all marks stale. The cost is
// constant; the bytes stay as they are. The pages of a LazyBump stay committed up
// to the number of bytes set by Retain, and if there are others, a system call
// gives them back.
func (c *core) Reset() {
	if guarded {
		c.guard.enter(opReset)
		defer c.guard.leave()
	}
	c.reset()
}

// Mark returns the current position for Rewind. It stays good until a Reset,
// or a Rewind to a position before it.
func (c *core) Mark() Mark {
	if guarded {
		c.guard.enter(opMark)
		defer c.guard.leave()
	}
	return c.marks.take(c.off)
}

// Rewind frees what was allocated since m was taken, at constant cost. It
// panics for a mark of another arena, from before a Reset, or that an earlier
// Rewind went back past. The same mark may be used again. Pages stay committed.
func (c *core) Rewind(m Mark) {
	if guarded {
		c.guard.enter(opRewind)
		defer c.guard.leave()
	}
	c.rewind(m)
}

// Cap returns the capacity in bytes, 0 after Close.
func (c *core) Cap() int { return int(c.size) }

// Used returns the number of bytes in use, those lost to alignment included.
func (c *core) Used() int { return int(c.off) }

// alloc has only what every call needs; what is odd in any way goes to
// allocSlow. Its conditions cannot overflow, because off <= limit always holds.
func (c *core) alloc(size, align int) ([]byte, bool) {
	room := c.limit - c.off
	mask := uintptr(align) - 1
	pad := -(uintptr(c.base) + c.off) & mask
	if align <= 0 || uintptr(align)&mask != 0 || pad > room || uintptr(size)-1 >= room-pad {
		return c.allocSlow(size, align)
	}
	p := unsafe.Add(c.base, c.off+pad)
	c.off += pad + uintptr(size)
	return unsafe.Slice((*byte)(p), size), true
}

//go:noinline
func (c *core) allocSlow(size, align int) ([]byte, bool) {
	if size < 0 {
		panic(fmt.Sprintf("arena: Alloc(%d, %d): the size is negative", size, align))
	}
	if align <= 0 || align&(align-1) != 0 {
		panic(fmt.Sprintf("arena: Alloc(%d, %d): the alignment is not a power of two", size, align))
	}
	p := c.nextSlow(uintptr(size), uintptr(align))
	if p == nil {
		return nil, false
	}
	return unsafe.Slice((*byte)(p), size), true
}

// next returns the next size bytes, or nil when size is 0 or they are not
// there.
func (c *core) next(size, align uintptr) unsafe.Pointer {
	room := c.limit - c.off
	pad := -(uintptr(c.base) + c.off) & (align - 1)
	if pad > room || size-1 >= room-pad {
		return nil
	}
	p := unsafe.Add(c.base, c.off+pad)
	c.off += pad + size
	return p
}

func (c *core) nextSlow(size, align uintptr) unsafe.Pointer {
	room := c.size - c.off
	pad := -(uintptr(c.base) + c.off) & (align - 1)
	if c.base == nil || pad > room || size > room-pad {
		return nil
	}
	if size > 0 {
		if c.region == nil || !c.commit(c.off+pad+size) {
			return nil
		}
		return c.next(size, align)
	}
	// No byte is used. The address must not be that of the end: for the
	// collector it would be in the object behind.
	at := c.off + pad
	if at == c.size && at > 0 {
		if at < align {
			return nil
		}
		at -= align
	}
	return unsafe.Add(c.base, at)
}

// commit makes the first need bytes usable, need <= size, and some more.
func (c *core) commit(need uintptr) bool {
	got, err := commit(c.region, int(c.committed), int(need))
	if err != nil {
		c.err = err
		return false
	}
	c.committed = uintptr(got)
	c.limit = min(c.committed, c.size)
	return true
}

// commit makes the first need bytes of a region usable, of which the first committed
// are, and some more if the system gives them. It returns how many are then.
func commit(r *vm.Region, committed, need int) (int, error) {
	need, _ = vm.RoundUp(need)
	step := min(max(committed/2, firstStep), lastStep) &^ (vm.PageSize() - 1)
	want := r.Len()
	if step < want-committed {
		want = max(need, committed+step)
	}
	err := r.Commit(committed, want-committed)
	if err != nil && want > need {
		want = need
		err = r.Commit(committed, want-committed)
	}
	return want, err
}

func (c *core) reset() {
	c.marks.forget()
	c.back(0)
	if vm.Supported && c.committed > c.retain {
		if err := c.region.Decommit(int(c.retain), int(c.committed-c.retain)); err != nil {
			c.err = err
			return
		}
		c.committed = c.retain
		c.limit = min(c.limit, c.retain)
		c.dirty = min(c.dirty, c.retain)
	}
}

func (c *core) rewind(m Mark) {
	c.marks.rewind(m, c.off)
	c.back(m.at)
}

func (c *core) back(to uintptr) {
	c.dirty = max(c.dirty, c.off)
	c.off = to
}

// zeroed clears those of the n bytes at p that may not be zero.
func (c *core) zeroed(p unsafe.Pointer, n uintptr) {
	at := uintptr(p) - uintptr(c.base)
	if at < c.dirty {
		clear(unsafe.Slice((*byte)(p), min(n, c.dirty-at)))
	}
}
