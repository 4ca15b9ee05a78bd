package alloc

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stackalloc/stackalloc/arena"
	"github.com/stretchr/testify/require"
)

// parts are what compositions are made of. In a scope, scoped is the inner one.
type parts struct {
	t      testing.TB
	scoped *Scoped
	list   *FreeList
	small  *FreeList
	plain  *tracker // keeps to itself what it owns
	plain2 *tracker
	owner  owningTracker // tells
	stats  *Stats        // set by compositions that have one at the top
	local  *Local
	wrap   func(Allocator) Allocator
}

func newParts(t testing.TB, wrap func(Allocator) Allocator) *parts {
	return &parts{
		t:      t,
		scoped: NewScoped(700),
		list:   NewFreeListAligned(48, 6, 64),
		small:  NewFreeList(16, 4),
		plain:  newTracker(t, "plain"),
		plain2: newTracker(t, "plain2"),
		owner:  owningTracker{newTracker(t, "owner")},
		wrap:   wrap,
	}
}

// compositions is every way of putting parts together that is tested with random
// programs. Leaves go through wrap, which may make them fail.
var compositions = map[string]func(p *parts) Allocator{
	"heap":       func(p *parts) Allocator { return p.wrap(Heap{}) },
	"null":       func(p *parts) Allocator { return p.wrap(Null{}) },
	"scoped":     func(p *parts) Allocator { return p.wrap(p.scoped) },
	"list":       func(p *parts) Allocator { return p.wrap(p.list) },
	"scope>heap": func(p *parts) Allocator { return NewFallback(p.wrap(p.scoped), p.wrap(Heap{})) },
	"list>heap":  func(p *parts) Allocator { return NewFallback(p.wrap(p.list), p.wrap(Heap{})) },
	"heap>list":  func(p *parts) Allocator { return NewFallback(p.wrap(Heap{}), p.wrap(p.list)) },
	"list>plain": func(p *parts) Allocator { return NewFallback(p.wrap(p.list), p.wrap(p.plain)) },
	"list>owner": func(p *parts) Allocator { return NewFallback(p.wrap(p.list), p.wrap(p.owner)) },
	"owner>null": func(p *parts) Allocator { return NewFallback(p.wrap(p.owner), p.wrap(Null{})) },
	"plain>plain": func(p *parts) Allocator {
		return NewFallback(p.wrap(p.plain), p.wrap(p.plain2))
	},
	"plain>list>plain": func(p *parts) Allocator {
		return NewFallback(p.wrap(p.plain), NewFallback(p.wrap(p.list), p.wrap(p.plain2)))
	},
	"(plain>plain)>list": func(p *parts) Allocator {
		return NewFallback(NewFallback(p.wrap(p.plain), p.wrap(p.plain2)), p.wrap(p.list))
	},
	"(scope>list)>heap": func(p *parts) Allocator {
		return NewFallback(NewFallback(p.wrap(p.scoped), p.wrap(p.list)), p.wrap(Heap{}))
	},
	"scope>(list>plain)": func(p *parts) Allocator {
		return NewFallback(p.wrap(p.scoped), NewFallback(p.wrap(p.list), p.wrap(p.plain)))
	},
	"scope>list": func(p *parts) Allocator { return NewFallback(p.wrap(p.scoped), p.wrap(p.list)) },
	"small>list>scope>plain": func(p *parts) Allocator {
		return NewFallback(NewFallback(NewFallback(p.wrap(p.small), p.wrap(p.list)), p.wrap(p.scoped)), p.wrap(p.plain))
	},
	"proxy(scope)": func(p *parts) Allocator {
		return NewProxy(p.wrap(p.scoped), LoggerFunc(func(e Event) {
			require.True(p.t, (e.Err == nil) == (e.Block != nil), "%+v", e)
		}))
	},
	"proxy(list)>proxy(plain)": func(p *parts) Allocator {
		return NewFallback(NewProxy(p.wrap(p.list), nil), NewProxy(p.wrap(p.plain), nil))
	},
	"proxy(plain)>proxy(plain)": func(p *parts) Allocator {
		return NewFallback(NewProxy(p.wrap(p.plain), nil), NewProxy(p.wrap(p.plain2), nil))
	},
	"proxy(proxy(plain))": func(p *parts) Allocator {
		return NewProxy(NewProxy(p.wrap(p.plain), nil), nil)
	},
	"stats(list>plain)": func(p *parts) Allocator {
		s := NewStats(NewFallback(p.wrap(p.list), p.wrap(p.plain)))
		p.stats = s
		return s
	},
	"locked(stats(scope>owner))": func(p *parts) Allocator {
		p.stats = NewStats(NewFallback(p.wrap(p.scoped), p.wrap(p.owner)))
		return NewLocked(p.stats)
	},
	"stats(list)>stats(plain)": func(p *parts) Allocator {
		return NewFallback(NewStats(p.wrap(p.list)), NewStats(p.wrap(p.plain)))
	},
	"seg(list,scope)": func(p *parts) Allocator {
		return NewSegregator(48, p.wrap(p.list), p.wrap(p.scoped))
	},
	"seg(plain,plain)": func(p *parts) Allocator {
		return NewSegregator(40, p.wrap(p.plain), p.wrap(p.plain2))
	},
	"seg(small>plain,seg(list>plain,scope>plain))": func(p *parts) Allocator {
		plain := p.wrap(p.plain)
		return NewSegregator(16, NewFallback(p.wrap(p.small), plain),
			NewSegregator(48, NewFallback(p.wrap(p.list), plain), NewFallback(p.wrap(p.scoped), plain)))
	},
	"buckets(lists)>plain": func(p *parts) Allocator {
		z := NewBucketizer(1, 64, 16, func(size int) Allocator { return p.wrap(NewFreeList(size, 2)) })
		return NewFallback(z, p.wrap(p.plain))
	},
	"buckets(plain)": func(p *parts) Allocator {
		return NewBucketizer(0, 99, 20, func(size int) Allocator { return p.wrap(p.plain) })
	},
	"buckets(list>plain)": func(p *parts) Allocator {
		return NewBucketizer(0, 99, 50, func(size int) Allocator {
			return NewFallback(p.wrap(NewFreeList(size, 1)), p.wrap(p.plain))
		})
	},
	"list from scope>plain": func(p *parts) Allocator {
		l, err := NewFreeListFrom(p.scoped, 32, 4, 32)
		if err != nil {
			return p.wrap(p.plain)
		}
		return NewFallback(p.wrap(l), p.wrap(p.plain))
	},
	"scope over memory>list": func(p *parts) Allocator {
		return NewFallback(p.wrap(NewScopedOver(make([]byte, 333))), p.wrap(p.list))
	},
	"bump>plain": func(p *parts) Allocator {
		return NewFallback(p.wrap(FromArena(arena.NewBump(500))), p.wrap(p.plain))
	},
	"list from bump>plain": func(p *parts) Allocator {
		l, err := NewFreeListFrom(FromArena(arena.NewBump(500)), 64, 5, 16)
		require.NoError(p.t, err)
		return NewFallback(p.wrap(l), p.wrap(p.plain))
	},
	"arena of another kind>plain": func(p *parts) Allocator {
		return NewFallback(p.wrap(FromArena(struct{ Bumper }{arena.NewBump(500)})), p.wrap(p.plain))
	},
	"typed arena>owner": func(p *parts) Allocator {
		return NewFallback(p.wrap(FromTyped(arena.NewTyped[[8]uint64](5))), p.wrap(p.owner))
	},
	"arena over memory>list": func(p *parts) Allocator {
		a := arena.Over(make([]byte, 300))
		return NewFallback(p.wrap(FromArena(&a)), p.wrap(p.list))
	},
	"lazy bump>owner": func(p *parts) Allocator {
		a, err := arena.NewLazyBump(4096)
		require.NoError(p.t, err)
		p.t.Cleanup(func() { _ = a.Close() })
		return NewFallback(p.wrap(FromArena(a)), p.wrap(p.owner))
	},
	"limit(plain)":      func(p *parts) Allocator { return NewLimit(p.wrap(p.plain), 500) },
	"limit(list)>plain": func(p *parts) Allocator { return NewFallback(NewLimit(p.wrap(p.list), 100), p.wrap(p.plain)) },
	"failing(owner)>plain": func(p *parts) Allocator {
		return NewFallback(NewFailing(p.wrap(p.owner), 20), p.wrap(p.plain))
	},
	"tracker(list>plain)": func(p *parts) Allocator {
		k := NewTracker(NewFallback(p.wrap(p.list), p.wrap(p.plain)))
		p.t.Cleanup(func() { k.Check(p.t) })
		return k
	},
	"rows of lists>plain": func(p *parts) Allocator {
		n := 0
		l := NewList(func() Allocator {
			if n++; n > 3 {
				return nil
			}
			return p.wrap(NewFreeList(48, 2))
		})
		return NewFallback(l, p.wrap(p.plain))
	},
	"rows of plain": func(p *parts) Allocator {
		next := []Allocator{p.wrap(NewLimit(p.plain, 200)), p.wrap(p.list), p.wrap(p.plain), p.wrap(p.plain2)}
		return NewList(func() Allocator {
			if len(next) == 0 {
				return nil
			}
			a := next[0]
			next = next[1:]
			return a
		})
	},
	"local>plain": func(p *parts) Allocator {
		l := NewLocal(make([]byte, 200), NewSpill(p.wrap(p.plain)))
		p.local = &l
		return &l
	},
	"local>list>heap": func(p *parts) Allocator {
		l := NewLocal(make([]byte, 200), NewSpill(NewFallback(p.wrap(p.list), p.wrap(Heap{}))))
		return NewStats(&l)
	},
	"local": func(p *parts) Allocator {
		l := NewLocal(make([]byte, 400), nil)
		return &l
	},
}

