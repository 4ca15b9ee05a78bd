package stackalloc

import (
	"math/bits"
	"unsafe"
)

// A rung runs f, a func([]T) for a T without pointers, on a block of n elements,
// size bytes in all, on the stack that probe is on, and reports true; or it does
// nothing and reports false. Probe and f are addresses: see onRung for why and how.
type rung = func(probe uintptr, n int, f, size uintptr) bool

// rungs has for each number of bits in size-1 the rung that holds such blocks, or
// noRung. zeroRungs has those whose blocks are zeroed. Both are written only at
// start-up: a call that finds no rung goes on to run.go.
var rungs, zeroRungs [65]rung

// A fillRung is a rung that fills the block with word, over and over.
type fillRung = func(probe uintptr, n int, f, size uintptr, word uint64) bool

// fillRungs has those of the register ABI, written as rungs is.
var fillRungs [65]fillRung

// pointerRungs has zeroing rungs for elements of one, two and three words, of which
// the first is a pointer and no other.
var pointerRungs [3][65]rung

// abi0 says that the rungs of this process are those of ABI0.
var abi0 bool

const (
	smallestRung = 6  // index of the rung for up to 64 bytes, which serves all below
	largestRung  = 18 // index of the rung for up to maxRung bytes

	smallestPointerRung = 8  // of the rung for up to 256 bytes, which serves all below
	largestPointerRung  = 13 // of the rung for up to maxTypedFrame bytes
)

func noRung(probe uintptr, n int, f, size uintptr) bool { return false }

func noFillRung(probe uintptr, n int, f, size uintptr, word uint64) bool { return false }

// rungIndex returns the index in rungs for n elements of size bytes in all. It is
// out of the ladder for a length that is negative and for a size that wrapped or
// is 0. The last bit saves the compiler the case of none.
func rungIndex(n int, size uintptr) int { return bits.Len((uint(n) - 1) | (uint(size) - 1) | 1) }

// rungOf returns the index in rungs for n elements, and their size in bytes.
func rungOf[T any](n int) (i int, size uintptr) {
	size = sizeOf[T](n)
	return rungIndex(n, size), size
}

// onAnyRung runs a hidden callback on the rung for its size, where picking it is not
// worth being written out.
func onAnyRung(probe unsafe.Pointer, n int, hidden unsafe.Pointer, size uintptr, zero bool) bool {
	i := rungIndex(n, size)
	if zero {
		return onRungHidden(zeroRungs[i], probe, n, hidden, size)
	}
	return onRungHidden(rungs[i], probe, n, hidden, size)
}

// pointerLadder returns the rungs for n elements with pointers, or nil where others
// serve them: runPointers is faster for a few.
func pointerLadder[T any](n int) *[65]rung {
	if words := firstWord[T](); words > 0 && n > 16 {
		return &pointerRungs[words-1]
	}
	return nil
}
