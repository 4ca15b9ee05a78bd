package arena_test

import (
	"math"
	"runtime"
	"slices"
	"testing"
	"unsafe"
	"weak"

	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc/arena"
)

func TestTypedHoldsValuesInOrder(t *testing.T) {
	const capacity = 3000
	eachTypedArena(t, capacity, func(t *testing.T, a typedArena[string]) {
		for round := range 3 {
			require.Equal(t, capacity, a.Cap())
			require.Zero(t, a.Len())
			var want []*string
			for i := range capacity {
				p := must(a.Alloc(string(rune('a' + i%26))))(t)
				want = append(want, p)
			}
			p, ok := a.Alloc("x")
			require.False(t, ok)
			require.Nil(t, p)
			require.Equal(t, capacity, a.Len())
			require.Equal(t, want, slices.Collect(a.All()), "round %d", round)
			for i, p := range want {
				require.Equal(t, string(rune('a'+i%26)), *p)
			}
			a.Reset()
			require.Empty(t, slices.Collect(a.All()))
		}
	})
}

func TestTypedZeroCapacity(t *testing.T) {
	check := func(t *testing.T, a typedArena[*int]) {
		require.Zero(t, a.Cap())
		p, ok := a.Alloc(new(int))
		require.False(t, ok)
		require.Nil(t, p)
		require.Zero(t, a.Len())
		require.Empty(t, slices.Collect(a.All()))
		a.OnDrop(func(**int) { t.Error("nothing to drop") })
		a.Rewind(a.Mark())
		a.Reset()
	}
	eachTypedArena(t, 0, check)
	t.Run("zero value", func(t *testing.T) {
		check(t, new(arena.Typed[*int]))
		check(t, new(arena.LazyTyped[*int]))
		require.NoError(t, new(arena.LazyTyped[*int]).Close())
	})
	t.Run("without pointers", func(t *testing.T) {
		eachTypedArena(t, 0, func(t *testing.T, a typedArena[int]) {
			refused(a.Alloc(1))(t)
			a.Reset()
		})
	})
}

// linalloc 1.x never calls the destructors of values without a size.
func TestZeroSizedValuesAreDropped(t *testing.T) {
	type unit struct{}
	for _, capacity := range []int{5, math.MaxInt} {
		eachTypedArena(t, capacity, func(t *testing.T, a typedArena[unit]) {
			drops := 0
			a.OnDrop(func(p *unit) {
				require.NotNil(t, p)
				drops++
			})
			require.Equal(t, capacity, a.Cap())
			for i := range 5 {
				p := must(a.Alloc(unit{}))(t)
				require.NotNil(t, p)
				require.Equal(t, i+1, a.Len())
			}
			_, ok := a.Alloc(unit{})
			require.Equal(t, capacity > 5, ok)
			n := a.Len()
			require.Len(t, slices.Collect(a.All()), n)
			a.Reset()
			require.Equal(t, n, drops)
			a.Reset()
			require.Equal(t, n, drops)
		})
	}
}

func TestDropsRunInReverseOnceEach(t *testing.T) {
	const n = 1000
	eachTypedArena(t, n, func(t *testing.T, a typedArena[[10]*int]) {
		var got []int
		a.OnDrop(func(p *[10]*int) { got = append(got, *p[0]) })
		for i := range n {
			must(a.Alloc([10]*int{0: &i}))(t)
		}
		a.Reset()
		var want []int
		for i := range n {
			want = append(want, n-1-i)
		}
		require.Equal(t, want, got)
		a.Reset()
		require.Len(t, got, n)
	})
}

// linalloc 1.x drops values again that were dropped before one panicked.
func TestPanicInDropDoesNotDropTwice(t *testing.T) {
	const n = 2000
	test := func(t *testing.T, a typedArena[*int], reset func()) {
		drops := make([]int, n)
		var order []int
		a.OnDrop(func(p **int) {
			i := **p
			drops[i]++
			order = append(order, i)
			if i%7 == 0 {
				panic(i)
			}
		})
		for i := range n {
			must(a.Alloc(&i))(t)
		}
		for i := n - 1 - (n-1)%7; i >= 0; i -= 7 {
			require.PanicsWithValue(t, i, reset)
			require.Equal(t, i, a.Len(), "the rest stays")
		}
		require.NotPanics(t, reset)
		require.Zero(t, a.Len())
		for i, d := range drops {
			require.Equal(t, 1, d, i)
			require.Equal(t, n-1-i, order[i])
		}
	}
	eachTypedArena(t, n, func(t *testing.T, a typedArena[*int]) { test(t, a, a.Reset) })
	t.Run("Rewind", func(t *testing.T) {
		eachTypedArena(t, n, func(t *testing.T, a typedArena[*int]) {
			m := a.Mark()
			test(t, a, func() { a.Rewind(m) })
		})
	})
	t.Run("Close", func(t *testing.T) {
		a := newLazyTyped[*int](t, n)
		test(t, a, func() { _ = a.Close() })
		require.Zero(t, a.Cap())
	})
}

