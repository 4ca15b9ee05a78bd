package stackalloc_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"runtime/trace"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/internal/measure"
)

// What a live block must survive.

func TestBlockSurvivesTheStackMoving(t *testing.T) {
	growAlways(t)
	for _, n := range edges() {
		aside(func() {
			at, on := -1, false
			stackalloc.Uninit(n, func(s []byte) {
				pattern(s, n)
				on = stackalloc.OnStack(s)
				for size := 1 << 10; size <= 2<<20; size *= 4 {
					measure.Deepen(size) // grows
					at = max(at, firstSpoiled(s, n))
				}
				for range 6 {
					runtime.GC() // shrinks by half each time
					at = max(at, firstSpoiled(s, n))
				}
				measure.Deepen(1 << 20)
				at = max(at, firstSpoiled(s, n))
			})
			assert.Equal(t, -1, at, "length %d", n)
			if stackalloc.HasAssembly && !stackalloc.Unoptimized {
				assert.Equal(t, 0 < n && n <= stackalloc.MaxRung, on, "length %d", n)
			}
		})
	}
}

func TestPointersInABlockAreMovedWithTheStackAndSeenByTheCollector(t *testing.T) {
	growAlways(t)
	for _, n := range []int{1, 2, 3, 4, 5, 8, 9, 16, 17, 32, 33, 64, 65, 128, 129, 1000, 10000} {
		aside(func() {
			bad := 0
			stackalloc.Do(n, func(s []*[2]int) {
				var local [2]int
				for i := range s {
					s[i] = &local // a pointer into this stack
				}
				measure.Deepen(1 << 20)
				local[0] = 7
				for i := range s {
					if s[i] != &local || s[i][0] != 7 {
						bad++
					}
					s[i] = heapPair(i)
				}
				runtime.GC()
				measure.Deepen(100 << 10)
				runtime.GC()
				for i := range s {
					if s[i][0] != i || s[i][1] != ^i {
						bad++
					}
				}
			})
			assert.Zero(t, bad, "length %d", n)
		})
	}
}

//go:noinline
func heapPair(i int) *[2]int { return &[2]int{i, ^i} }

func TestStringsInABlockSurviveCollections(t *testing.T) {
	growAlways(t)
	defer debug.SetGCPercent(debug.SetGCPercent(1))
	for _, n := range []int{1, 3, 20, 100, 500, 5000} {
		aside(func() {
			bad := 0
			stackalloc.Init(n, func(i int) string { return strings.Repeat("x", i%50) + fmt.Sprint(i) }, func(s []string) {
				for range 5 {
					_ = make([]byte, 1<<20)
					runtime.GC()
				}
				for i := range s {
					if s[i] != strings.Repeat("x", i%50)+fmt.Sprint(i) {
						bad++
					}
				}
			})
			assert.Zero(t, bad, "length %d", n)
		})
	}
}

func TestNestedScopes(t *testing.T) {
	growAlways(t)
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		aside(func() { assert.True(t, nest(rng, 40)) })
	}
}

func nest(rng *rand.Rand, depth int) (ok bool) {
	if depth == 0 {
		measure.Deepen(64 << 10)
		return true
	}
	n := rng.IntN(3000)
	stackalloc.Uninit(n, func(s []byte) {
		pattern(s, depth)
		ok = nest(rng, depth-1) && firstSpoiled(s, depth) == -1
	})
	return ok
}

func TestRecursion2000Deep(t *testing.T) {
	for _, patience := range []uintptr{0, 100, 1 << 30} {
		former := stackalloc.SetPatience(patience)
		aside(func() { assert.Equal(t, 2000*2001/2, recurse(2000)) })
		stackalloc.SetPatience(former)
	}
}

func recurse(depth int) (sum int) {
	if depth == 0 {
		return 0
	}
	stackalloc.Do(depth, func(s []byte) {
		pattern(s, depth)
		stackalloc.Do(3, func(p []*int) {
			p[1] = &depth
			sum = recurse(depth-1) + *p[1]
		})
		if firstSpoiled(s, depth) != -1 {
			sum = -1 << 30
		}
	})
	return sum
}

func TestPanicPassesThroughAndIsRecovered(t *testing.T) {
	growAlways(t)
	boom := errors.New("boom")
	for _, n := range []int{10, 100, 5000, 60000, 400 << 10} {
		for range 3 {
			func() {
				defer func() { assert.Equal(t, boom, recover()) }()
				stackalloc.Uninit(n, func(s []byte) {
					s[0] = 1
					stackalloc.Do(n, func(u []byte) {
						u[0] = 2
						panic(boom)
					})
				})
				t.Error("came back from a panic")
			}()
		}
	}
}

