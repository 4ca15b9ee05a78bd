package bench

import (
	"sync"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/internal/loops"
	"github.com/stackalloc/stackalloc/internal/measure"
	"github.com/stackalloc/stackalloc/scratch"
)

// The ways to have n bytes for as long as a callee works on them. Each loop is a
// named function that is called by its value only: a call of the library in a
// closure that inlining copies would have no proof.

// sizes in bytes. The fixed arrays of fixedLoops have these lengths.
var sizes = []int{16, 64, 256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10}

// frameSize is the largest block, in bytes, that the root package has in the
// caller's own frame, whatever the limit is.
const frameSize = 32

// Where the blocks of a way are.
type place int

const (
	none     place = iota
	stacked        // on the stack, for a goroutine that has the room
	recycled       // in recycled memory
	heaped         // on the heap, one for each call
	kept           // in memory that the way itself keeps
)

// A way is one row of the tables.
type way struct {
	impl     string // as in the benchmark format
	label    string
	contents string // "any" or "zeroed"
	loop     func(n, times int)
	place    place
	ours     bool
	recycle  bool // with nothing allowed on the stack
	from     int  // smallest size for which the way is what it says
}

const (
	anyContents = "any"
	zeroed      = "zeroed"
)

var ways = []way{
	{impl: "none", label: "no block", contents: anyContents, loop: nothingLoop, place: none},
	{impl: "stack", label: "Uninit", contents: anyContents, loop: loops.Uninit, place: stacked, ours: true},
	{impl: "recycled", label: "Uninit recycled", contents: anyContents, loop: loops.Uninit, place: recycled, ours: true, recycle: true, from: frameSize + 1},
	{impl: "scratch", label: "scratch.Uninit", contents: anyContents, loop: loops.ScratchUninit, place: kept, ours: true},
	{impl: "pool", label: "sync.Pool", contents: anyContents, loop: pools.Dirty, place: kept},

	{impl: "stack", label: "Do", contents: zeroed, loop: loops.Do, place: stacked, ours: true},
	{impl: "recycled", label: "Do recycled", contents: zeroed, loop: loops.Do, place: recycled, ours: true, recycle: true, from: frameSize + 1},
	{impl: "scratch", label: "scratch.Do", contents: zeroed, loop: loops.ScratchDo, place: kept, ours: true},
	{impl: "pool", label: "sync.Pool, clear", contents: zeroed, loop: pools.Cleared, place: kept},
	{impl: "make", label: "make", contents: zeroed, loop: loops.Make, place: heaped},
	{impl: "array", label: "[N]byte", contents: zeroed, loop: arrayLoop, place: stacked},
}

// nothingLoop has its block already: what is left is the callee's own cost.
func nothingLoop(n, times int) {
	s := standing[:n]
	for range times {
		measure.Touch(s)
	}
}

var standing = make([]byte, 256<<10)

var pools = loops.NewPools(sizes...)

var fixedLoops = map[int]func(times int){
	16: loops.Array[[16]byte], 64: loops.Array[[64]byte], 256: loops.Array[[256]byte], 1 << 10: loops.Array[[1 << 10]byte],
	4 << 10: loops.Array[[4 << 10]byte], 16 << 10: loops.Array[[16 << 10]byte], 64 << 10: loops.Array[[64 << 10]byte],
	256 << 10: loops.Array[[256 << 10]byte],
}

func arrayLoop(n, times int) { fixedLoops[n](times) }

// maxFixed is the size in bytes of the largest variable that the compiler puts
// on the stack; it makes larger ones on the heap.
const maxFixed = 128 << 10

// allocates reports whether each call makes an object of n bytes on the heap.
func (w *way) allocates(n int) bool {
	switch w.impl {
	case "make":
		return n > frameSize // since Go 1.25 the compiler has smaller ones on the stack
	case "array":
		return n > maxFixed
	}
	return false
}

// onFresh runs times goroutines, one after the other, that each do one block.
func onFresh(loop func(n, times int), n, times int) {
	var wg sync.WaitGroup
	for range times {
		wg.Add(1)
		go func() {
			loop(n, 1)
			wg.Done()
		}()
		wg.Wait()
	}
}

// onStack and its like tell where the library's block is, from inside.
func onStack(n int) (yes bool) {
	stackalloc.Uninit(n, func(s []byte) { yes = stackalloc.OnStack(s) })
	return yes
}

func doOnStack(n int) (yes bool) {
	stackalloc.Do(n, func(s []byte) { yes = stackalloc.OnStack(s) })
	return yes
}

func scratchOnStack(n int) (yes bool) {
	scratch.Uninit(n, func(s []byte) { yes = stackalloc.OnStack(s) })
	return yes
}
