package alloc

import (
	"strconv"
	"testing"
	"unsafe"

	"github.com/stackalloc/stackalloc/arena"
	"github.com/stretchr/testify/require"
)

// strict is an allocator of another package whose blocks are aligned better than
// anybody asked, as pages are, and that has room for few of them.
type strict struct{ left int }

func (s *strict) Alloc(size, align int) ([]byte, error) {
	if s.left--; s.left < 0 || size > 16 {
		return nil, ErrOutOfMemory
	}
	return Heap{}.Alloc(size, MaxAlign)
}

func (s *strict) Free([]byte) {}

// owningStrict is strict for those who ask whose a block is.
type owningStrict struct {
	strict
	mine [][]byte
}

func (s *owningStrict) Alloc(size, align int) ([]byte, error) {
	b, err := s.strict.Alloc(size, align)
	s.mine = append(s.mine, b)
	return b, err
}

func (s *owningStrict) Owns(b []byte) bool {
	for _, m := range s.mine {
		if _, ok := within(m[:cap(m)], b); ok {
			return true
		}
	}
	return false
}

// chancy are allocators that give size 16 or less an address of a much stricter
// alignment than it was asked for, and no more than that one block.
func chancy() map[string]Allocator {
	mem := func() []byte { b, _ := Heap{}.Alloc(40, MaxAlign); return b[:16:16] }
	pages := arena.Over(mem())
	list := NewFreeListOver(mem(), 16, 16)
	local := NewLocal(mem(), nil)
	return map[string]Allocator{
		"another package's":           &strict{left: 1},
		"another package's, an Owner": &owningStrict{strict: strict{left: 1}},
		"Scoped":                      NewScopedOver(mem()),
		"FreeList":                    list,
		"Arena":                       FromArena(&pages),
		"Arena of another kind":       FromArena(struct{ Bumper }{arena.NewBump(16)}),
		"Local":                       &local,
		"Local, spilled":              func() Allocator { l := NewLocal(nil, NewSpill(&strict{left: 1})); return &l }(),
		"Heap":                        NewSegregator(16, Heap{}, Null{}),
	}
}

// Whatever the address of a block is by chance, what it was asked for is what it
// takes with it to another allocator.
func TestTheAlignmentOfABlockIsTheOneItWasAskedFor(t *testing.T) {
	grow := map[string]func(a Allocator, b []byte, size, align int) ([]byte, error){
		"Resize":  Resize,
		"Resizer": func(a Allocator, b []byte, size, _ int) ([]byte, error) { return a.(Resizer).Resize(b, size) },
	}
	for _, align := range []int{1, 2, 8} {
		for how, grow := range grow {
			for name, first := range chancy() {
				t.Run(name+"/"+how+"/"+strconv.Itoa(align), func(t *testing.T) {
					second := NewFreeListAligned(100, 1<<16, align)
					for _, a := range []Allocator{NewFallback(first, second), NewStats(NewFallback(NewProxy(first, nil), NewLocked(second)))} {
						b := mustAlloc(t, a, 16, align)
						fill(b, 1)
						nb := must(grow(a, b, 100, align))(t)
						requireBlock(t, nb, 100, align)
						requireFilled(t, nb[:16], 1)
						require.True(t, second.Owns(nb))
						a.Free(nb)
						first = chancy()[name]
					}
				})
			}
		}
	}
}

func TestAppendGrowsIntoTheFallback(t *testing.T) {
	for name, first := range chancy() {
		second := NewFreeList(64, 1<<16)
		a := NewFallback(first, second)
		s, err := MakeSlice[byte](a, 16)
		require.NoError(t, err, name)
		fill(s, 1)
		s, err = Append(a, s, 17)
		require.NoError(t, err, name)
		requireFilled(t, s, 1)
		require.True(t, second.Owns(s), name)
	}
}

// Small blocks move to where they can, whatever alignment the heap happened to
// give.
func TestShrinkingOutOfTheHeapAsksForTheOldAlignment(t *testing.T) {
	small := NewFreeListAligned(24, 1, 8)
	s := NewSegregator(24, small, Heap{})
	b := mustAlloc(t, s, 64<<10, 8)
	b = mustResize(t, s, b, 24)
	require.True(t, small.Owns(b))
}

