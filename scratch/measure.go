package scratch

import (
	"math"
	"reflect"
	"strconv"
	"sync/atomic"
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/recycle"
)

// The kind of an element type.
const (
	plain    = 1 // no pointers, and any bit pattern is a value
	bools    = 2 // no pointers, but a bool that is neither 0 nor 1 breaks compiled code
	pointers = 3 // the collector must see the block
)

// kinds maps the type of a callback, func([]T), to the kind of T: the type
// descriptor's address with the kind in its low bits, which alignment leaves
// free. An entry is one word, so that it is read whole without a lock, and the
// first of the types that share it keeps it.
var kinds [512]uintptr

func kindEntry(key uintptr) *uintptr { return &kinds[key>>5%uintptr(len(kinds))] }

// kindOf returns the kind of T, the element type of the callback f.
func kindOf(f any) uintptr {
	key := *(*uintptr)(unsafe.Pointer(&f))
	kind := atomic.LoadUintptr(kindEntry(key)) ^ key
	if kind > pointers {
		kind = classify(reflect.TypeOf(f).In(0).Elem())
		if key&pointers == 0 {
			atomic.CompareAndSwapUintptr(kindEntry(key), 0, key|kind)
		}
	}
	return kind
}

// plainSize returns the size in bytes of n elements of elem bytes, if it is one
// that is recycled, not less than n, and their kind is known and at most most.
func plainSize(n int, elem uintptr, f any, most uintptr) (size uintptr, ok bool) {
	key := *(*uintptr)(unsafe.Pointer(&f))
	if fenced || atomic.LoadUintptr(kindEntry(key))^key > most || uint(n) > recycle.Max || elem-1 >= recycle.Max {
		return 0, false
	}
	total := uint64(n) * uint64(elem)
	return uintptr(total), total <= recycle.Max
}

// mustSize returns the size in bytes of n elements of elem bytes, or panics where
// make would.
func mustSize(n int, elem uintptr) uintptr {
	if n < 0 {
		panic("scratch: length out of range: " + strconv.Itoa(n) + " is negative")
	}
	if uint(n) > math.MaxInt/uint(max(elem, 1)) {
		panic("scratch: length out of range: " + strconv.Itoa(n) + " elements of " +
			strconv.FormatUint(uint64(elem), 10) + " bytes overflow the address space")
	}
	return uintptr(n) * elem
}

func classify(t reflect.Type) uintptr {
	switch t.Kind() {
	case reflect.Bool:
		return bools
	case reflect.Array:
		if t.Len() == 0 {
			return plain
		}
		return classify(t.Elem())
	case reflect.Struct:
		kind := uintptr(plain)
		for i := range t.NumField() {
			kind = max(kind, classify(t.Field(i).Type))
		}
		return kind
	case reflect.Pointer, reflect.UnsafePointer, reflect.Map, reflect.Chan, reflect.Func,
		reflect.Interface, reflect.String, reflect.Slice:
		return pointers
	}
	return plain
}
