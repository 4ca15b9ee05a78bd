package alloc

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestListGrows(t *testing.T) {
	var lists []*FreeList
	l := NewList(func() Allocator {
		lists = append(lists, NewFreeList(16, 2))
		return lists[len(lists)-1]
	})
	require.Zero(t, l.Len())
	require.True(t, Tells(l))
	require.False(t, l.Owns(make([]byte, 1)))
	var blocks [][]byte
	for i := range 9 {
		b := mustAlloc(t, l, 16, 8)
		fill(b, byte(i))
		blocks = append(blocks, b)
	}
	require.Equal(t, 5, l.Len())
	require.Empty(t, l.strays.m, "no record where the memory is known")
	for i, b := range blocks {
		requireFilled(t, b, byte(i))
		require.True(t, lists[i/2].Owns(b), "blocks do not move")
		require.True(t, l.Owns(b))
	}
	// What was given back last is used first, and no list is made while there is room.
	l.Free(blocks[2])
	require.Equal(t, addr(blocks[2]), addr(mustAlloc(t, l, 16, 8)))
	l.Free(blocks[0])
	mustAlloc(t, l, 1, 1)
	mustAlloc(t, l, 1, 1)
	require.Equal(t, 5, l.Len())

	// Too large for all: one is made to see, and kept, no more.
	for range 3 {
		err := requireNoAlloc(t, l, 17, 8, ErrOutOfMemory)
		require.ErrorContains(t, err, "FreeList")
		require.Equal(t, 6, l.Len())
	}
	requirePanic(t, "alloc: List.Free: foreign block", func() { l.Free(make([]byte, 1)) })
	requireNoResize(t, l, make([]byte, 1), 2, ErrNotOwned)
	requirePanic(t, "alloc: FreeList.Free: double free", func() { l.Free(blocks[8]); l.Free(blocks[8]) })
	l.Free(nil)
}

func TestListTrims(t *testing.T) {
	from := newTracker(t, "source")
	l := NewList(func() Allocator {
		f := must(NewFreeListFrom(from, 16, 2, 8))(t)
		return f
	})
	var blocks [][]byte
	for range 6 {
		blocks = append(blocks, mustAlloc(t, l, 16, 8))
	}
	release := func(a Allocator) { a.(*FreeList).Release() }
	l.Trim(release)
	require.Equal(t, 3, l.Len())
	l.Free(blocks[2])
	l.Free(blocks[3])
	l.Free(blocks[5])
	l.Trim(release)
	require.Equal(t, 2, l.Len())
	require.Len(t, from.live, 2)
	mustAlloc(t, l, 16, 8)
	require.Equal(t, 2, l.Len())
	for _, i := range []int{0, 1, 4} {
		l.Free(blocks[i])
	}
	l.Trim(nil)
	require.Equal(t, 1, l.Len())
	mustAlloc(t, l, 1, 1)
}

func TestListOfWhatDoesNotTell(t *testing.T) {
	var ks []*tracker
	l := NewList(func() Allocator {
		if len(ks) == 3 {
			return nil
		}
		ks = append(ks, newTracker(t, fmt.Sprint(len(ks))))
		return NewLimit(ks[len(ks)-1], 100)
	})
	var blocks [][]byte
	for range 6 {
		blocks = append(blocks, mustAlloc(t, l, 50, 8))
	}
	requireNoAlloc(t, l, 1, 1, ErrOutOfMemory)
	require.True(t, l.Owns(blocks[3]))
	require.False(t, l.Owns(make([]byte, 1)))
	l.Free(blocks[0])
	b, err := l.Resize(blocks[5], 70) // its own has no room, and neither has another
	require.ErrorIs(t, err, ErrOutOfMemory)
	require.Nil(t, b)
	l.Free(blocks[1])
	fill(blocks[5], 1)
	b = mustResize(t, l, blocks[5], 70)
	requireFilled(t, b[:50], 1)
	require.Len(t, ks[0].live, 1)
	require.Len(t, ks[2].live, 1)
	for _, b := range append(blocks[2:5], b) {
		l.Free(b)
	}
	for _, k := range ks {
		require.Empty(t, k.live)
	}
	drops := map[Allocator]bool{}
	l.Trim(func(a Allocator) { drops[a] = true })
	require.Len(t, drops, 3)

	h := NewList(func() Allocator { return Heap{} })
	h.Free(mustAlloc(t, h, 10, 64))
	h.Trim(func(a Allocator) { require.Equal(t, Heap{}, a) })

	none := NewList(func() Allocator { return nil })
	err = requireNoAlloc(t, none, 1, 1, ErrOutOfMemory)
	require.ErrorContains(t, err, "List")
	requireNoAlloc(t, none, 1, 3, ErrAlignment)
	requireNoResize(t, none, []byte{1}, 3, ErrNotOwned)
}
