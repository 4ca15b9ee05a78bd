package alloc

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/stackalloc/stackalloc/internal/trace"
)

// FreeList allocates blocks of one size out of fixed memory, the one freed last
// first. Alloc and Free cost a few nanoseconds each.
//
// The list itself lies outside the blocks, so that a write to a freed block
// cannot damage it. A double free and a foreign block panic in every build. A
// write to a freed block goes unnoticed, and reaches the next owner; with the
// build tag stackalloc_debug the next Alloc of the block finds it and panics,
// and the panic for a double free says where the block was freed first.
//
// It is not safe for concurrent use.
type FreeList struct {
	mem    []byte // blocks × stride
	size   int    // what a caller can have of a block
	stride int    // distance of blocks: size rounded up to align
	align  int
	magic  uint64   // ⌈2⁶⁴/stride⌉, or 0 if mem is too large for it
	free   []uint32 // blocks that were freed, last one first to go
	fresh  int      // blocks from here on were never used
	live   []uint64 // bit set of the blocks handed out
	blocks int
	asked  []uint8 // the binary logarithm of the alignment that each block was asked for

	freed  []trace.Trace // debug build: where each block was freed
	source Allocator
	taken  []byte // what came from source
}

// NewFreeList returns a FreeList with the given number of blocks of blockSize
// bytes each from the Go heap. Blocks are aligned to 16 bytes, or to 8 if
// blockSize is not a multiple of 16; [NewFreeListAligned] sets that. It panics
// if an argument is negative or the product too large.
func NewFreeList(blockSize, blocks int) *FreeList {
	return newFreeList("NewFreeList", blockSize, blocks, usualAlign(blockSize))
}

// NewFreeListAligned is [NewFreeList] with blocks aligned to align, a power of
// two up to [MaxAlign]. Blocks lie at distances of blockSize rounded up to align.
func NewFreeListAligned(blockSize, blocks, align int) *FreeList {
	return newFreeList("NewFreeListAligned", blockSize, blocks, align)
}

func newFreeList(constructor string, blockSize, blocks, align int) *FreeList {
	l, err := NewFreeListFrom(Heap{}, blockSize, blocks, align)
	if err != nil {
		panic(fmt.Sprintf("alloc: %s: %d blocks of %d bytes: %v", constructor, blocks, blockSize, err))
	}
	l.source, l.taken = nil, nil
	return l
}

// NewFreeListFrom returns a FreeList whose blocks lie in memory allocated from a:
// an arena, a scope, another list. [FreeList.Release] gives the memory back. The
// bookkeeping, 5 to 6 bytes for each block, is on the Go heap.
func NewFreeListFrom(a Allocator, blockSize, blocks, align int) (*FreeList, error) {
	l, err := layout(blockSize, blocks, align)
	if err != nil {
		return nil, err
	}
	l.taken, err = feed("NewFreeListFrom", a, blocks*l.stride, align)
	if err != nil {
		return nil, err
	}
	if addr(l.taken)&uintptr(align-1) != 0 {
		a.Free(l.taken)
		if l.taken, err = a.Alloc(blocks*l.stride+align-1, 1); err != nil {
			return nil, err
		}
	}
	l.source = a
	l.settle(l.taken)
	return l, nil
}

// NewFreeListOver returns a FreeList with as many blocks of blockSize bytes as
// fit into mem, memory of the caller such as the block of a stack scope. The
// list and its blocks must not be used after that memory is gone. It panics if
// blockSize is negative, or align is no power of two up to [MaxForeignAlign].
func NewFreeListOver(mem []byte, blockSize, align int) *FreeList {
	l, err := layout(blockSize, 0, align)
	if err == nil && align > MaxForeignAlign {
		err = badAlign("NewFreeListOver", blockSize, align, MaxForeignAlign, len(mem))
	}
	if err != nil {
		panic(fmt.Sprintf("alloc: NewFreeListOver: %v", err))
	}
	if room := len(mem) - int(-addr(mem)&uintptr(align-1)); room > 0 {
		l.blocks = min(room/l.stride, math.MaxInt32)
	}
	l.settle(mem)
	return l
}

