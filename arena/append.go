package arena

import (
	"reflect"
	"unsafe"
)

// Append appends vs to s in the arena, and reports whether there was room; if not,
// the result is s, as it was. Beyond its capacity s grows in place while it is
// what a gave last, and else moves to new memory of a with twice the capacity, or
// with as much as it needs where that is not there. What s leaves behind then
// counts as used until Reset or Rewind. s may be nil, and come from anywhere; when
// it moves, the old slice keeps its contents.
//
// In place a slice grows by what it needs, so that nothing is wasted on one that is
// filled alone. Slices that are filled in turns are better given their capacity by
// [Slice].
//
// T must not have pointers, as for [New].
func Append[T any, A Bytes](a A, s []T, vs ...T) ([]T, bool) {
	c := coreOf(a)
	if guarded {
		c.guard.enter(opAppend)
		defer c.guard.leave()
	}
	if t := reflect.TypeFor[T](); t != c.pointerFree {
		c.mustBePointerFree("Append", t)
	}
	need := len(s) + len(vs)
	var zero T
	elem := unsafe.Sizeof(zero)
	switch {
	case need >= 0 && need <= cap(s):
		return append(s, vs...), true
	case need < 0 || c.base == nil:
		return s, false
	case elem == 0:
		return append(s, vs...), true // takes no memory
	}
	// How far s reaches in the arena. No call comes in between: the memory may be on
	// a stack, which moves.
	begin := uintptr(unsafe.Pointer(unsafe.SliceData(s))) - uintptr(c.base)
	if cap(s) > 0 && begin < c.off && begin+uintptr(cap(s))*elem == c.off {
		if uintptr(need-cap(s)) > c.size/elem || !c.extend(uintptr(need-cap(s))*elem) {
			return s, false
		}
		return append(unsafe.Slice(unsafe.SliceData(s), need)[:len(s)], vs...), true
	}
	n := max(need, 2*cap(s))
	p := c.array(n, elem, unsafe.Alignof(zero))
	if p == nil && n > need {
		n = need
		p = c.array(n, elem, unsafe.Alignof(zero))
	}
	if p == nil {
		return s, false
	}
	moved := unsafe.Slice((*T)(p), n)[:len(s)]
	copy(moved, s)
	return append(moved, vs...), true
}

// extend makes the block at the end of what is used longer.
func (c *core) extend(by uintptr) bool {
	if by > c.limit-c.off && (by > c.size-c.off || c.region == nil || !c.commit(c.off+by)) {
		return false
	}
	c.off += by
	return true
}

// Copy returns a copy of src in the arena, of length and capacity len(src), and
// false when it does not fit; then nothing has changed. Unlike [Slice] it does not
// clear first. T must not have pointers, as for [New].
func Copy[T any, A Bytes](a A, src []T) ([]T, bool) {
	c := coreOf(a)
	if guarded {
		c.guard.enter(opCopy)
		defer c.guard.leave()
	}
	if t := reflect.TypeFor[T](); t != c.pointerFree {
		c.mustBePointerFree("Copy", t)
	}
	var zero T
	p := c.array(len(src), unsafe.Sizeof(zero), unsafe.Alignof(zero))
	if p == nil {
		return nil, false
	}
	s := unsafe.Slice((*T)(p), len(src))
	copy(s, src)
	return s, true
}

// String returns a copy of s in the arena, and false when it does not fit; then
// nothing has changed. An empty string takes no room and always fits.
//
// Go takes for granted that strings do not change. One in an arena does when the
// arena is reset or rewound and used again, and is a memory fault once a LazyBump is
// closed: it must be gone by then, as a key of a map too. [strings.Clone] makes one
// that stays.
func String[A Bytes](a A, s string) (string, bool) {
	c := coreOf(a)
	if guarded {
		c.guard.enter(opString)
		defer c.guard.leave()
	}
	if len(s) == 0 {
		return "", true
	}
	p := c.array(len(s), 1, 1)
	if p == nil {
		return "", false
	}
	copy(unsafe.Slice((*byte)(p), len(s)), s)
	return unsafe.String((*byte)(p), len(s)), true
}
