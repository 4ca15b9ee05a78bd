package alloc

import "fmt"

// Local allocates from a block of the caller, meant to be the block of a stack
// scope, and from another allocator when that is used up. It is a concrete
// type, with no interface between the block and its user, so that the compiler
// can follow the block through it and leave it on the stack:
//
//	spill := alloc.NewSpill(alloc.Heap{}) // once, not for every block
//
//	stackalloc.Uninit(4096, func(block []byte) {
//		l := alloc.NewLocal(block, spill)
//		defer l.Release()
//		b, err := l.Alloc(100, 8)
//		…
//	})
//
// This holds while all calls are calls of methods of Local. A *Local also is an
// [Allocator], an [Owner] and a [Resizer], but once it is used as one of these,
// or given to [New], [MakeSlice] or [Append], the compiler takes the block for
// leaked, and stackalloc.Uninit answers with an ordinary make: as safe as make,
// and as slow.
//
// A Local must not be copied after its first use. It is not safe for concurrent
// use.
type Local struct {
	mem   []byte
	used  int
	peak  int
	asked asked // by offset in mem
	// The second allocator is behind a pointer of its own because escape
	// analysis does not tell the fields of a struct apart: a call through an
	// interface in this struct would count as a leak of mem.
	spill *Spill
}

// Spill is the second allocator of a [Local], with a record of what it served.
// One Spill serves one Local at a time, and any number one after another without
// an allocation of its own.
type Spill struct {
	next   Allocator
	blocks []spilled
	served uint64
}

type spilled struct {
	block []byte
	align int
}

// NewSpill returns a Spill that allocates from next. It panics if next is nil.
func NewSpill(next Allocator) *Spill {
	if next == nil {
		panic("alloc: NewSpill: nil Allocator")
	}
	if n, ok := asNode("NewSpill", next).(*foreign); ok {
		next = n
	}
	return &Spill{next: next}
}

// Served is how often this allocator served because the memory of the Local
// could not.
func (s *Spill) Served() uint64 { return s.served }

// Live is how many blocks of this allocator are in use. Finding one to free or
// resize it takes time linear in that.
func (s *Spill) Live() int { return len(s.blocks) }

func (s *Spill) alloc(size, align int) ([]byte, error) {
	b, err := s.next.Alloc(size, align)
	if err == nil {
		s.served++
		s.blocks = append(s.blocks, spilled{b, align})
	}
	return b, err
}

// find returns the place in the record of the block that b lies in, and where in
// the block it begins, or -1.
func (s *Spill) find(b []byte) (i, off int) {
	if s != nil {
		for i := len(s.blocks) - 1; i >= 0; i-- {
			block := s.blocks[i].block
			if off, ok := within(block[:cap(block)], b); ok {
				return i, off
			}
		}
	}
	return -1, 0
}

// at is find for a block as it was handed out.
func (s *Spill) at(b []byte) int {
	i, off := s.find(b)
	if off != 0 {
		return -1
	}
	return i
}

// free gives block i back. It is the record that goes to the next allocator: the
// slice of the caller might be, to the compiler, a part of the Local's memory.
func (s *Spill) free(i int) {
	b, last := s.blocks[i].block, len(s.blocks)-1
	s.blocks[i] = s.blocks[last]
	s.blocks[last] = spilled{}
	s.blocks = s.blocks[:last]
	s.next.Free(b)
}

// resize changes block i in place, or wherever the next allocator puts it.
func (s *Spill) resize(i, size int) ([]byte, error) {
	b, err := Resize(s.next, s.blocks[i].block, size, s.blocks[i].align)
	if err == nil {
		s.blocks[i].block = b
	}
	return b, err
}

// NewLocal returns a Local over mem. With a nil spill there is no second
// allocator.
func NewLocal(mem []byte, spill *Spill) Local {
	return Local{mem: mem, spill: spill}
}

