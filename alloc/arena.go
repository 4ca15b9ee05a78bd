package alloc

import (
	"fmt"
	"unsafe"

	"github.com/stackalloc/stackalloc/arena"
)

// Bumper is what the arenas of bytes have in common: memory by advancing, and
// false when it is used up. *arena.Bump and *arena.LazyBump are Bumpers.
type Bumper interface {
	Alloc(size, align int) ([]byte, bool)
}

// Arena makes an [Allocator] of an arena. Free does nothing, since an arena takes
// its memory back as a whole: with its Reset or Rewind, after which the blocks
// must not be used any more. The arena may still be used directly.
//
// An Arena knows the blocks of *arena.Bump and *arena.LazyBump, and those of any
// other arena that is an [Owner]. Otherwise allocators made of others know its
// blocks by elimination, as with the [Heap].
//
// It is not safe for concurrent use.
type Arena struct {
	a     Bumper
	owner Owner // the arena, if it knows its blocks itself
	meter meter // the arena, if it tells how much is used
	asked asked // by address

	// For arenas known to lie in one piece.
	piece  piece
	origin uintptr // address of the first byte
	top    uintptr // address past the newest block

	shrunk uintptr    // address of the newest block, if it was made smaller,
	mark   arena.Mark // and what the arena's Mark was then
}

// piece is an arena in one piece.
type piece interface {
	Bumper
	meter
	Mark() arena.Mark
}

type meter interface {
	Cap() int
	Used() int
}

// FromArena returns an Allocator that allocates from a. It panics if a is nil.
func FromArena(a Bumper) *Arena {
	if a == nil {
		panic("alloc: FromArena: nil arena")
	}
	n := &Arena{a: a}
	n.owner, _ = a.(Owner)
	n.meter, _ = a.(meter)
	switch a := a.(type) {
	case *arena.Bump:
		n.piece = a
	case *arena.LazyBump:
		n.piece = a
	}
	if n.piece != nil {
		n.origin = origin(n.piece)
	}
	return n
}

// origin is the address of the first byte. It takes a block without bytes, which is
// where the next one would be, or in the last byte if there is none.
func origin(p piece) uintptr {
	b, _ := p.Alloc(0, 1)
	used := p.Used()
	if used == p.Cap() {
		used = max(0, used-1)
	}
	return addr(b) - uintptr(used)
}

// FromTyped returns an Allocator that allocates from an arena of values:
// *arena.Typed or *arena.LazyTyped. Each block is one value, zeroed, so that
// blocks can have up to the size and the alignment of T. It panics if a is nil
// or T contains pointers.
//
// Drop functions of the arena see what was written to the blocks.
func FromTyped[T any](a interface{ Alloc(v T) (*T, bool) }) *Arena {
	mustBePointerFree[T]("FromTyped")
	if a == nil {
		panic("alloc: FromTyped: nil arena")
	}
	slot := func() (*T, bool) {
		var zero T
		return a.Alloc(zero)
	}
	if filler, ok := a.(interface{ New() (*T, bool) }); ok {
		slot = filler.New
	}
	return FromArena(typed[T](slot))
}

// typed is how an arena gives a zero T.
type typed[T any] func() (*T, bool)

func (t typed[T]) Alloc(size, align int) ([]byte, bool) {
	var zero T
	if size > int(unsafe.Sizeof(zero)) || align > int(unsafe.Alignof(zero)) {
		return nil, false
	}
	p, ok := t()
	if !ok {
		return nil, false
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(p)), size), true
}

// Alloc returns the next size bytes of the arena. It fails with [ErrOutOfMemory]
// if they are not there, and with [ErrAlignment] if align is no power of two up
// to [MaxAlign]. Contents are those of the arena.
func (n *Arena) Alloc(size, align int) ([]byte, error) { return tryAlloc(n, size, align) }

// Free does nothing: the arena takes its memory back as a whole.
func (n *Arena) Free(b []byte) {}

// Owns reports whether b lies in the memory of the arena. It is false where the
// arena does not tell, and once the arena is closed: the system hands out its
// addresses again.
func (n *Arena) Owns(b []byte) bool { return n.who(b) == yes }

