package noalloc_test

import (
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc/noalloc"
)

// deferInLoop allocates one slice and one closure for each of n deferred calls,
// and at the same line the runtime allocates the records of these calls as far
// as its caches are empty. So without the runtime's functions next to the leaf
// all these have the same stack.
//
//go:noinline
func deferInLoop(n int, meet *sync.WaitGroup) {
	for range n {
		defer sinkBytes2(make([]byte, n))
	}
	meet.Done()
	meet.Wait()
}

// What the runtime allocates for itself at a line of the function is told from
// the function's own objects in each of several windows, also when all are
// handed out by one read and only the long form shows which window it was.
func TestRuntimeObjectsAtTheSameLine(t *testing.T) {
	const windows, calls = 8, 100
	for _, depth := range []int{0, 10, 50} {
		runtime.GC() // empties the cache of records that all Ps share
		var meet, wg sync.WaitGroup
		var cached atomic.Int64
		meet.Add(windows)
		for range windows {
			wg.Add(1)
			go func() {
				defer wg.Done()
				r := noalloc.Measure(func() {
					descend(depth, func() { deferInLoop(calls, &meet) })
				})
				if r.Objects != 2*calls || r.TooDeep > 0 {
					t.Errorf("%d calls below: %d objects, want %d: %v", depth, r.Objects, 2*calls, r)
				}
				cached.Add(r.Runtime)
			}()
		}
		wg.Wait()
		assert.NotZero(t, cached.Load(), "%d calls below: the runtime allocated no records of deferred calls: the test shows nothing", depth)
	}
}

//go:noinline
func genericNew[T any]() *T { return new(T) }

// Records hold the names of generic functions without their type arguments,
// the long form with them.
func TestGenericFunctionsInTheLongForm(t *testing.T) {
	for range 3 {
		r := noalloc.Measure(func() { descend(50, func() { sinkNode2(genericNew[node]()) }) })
		require.True(t, r.Objects == 1 && len(r.Sites) == 1, "one object is %v", r)
		assert.True(t, strings.HasSuffix(r.Sites[0].Func, ".genericNew[...]"), "the site is %s", r.Sites[0].Func)
	}
}

// The long form fits the records in whatever the tests have allocated so far.
func TestLongFormFits(t *testing.T) {
	r := noalloc.Measure(func() { descend(70, func() { sinkNode2(new(node)) }) })
	assert.EqualValues(t, 1, r.Objects, "one object is %v", r)
	assert.False(t, noalloc.Undecoded(), "the long form of some record was not found")
}

// runtime.MemProfile lists new records first, and none ever goes away, so a
// record keeps its place counted from the end. That the profile "allocs" has
// the same order is checked whenever it is read: see TestLongFormFits.
func TestRecordsKeepTheirPlaceFromTheEnd(t *testing.T) {
	atRateOne(func() {
		for i := range 40 {
			descend(i, func() { assumed(1) })
		}
	})
	runtime.GC()
	earlier := records()
	atRateOne(func() {
		for i := range 40 {
			descend(i, func() { assumed(2) })
		}
	})
	runtime.GC()
	later := records()
	require.GreaterOrEqual(t, len(later), len(earlier), "%d records, then %d", len(earlier), len(later))
	for i := 1; i <= len(earlier); i++ {
		if a, b := earlier[len(earlier)-i], later[len(later)-i]; a.Stack0 != b.Stack0 {
			t.Fatalf("record %d from the end has changed its stack", i)
		}
	}
}

func records() []runtime.MemProfileRecord {
	p := make([]runtime.MemProfileRecord, 20_000)
	n, ok := runtime.MemProfile(p, true)
	if !ok {
		panic("too many records")
	}
	return p[:n]
}

// Records without room for more frames are enough where they show the number of the
// only window, and are looked up again when another one is around it.
func TestFullRecordsServeTheInnermostWindow(t *testing.T) {
	one := func() { descend(24, func() { sinkNode2(new(node)) }) }
	inner := func() (r noalloc.Report) {
		descend(6, func() { r = noalloc.Measure(one) })
		return r
	}
	for range 3 {
		if r := inner(); r.Objects != 1 || len(r.Sites) != 1 {
			t.Errorf("alone: %v", r)
		}
	}
	for range 3 {
		var in, beside noalloc.Report
		out := noalloc.Measure(func() {
			in = inner()
			descend(6, func() { one() })
		})
		assert.True(t, in.Objects == 1 && out.Objects == 2, "nested: inner %v, outer %v", in, out)
		var wg sync.WaitGroup
		wg.Go(func() { beside = inner() })
		in = inner()
		wg.Wait()
		assert.True(t, in.Objects == 1 && beside.Objects == 1, "beside each other: %v, %v", in, beside)
	}
	assert.False(t, noalloc.Undecoded(), "the long form of some record was not found")
}
