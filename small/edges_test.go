package small_test

import (
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
	"weak"

	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/small"
)

func TestBadArgumentsPanic(t *testing.T) {
	refused(t, "less is nil", func() { small.HeapOver[int](nil, nil) })
	refused(t, "less is nil", func() { small.HeapOver(make([]int, 3), nil) })
	refused(t, "HeapOver", func() { var h small.Heap[int]; h.Push(1) })
	var h small.Heap[int]
	require.False(t, h.TryPush(1))
	for _, n := range []int{-1, math.MinInt} {
		refused(t, "negative", func() { small.SlotsFor(n) })
	}
	d := small.DequeOver(make([]int, 3))
	refused(t, "index 0 of 0", func() { d.At(0) })
	d.PushBack(1)
	d.PushFront(0)
	for _, i := range []int{-1, 2, 3, math.MaxInt, math.MinInt} {
		refused(t, "of 2 elements", func() { d.At(i) })
	}
	require.Equal(t, 2, d.Len())
}

func TestSlotsForIsEnough(t *testing.T) {
	for n := range 300 {
		s := small.SetOver(make([]small.Slot[int, struct{}], small.SlotsFor(n)))
		for i := range n {
			require.True(t, s.TryAdd(i), "%d of %d", i, n)
		}
		require.False(t, s.TryAdd(n))
		require.Equal(t, n, s.Len())
	}
}

// Without a block, and without any of the functions that take one.
func TestDequeWithoutABlock(t *testing.T) {
	var zero small.Deque[string]
	for _, d := range []small.Deque[string]{zero, small.DequeOver[string](nil), small.DequeOver([]string{})} {
		require.False(t, d.TryPushBack("x") || d.TryPushFront("x"))
		empty(t, d.PopFront)
		empty(t, d.PopBack)
		d.Clear()
		require.Zero(t, d.Len()+d.Cap())
		for range d.All() {
			t.Fatal("an element")
		}
		d.PushFront("b")
		d.PushFront("a")
		require.Equal(t, "ab", d.At(0)+d.At(1))
		require.True(t, d.TryPushBack("c"), "there is room on the heap")
	}
}

func TestVecWithoutABlock(t *testing.T) {
	var zero small.Vec[int]
	for _, v := range []small.Vec[int]{zero, small.VecOver[int](nil)} {
		require.False(t, v.TryPush(1))
		empty(t, v.Pop)
		v.Clear()
		require.Empty(t, v.Slice())
		v.Push(1)
		require.Equal(t, []int{1}, v.Slice())
	}
}

func TestHeapWithoutABlock(t *testing.T) {
	h := small.HeapOver(nil, func(a, b int) bool { return a > b })
	empty(t, h.Peek)
	empty(t, h.Pop)
	require.False(t, h.TryPush(1))
	h.Push(1)
	h.Push(3)
	h.Push(2)
	top, _ := h.Pop()
	require.Equal(t, 3, top)
	var zero small.Heap[int]
	empty(t, zero.Pop)
	empty(t, zero.Peek)
	zero.Clear()
	require.Zero(t, zero.Len())
}

func TestMapWithoutABlock(t *testing.T) {
	var zero small.Map[named, string]
	for _, m := range []small.Map[named, string]{zero, small.MapOver[named, string](nil)} {
		require.False(t, m.TryPut(1, "x"))
		empty(t, func() (string, bool) { return m.Get(1) })
		require.False(t, m.Delete(1))
		m.Clear()
		for range m.All() {
			t.Fatal("an entry")
		}
		for i := range named(100) {
			m.Put(i, word(int(i)))
		}
		for i := range named(100) {
			v, ok := m.Get(i)
			require.True(t, ok && v == word(int(i)))
		}
	}
	var s small.Set[string]
	require.False(t, s.Has("x") || s.TryAdd("x") || s.Delete("x"))
	require.True(t, s.Add("x"))
	require.False(t, s.Add("x"))
	s.Clear()
	require.Zero(t, s.Len())
}

// empty checks that there is nothing to be had.
func empty[T any](t *testing.T, take func() (T, bool)) {
	t.Helper()
	_, ok := take()
	require.False(t, ok)
}

