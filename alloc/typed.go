package alloc

import (
	"fmt"
	"reflect"
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/element"
)

// New allocates a zeroed T from a. It panics if T contains pointers: the
// collector would not see them.
//
// Give it back with [Delete], or leave that to the scope or arena it is in.
func New[T any](a Allocator) (*T, error) {
	mustBePointerFree[T]("New")
	var zero T
	b, err := a.Alloc(int(unsafe.Sizeof(zero)), int(unsafe.Alignof(zero)))
	if err != nil {
		return nil, err
	}
	p := (*T)(unsafe.Pointer(unsafe.SliceData(b)))
	*p = zero
	return p, nil
}

// Delete frees what [New] allocated from a. Delete of nil does nothing.
func Delete[T any](a Allocator, p *T) {
	if p != nil {
		a.Free(blockOf(unsafe.Pointer(p), int(unsafe.Sizeof(*p))))
	}
}

// MakeSlice allocates a zeroed slice of n elements from a, with capacity n. A
// negative n, and one whose size overflows, is [ErrOutOfMemory]. It panics if T
// contains pointers: the collector would not see them.
//
// Give it back with [FreeSlice], or leave that to the scope or arena it is in.
func MakeSlice[T any](a Allocator, n int) ([]T, error) {
	mustBePointerFree[T]("MakeSlice")
	s, err := makeDirty[T](a, n)
	clear(s)
	return s, err
}

// FreeSlice frees what [MakeSlice] or [Append] returned. It wants the slice from
// its first element and with its capacity; the length does not matter.
// FreeSlice of nil does nothing.
func FreeSlice[T any](a Allocator, s []T) {
	if s != nil {
		a.Free(bytesOf(s))
	}
}

// Append appends vs to s, which is nil or came from [MakeSlice] or Append with
// the same allocator. When the capacity is used up it makes room for half as much
// again, or less if there is not that much: in place if a is a [Resizer] that
// can, else in a new block.
//
// Each attempt to make room counts as an operation, in a [Stats] for example.
//
// Unlike with the append of Go, the old slice must not be used after a success:
// its block may be gone. On an error the result is s, as it was. It panics if T
// contains pointers: the collector would not see them.
func Append[T any](a Allocator, s []T, vs ...T) ([]T, error) {
	if s != nil && len(vs) <= cap(s)-len(s) {
		return append(s, vs...), nil
	}
	mustBePointerFree[T]("Append")
	if len(vs) == 0 {
		return s, nil
	}
	need := len(s) + len(vs)
	// Where memory is short, take a part of what is left rather than just what
	// is needed: else every further Append would have to fail first.
	for spare := max(need/2, 4-need); ; spare /= 4 {
		grown, err := grow(a, s, vs, need+max(spare, 0))
		if err == nil {
			return grown, nil
		}
		if spare <= 0 {
			return s, err
		}
	}
}

// grow returns s and vs together with capacity n. On an error s is as it was.
func grow[T any](a Allocator, s, vs []T, n int) ([]T, error) {
	var zero T
	size := unsafe.Sizeof(zero)
	// vs must not lie in a block that Resize may take away.
	if s != nil && size > 0 && uintptr(n) <= heapLimit/size && !overlap(bytesOf(s), bytesOf(vs)) {
		b, err := Resize(a, bytesOf(s), n*int(size), int(unsafe.Alignof(zero)))
		if err != nil {
			return nil, err
		}
		return append(sliceOf[T](b, n)[:len(s)], vs...), nil
	}
	grown, err := makeDirty[T](a, n)
	if err != nil {
		return nil, err
	}
	copy(grown, s)
	grown = grown[:len(s)+copy(grown[len(s):], vs)]
	FreeSlice(a, s)
	return grown, nil
}

func overlap(a, b []byte) bool {
	_, ok := within(a, b[:min(1, len(b))])
	return ok && len(b) > 0
}

func makeDirty[T any](a Allocator, n int) ([]T, error) {
	var zero T
	size, align := unsafe.Sizeof(zero), int(unsafe.Alignof(zero))
	if n < 0 || size > 0 && uintptr(n) > heapLimit/size {
		hint := fmt.Sprintf("%d elements of %d bytes are negative or too much", n, size)
		return nil, &Error{"MakeSlice", n, align, -1, hint, ErrOutOfMemory}
	}
	b, err := a.Alloc(n*int(size), align)
	if err != nil {
		return nil, err
	}
	return sliceOf[T](b, n), nil
}

func sliceOf[T any](b []byte, n int) []T {
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), n)
}

// bytesOf is the block that s is made of.
func bytesOf[T any](s []T) []byte {
	var zero T
	return blockOf(unsafe.Pointer(unsafe.SliceData(s)), cap(s)*int(unsafe.Sizeof(zero)))
}

func blockOf(p unsafe.Pointer, size int) []byte {
	if p == nil {
		return nil
	}
	return unsafe.Slice((*byte)(p), footprint(size))[:size]
}

// mustBePointerFree panics if T contains pointers.
func mustBePointerFree[T any](function string) {
	t := reflect.TypeFor[T]()
	if element.HasPointers(t) {
		panic(fmt.Sprintf("alloc: %s: %v contains pointers, which the collector would not see in a block; use new, make or arena.Typed", function, t))
	}
}