func TestStrictAlignmentsAreKept(t *testing.T) {
	for name, build := range map[string]func() Allocator{
		"another package's":      func() Allocator { return NewFallback(struct{ Allocator }{Heap{}}, Null{}) },
		"another package's, two": func() Allocator { return NewFallback(Null{}, struct{ Allocator }{Heap{}}) },
		"Heap":                   func() Allocator { return NewProxy(Heap{}, nil) },
		"Heap alone":             func() Allocator { return Heap{} },
		"Scoped":                 func() Allocator { return NewScoped(1 << 20) },
		"Arena":                  func() Allocator { return FromArena(arena.NewBump(1 << 20)) },
		"FreeList":               func() Allocator { return NewFallback(NewFreeListAligned(10, 4, 4096), Heap{}) },
		"Local":                  func() Allocator { l := NewLocal(make([]byte, 1<<20), nil); return &l },
		"Local, spilled":         func() Allocator { l := NewLocal(nil, NewSpill(Heap{})); return &l },
	} {
		for _, aligns := range [][]int{{64, 1}, {1, 64}, {64, 64}, {1, 8, 128, 16, 2}, {256, 8, 1, 256}} {
			a := build()
			for i := range 40 {
				align := aligns[i%len(aligns)]
				b := mustAlloc(t, a, 10, align)
				other := mustAlloc(t, a, 3, aligns[(i+1)%len(aligns)])
				for size := 20; size < 100; size += 30 {
					nb, err := a.(Resizer).Resize(b, size)
					require.NoError(t, err, name)
					b = nb
					requireBlock(t, b, size, align)
				}
				a.Free(b)
				if i%2 == 0 {
					a.Free(other)
				}
			}
		}
	}
}

// wordAlign is what a Typed of int64 grants.
const wordAlign = int(unsafe.Alignof(int64(0)))

// everyAllocator is all that resizes, by itself and in each wrapper. Each has room
// for two blocks of up to 8 bytes aligned to wordAlign.
func everyAllocator(t *testing.T) map[string]Allocator {
	leaves := map[string]func() Allocator{
		"Heap":     func() Allocator { return Heap{} },
		"FreeList": func() Allocator { return NewFreeList(64, 2) },
		"Scoped":   func() Allocator { return NewScoped(64) },
		"Bump":     func() Allocator { return FromArena(arena.NewBump(64)) },
		"LazyBump": func() Allocator {
			lazy := must(arena.NewLazyBump(64))(t)
			t.Cleanup(func() { _ = lazy.Close() })
			return FromArena(lazy)
		},
		"Typed":       func() Allocator { return FromTyped(arena.NewTyped[int64](4)) },
		"other arena": func() Allocator { return FromArena(struct{ Bumper }{arena.NewBump(64)}) },
		"Local":       func() Allocator { l := NewLocal(make([]byte, 64), nil); return &l },
		"spilled":     func() Allocator { l := NewLocal(nil, NewSpill(NewFreeList(64, 2))); return &l },
		"two heaps":   func() Allocator { return NewFallback(Heap{}, Heap{}) },
		"by size":     func() Allocator { return NewSegregator(3, NewFreeList(64, 2), NewScoped(64)) },
		"heap by size": func() Allocator {
			return NewSegregator(3, Heap{}, Heap{})
		},
	}
	all := map[string]Allocator{}
	for name, leaf := range leaves {
		all[name] = leaf()
		for outer, wrap := range wrappers {
			if a, ok := wrap(leaf()).(Resizer); ok {
				all[outer+" of "+name] = a.(Allocator)
			}
		}
	}
	return all
}