// Resize shrinks b where it is. It grows the newest block of an *arena.Bump or
// *arena.LazyBump in place, whatever else the arena was used for, and others by
// moving them; the old memory is lost until the arena takes all of it back.
func (n *Arena) Resize(b []byte, size int) ([]byte, error) { return tryResize(n, b, size) }

func (n *Arena) try(size, align int) ([]byte, error) {
	if !isPowerOfTwo(align) || align > MaxAlign {
		return nil, ErrAlignment
	}
	if size < 0 {
		return nil, ErrOutOfMemory
	}
	b, ok := n.a.Alloc(footprint(size), align)
	if !ok {
		return nil, ErrOutOfMemory
	}
	if n.piece != nil {
		n.note(b)
	}
	n.asked.note(addr(b), align)
	return cut(b, 0, size), nil
}

// note keeps where the arena is, and notices that it was rewound.
func (n *Arena) note(b []byte) {
	if addr(b) < n.top {
		n.asked.forgetFrom(addr(b))
	}
	n.top = addr(b) + uintptr(len(b))
}

// newest reports whether nothing in the arena comes after b, which is from there,
// so that b can grow to where the arena goes on.
//
// That a block ends where the arena goes on is enough, whoever got it. A block that
// was made smaller does not; what it left behind is still its own if its end is, and
// was at all times, the arena's position, as marks can tell.
func (n *Arena) newest(b []byte) bool {
	return n.piece != nil && (addr(b)+uintptr(cap(b)) == n.end() ||
		addr(b) == n.shrunk && n.piece.Mark() == n.mark)
}

// end is the address at which the arena goes on.
func (n *Arena) end() uintptr { return n.origin + uintptr(n.piece.Used()) }

func (n *Arena) resize(b []byte, size, align int) ([]byte, error) {
	switch {
	case n.who(b) == no || cap(b) == 0:
		return nil, ErrNotOwned
	case size < 0:
		return nil, ErrOutOfMemory
	case size <= len(b):
		if footprint(size) < cap(b) && n.newest(b) {
			n.shrunk, n.mark = addr(b), n.piece.Mark()
		}
		return cut(b[:cap(b)], 0, size), nil
	case !n.newest(b):
		nb, err := move(n, n, b, size, align)
		if err == nil {
			n.asked.forget(addr(b))
		}
		return nb, err
	}
	if more := size - int(n.end()-addr(b)); more > 0 {
		if _, ok := n.a.Alloc(more, 1); !ok {
			return nil, ErrOutOfMemory
		}
		n.top = n.end()
	}
	return unsafe.Slice(unsafe.SliceData(b), size), nil
}

func (n *Arena) explain(err error, size, align int) error {
	left := -1
	hint := "it is full, or does not serve blocks like this; reset it or add a Fallback"
	if n.meter != nil {
		left = n.meter.Cap() - n.meter.Used()
		hint = fmt.Sprintf("%d of %d bytes are left; reset it, make it larger or add a Fallback", left, n.meter.Cap())
	}
	return explained(err, &Error{"Arena", size, align, left, hint, ErrOutOfMemory}, MaxAlign)
}

func (n *Arena) who(b []byte) answer {
	switch {
	case n.owner != nil:
		return verdict(n.owner.Owns(b))
	case n.piece == nil:
		return unknown
	case cap(b) == 0:
		return no
	}
	off, size := addr(b)-n.origin, uintptr(n.piece.Cap()) // 0 when closed
	return verdict(off < size && uintptr(len(b)) <= size-off)
}

func (n *Arena) node() node           { return n }
func (n *Arena) parts(func(node))     {}
func (n *Arena) tells() bool          { return n.owner != nil || n.piece != nil }
func (n *Arena) aligned(b []byte) int { return n.asked.of(addr(b), b) }

func (n *Arena) span() (from, to uintptr) {
	if n.piece == nil || n.piece.Used() > 0 {
		return 0, 0
	}
	return n.origin, n.origin + uintptr(n.piece.Cap())
}
