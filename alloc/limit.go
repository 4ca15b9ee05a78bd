package alloc

import "fmt"

// Limit passes every operation on as long as the live blocks have at most so many
// bytes together, and then answers [ErrOutOfMemory]. In front of the [Heap] it makes
// a size that a program was given, 1 << 40 say, an error instead of its end.
//
// It counts the bytes asked for, of a block of size zero one. What the allocator
// behind it takes on top, padding, and while a block moves the old one, does not
// count. Blocks that are never freed one by one, those that a scope or an arena
// takes back as a whole, count until [Limit.Reset].
//
// It costs a few nanoseconds and no allocation. It is not safe for concurrent use.
type Limit struct {
	layer
	bytes, used int
	refused     bool // the last failure was the Limit's own
}

// NewLimit returns a Limit of that many bytes around a. It panics if a is nil or
// bytes negative.
func NewLimit(a Allocator, bytes int) *Limit {
	if bytes < 0 {
		panic(fmt.Sprintf("alloc: NewLimit: the limit %d is negative", bytes))
	}
	return &Limit{layer: layer{asNode("NewLimit", a)}, bytes: bytes}
}

// Used is the number of bytes that count at present.
func (l *Limit) Used() int { return l.used }

// Left is the number of bytes that may still be allocated.
func (l *Limit) Left() int { return l.bytes - l.used }

// Reset makes Used zero, for when the allocator behind it took all blocks back as a
// whole.
func (l *Limit) Reset() { l.used = 0 }

// Alloc passes on, or fails with [ErrOutOfMemory] if size is more than what is left.
func (l *Limit) Alloc(size, align int) ([]byte, error) { return tryAlloc(l, size, align) }

// Free passes on.
func (l *Limit) Free(b []byte) {
	l.to.Free(b)
	if b != nil {
		l.used = max(0, l.used-footprint(len(b)))
	}
}

// Resize passes on, or fails with [ErrOutOfMemory] if b is to grow by more than what
// is left. Where the allocator behind is no [Resizer], the block moves.
func (l *Limit) Resize(b []byte, size int) ([]byte, error) { return tryResize(l, b, size) }

func (l *Limit) node() node { return l }

func (l *Limit) try(size, align int) ([]byte, error) {
	n := footprint(size)
	if l.refused = n > l.bytes-l.used && isPowerOfTwo(align); l.refused {
		return nil, ErrOutOfMemory
	}
	b, err := l.to.try(size, align)
	if err == nil {
		l.used += n
	}
	return b, err
}

func (l *Limit) resize(b []byte, size, align int) ([]byte, error) {
	more := footprint(size) - footprint(len(b))
	if l.refused = more > l.bytes-l.used; l.refused {
		return nil, ErrOutOfMemory
	}
	b, err := l.to.resize(b, size, align)
	if err == nil {
		l.used = max(0, l.used+more)
	}
	return b, err
}

func (l *Limit) explain(err error, size, align int) error {
	if !l.refused || err != ErrOutOfMemory {
		return l.to.explain(err, size, align)
	}
	hint := fmt.Sprintf("%d of the %d bytes that NewLimit allows are left; free some, or allow more", l.Left(), l.bytes)
	return &Error{"Limit", size, align, l.Left(), hint, err}
}
