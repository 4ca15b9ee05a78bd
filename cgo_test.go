//go:build cgo && gc && !purego && (stackalloc_cgo || !(amd64 || arm64))

package stackalloc

import (
	"runtime"
	"runtime/debug"
	"sync"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"

	"github.com/stackalloc/stackalloc/internal/build"
	"github.com/stackalloc/stackalloc/internal/cstack"
	"github.com/stackalloc/stackalloc/internal/gstack"
)

func init() { cCall = cstack.Call }

// place of a block, as far as it can be told from outside.
const (
	onTheGoroutine = "goroutine's stack"
	onTheThread    = "thread's stack"
	reused         = "recycled"
	made           = "heap"
)

// placeOf returns where the block of a proven call of n bytes lies.
func placeOf(n int) (where string) {
	before := ReadStats()
	Uninit(n, func(s []byte) {
		s[0], s[n-1] = 1, 2
		after := ReadStats()
		switch {
		case OnStack(s):
			where = onTheGoroutine
		case after.Recycled != before.Recycled:
			where = reused
		case after.Heap != before.Heap:
			where = made
		default:
			where = onTheThread
		}
	})
	return where
}

func TestSmallBlocksTakeGoFramesAlsoWithCgo(t *testing.T) {
	if unoptimized {
		t.Skip("nothing is proven in this build")
	}
	for n := smallBlock + 1; n <= growFrames; n *= 2 {
		assert.Equal(t, onTheGoroutine, placeOf(n), "%d bytes", n)
	}
}

func TestLargeBlocksAreOnTheThreadsStackWhereForced(t *testing.T) {
	if unoptimized || !cstack.Forced {
		t.Skip("needs the tag stackalloc_cgo")
	}
	for _, n := range []int{maxFrame + 1, 5000, defaultLimit} {
		assert.Equal(t, onTheThread, placeOf(n), "%d bytes", n)
	}
	assert.Equal(t, reused, placeOf(defaultLimit+1), "above the limit")
	former := SetLimit(4000)
	defer SetLimit(former)
	assert.Equal(t, reused, placeOf(4001), "above a limit that was set")
	assert.Equal(t, onTheThread, placeOf(4000))
}

// Go frames serve small blocks only because they are faster.
func TestBlocksOfEverySizeOnTheThreadsStack(t *testing.T) {
	if unoptimized || !cstack.Forced {
		t.Skip("needs the tag stackalloc_cgo")
	}
	defer func(former uintptr) { cFrom = former }(cFrom)
	cFrom = smallBlock
	for n := smallBlock + 1; n <= defaultLimit; n += 1 + n/50 {
		assert.Equal(t, onTheThread, placeOf(n), "%d bytes", n)
		wrong := 0
		Fill(n, 0xa5, func(s []byte) { s[0]++ })
		Do(n, func(s []byte) {
			for i := range s {
				if s[i] != 0 {
					wrong++
				}
				s[i] = byte(i)
			}
			Fill(n, 7, func(inner []byte) {
				for i := range inner {
					if inner[i] != 7 {
						wrong++
					}
				}
			})
			Copy(s, func(c []byte) {
				for i := range c {
					if c[i] != byte(i) {
						wrong++
					}
				}
			})
		})
		Uninit(n, func(s []bool) { // cleared, being no plain type
			for i := range s {
				if s[i] {
					wrong++
				}
			}
		})
		assert.Zero(t, wrong, "%d bytes", n)
	}
}

func TestRareBlocksAreOnTheThreadsStackAndOthersAreReused(t *testing.T) {
	if unoptimized || cstack.Forced || build.Race {
		t.Skip("needs proofs, and pools that forget nothing")
	}
	const n = 8000
	collect := func(times int) {
		for range times {
			now := epoch.Load()
			runtime.GC()
			for epoch.Load() == now {
				runtime.Gosched() // the finalizer is under way
			}
		}
	}
	placeOf(n) // starts the epochs
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	for range 5 {
		collect(3) // nothing rests
		assert.Equal(t, onTheThread, placeOf(n))
	}
	for range 50 {
		placeOf(n) // made, on one thread or on several
	}
	assert.Equal(t, reused, placeOf(n))
	assert.Equal(t, reused, placeOf(n))
	collect(3)
	assert.Equal(t, onTheThread, placeOf(n))
}

func TestBlocksOnTheThreadsStackPassPanicAndGoexit(t *testing.T) {
	if unoptimized {
		t.Skip("nothing is proven in this build")
	}
	for _, n := range []int{2000, 20_000, 60_000} {
		for range 100 {
			func() {
				defer func() { assert.Equal(t, "out", recover()) }()
				Uninit(n, func(s []byte) {
					s[0] = 1
					Do(n, func(inner []byte) {
						if inner[n-1] == 0 && s[0] == 1 {
							panic("out")
						}
					})
				})
			}()
			var wg sync.WaitGroup
			deferred := 0
			wg.Go(func() {
				defer func() { deferred++ }()
				Do(n, func(s []byte) {
					defer func() { deferred += int(s[0]) }()
					s[0] = 1
					Fill(n, 1, func(inner []byte) {
						defer func() { deferred += int(inner[n-1]) }()
						runtime.Goexit()
					})
				})
			})
			wg.Wait()
			assert.Equal(t, 3, deferred)
		}
	}
}

// What the callback captures is on a goroutine stack that moves while the frames
// of C are active.
func TestTheGoroutineStackMovesUnderABlockOfC(t *testing.T) {
	results := make(chan [2]bool)
	for _, n := range []int{2000, 20_000} {
		for depth := 10; depth < 5000; depth *= 3 {
			go func() {
				var captured [3]int
				moved, right := false, true
				Do(n, func(s []byte) {
					at := uintptr(unsafe.Pointer(&captured))
					s[0], s[n-1] = 1, 2
					descend(depth, func() { captured[1]++ })
					runtime.GC()
					moved = uintptr(unsafe.Pointer(&captured)) != at
					captured[2] += int(s[0]) + int(s[n-1])
					right = s[1] == 0 && s[n-2] == 0
				})
				results <- [2]bool{moved || depth < 1000 || !gstack.Contains(unsafe.Pointer(&captured)), right && captured == [3]int{0, 1, 3}}
			}()
			got := <-results
			assert.True(t, got[0], "n=%d depth=%d: the stack did not move", n, depth)
			assert.True(t, got[1], "n=%d depth=%d: a value was lost", n, depth)
		}
	}
}

func TestBlocksOnTheThreadsStackNest(t *testing.T) {
	for _, n := range []int{1500, 9000} {
		assert.Equal(t, 300*301/2, nestBlocks(n, 300))
	}
}

//go:noinline
func nestBlocks(n, level int) (sum int) {
	if level == 0 {
		return 0
	}
	Do(n, func(s []byte) {
		s[0], s[n-1] = byte(level), byte(level>>8)
		sum = nestBlocks(n, level-1)
		sum += int(s[0]) + int(s[n-1])<<8
	})
	return sum
}
