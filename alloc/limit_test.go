package alloc

import (
	"fmt"
	"strings"
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

func TestFailingFailsFromThenOn(t *testing.T) {
	f := NewFailing(NewFreeList(16, 4), 3)
	a := mustAlloc(t, f, 8, 8)
	a = mustResize(t, f, a, 16)
	_, err := f.Alloc(17, 8)
	require.ErrorContains(t, err, "FreeList", "its own failure, which counts too")
	require.False(t, f.Failed())
	for i := range 3 {
		err := requireNoAlloc(t, f, 1, 1, ErrOutOfMemory)
		require.ErrorContains(t, err, "Failing")
		requireNoResize(t, f, a, 1, ErrOutOfMemory)
		require.Equal(t, 5+2*i, f.Calls())
	}
	require.True(t, f.Failed())
	requireNoAlloc(t, f, 1, 3, ErrAlignment)
	requireNoResize(t, f, nil, 3, ErrOutOfMemory)
	require.True(t, f.Owns(a))
	f.Free(a)
	requireNoAlloc(t, NewFailing(Heap{}, 0), 0, 1, ErrOutOfMemory)
	s := NewStats(NewFailing(Heap{}, 1))
	b := mustAlloc(t, s, 8, 8)
	_, err = Resize(s, b, 16, 8)
	require.ErrorIs(t, err, ErrOutOfMemory)
	require.EqualValues(t, 1, s.Counts().Failures)
}

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

func TestFreeListReset(t *testing.T) {
	l := NewFreeList(16, 100)
	for round := range 3 {
		var blocks [][]byte
		for i := range 100 {
			b := mustAlloc(t, l, 16, 8)
			fill(b, byte(i+round))
			blocks = append(blocks, b)
		}
		requireNoAlloc(t, l, 1, 1, ErrOutOfMemory)
		l.Free(blocks[50])
		l.Free(blocks[10])
		for i, b := range blocks {
			if i != 50 && i != 10 {
				requireFilled(t, b, byte(i+round))
			}
		}
		l.Reset()
		require.Equal(t, 100, l.Left())
		requirePanic(t, "alloc: FreeList.Free: double free", func() { l.Free(blocks[3]) })
	}
	if debug {
		b := mustAlloc(t, l, 16, 8)
		l.Reset()
		require.Negative(t, intact(l.block(0)), "overwritten")
		b[3] = 1
		requirePanic(t, "was written to while it was free, at byte 3; it was freed by", func() { mustAlloc(t, l, 1, 1) })
		b[3] = poisonByte
		l.Reset()
		requirePanic(t, "TestFreeListReset", func() { l.Free(b) })
	}
	l = NewFreeList(8, 0)
	l.Reset()
	l.Release()
	l.Reset()
}

// fakeTB keeps what a test would have failed with.
type fakeTB struct {
	testing.TB
	failed []string
}

func (f *fakeTB) Helper() {}
func (f *fakeTB) Errorf(format string, args ...any) {
	f.failed = append(f.failed, fmt.Sprintf(format, args...))
}

func leakTwice(t *testing.T, a Allocator) {
	for range 2 {
		mustAllocLeaky(t, a)
	}
}

func mustAllocLeaky(t *testing.T, a Allocator) []byte { return mustAlloc(t, a, 24, 8) }

func TestTrackerNamesWhoLeaks(t *testing.T) {
	k := NewTracker(NewFreeList(64, 10))
	a := NewStats(k)
	var tb fakeTB
	k.Check(&tb)
	require.Empty(t, tb.failed)
	require.Empty(t, k.Live())
	b := mustAlloc(t, a, 5, 1)
	leakTwice(t, a)
	s := must(Append[int32](a, nil, 1))(t)
	s = must(Append(a, s, 2, 3, 4, 5, 6, 7))(t)
	a.Free(b)
	live := k.Live()
	require.Len(t, live, 3)
	for _, x := range live[:2] {
		require.Equal(t, 24, x.Size)
		require.Equal(t, 8, x.Align)
		calls := strings.Split(x.Stack, "\n")
		require.Contains(t, calls[0], "alloc.mustAlloc")
		require.Regexp(t, `^\t.*helpers_test.go:\d+$`, calls[1])
		require.Contains(t, x.Stack, "alloc.leakTwice\n\t")
		require.NotContains(t, x.Stack, "tryAlloc")
	}
	require.Equal(t, 4*cap(s), live[2].Size)
	require.Equal(t, 4, live[2].Align)

	k.Check(&tb)
	require.Len(t, tb.failed, 1)
	require.Contains(t, tb.failed[0], fmt.Sprintf("alloc: not freed: 3 blocks, %d bytes\n2 blocks, 48 bytes, allocated by\n\t", 48+4*cap(s)))
	require.Contains(t, tb.failed[0], fmt.Sprintf("\n1 block, %d bytes, allocated by\n\t", 4*cap(s)))
	require.Contains(t, tb.failed[0], "alloc.leakTwice")
	k.Reset()
	require.Empty(t, k.Live())
}

func TestTrackerRefusesWhatIsNotLive(t *testing.T) {
	k := NewTracker(Heap{})
	b := mustAlloc(t, k, 10, 32)
	requirePanic(t, "alloc: Tracker.Free: a block of 10 bytes comes back with 4", func() { k.Free(b[:4]) })
	requirePanic(t, "TestTrackerRefuses", func() { k.Free(b[:4]) })
	require.True(t, k.Owns(b))
	b = mustResize(t, k, b, 300)
	requireBlock(t, b, 300, 32)
	require.Equal(t, 300, k.Live()[0].Size)
	require.Equal(t, 32, k.Live()[0].Align)
	k.Free(b)
	k.Free(nil)
	requirePanic(t, "alloc: Tracker.Free: a block of 300 bytes that is not live", func() { k.Free(b) })
	if debug {
		requirePanic(t, "the last one there was freed by", func() { k.Free(b) })
	}
	requirePanic(t, "alloc: Tracker.Free: a block of 3 bytes that is not live", func() { k.Free(make([]byte, 3)) })
	requireNoResize(t, k, b, 1, ErrNotOwned)
	require.False(t, k.Owns(b))

	// A failure changes nothing, and a panic behind neither.
	l := NewFreeList(16, 1)
	k = NewTracker(l)
	b = mustAlloc(t, k, 16, 8)
	requireNoResize(t, k, b, 17, ErrOutOfMemory)
	requireNoAlloc(t, k, 1, 1, ErrOutOfMemory)
	require.Len(t, k.Live(), 1)
	l.Free(b)
	requirePanic(t, "double free", func() { k.Free(b) })
	require.Len(t, k.Live(), 1)
}
