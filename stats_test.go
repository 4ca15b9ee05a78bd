package stackalloc_test

import (
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/stackalloc/stackalloc"
)

var sinkOfStats []byte

// leakSome returns the line of its call.
//
//go:noinline
func leakSome(n, times int) (line int) {
	_, _, line, _ = runtime.Caller(0)
	for range times {
		stackalloc.Do(n, func(s []byte) { sinkOfStats = s })
	}
	return line + 2
}

func TestHeapBlocksAreCounted(t *testing.T) {
	before := stackalloc.ReadStats()
	leakSome(1000, 7)
	after := stackalloc.ReadStats()
	assert.Equal(t, uint64(7), after.Heap-before.Heap)
	assert.Equal(t, uint64(7000), after.HeapBytes-before.HeapBytes)
}

func TestRecycledBlocksAreCounted(t *testing.T) {
	if stackalloc.Unoptimized {
		t.Skip("nothing is proven in this build")
	}
	defer stackalloc.SetLimit(stackalloc.SetLimit(0))
	before := stackalloc.ReadStats()
	for range 9 {
		stackalloc.Do(5000, func(s []byte) { s[0] = 1 })
		stackalloc.Do(500, func(s []string) { s[0] = "x" })
	}
	after := stackalloc.ReadStats()
	assert.Equal(t, uint64(18), after.Recycled-before.Recycled)
	assert.Equal(t, before.Heap, after.Heap)
}

func TestHeapSitesNameTheCall(t *testing.T) {
	leakSome(100, 1) // not traced
	was := stackalloc.TraceHeap(true)
	assert.False(t, was)
	line := leakSome(1111, 3)
	assert.True(t, stackalloc.TraceHeap(false))
	leakSome(1111, 5) // not traced
	var found []stackalloc.Site
	for _, s := range stackalloc.HeapSites() {
		if strings.HasSuffix(s.Function, ".leakSome") {
			found = append(found, s)
		}
	}
	if assert.Len(t, found, 1) {
		assert.Equal(t, uint64(3), found[0].Blocks)
		assert.Equal(t, uint64(3333), found[0].Bytes)
		assert.True(t, strings.HasSuffix(found[0].File, "stats_test.go"), found[0].File)
		assert.Equal(t, line, found[0].Line)
	}
}

// The way from a call to the heap is longest for aligned elements without pointers.
func TestHeapSitesNameTheCallOfEveryFunction(t *testing.T) {
	defer stackalloc.TraceHeap(stackalloc.TraceHeap(true))
	before := len(stackalloc.HeapSites())
	calls := leakByAll[byte](700, 1) + leakByAll[float64](701, 1) + leakByAll[string](702, "") + leakByAll[[40]uint16](703, [40]uint16{})
	sites := stackalloc.HeapSites()
	for _, s := range sites {
		assert.True(t, strings.HasSuffix(s.File, "_test.go"), "%s:%d %s", s.File, s.Line, s.Function)
	}
	assert.GreaterOrEqual(t, len(sites)-before, calls/4, "all kinds of elements are of the same lines")
}

// leakByAll calls every function with a callback that keeps its block, and returns how many
// there are.
//
//go:noinline
func leakByAll[T any](n int, v T) (calls int) {
	keep := func(s []T) { sinkAny = s }
	stackalloc.Do(n, keep)
	stackalloc.Uninit(n, keep)
	stackalloc.Fill(n, v, keep)
	stackalloc.Init(n, func(int) T { return v }, keep)
	stackalloc.Collect(n, slices.Values(make([]T, n)), keep)
	stackalloc.Copy(make([]T, n), keep)
	stackalloc.Call(n, func(s []T) int { sinkAny = s; return 1 })
	stackalloc.Call2(n, func(s []T) (int, int) { sinkAny = s; return 1, 1 })
	for s := range stackalloc.Scope[T](n) {
		sinkAny = s
	}
	stackalloc.Aligned(n, 1024, keep)
	_ = stackalloc.Bounded(n, n, keep)
	return 11
}