// An index at which there is only len(block) room, whatever comes behind in memory.
func TestTheBlockEndsAtItsLength(t *testing.T) {
	all := []int{9, 9, 9, 9}
	v := small.VecOver(all[:2])
	d := small.DequeOver(all[:2])
	h := small.HeapOver(all[:2], func(a, b int) bool { return a < b })
	for i := range 3 {
		v.Push(i)
		d.PushBack(i)
		h.Push(i)
	}
	require.Equal(t, []int{0, 0, 9, 9}, all)
	_ = append(v.Slice(), 7)
	v.Push(3)
	require.Equal(t, []int{0, 1, 2, 3}, v.Slice())
}

// Elements without a size can be as many as an int can count, and none of the places is
// computed beyond that.
func TestBlocksOfEndlesslyManyElements(t *testing.T) {
	type nothing = struct{}
	block := make([]nothing, math.MaxInt)
	d := small.DequeOver(block)
	require.Equal(t, math.MaxInt/2, d.Cap())
	for range 3 {
		d.PushFront(nothing{})
		require.True(t, d.TryPushFront(nothing{}))
		d.PushBack(nothing{})
		require.True(t, d.TryPushBack(nothing{}))
		d.At(d.Len() - 1)
	}
	n := 0
	for range d.All() {
		n++
	}
	require.Equal(t, 12, n)
	for range 6 {
		_, front := d.PopFront()
		_, back := d.PopBack()
		require.True(t, front && back)
	}
	empty(t, d.PopBack)
	d.PushBack(nothing{})
	d.Clear()

	v, h := small.VecOver(block), small.HeapOver(block, func(_, _ nothing) bool { return false })
	for range 3 {
		v.Push(nothing{})
		h.Push(nothing{})
	}
	v.Pop()
	h.Pop()
	require.Equal(t, []int{2, 2}, []int{v.Len(), h.Len()})
	v.Clear()
	h.Clear()

	// A block that is too long for memory is refused where it would be made.
	require.Contains(t, panicOf(t, func() {
		stackalloc.Do(small.SlotsFor(math.MaxInt), func([]small.Slot[int, int]) {})
	}), "stackalloc: length out of range")
}

// What was in the block before does not matter.
func TestTheBlockMayBeDirty(t *testing.T) {
	type pair = small.Slot[uint32, uint32]
	block := make([]pair, 64)
	for round := range 20 {
		m := small.MapOver(block) // with what the last round left
		model := map[uint32]uint32{}
		for i := range uint32(64) {
			k := i * uint32(round+1) % 67
			m.Put(k, i)
			model[k] = i
			if i%3 == 0 {
				m.Delete(i)
				delete(model, i)
			}
			for k := range uint32(67) {
				v, ok := m.Get(k)
				want, there := model[k]
				require.True(t, v == want && ok == there, "round %d, %d", round, k)
			}
		}
		require.Equal(t, len(model), m.Len())
	}
}

// What left a collection is not kept alive by its block, nor is what is in it, once the
// collection has moved: after each of the steps the block is blank.
func TestPlacesAreZeroed(t *testing.T) {
	v := new(int)
	blank := func(t *testing.T, block []*int, steps ...func()) {
		t.Helper()
		for _, step := range steps {
			step()
			require.Equal(t, make([]*int, len(block)), block)
		}
	}
	t.Run("Deque", func(t *testing.T) {
		block := make([]*int, 5)
		d := small.DequeOver(block)
		blank(t, block, func() {
			for range 7 {
				d.PushBack(v)
				d.PushFront(v)
				d.PopBack()
				d.PopFront()
			}
		}, func() { d.PushBack(v); d.PushFront(v); d.Clear() }, func() { times(6, func() { d.PushFront(v) }) })
	})
	t.Run("Vec", func(t *testing.T) {
		block := make([]*int, 5)
		s := small.VecOver(block)
		blank(t, block, func() { s.Push(v); s.Pop() }, func() { s.Push(v); s.Push(v); s.Clear() },
			func() { times(6, func() { s.Push(v) }) })
	})
	t.Run("Heap", func(t *testing.T) {
		block := make([]*int, 5)
		h := small.HeapOver(block, func(a, b *int) bool { return *a < *b })
		times(5, func() { h.Push(v) })
		times(5, func() {
			h.Pop()
			for _, p := range block[h.Len():] {
				require.Nil(t, p)
			}
		})
		blank(t, block, func() { h.Push(v); h.Push(v); h.Clear() }, func() { times(6, func() { h.Push(v) }) })
	})
}

