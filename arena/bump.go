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
	core
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
	b := &Bump{core: core{base: none, size: uintptr(capacity), limit: uintptr(capacity)}}
	if capacity > 0 {
		b.base = bumpMemory(capacity)
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
		return Bump{core: core{base: none}}
	}
	return Bump{core: core{base: unsafe.Pointer(unsafe.SliceData(buf)), size: n, limit: n, dirty: n}}
}