func usualAlign(blockSize int) int {
	if blockSize%16 == 0 {
		return 16
	}
	return 8
}

// layout checks the arguments and sets what does not need the memory.
func layout(blockSize, blocks, align int) (*FreeList, error) {
	const who = "a new FreeList"
	if !isPowerOfTwo(align) || align > MaxAlign {
		return nil, badAlign(who, blockSize, align, MaxAlign, -1)
	}
	fail := &Error{who, blockSize, align, -1, "", ErrOutOfMemory}
	switch {
	case blockSize < 0 || blocks < 0:
		fail.Hint = fmt.Sprintf("%d blocks of %d bytes: neither may be negative", blocks, blockSize)
		return nil, fail
	case blockSize > heapLimit || blocks > heapLimit/(footprint(blockSize)+align) || blocks > math.MaxInt32:
		fail.Hint = fmt.Sprintf("%d blocks of %d bytes are too much; use fewer or smaller ones", blocks, blockSize)
		return nil, fail
	}
	stride := (footprint(blockSize) + align - 1) &^ (align - 1)
	return &FreeList{size: blockSize, stride: stride, align: align, blocks: blocks}, nil
}

// settle lays the blocks into mem, which has room for them.
func (l *FreeList) settle(mem []byte) {
	total := l.blocks * l.stride
	if total > 0 {
		pad := int(-addr(mem) & uintptr(l.align-1))
		l.mem = mem[pad : pad+total : pad+total]
	}
	if uint64(total) <= math.MaxUint32 && l.stride > 1 {
		l.magic = math.MaxUint64/uint64(l.stride) + 1
	}
	l.free = make([]uint32, 0, l.blocks)
	l.live = make([]uint64, (l.blocks+63)/64)
	l.asked = make([]uint8, l.blocks)
	if debug {
		l.freed = make([]trace.Trace, l.blocks)
		poison(l.mem)
	}
}

// Reset frees all blocks at once. Those that were live must not be used any more; a
// Free of one is a double free. The cost is that of a bit for each block.
func (l *FreeList) Reset() {
	if debug {
		for i := range l.fresh {
			if l.live[i/64]&(1<<(i%64)) != 0 {
				l.freed[i] = trace.Here()
				poison(l.block(i))
			} else {
				l.inspect(i)
			}
		}
	}
	l.free, l.fresh = l.free[:0], 0
	clear(l.live)
}

// Release gives the memory of l back to the allocator it came from, if it did,
// and leaves l without blocks. Blocks that are still live are gone with it.
func (l *FreeList) Release() {
	if l.source != nil {
		l.source.Free(l.taken)
	}
	*l = FreeList{size: l.size, stride: l.stride, align: l.align}
}

// BlockSize is the size of the largest block that Alloc can serve, in bytes.
func (l *FreeList) BlockSize() int { return l.size }

// Align is the alignment of all blocks, in bytes.
func (l *FreeList) Align() int { return l.align }

// Left is the number of blocks that are free.
func (l *FreeList) Left() int { return len(l.free) + l.blocks - l.fresh }

// Alloc returns size bytes of a free block. It fails with [ErrOutOfMemory] if
// there is none or size is larger than a block, and with [ErrAlignment] if align
// is no power of two or above the alignment of the list. Contents are
// unspecified.
func (l *FreeList) Alloc(size, align int) ([]byte, error) {
	b, err := l.try(size, align)
	if err != nil {
		return nil, l.explain(err, size, align)
	}
	return b, nil
}

// Free puts the block that begins where b does back into the list. It panics if
// there is none, or if it is free already.
func (l *FreeList) Free(b []byte) {
	if b == nil {
		return
	}
	i, ok := l.find(b)
	if !ok {
		panic("alloc: FreeList.Free: foreign block; free the slice that Alloc returned, with the allocator it came from")
	}
	word, bit := &l.live[i/64], uint64(1)<<(i%64)
	if *word&bit == 0 {
		l.doubleFree(i)
	}
	*word &^= bit
	if debug {
		l.freed[i] = trace.Here()
		poison(l.block(i))
	}
	l.free = append(l.free, uint32(i))
}

