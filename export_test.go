package stackalloc

import (
	"sync/atomic"

	"github.com/stackalloc/stackalloc/internal/build"
)

// What the tests of package stackalloc_test need from within.

// Ladder holds the frames' sizes, the edges at which another one is taken.
var Ladder = []int{64, 128, 256, 512, 1 << 10, 2 << 10, 4 << 10, 8 << 10, 16 << 10, 32 << 10, 64 << 10,
	128 << 10, 256 << 10}

const (
	SmallBlock    = smallBlock
	MaxRung       = maxRung
	RungAlign     = rungAlign
	MaxTypedFrame = maxTypedFrame
	HasAssembly   = maxFrame == 0
	RegisterABI   = build.Tested
	RaceDetector  = build.Race // with which sync.Pool drops blocks at random
)

// Unoptimized tells that nothing is proven in this build.
var Unoptimized = unoptimized

// SpareUses returns how many blocks were spare ones.
func SpareUses() uint64 { return spareUses() }

// SetPatience sets how many blocks that do not fit a stack are recycled before
// the stack is grown, and returns the former number. With 0 a stack is grown for
// every block that may be on it, however deep it is.
func SetPatience(misses uintptr) (former uintptr) {
	if misses == 0 {
		misses = ^(^uintptr(0) >> 2) // far below zero, as the assembly compares
	}
	return atomic.SwapUintptr(&control.patience, misses)
}

// SetABI0 makes the ladder that of ABI0, as it is on untested Go versions, and
// returns what undoes it.
func SetABI0() (undo func()) {
	startRungs(false)
	return func() { startRungs(build.Tested) }
}