// block is a block as the model knows it.
type block struct {
	b     []byte
	align int
	want  []byte
}

// choices is where a program comes from: at random or from a fuzzer.
type choices interface {
	next(n int) int // from 0 to n-1
	done() bool
}

type randomChoices struct {
	*rand.Rand
	left int
}

func (r *randomChoices) next(n int) int { return r.IntN(n) }
func (r *randomChoices) done() bool     { r.left--; return r.left < 0 }

type byteChoices []byte

func (c *byteChoices) next(n int) int {
	if len(*c) == 0 {
		return 0
	}
	v := int((*c)[0]) % n
	*c = (*c)[1:]
	return v
}
func (c *byteChoices) done() bool { return len(*c) == 0 }

// machine runs one program.
type machine struct {
	t     testing.TB
	c     choices
	build func(*parts) Allocator
	p     *parts
	all   []*block // of all scopes, for overlap
	stamp byte
}

func (m *machine) check() {
	type span struct{ from, to uintptr }
	spans := make([]span, 0, len(m.all))
	for _, x := range m.all {
		if string(x.b) != string(x.want) {
			require.Equal(m.t, x.want, x.b, "contents changed")
		}
		spans = append(spans, span{addr(x.b), addr(x.b) + uintptr(footprint(len(x.b)))})
	}
	slices.SortFunc(spans, func(x, y span) int {
		if x.from < y.from {
			return -1
		}
		return 1
	})
	for i := 1; i < len(spans); i++ {
		if spans[i-1].to > spans[i].from {
			require.Fail(m.t, "blocks overlap", "%x", spans)
		}
	}
}

