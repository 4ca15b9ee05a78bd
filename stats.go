package stackalloc

import (
	"cmp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"
)

// Stats counts the blocks, since the start of the process, that did not come
// from the stack. Blocks on the stack are not counted: that would cost more than
// they do. Nor are those of at most 32 bytes, which are the compiler's own make.
type Stats struct {
	Recycled  uint64 // blocks taken from those kept for reuse
	Heap      uint64 // blocks made for one scope and left to the collector
	HeapBytes uint64
}

// counter is one shard of the statistics, alone in its cache lines.
type counter struct {
	recycled, heap, heapBytes atomic.Uint64
	_                         [104]byte
}

var counters [16]counter

// shard picks a counter by the place of the goroutine's stack.
func shard() *counter {
	var local byte
	return &counters[uintptr(unsafe.Pointer(&local))>>13%uintptr(len(counters))]
}

func countRecycled() { shard().recycled.Add(1) }

func countHeap(size uintptr) {
	c := shard()
	c.heap.Add(1)
	c.heapBytes.Add(uint64(size))
	if tracing.Load() {
		traceHeap(size)
	}
}

// ReadStats returns the counters. It costs some ten nanoseconds and may be
// called at any time; blocks counted while it runs may be missing.
func ReadStats() Stats {
	s := Stats{Recycled: spareUses()}
	for i := range counters {
		c := &counters[i]
		s.Recycled += c.recycled.Load()
		s.Heap += c.heap.Load()
		s.HeapBytes += c.heapBytes.Load()
	}
	return s
}

// A Site is a call of this package that got its blocks from the heap.
type Site struct {
	Function string // that contains the call
	File     string
	Line     int
	Blocks   uint64
	Bytes    uint64
}

var (
	tracing atomic.Bool
	sitesMu sync.Mutex
	sites   = map[[siteDepth]uintptr]*[2]uint64{} // blocks, bytes
)

// siteDepth is how many return addresses are looked at for the caller outside of
// this package. Nine are in between where Aligned finds no block for bytes.
const siteDepth = 16

// TraceHeap turns the recording of [HeapSites] on or off and reports whether it
// was on. While it is on, a block from the heap costs about a microsecond more.
func TraceHeap(on bool) (was bool) { return tracing.Swap(on) }

func traceHeap(size uintptr) {
	var pcs [siteDepth]uintptr
	runtime.Callers(3, pcs[:])
	sitesMu.Lock()
	defer sitesMu.Unlock()
	s := sites[pcs]
	if s == nil {
		s = new([2]uint64)
		sites[pcs] = s
	}
	s[0]++
	s[1] += uint64(size)
}

// HeapSites answers "where do I lose the stack?": the calls whose blocks came
// from the heap while [TraceHeap] was on, the most bytes first.
func HeapSites() []Site {
	type place struct {
		function, file string
		line           int
	}
	merged := map[place]*Site{}
	sitesMu.Lock()
	defer sitesMu.Unlock()
	for pcs, n := range sites {
		f := outside(pcs[:])
		at := place{f.Function, f.File, f.Line}
		s := merged[at]
		if s == nil {
			s = &Site{Function: f.Function, File: f.File, Line: f.Line}
			merged[at] = s
		}
		s.Blocks += n[0]
		s.Bytes += n[1]
	}
	all := make([]Site, 0, len(merged))
	for _, s := range merged {
		all = append(all, *s)
	}
	slices.SortFunc(all, func(a, b Site) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return all
}

// outside returns the first frame in a file that is not this package's. The name
// of the function does not tell: a body inlined into a caller bears the caller's.
func outside(pcs []uintptr) runtime.Frame {
	if i := slices.Index(pcs, 0); i >= 0 {
		pcs = pcs[:i]
	}
	_, file, _, _ := runtime.Caller(0)
	folder := strings.TrimSuffix(file, "stats.go")
	frames := runtime.CallersFrames(pcs)
	for {
		f, more := frames.Next()
		name, ours := strings.CutPrefix(f.File, folder)
		if !ours || strings.Contains(name, "/") || strings.HasSuffix(name, "_test.go") || !more {
			return f
		}
	}
}
