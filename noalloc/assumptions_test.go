package noalloc_test

import (
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"

	"github.com/stackalloc/stackalloc/noalloc"
)

// Each test here names one thing that noalloc takes for granted about the Go
// runtime, and checks it without noalloc.

//go:noinline
func assumed(n int) {
	for range n {
		sinkNode = new(node)
	}
}

// recorded sums up the objects of all records with the functions on their stack.
func recorded(functions ...string) (objects int64) {
	runtime.GC()
	p := make([]runtime.MemProfileRecord, 20_000)
	n, ok := runtime.MemProfile(p, true)
	if !ok {
		panic("too many records")
	}
	for i := range p[:n] {
		frames := runtime.CallersFrames(p[i].Stack())
		found := make(map[string]bool)
		for more := p[i].Stack0[0] != 0; more; {
			var f runtime.Frame
			f, more = frames.Next()
			for _, function := range functions {
				if strings.HasSuffix(f.Function, function) {
					found[function] = true
				}
			}
		}
		if len(found) == len(functions) {
			objects += p[i].AllocObjects
		}
	}
	return objects
}

func atRateOne(f func()) {
	rate := runtime.MemProfileRate
	runtime.MemProfileRate = 1
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	f()
	runtime.MemProfileRate = 2
	runtime.ReadMemStats(&m)
	runtime.MemProfileRate = rate
}

func TestRateOneRecordsEveryObjectAndOneCollectionShowsIt(t *testing.T) {
	before := recorded("noalloc_test.assumed")
	atRateOne(func() { assumed(1000) })
	assert.EqualValues(t, 1000, recorded("noalloc_test.assumed")-before, "objects that are recorded")
}

func TestRecordHolds32FramesNextToTheLeaf(t *testing.T) {
	var r runtime.MemProfileRecord
	assert.Len(t, r.Stack0, 32, "frames of a record")
	before := recorded("noalloc_test.assumed")
	atRateOne(func() { descend(60, func() { assumed(10) }) })
	assert.EqualValues(t, 10, recorded("noalloc_test.assumed")-before, "objects below 60 calls that are recorded with their leaf")
}

func TestReadMemStatsCountsEveryObjectAndAllocatesNone(t *testing.T) {
	var a, b runtime.MemStats
	least := uint64(1 << 63)
	for range 50 { // other goroutines of the process may allocate
		runtime.ReadMemStats(&a)
		assumed(10)
		runtime.ReadMemStats(&b)
		least = min(least, b.Mallocs-a.Mallocs)
	}
	assert.EqualValues(t, 10, least, "10 objects")
}

func TestReadMemStatsGivesUpTinyBlocks(t *testing.T) {
	if noalloc.RaceEnabled {
		t.Skip("tiny objects do not share blocks under the race detector")
	}
	var m runtime.MemStats
	fresh := 0
	for range 100 {
		sinkByte = new(byte)
		runtime.ReadMemStats(&m)
		sinkByte = new(byte)
		if uintptr(unsafe.Pointer(sinkByte))%16 == 0 {
			fresh++
		}
	}
	if fresh < 90 { // the goroutine may move in between
		t.Errorf("only %d of 100 tiny objects after ReadMemStats open a block", fresh)
	}
}

func TestTinyObjectsShareBlocksOfSixteenBytes(t *testing.T) {
	if noalloc.RaceEnabled {
		t.Skip("tiny objects do not share blocks under the race detector")
	}
	next := 0
	for range 160 {
		p := uintptr(unsafe.Pointer(sinkByte))
		sinkByte = new(byte)
		if uintptr(unsafe.Pointer(sinkByte)) == p+1 {
			next++
		}
	}
	if next < 100 { // 150 if the goroutine stays where it is
		t.Errorf("only %d of 160 one-byte objects lie next to each other", next)
	}
}

// Mallocs counts tiny objects that share a block, BySize does not, and the
// metric counts nothing else.
func TestSharedTinyObjectsAreInMallocsOnly(t *testing.T) {
	if noalloc.RaceEnabled {
		t.Skip("tiny objects do not share blocks under the race detector")
	}
	var a, b runtime.MemStats
	s := []metrics.Sample{{Name: "/gc/heap/tiny/allocs:objects"}}
	metrics.Read(s)
	least, leastMetric := int64(1<<62), uint64(1<<62)
	for range 20 {
		runtime.ReadMemStats(&a)
		metrics.Read(s)
		m := s[0].Value.Uint64()
		allocateBytes(16)
		runtime.ReadMemStats(&b)
		metrics.Read(s)
		rest := int64(b.Mallocs - a.Mallocs)
		for i := range a.BySize {
			rest -= int64(b.BySize[i].Mallocs - a.BySize[i].Mallocs)
		}
		least = min(least, rest)
		leastMetric = min(leastMetric, s[0].Value.Uint64()-m)
	}
	assert.True(t, least == 15 && leastMetric == 15, "16 bytes in one block count as %d and %d sharing it, want 15", least, leastMetric)
}

func TestGoroutineStacksDoNotContainTheirCreator(t *testing.T) {
	before := recorded("noalloc_test.creator", "noalloc_test.assumed")
	atRateOne(func() { creator() })
	assert.Equal(t, before, recorded("noalloc_test.creator", "noalloc_test.assumed"), "objects of a new goroutine are recorded below its creator")
}

//go:noinline
func creator() {
	go send16()
	<-channel
}

func send16() {
	assumed(16)
	channel <- 1
}