func (m *machine) write(x *block) {
	for i := range x.b {
		m.stamp = m.stamp*5 + 17
		x.b[i] = m.stamp
	}
	x.want = slices.Clone(x.b)
}

var sizes = []int{0, 1, 2, 3, 7, 8, 15, 16, 17, 24, 31, 32, 33, 47, 48, 49, 64, 65, 90, 99, 100, 150, 333, 800}

func (m *machine) size() int { return sizes[m.c.next(len(sizes))] }

// run executes operations until the choices end or the scope does.
func (m *machine) run(depth int) {
	a := m.build(m.p)
	live := []*block{}
	drop := func(i int) *block {
		x := live[i]
		live = slices.Delete(live, i, i+1)
		m.all = slices.DeleteFunc(m.all, func(y *block) bool { return x == y })
		return x
	}
	for !m.c.done() {
		switch op := m.c.next(16); {
		case op < 6:
			size, align := m.size(), 1<<m.c.next(8)
			b, err := a.Alloc(size, align)
			if err != nil {
				requireFixed(m.t, err)
				break
			}
			requireBlock(m.t, b, size, align)
			x := &block{b: b, align: align}
			m.write(x)
			live, m.all = append(live, x), append(m.all, x)
			m.owned(a, b)
		case op < 10 && len(live) > 0:
			i := m.c.next(len(live))
			if op == 6 {
				i = len(live) - 1 // last in, first out
			}
			a.Free(drop(i).b)
		case op < 14 && len(live) > 0:
			x := live[m.c.next(len(live))]
			m.resize(a, x, m.size())
			m.owned(a, x.b)
		case op == 14 && depth < 3:
			m.scope(depth)
		case op == 15 && depth > 0:
			m.leave(a, live)
			return
		}
		m.check()
	}
	m.leave(a, live)
	if depth == 0 {
		require.Empty(m.t, m.all)
	}
}

