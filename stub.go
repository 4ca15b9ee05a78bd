//go:build (amd64 || arm64) && gc && !purego && !stackalloc_cgo

package stackalloc

import (
	"runtime"
	"unsafe"
)

// implementation names what this build runs blocks on.
const implementation = runtime.GOARCH + " assembly"

// maxFrame is the largest block, in bytes, without pointers that takes a Go
// frame: none does where there is a ladder.
const maxFrame = 0

// haveRungs says that rungs are to be found in the tables.
const haveRungs = true

// This file declares everything the assembly defines.
//
// noescape holds for each: the words passed are read, the closure is called,
// and nothing is kept. The probe goes nowhere, and the block that the closure
// receives is not one of the arguments.

// rungEntry returns where the code of a rung is entered: of the i-th rung of the ladder,
// from 0 to 12, or, from 13, the i-13-th of those that zero the block, or, from 26,
// one of six for elements with pointers of one, two or three words, or, from 44, the
// i-44-th of those, of type fillRung, that fill the block. It is 0 where that is not in
// sight.
func rungEntry(i int) uintptr

// enter is a rung of any size, called by ABI0, and calls f by it.
//
//go:noescape
func enter(probe uintptr, n int, f, size uintptr, zero bool) bool

// fillWords writes word over and over into size bytes at p. Size is a multiple of the
// bytes after which word repeats itself.
//
//go:noescape
func fillWords(p unsafe.Pointer, size uintptr, word uint64)

// thread returns the identity of the thread that the goroutine ran on a moment
// ago: the address of the runtime's m.
//
//go:noescape
func thread() uintptr

// The frames of the large rungs, of spare blocks and of the ABI0 ladder, never called
// from Go by these names. The stack copier finds their arguments through these
// declarations: without one, moving the stack under a frame is fatal.

//go:noescape
func rung1K(probe uintptr, n int, f, size uintptr)

//go:noescape
func rung2K(probe uintptr, n int, f, size uintptr)

//go:noescape
func rung4K(probe uintptr, n int, f, size uintptr)

//go:noescape
func rung8K(probe uintptr, n int, f, size uintptr)

//go:noescape
func rung16K(probe uintptr, n int, f, size uintptr)

//go:noescape
func rung32K(probe uintptr, n int, f, size uintptr)

//go:noescape
func rung64K(probe uintptr, n int, f, size uintptr)

//go:noescape
func rung128K(probe uintptr, n int, f, size uintptr)

//go:noescape
func rung256K(probe uintptr, n int, f, size uintptr)

//go:noescape
func rungZero1K(probe uintptr, n int, f, size uintptr)

//go:noescape
func rungZero2K(probe uintptr, n int, f, size uintptr)

//go:noescape
func rungZero4K(probe uintptr, n int, f, size uintptr)

//go:noescape
func rungZero8K(probe uintptr, n int, f, size uintptr)

//go:noescape
func rungZero16K(probe uintptr, n int, f, size uintptr)

//go:noescape
func rungZero32K(probe uintptr, n int, f, size uintptr)

//go:noescape
func rungZero64K(probe uintptr, n int, f, size uintptr)

//go:noescape
func rungZero128K(probe uintptr, n int, f, size uintptr)

//go:noescape
func rungZero256K(probe uintptr, n int, f, size uintptr)

//go:noescape
func rungFill1K(probe uintptr, n int, f, size uintptr, word uint64)

//go:noescape
func rungFill2K(probe uintptr, n int, f, size uintptr, word uint64)

//go:noescape
func rungFill4K(probe uintptr, n int, f, size uintptr, word uint64)

//go:noescape
func rungFill8K(probe uintptr, n int, f, size uintptr, word uint64)

//go:noescape
func rungFill16K(probe uintptr, n int, f, size uintptr, word uint64)

//go:noescape
func rungFill32K(probe uintptr, n int, f, size uintptr, word uint64)

//go:noescape
func rungFill64K(probe uintptr, n int, f, size uintptr, word uint64)

//go:noescape
func rungFill128K(probe uintptr, n int, f, size uintptr, word uint64)

//go:noescape
func rungFill256K(probe uintptr, n int, f, size uintptr, word uint64)

//go:noescape
func rungSpare(block unsafe.Pointer, n int, f, busy uintptr)

//go:noescape
func rungABI64(probe unsafe.Pointer, n int, f unsafe.Pointer, size uintptr, zero bool) bool

//go:noescape
func rungABI128(probe unsafe.Pointer, n int, f unsafe.Pointer, size uintptr, zero bool) bool

//go:noescape
func rungABI256(probe unsafe.Pointer, n int, f unsafe.Pointer, size uintptr, zero bool) bool

//go:noescape
func rungABI512(probe unsafe.Pointer, n int, f unsafe.Pointer, size uintptr, zero bool) bool

//go:noescape
func rungABI1K(probe unsafe.Pointer, n int, f unsafe.Pointer, size uintptr, zero bool) bool

//go:noescape
func rungABI2K(probe unsafe.Pointer, n int, f unsafe.Pointer, size uintptr, zero bool) bool

//go:noescape
func rungABI4K(probe unsafe.Pointer, n int, f unsafe.Pointer, size uintptr, zero bool) bool

//go:noescape
func rungABI8K(probe unsafe.Pointer, n int, f unsafe.Pointer, size uintptr, zero bool) bool

//go:noescape
func rungABI16K(probe unsafe.Pointer, n int, f unsafe.Pointer, size uintptr, zero bool) bool

//go:noescape
func rungABI32K(probe unsafe.Pointer, n int, f unsafe.Pointer, size uintptr, zero bool) bool

//go:noescape
func rungABI64K(probe unsafe.Pointer, n int, f unsafe.Pointer, size uintptr, zero bool) bool

//go:noescape
func rungABI128K(probe unsafe.Pointer, n int, f unsafe.Pointer, size uintptr, zero bool) bool

//go:noescape
func rungABI256K(probe unsafe.Pointer, n int, f unsafe.Pointer, size uintptr, zero bool) bool
