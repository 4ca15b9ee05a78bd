package arena

import (
	"fmt"
	"unsafe"
)

// A Bump is an arena of bytes of fixed capacity. Allocation moves a position
// forward; Reset sets it back. The zero Bump has no capacity.
//
// A Bump must not be copied and is for one goroutine at a time.
type Bump struct {
	_ noCopy
	c core
}

// baseAlign is the alignment of a Bump's first byte, so that how much fits does
// not depend on where the memory happens to be, up to this alignment.
const baseAlign = 64

// NewBump returns an arena of capacity bytes of Go memory, all of it taken at
// once and zero. Its first byte is aligned to 64 bytes. A negative capacity,
// or one that make would refuse, panics.
func NewBump(capacity int) *Bump {
	if capacity < 0 {
		panic(fmt.Sprintf("arena: NewBump: the capacity %d is negative", capacity))
	}
	b := &Bump{c: core{base: none, size: uintptr(capacity), limit: uintptr(capacity)}}
	if capacity > 0 {
		b.c.base = bumpMemory(capacity)
	}
	return b
}

func bumpMemory(capacity int) unsafe.Pointer {
	p := unsafe.Pointer(unsafe.SliceData(makeSlice[byte]("NewBump", capacity)))
	if uintptr(p)%baseAlign == 0 {
		return p
	}
	// Small and odd sizes only: Go aligns larger objects to that by itself.
	p = unsafe.Pointer(unsafe.SliceData(makeSlice[byte]("NewBump", capacity+baseAlign-1)))
	return unsafe.Add(p, -uintptr(p)&(baseAlign-1))
}

// makeSlice is make with a panic that says what was asked.
func makeSlice[T any](name string, n int) []T {
	defer func() {
		if e := recover(); e != nil {
			var v T
			panic(fmt.Sprintf("arena: %s: cannot make %d elements of %d bytes: %v", name, n, unsafe.Sizeof(v), e))
		}
	}()
	return make([]T, n)
}

// Over returns an arena over memory of the caller, len(buf) bytes. It costs
// nothing: no memory is taken, and the compiler sees that the arena keeps buf
// no longer than the arena itself lives, so buf and the arena may both be on
// the stack. Only an arena that has to remember more than four Rewinds past
// inner marks takes a little heap memory, for that.
//
//	stackalloc.Uninit(n, func(buf []byte) {
//		a := arena.Over(buf)
//		b, ok := a.Alloc(64, 8)
//		…
//	})
//
// While the arena is in use the caller must not use buf otherwise, and blocks
// from the arena must not outlive buf. If buf is on a stack, an alignment above
// what buf itself has may be lost when the stack moves.
func Over(buf []byte) Bump {
	n := uintptr(len(buf))
	if n == 0 {
		return Bump{c: core{base: none}}
	}
	return Bump{c: core{base: unsafe.Pointer(unsafe.SliceData(buf)), size: n, limit: n, dirty: n}}
}

// Alloc returns the next size bytes whose address is a multiple of align, and
// false when they do not fit; then nothing has changed. The bytes are as they
// are, zero when they are used for the first time since NewBump. Capacity and
// length of the slice are size. A size of 0 uses no bytes and gives an empty
// slice that is not nil; it is false only when no address with that alignment is
// left. A negative size or an align that is not a power of two panics. The cost
// does not depend on size.
func (b *Bump) Alloc(size, align int) ([]byte, bool) {
	if guarded {
		b.c.guard.enter(opAlloc)
		defer b.c.guard.leave()
	}
	return b.c.alloc(size, align)
}

// Reset makes the whole capacity free again and all marks stale. The cost is
// constant; the bytes stay as they are.
func (b *Bump) Reset() {
	if guarded {
		b.c.guard.enter(opReset)
		defer b.c.guard.leave()
	}
	b.c.reset()
}

// Mark returns the current position for Rewind. It stays good until a Reset,
// or a Rewind to a position before it.
func (b *Bump) Mark() Mark {
	if guarded {
		b.c.guard.enter(opMark)
		defer b.c.guard.leave()
	}
	return b.c.marks.take(b.c.off)
}

// Rewind frees what was allocated since m was taken, at constant cost. It
// panics for a mark of another arena, from before a Reset, or that an earlier
// Rewind went back past. The same mark may be used again.
func (b *Bump) Rewind(m Mark) {
	if guarded {
		b.c.guard.enter(opRewind)
		defer b.c.guard.leave()
	}
	b.c.rewind(m)
}

// Cap returns the capacity in bytes.
func (b *Bump) Cap() int { return int(b.c.size) }

// Used returns the number of bytes in use, those lost to alignment included.
func (b *Bump) Used() int { return int(b.c.off) }
