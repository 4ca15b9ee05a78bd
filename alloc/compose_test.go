package alloc

import (
	"bytes"
	"errors"
	"log/slog"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/stackalloc/stackalloc/arena"
	"github.com/stretchr/testify/require"
)

// wrappers are all allocators made of one other.
var wrappers = map[string]func(Allocator) Allocator{
	"Proxy":             func(a Allocator) Allocator { return NewProxy(a, nil) },
	"Proxy with Logger": func(a Allocator) Allocator { return NewProxy(a, LoggerFunc(func(Event) {})) },
	"Stats":             func(a Allocator) Allocator { return NewStats(a) },
	"Locked":            func(a Allocator) Allocator { return NewLocked(a) },
	"Fallback primary":  func(a Allocator) Allocator { return NewFallback(a, Null{}) },
	"Fallback second":   func(a Allocator) Allocator { return NewFallback(Null{}, a) },
	"Segregator small":  func(a Allocator) Allocator { return NewSegregator(math.MaxInt, a, Null{}) },
	"Segregator large":  func(a Allocator) Allocator { return NewSegregator(0, Null{}, a) },
	"Bucketizer": func(a Allocator) Allocator {
		return NewBucketizer(0, 1<<20-1, 1<<20, func(int) Allocator { return a })
	},
	"Limit":   func(a Allocator) Allocator { return NewLimit(a, 1<<20) },
	"Failing": func(a Allocator) Allocator { return NewFailing(a, math.MaxInt) },
	"Tracker": func(a Allocator) Allocator { return NewTracker(a) },
	"List":    func(a Allocator) Allocator { return NewList(func() Allocator { return a }) },
	"foreign": func(a Allocator) Allocator { return struct{ Allocator }{a} },
	"Local": func(a Allocator) Allocator {
		l := NewLocal(nil, NewSpill(a))
		return &l
	},
}

func TestErrorsWrapTheFixedValuesThroughEveryComposition(t *testing.T) {
	leaves := map[string]Allocator{
		"FreeList": NewFreeListAligned(16, 0, 8),
		"Scoped":   NewScoped(4),
		"Arena":    FromArena(arena.NewBump(4)),
		"Null":     Null{},
	}
	for leaf, a := range leaves {
		for outer, wrap := range wrappers {
			for middle, wrap2 := range wrappers {
				t.Run(outer+"/"+middle+"/"+leaf, func(t *testing.T) {
					all := wrap(wrap2(a))
					err := requireNoAlloc(t, all, 12, 8, ErrOutOfMemory)
					require.ErrorContains(t, err, leaf)
					require.ErrorContains(t, err, "12 bytes aligned to 8")
					if outer != "Local" && middle != "Local" {
						require.NotErrorIs(t, err, ErrAlignment)
					}
					var e *Error
					require.ErrorAs(t, err, &e)
					require.Equal(t, 12, e.Size)
					require.Equal(t, 8, e.Align)

					requireNoAlloc(t, all, 1, 3, ErrAlignment)
					requireNoAlloc(t, all, -1, 8, ErrOutOfMemory)
				})
			}
		}
	}
}

// A refusal of one kind by one side and of the other kind by the other is both.
func TestFallbackErrorsOfBothKinds(t *testing.T) {
	full, strict := NewFreeListAligned(16, 0, 64), NewFreeListAligned(16, 5, 8)
	for _, f := range []*Fallback{NewFallback(full, strict), NewFallback(strict, full)} {
		for range 2 {
			err := requireNoAlloc(t, f, 16, 16, ErrOutOfMemory)
			require.ErrorIs(t, err, ErrAlignment)
			require.ErrorContains(t, err, "0 of its 0 blocks")
			require.ErrorContains(t, err, "from 1 to 8")
			f = NewFallback(f, Null{})
		}
	}
	_, err := NewFallback(failing{ErrAlignment}, failing{ErrOutOfMemory}).Alloc(1, 1)
	require.ErrorIs(t, err, ErrOutOfMemory)
	require.ErrorIs(t, err, ErrAlignment)
	reason := errors.New("a reason of its own")
	f := NewFallback(NewScoped(1), failing{reason})
	err = requireNoAlloc(t, f, 2, 1, reason)
	require.ErrorContains(t, err, "1 of 1 bytes are left")
	b := mustAlloc(t, f, 1, 1)
	err = requireNoResize(t, f, b, 2, reason)
	require.ErrorIs(t, err, ErrOutOfMemory)
}

