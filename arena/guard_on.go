//go:build race || stackalloc_debug

package arena

import (
	"fmt"
	"runtime"
	"sync/atomic"
)

const guarded = true

// A guard finds calls for one arena that overlap.
type guard struct {
	touched uint32
	running atomic.Uint32 // op, 0 when none
	caller  atomic.Uintptr
	calls   uint32
}

func (g *guard) enter(o op) {
	// A plain write, before the atomic operations that would order the calls
	// in the eyes of the race detector: it lets the detector report calls that
	// nothing orders, even when they happen not to overlap.
	g.touched++
	var pc [1]uintptr
	runtime.Callers(3, pc[:])
	if !g.running.CompareAndSwap(0, uint32(o)) {
		panic(fmt.Sprintf("arena: concurrent use: %v (called at %s) while %v (called at %s) is running; an arena is for one goroutine at a time, and out of bounds for its own drop functions",
			o, position(pc[0]), op(g.running.Load()), position(g.caller.Load())))
	}
	g.caller.Store(pc[0])
}

func (g *guard) leave() {
	// Letting others run in here now and then makes an overlap of calls that
	// take nanoseconds likely enough to be found, also on one processor.
	if g.calls++; g.calls%64 == 0 {
		runtime.Gosched()
	}
	g.running.Store(0)
}

func position(pc uintptr) string {
	if pc == 0 {
		return "an unknown place"
	}
	f, _ := runtime.CallersFrames([]uintptr{pc}).Next()
	return fmt.Sprintf("%s:%d", f.File, f.Line)
}
