// Package vm reserves address space and commits pages of it on demand.
//
//	r, err := vm.Reserve(8 << 30)       // address space only, no memory yet
//	err = r.Commit(0, vm.PageSize())    // the first page can be used and is zero
//	r.Bytes()[0] = 1
//	err = r.Decommit(0, vm.PageSize())  // the page goes back to the system
//	err = r.Release()
//
// The garbage collector does not look into this memory: it must never hold
// a Go pointer. Touching a page that is not committed, or any page after
// Release, is a memory fault that kills the program; package arena keeps its
// users away from that, and package scratch uses it as a fence on purpose.
//
// # Where it works
//
// [Supported] is true on Linux, Android, Darwin, iOS, the BSDs, Solaris and
// illumos (mmap, mprotect) and on Windows (VirtualAlloc, VirtualProtect).
// Elsewhere (js, wasip1, plan9, aix) a region is one block of Go memory: all
// of it counts as committed from the start, reservations above
// [SubstituteLimit] are refused, and Protect returns an error.
//
// # Concurrent use
//
// Calls for disjoint pages of one region may run concurrently; Release must
// not run at the same time as anything else on the same region.
package vm

import (
	"errors"
	"fmt"
	"math/bits"
	"os"
)

// SubstituteLimit is the largest region in bytes where [Supported] is false.
// Such a region takes its memory at once, and a Go program that asks for more
// memory than there is dies without an error.
const SubstituteLimit = 256 << 20

// ErrReleased is returned by the methods of a region after Release.
var ErrReleased = errors.New("vm: the region has been released")

var pageSize = os.Getpagesize()

// PageSize returns the size in bytes of the system's pages, a power of two.
// Offsets and lengths in this package are multiples of it.
func PageSize() int { return pageSize }

// RoundUp returns n rounded up to a multiple of the page size, and false when
// that is not an int or n is negative.
func RoundUp(n int) (int, bool) {
	if n < 0 {
		return 0, false
	}
	r := (uint(n) + uint(pageSize) - 1) &^ (uint(pageSize) - 1)
	if r > 1<<(bits.UintSize-1)-1 {
		return 0, false
	}
	return int(r), true
}

// A Region is a contiguous range of reserved addresses.
type Region struct {
	mem []byte // nil after Release; its length is a multiple of the page size
}

// Reserve takes a range of addresses of at least size bytes, rounded up to
// whole pages. No page of it is committed. A size that is not positive is an
// error; a refusal of the system is an error that wraps the system's. The cost
// is one system call, independent of size.
func Reserve(size int) (*Region, error) {
	n, ok := RoundUp(size)
	if !ok || n == 0 {
		return nil, fmt.Errorf("vm: cannot reserve %d bytes: the size must be positive and fit an int when rounded up to pages of %d bytes", size, pageSize)
	}
	mem, err := reserve(n)
	if err != nil {
		return nil, fmt.Errorf("vm: reserve %d bytes of address space: %w", n, err)
	}
	return &Region{mem: mem}, nil
}

// Len returns the length of the region in bytes, 0 after Release.
func (r *Region) Len() int { return len(r.mem) }

// Bytes returns the whole region as a slice, nil after Release. Only committed
// pages of it may be touched.
func (r *Region) Bytes() []byte { return r.mem }

// Commit makes the n bytes from offset off readable and writable. Pages that
// were not committed read as zero, pages that were keep what they hold. The
// cost is one system call (two on Windows); the system provides the memory
// page by page when it is first touched, or all at once on Windows.
func (r *Region) Commit(off, n int) error {
	b, err := r.pages("commit", off, n)
	if len(b) > 0 {
		err = r.wrap("commit", off, n, commit(b))
	}
	return err
}

// Decommit gives the pages in the n bytes from offset off back to the system.
// Their addresses stay reserved, must not be touched, and read as zero after
// the next Commit. On an error the pages are as they were.
func (r *Region) Decommit(off, n int) error {
	b, err := r.pages("decommit", off, n)
	if len(b) > 0 {
		err = r.wrap("decommit", off, n, decommit(b))
	}
	return err
}

// Protect makes the n bytes from offset off inaccessible; what committed pages
// hold is kept, and Commit makes them accessible again. Where [CanProtect] is
// false it returns an error that wraps [errors.ErrUnsupported].
func (r *Region) Protect(off, n int) error {
	b, err := r.pages("protect", off, n)
	if len(b) > 0 {
		err = r.wrap("protect", off, n, protect(b))
	}
	return err
}

// Release gives all pages and the addresses back to the system. Slices of the
// region must not be touched any more. A second Release does nothing.
func (r *Region) Release() error {
	if r.mem == nil {
		return nil
	}
	if err := release(r.mem); err != nil {
		return fmt.Errorf("vm: release %d bytes: %w", len(r.mem), err)
	}
	r.mem = nil
	return nil
}

// pages returns the n bytes from offset off, or why there is no such range.
func (r *Region) pages(what string, off, n int) ([]byte, error) {
	switch {
	case r.mem == nil:
		return nil, fmt.Errorf("vm: %s %d bytes at %d: %w", what, n, off, ErrReleased)
	case off < 0 || n < 0 || off > len(r.mem) || n > len(r.mem)-off:
		return nil, fmt.Errorf("vm: %s %d bytes at %d: outside of a region of %d bytes", what, n, off, len(r.mem))
	case (off|n)&(pageSize-1) != 0:
		return nil, fmt.Errorf("vm: %s %d bytes at %d: not in multiples of the page size %d", what, n, off, pageSize)
	}
	return r.mem[off : off+n : off+n], nil
}

func (r *Region) wrap(what string, off, n int, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("vm: %s %d bytes at %d of %d: %w", what, n, off, len(r.mem), err)
}
