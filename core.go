package stackalloc

import (
	"reflect"
	"sync/atomic"
	"unsafe"
)

// controls holds what the assembly reads on every call.
type controls struct {
	limit    uintptr // largest block, in bytes, on the stack
	patience uintptr // misses of one stack before it is grown for a block
}

// control is written at start-up and by SetLimit.
var control = controls{}

const (
	// maxRung is the largest frame of the ladder, in bytes.
	maxRung = 256 << 10

	// defaultLimit is the largest block that goes on the stack unless SetLimit
	// says otherwise.
	defaultLimit = 64 << 10

	// maxElem is the largest element, in bytes, that is sent to the assembly.
	// With n and n*size at most maxRung it excludes a product that wrapped.
	maxElem = 1 << 20

	// smallBlock is the largest block, in bytes, that a plain make in the
	// caller's own frame serves: since Go 1.25 the compiler keeps a
	// variable-length make that does not escape on the stack up to this size.
	smallBlock = 32

	// fewElems is the number of elements of more than smallBlock/fewElems and at
	// most smallBlock bytes that are kept in the caller's frame as well.
	fewElems = 4

	// roomBelow is what must be free below a rung's frame: the room the runtime
	// keeps below a stack guard (928, and what the system and the race detector
	// need), and a reserve for the callback, so that it does not itself grow the
	// stack under a large block.
	roomBelow = 928 + systemGuard + raceGuard + 1024

	// rungNeed is what a rung needs beyond its block: that, and the frame's other
	// words.
	rungNeed = 112 + roomBelow

	// clearRep is the size from which REP STOSQ clears faster than a loop of
	// 16-byte stores.
	clearRep = 2048

	// clearWide is the size from which 32-byte stores are worth their VZEROUPPER.
	clearWide = 384

	avxYes = 1
	avxNo  = 2

	// zvaFrom is the size from which DC ZVA clears faster than pairs of stores.
	zvaFrom = 256

	// A stack in use is copied when it grows. It is grown for a block after
	// patience + used>>missShift blocks did not fit: the misses then cost about
	// ten times what the growth does, so that waiting never loses much and a
	// long loop gets its stack. Counts are kept in missMask+1 slots of a cache
	// line each, by stack address; a lost count only delays the growth.
	missMask        = 127
	missUnit        = 11 // stacks are 2 KiB or more
	missShift       = 5
	defaultPatience = 1500
)

// avx says, once it is known, whether 32-byte stores may be used on amd64.
var avx uint8

// misses has for each stack its lower bound and its count.
var misses [missMask + 1][8]uintptr

// The class of an element type, with which place decides.
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

// probeHeap is where every heap object of size zero lives. A probe that the
// compiler moved to the heap has this address, and none that stayed on a stack.
var probeHeap unsafe.Pointer

// typeWord returns the address of v's type descriptor. Read as a pointer, which it
// is, it costs no way through memory.
func typeWord(v any) uintptr {
	return uintptr((*[2]unsafe.Pointer)(unsafe.Pointer(&v))[0])
}

// knownClass returns the class of the element type of a callback, or what is none
// of the classes.
func knownClass(key uintptr) uintptr { return atomic.LoadUintptr(classEntry(key)) ^ key }

// classOf returns the class of T, the element type of the callback f.
func classOf[T any](f any) uintptr {
	key := typeWord(f)
	if c := knownClass(key); c <= classPointers {
		return c
	}
	c := classify(reflect.TypeFor[T]())
	learn(key, c)
	return c
}

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

// invoke calls f with s. The assembly reaches it by ABI0, the documented way
// from assembly to Go, where the register ABI is not one of those tested.
func invoke(f func(s []byte), s []byte) { f(s) }
