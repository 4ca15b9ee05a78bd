package small_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc/small"
)

// No length is computed that is no int, or another one than it should be: more than half of all that an
// int can count, which takes a GiB of bytes on 32 bits, and elements without a size everywhere.
func TestLengthsThatCannotBeDoubled(t *testing.T) {
	type nothing = struct{}
	const want = "len out of range"
	for _, n := range []int{math.MaxInt/2 + 1, math.MaxInt/2 + 9, math.MaxInt} {
		v, h := small.VecOver(make([]nothing, n)), small.HeapOver(make([]nothing, n), func(_, _ nothing) bool { return false })
		v.TakeAll()
		h.TakeAll()
		require.Contains(t, panicOf(t, func() { v.Push(nothing{}) }), want)
		require.Contains(t, panicOf(t, func() { h.Push(nothing{}) }), want)
		require.Equal(t, []int{n, n}, []int{v.Len(), h.Len()})
		_, ok := h.Pop() // the way to a leaf
		require.True(t, ok && h.Len() == n-1)
	}
	for _, n := range []int{math.MaxInt / 2, math.MaxInt/2 - 1} {
		v, d := small.VecOver(make([]nothing, n)), small.DequeOver(make([]nothing, n))
		v.TakeAll()
		v.Push(nothing{})
		require.Equal(t, n+1, v.Len())
		d.TakeAll(n - 1)
		d.At(n - 1)
		empty := d
		empty.PushBack(nothing{})
		require.Equal(t, n+1, empty.Len())
		d.PushFront(nothing{})
		for range 3 {
			d.At(d.Len() - 1)
			d.PopBack()
			require.True(t, d.TryPushFront(nothing{}))
		}
		require.Equal(t, n+1, d.Len())
		d.PushBack(nothing{})
		d.PushBack(nothing{})
		require.Equal(t, n+3, d.Len())
	}
}

func TestSizesOfAMap(t *testing.T) {
	for n, want := range map[int]int{0: 8, 1: 8, 4: 8, 5: 10, 100: 200, 1 << 28: 1 << 29, 1 << 29: 1 << 30, 1<<29 + 1: 1 << 30, 1<<30 - 1: 1 << 30} {
		require.Equal(t, want, small.Larger(n))
	}
	refused(t, "more than 1073741824 entries", func() { small.Larger(1 << 30) })
	for _, c := range []struct {
		entries     uint32
		slots, want int
	}{
		{16, 17, 17}, {16, 256, 256}, {16, 257, 128}, {128, 2048, 2048}, {128, 2049, 1024}, {1000, 10_000, 10_000},
		{1 << 27, 1 << 30, 1 << 30}, {1<<27 - 1, 1 << 30, 1 << 30}, {1 << 26, 1 << 30, 1 << 30}, {1 << 25, 1 << 30, 1 << 28}, {1 << 29, 1 << 30, 1 << 30},
	} {
		require.Equal(t, uint32(c.want), small.BucketsFor(c.entries, c.slots), "%d of %d", c.entries, c.slots)
	}
}

// The weak hash of few integers: whatever the keys are, among many factors few are bad for them, and
// these are not bad enough for more than a few times what a map takes.
func TestKeysThatCollideInABlockOfFewSlots(t *testing.T) {
	const n, factors = 128, 300
	r := rand.New(rand.NewPCG(1, 2))
	for name, key := range map[string]func(i uint64) uint64{
		"dense":   func(i uint64) uint64 { return i },
		"low":     func(i uint64) uint64 { return i << 20 },
		"high":    func(i uint64) uint64 { return i << 57 },
		"middle":  func(i uint64) uint64 { return i << 32 },
		"strided": func(i uint64) uint64 { return i * 0x9e3779b97f4a7c15 },
		"both":    func(i uint64) uint64 { return i<<52 | i },
		"random":  func(i uint64) uint64 { return r.Uint64() },
	} {
		sum, bad := 0.0, 0
		for range factors {
			undo := small.SetMultiplier(r.Uint64())
			m := small.MapOver(make([]small.Slot[uint64, int], n))
			for i := range uint64(n) {
				m.Put(key(i), 1)
			}
			err := m.Check()
			mean, _ := m.Chains()
			undo()
			require.NoError(t, err)
			sum += mean
			if mean > 4 {
				bad++
			}
		}
		t.Logf("%s: %.2f, %d of %d bad", name, sum/factors, bad, factors)
		require.Less(t, sum/factors, 1.0, name) // half of 2, for n keys in n buckets
		require.Less(t, bad, factors/20, name)
	}
}