func times(n int, f func()) {
	for range n {
		f()
	}
}

func TestPlacesOfAMapAreZeroed(t *testing.T) {
	v := new(int)
	block := make([]small.Slot[*int, *int], 5)
	m := small.MapOver(block)
	keys := make([]*int, 6)
	blank := func() {
		t.Helper()
		for i := range block {
			k, v := block[i].Contents()
			require.True(t, k == nil && v == nil, i)
		}
	}
	for i := range keys {
		keys[i] = new(int)
	}
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 0, 2}} {
		for _, k := range keys[:3] {
			m.Put(k, v)
		}
		for _, i := range order {
			m.Delete(keys[i])
		}
		blank()
	}
	m.Put(keys[0], v)
	m.Put(keys[1], v)
	m.Clear()
	blank()
	for _, k := range keys {
		m.Put(k, v)
	}
	blank()
	require.Equal(t, 6, m.Len())
}

// The places that a collection has on the heap keep nothing alive either.
func TestPlacesOnTheHeapAreZeroed(t *testing.T) {
	var d small.Deque[*[100]int]
	var gone []weak.Pointer[[100]int]
	for range 20 {
		v := new([100]int)
		d.PushBack(v)
		gone = append(gone, weak.Make(v))
	}
	for d.Len() > 1 {
		d.PopFront()
	}
	runtime.GC()
	for _, w := range gone[:19] {
		require.Nil(t, w.Value())
	}
	require.NotNil(t, gone[19].Value())
	runtime.KeepAlive(&d)
}

// Deleting leaves holes that the next keys take, so that a Map of which keys come and go
// stays in its block for ever, and finds no more than its entries on its way.
func TestDeletionLeavesNothing(t *testing.T) {
	block := make([]small.Slot[int, int], 50)
	m := small.MapOver(block)
	for i := range 100_000 {
		require.True(t, m.TryPut(i, i))
		if i >= 49 {
			require.True(t, m.Delete(i-49))
		}
		if i%1000 == 0 {
			used, holes := m.Places()
			require.Equal(t, m.Len(), used-holes)
			require.LessOrEqual(t, used, 50)
			mean, longest := m.Chains()
			require.Less(t, mean, 2.0)
			require.Less(t, longest, 15)
		}
	}
	for k := range m.All() {
		m.Delete(k)
	}
	used, holes := m.Places()
	require.Zero(t, used+holes)
}

// The order of a loop is that of adding, also after a move, until something is deleted.
func TestMapKeepsTheOrder(t *testing.T) {
	m := small.MapOver(make([]small.Slot[string, int], 10))
	for i := range 300 {
		m.Put(word(i*7%500), i)
		m.Put(word(0), -1)
	}
	i := 0
	for k, v := range m.All() {
		if i > 0 {
			require.True(t, k == word(i*7%500) && v == i)
		}
		i++
	}
	require.Equal(t, 300, i)
}

// A loop that adds an entry each time ends, as it does over a map.
func TestLoopsThatAddEnd(t *testing.T) {
	m := small.MapOver(make([]small.Slot[int, int], 4))
	m.Put(0, 0)
	for k := range m.All() {
		m.Put(k+1, 0)
	}
	require.Equal(t, 2, m.Len())
	s := small.SetOver(make([]small.Slot[int, struct{}], 4))
	s.Add(0)
	for k := range s.Each {
		s.Add(k + 1)
	}
	require.Equal(t, 2, s.Len())
}

func TestLoopsThatChangeADeque(t *testing.T) {
	d := small.DequeOver(make([]int, 4))
	for i := range 4 {
		d.PushBack(i)
	}
	var came []int
	for i, v := range d.All() {
		require.Equal(t, v, d.At(i))
		came = append(came, v)
		if v < 3 {
			d.PushBack(v + 10) // moves to the heap
		}
	}
	require.Equal(t, []int{0, 1, 2, 3, 10, 11, 12}, came)
	came = nil
	for _, v := range d.All() { // the one after the next
		came = append(came, v)
		d.PopFront()
	}
	require.Equal(t, []int{0, 2, 10, 12}, came)
	for range d.All() {
		d.Clear()
	}
	require.Zero(t, d.Len())
}

