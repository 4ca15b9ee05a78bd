package alloc

import "fmt"

// Scoped allocates by advancing through one fixed block of memory, and gives
// memory back by scopes: what was allocated in a scope is free again when the
// scope ends. Allocating costs a few nanoseconds whatever the size.
//
// While a scope is open the outer Scoped refuses to allocate, so that memory is
// given back in the reverse order of allocation.
//
// Free gives memory back at once for the block allocated last, and otherwise
// leaves it to the end of the scope. Frees in the reverse order of allocation
// give everything back but padding.
//
// It is not safe for concurrent use.
type Scoped struct {
	mem    []byte
	used   int     // mem[:used] is taken
	end    int     // mem[used:end] may be allocated; 0 while a scope is open
	base   int     // where this scope began
	limit  int     // the strictest alignment granted
	asked  asked   // by offset in mem
	nested bool    // this is an inner Scoped,
	ended  bool    // whose scope has ended
	open   bool    // an inner Scoped is in use
	inner  *Scoped // kept for the next scope, so that a scope costs no allocation
	source Allocator
}

// NewScoped returns a Scoped with size bytes from the Go heap. They begin at a
// multiple of 64. It panics if size is negative or too large.
func NewScoped(size int) *Scoped {
	s, err := NewScopedFrom(Heap{}, size)
	if err != nil {
		panic(fmt.Sprintf("alloc: NewScoped: size %d: %v", size, err))
	}
	s.source = nil
	return s
}

// NewScopedFrom returns a Scoped with size bytes allocated from a, aligned to 64
// if a can do that. [Scoped.Release] gives them back.
func NewScopedFrom(a Allocator, size int) (*Scoped, error) {
	mem, err := feed("NewScopedFrom", a, size, 64)
	if err != nil {
		return nil, err
	}
	return &Scoped{mem: mem, end: len(mem), limit: MaxAlign, source: a}, nil
}

// NewScopedOver returns a Scoped over memory of the caller, such as the block of
// a stack scope. The Scoped and its blocks must not be used after that memory is
// gone. Alignments up to [MaxForeignAlign] are granted.
//
// The compiler takes mem for leaked, because it ends up behind an interface:
// stackalloc.Uninit would answer with an ordinary make. Use it with
// scratch.Uninit, or use [Local], which keeps the proof.
func NewScopedOver(mem []byte) *Scoped {
	s := &Scoped{limit: MaxForeignAlign}
	s.Attach(mem)
	return s
}

// feed allocates the memory of an allocator from another, with a preferred
// alignment.
func feed(constructor string, a Allocator, size, align int) ([]byte, error) {
	if a == nil {
		panic("alloc: " + constructor + ": nil Allocator")
	}
	for {
		mem, err := a.Alloc(size, align)
		if err == nil || align == 1 {
			return mem, err
		}
		align /= 2
	}
}

// Attach makes mem the memory of s, in place of what it had, and forgets all
// blocks. With it one Scoped, in a composition made once, can serve many blocks
// one after another; Attach(nil) leaves s without memory. It panics for an
// inner Scoped, while a scope is open, and if s has memory from an allocator.
func (s *Scoped) Attach(mem []byte) {
	switch {
	case s.open || s.nested:
		panic("alloc: Scoped.Attach: within a scope; attach before it begins or after it ends")
	case s.source != nil:
		panic("alloc: Scoped.Attach: the memory of this Scoped came from an Allocator; Release it first")
	}
	s.mem, s.used, s.end = mem[:len(mem):len(mem)], 0, len(mem)
	s.asked.reset()
	s.limit = min(s.limit, MaxForeignAlign)
}

// Release gives the memory of s back to the allocator it came from, if it did,
// and leaves s without memory. It panics for an inner Scoped and while a scope
// is open.
func (s *Scoped) Release() {
	if s.open || s.nested {
		panic("alloc: Scoped.Release: within a scope; release after it ends")
	}
	if s.source != nil {
		s.source.Free(s.mem)
	}
	*s = Scoped{limit: s.limit, inner: s.inner}
}

// Reset frees all blocks of s at once. It panics while a scope is open.
func (s *Scoped) Reset() {
	if s.open {
		panic("alloc: Scoped.Reset: a scope is open; reset the inner Scoped or wait for the end of the scope")
	}
	if debug {
		poison(s.mem[s.base:s.used])
	}
	s.used = s.base
	s.asked.reset()
}

// Left is the number of bytes that can still be allocated, less padding. It is 0
// while a scope is open.
func (s *Scoped) Left() int { return max(0, s.end-s.used) }

// Used is the number of bytes taken in this scope, padding included.
func (s *Scoped) Used() int { return s.used - s.base }

