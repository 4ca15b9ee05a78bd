package alloc

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

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
