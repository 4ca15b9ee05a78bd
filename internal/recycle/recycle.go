// Package recycle keeps blocks of memory for the next scope that needs one of
// about their size.
//
// A block is handed out dirty, belongs to its taker until it is put back, and
// never moves. Blocks that nobody takes for two garbage collections are freed
// (the pools are [sync.Pool]s), so that a burst of large blocks is not paid for
// ever. A block that is never put back is ordinary garbage.
//
// All functions are safe for concurrent use.
package recycle

import (
	"math/bits"
	"reflect"
	"sync"
	"unsafe"
)

// Max is the size, in bytes, of the largest block that is recycled. Above it the
// cost of clearing or filling a block outweighs that of making one.
const Max = 16 << 20

// minBlock is the size of the smallest block in bytes.
const minBlock = 64

// A Block is memory without pointers.
type Block struct {
	Data  unsafe.Pointer // Size bytes, aligned to 8
	Size  uintptr
	class int
}

// classes are 2^k and 1.5·2^k bytes.
var blocks [2 * 32]sync.Pool

// class returns the index of the smallest class of at least n > 0 units, and
// its size.
func class(n uintptr) (int, uintptr) {
	n = max(n, minBlock)
	k := bits.Len(uint(n - 1)) // 2^(k-1) < n <= 2^k
	if half := uintptr(3) << (k - 2); n <= half {
		return 2*k - 1, half
	}
	return 2 * k, uintptr(1) << k
}

// Get returns a block of at least size bytes with unspecified contents. Size is
// at most Max.
func Get(size uintptr) *Block {
	c, full := class(size)
	if b, _ := blocks[c].Get().(*Block); b != nil {
		return b
	}
	return &Block{Data: unsafe.Pointer(unsafe.SliceData(make([]byte, full))), Size: full, class: c}
}

// Put gives b back.
func Put(b *Block) { blocks[b.class].Put(b) }

// A Slice is memory for elements that may hold pointers, with a type that the
// collector sees.
type Slice[T any] struct {
	All  []T // zero when handed out
	pool *sync.Pool
}

// slices maps an element type to the pools of its classes, by number of elements.
var slices sync.Map // reflect.Type → *[2 * 32]sync.Pool

// GetSlice returns at least n > 0 zero elements. Their size is at most Max.
func GetSlice[T any](n int) *Slice[T] {
	t := reflect.TypeFor[T]()
	p, ok := slices.Load(t)
	if !ok {
		p, _ = slices.LoadOrStore(t, new([2 * 32]sync.Pool))
	}
	k := bits.Len(uint(n - 1))
	pool := &p.(*[2 * 32]sync.Pool)[k]
	if s, _ := pool.Get().(*Slice[T]); s != nil {
		return s
	}
	return &Slice[T]{All: make([]T, 1<<k), pool: pool}
}

// PutSlice gives s back, of which the first used elements were handed on. They
// are cleared, so that a resting block keeps nothing alive.
func PutSlice[T any](s *Slice[T], used int) {
	clear(s.All[:used])
	s.pool.Put(s)
}