// Scope calls f with an allocator for the memory that is left, and returns what
// f returns. All that was allocated from inner is given back when f ends, by a
// return, a panic or runtime.Goexit. inner must not be kept: it has no memory
// after the end, and serves a later scope of s then. Scopes nest.
//
// While f runs, s refuses to allocate; f may still free blocks of s. A second
// scope of s within the first is refused with an error, without a call of f: it
// wraps [ErrOutOfMemory], and the remedy is a scope of inner.
//
// Scope allocates nothing, except for the first scope at each depth.
func (s *Scoped) Scope(f func(inner *Scoped) error) error {
	if f == nil {
		panic("alloc: Scoped.Scope: nil function")
	}
	if s.open || s.ended {
		return s.explain(ErrOutOfMemory, 0, 1)
	}
	inner := s.inner
	if inner == nil || debug {
		inner = new(Scoped)
	}
	*inner = Scoped{
		mem: s.mem, base: s.used, used: s.used, end: s.end,
		limit: s.limit, nested: true, inner: inner.inner,
	}
	s.inner, s.open, s.end = inner, true, 0
	defer s.close(inner, inner.end)
	return f(inner)
}

func (s *Scoped) close(inner *Scoped, end int) {
	if debug {
		poison(s.mem[inner.base:end])
	}
	*inner = Scoped{nested: true, ended: true, limit: inner.limit, inner: inner.inner}
	s.open, s.end = false, end
}

// Alloc returns a block of size bytes aligned to align. It fails with
// [ErrOutOfMemory] if there is no room, while a scope of s is open and after the
// end of s, and with [ErrAlignment] if align is no power of two or above
// [MaxAlign] ([MaxForeignAlign] for memory of the caller). Contents are
// unspecified.
func (s *Scoped) Alloc(size, align int) ([]byte, error) {
	b, err := s.try(size, align)
	if err != nil {
		return nil, s.explain(err, size, align)
	}
	return b, nil
}

// Free gives b back if it was allocated last, and does nothing otherwise. It
// panics if b is not a block of s.
func (s *Scoped) Free(b []byte) {
	if b == nil {
		return
	}
	off, ok := s.find(b)
	if !ok {
		if s.ended {
			panic("alloc: Scoped.Free: the scope has ended, and its blocks with it; free within the scope, or not at all")
		}
		panic("alloc: Scoped.Free: foreign block; free it with the allocator it came from")
	}
	if debug {
		poison(b[:footprint(len(b))])
	}
	s.asked.forget(uintptr(off))
	if off+footprint(len(b)) == s.used {
		s.used = off
	}
}

// Owns reports whether b lies in the memory of s. For an inner Scoped that is
// what was left when its scope began.
func (s *Scoped) Owns(b []byte) bool {
	_, ok := s.find(b)
	return ok
}

// Resize grows and shrinks the block allocated last in place, shrinks others in
// place, and moves others to grow. The bytes that are added are unspecified. It
// fails like Alloc, and with [ErrNotOwned] for a foreign block; b is as it was
// then.
func (s *Scoped) Resize(b []byte, size int) ([]byte, error) {
	return tryResize(s, b, size)
}

func (s *Scoped) find(b []byte) (int, bool) {
	off, ok := within(s.mem, b)
	return off, ok && off >= s.base
}

func (s *Scoped) try(size, align int) ([]byte, error) {
	if align <= 0 || align&(align-1) != 0 || align > s.limit {
		return nil, ErrAlignment
	}
	off := s.used + int(-(addr(s.mem)+uintptr(s.used))&uintptr(align-1))
	n := max(size, 1)
	if size < 0 || n > s.end-off {
		return nil, ErrOutOfMemory
	}
	s.asked.note(uintptr(off), align)
	s.used = off + n
	return s.mem[off : off+size : off+n], nil
}

func (s *Scoped) resize(b []byte, size, align int) ([]byte, error) {
	off, ok := s.find(b)
	switch n := footprint(size); {
	case !ok:
		return nil, ErrNotOwned
	case size < 0:
		return nil, ErrOutOfMemory
	case off+footprint(len(b)) == s.used:
		if size > len(b) && n > s.end-off {
			return nil, ErrOutOfMemory
		}
		s.used = off + n
		return cut(s.mem, off, size), nil
	case size <= len(b):
		return cut(s.mem, off, size), nil
	}
	nb, err := s.try(size, align)
	if err == nil {
		copy(nb, b)
		s.asked.forget(uintptr(off))
		if debug {
			poison(b[:footprint(len(b))])
		}
	}
	return nb, err
}

func (s *Scoped) explain(err error, size, align int) error {
	hint := fmt.Sprintf("%d of %d bytes are left; make the block larger or add a Fallback", s.Left(), len(s.mem)-s.base)
	switch {
	case s.open:
		hint = "a scope is open; use the inner Scoped"
	case s.ended:
		hint = "its scope has ended; do not keep the inner Scoped"
	}
	return explained(err, &Error{"Scoped", size, align, s.Left(), hint, ErrOutOfMemory}, s.limit)
}

func (s *Scoped) node() node          { return s }
func (s *Scoped) parts(func(node))    {}
func (s *Scoped) who(b []byte) answer { return verdict(s.Owns(b)) }
func (s *Scoped) tells() bool         { return true }

func (s *Scoped) aligned(b []byte) int {
	off, _ := s.find(b)
	return s.asked.of(uintptr(off), b)
}

func (s *Scoped) span() (from, to uintptr) {
	if s.used != s.base || s.open {
		return 0, 0
	}
	return spanOf(s.mem[s.base:])
}
