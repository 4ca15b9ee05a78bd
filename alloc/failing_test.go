package alloc

import (
	"testing"

	"github.com/stretchr/testify/require"
)

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