func TestRecoverInsideTheCallback(t *testing.T) {
	growAlways(t)
	for _, n := range []int{10, 100, 5000} {
		after := false
		stackalloc.Do(n, func(s []byte) {
			defer func() { _ = recover() }()
			s[0] = 1
			panic("inside")
		})
		after = true
		assert.True(t, after)
	}
}

func TestGoexitRunsDeferredFunctions(t *testing.T) {
	growAlways(t)
	for _, n := range []int{10, 100, 5000, 60000} {
		order := ""
		aside(func() {
			defer func() { order += "c" }()
			stackalloc.Do(n, func(s []byte) {
				defer func() { order += "b" }()
				stackalloc.Do(n, func(u []string) {
					defer func() { order += "a" }()
					runtime.Goexit()
				})
			})
			order += "not reached"
		})
		assert.Equal(t, "abc", order)
	}
}

func TestStackTraceInsideTheCallbackIsComplete(t *testing.T) {
	growAlways(t)
	for _, n := range []int{100, 5000, 60000} {
		var text string
		stackalloc.Do(n, func(s []byte) { text = whereAmI() })
		assert.Contains(t, text, "whereAmI")
		assert.Contains(t, text, "TestStackTraceInsideTheCallbackIsComplete")
		assert.Contains(t, text, "testing.tRunner")
		if stackalloc.HasAssembly && !stackalloc.Unoptimized {
			assert.Contains(t, text, "stackalloc.rung")
		}
	}
}

//go:noinline
func whereAmI() string {
	buf := make([]byte, 64<<10)
	return string(buf[:runtime.Stack(buf, false)])
}

func TestProfileAndTraceInsideTheCallback(t *testing.T) {
	growAlways(t)
	var cpu, exec bytes.Buffer
	require.NoError(t, pprof.StartCPUProfile(&cpu))
	require.NoError(t, trace.Start(&exec))
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for start := time.Now(); time.Since(start) < 150*time.Millisecond; {
				bad := -1
				stackalloc.Uninit(100+g*3000, func(s []byte) {
					pattern(s, g)
					runtime.Gosched()
					bad = firstSpoiled(s, g)
				})
				if bad != -1 {
					t.Error("overwritten")
				}
			}
		})
	}
	wg.Wait()
	trace.Stop()
	pprof.StopCPUProfile()
	assert.NotZero(t, cpu.Len())
	assert.NotZero(t, exec.Len())
}

func TestTracebackOfOthersWhileTheyHoldBlocks(t *testing.T) {
	growAlways(t)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			stackalloc.Uninit(50+g*1500, func(s []byte) {
				pattern(s, g)
				<-stop
				if firstSpoiled(s, g) != -1 {
					t.Error("overwritten")
				}
			})
		})
	}
	for range 10 {
		require.NoError(t, pprof.Lookup("goroutine").WriteTo(io.Discard, 2))
		runtime.GC()
		runtime.Gosched()
	}
	close(stop)
	wg.Wait()
}

func TestThousandsOfGoroutines(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	var wg sync.WaitGroup
	for g := range 4000 {
		wg.Go(func() {
			for i := range 5 {
				n := (g*131+i*977)%9000 + 1
				stackalloc.Uninit(n, func(s []byte) {
					pattern(s, g)
					if i == 2 {
						measure.Deepen(g % 30000)
					}
					runtime.Gosched()
					if firstSpoiled(s, g) != -1 {
						t.Error("overwritten")
					}
				})
			}
		})
	}
	wg.Wait()
}

// In the callback of within, made anew where within is inlined, relay is called
// and not inlined, so that its closure, which holds the block, is on the heap. The
// proof has to see that, or the closure writes to where the block was before the
// stack moved.
func TestClosureThatHoldsTheBlockIsNotLeftBehindWhenTheStackMoves(t *testing.T) {
	growAlways(t)
	for _, n := range []int{20, 100, 5000} {
		aside(func() {
			measure.Deepen(16 << 10)
			assert.True(t, within(n, func(yield func(byte)) {
				measure.Deepen(1 << 20)
				yield(1)
			}))
		})
	}
}

func within(n int, each func(func(byte))) (ok bool) {
	stackalloc.Do(n, func(s []byte) {
		relay(each, func(v byte) { s[0] = v })
		ok = s[0] == 1
	})
	return ok
}

func relay(each func(func(byte)), yield func(byte)) { each(yield) }
