package alloc

import "fmt"

// Local allocates from a block of the caller, meant to be the block of a stack
// scope, and from another allocator when that is used up. It is a concrete
// type, with no interface between the block and its user, so that the compiler
// can follow the block through it and leave it on the stack:
//
//	stackalloc.Uninit(4096, func(block []byte) {
//		l := alloc.NewLocal(block, next)
//		defer l.Release()
//		b, err := l.Alloc(100, 8)
//		…
//	})
//
// This holds while all calls are calls of methods of Local. A *Local also is an
// [Allocator], an [Owner] and a [Resizer], but once it is used as one of these,
// or given to New, MakeSlice or Append, the compiler takes the block for
// leaked, and stackalloc.Uninit answers with an ordinary make: safe, and as slow
// as make.
//
// The blocks that come from the next allocator are recorded, one slice for each
// that is live; looking one up to free it takes time linear in their number.
//
// A Local must not be copied after its first use. It is not safe for concurrent
// use.
type Local struct {
	mem     []byte
	used    int
	strict  int
	served  uint64
	peak    int
	next    Allocator
	spilled [][]byte
}

// NewLocal returns a Local over mem. A nil next means no second allocator.
func NewLocal(mem []byte, next Allocator) Local {
	return Local{mem: mem, strict: 1, next: next}
}

// Alloc returns a block of size bytes aligned to align, out of the caller's
// memory or else from the next allocator. Out of the caller's memory alignments
// up to [MaxForeignAlign] are served. If both fail, the error of the next
// allocator is returned. Contents are unspecified.
func (l *Local) Alloc(size, align int) ([]byte, error) {
	if isPowerOfTwo(align) && align <= MaxForeignAlign && size >= 0 {
		off := l.used + int(-(addr(l.mem)+uintptr(l.used))&uintptr(align-1))
		n := footprint(size)
		if n <= len(l.mem)-off {
			l.strict = max(l.strict, align)
			l.advance(off + n)
			return l.mem[off : off+size : off+n], nil
		}
	}
	return l.spill(size, align)
}

func (l *Local) advance(used int) {
	l.used = used
	l.peak = max(l.peak, used)
}

func (l *Local) spill(size, align int) ([]byte, error) {
	if l.next == nil {
		return nil, l.explain(size, align)
	}
	b, err := l.next.Alloc(size, align)
	if err != nil {
		return nil, err
	}
	l.served++
	l.strict = max(l.strict, align)
	l.spilled = append(l.spilled, b)
	return b, nil
}

func (l *Local) explain(size, align int) error {
	left := len(l.mem) - l.used
	switch {
	case !isPowerOfTwo(align) || align > MaxForeignAlign:
		return badAlign("Local", size, align, MaxForeignAlign, left)
	case size < 0:
		return &Error{"Local", size, align, left, "the size is negative", ErrOutOfMemory}
	}
	hint := fmt.Sprintf("%d of %d bytes are left; make the block larger or give NewLocal a second allocator", left, len(l.mem))
	return &Error{"Local", size, align, left, hint, ErrOutOfMemory}
}

// Free gives b back. In the caller's memory the block allocated last is free at
// once, others at the end. It panics for a foreign block.
func (l *Local) Free(b []byte) {
	if b == nil {
		return
	}
	if off, ok := within(l.mem, b); ok {
		if debug {
			poison(b[:footprint(len(b))])
		}
		if off+footprint(len(b)) == l.used {
			l.used = off
		}
		return
	}
	i := l.find(b)
	if i < 0 {
		panic("alloc: Local.Free: foreign block, or freed before; free it once, with the allocator it came from")
	}
	// The record goes to the next allocator, not b, which to the compiler
	// might be a part of the caller's memory.
	l.next.Free(l.spilled[i])
	l.forget(i)
}

// find returns the place of b among the spilled blocks, or -1.
func (l *Local) find(b []byte) int {
	for i := len(l.spilled) - 1; i >= 0; i-- {
		if addr(l.spilled[i]) == addr(b) {
			return i
		}
	}
	return -1
}

func (l *Local) forget(i int) {
	last := len(l.spilled) - 1
	l.spilled[i] = l.spilled[last]
	l.spilled[last] = nil
	l.spilled = l.spilled[:last]
}

// Owns reports whether b lies in the caller's memory or came from the next
// allocator and is live.
func (l *Local) Owns(b []byte) bool {
	if _, ok := within(l.mem, b); ok {
		return true
	}
	return cap(b) > 0 && l.find(b) >= 0
}

// Resize changes the size of b: in place for the last block in the caller's
// memory and for blocks that shrink there, otherwise by moving it. On an error b
// is as it was.
func (l *Local) Resize(b []byte, size int) ([]byte, error) {
	align := min(alignOf(b), l.strict)
	off, ok := within(l.mem, b)
	if ok && size >= 0 {
		n := footprint(size)
		last := off+footprint(len(b)) == l.used
		switch {
		case last && n <= len(l.mem)-off:
			l.advance(off + n)
			return cut(l.mem, off, size), nil
		case size <= len(b):
			return cut(l.mem, off, size), nil
		}
	}
	if !ok {
		i := l.find(b)
		if i < 0 {
			return nil, &Error{"Local", size, align, len(l.mem) - l.used, "the block is not from here; resize it with the allocator it came from", ErrNotOwned}
		}
		if r, ok := l.next.(Resizer); ok {
			nb, err := r.Resize(l.spilled[i], size)
			if err != nil {
				return nil, err
			}
			l.spilled[i] = nb
			return nb, nil
		}
	}
	nb, err := l.Alloc(size, align)
	if err != nil {
		return nil, err
	}
	copy(nb, b)
	l.Free(b)
	return nb, nil
}

// Release frees all blocks at once: those from the next allocator are given back
// to it. The caller's memory can be used anew.
func (l *Local) Release() {
	for i, b := range l.spilled {
		l.spilled[i] = nil
		l.next.Free(b)
	}
	l.spilled = l.spilled[:0]
	l.used = 0
}

// Used is the number of bytes taken of the caller's memory, padding included.
func (l *Local) Used() int { return l.used }

// Peak is the most that Used has been.
func (l *Local) Peak() int { return l.peak }

// Served is how often the next allocator served because the caller's memory
// could not.
func (l *Local) Served() uint64 { return l.served }
