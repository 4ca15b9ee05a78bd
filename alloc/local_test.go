package alloc

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLocalKeepsTheProof(t *testing.T) {
	spill := NewSpill(NewFreeList(64, 16))
	sum := 0
	n := testing.AllocsPerRun(100, func() {
		var block [256]byte
		l := NewLocal(block[:], spill)
		defer l.Release()
		for range 10 {
			b, err := l.Alloc(30, 8)
			if err != nil {
				break
			}
			b, err = l.Resize(b, 40)
			if err != nil {
				break
			}
			b[0]++
			sum += int(b[0])
			if !l.Owns(b) {
				panic("not owned")
			}
			l.Free(b)
			if b, err = l.Alloc(48, 8); err != nil {
				break
			}
			b[0] = 1
		}
	})
	require.Zero(t, n, "the block was moved to the heap")
	require.Positive(t, spill.Served())
}

func TestLocal(t *testing.T) {
	k := newTracker(t, "second")
	spill := NewSpill(k)
	l := NewLocal(make([]byte, 65)[:64], spill)
	a := mustAlloc(t, &l, 30, 1)
	b := mustAlloc(t, &l, 34, 1)
	fill(a, 1)
	fill(b, 100)
	require.False(t, l.Owns(pastTheEnd(b)))
	require.False(t, l.Owns(emptyPastTheEnd(b)))
	at := addr(a)
	a = mustResize(t, &l, a, 20)
	require.Equal(t, at, addr(a), "shrinks in place")
	require.Zero(t, spill.Served())
	a = mustResize(t, &l, a, 31)
	requireFilled(t, a[:20], 1)
	require.Equal(t, 1, spill.Live(), "moved to the second allocator")
	require.True(t, l.Owns(a))
	a = mustResize(t, &l, a, 40)
	requireFilled(t, a[:20], 1)
	require.Equal(t, 1, spill.Live())
	requireFilled(t, b, 100)
	l.Free(b)
	require.Equal(t, 30, l.Used())
	require.Equal(t, 64, l.Peak())
	mustAlloc(t, &l, 100, 8)
	mustAlloc(t, &l, 0, 8)
	l.Free(a)
	require.False(t, l.Owns(a))
	requirePanic(t, "alloc: Local.Free: foreign block", func() { l.Free(a) })
	requirePanic(t, "alloc: Local.Free: foreign block", func() { l.Free([]byte{}) })
	requireNoResize(t, &l, a, 1, ErrNotOwned)
	l.Free(nil)
	require.Len(t, k.live, 1)
	l.Release()
	require.Empty(t, k.live)
	require.Zero(t, spill.Live())
	mustAlloc(t, &l, 64, 1)
	requireNoAlloc(t, &l, 1, 3, ErrAlignment)

	alone := NewLocal(nil, nil)
	requireNoAlloc(t, &alone, 0, 1, ErrOutOfMemory)
	requireNoAlloc(t, &alone, -1, 1, ErrOutOfMemory)
	requireNoAlloc(t, &alone, 1, MaxForeignAlign*2, ErrAlignment)
	require.Panics(t, func() { alone.Free(make([]byte, 1)) })
	alone.Release()
}