func (m *machine) resize(a Allocator, x *block, size int) {
	var b []byte
	var err error
	r, ok := a.(Resizer)
	if ok && m.c.next(2) == 0 {
		b, err = r.Resize(x.b, size)
	} else {
		b, err = Resize(a, x.b, size, x.align)
	}
	if err != nil {
		requireFixed(m.t, err)
		return // check finds out whether the block is as it was
	}
	m.resized(x, b, size)
}

// resized checks that b is what x is to become, and writes to it.
func (m *machine) resized(x *block, b []byte, size int) {
	requireBlock(m.t, b, size, x.align)
	n := min(size, len(x.want))
	require.Equal(m.t, x.want[:n], b[:n], "contents after Resize")
	x.b = b
	m.write(x)
}

// owned checks that an owner of everything owns b, and not more.
func (m *machine) owned(a Allocator, b []byte) {
	if n := asNode("test", a); n.tells() {
		require.Equal(m.t, yes, n.who(b))
		require.True(m.t, a.(Owner).Owns(b))
		require.False(m.t, a.(Owner).Owns(b[:0:0]))
	}
}

// scope runs a part of the program within a scope, while the outer one refuses.
func (m *machine) scope(depth int) {
	outer := m.p.scoped
	before := outer.used
	how := m.c.next(3)
	failed := errors.New("failed")
	body := func(inner *Scoped) error {
		require.ErrorIs(m.t, outer.Scope(func(*Scoped) error { panic("called") }), ErrOutOfMemory)
		_, err := outer.Alloc(1, 1)
		require.ErrorIs(m.t, err, ErrOutOfMemory)
		saved := *m.p
		m.p.scoped = inner
		m.run(depth + 1)
		m.p.scoped, m.p.stats, m.p.local = saved.scoped, saved.stats, saved.local
		switch how {
		case 1:
			return failed
		case 2:
			panic(failed)
		}
		return nil
	}
	var err error
	func() {
		defer func() {
			if v := recover(); v != nil {
				if v != failed {
					panic(v)
				}
				require.Equal(m.t, 2, how)
				err = failed
			}
		}()
		err = outer.Scope(body)
	}()
	if how == 0 {
		require.NoError(m.t, err)
	} else {
		require.Equal(m.t, failed, err)
	}
	require.LessOrEqual(m.t, outer.used, before, "the scope gave its memory back")
	require.False(m.t, outer.open)
}

