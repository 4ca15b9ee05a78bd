// Package alloc builds memory allocators out of small parts: a scope over a
// fixed block, a free list, a row of them that grows, a fallback from one to the
// next, a limit, a proxy that logs, counters, a lock, the heap; and for tests one that
// names leaks and one that fails on demand.
//
//	list := alloc.NewFreeList(256, 64)                    // 64 blocks of 256 bytes
//	a := alloc.NewStats(alloc.NewFallback(list, alloc.Heap{})) // then the heap; count it all
//	b, err := a.Alloc(200, 8)
//	…
//	a.Free(b) // back to where it came from
//
// Every part is an [Allocator], and every part that holds allocators takes any
// Allocator, those of other packages included. It follows the Rust crate
// allocators and, where that goes further, D's std.experimental.allocator.
//
// # Blocks
//
// A block is a slice of exactly the size asked for, with no spare capacity, so
// that append leaves it and never runs into its neighbour. A block of size zero
// occupies one byte (len 0, cap 1): it has an address of its own and an owner
// like any other. Contents are unspecified; [New] and [MakeSlice] clear.
//
// Free wants the slice that Alloc or Resize returned. Free(nil) does nothing,
// except in [Null]. After Free, Resize or the end of a scope the old slice must
// not be used any more: the bytes may be someone else's by then. No allocator
// here can prevent that; the build tag stackalloc_debug finds some of it, and in
// tests a [Tracker] finds what is freed twice, wrongly or never.
//
// # Pointers
//
// Blocks are memory in which the collector does not look for pointers. The only
// copy of a pointer must never be stored in one. The typed helpers enforce it:
// they panic for types that contain pointers.
//
// # When not to use it
//
// The collector frees what a Go program forgets. Allocators pay where the same
// memory is used over and over (a request, a frame, a parser), where an upper
// bound on memory is wanted, or where numbers are wanted. For a single buffer
// on the stack the module's root package is simpler and faster.
//
// # Absurd sizes
//
// No allocator here panics because of a size. But a size that make accepts and the
// machine does not have, 1 << 40 bytes say, ends the program in the [Heap], as it
// does in make. Where a size comes from outside, put [NewLimit] in front.
//
// # On the stack
//
// [Local] serves from the block of stackalloc.Uninit and leaves it on the stack.
// Any allocator can serve from such a block by [NewScopedOver], but an interface
// lies in between then, the compiler cannot prove that the block stays where it
// is, and stackalloc.Uninit makes it on the heap. The block of scratch.Uninit
// needs no proof and suits every allocator.
//
// # Concurrency
//
// [Heap] and [Null] are safe for concurrent use. Nothing else is, unless it is
// wrapped in [Locked].
//
// # Imports
//
// [Tracker.Check] takes a [testing.TB]. Importing testing registers no flags; it adds
// about 60 KB to a program.
//
// # Cost
//
// A layer, but for Tracker, adds a few nanoseconds to Alloc and Free and allocates
// nothing, a Fallback whose primary fails included: errors are put together only for a
// caller who gets to see them. BenchmarkAllocFree measures each.
package alloc

import (
	"math/bits"
	"unsafe"
)

// Allocator hands out blocks of bytes and takes them back.
//
// Alloc returns a block of exactly size bytes whose address is a multiple of
// align, which is a power of two, or an error that wraps [ErrOutOfMemory] or
// [ErrAlignment]. It never panics because of a size or an alignment.
//
// A block of size 0 needs no capacity: those of make([]byte, 0) will do. Allocators of
// this package that hold one of another package put one with an address of its own,
// of the heap, in its place, and give Free the one that it stands for.
//
// Free takes a block back. Giving it anything but a block of this allocator
// that is still live is a mistake in the program.
type Allocator interface {
	Alloc(size, align int) ([]byte, error)
	Free(b []byte)
}

