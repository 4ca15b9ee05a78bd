package alloc

import "sync/atomic"

// Heap allocates with make and leaves freeing to the collector: Free does
// nothing. It is where most chains of fallbacks end.
//
// A size that make accepts and the machine does not have ends the program, as with
// make: 1 << 40 bytes, say. Nobody can recover from that. [NewLimit] puts a bound
// in front, above which Alloc is an error.
//
// It is safe for concurrent use. It is not an [Owner], since it keeps no record
// of its blocks; allocators made of others know its blocks by elimination.
type Heap struct{}

// heapLimit is far above what a program gets and far below overflow: 1 TiB, and
// 1 GiB where int has 32 bits.
const heapLimit = 1 << (30 + 10*(^uint(0)>>63))

// heapStrict is the strictest alignment above natural asked for so far, all that
// a Heap by itself knows of alignments. It does no harm there that an address has
// a stricter alignment by accident: the heap grants them all.
var heapStrict atomic.Int64

// Alloc returns a zeroed block of size bytes aligned to align, a power of two up
// to [MaxAlign]. A negative size, and one above 1 TiB (1 GiB where int has 32
// bits) or beyond what make accepts, is [ErrOutOfMemory]; one in between that the
// machine does not have ends the program. The cost is that of make; up to align-1
// bytes more are allocated when make does not happen to return an aligned block.
func (h Heap) Alloc(size, align int) ([]byte, error) {
	b, err := h.try(size, align)
	if err != nil {
		return nil, h.explain(err, size, align)
	}
	return b, nil
}

// Free does nothing: the collector frees b when nobody refers to it.
func (Heap) Free(b []byte) {}

// Resize shrinks b where it is, which keeps all of its memory alive, or copies
// it to a new block.
func (h Heap) Resize(b []byte, size int) ([]byte, error) {
	if b == nil {
		return h.Alloc(size, 1)
	}
	return h.resizeTo(b, size, min(alignOf(b), max(natural, int(heapStrict.Load()))))
}

// resizeTo is Resize to a block aligned to align, which b already is.
func (h Heap) resizeTo(b []byte, size, align int) ([]byte, error) {
	nb, err := h.resize(b, size, align)
	if err != nil {
		return nil, h.explain(err, size, align)
	}
	return nb, nil
}

func (Heap) try(size, align int) (b []byte, err error) {
	if !isPowerOfTwo(align) || align > MaxAlign {
		return nil, ErrAlignment
	}
	if size < 0 || size > heapLimit {
		return nil, ErrOutOfMemory
	}
	if align > natural {
		for {
			seen := heapStrict.Load()
			if int64(align) <= seen || heapStrict.CompareAndSwap(seen, int64(align)) {
				break
			}
		}
	}
	// A size that is a multiple of the alignment mostly gets it for nothing.
	b, ok := grab((footprint(size) + align - 1) &^ (align - 1))
	if !ok {
		return nil, ErrOutOfMemory
	}
	if off := int(-addr(b) & uintptr(align-1)); off != 0 {
		if b, ok = grab(footprint(size) + align - 1); !ok {
			return nil, ErrOutOfMemory
		}
		return cut(b, int(-addr(b)&uintptr(align-1)), size), nil
	}
	return cut(b, 0, size), nil
}

// grab is make with the panic for a length out of range turned into false.
func grab(n int) ([]byte, bool) {
	if n > grabSafe {
		return grabLarge(n)
	}
	return make([]byte, n), true
}

// grabSafe is a length that make accepts on every platform of Go.
const grabSafe = 1 << 24

func grabLarge(n int) (b []byte, ok bool) {
	defer func() {
		if recover() != nil {
			b, ok = nil, false
		}
	}()
	return make([]byte, n), true
}

func (h Heap) resize(b []byte, size, align int) ([]byte, error) {
	if cap(b) == 0 {
		return nil, ErrNotOwned
	}
	if size >= 0 && size <= len(b) {
		return cut(b[:cap(b)], 0, size), nil
	}
	nb, err := h.try(size, align)
	copy(nb, b)
	return nb, err
}

func (Heap) explain(err error, size, align int) error {
	return explained(err, &Error{"Heap", size, align, -1, "more than make can serve on this platform", ErrOutOfMemory}, MaxAlign)
}

// heapNode is the Heap at one place among allocators made of others. It knows
// the alignments of the blocks that it handed out there.
type heapNode struct {
	Heap
	asked asked
}

func (h *heapNode) node() node       { return h }
func (h *heapNode) parts(func(node)) {}

func (h *heapNode) try(size, align int) ([]byte, error) {
	b, err := h.Heap.try(size, align)
	if err == nil {
		h.asked.note(addr(b), align)
	}
	return b, err
}

func (h *heapNode) Free(b []byte) { h.asked.forget(addr(b)) }

func (h *heapNode) resize(b []byte, size, align int) ([]byte, error) {
	nb, err := h.Heap.resize(b, size, align)
	if err == nil {
		h.asked.forget(addr(b))
		h.asked.note(addr(nb), align)
	}
	return nb, err
}

func (h *heapNode) who([]byte) answer    { return unknown }
func (h *heapNode) tells() bool          { return false }
func (h *heapNode) aligned(b []byte) int { return h.asked.of(addr(b), b) }

func (h *heapNode) span() (from, to uintptr) { return 0, 0 }
