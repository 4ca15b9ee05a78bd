package arena_test

import (
	"iter"
	"runtime"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/arena"
	"github.com/stackalloc/stackalloc/internal/measure"
	"github.com/stackalloc/stackalloc/noalloc"
)

func allocatesNothing(t *testing.T, f func()) {
	t.Helper()
	f()
	noalloc.Check(t, f, noalloc.Repeat(10))
}

func useBytes[A arena.Bytes](a A, b byteArena) {
	m := b.Mark()
	for {
		if _, ok := b.Alloc(64, 8); !ok {
			break
		}
	}
	b.Rewind(m)
	for range 10 {
		outer := b.Mark()
		v, _ := arena.New[plain](a)
		v.a++
		b.Mark()
		s, _ := arena.Slice[int32](a, 100)
		s[0]++
		b.Rewind(outer)
		b.Alloc(1, 1)
	}
	b.Reset()
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	t.Run("Bump", func(t *testing.T) {
		a := arena.NewBump(1 << 16)
		allocatesNothing(t, func() { useBytes(a, a) })
	})
	t.Run("LazyBump", func(t *testing.T) {
		a := newLazyBump(t, 1<<18)
		a.Retain(1 << 16)
		allocatesNothing(t, func() { useBytes(a, a) })
	})
	t.Run("Typed", func(t *testing.T) {
		a := arena.NewTyped[string](1000)
		allocatesNothing(t, func() {
			useTyped(a)
			a.Reset()
		})
	})
	t.Run("LazyTyped", func(t *testing.T) {
		a := newLazyTyped[string](t, 1000)
		allocatesNothing(t, func() {
			useTyped(a)
			a.Reset()
		})
	})
}

// The loop over All costs no allocation because All is inlined, so not in a
// build without inlining.
func TestAllAllocatesNothing(t *testing.T) {
	if testing.AllocsPerRun(10, func() {
		for range inlined(3) {
			garbage = nil
		}
	}) > 0 {
		t.Skip("nothing is inlined in this build")
	}
	typed, lazyTyped := arena.NewTyped[string](10), newLazyTyped[string](t, 10)
	useTyped(typed)
	useTyped(lazyTyped)
	allocatesNothing(t, func() {
		for p := range typed.All() {
			*p += ""
		}
		for p := range lazyTyped.All() {
			*p += ""
		}
	})
}

func inlined(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := 0; i < n && yield(i); i++ {
			garbage = nil
		}
	}
}

func useTyped(a typedArena[string]) {
	a.OnDrop(func(p *string) { *p = "" })
	m := a.Mark()
	for range 3 {
		a.Rewind(m)
		for {
			if _, ok := a.Alloc("v"); !ok {
				break
			}
		}
	}
}

// Over is of use on the stack only because escape analysis sees that neither
// the memory nor the arena leaves the function, whatever is called.
func TestEscapeAnalysisKeepsOverOnTheStack(t *testing.T) {
	allocatesNothing(t, func() {
		var buf [4096]byte
		a := arena.Over(buf[:])
		m := a.Mark()
		b, ok := a.Alloc(100, 8)
		if !ok {
			t.Error("full")
		}
		b[0]++
		v, _ := arena.New[plain](&a)
		v.a++
		s, _ := arena.Slice[uint16](&a, 100)
		s[0]++
		if s, ok = arena.Append(&a, s, 1, 2, 3); !ok || len(s) != 103 {
			t.Error("not appended")
		}
		text, _ := arena.String(&a, "text")
		if c, _ := arena.Copy(&a, s); len(c)+len(text) != 107 {
			t.Error("not copied")
		}
		a.Rewind(m)
		a.Reset()
		if a.Used() != 0 || a.Cap() != 4096 {
			t.Error("not empty")
		}
	})
}

// A block of the root package stays on the stack when an arena is laid over it,
// which takes a proof that it does not leak through the arena.
func TestOverAStackBlockKeepsItOnTheStack(t *testing.T) {
	proven := false
	stackalloc.Uninit(300, func(s []byte) { proven = stackalloc.OnStack(s) })
	if !proven {
		t.Skip("this build has no blocks on the stack")
	}
	for _, n := range []int{100, 500} { // larger ones may be recycled blocks
		var onStack, ok bool
		var sum uint64
		allocatesNothing(t, func() {
			stackalloc.Uninit(n, func(buf []byte) {
				onStack = stackalloc.OnStack(buf)
				a := arena.Over(buf)
				m := a.Mark()
				b, ok1 := a.Alloc(20, 4)
				v, ok2 := arena.New[uint64](&a)
				s, ok3 := arena.Slice[uint32](&a, 5)
				ok = ok1 && ok2 && ok3
				b[0], *v, s[4] = 1, 2, 3
				s, ok1 = arena.Append(&a, s[:4], 3, uint32(n))
				text, ok2 := arena.String(&a, "text")
				c, ok3 := arena.Copy(&a, s)
				ok = ok && ok1 && ok2 && ok3 && text == "text"
				sum = uint64(b[0]) + *v + uint64(c[4])
				a.Rewind(m)
				a.Reset()
			})
		})
		require.True(t, ok)
		require.EqualValues(t, 6, sum)
		require.True(t, onStack, "a block of %d", n)
	}
}

// The arena's pointer into a stack is one that the runtime adjusts when it
// moves the stack.
func TestOverSurvivesAMovingStack(t *testing.T) {
	done := make(chan bool)
	go func() {
		defer close(done)
		var buf [1024]byte
		a := arena.Over(buf[:])
		first, _ := arena.New[uint64](&a)
		*first = 42
		// Numbers, not pointers, so that nothing here makes buf escape.
		before := uintptr(unsafe.Pointer(&buf))
		measure.Deepen(200 << 10)
		start := uintptr(unsafe.Pointer(&buf))
		if start == before {
			t.Error("the stack did not move: this test has tested nothing")
		}
		second, ok := arena.New[uint64](&a)
		if !ok {
			t.Error("full")
			return
		}
		*second = 43
		at1, at2 := uintptr(unsafe.Pointer(first)), uintptr(unsafe.Pointer(second))
		if *first != 42 || at1 < start || at1 >= start+8 || at2 != at1+8 {
			t.Errorf("block at %#x, first %d at %#x, second at %#x", start, *first, at1, at2)
		}
	}()
	<-done
}

// The arenas hand out addresses of Go memory as fixed.
func TestGoHeapObjectsDoNotMove(t *testing.T) {
	a := arena.NewBump(100)
	p := address(mustAlloc(t, a, 1, 1))
	for range 5 {
		runtime.GC()
		churn()
	}
	require.Equal(t, p+1, address(mustAlloc(t, a, 1, 1)))
}
