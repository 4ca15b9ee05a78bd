package arena_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc/arena"
)

func TestRewindFreesWhatCameAfterTheMark(t *testing.T) {
	eachByteArena(t, 1000, func(t *testing.T, a byteArena) {
		mustAlloc(t, a, 100, 1)
		m := a.Mark()
		b := mustAlloc(t, a, 500, 1)
		for range 3 {
			a.Rewind(m)
			require.Equal(t, 100, a.Used())
			require.Equal(t, address(b), address(mustAlloc(t, a, 900, 1)))
		}
	})
}

func TestStaleMarksAreRefused(t *testing.T) {
	eachByteArena(t, 1000, func(t *testing.T, a byteArena) {
		refused := func(m arena.Mark, why string) {
			t.Helper()
			used := a.Used()
			require.Contains(t, panics(t, func() { a.Rewind(m) }), why)
			require.Equal(t, used, a.Used())
		}
		refused(arena.Mark{}, "another arena")
		start := a.Mark()
		refused(arena.Mark{}, "another arena")
		refused(arena.NewBump(10).Mark(), "another arena")

		mustAlloc(t, a, 100, 1)
		outer := a.Mark()
		mustAlloc(t, a, 100, 1)
		inner := a.Mark()
		mustAlloc(t, a, 100, 1)
		a.Rewind(inner)
		a.Rewind(outer)
		refused(inner, "ahead")
		mustAlloc(t, a, 150, 1)
		refused(inner, "stale")
		a.Rewind(outer)
		a.Rewind(start)
		mustAlloc(t, a, 300, 1)
		refused(outer, "stale")
		refused(inner, "stale")
		a.Rewind(start)

		a.Reset()
		refused(start, "Reset")
		a.Mark()
		refused(start, "Reset")
	})
}

func TestAMarkAtTheSamePositionOfAnotherTimeIsStale(t *testing.T) {
	a := arena.NewBump(1000)
	low := a.Mark()
	mustAlloc(t, a, 100, 1)
	old := a.Mark()
	a.Rewind(low)
	mustAlloc(t, a, 100, 1)
	now := a.Mark()
	panics(t, func() { a.Rewind(old) })
	mustAlloc(t, a, 100, 1)
	a.Rewind(now)
	require.Equal(t, 100, a.Used())
}

// Marks that nest while the arena fills up make the arena remember more than
// the few cuts that it has room for in itself.
func TestManyCuts(t *testing.T) {
	a := arena.NewBump(1000)
	var outer, inner []arena.Mark
	for round := range 2 {
		for i := range 50 {
			mustAlloc(t, a, 10, 1)
			outer = append(outer, a.Mark())
			mustAlloc(t, a, 5, 1)
			inner = append(inner, a.Mark())
			mustAlloc(t, a, 5, 1)
			a.Rewind(outer[round*50+i])
		}
		for _, m := range inner {
			panics(t, func() { a.Rewind(m) })
		}
		for i := 49; i >= 0; i-- {
			a.Rewind(outer[round*50+i])
			require.Equal(t, 10*(i+1), a.Used())
		}
		a.Reset()
	}
	for _, m := range outer {
		panics(t, func() { a.Rewind(m) })
	}
}

func TestTypedMarks(t *testing.T) {
	eachTypedArena(t, 100, func(t *testing.T, a typedArena[string]) {
		a.OnDrop(func(*string) {})
		refused := func(m arena.Mark) {
			t.Helper()
			n := a.Len()
			panics(t, func() { a.Rewind(m) })
			require.Equal(t, n, a.Len())
		}
		refused(arena.Mark{})
		refused(arena.NewTyped[string](3).Mark())
		start := a.Mark()
		a.Alloc("1")
		one := a.Mark()
		a.Rewind(start)
		refused(one)
		a.Alloc("2")
		a.Alloc("3")
		refused(one)
		a.Rewind(start)
		a.Reset()
		refused(start)
	})
}

// Rewinding to the last mark, or again to the same one, has nothing to
// remember, however often it happens.
func TestRewindingRemembersNoMoreThanItMust(t *testing.T) {
	allocatesNothing(t, func() {
		a := arena.Over(make([]byte, 10_000))
		outer := a.Mark()
		for range 1000 {
			a.Alloc(1, 1)
			a.Mark()
			a.Alloc(1, 1)
			a.Rewind(outer)
		}
		for range 1000 {
			a.Alloc(1, 1)
			m := a.Mark()
			a.Alloc(1, 1)
			a.Rewind(m)
		}
	})
}

// Every index is the target of a Rewind once, those at chunk borders included.
func TestRewindToEveryIndex(t *testing.T) {
	const n = 1200
	eachTypedArena(t, n, func(t *testing.T, a typedArena[string]) {
		var marks []arena.Mark
		var addr []*string
		fill := func() {
			for a.Len() < n {
				i := a.Len()
				m := a.Mark()
				p, ok := a.Alloc("v")
				if !ok || i < len(addr) && p != addr[i] {
					t.Fatalf("value %d at %p, was at %p", i, p, addr[i])
				}
				if i == len(addr) {
					marks, addr = append(marks, m), append(addr, p)
				}
			}
		}
		fill()
		for i := n - 1; i >= 0; i-- {
			a.Rewind(marks[i])
			require.Equal(t, i, a.Len())
			fill()
		}
	})
}
