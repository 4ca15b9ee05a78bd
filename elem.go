package stackalloc

import (
	"math"
	"reflect"
	"runtime"
	"strconv"
	"sync/atomic"
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/element"
)

// A descriptor is the beginning of what the runtime knows of a type. It is read
// because the compiler reads it too: since Go 1.26 what pointerFree and anyBits say
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
func pointerFree[T any]() bool { return basic[T]() || descriptorOf[T]().ptrBytes == 0 }

// firstWord returns the number of words of a T whose first word, and no other, is a
// pointer, if that is 1 to 3, as of pointers, strings and slices; or else 0.
func firstWord[T any]() uint {
	const word = uint(unsafe.Sizeof(uintptr(0)))
	size := uint(unsafe.Sizeof(*new(T)))
	if size > 3*word || size%word != 0 || descriptorOf[T]().ptrBytes != word {
		return 0
	}
	return size / word
}

// anyBits reports whether T is a type of numbers: without pointers, and with a value
// for every bit pattern.
func anyBits[T any]() bool {
	if basic[T]() {
		return true
	}
	k := reflect.Kind(descriptorOf[T]().kind & kindMask)
	return reflect.Int <= k && k <= reflect.Complex128
}

// basic is anyBits for the predeclared types, for which it is a constant in Go
// 1.25 too.
func basic[T any]() bool {
	switch any((*T)(nil)).(type) {
	case *byte, *int8, *uint16, *int16, *uint32, *int32, *uint64, *int64, *uint, *int, *uintptr,
		*float32, *float64, *complex64, *complex128:
		return true
	}
	return false
}

// seenAnyBits reports whether element.Of has seen T and found that every bit pattern is
// a value: element.Known, where the compiler sees into it.
func seenAnyBits[T any]() bool {
	key := uintptr(typePointer((func(s []T))(nil)))
	return atomic.LoadUintptr(&element.Seen[key>>element.Shift&element.Mask])^key == element.AnyBits
}

// Sizes are those of *new(T), which is never made: a variable of more than 128 KiB would be on the
// heap, though only its size is asked.

// exceedsFrame reports whether a block of n elements is too large for a make in the
// caller's own frame. Asked for what it is not, the compiler lays the code for larger
// blocks straight on, one taken branch less, and small ones lose nothing by theirs.
func exceedsFrame[T any](n int) bool {
	return uint(n) > smallBlock/uint(max(unsafe.Sizeof(*new(T)), 1))
}

// fewFitFrame reports whether a block of n elements is for a make of fewElems elements in
// the caller's own frame, as it is for a few elements of middle size. For others
// it is a constant.
func fewFitFrame[T any](n int) bool {
	return unsafe.Sizeof(*new(T)) > smallBlock/fewElems && unsafe.Sizeof(*new(T)) <= smallBlock && uint(n) <= fewElems
}

// sizeOf returns the size of n elements, wrapped where it overflows, or 0 where T
// is too large for the assembly.
func sizeOf[T any](n int) uintptr {
	if unsafe.Sizeof(*new(T)) > maxElem {
		return 0
	}
	return uintptr(n) * unsafe.Sizeof(*new(T))
}

// mustSize returns the size of n elements in bytes, or panics where make would.
func mustSize[T any](n int) uintptr { return mustFit[T](n, 0) }

// mustFit is mustSize with extra bytes around the elements.
func mustFit[T any](n int, extra uintptr) uintptr {
	size := unsafe.Sizeof(*new(T))
	if n < 0 {
		panic("stackalloc: length out of range: " + strconv.Itoa(n) + " is negative")
	}
	if size > 0 && uintptr(n) > (math.MaxInt-extra)/size {
		panic("stackalloc: length out of range: " + strconv.Itoa(n) + " elements of " +
			strconv.FormatUint(uint64(size), 10) + " bytes overflow the address space")
	}
	return uintptr(n) * size
}
