package stackalloc

import (
	"reflect"
	"runtime"
	"sync/atomic"
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/class"
)

// A descriptor is the beginning of what the runtime knows of a type. It is read
// because the compiler reads it too: since Go 1.26 what pointerFree and plain say
// is a constant wherever T is known, so that a call has the code for its own
// kind of elements only.
type descriptor struct {
	size       uint
	ptrBytes   uint // from the first byte to the last that may hold pointers; not an uintptr, of which the compiler makes no constant
	hash       uint32
	flags      uint8
	align      uint8
	fieldAlign uint8
	kind       uint8 // a reflect.Kind, below flags of older versions
	equal      unsafe.Pointer
	gcData     unsafe.Pointer
	str        int32
	ptrToThis  int32
}

const kindMask = 1<<5 - 1

// descriptorOf returns the descriptor of T, by way of that of *T.
func descriptorOf[T any]() *descriptor {
	if runtime.Compiler != "gc" {
		return new(descriptor) // others have another; there all blocks are made
	}
	pointer := (*struct {
		descriptor
		elem *descriptor
	})(typePointer((*T)(nil)))
	return pointer.elem
}

// typePointer returns the address of the descriptor of v's type. Read as a
// pointer, which it is, it costs no way through memory.
func typePointer(v any) unsafe.Pointer { return (*[2]unsafe.Pointer)(unsafe.Pointer(&v))[0] }

// pointerFree reports whether T has no pointers, as the collector sees it.
func pointerFree[T any]() bool { return plainBasic[T]() || descriptorOf[T]().ptrBytes == 0 }

// firstWord returns the number of words of a T whose first word, and no other, is a
// pointer, if that is 1 to 3, as of pointers, strings and slices; or else 0.
func firstWord[T any]() uint {
	const word = uint(unsafe.Sizeof(uintptr(0)))
	var z T
	size := uint(unsafe.Sizeof(z))
	if size > 3*word || size%word != 0 || descriptorOf[T]().ptrBytes != word {
		return 0
	}
	return size / word
}

// plain reports whether T is a type of numbers: without pointers, and with a value
// for every bit pattern.
func plain[T any]() bool {
	if plainBasic[T]() {
		return true
	}
	k := reflect.Kind(descriptorOf[T]().kind & kindMask)
	return reflect.Int <= k && k <= reflect.Complex128
}

// plainBasic is plain for the predeclared types, for which it is a constant in Go
// 1.25 too.
func plainBasic[T any]() bool {
	switch any((*T)(nil)).(type) {
	case *byte, *int8, *uint16, *int16, *uint32, *int32, *uint64, *int64, *uint, *int, *uintptr,
		*float32, *float64, *complex64, *complex128:
		return true
	}
	return false
}

// seenPlain reports whether class.Of has seen T and found that every bit pattern is
// a value: class.Known, where the compiler sees into it.
func seenPlain[T any]() bool {
	key := uintptr(typePointer((func(s []T))(nil)))
	return atomic.LoadUintptr(&class.Seen[key>>class.Shift&class.Mask])^key == class.Plain
}