// Alloc returns a block of size bytes aligned to align, out of the caller's
// memory or else from the second allocator. In the caller's memory alignments up
// to [MaxForeignAlign] are served. If both fail, the error is that of the second
// allocator. Contents are unspecified.
func (l *Local) Alloc(size, align int) ([]byte, error) {
	if b, ok := l.take(size, align); ok {
		return b, nil
	}
	if l.spill == nil {
		return nil, l.refuse(size, align)
	}
	return l.spill.alloc(size, align)
}

// take is Alloc in the caller's memory.
func (l *Local) take(size, align int) ([]byte, bool) {
	if align > 0 && align&(align-1) == 0 && align <= MaxForeignAlign && size >= 0 {
		off := l.used + int(-(addr(l.mem)+uintptr(l.used))&uintptr(align-1))
		n := footprint(size)
		if n <= len(l.mem)-off {
			l.asked.note(uintptr(off), align)
			l.used = off + n
			l.peak = max(l.peak, l.used)
			return l.mem[off : off+size : off+n], true
		}
	}
	return nil, false
}

func (l *Local) refuse(size, align int) error {
	left := len(l.mem) - l.used
	hint := fmt.Sprintf("%d of %d bytes are left; make the block larger or give NewLocal a Spill", left, len(l.mem))
	return explained(ErrOutOfMemory, &Error{"Local", size, align, left, hint, ErrOutOfMemory}, MaxForeignAlign)
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
		l.asked.forget(uintptr(off))
		if off+footprint(len(b)) == l.used {
			l.used = off
		}
		return
	}
	i := l.spill.at(b)
	if i < 0 {
		panic("alloc: Local.Free: foreign block, or freed before; free it once, with the allocator it came from")
	}
	l.spill.free(i)
}

// Owns reports whether b lies in the caller's memory, or in a live block of the
// second allocator.
func (l *Local) Owns(b []byte) bool {
	if _, ok := within(l.mem, b); ok {
		return true
	}
	i, _ := l.spill.find(b)
	return i >= 0
}

// Resize changes the size of b: in place for the last block in the caller's
// memory and for blocks that shrink there, otherwise by moving it to where there
// is room. On an error b is as it was.
func (l *Local) Resize(b []byte, size int) ([]byte, error) {
	if b == nil {
		return l.Alloc(size, 1)
	}
	off, ok := within(l.mem, b)
	if !ok {
		if i := l.spill.at(b); i >= 0 {
			return l.resizeSpilled(i, size)
		}
		return nil, notOwned("Local", size, 1, len(l.mem)-l.used)
	}
	if last := off+footprint(len(b)) == l.used; size >= 0 && (size <= len(b) || last && footprint(size) <= len(l.mem)-off) {
		if last {
			l.used = off + footprint(size)
			l.peak = max(l.peak, l.used)
		}
		return cut(l.mem, off, size), nil
	}
	nb, err := l.Alloc(size, l.asked.of(uintptr(off), b))
	if err != nil {
		return nil, err
	}
	copy(nb, b)
	l.Free(b)
	return nb, nil
}

// resizeSpilled is Resize for block i of the second allocator.
func (l *Local) resizeSpilled(i, size int) ([]byte, error) {
	b, err := l.spill.resize(i, size)
	if err == nil {
		return b, nil
	}
	b, ok := l.take(size, l.spill.blocks[i].align)
	if !ok {
		return nil, err
	}
	copy(b, l.spill.blocks[i].block)
	l.spill.free(i)
	return b, nil
}

// Release frees all blocks at once: those of the second allocator go back to it,
// and the caller's memory can be used anew. Without it the blocks of the second
// allocator stay in the record of the Spill.
func (l *Local) Release() {
	if l.spill != nil {
		for n := len(l.spill.blocks); n > 0; n-- {
			l.spill.free(n - 1)
		}
	}
	l.used = 0
	l.asked.reset()
}

// Used is the number of bytes taken of the caller's memory, padding included.
func (l *Local) Used() int { return l.used }

// Peak is the most that Used has been.
func (l *Local) Peak() int { return l.peak }
