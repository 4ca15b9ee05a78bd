//go:build (amd64 || arm64) && gc && !purego && !stackalloc_cgo

package stackalloc

import (
	"runtime"
	"unsafe"
)

// implementation names what this build runs blocks on.
const implementation = runtime.GOARCH + " assembly"

// plainFrames is the largest block, in bytes, without pointers that takes a Go
// frame: none does where there is a ladder.
const plainFrames = 0

// growFrames is the largest Go frame, in bytes, for which a stack is grown.
const growFrames = 256

// roomFor reports whether the stack, on which p is the probe of a call under
// way, has room for a Go frame of size bytes, or the frame is small enough to be
// worth a growth of the stack.
func roomFor(p unsafe.Pointer, size uintptr) bool {
	switch {
	case size <= growFrames:
		return true
	case size > maxTypedFrame:
		return false
	}
	lo, hi := stackBounds()
	at := uintptr(p)
	return lo <= at && at < hi && at-lo >= size+rungNeed
}

// boundsAreRead checks the bounds read from the goroutine.
func boundsAreRead() bool {
	lo, hi := stackBounds()
	var local byte
	at := uintptr(unsafe.Pointer(&local))
	size := hi - lo
	return lo < at && at < hi && size >= 2<<10 && size&(size-1) == 0
}

// This file declares everything the assembly defines.
//
// noescape holds for each: the words passed are read, the closure is called,
// and nothing is kept. The probe goes nowhere, and the block that the closure
// receives is not one of the arguments.

// enter runs f on a frame of this goroutine's stack and reports true, or does
// nothing and reports false. f is a func([]T) for elements of at most maxElem
// bytes, n their number, size the block in bytes, probe the address whose place
// is the proof. The block's contents are unspecified unless T holds bools.
//
//go:noescape
func enter(n int, size uintptr, f any, probe unsafe.Pointer) bool

// enterClear is enter with a zeroed block.
//
//go:noescape
func enterClear(n int, size uintptr, f any, probe unsafe.Pointer) bool

// stackContains reports whether p lies on this goroutine's stack.
//
//go:noescape
func stackContains(p unsafe.Pointer) bool

// stackBounds returns the bounds of this goroutine's stack, which are stale as
// soon as the stack moves.
//
//go:noescape
func stackBounds() (lo, hi uintptr)

// thread returns the identity of the thread that the goroutine ran on a moment
// ago: the address of the runtime's m.
//
//go:noescape
func thread() uintptr

// The rungs of the ladder and the frame below a spare block, reached only by a jump from enter and enterClear.
// The stack copier finds their arguments through these declarations: without
// one, moving the stack under a rung is fatal.

//go:noescape
func rung48(n int, size uintptr, f any, probe unsafe.Pointer) bool

//go:noescape
func rung64(n int, size uintptr, f any, probe unsafe.Pointer) bool

//go:noescape
func rung96(n int, size uintptr, f any, probe unsafe.Pointer) bool

//go:noescape
func rung128(n int, size uintptr, f any, probe unsafe.Pointer) bool

//go:noescape
func rung192(n int, size uintptr, f any, probe unsafe.Pointer) bool

//go:noescape
func rung256(n int, size uintptr, f any, probe unsafe.Pointer) bool

//go:noescape
func rung384(n int, size uintptr, f any, probe unsafe.Pointer) bool

//go:noescape
func rung512(n int, size uintptr, f any, probe unsafe.Pointer) bool

//go:noescape
func rung768(n int, size uintptr, f any, probe unsafe.Pointer) bool

//go:noescape
func rung1K(n int, size uintptr, f any, probe unsafe.Pointer) bool

//go:noescape
func rung1K5(n int, size uintptr, f any, probe unsafe.Pointer) bool

//go:noescape
func rung2K(n int, size uintptr, f any, probe unsafe.Pointer) bool

//go:noescape
func rung3K(n int, size uintptr, f any, probe unsafe.Pointer) bool

//go:noescape
func rung4K(n int, size uintptr, f any, probe unsafe.Pointer) bool

//go:noescape
func rung6K(n int, size uintptr, f any, probe unsafe.Pointer) bool

//go:noescape
func rung8K(n int, size uintptr, f any, probe unsafe.Pointer) bool

//go:noescape
func rung12K(n int, size uintptr, f any, probe unsafe.Pointer) bool

//go:noescape
func rung16K(n int, size uintptr, f any, probe unsafe.Pointer) bool

//go:noescape
func rung24K(n int, size uintptr, f any, probe unsafe.Pointer) bool

//go:noescape
func rung32K(n int, size uintptr, f any, probe unsafe.Pointer) bool

//go:noescape
func rung48K(n int, size uintptr, f any, probe unsafe.Pointer) bool

//go:noescape
func rung64K(n int, size uintptr, f any, probe unsafe.Pointer) bool

//go:noescape
func rung96K(n int, size uintptr, f any, probe unsafe.Pointer) bool

//go:noescape
func rung128K(n int, size uintptr, f any, probe unsafe.Pointer) bool

//go:noescape
func rung192K(n int, size uintptr, f any, probe unsafe.Pointer) bool

//go:noescape
func rung256K(n int, size uintptr, f any, probe unsafe.Pointer) bool

//go:noescape
func rungSpare(n int, size uintptr, f any, probe unsafe.Pointer) bool