// leave frees what the scope would not take back, in any order.
func (m *machine) leave(a Allocator, live []*block) {
	for len(live) > 0 {
		i := m.c.next(len(live))
		x := live[i]
		live = slices.Delete(live, i, i+1)
		m.all = slices.DeleteFunc(m.all, func(y *block) bool { return x == y })
		if m.p.scoped.base > 0 && m.p.scoped.Owns(x.b) && m.p.stats == nil && m.c.next(2) == 0 {
			continue
		}
		a.Free(x.b)
		m.check()
	}
	if s := m.p.stats; s != nil {
		c := s.Counts()
		require.Zero(m.t, c.LiveBlocks)
		require.Zero(m.t, c.LiveBytes)
		require.Equal(m.t, c.Allocs, c.Frees)
	}
	if l := m.p.local; l != nil {
		require.Zero(m.t, l.spill.Live())
	}
}

func requireFixed(t testing.TB, err error) {
	t.Helper()
	if !errors.Is(err, ErrOutOfMemory) && !errors.Is(err, ErrAlignment) {
		require.Fail(t, "error wraps neither value", "%v", err)
	}
}

// finish checks that nothing is left behind.
func (m *machine) finish() {
	for _, k := range []*tracker{m.p.plain, m.p.plain2, m.p.owner.tracker} {
		require.Empty(m.t, k.live, "%s leaks", k.name)
	}
	require.Equal(m.t, m.p.list.blocks, m.p.list.Left(), "free list leaks")
	require.Equal(m.t, m.p.small.blocks, m.p.small.Left(), "free list leaks")
	for _, word := range append(m.p.list.live, m.p.small.live...) {
		require.Zero(m.t, word)
	}
}

func runProgram(t testing.TB, build func(*parts) Allocator, c choices, wrap func(Allocator) Allocator) {
	m := &machine{t: t, c: c, build: build, p: newParts(t, wrap)}
	m.run(0)
	m.finish()
}

func same(a Allocator) Allocator { return a }

func compositionNames() []string {
	var names []string
	for name := range compositions {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func TestRandomPrograms(t *testing.T) {
	programs := 300
	if testing.Short() {
		programs = 30
	}
	for _, name := range compositionNames() {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(programs) {
				runProgram(t, compositions[name], &randomChoices{rand.New(rand.NewPCG(seed, 1)), 60}, same)
				if t.Failed() {
					t.Fatalf("seed %d", seed)
				}
			}
		})
	}
}

// Every call that reaches a leaf fails once, in turn: no failure may lose a
// block, change one or leave a scope open.
func TestForcedFailureAtEveryStep(t *testing.T) {
	programs := 12
	if testing.Short() {
		programs = 2
	}
	for _, name := range compositionNames() {
		t.Run(name, func(t *testing.T) {
			reached := 0
			for seed := range uint64(programs) {
				for at := 1; ; at++ {
					f := &faults{at: at}
					runProgram(t, compositions[name], &randomChoices{rand.New(rand.NewPCG(seed, 2)), 40}, f.flaky)
					if t.Failed() {
						t.Fatalf("seed %d, failure at %d", seed, at)
					}
					if f.seen < at {
						break
					}
					reached++
				}
			}
			if name != "local" {
				require.Positive(t, reached, "no failure was forced")
			}
		})
	}
}

func FuzzProgram(f *testing.F) {
	names := compositionNames()
	for i := range names {
		r := rand.New(rand.NewPCG(uint64(i), 3))
		program := make([]byte, 200)
		for j := range program {
			program[j] = byte(r.Uint32())
		}
		f.Add(uint8(i), uint16(i), program)
	}
	f.Fuzz(func(t *testing.T, which uint8, failAt uint16, program []byte) {
		if len(program) > 4000 {
			program = program[:4000]
		}
		c := byteChoices(program)
		fl := &faults{at: int(failAt)}
		runProgram(t, compositions[names[int(which)%len(names)]], &c, fl.flaky)
	})
}

func ExampleError() {
	_, err := NewFreeList(64, 2).Alloc(100, 8)
	var e *Error
	fmt.Println(errors.As(err, &e), e.Allocator, e.Left)
	fmt.Println(err)
	// Output:
	// true FreeList 128
	// alloc: out of memory: FreeList was asked for 100 bytes aligned to 8: its blocks have 64 bytes, 2 of them are left; make them larger, or put a Segregator or a Fallback in front
}
