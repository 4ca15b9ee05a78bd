package alloc

import (
	"errors"
	"math"
	"runtime"
	"sync"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc/internal/measure"
)

func TestScopedServesItsLastByteAndNoMore(t *testing.T) {
	for _, size := range []int{0, 1, 7, 64, 100, 4096} {
		s := NewScoped(size)
		if size > 0 {
			mustAlloc(t, s, size, 1)
			s = NewScopedOver(make([]byte, size+1)[:size])
			b := mustAlloc(t, s, size, 1)
			require.True(t, s.Owns(b))
			require.False(t, s.Owns(pastTheEnd(b)))
			require.False(t, s.Owns(emptyPastTheEnd(b)))
			require.False(t, s.Owns(unsafe.Slice(&b[0], size+1)), "one byte too long")
			require.False(t, s.Owns(b[size:]), "without capacity")
		}
		require.Zero(t, s.Left())
		for _, more := range []int{0, 1, 2, math.MaxInt, math.MaxInt - 63} {
			requireNoAlloc(t, s, more, 1, ErrOutOfMemory)
		}
	}
	require.Panics(t, func() { NewScoped(-1) })
	require.Panics(t, func() { NewScoped(math.MaxInt) })
}

func TestScopedRefusesAlignment(t *testing.T) {
	s := NewScoped(256)
	over := NewScopedOver(make([]byte, 256))
	for _, align := range badAligns {
		err := requireNoAlloc(t, s, 1, align, ErrAlignment)
		require.NotErrorIs(t, err, ErrOutOfMemory)
	}
	requireNoAlloc(t, over, 1, MaxForeignAlign*2, ErrAlignment)
	require.Zero(t, s.Used())
	requireNoAlloc(t, s, -1, 1, ErrOutOfMemory)
}

func TestBlocksOfSizeZeroHaveAnAddressAndAnOwner(t *testing.T) {
	s, l := NewScoped(8), NewFreeList(0, 8)
	for _, a := range []Allocator{s, l, NewFallback(s, l), FromArena(newBump(8)), NewStats(NewFreeList(4, 8))} {
		seen := map[uintptr]bool{}
		var blocks [][]byte
		for range 8 {
			b := mustAlloc(t, a, 0, 1)
			require.True(t, a.(Owner).Owns(b))
			require.False(t, seen[addr(b)])
			seen[addr(b)] = true
			blocks = append(blocks, b)
		}
		for i := range blocks {
			a.Free(blocks[len(blocks)-1-i])
		}
		if a == Allocator(s) {
			require.Zero(t, s.Used())
		}
	}
}

func TestScopeGivesBack(t *testing.T) {
	failed := errors.New("failed")
	ends := map[string]func() error{
		"return":  func() error { return nil },
		"error":   func() error { return failed },
		"panic":   func() error { panic(failed) },
		"Goexit":  func() error { runtime.Goexit(); return nil },
		"runtime": func() error { var a []int; _ = a[len(a)]; return nil },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			s := NewScoped(100)
			first := mustAlloc(t, s, 10, 1)
			fill(first, 7)
			var err error
			var kept *Scoped
			var late []byte
			var wg sync.WaitGroup
			wg.Go(func() {
				defer func() {
					if v := recover(); v != nil {
						err, _ = v.(error)
					}
				}()
				err = s.Scope(func(inner *Scoped) error {
					kept = inner
					late = mustAlloc(t, inner, 90, 1)
					require.False(t, inner.Owns(first))
					require.True(t, s.Owns(late))
					requireNoAlloc(t, s, 0, 1, ErrOutOfMemory)
					require.Zero(t, s.Left())
					return end()
				})
			})
			wg.Wait()
			switch name {
			case "return", "Goexit":
				require.NoError(t, err)
			case "error", "panic":
				require.Equal(t, failed, err)
			case "runtime":
				require.Error(t, err)
			}
			requireFilled(t, first, 7)
			require.Equal(t, 90, s.Left())
			mustAlloc(t, s, 90, 1)

			requireNoAlloc(t, kept, 1, 1, ErrOutOfMemory) // after its end
			require.ErrorIs(t, kept.Scope(func(*Scoped) error { panic("called") }), ErrOutOfMemory)
			require.False(t, kept.Owns(late))
			require.Panics(t, func() { kept.Free(late) })
			require.Panics(t, func() { kept.Attach(nil) })
			require.Panics(t, kept.Release)
		})
	}
}