// Owner is an Allocator that knows its blocks by their addresses.
//
// Owns reports whether b, as a whole, lies within the memory of the allocator.
// The byte past the end does not belong to it, and neither does a slice without
// capacity, wherever it points. An Owner made of others owns what they own; it
// answers false for a block of the [Heap], which keeps no record.
type Owner interface {
	Owns(b []byte) bool
}

// Tells reports whether a is an [Owner] whose no means no. The Heap is not, nor is
// an allocator of this package that ends there, although it has the method Owns:
// a block that it denies may be one of the Heap behind it.
//
// Allocators of this package heed the difference by themselves. An allocator of
// another package that wraps a must be an Owner only if Tells(a).
func Tells(a Allocator) bool { return asNode("Tells", a).tells() }

// Resizer is an Allocator that can change the size of a block.
//
// Resize returns a block of size bytes, aligned as b was asked for, that begins
// with the first min(len(b), size) bytes of b. It may be at the address of b or
// not. On an error b is as it was, contents included; otherwise b is gone.
//
// nil is the block that is not there yet: Resize(nil, size) is Alloc(size, 1). Any
// other slice without capacity is nobody's block, and [ErrNotOwned].
type Resizer interface {
	Resize(b []byte, size int) ([]byte, error)
}

// MaxAlign is the strictest alignment, in bytes, that any allocator here grants:
// the largest size of a page on the platforms of Go. Beyond it Alloc answers
// [ErrAlignment].
const MaxAlign = 64 << 10

// MaxForeignAlign is the strictest alignment, in bytes, granted out of memory
// that the caller handed over, as in [NewScopedOver]. That memory may lie on a
// goroutine's stack; when the stack moves, only alignments up to this one are
// certain to be kept.
const MaxForeignAlign = 1 << 10

// Resize changes the size of block b of allocator a, whether or not a is a
// [Resizer]: where a cannot do it, a new block is allocated, the contents are
// copied and b is freed. align is the alignment that b was allocated with, which
// the result has too. If b is nil, Resize is a.Alloc(size, align).
//
// On an error b is as it was.
func Resize(a Allocator, b []byte, size, align int) ([]byte, error) {
	if b != nil && isPowerOfTwo(align) && addr(b)&uintptr(align-1) == 0 {
		if h, ok := a.(Heap); ok {
			return h.resizeTo(b, size, align)
		}
		if n, ok := ours(a); ok {
			return resizeTo(n, b, size, align)
		}
		if r, ok := a.(Resizer); ok {
			if nb, err := r.Resize(b, size); err == nil {
				return nb, nil
			}
		}
	}
	nb, err := a.Alloc(size, align)
	if err != nil {
		return nil, err
	}
	copy(nb, b)
	if b != nil {
		a.Free(b)
	}
	return nb, nil
}

func isPowerOfTwo(n int) bool { return n > 0 && n&(n-1) == 0 }

// addr is for arithmetic within one expression: the memory may be on a stack,
// which moves, so that no address may be kept.
func addr(b []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(b))) }

// alignOf is the largest power of two that divides the address of b, at most
// MaxAlign.
func alignOf(b []byte) int {
	return 1 << min(bits.TrailingZeros64(uint64(addr(b))), bits.TrailingZeros(MaxAlign))
}

// footprint is the number of bytes a block of that size occupies.
func footprint(size int) int { return max(size, 1) }

// cut makes a block of mem[off:off+size], which must be in range including the
// byte that an empty block occupies.
func cut(mem []byte, off, size int) []byte {
	return mem[off : off+size : off+footprint(size)]
}

// within returns where b begins in mem, and whether all of b is there.
func within(mem, b []byte) (int, bool) {
	if cap(b) == 0 || len(mem) == 0 {
		return 0, false
	}
	off := addr(b) - addr(mem)
	if off >= uintptr(len(mem)) || uintptr(len(b)) > uintptr(len(mem))-off {
		return 0, false
	}
	return int(off), true
}
