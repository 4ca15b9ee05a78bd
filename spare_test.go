package stackalloc_test

import (
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/stackalloc/stackalloc"
)

// Of fresh goroutines, few get a stack that has room for the block: where many
// before them had none, the stack is grown, and after a collection that saw deep
// stacks the runtime starts with large ones.
func TestFreshGoroutinesUseSpareBlocks(t *testing.T) {
	if !stackalloc.HasAssembly || stackalloc.Unoptimized {
		t.Skip("no spare blocks in this build")
	}
	const rounds, goroutines = 5, 300
	for range rounds {
		before := stackalloc.ReadStats()
		onStack, dirty := 0, 0
		for range goroutines {
			aside(func() {
				stackalloc.Do(40000, func(s []byte) {
					if stackalloc.OnStack(s) {
						onStack++
					}
					if s[0]|s[39999] != 0 {
						dirty++
					}
					s[0], s[39999] = 1, 1
				})
			})
		}
		after := stackalloc.ReadStats()
		assert.Zero(t, dirty)
		assert.Equal(t, before.Heap, after.Heap)
		assert.Equal(t, uint64(goroutines-onStack), after.Recycled-before.Recycled)
		if onStack < goroutines/2 {
			return
		}
		runtime.GC()
	}
	t.Error("no round had small stacks")
}

// Panics leave spare blocks marked as in use; they must not be used twice, and
// the calls after them must still work.
func TestPanicsOnSpareBlocks(t *testing.T) {
	for range 5000 {
		aside(func() {
			defer func() { _ = recover() }()
			stackalloc.Do(40000, func(s []byte) {
				if s[100] != 0 {
					t.Error("not cleared")
				}
				s[100] = 1
				panic("on purpose")
			})
		})
	}
}

// Blocks of goroutines that take turns on the threads never overlap.
func TestSpareBlocksAreNotShared(t *testing.T) {
	var wg sync.WaitGroup
	for g := range 200 {
		wg.Go(func() {
			for round := range 20 {
				n := 10000 + g
				stackalloc.Uninit(n, func(a []byte) {
					pattern(a, g+round)
					stackalloc.Uninit(n, func(b []byte) {
						pattern(b, g+round+1)
						yieldOften()
						if firstSpoiled(b, g+round+1) != -1 {
							t.Error("the inner block was overwritten")
						}
					})
					yieldOften()
					if firstSpoiled(a, g+round) != -1 {
						t.Error("the outer block was overwritten")
					}
				})
			}
		})
	}
	wg.Wait()
}

func TestSpareBlocksAreAligned(t *testing.T) {
	if !stackalloc.HasAssembly || stackalloc.Unoptimized || stackalloc.RaceDetector {
		t.Skip("there are no spare blocks in this build, or nothing is proven")
	}
	before, bad, off := stackalloc.SpareUses(), 0, 0
	for range 200 { // fresh goroutines, whose stacks are too small
		aside(func() {
			for range 3 {
				stackalloc.Do(20000, func(s []byte) {
					if stackalloc.OnStack(s) {
						return
					}
					off++
					if addr(s)%stackalloc.RungAlign != 0 {
						bad++
					}
				})
			}
		})
	}
	if !stackalloc.RegisterABI {
		t.Skip("ABI0 has no spare blocks")
	}
	assert.NotZero(t, off)
	assert.Greater(t, stackalloc.SpareUses(), before)
	assert.Zero(t, bad)
}