func TestResizeOfNilIsAlloc(t *testing.T) {
	for name, a := range everyAllocator(t) {
		b, err := a.(Resizer).Resize(nil, 8)
		require.NoError(t, err, name)
		requireBlock(t, b, 8, 1)
		a.Free(b)
		b, err = Resize(a, nil, 1, wordAlign)
		require.NoError(t, err, name)
		requireBlock(t, b, 1, wordAlign)
		_, err = a.(Resizer).Resize(nil, -1)
		require.ErrorIs(t, err, ErrOutOfMemory, name)
		// A slice without capacity is nobody's.
		for _, size := range []int{0, 8} {
			_, err = a.(Resizer).Resize([]byte{}, size)
			require.ErrorIs(t, err, ErrNotOwned, name)
			_, err = a.(Resizer).Resize(b[:0:0], size)
			require.ErrorIs(t, err, ErrNotOwned, name)
		}
		a.Free(b)
	}
	requireNoResize(t, Null{}, nil, 1, ErrOutOfMemory)
	requireNoResize(t, Null{}, []byte{1}, 1, ErrNotOwned)
	s := NewStats(NewFreeList(64, 2))
	mustResize(t, s, nil, 8)
	require.EqualValues(t, 1, s.Counts().Allocs)
}

// A part of a block belongs to whoever the block does, in every allocator that
// tells, and what sticks out of it does not.
func TestOwnsAnswersForPartsOfBlocks(t *testing.T) {
	for name, a := range everyAllocator(t) {
		b := mustAlloc(t, a, 8, wordAlign)
		o, ok := a.(Owner)
		if l, ok := a.(*List); ok && len(l.spans) == 0 {
			continue // which knows the blocks as a whole
		}
		if !ok || !Tells(a) {
			continue
		}
		for from := range len(b) {
			for to := from; to <= len(b); to++ {
				require.True(t, o.Owns(b[from:to]), "%s [%d:%d]", name, from, to)
			}
		}
		require.False(t, o.Owns(b[len(b):]), name)
		tooLong := struct {
			data     *byte
			len, cap int
		}{&b[0], 1 << 20, 1 << 20}
		require.False(t, o.Owns(*(*[]byte)(unsafe.Pointer(&tooLong))), name)
		a.Free(b)
	}
}

// Free and Resize want the block itself.
func TestSpilledBlocksGoBackAsTheyCame(t *testing.T) {
	l := NewLocal(nil, NewSpill(NewFreeList(64, 2)))
	b := mustAlloc(t, &l, 8, 8)
	requirePanic(t, "alloc: Local.Free: foreign block", func() { l.Free(b[1:]) })
	requireNoResize(t, &l, b[1:], 3, ErrNotOwned)
	l.Free(b)
	require.False(t, l.Owns(b[1:]))
}

func TestAClosedArenaOwnsNothing(t *testing.T) {
	lazy := must(arena.NewLazyBump(1 << 16))(t)
	a := FromArena(lazy)
	b := mustAlloc(t, a, 100, 8)
	require.True(t, a.Owns(b))
	require.NoError(t, lazy.Close())
	require.False(t, a.Owns(b))
	requireNoResize(t, a, b, 10, ErrNotOwned)
	requireNoResize(t, a, b, 1000, ErrNotOwned)
	requireNoAlloc(t, a, 1, 1, ErrOutOfMemory)
	// What the system puts there goes to its own allocator.
	k := newTracker(t, "heap")
	f := NewFallback(a, k)
	f.Free(mustAlloc(t, f, 100, 8))
	require.Empty(t, k.live)
	for _, released := range []Allocator{
		func() Allocator { l := NewFreeList(8, 1); b = mustAlloc(t, l, 8, 8); l.Release(); return l }(),
	} {
		require.False(t, released.(Owner).Owns(b))
	}
}

// Direct use of an arena can bring it to where it was before, with other blocks.
func TestDirectUseDoesNotFoolAnArena(t *testing.T) {
	bump := arena.NewBump(100)
	a := FromArena(bump)
	mustAlloc(t, a, 10, 1)
	bump.Reset()
	first, _ := bump.Alloc(4, 1)
	second, _ := bump.Alloc(6, 1) // as far as before
	fill(first, 1)
	fill(second, 50)
	grown := mustResize(t, a, first, 20)
	fill(grown, 100)
	requireFilled(t, second, 50)

	// The same for what a block leaves behind when it is made smaller.
	for _, direct := range []func(m arena.Mark){
		func(arena.Mark) { bump.Reset() },
		func(m arena.Mark) { bump.Rewind(m) },
	} {
		bump.Reset()
		m := bump.Mark()
		b := mustAlloc(t, a, 20, 1)
		b = mustResize(t, a, b, 4)
		fill(b, 1)
		direct(m)
		first, _ = bump.Alloc(4, 1)
		second, _ = bump.Alloc(16, 1)
		fill(first, 1)
		fill(second, 50)
		grown = mustResize(t, a, first, 20)
		fill(grown, 100)
		requireFilled(t, second, 50)
	}

	// A block that ends where the arena goes on may grow, whoever got it.
	bump.Reset()
	first, _ = bump.Alloc(10, 1)
	grown = mustResize(t, a, first, 30)
	require.Equal(t, addr(first), addr(grown))
	require.Equal(t, 30, bump.Used())
}

