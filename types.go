package stackalloc

import (
	"reflect"
	"runtime"
	"sync/atomic"
	"unsafe"
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

// The class of an element type.
const (
	classPlain    = 1 // no pointers, and any bit pattern is a value
	classBools    = 2 // no pointers, but a bool that is neither 0 nor 1 breaks compiled code
	classPointers = 3 // the collector must see the block
)

// classes maps the type of a callback, func([]T), to the class of T: the type
// descriptor's address with the class in its low bits, which alignment leaves
// free. An entry is one word, so that it is read whole without a lock, and the
// first of the types that share an entry keeps it.
const (
	classShift = 5
	classMask  = 511
)

var classes [classMask + 1]uintptr

// seenPlain reports whether classOf has seen T and found that every bit pattern is
// a value.
func seenPlain[T any]() bool { return knownClass(classKey[T]()) == classPlain }

// classOf returns the class of T.
func classOf[T any]() uintptr {
	key := classKey[T]()
	if c := knownClass(key); c <= classPointers {
		return c
	}
	c := classify(reflect.TypeFor[T]())
	learn(key, c)
	return c
}

func classKey[T any]() uintptr { return uintptr(typePointer((func(s []T))(nil))) }

// knownClass returns what classes says of a type, or what is none of the classes.
func knownClass(key uintptr) uintptr { return atomic.LoadUintptr(classEntry(key)) ^ key }

func classEntry(key uintptr) *uintptr { return &classes[key>>classShift&classMask] }

// learn enters a type's class, unless another type has the entry.
func learn(key, class uintptr) {
	if key&classPointers == 0 {
		atomic.CompareAndSwapUintptr(classEntry(key), 0, key|class)
	}
}

// classify walks t. It is slow, and needed once for each type, or at every call
// for a type that found its entry of classes taken.
func classify(t reflect.Type) uintptr {
	switch t.Kind() {
	case reflect.Bool:
		return classBools
	case reflect.Array:
		if t.Len() == 0 {
			return classPlain
		}
		return classify(t.Elem())
	case reflect.Struct:
		c := uintptr(classPlain)
		for i := range t.NumField() {
			c = max(c, classify(t.Field(i).Type))
		}
		return c
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr,
		reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128:
		return classPlain
	}
	return classPointers
}