type failing struct{ err error }

func (f failing) Alloc(int, int) ([]byte, error) { return nil, f.err }
func (f failing) Free([]byte)                    { panic("not mine") }

// A type that embeds an allocator of this package and overrides a method is
// called by that method.
func TestEmbeddingKeepsOverriddenMethods(t *testing.T) {
	c := &counting{FreeList: NewFreeList(16, 1)}
	f := NewStats(NewFallback(c, Heap{}))
	b := mustAlloc(t, f, 16, 8)
	mustAlloc(t, f, 16, 8)
	f.Free(b)
	require.Equal(t, 2, c.allocs)
	require.Equal(t, 1, c.frees)
}

type counting struct {
	*FreeList
	allocs, frees int
}

func (c *counting) Alloc(size, align int) ([]byte, error) {
	c.allocs++
	return c.FreeList.Alloc(size, align)
}

func (c *counting) Free(b []byte) {
	c.frees++
	c.FreeList.Free(b)
}

func TestConstructorsRefuseNil(t *testing.T) {
	for _, f := range []func(){
		func() { NewFallback(nil, Heap{}) },
		func() { NewFallback(Heap{}, nil) },
		func() { NewProxy(nil, nil) },
		func() { NewStats(nil) },
		func() { NewLocked(nil) },
		func() { NewSegregator(1, nil, Heap{}) },
		func() { NewSegregator(1, Heap{}, nil) },
		func() { NewSegregator(-1, Heap{}, Heap{}) },
		func() { NewBucketizer(1, 8, 8, func(int) Allocator { return nil }) },
		func() { NewBucketizer(1, 8, 3, func(int) Allocator { return Heap{} }) },
		func() { NewBucketizer(1, 8, 0, func(int) Allocator { return Heap{} }) },
		func() { NewBucketizer(8, 1, 1, func(int) Allocator { return Heap{} }) },
		func() { NewBucketizer(-1, 1, 1, func(int) Allocator { return Heap{} }) },
		func() { FromArena(nil) },
		func() { FromTyped[int](nil) },
		func() { FromTyped(arena.NewTyped[*int](1)) },
		func() { NewSpill(nil) },
		func() { NewLimit(nil, 1) },
		func() { NewLimit(Heap{}, -1) },
		func() { NewFailing(nil, 1) },
		func() { NewFailing(Heap{}, -1) },
		func() { NewTracker(nil) },
		func() { NewList(nil) },
	} {
		func() {
			defer func() { require.Contains(t, recover(), "alloc: ") }()
			f()
		}()
	}
}

func TestFallbackCountsAndOwns(t *testing.T) {
	first, second := NewFreeList(16, 1), NewFreeList(16, 1)
	f := NewFallback(first, NewFallback(second, Heap{}))
	a, b, c := mustAlloc(t, f, 16, 8), mustAlloc(t, f, 16, 8), mustAlloc(t, f, 16, 8)
	require.EqualValues(t, 2, f.Served())
	require.True(t, f.Owns(a))
	require.True(t, f.Owns(b))
	require.False(t, f.Owns(c), "the heap keeps no record")
	require.False(t, f.Owns(nil))
	require.False(t, Tells(f))
	require.True(t, Tells(NewFallback(first, second)))
	f.Free(c)
	f.Free(b)
	f.Free(nil)
	require.Equal(t, 1, second.Left())
	f.Free(a)
	require.Equal(t, 1, first.Left())
	require.Empty(t, f.strays.m)
}

