//go:build !((amd64 || arm64) && gc && !purego && !stackalloc_cgo)

package stackalloc

import "unsafe"

// implementation names what this build runs blocks on.
const implementation = "Go frames"

// plainFrames is the largest block, in bytes, without pointers that takes a Go
// frame; larger ones are recycled.
const plainFrames = 4 << 10

// enter declines: there is no assembly, place serves every block.
//
//go:noinline
func enter(n int, size uintptr, f any, probe unsafe.Pointer) bool { return no }

//go:noinline
func enterClear(n int, size uintptr, f any, probe unsafe.Pointer) bool { return no }

// no is false, from memory, for the reason given at yes.
var no = false

// roomFor reports whether a Go frame of size bytes is small enough to be worth
// a growth of the stack, whose bounds are unknown here.
func roomFor(p unsafe.Pointer, size uintptr) bool { return size <= 2<<10 }

// stackContains cannot know without reading the goroutine's bounds.
func stackContains(p unsafe.Pointer) bool { return false }

// boundsAreRead has nothing to check: no bounds are read.
func boundsAreRead() bool { return true }