func TestAllocAfterAPanicInDrop(t *testing.T) {
	eachTypedArena(t, 3, func(t *testing.T, a typedArena[int]) {
		var got []int
		a.OnDrop(func(p *int) {
			got = append(got, *p)
			if *p == 1 {
				panic("one")
			}
		})
		for i := range 3 {
			a.Alloc(i)
		}
		require.PanicsWithValue(t, "one", a.Reset)
		require.Equal(t, 1, a.Len())
		must(a.Alloc(10))(t)
		a.Reset()
		require.Equal(t, []int{2, 1, 10, 0}, got)
	})
}

func TestGoexitInDrop(t *testing.T) {
	a := arena.NewTyped[int](3)
	var got []int
	a.OnDrop(func(p *int) {
		got = append(got, *p)
		if *p == 1 {
			runtime.Goexit()
		}
	})
	for i := range 3 {
		a.Alloc(i)
	}
	done := make(chan bool)
	go func() {
		defer close(done)
		a.Reset()
	}()
	<-done
	a.Reset()
	require.Equal(t, []int{2, 1, 0}, got)
}

func TestASecondOnDropReplacesTheFirst(t *testing.T) {
	eachTypedArena(t, 4, func(t *testing.T, a typedArena[int]) {
		var got []int
		a.Alloc(1)
		a.OnDrop(func(*int) { t.Error("replaced") })
		a.Alloc(2)
		a.OnDrop(func(p *int) { got = append(got, *p) })
		a.Alloc(3)
		a.Reset()
		require.Equal(t, []int{3, 2, 1}, got)
		a.Alloc(4)
		a.OnDrop(nil)
		a.Reset()
		require.Len(t, got, 3)
	})
}

func TestRewindDropsWhatItPassesOver(t *testing.T) {
	eachTypedArena(t, 5000, func(t *testing.T, a typedArena[*int]) {
		var got []int
		a.OnDrop(func(p **int) { got = append(got, **p) })
		add := func(from, to int) {
			for i := from; i < to; i++ {
				must(a.Alloc(&i))(t)
			}
		}
		add(0, 1000)
		m := a.Mark()
		a.Rewind(m)
		require.Empty(t, got)
		add(1000, 4000)
		a.Rewind(m)
		require.Len(t, got, 3000)
		require.Equal(t, 3999, got[0])
		require.Equal(t, 1000, got[2999])
		require.Equal(t, 1000, a.Len())
		a.Rewind(m)
		require.Len(t, got, 3000)
		got = nil
		add(1000, 1010)
		a.Reset()
		require.Len(t, got, 1010)
		require.Equal(t, 1009, got[0])
		require.Equal(t, 0, got[1009])
	})
}

func TestADropFunctionMustNotChangeItsArena(t *testing.T) {
	for name, change := range map[string]func(a typedArena[int]){
		"Alloc":  func(a typedArena[int]) { a.Alloc(1) },
		"Reset":  func(a typedArena[int]) { a.Reset() },
		"OnDrop": func(a typedArena[int]) { a.OnDrop(nil) },
		"Rewind": func(a typedArena[int]) { a.Rewind(arena.Mark{}) },
		"Close": func(a typedArena[int]) {
			if c, ok := a.(lazy); ok {
				_ = c.Close()
			} else {
				a.Reset()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachTypedArena(t, 10, func(t *testing.T, a typedArena[int]) {
				drops := 0
				a.OnDrop(func(*int) {
					if drops++; drops == 2 {
						change(a)
					}
				})
				for i := range 5 {
					a.Alloc(i)
				}
				require.Contains(t, panics(t, a.Reset), "drop function")
				require.Equal(t, 3, a.Len())
				a.Reset()
				require.Equal(t, 5, drops)
				must(a.Alloc(1))(t)
			})
		})
	}
}

func TestADropFunctionMayLookAtItsArena(t *testing.T) {
	eachTypedArena(t, 10, func(t *testing.T, a typedArena[int]) {
		a.OnDrop(func(p *int) {
			require.Equal(t, *p, a.Len(), "what is being dropped no longer counts")
			require.Len(t, slices.Collect(a.All()), *p)
		})
		for i := range 10 {
			a.Alloc(i)
		}
		a.Reset()
		require.Zero(t, a.Len())
	})
}