func TestFallbackMovesWhatGrowsTooLarge(t *testing.T) {
	l := NewFreeList(16, 1)
	f := NewFallback(l, Heap{})
	b := mustAlloc(t, f, 16, 16)
	fill(b, 1)
	b = mustResize(t, f, b, 100)
	requireBlock(t, b, 100, 16)
	requireFilled(t, b[:16], 1)
	require.Equal(t, 1, l.Left(), "the block went back")
	require.EqualValues(t, 1, f.Served())
}

func TestProxyLogs(t *testing.T) {
	var events []Event
	p := NewProxy(NewFreeList(16, 1), LoggerFunc(func(e Event) { events = append(events, e) }))
	b := mustAlloc(t, p, 10, 8)
	_, failed := p.Alloc(20, 8)
	b = mustResize(t, p, b, 16)
	_, tooLarge := p.Resize(b, 17)
	p.Free(b)
	require.Equal(t, []Event{
		{Op: OpAlloc, Size: 10, Align: 8, Block: b[:10]},
		{Op: OpAlloc, Size: 20, Align: 8, Err: failed},
		{Op: OpResize, Size: 16, Align: 8, Old: 10, Block: b},
		{Op: OpResize, Size: 17, Align: 8, Old: 16, Err: tooLarge},
		{Op: OpFree, Size: 16, Block: b},
	}, events)
	require.ErrorIs(t, tooLarge, ErrOutOfMemory)
	require.Equal(t, "alloc free resize unknown", strings.Join([]string{OpAlloc.String(), OpFree.String(), OpResize.String(), Op(9).String()}, " "))
}

func TestSlogLogger(t *testing.T) {
	var out bytes.Buffer
	h := slog.NewTextHandler(&out, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	})
	p := NewProxy(NewFreeList(16, 1), NewSlogLogger(slog.New(h), slog.LevelDebug))
	b := mustAlloc(t, p, 10, 8)
	b = mustResize(t, p, b, 12)
	_, err := p.Alloc(1, 1)
	require.Error(t, err)
	p.Free(b)
	require.Equal(t, `level=DEBUG msg=alloc size=10 align=8
level=DEBUG msg=resize size=12 old=10
level=WARN msg=alloc size=1 align=1 err="`+err.Error()+`"
level=DEBUG msg=free size=12
`, out.String())

	out.Reset()
	p = NewProxy(Heap{}, NewSlogLogger(slog.New(slog.NewTextHandler(&out, nil)), slog.LevelDebug))
	mustAlloc(t, p, 10, 8)
	require.Empty(t, out.String(), "below the level")
	p = NewProxy(Heap{}, NewSlogLogger(nil, slog.LevelDebug))
	mustAlloc(t, p, 10, 8)
}

func TestStatsCounts(t *testing.T) {
	f := NewFallback(NewFreeList(16, 2), NewFallback(NewScoped(20), Null{}))
	s := NewStats(NewLocked(NewProxy(NewSegregator(64, f, f), nil)))
	a, b := mustAlloc(t, s, 16, 8), mustAlloc(t, s, 10, 8)
	_, err := s.Alloc(40, 8)
	require.Error(t, err)
	c := mustAlloc(t, s, 20, 1)
	s.Free(b)
	a = mustResize(t, s, a, 4)
	_, err = s.Resize(a, 400)
	require.Error(t, err)
	a = mustResize(t, s, a, 8)
	s.Free(nil)
	require.Equal(t, Counts{
		Allocs: 3, Frees: 1, Resizes: 2, Failures: 2,
		LiveBlocks: 2, LiveBytes: 28, PeakBlocks: 3, PeakBytes: 46, TotalBytes: 50,
		Fallbacks: 1,
	}, s.Counts())
	s.Free(a)
	s.Free(c)
	require.Zero(t, s.Counts().LiveBytes)
	s.Reset()
	require.Zero(t, s.Counts())
}