func TestLoopsThatChangeAMap(t *testing.T) {
	m := small.MapOver(make([]small.Slot[int, int], 4))
	for i := range 4 {
		m.Put(i, i)
	}
	n := 0
	for k := range m.All() { // moves to the heap
		m.Put(k+100, k)
		m.Put(k, -1)
		if n++; n > 50 {
			break
		}
	}
	for k, v := range m.All() {
		if k%2 == 0 {
			m.Delete(k)
		}
		require.True(t, v == -1 || k-100 == v)
	}
	for k := range m.All() {
		require.Equal(t, 1, k%2)
		m.Clear()
	}
	require.Zero(t, m.Len())
}

func TestLoopsThatChangeASet(t *testing.T) {
	s := small.SetOver(make([]small.Slot[int, struct{}], 10))
	for i := range 10 {
		s.Add(i)
	}
	came := 0
	for k := range s.All() {
		s.Delete(9 - k)
		came++
	}
	require.Equal(t, 5, came)
	require.Equal(t, 5, s.Len())
}

func TestLoopsInLoops(t *testing.T) {
	s := small.SetOver(make([]small.Slot[int, struct{}], 10))
	for i := range 10 {
		s.Add(i)
	}
	pairs := 0
	for range s.All() {
		for range s.Each {
			pairs++
		}
	}
	require.Equal(t, 100, pairs)
}

// A less that panics leaves the Heap as it was.
func TestLessThatPanics(t *testing.T) {
	for fuse := range 12 {
		left := -1
		h := small.HeapOver(make([]int, 40), func(a, b int) bool {
			if left == 0 {
				panic("less")
			}
			left--
			return a < b
		})
		for i := range 40 {
			h.Push(i * 17 % 41)
		}
		calls := func(f func()) {
			defer func() { left = -1; _ = recover() }()
			left = fuse
			f()
		}
		n := h.Len()
		calls(func() { h.Push(-1) }) // to the heap, or not
		if h.Len() > n {
			v, _ := h.Pop()
			require.Equal(t, -1, v)
		}
		calls(func() { h.Pop() })
		if h.Len() < n {
			h.Push(0)
		}
		for want := range 41 {
			if want == 24 {
				continue // 40 * 17 % 41
			}
			v, ok := h.Pop()
			require.True(t, ok)
			require.Equal(t, want, v)
		}
		require.Zero(t, h.Len())
	}
}

// So does one that ends the goroutine.
func TestLessThatExits(t *testing.T) {
	exits := false
	h := small.HeapOver(make([]int, 3), func(a, b int) bool {
		if exits {
			runtime.Goexit()
		}
		return a < b
	})
	for i := range 3 {
		h.Push(3 - i)
	}
	exits = true
	for _, f := range []func(){func() { h.Push(0) }, func() { h.Pop() }} {
		done := make(chan bool)
		go func() {
			defer close(done)
			f()
		}()
		<-done
	}
	exits = false
	for want := range 3 {
		v, ok := h.Pop()
		require.True(t, ok && v == want+1)
	}
	require.Zero(t, h.Len())
}

// A less that is no order costs the order only: no element is lost or comes twice.
func TestLessThatIsNoOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for name, less := range map[string]func(a, b int) bool{
		"random": func(_, _ int) bool { return r.IntN(2) == 0 },
		"always": func(_, _ int) bool { return true },
		"never":  func(_, _ int) bool { return false },
	} {
		h := small.HeapOver(make([]int, 20), less)
		model := map[int]bool{}
		for i := range 2000 {
			if r.IntN(2) == 0 {
				h.Push(i)
				model[i] = true
			} else if v, ok := h.Pop(); ok {
				require.True(t, model[v], name)
				delete(model, v)
			}
			require.Equal(t, len(model), h.Len(), name)
		}
	}
}

// A loop that is left by a panic leaves the collection as it is.
func TestLoopsThatPanic(t *testing.T) {
	m := small.MapOver(make([]small.Slot[int, int], 3))
	d := small.DequeOver(make([]int, 3))
	for i := range 20 {
		m.Put(i, i)
		d.PushBack(i)
	}
	panicOf(t, func() {
		for k := range m.All() {
			m.Delete(k)
			if k == 10 {
				panic("left")
			}
		}
	})
	panicOf(t, func() {
		for i := range d.Each {
			if d.PopFront(); i == 5 {
				panic("left")
			}
		}
	})
	require.NoError(t, m.Check())
	require.Equal(t, []int{9, 14}, []int{m.Len(), d.Len()})
}