func TestScopesNest(t *testing.T) {
	s := NewScoped(1000)
	var descend func(s *Scoped, depth int)
	descend = func(s *Scoped, depth int) {
		for range 2 {
			before := s.Used()
			b := mustAlloc(t, s, 10, 1)
			fill(b, byte(depth))
			require.NoError(t, s.Scope(func(inner *Scoped) error {
				require.NotSame(t, s, inner)
				require.Zero(t, inner.Used())
				if depth < 10 {
					descend(inner, depth+1)
				}
				return nil
			}))
			requireFilled(t, b, byte(depth))
			require.Equal(t, before+10, s.Used())
			s.Free(b)
			require.Equal(t, before, s.Used())
		}
	}
	descend(s, 0)
	require.Zero(t, s.Used())
}

func TestScopeRefusesASecondOne(t *testing.T) {
	s := NewScoped(100)
	require.NoError(t, s.Scope(func(inner *Scoped) error {
		err := s.Scope(func(*Scoped) error { panic("called") })
		require.ErrorIs(t, err, ErrOutOfMemory)
		require.ErrorContains(t, err, "a scope is open")
		require.Panics(t, s.Reset)
		require.Panics(t, s.Release)
		require.Panics(t, func() { s.Attach(nil) })
		require.Panics(t, func() { inner.Attach(nil) })
		return nil
	}))
	require.Panics(t, func() { _ = s.Scope(nil) })
	require.NoError(t, s.Scope(func(*Scoped) error { return nil }))
}

func TestOuterBlocksWhileAScopeIsOpen(t *testing.T) {
	s := NewScoped(100)
	b := mustAlloc(t, s, 20, 1)
	fill(b, 1)
	require.NoError(t, s.Scope(func(inner *Scoped) error {
		in := mustAlloc(t, inner, 10, 1)
		fill(in, 50)
		requireNoResize(t, s, b, 21, ErrOutOfMemory) // grow
		requireFilled(t, b, 1)
		b = mustResize(t, s, b, 15) // shrink
		s.Free(b)
		require.Zero(t, s.Used())
		requireNoAlloc(t, s, 1, 1, ErrOutOfMemory)
		requireFilled(t, in, 50)
		return nil
	}))
	mustAlloc(t, s, 100, 1)
}

func TestScopedFree(t *testing.T) {
	s := NewScoped(100)
	a, b := mustAlloc(t, s, 10, 1), mustAlloc(t, s, 10, 1)
	s.Free(a) // not the last: waits for the end
	require.Equal(t, 20, s.Used())
	s.Free(b)
	require.Equal(t, 10, s.Used())
	s.Free(nil)
	require.Panics(t, func() { s.Free(make([]byte, 1)) })
	s.Reset()
	require.Equal(t, 100, s.Left())
}