func TestLockedIsSharedByGoroutines(t *testing.T) {
	list := NewFreeList(64, 8)
	stats := NewStats(NewFallback(list, Heap{}))
	l := NewLocked(stats)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 300 {
				b, err := l.Alloc(32+i%40, 8)
				if err != nil {
					t.Error(err)
					return
				}
				fill(b, byte(g))
				if b, err = l.Resize(b, 40); err != nil {
					t.Error(err)
					return
				}
				_ = l.Owns(b)
				for j := range min(32, len(b)) {
					if b[j] != byte(g)+byte(j) {
						t.Error("somebody else's bytes")
						return
					}
				}
				l.Free(b)
			}
		})
	}
	wg.Wait()
	require.Equal(t, 8, list.Left())
	l.Do(func() {
		require.Zero(t, stats.Counts().LiveBlocks)
		require.EqualValues(t, 2400, stats.Counts().Allocs)
	})
	// A panic behind the lock leaves it free.
	require.Panics(t, func() { NewLocked(list).Free(make([]byte, 1)) })
	locked := NewLocked(list)
	require.Panics(t, func() { locked.Free(make([]byte, 1)) })
	require.Panics(t, func() { locked.Do(func() { panic("x") }) })
	mustAlloc(t, locked, 1, 1)
}

func TestSegregatorSendsBySize(t *testing.T) {
	small, large := newTracker(t, "small"), newTracker(t, "large")
	s := NewSegregator(10, small, large)
	a, b := mustAlloc(t, s, 10, 1), mustAlloc(t, s, 11, 1)
	require.Len(t, small.live, 1)
	require.Len(t, large.live, 1)
	a = mustResize(t, s, a, 11)
	require.Len(t, large.live, 2)
	s.Free(a)
	s.Free(b)
	require.Empty(t, large.live)

	// Ownership beats length.
	l, sc := NewFreeList(16, 1), NewScoped(100)
	s = NewSegregator(16, l, sc)
	c := mustAlloc(t, s, 50, 1)
	s.Free(c[:10:10])
	require.Equal(t, 1, l.Left())
	c = mustAlloc(t, s, 50, 1)
	mustAlloc(t, s, 16, 1)
	c = mustResize(t, s, c, 5) // no room in the small side: stays
	require.True(t, sc.Owns(c))
	requireNoResize(t, s, make([]byte, 5), 50, ErrNotOwned)
	requireNoResize(t, s, make([]byte, 5), 6, ErrNotOwned)
	require.True(t, s.Owns(c))
	require.False(t, s.Owns(make([]byte, 5)))
}

func TestBucketizerSendsBySize(t *testing.T) {
	var made []int
	z := NewBucketizer(1, 64, 16, func(size int) Allocator {
		made = append(made, size)
		return NewFreeList(size, 1)
	})
	require.Equal(t, []int{16, 32, 48, 64}, made)
	for _, size := range []int{1, 17, 48, 49} {
		b := mustAlloc(t, z, size, 8)
		require.True(t, z.Owns(b))
		requireNoAlloc(t, z, size, 8, ErrOutOfMemory)
	}
	for _, size := range []int{0, 65, -1, math.MaxInt} {
		err := requireNoAlloc(t, z, size, 8, ErrOutOfMemory)
		require.ErrorContains(t, err, "1 to 64 bytes")
		requireNoAlloc(t, z, size, 3, ErrAlignment)
	}
	require.Panics(t, func() { z.Free(make([]byte, 5)) })
	require.Panics(t, func() { z.Free(make([]byte, 500)) })
	requireNoResize(t, z, make([]byte, 5), 6, ErrNotOwned)
	require.False(t, z.Owns(make([]byte, 5)))
	z.Free(nil)
}

