package alloc

import (
	"testing"

	"github.com/stackalloc/stackalloc/arena"
	"github.com/stretchr/testify/require"
)

func TestLimitIsExact(t *testing.T) {
	l := NewLimit(Heap{}, 100)
	a := mustAlloc(t, l, 60, 8)
	err := requireNoAlloc(t, l, 41, 8, ErrOutOfMemory)
	require.ErrorContains(t, err, "40 of the 100 bytes")
	b := mustAlloc(t, l, 40, 8)
	require.Zero(t, l.Left())
	requireNoAlloc(t, l, 0, 1, ErrOutOfMemory) // a block of size zero has a byte
	a = mustResize(t, l, a, 10)
	require.Equal(t, 50, l.Left())
	a, err = l.Resize(a, 61)
	require.ErrorIs(t, err, ErrOutOfMemory)
	require.Nil(t, a)
	b = mustResize(t, l, b, 90)
	require.Equal(t, 100, l.Used())
	l.Free(b)
	l.Free(nil)
	require.Equal(t, 10, l.Used())
	requireNoAlloc(t, l, 1, 3, ErrAlignment)
	requireNoAlloc(t, l, 200, 3, ErrAlignment)
	err = requireNoAlloc(t, l, -1, 1, ErrOutOfMemory)
	require.ErrorContains(t, err, "negative")

	// What would end the process is an error.
	for _, size := range []int{heapLimit, heapLimit - 1, 1 << (wordBits - 2)} {
		requireNoAlloc(t, NewLimit(Heap{}, 1<<20), size, 8, ErrOutOfMemory)
	}
}

// The failure of the allocator behind is its own, and nothing counts for it.
func TestLimitPassesFailuresOn(t *testing.T) {
	l := NewLimit(NewFreeList(16, 1), 1000)
	b := mustAlloc(t, l, 16, 8)
	_, err := l.Alloc(16, 8)
	require.ErrorContains(t, err, "FreeList")
	_, err = l.Resize(b, 17)
	require.ErrorContains(t, err, "FreeList")
	require.Equal(t, 16, l.Used())
	requireNoResize(t, l, make([]byte, 4), 5, ErrNotOwned)
	requirePanic(t, "alloc: FreeList.Free: foreign block", func() { l.Free(make([]byte, 4)) })
	require.Equal(t, 16, l.Used())

	bump := arena.NewBump(100)
	l = NewLimit(FromArena(bump), 50)
	mustAlloc(t, l, 50, 1)
	bump.Reset()
	l.Reset()
	mustAlloc(t, l, 50, 1)
}
