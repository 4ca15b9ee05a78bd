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
	a      Bumper
	owner  Owner // the arena, if it knows its blocks itself
	meter  meter // the arena, if it tells how much is used
	strict int   // the strictest alignment asked for

	// For arenas known to lie in one piece: from the lowest block that was
	// handed out to the end of the highest.
	whole bool
	low   []byte
	span  int

	last     *byte // the newest block,
	lastSize int   // the bytes it occupies
	mark     int   // and meter.Used() after it
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
	n := &Arena{a: a, strict: 1}
	n.owner, _ = a.(Owner)
	n.meter, _ = a.(meter)
	switch a.(type) {
	case *arena.Bump, *arena.LazyBump:
		n.whole = true
	}
	return n
}

// FromTyped returns an Allocator that allocates from an arena of values:
// *arena.Typed or *arena.LazyTyped. Each block is one value, zeroed, so that
// blocks can have up to the size and the alignment of T. It panics if a is nil
// or T contains pointers.
//
// Drop functions of the arena see what was written to the blocks.
func FromTyped[T any](a interface{ Alloc(v T) (*T, bool) }) *Arena {
	mustBePlain[T]("FromTyped")
	if a == nil {
		panic("alloc: FromTyped: nil arena")
	}
	return FromArena(typed[T]{a})
}

type typed[T any] struct {
	a interface{ Alloc(v T) (*T, bool) }
}

func (t typed[T]) Alloc(size, align int) ([]byte, bool) {
	var zero T
	if size > int(unsafe.Sizeof(zero)) || align > int(unsafe.Alignof(zero)) {
		return nil, false
	}
	p, ok := t.a.Alloc(zero)
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

// Owns reports whether b lies among the blocks that came through n. It is false
// where the arena does not tell.
func (n *Arena) Owns(b []byte) bool { return n.who(b) == yes }

// Resize shrinks b where it is. It grows the newest block of an *arena.Bump or
// *arena.LazyBump in place, and others by moving them; the old memory is lost
// until the arena takes all of it back.
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
	n.strict = max(n.strict, align)
	if n.whole {
		n.note(b)
	}
	return cut(b, 0, size), nil
}

func (n *Arena) note(b []byte) {
	switch off := int(addr(b) - addr(n.low)); {
	case n.low == nil:
		n.low, n.span = b, len(b)
	case off < 0: // after a Reset or a Rewind
		n.low, n.span = b, n.span-off
	default:
		n.span = max(n.span, off+len(b))
	}
	n.last, n.lastSize, n.mark = unsafe.SliceData(b), len(b), n.meter.Used()
}

// newest reports whether b is the newest block of the arena, so that the arena
// can go on where b ends.
func (n *Arena) newest(b []byte) bool {
	return n.whole && unsafe.SliceData(b) == n.last && n.meter.Used() == n.mark
}

func (n *Arena) resize(b []byte, size, align int) ([]byte, error) {
	switch {
	case n.who(b) == no:
		return nil, ErrNotOwned
	case size < 0:
		return nil, ErrOutOfMemory
	case size <= len(b):
		return cut(b[:cap(b)], 0, size), nil
	case !n.newest(b):
		return move(n, n, b, size, align)
	}
	if more := size - n.lastSize; more > 0 {
		if _, ok := n.a.Alloc(more, 1); !ok {
			return nil, ErrOutOfMemory
		}
		n.note(unsafe.Slice(unsafe.SliceData(b), size))
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
	fail := &Error{"Arena", size, align, left, hint, ErrOutOfMemory}
	switch {
	case !bare(err):
		return err
	case err == ErrNotOwned:
		fail.Err, fail.Hint = err, "the block is not from here; resize it with the allocator it came from"
	case !isPowerOfTwo(align) || align > MaxAlign:
		return badAlign("Arena", size, align, MaxAlign, left)
	case size < 0:
		fail.Hint = "the size is negative"
	}
	return fail
}

func (n *Arena) who(b []byte) answer {
	switch {
	case n.owner != nil:
		return verdict(n.owner.Owns(b))
	case !n.whole:
		return unknown
	case cap(b) == 0 || n.low == nil:
		return no
	}
	off := addr(b) - addr(n.low)
	return verdict(off < uintptr(n.span) && uintptr(len(b)) <= uintptr(n.span)-off)
}

func (n *Arena) tells() bool       { return n.owner != nil || n.whole }
func (n *Arena) kept(b []byte) int { return min(alignOf(b), n.strict) }