func TestAllWhileTheArenaChanges(t *testing.T) {
	eachTypedArena(t, 3000, func(t *testing.T, a typedArena[string]) {
		a.Alloc("0")
		n := 0
		for range a.All() {
			n++
			a.Alloc("more")
		}
		require.Equal(t, 3000, n)
		n = 0
		for range a.All() {
			if n++; n == 1500 {
				a.Reset()
			}
		}
		require.Equal(t, 1500, n)
		a.Alloc("1")
		a.Alloc("2")
		for p := range a.All() {
			require.Equal(t, "1", *p)
			break
		}
	})
}

func TestTheCollectorSeesEveryPointer(t *testing.T) {
	const n = 5000
	eachTypedArena(t, n, func(t *testing.T, a typedArena[list]) {
		var refs []weak.Pointer[list]
		for i := range n {
			next := &list{n: i}
			refs = append(refs, weak.Make(next))
			must(a.Alloc(list{next: next}))(t)
		}
		for range 3 {
			runtime.GC()
			churn()
		}
		i := 0
		for p := range a.All() {
			require.Equal(t, i, p.next.n)
			i++
		}
		require.Equal(t, n, i)
		alive := func() (n int) {
			runtime.GC()
			runtime.GC()
			for _, r := range refs {
				if r.Value() != nil {
					n++
				}
			}
			return n
		}
		require.Equal(t, n, alive())
		a.Reset()
		require.LessOrEqual(t, alive(), 1, "Reset lets go of what the values point to")
		runtime.KeepAlive(a)
	})
}

func TestRewindLetsGoOfPointers(t *testing.T) {
	const n = 2000
	eachTypedArena(t, n, func(t *testing.T, a typedArena[*list]) {
		var refs []weak.Pointer[list]
		var m arena.Mark
		for i := range n {
			if i == n/2 {
				m = a.Mark()
			}
			v := &list{n: i}
			refs = append(refs, weak.Make(v))
			a.Alloc(v)
		}
		a.Rewind(m)
		runtime.GC()
		runtime.GC()
		alive := 0
		for i, r := range refs {
			switch v := r.Value(); {
			case i < n/2:
				require.NotNil(t, v, i)
			case v != nil:
				alive++
			}
		}
		require.LessOrEqual(t, alive, 1)
		runtime.KeepAlive(a)
	})
}

// Slots whose drop functions ran before one panicked are cleared by the Reset
// that goes on.
func TestResetAfterAPanicLetsGoOfPointers(t *testing.T) {
	const n = 1000
	eachTypedArena(t, n, func(t *testing.T, a typedArena[*list]) {
		var refs []weak.Pointer[list]
		for i := range n {
			v := &list{n: i}
			refs = append(refs, weak.Make(v))
			a.Alloc(v)
		}
		a.OnDrop(func(p **list) {
			if (*p).n == 500 {
				panic("500")
			}
		})
		require.PanicsWithValue(t, "500", a.Reset)
		a.Reset()
		runtime.GC()
		runtime.GC()
		alive := 0
		for _, r := range refs {
			if r.Value() != nil {
				alive++
			}
		}
		require.LessOrEqual(t, alive, 1)
		runtime.KeepAlive(a)
	})
}

// churn makes garbage, so that memory freed by mistake is used for something
// else.
func churn() {
	for range 2000 {
		garbage = &list{n: -1}
	}
	garbage = nil
}

var garbage *list

func TestTypedAddressesNeverChange(t *testing.T) {
	eachTypedArena(t, 100_000, func(t *testing.T, a typedArena[[3]uint64]) {
		var at []uintptr
		var ps []*[3]uint64
		for i := range a.Cap() {
			p := must(a.Alloc([3]uint64{uint64(i), 1, 2}))(t)
			ps, at = append(ps, p), append(at, uintptr(unsafe.Pointer(p)))
		}
		runtime.GC()
		for i, p := range ps {
			if uintptr(unsafe.Pointer(p)) != at[i] || *p != [3]uint64{uint64(i), 1, 2} {
				t.Fatalf("value %d: at %p, was at %#x, holds %v", i, p, at[i], *p)
			}
		}
	})
}

func TestValuesLargerThanAChunk(t *testing.T) {
	eachTypedArena(t, 5, func(t *testing.T, a typedArena[[1 << 18]*int]) {
		for i := range 5 {
			p := must(a.Alloc([1 << 18]*int{1<<18 - 1: &i}))(t)
			require.Equal(t, i, *p[1<<18-1])
		}
		refused(a.Alloc([1 << 18]*int{}))(t)
	})
}