func TestScopedResize(t *testing.T) {
	s := NewScoped(256)
	a := mustAlloc(t, s, 10, 8)
	fill(a, 1)
	at := addr(a)

	a = mustResize(t, s, a, 30)
	require.Equal(t, at, addr(a), "the last block grows in place")
	requireBlock(t, a, 30, 8)
	requireFilled(t, a[:10], 1)
	require.Equal(t, 30, s.Used())
	a = mustResize(t, s, a, 5)
	require.Equal(t, at, addr(a), "the last block shrinks in place")
	require.Equal(t, 5, s.Used())

	b := mustAlloc(t, s, 8, 8)
	a = mustResize(t, s, a, 3)
	require.Equal(t, at, addr(a), "another shrinks in place")
	a = mustResize(t, s, a, 40)
	require.NotEqual(t, at, addr(a), "another moves to grow")
	requireBlock(t, a, 40, 8)
	requireFilled(t, a[:3], 1)

	fill(a, 1)
	left := s.Left()
	for _, size := range []int{len(a) + left + 1, math.MaxInt, -1} {
		for _, x := range [][]byte{a, b} {
			requireNoResize(t, s, x, size, ErrOutOfMemory)
			require.Equal(t, left, s.Left())
		}
		requireFilled(t, a, 1)
	}
	a = mustResize(t, s, a, len(a)+left)
	require.Zero(t, s.Left())
	requireBlock(t, a, 40+left, 8)

	for _, foreign := range [][]byte{{}, {1}} {
		requireNoResize(t, s, foreign, 1, ErrNotOwned)
	}
}

// A block keeps the alignment it was asked for with, wherever Resize puts it.
func TestResizeKeepsAlignment(t *testing.T) {
	s := NewScoped(64 << 10)
	for align := 1; align <= 4096; align *= 2 {
		b := mustAlloc(t, s, 1, align)
		mustAlloc(t, s, 1, 1)
		b = mustResize(t, s, b, 3)
		requireBlock(t, b, 3, align)
		mustAlloc(t, s, 1, 1)
	}
}

func TestScopedFromAndRelease(t *testing.T) {
	k := newTracker(t, "source")
	s := must(NewScopedFrom(k, 100))(t)
	require.Len(t, k.live, 1)
	mustAlloc(t, s, 100, 64)
	require.Panics(t, func() { s.Attach(nil) })
	s.Release()
	require.Empty(t, k.live)
	requireNoAlloc(t, s, 1, 1, ErrOutOfMemory)
	s.Release()

	_, err := NewScopedFrom(Null{}, 1)
	require.ErrorIs(t, err, ErrOutOfMemory)
	require.Panics(t, func() { _, _ = NewScopedFrom(nil, 1) })
	_, err = NewScopedFrom(Heap{}, -1)
	require.ErrorIs(t, err, ErrOutOfMemory)

	// Out of a free list, whose alignment is less than the one preferred.
	s = must(NewScopedFrom(NewFreeList(100, 1), 100))(t)
	mustAlloc(t, s, 100, 1)
}

func TestAttach(t *testing.T) {
	s := NewScopedOver(nil)
	requireNoAlloc(t, s, 0, 1, ErrOutOfMemory)
	for range 3 {
		mem := make([]byte, 50, 100)
		s.Attach(mem)
		b := mustAlloc(t, s, 50, 1)
		require.Same(t, &mem[0], &b[0])
		requireNoAlloc(t, s, 1, 1, ErrOutOfMemory) // the capacity is not part of it
		s.Attach(nil)
		require.False(t, s.Owns(b))
	}
}

// The memory under a Scoped may move with the goroutine's stack.
func TestScopedOverAStackThatMoves(t *testing.T) {
	var wg sync.WaitGroup
	wg.Go(func() {
		var mem [300]byte
		s := Scoped{limit: MaxForeignAlign}
		s.Attach(mem[:])
		b, err := s.try(10, 8)
		if err != nil {
			panic(err)
		}
		b[9] = 42
		l := NewLocal(mem[200:], nil)
		c, err := l.Alloc(10, 8)
		if err != nil {
			panic(err)
		}
		c[9] = 43
		measure.Deepen(100 << 10)
		if !s.Owns(b) || !l.Owns(c) || mem[0+9+int(addr(b)-addr(mem[:]))] != 42 {
			panic("lost")
		}
		if c, err = l.Resize(c, 20); err != nil || c[9] != 43 || addr(c)%8 != 0 {
			panic("lost")
		}
		s.Free(b)
		if s.Used() != 0 {
			panic("not the last")
		}
	})
	wg.Wait()
}