func TestOneFailedResizeIsOneFailure(t *testing.T) {
	for name, build := range map[string]func() Allocator{
		"FreeList": func() Allocator { return NewFreeList(16, 4) },
		"Scoped":   func() Allocator { return NewScoped(50) },
		"Arena":    func() Allocator { return FromArena(arena.NewBump(50)) },
		"Fallback": func() Allocator { return NewFallback(NewScoped(16), NewFreeList(16, 4)) },
		"foreign":  func() Allocator { return struct{ Allocator }{NewFreeList(16, 4)} },
	} {
		var events []Op
		inner := NewStats(build())
		p := NewProxy(inner, LoggerFunc(func(e Event) { events = append(events, e.Op) }))
		s := NewStats(p)
		b := mustAlloc(t, s, 16, 8)
		_, err := Resize(s, b, 5000, 8)
		require.ErrorIs(t, err, ErrOutOfMemory, name)
		require.EqualValues(t, 1, s.Counts().Failures, name)
		require.EqualValues(t, 1, inner.Counts().Failures, name)
		require.Equal(t, []Op{OpAlloc, OpResize}, events, name)
		_, err = s.Resize(b, 5000)
		require.ErrorIs(t, err, ErrOutOfMemory, name)
		require.EqualValues(t, 2, s.Counts().Failures, name)
		s.Free(b)
	}
}

// Who is sure that a block is his gets it, not who serves blocks of its length.
func TestASureOwnerBeatsTheLength(t *testing.T) {
	list := NewFreeList(100, 4)
	shared := NewStats(list)
	for name, a := range map[string]Allocator{
		"Segregator, unknown by length": NewSegregator(16, Heap{}, shared),
		"Segregator, plain by length":   NewSegregator(16, newTracker(t, "plain"), shared),
		"Bucketizer": NewBucketizer(1, 64, 16, func(size int) Allocator {
			if size == 64 {
				return shared
			}
			return newTracker(t, "plain")
		}),
		"Fallback": NewFallback(Heap{}, shared),
	} {
		b := mustAlloc(t, shared, 10, 1) // directly, or by another way
		a.Free(b)
		require.Zero(t, shared.Counts().LiveBlocks, name)
		require.Equal(t, 4, list.Left(), name)
	}
}

// A block that shrinks stays where there is no room for its new size, and finds
// its way home.
func TestShrinkingNeedsNoRoom(t *testing.T) {
	full := func() Allocator { return NewFreeList(64, 0) }
	for name, large := range map[string]func() Allocator{
		"Heap":  func() Allocator { return Heap{} },
		"plain": func() Allocator { return newTracker(t, "plain") },
		"owner": func() Allocator { return owningTracker{newTracker(t, "owner")} },
	} {
		for _, small := range []func() Allocator{full, func() Allocator { return struct{ Allocator }{full()} }} {
			for outer, a := range map[string]Allocator{
				"Segregator": NewSegregator(16, small(), large()),
				"Bucketizer": NewBucketizer(0, 127, 64, func(size int) Allocator {
					if size < 64 {
						return small()
					}
					return large()
				}),
			} {
				b := mustAlloc(t, a, 100, 8)
				fill(b, 1)
				b, err := a.(Resizer).Resize(b, 5)
				require.NoError(t, err, outer+" "+name)
				requireFilled(t, b, 1)
				a.Free(b)
			}
		}
	}
}
