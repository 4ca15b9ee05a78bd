package main

import (
	"slices"
	"unsafe"

	"github.com/bytedance/gopkg/lang/mcache"
	"github.com/dgraph-io/ristretto/v2/z"
	bufferpool "github.com/libp2p/go-buffer-pool"
	"github.com/valyala/bytebufferpool"
	"google.golang.org/grpc/mem"
	"modernc.org/memory"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/internal/loops"
	"github.com/stackalloc/stackalloc/internal/measure"
)

// sizes in bytes. arrayInLoop and arrayInFunc have one array for each.
var sizes = []int{16, 100, 256, 1000, 4096, 16000, 60000}

// fallbackSize is the length, in bytes, of the array that is used up to it; above,
// make.
const fallbackSize = 4096

// A way is one row: how a block of n bytes is had for the time of a callee. Each
// loop is a named function that is called by its value only: a call of the
// library in a closure that inlining copies would have no proof.
type way struct {
	name   string
	zeroed bool
	loop   func(n, times int)
	ours   bool
	pool   bool // keeps blocks for reuse
	note   string
	unit   int                                         // how many blocks each new goroutine has, if blocks are had on new ones; times is a multiple of it
	direct bool                                        // the callback itself does what the callee does elsewhere; not in the chart
	build  func(dir string) (argv []string, err error) // of a program that is the way
	kind   string                                      // what it is asked for
	proc   *process
}

var ways = []*way{
	{name: "**stackalloc.Uninit**", loop: loops.Uninit, ours: true},
	{name: "**stackalloc.Uninit**, direct", loop: uninitDirect, ours: true, direct: true, note: "the callback itself writes the two bytes, as in the C program"},
	{name: "**scratch.Uninit**", loop: loops.ScratchUninit, ours: true},
	{name: "C99: VLA, callback", build: buildC, kind: "any", note: "cc -O2, a process of its own"},
	{name: "Rust: crate stackalloc", build: buildCrate, kind: "any", note: "rustc -O3 and cc -O3, a process of its own"},
	{name: "Rust: shape of the crate stackalloc", build: buildRust, kind: "any", note: "the same of our own: see child/rust"},
	{name: "sync.Pool, dirty", loop: pools.Dirty, pool: true, note: "one pool for each size"},
	{name: "bytebufferpool", loop: byteBufferPool, pool: true, note: "valyala/bytebufferpool, one pool for each size"},
	{name: "mcache", loop: mcacheLoop, pool: true, note: "bytedance/gopkg"},
	{name: "go-buffer-pool", loop: libp2p, pool: true, note: "libp2p/go-buffer-pool"},
	{name: "modernc memory", loop: modernc, note: "modernc.org/memory, Malloc and Free; one goroutine only"},
	{name: "ristretto z.Allocator", loop: ristrettoAllocator, note: "Allocate and Reset"},

	{name: "**stackalloc.Do**", zeroed: true, loop: loops.Do, ours: true},
	{name: "**stackalloc.Do**, direct", zeroed: true, loop: doDirect, ours: true, direct: true},
	{name: "**scratch.Do**", zeroed: true, loop: loops.ScratchDo, ours: true},
	{name: "C99: VLA, memset, callback", zeroed: true, build: buildC, kind: "zeroed"},
	{name: "Rust: crate stackalloc, zeroed", zeroed: true, build: buildCrate, kind: "zeroed"},
	{name: "Rust: shape of the crate stackalloc, zeroed", zeroed: true, build: buildRust, kind: "zeroed"},
	{name: "sync.Pool, cleared", zeroed: true, loop: pools.Cleared, pool: true},
	{name: "grpc mem", zeroed: true, loop: grpcMem, pool: true, note: "google.golang.org/grpc/mem, default pool, which clears"},
	{name: "make", zeroed: true, loop: loops.Make},
	{name: "make, threshold 4096", zeroed: true, build: buildThreshold(fallbackSize), kind: "zeroed", note: "-gcflags=-d=variablemakethreshold=4096, a process of its own"},
	{name: "make, threshold 65536", zeroed: true, build: buildThreshold(65536), kind: "zeroed"},
	{name: "[4096]byte, else make", zeroed: true, loop: fallback},
	{name: "ristretto z.Calloc", zeroed: true, loop: ristrettoCalloc, note: "Calloc and Free without jemalloc"},
	{name: "arena", zeroed: true, build: buildArenas, kind: "zeroed", note: "GOEXPERIMENT=arenas, one arena for each block, a process of its own"},
	{name: "[N]byte in a function", zeroed: true, loop: arrayInFunc, note: "N must be a constant; called for each block"},
	{name: "[N]byte", zeroed: true, loop: arrayInLoop, note: "N must be a constant; a variable of the loop"},
}

