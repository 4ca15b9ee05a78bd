// Package element tells which memory the elements of a slice can be given: any, none
// but zeroed, or none that the collector does not see.
//
// All functions are safe for concurrent use.
package element

import (
	"reflect"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/stock"
)

// The kinds of element types. No other value that Known returns is as small.
const (
	AnyBits  = 1 // no pointers, and any bit pattern is a value
	Bools    = 2 // no pointers, but a bool that is neither 0 nor 1 breaks compiled code
	Pointers = 3 // the collector must see the block
)

// Seen maps the type of a callback, func([]T), to the kind of T: the type
// descriptor's address with the kind in its low bits, which alignment leaves
// free. An entry is one word, so that it is read whole without a lock, and the
// first of the types that share an entry keeps it.
//
// It is public, as Shift and Mask are, for generic functions: calls of another
// package are not inlined into those where they are instantiated.
var Seen [Mask + 1]uintptr

// The entry of a type is Seen[key>>Shift&Mask].
const (
	Shift = 5
	Mask  = 511
)

// Key returns what stands for f's type: its descriptor's address.
func Key(f any) uintptr { return *(*uintptr)(unsafe.Pointer(&f)) }

// Known returns the kind of T for a callback f, a func([]T), or something larger
// than Pointers if Of has not found it yet, or finds the type's entry taken.
func Known(f any) uintptr {
	key := Key(f)
	return atomic.LoadUintptr(entry(key)) ^ key
}

// Of returns the kind of T for a callback f, a func([]T), which may be nil. It is
// slow the first time, and always for a type that finds its entry taken.
func Of(f any) uintptr {
	if c := Known(f); c <= Pointers {
		return c
	}
	c := kindOf(reflect.TypeOf(f).In(0).Elem())
	learn(Key(f), c)
	return c
}

// kindOf is of, whose walk through a struct's fields and what it remembers are for all
// later calls.
func kindOf(t reflect.Type) (c uintptr) {
	stock.Fill(func() { c = of(t) })
	return c
}

func entry(key uintptr) *uintptr { return &Seen[key>>Shift&Mask] }

// learn enters a type's kind, unless another type has the entry.
func learn(key, kind uintptr) {
	if key&Pointers == 0 {
		atomic.CompareAndSwapUintptr(entry(key), 0, key|kind)
	}
}

// HasPointers reports whether the collector has to see a value of type t.
func HasPointers(t reflect.Type) bool { return kindOf(t) == Pointers }

// structs remembers the kinds of structs: a walk through the fields allocates.
var structs sync.Map // reflect.Type to uintptr

// of returns the kind of t.
func of(t reflect.Type) uintptr {
	switch t.Kind() {
	case reflect.Bool:
		return Bools
	case reflect.Array:
		if t.Len() == 0 {
			return AnyBits
		}
		return of(t.Elem())
	case reflect.Struct:
		if c, ok := structs.Load(t); ok {
			return c.(uintptr)
		}
		c := uintptr(AnyBits)
		for i := range t.NumField() {
			c = max(c, of(t.Field(i).Type))
		}
		structs.Store(t, c)
		return c
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr,
		reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128:
		return AnyBits
	}
	return Pointers // and any kind that is new
}