func (l *FreeList) doubleFree(i int) {
	where := "; build with -tags stackalloc_debug to see where it was freed first"
	if debug {
		where = " by" + l.freed[i].String()
	}
	panic(fmt.Sprintf("alloc: FreeList.Free: double free: block %d is free already, freed%s", i, where))
}

// Owns reports whether b lies in the memory of the blocks.
func (l *FreeList) Owns(b []byte) bool {
	_, ok := within(l.mem, b)
	return ok
}

// Resize changes the size of b in place, up to the size of a block. Beyond it
// fails with [ErrOutOfMemory], and for a foreign block with [ErrNotOwned].
func (l *FreeList) Resize(b []byte, size int) ([]byte, error) { return tryResize(l, b, size) }

func (l *FreeList) block(i int) []byte {
	return l.mem[i*l.stride : (i+1)*l.stride]
}

// find returns the block that begins where b does.
func (l *FreeList) find(b []byte) (i int, ok bool) {
	off, ok := within(l.mem, b)
	if !ok {
		return 0, false
	}
	i = l.index(off)
	return i, i*l.stride == off
}

// index is off / l.stride.
func (l *FreeList) index(off int) int {
	if l.magic == 0 {
		return off / l.stride
	}
	// Exact, since off and stride are below 2³²: the error of magic adds less
	// than off/2⁶⁴ < 1/stride to the quotient.
	q, _ := bits.Mul64(uint64(off), l.magic)
	return int(q)
}

func (l *FreeList) try(size, align int) ([]byte, error) {
	if align <= 0 || align&(align-1) != 0 || align > l.align {
		return nil, ErrAlignment
	}
	if size < 0 || size > l.size {
		return nil, ErrOutOfMemory
	}
	var i int
	if n := len(l.free); n > 0 {
		i = int(l.free[n-1])
		l.free = l.free[:n-1]
	} else if l.fresh < l.blocks {
		i = l.fresh
		l.fresh++
	} else {
		return nil, ErrOutOfMemory
	}
	l.live[i/64] |= 1 << (i % 64)
	l.asked[i] = uint8(bits.TrailingZeros(uint(align)))
	if debug {
		l.inspect(i)
	}
	return cut(l.mem, i*l.stride, size), nil
}

// inspect panics if the free block i was written to.
func (l *FreeList) inspect(i int) {
	if at := intact(l.block(i)); at >= 0 {
		where := ""
		if l.freed[i] != (trace.Trace{}) {
			where = "; it was freed by" + l.freed[i].String()
		}
		panic(fmt.Sprintf("alloc: FreeList: block %d was written to while it was free, at byte %d%s", i, at, where))
	}
}

func (l *FreeList) resize(b []byte, size, _ int) ([]byte, error) {
	i, ok := l.find(b)
	switch {
	case !ok:
		return nil, ErrNotOwned
	case size < 0 || size > l.size:
		return nil, ErrOutOfMemory
	}
	return cut(l.mem, i*l.stride, size), nil
}

func (l *FreeList) explain(err error, size, align int) error {
	hint := fmt.Sprintf("%d of its %d blocks of %d bytes are left; free some, make more or add a Fallback", l.Left(), l.blocks, l.size)
	if size > l.size {
		hint = fmt.Sprintf("its blocks have %d bytes, %d of them are left; make them larger, or put a Segregator or a Fallback in front", l.size, l.Left())
	}
	return explained(err, &Error{"FreeList", size, align, l.Left() * l.size, hint, ErrOutOfMemory}, l.align)
}

func (l *FreeList) node() node          { return l }
func (l *FreeList) parts(func(node))    {}
func (l *FreeList) who(b []byte) answer { return verdict(l.Owns(b)) }
func (l *FreeList) tells() bool         { return true }

func (l *FreeList) aligned(b []byte) int {
	if i, ok := l.find(b); ok {
		return 1 << l.asked[i]
	}
	return 1
}

func (l *FreeList) span() (from, to uintptr) {
	if l.Left() != l.blocks {
		return 0, 0
	}
	return spanOf(l.mem)
}