func uninitDirect(n, times int) {
	for range times {
		stackalloc.Uninit(n, func(s []byte) { s[0], s[len(s)-1] = 1, 2 })
	}
}

func doDirect(n, times int) {
	for range times {
		stackalloc.Do(n, func(s []byte) { s[0], s[len(s)-1] = 1, 2 })
	}
}

var pools = loops.NewPools(slices.Concat([]int{1024, 16384}, sizes, freshSizes)...)

func fallback(n, times int) {
	for range times {
		withFallback(n)
	}
}

//go:noinline
func withFallback(n int) {
	var a [fallbackSize]byte
	s := a[:]
	if n > len(a) {
		s = make([]byte, n)
	}
	measure.Touch(s[:n])
}

var byteBufferPools = func() map[int]*bytebufferpool.Pool {
	m := map[int]*bytebufferpool.Pool{}
	for _, n := range sizes {
		m[n] = new(bytebufferpool.Pool)
	}
	return m
}()

func byteBufferPool(n, times int) {
	pool := byteBufferPools[n]
	for range times {
		b := pool.Get()
		if cap(b.B) < n {
			b.B = make([]byte, n)
		}
		b.B = b.B[:n]
		measure.Touch(b.B)
		pool.Put(b)
	}
}

func mcacheLoop(n, times int) {
	for range times {
		b := mcache.Malloc(n)
		measure.Touch(b)
		mcache.Free(b)
	}
}

func libp2p(n, times int) {
	for range times {
		b := bufferpool.Get(n)
		measure.Touch(b)
		bufferpool.Put(b)
	}
}

func grpcMem(n, times int) {
	pool := mem.DefaultBufferPool()
	for range times {
		b := pool.Get(n)
		measure.Touch(*b)
		pool.Put(b)
	}
}

var moderncAllocator memory.Allocator

func modernc(n, times int) {
	for range times {
		b, err := moderncAllocator.Malloc(n)
		if err != nil {
			panic(err)
		}
		measure.Touch(b)
		if err := moderncAllocator.Free(b); err != nil {
			panic(err)
		}
	}
}

var zAllocator = z.NewAllocator(1<<20, "benchmarks")

func ristrettoAllocator(n, times int) {
	for range times {
		measure.Touch(zAllocator.Allocate(n))
		zAllocator.Reset()
	}
}

func ristrettoCalloc(n, times int) {
	for range times {
		b := z.Calloc(n, "benchmarks")
		measure.Touch(b)
		z.Free(b)
	}
}

var arrayLoops = map[int]func(times int){
	16: loops.Array[[16]byte], 100: loops.Array[[100]byte], 256: loops.Array[[256]byte], 1000: loops.Array[[1000]byte],
	4096: loops.Array[[4096]byte], 16000: loops.Array[[16000]byte], 60000: loops.Array[[60000]byte],
}

func arrayInLoop(n, times int) { arrayLoops[n](times) }

var arrayFuncs = map[int]func(times int){
	16: inFuncs[[16]byte], 100: inFuncs[[100]byte], 256: inFuncs[[256]byte], 1000: inFuncs[[1000]byte],
	4096: inFuncs[[4096]byte], 16000: inFuncs[[16000]byte], 60000: inFuncs[[60000]byte],
}

func arrayInFunc(n, times int) { arrayFuncs[n](times) }

func inFuncs[A any](times int) {
	for range times {
		inFunc[A]()
	}
}

//go:noinline
func inFunc[A any]() {
	var a A
	measure.Touch(unsafe.Slice((*byte)(unsafe.Pointer(&a)), unsafe.Sizeof(a)))
}
