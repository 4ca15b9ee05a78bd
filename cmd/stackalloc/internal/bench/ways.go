package bench

import (
	"sync"
	"unsafe"

	"github.com/stackalloc/stackalloc"
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
	{impl: "stack", label: "Uninit", contents: anyContents, loop: uninitLoop, place: stacked, ours: true},
	{impl: "recycled", label: "Uninit recycled", contents: anyContents, loop: uninitLoop, place: recycled, ours: true, recycle: true, from: frameSize + 1},
	{impl: "scratch", label: "scratch.Uninit", contents: anyContents, loop: scratchUninitLoop, place: kept, ours: true},
	{impl: "pool", label: "sync.Pool", contents: anyContents, loop: poolLoop, place: kept},

	{impl: "stack", label: "Do", contents: zeroed, loop: doLoop, place: stacked, ours: true},
	{impl: "recycled", label: "Do recycled", contents: zeroed, loop: doLoop, place: recycled, ours: true, recycle: true, from: frameSize + 1},
	{impl: "scratch", label: "scratch.Do", contents: zeroed, loop: scratchDoLoop, place: kept, ours: true},
	{impl: "pool", label: "sync.Pool, clear", contents: zeroed, loop: poolClearLoop, place: kept},
	{impl: "make", label: "make", contents: zeroed, loop: makeLoop, place: heaped},
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

func uninitLoop(n, times int) {
	for range times {
		stackalloc.Uninit(n, func(s []byte) { measure.Touch(s) })
	}
}

func doLoop(n, times int) {
	for range times {
		stackalloc.Do(n, func(s []byte) { measure.Touch(s) })
	}
}

func scratchUninitLoop(n, times int) {
	for range times {
		scratch.Uninit(n, func(s []byte) { measure.Touch(s) })
	}
}

func scratchDoLoop(n, times int) {
	for range times {
		scratch.Do(n, func(s []byte) { measure.Touch(s) })
	}
}

func makeLoop(n, times int) {
	for range times {
		s := make([]byte, n)
		measure.Touch(s)
	}
}

// pools holds one pool for each size, as a program has that knows its sizes.
var pools = func() map[int]*sync.Pool {
	m := map[int]*sync.Pool{}
	for _, n := range sizes {
		m[n] = &sync.Pool{New: func() any { b := make([]byte, n); return &b }}
	}
	return m
}()

func poolLoop(n, times int) {
	pool := pools[n]
	for range times {
		b := pool.Get().(*[]byte)
		measure.Touch((*b)[:n])
		pool.Put(b)
	}
}

func poolClearLoop(n, times int) {
	pool := pools[n]
	for range times {
		b := pool.Get().(*[]byte)
		s := (*b)[:n]
		clear(s)
		measure.Touch(s)
		pool.Put(b)
	}
}

var fixedLoops = map[int]func(times int){
	16: fixedLoop[[16]byte], 64: fixedLoop[[64]byte], 256: fixedLoop[[256]byte], 1 << 10: fixedLoop[[1 << 10]byte],
	4 << 10: fixedLoop[[4 << 10]byte], 16 << 10: fixedLoop[[16 << 10]byte], 64 << 10: fixedLoop[[64 << 10]byte],
	256 << 10: fixedLoop[[256 << 10]byte],
}

func arrayLoop(n, times int) { fixedLoops[n](times) }

// maxFixed is the size in bytes of the largest variable that the compiler puts
// on the stack; it makes larger ones on the heap.
const maxFixed = 128 << 10

func fixedLoop[A any](times int) {
	for range times {
		var a A
		measure.Touch(unsafe.Slice((*byte)(unsafe.Pointer(&a)), unsafe.Sizeof(a)))
	}
}

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
