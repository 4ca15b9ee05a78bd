//go:build !((amd64 || arm64) && gc && !purego && !stackalloc_cgo)

package stackalloc

import "unsafe"

// implementation names what this build runs blocks on.
const implementation = "Go frames" + withC

// maxFrame is the largest block, in bytes, without pointers that takes a Go
// frame, if the stack has the room; larger ones are for onCStack or recycled.
// The compiler clears the frame: at this size that costs what recycling a block
// does.
const maxFrame = 1 << 10

// haveRungs says that there is no assembly: runPointerFree serves every block.
const haveRungs = false

func startRungs(byRegisters bool) {}

func countMiss() {}

func growFor(size uintptr) bool { return false }

// There are no spare blocks without assembly.

func startSpares() {}

func stockSpares(size uintptr) {}

func spareUses() uint64 { return 0 }

// fillWords is asked for nothing without assembly.
func fillWords(p unsafe.Pointer, size uintptr, word uint64) {}
