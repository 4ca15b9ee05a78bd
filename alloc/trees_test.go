package alloc

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stackalloc/stackalloc/arena"
	"github.com/stretchr/testify/require"
)

var treesFlag = flag.Int("trees", 2000, "how many random trees of allocators TestRandomTrees tries")

// grove grows random trees of allocators. Any part may stand at several places of
// a tree, bare or inside of something that hides who it is.
type grove struct {
	t     testing.TB
	r     *rand.Rand
	f     *faults
	parts []Allocator // that may be used once more
	text  strings.Builder

	trackers []*tracker
	lists    []*FreeList
	stats    []*Stats
	spills   []*Spill
	rows     []*List
	finish   []func()
}

func (g *grove) pick(n int) int { return g.r.IntN(n) }

// grow returns a tree of at most the given depth.
func (g *grove) grow(depth int) Allocator {
	if len(g.parts) > 0 && g.pick(4) == 0 {
		i := g.pick(len(g.parts))
		fmt.Fprintf(&g.text, "#%d", i)
		return g.disguise(g.parts[i])
	}
	var a Allocator
	if depth == 0 || g.pick(5) == 0 {
		a = g.leaf()
	} else {
		a = g.compose(depth - 1)
	}
	g.parts = append(g.parts, a)
	fmt.Fprintf(&g.text, "=#%d", len(g.parts)-1)
	return g.disguise(a)
}

// disguise makes a, sometimes, an allocator of another package, which may keep to
// itself what it owns or resizes.
func (g *grove) disguise(a Allocator) Allocator {
	switch g.pick(12) {
	case 0:
		g.text.WriteString("?")
		return struct{ Allocator }{a}
	case 1:
		g.text.WriteString("*")
		return g.f.flaky(a)
	case 2:
		if o, ok := a.(Owner); ok && Tells(a) {
			g.text.WriteString("!")
			return struct {
				Allocator
				Owner
			}{a, o}
		}
	}
	return a
}

func (g *grove) leaf() Allocator {
	kind := g.pick(11)
	fmt.Fprintf(&g.text, "%s", [...]string{"scoped", "list", "heap", "plain", "owner", "bump", "other arena", "typed", "null", "list in scope", "over list"}[kind])
	switch kind {
	case 0:
		return NewScoped(g.pick(500))
	case 1:
		return g.list(NewFreeListAligned(1+g.pick(100), g.pick(8), 8<<g.pick(5)))
	case 2:
		return Heap{}
	case 3, 4:
		k := newTracker(g.t, fmt.Sprintf("tracker %d", len(g.trackers)))
		g.trackers = append(g.trackers, k)
		if kind == 4 {
			return owningTracker{k}
		}
		return k
	case 5:
		return FromArena(arena.NewBump(g.pick(800)))
	case 6:
		return FromArena(struct{ Bumper }{arena.NewBump(g.pick(800))})
	case 7:
		return FromTyped(arena.NewTyped[[8]uint64](g.pick(8)))
	case 8:
		return Null{}
	case 9:
		// In the memory of a part, which says that the list's blocks are its own.
		for _, a := range g.parts {
			if s, ok := a.(*Scoped); ok {
				if l, err := NewFreeListFrom(s, 32, 1+g.pick(4), 16); err == nil {
					return g.list(l)
				}
			}
		}
		return NewScoped(g.pick(200))
	default:
		l, err := NewFreeListFrom(g.list(NewFreeList(200, 1)), 1+g.pick(40), 3, 8)
		require.NoError(g.t, err)
		g.finish = append(g.finish, l.Release)
		return l
	}
}

func (g *grove) list(l *FreeList) *FreeList {
	g.lists = append(g.lists, l)
	return l
}

func (g *grove) compose(depth int) Allocator {
	kind := g.pick(len(composers))
	g.text.WriteString(composers[kind].name + "(")
	defer g.text.WriteString(")")
	return composers[kind].make(g, func() Allocator {
		a := g.grow(depth)
		g.text.WriteString(",")
		return a
	})
}

// composers make an allocator of others, which part returns.
var composers = []struct {
	name string
	make func(g *grove, part func() Allocator) Allocator
}{
	{"fallback", func(g *grove, part func() Allocator) Allocator { return NewFallback(part(), part()) }},
	{"fallback", func(g *grove, part func() Allocator) Allocator { return NewFallback(part(), part()) }},
	{"fallback", func(g *grove, part func() Allocator) Allocator { return NewFallback(part(), part()) }},
	{"segregator", func(g *grove, part func() Allocator) Allocator {
		return NewSegregator(g.pick(100), part(), part())
	}},
	{"segregator", func(g *grove, part func() Allocator) Allocator {
		return NewSegregator(g.pick(100), part(), part())
	}},
	{"buckets", func(g *grove, part func() Allocator) Allocator {
		return NewBucketizer(0, 127, 32, func(int) Allocator { return part() })
	}},
	{"proxy", func(g *grove, part func() Allocator) Allocator { return NewProxy(part(), nil) }},
	{"stats", func(g *grove, part func() Allocator) Allocator {
		s := NewStats(part())
		g.stats = append(g.stats, s)
		return s
	}},
	{"limit", func(g *grove, part func() Allocator) Allocator {
		l := NewLimit(part(), g.pick(1000))
		g.finish = append(g.finish, func() { require.Zero(g.t, l.Used()) })
		return l
	}},
	{"tracker", func(g *grove, part func() Allocator) Allocator {
		k := NewTracker(part())
		g.finish = append(g.finish, func() { k.Check(g.t) })
		return k
	}},
	{"row", func(g *grove, part func() Allocator) Allocator {
		parts := []Allocator{part(), part(), part()}
		l := NewList(func() Allocator {
			if len(parts) == 0 {
				return nil
			}
			a := parts[0]
			parts = parts[1:]
			return a
		})
		g.rows = append(g.rows, l)
		return l
	}},
	{"locked", func(g *grove, part func() Allocator) Allocator { return NewLocked(part()) }},
	{"local", func(g *grove, part func() Allocator) Allocator {
		spill := NewSpill(part())
		g.spills = append(g.spills, spill)
		l := NewLocal(make([]byte, g.pick(200)), spill)
		return &l
	}},
}

