//go:build !((amd64 || arm64) && gc && !purego && !stackalloc_cgo)

package stackalloc

import (
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/gstack"
)

// implementation names what this build runs blocks on.
const implementation = "Go frames" + withC

// plainFrames is the largest block, in bytes, without pointers that takes a Go
// frame, if the stack has the room; larger ones are for onCStack or recycled.
// The compiler clears the frame: at this size that costs what recycling a block
// does.
const plainFrames = 1 << 10

// growFrames is the largest Go frame, in bytes, for which a stack is grown.
const growFrames = 256

// haveRungs says that there is no assembly: placePlain serves every block.
const haveRungs = false

func startRungs(byRegisters bool) {}

func countMiss() {}

func growFor(size uintptr) bool { return false }

// roomFor reports whether the stack has room for a Go frame of size bytes, or the
// frame is small enough to be worth a growth of the stack.
func roomFor(size uintptr) bool {
	return size <= growFrames || size <= maxTypedFrame && hasRoom(size+rungNeed)
}

func hasRoom(size uintptr) bool {
	if !gstack.Known {
		return size <= 2<<10+rungNeed
	}
	var local byte
	at := uintptr(unsafe.Pointer(&local))
	lo, hi := gstack.Bounds()
	return lo <= at && at < hi && at-lo >= size
}

// stackContains reports whether p lies on this goroutine's stack. It is always
// false in builds that cannot know.
func stackContains(p unsafe.Pointer) bool { return gstack.Contains(p) }

// boundsAreRead checks the bounds read from the goroutine.
func boundsAreRead() bool { return gstack.Sound() }
