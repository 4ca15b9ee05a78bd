package stackalloc

import "github.com/stackalloc/stackalloc/internal/build"

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

	// roomBelow is what must be free below a rung's frame: what the runtime keeps
	// free below a stack guard, and a reserve for the callback, so that it does not
	// itself grow the stack under a large block.
	roomBelow = build.StackGuard + 1024

	// rungNeed is what a rung needs beyond its block: that, and the frame's other
	// words.
	rungNeed = 112 + roomBelow

	// furthestEntry is the greatest distance in bytes between the beginning of a large
	// rung and its entry: the assembler's check of the stack's bound, padding, and a call.
	furthestEntry = 128

	// clearRep is the size from which REP STOSQ clears faster than a loop of
	// 16-byte stores, clearRepWide that for 32-byte stores.
	clearRep     = 2048
	clearRepWide = 16 << 10

	// clearWide is the size from which 32-byte stores are worth their VZEROUPPER.
	clearWide = 256

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