// check looks at what must be true of every tree at any time.
func (g *grove) check() {
	for _, s := range g.stats {
		c := s.Counts()
		require.GreaterOrEqual(g.t, c.LiveBlocks, int64(0))
		require.GreaterOrEqual(g.t, c.LiveBytes, int64(0))
		require.EqualValues(g.t, c.LiveBlocks, int64(c.Allocs)-int64(c.Frees))
	}
	for _, l := range g.rows {
		for _, m := range l.all {
			require.GreaterOrEqual(g.t, m.live, 0)
		}
	}
}

// done looks at what must be true once all blocks are free.
func (g *grove) done() {
	for _, f := range g.finish {
		f()
	}
	for _, s := range g.stats {
		require.Zero(g.t, s.Counts().LiveBlocks, "some of a Stats' blocks took another way home")
		require.Zero(g.t, s.Counts().LiveBytes)
	}
	for _, k := range g.trackers {
		require.Empty(g.t, k.live, "%s leaks", k.name)
	}
	for _, l := range g.lists {
		require.Equal(g.t, l.blocks, l.Left(), "a free list leaks")
	}
	for _, s := range g.spills {
		require.Zero(g.t, s.Live())
	}
	for _, l := range g.rows {
		l.Trim(nil)
		require.Zero(g.t, l.Len())
		require.Empty(g.t, l.strays.m)
	}
}

// runTree runs a random program on the tree for seed. With failAt, the call with
// that number that reaches a flaky part fails.
func runTree(t testing.TB, seed uint64, failAt int) (seen int) {
	g := &grove{t: t, r: rand.New(rand.NewPCG(seed, 4)), f: &faults{at: failAt}}
	a := g.grow(4)
	defer func() {
		if v := recover(); v != nil {
			t.Fatalf("seed %d, failure at %d: %s: panic: %v", seed, failAt, &g.text, v)
		}
		if t.Failed() {
			t.Fatalf("seed %d, failure at %d: %s", seed, failAt, &g.text)
		}
	}()
	m := &machine{t: t, c: &randomChoices{rand.New(rand.NewPCG(seed, 5)), 80}}
	for !m.c.done() {
		switch op := m.c.next(10); {
		case op < 4:
			size, align := m.size(), 1<<m.c.next(8)
			if m.c.next(40) == 0 {
				align = MaxAlign >> m.c.next(5)
			}
			b, err := a.Alloc(size, align)
			if err != nil {
				requireFixed(t, err)
				break
			}
			requireBlock(t, b, size, align)
			x := &block{b: b, align: align}
			m.write(x)
			m.all = append(m.all, x)
			m.owned(a, b)
		case op < 6 && len(m.all) > 0:
			i := m.c.next(len(m.all))
			a.Free(m.all[i].b)
			m.all = slices.Delete(m.all, i, i+1)
		case len(m.all) > 0:
			x := m.all[m.c.next(len(m.all))]
			size := m.size()
			if failAt == 0 && x.align >= natural {
				m.resizeTwice(a, x, size)
			} else {
				m.resize(a, x, size)
			}
			m.owned(a, x.b)
		}
		m.check()
		g.check()
	}
	for _, i := range g.r.Perm(len(m.all)) {
		a.Free(m.all[i].b)
	}
	g.done()
	return g.f.seen
}

// resizeTwice asks for what the alignment of x needs, where the first way to ask
// does not say it. If that fails for nothing but a stricter alignment, the second
// will not.
func (m *machine) resizeTwice(a Allocator, x *block, size int) {
	r, ok := a.(Resizer)
	if !ok {
		m.resize(a, x, size)
		return
	}
	b, err := r.Resize(x.b, size)
	if err != nil {
		requireFixed(m.t, err)
		require.Equal(m.t, x.want, x.b)
		_, again := Resize(a, x.b, size, x.align)
		require.Error(m.t, again, "%v", err)
		return
	}
	m.resized(x, b, size)
}

// TestRandomTrees also has parts in common. Long runs: go test -run
// RandomTrees ./alloc -args -trees 200000
func TestRandomTrees(t *testing.T) {
	n := *treesFlag
	if testing.Short() {
		n /= 10
	}
	for seed := range uint64(n) {
		runTree(t, seed, 0)
		if seed%16 == 0 {
			for at := 1; at <= runTree(t, seed, at); at += 1 + at/4 {
			}
		}
	}
}
