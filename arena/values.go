package arena

import (
	"fmt"
	"math/bits"
	"reflect"
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/element"
)

// Bytes is implemented by the arenas of bytes, for [New], [Slice], [Append], [Copy]
// and [String].
type Bytes interface{ *Bump | *LazyBump }

// The two types begin with their core: coreOf relies on it.
var (
	_ [0]struct{} = [unsafe.Offsetof(Bump{}.core)]struct{}{}
	_ [0]struct{} = [unsafe.Offsetof(LazyBump{}.core)]struct{}{}
)

// coreOf is a conversion and not a method call because a call through a type
// parameter hides from the compiler that the arena does not escape.
func coreOf[A Bytes](a A) *core { return (*core)(unsafe.Pointer(a)) }

// New returns a pointer to a zero T in the arena, and false when it does not
// fit; then nothing has changed. T must not have pointers: the collector does
// not look into an arena of bytes, so New panics for types that have some; use
// [Typed] or [LazyTyped] for them. The memory counts as used until Reset or
// Rewind.
func New[T any, A Bytes](a A) (*T, bool) {
	c := coreOf(a)
	if guarded {
		c.guard.enter(opNew)
		defer c.guard.leave()
	}
	if t := reflect.TypeFor[T](); t != c.pointerFree {
		c.mustBePointerFree("New", t)
	}
	var zero T
	p := c.next(unsafe.Sizeof(zero), unsafe.Alignof(zero))
	if p == nil {
		if p = c.nextSlow(unsafe.Sizeof(zero), unsafe.Alignof(zero)); p == nil {
			return nil, false
		}
	}
	v := (*T)(p)
	*v = zero
	return v, true
}

// Slice returns a slice of n zero elements in the arena, with capacity n, and
// false when it does not fit; then nothing has changed. T must not have
// pointers, as for [New]. A negative n panics. Memory that is used for the first
// time since it came from the system is known to be zero and not touched.
func Slice[T any, A Bytes](a A, n int) ([]T, bool) {
	c := coreOf(a)
	if guarded {
		c.guard.enter(opSlice)
		defer c.guard.leave()
	}
	if t := reflect.TypeFor[T](); t != c.pointerFree {
		c.mustBePointerFree("Slice", t)
	}
	if n < 0 {
		panic(fmt.Sprintf("arena: Slice: the length %d is negative", n))
	}
	var zero T
	over, size := bits.Mul(uint(n), uint(unsafe.Sizeof(zero)))
	if over != 0 {
		return nil, false
	}
	p := c.next(uintptr(size), unsafe.Alignof(zero)) // here, since it is inlined
	if p == nil {
		if p = c.nextSlow(uintptr(size), unsafe.Alignof(zero)); p == nil {
			return nil, false
		}
	}
	if size > 0 {
		c.zeroed(p, uintptr(size))
	}
	return unsafe.Slice((*T)(p), n), true
}

// array returns room for n elements, or nil when it is not there.
func (c *core) array(n int, elem, align uintptr) unsafe.Pointer {
	over, size := bits.Mul(uint(n), uint(elem))
	if over != 0 {
		return nil
	}
	if p := c.next(uintptr(size), align); p != nil {
		return p
	}
	return c.nextSlow(uintptr(size), align)
}

// reflectType is what the arena remembers of a type; comparing it costs less
// than looking the type up.
type reflectType = reflect.Type

func (c *core) mustBePointerFree(name string, t reflect.Type) {
	if element.HasPointers(t) {
		panic(fmt.Sprintf("arena: %s: %v has pointers, which the garbage collector would not see in an arena of bytes; use Typed[%v] or LazyTyped[%v]", name, t, t, t))
	}
	c.pointerFree = t
}
