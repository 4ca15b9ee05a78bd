// Package recycle keeps blocks of memory for the next scope that needs one of
// about their size.
//
// A block is handed out dirty, belongs to its taker until it is put back, and
// never moves. Blocks that nobody takes are freed: after two garbage collections,
// or three for the few that each thread keeps at hand, so that a burst of large
// blocks is not paid for ever. A block that is never put back is ordinary
// garbage.
//
// Where it is implemented (rows.go), a thread takes and puts the blocks it has at
// hand without a locked instruction; behind that, and everywhere else, stand
// pools of type [sync.Pool].
//
// All functions are safe for concurrent use.
package recycle

import (
	"bytes"
	"math/bits"
	"sync"
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/stock"
)

// Max is the size, in bytes, of the largest block that is recycled. Above it the
// cost of clearing or filling a block outweighs that of making one.
const Max = 16 << 20

// A Block is memory without pointers.
type Block struct {
	head
	Data unsafe.Pointer // Size bytes, aligned to 8
	Size uintptr

	// Buffer and its Turns are for takers that want one over Data. It is empty while
	// the block rests.
	Buffer bytes.Buffer
	Turns  uint8
}

// head starts every block. It tells where a block goes when it is put back.
type head struct {
	line  uintptr // offset in a row, in bytes
	limit uintptr // of blocks that a line keeps
	key   uintptr // what the line must hold, 0 for blocks without pointers
	pool  *sync.Pool
}

const (
	// minBlock is the size in bytes of the smallest block.
	minBlock = 64

	// rowMax is the size in bytes of the largest block that a row keeps.
	rowMax = 256 << 10

	// From clearSmall to clearRep bytes the Go runtime clears faster than the
	// assembly, which has single stores below and REP STOSQ above.
	clearSmall = 256
	clearRep   = 2048

	// lineMax is the size in bytes of what a line keeps, or a single block.
	lineMax = 128 << 10
)

// Classes are 2^k and 1.5·2^k bytes. The first class is that of minBlock, with
// number 1.
const classes = 38

// Classes is above all numbers of classes.
const Classes = classes

var pools [classes]sync.Pool

// Class returns the number of the smallest class of at least n bytes, which is at
// least 1.
func Class(n uintptr) uintptr { return class(n) }

// ClassSize returns the size in bytes of the blocks of a class.
func ClassSize(c uintptr) uintptr { return classSize(c) }

// class returns the number of the smallest class of at least n bytes. The
// assembly has its own copy.
func class(n uintptr) uintptr {
	n = max(n, minBlock) - 1
	k := bits.Len(uint(n)) // 2^(k-1) <= n < 2^k
	return uintptr(2*k) - 12 + n>>(k-2)&1
}

// classSize returns the size in bytes of the blocks of a class.
func classSize(c uintptr) uintptr {
	c += 11 // 12 is 2^6, 13 is 1.5·2^6
	return (2 + c&1) << (c/2 - 1)
}

// keep returns how many blocks of a size a line keeps.
func keep(size uintptr) uintptr {
	if size > rowMax {
		return 0
	}
	return min(max(lineMax/size, 1), lineLen)
}

// Get returns a block of at least size bytes with unspecified contents. Size is
// at most Max.
func Get(size uintptr) *Block { return get(size) }

// Find returns a block of at least size bytes that rests in the pools, with
// unspecified contents, or nil. Size is at most Max.
func Find(size uintptr) *Block {
	h, _ := pools[class(size)].Get().(*head)
	return (*Block)(unsafe.Pointer(h))
}

// GetZero is Get, with the first size bytes zero if Zeroes(size).
func GetZero(size uintptr) *Block { return getZero(size) }

// Zeroes reports whether GetZero clears a block of size bytes. Where it does not,
// clear is faster.
func Zeroes(size uintptr) bool { return size-clearSmall-1 >= clearRep-clearSmall-1 }

// Put gives b back.
func Put(b *Block) { put(&b.head) }

// getSlow is get without what is at hand.
func getSlow(size uintptr) *Block {
	claimRow()
	c := class(size)
	pool := &pools[c]
	if h, _ := pool.Get().(*head); h != nil {
		return (*Block)(unsafe.Pointer(h))
	}
	full := classSize(c)
	b := stock.New[Block]()
	*b = Block{
		head: head{line: c * lineSize, limit: keep(full), pool: pool},
		Data: unsafe.Pointer(unsafe.SliceData(stock.Make[byte](int(full)))),
		Size: full,
	}
	return b
}

// getZeroSlow is getZero without help by the assembly.
func getZeroSlow(size uintptr) *Block {
	b := get(size)
	if Zeroes(size) {
		clear(unsafe.Slice((*byte)(b.Data), size))
	}
	return b
}

// putSlow is put without a place at hand.
func putSlow(h *head) { h.pool.Put(h) }