func TestResizeOfAnAllocatorWithoutResize(t *testing.T) {
	k := newTracker(t, "plain")
	b := mustAlloc(t, k, 10, 8)
	fill(b, 3)
	b = must(Resize(k, b, 30, 8))(t)
	requireBlock(t, b, 30, 8)
	requireFilled(t, b[:10], 3)
	require.Len(t, k.live, 1)
	_, err := Resize(k, b, 30, 3)
	require.ErrorIs(t, err, ErrAlignment)
	_, err = Resize(NewScoped(1), b, 30, 3)
	require.ErrorIs(t, err, ErrAlignment)
	_, err = Resize(k, b, -1, 8)
	require.ErrorIs(t, err, ErrOutOfMemory)
	require.Len(t, k.live, 1)
}

func TestArenaGrowsItsNewestBlockInPlace(t *testing.T) {
	over := arena.Over(make([]byte, 101)[:100])
	bump := &over
	a := FromArena(bump)
	b := mustAlloc(t, a, 10, 1)
	fill(b, 1)
	first := addr(b)
	for _, size := range []int{20, 30, 100} {
		b = mustResize(t, a, b, size)
		requireBlock(t, b, size, 1)
		require.Equal(t, first, addr(b))
	}
	requireFilled(t, b[:10], 1)
	requireNoResize(t, a, b, 101, ErrOutOfMemory)
	require.True(t, a.Owns(b))
	require.False(t, a.Owns(pastTheEnd(b)))
	_, err := a.Alloc(1, 1)
	require.ErrorContains(t, err, "0 of 100 bytes are left")

	bump.Reset()
	b = mustAlloc(t, a, 10, 1)
	direct, ok := bump.Alloc(10, 1) // between: no longer the newest
	require.True(t, ok)
	fill(direct, 50)
	fill(b, 1)
	b = mustResize(t, a, b, 20)
	requireFilled(t, b[:10], 1)
	fill(b, 1)
	requireFilled(t, direct, 50)
	b = mustResize(t, a, b, 5)
	at, used := addr(b), bump.Used()
	b, err = a.Resize(b, 15) // into what it had before
	require.NoError(t, err)
	require.Equal(t, used, bump.Used())
	b = mustResize(t, a, b, 25)
	require.Equal(t, at, addr(b))
	require.Equal(t, used+5, bump.Used())
	requireNoResize(t, a, make([]byte, 3), 4, ErrNotOwned)
}

func TestArenaAfterReset(t *testing.T) {
	bump := arena.NewBump(100)
	direct, ok := bump.Alloc(50, 1)
	require.True(t, ok)
	a := FromArena(bump)
	require.True(t, a.Owns(direct))
	full := arena.NewBump(3)
	direct, _ = full.Alloc(3, 1)
	require.True(t, FromArena(full).Owns(direct))
	require.False(t, FromArena(full).Owns(make([]byte, 1)))
	high := mustAlloc(t, a, 50, 1)
	bump.Reset()
	low := mustAlloc(t, a, 100, 1)
	require.True(t, a.Owns(high))
	require.True(t, a.Owns(low))
	require.False(t, a.Owns(make([]byte, 1)))
}

func TestArenaOfTypedValues(t *testing.T) {
	lazy := must(arena.NewLazyTyped[[4]uint32](3))(t)
	defer lazy.Close()
	for _, a := range []*Arena{FromTyped(arena.NewTyped[[4]uint32](3)), FromTyped(lazy)} {
		mustAlloc(t, a, 16, 4)
		mustAlloc(t, a, 0, 1)
		requireNoAlloc(t, a, 17, 4, ErrOutOfMemory)
		mustAlloc(t, a, 3, 2)
		requireNoAlloc(t, a, 1, 1, ErrOutOfMemory)
		require.False(t, Tells(a))
		a.Free(nil)
	}
}
