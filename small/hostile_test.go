package small_test

import (
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"weak"

	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc/small"
)

// Keys of which all that goes without an index for strings is the same: their ends and
// their length. Up to 16 all are compared, and none is taken for another.
func TestKeysWithEqualEnds(t *testing.T) {
	for _, n := range []int{1, 8, 9, 16, 17, 300} {
		m := small.MapOver(make([]small.Slot[string, int], n))
		for i := range n {
			m.Put(fmt.Sprintf("beginning %03d the end of it", i), i)
		}
		for i := range n {
			v, ok := m.Get(fmt.Sprintf("beginning %03d the end of it", i))
			require.True(t, ok && v == i, "%d of %d", i, n)
		}
		require.Equal(t, n, m.Len())
		require.NoError(t, m.Check())
	}
}

// Strings of all lengths around those at which their ends are read otherwise.
func TestKeysOfEveryLength(t *testing.T) {
	m := small.MapOver(make([]small.Slot[string, int], 16))
	for from := range 20 {
		m.Clear()
		for i := range 16 {
			m.Put(strings.Repeat("x", from+i), i)
		}
		for i := range 16 {
			v, ok := m.Get(strings.Repeat("x", from+i))
			require.True(t, ok && v == i)
		}
		_, ok := m.Get(strings.Repeat("x", from+16))
		require.False(t, ok)
	}
}

// NaN has another hash each time, also when the index is made, or made larger.
func TestKeysThatAreNaNMoveTheIndex(t *testing.T) {
	for _, places := range []int{0, 16, 17, 1000} {
		m := small.MapOver(make([]small.Slot[float64, int], places))
		for i := range 1000 {
			m.Put(math.NaN(), i)
			m.Put(float64(i), i)
			require.NoError(t, m.Check())
		}
		require.Equal(t, 2000, m.Len())
		for i := range 1000 {
			require.True(t, m.Delete(float64(i)))
		}
		require.NoError(t, m.Check())
		n := 0
		for k := range m.All() {
			require.True(t, math.IsNaN(k))
			n++
		}
		require.Equal(t, 1000, n)
	}
}

// A key that cannot be compared changes nothing, with an index or without one, in a
// full block or not.
func TestPanicsOfKeysChangeNothing(t *testing.T) {
	for _, n := range []int{0, 1, 15, 16, 17, 200} {
		m := small.MapOver(make([]small.Slot[any, int], n))
		for i := range n {
			m.Put(i, i)
		}
		for _, bad := range []any{[]int{}, func() {}, [1]any{map[int]int{}}} {
			panicOf(t, func() { m.Put(bad, 1) })
			panicOf(t, func() { m.TryPut(bad, 1) })
			panicOf(t, func() { m.Get(bad) })
			panicOf(t, func() { m.Delete(bad) })
		}
		require.Equal(t, n, m.Len())
		require.NoError(t, m.Check())
	}
}

// What was deleted or cleared, or was overwritten by an equal key, is not kept alive,
// nor is a key by what finds it.
func TestMapKeepsNothingAlive(t *testing.T) {
	for _, n := range []int{5, 16, 40} {
		block := make([]small.Slot[*[64]int, *[64]int], 40)
		m := small.MapOver(block)
		var gone []weak.Pointer[[64]int]
		for range n {
			k, v := new([64]int), new([64]int)
			m.Put(k, v)
			gone = append(gone, weak.Make(k), weak.Make(v))
		}
		for k := range m.All() {
			if m.Len() > n/2 {
				m.Delete(k)
			} else {
				m.Put(k, nil)
			}
		}
		runtime.GC()
		alive := 0
		for _, w := range gone {
			if w.Value() != nil {
				alive++
			}
		}
		require.Equal(t, n/2, alive)
		m.Clear()
		runtime.GC()
		for _, w := range gone {
			require.Nil(t, w.Value())
		}
		runtime.KeepAlive(block)
	}
}

// Elements that are larger than a page, and blocks of one.
func TestLargeElements(t *testing.T) {
	type large [1 << 13]byte
	m := small.MapOver(make([]small.Slot[int, large], 1))
	d := small.DequeOver(make([]large, 1))
	v := small.VecOver(make([]large, 1))
	for i := range 40 {
		x := large{byte(i), 1 << 12: byte(i)}
		m.Put(i, x)
		d.PushFront(x)
		v.Push(x)
	}
	for i := range 40 {
		x, ok := m.Get(i)
		require.True(t, ok && x[0] == byte(i) && x[1<<12] == byte(i))
		require.True(t, d.At(39 - i)[1<<12] == byte(i) && v.Slice()[i][1<<12] == byte(i))
	}
	require.NoError(t, m.Check())
}

// The largest elements of which it is said that they allocate nothing.
func TestLargeElementsAllocateNothing(t *testing.T) {
	type large [100 << 10]byte
	elements, slots := make([]large, 3), make([]small.Slot[uint8, [100<<10 - 1]byte], 3)
	require.Zero(t, testing.AllocsPerRun(5, func() {
		d, v := small.DequeOver(elements[:1]), small.VecOver(elements[1:2])
		h := small.HeapOver(elements[2:], func(a, b large) bool { return a[0] < b[0] })
		d.PushFront(large{1})
		d.PopBack()
		d.PushBack(large{1})
		d.PopFront()
		v.Push(large{1})
		v.Pop()
		h.Push(large{1})
		h.Pop()
		m := small.MapOver(slots)
		m.Put(1, [100<<10 - 1]byte{1})
		m.TryPut(2, [100<<10 - 1]byte{1})
		m.Get(1)
		m.Delete(1)
		m.Clear()
	}))
}

// Blocks of 1 to 40 slots with what another Map left, at every number of entries.
func TestDirtyBlocksOfEveryLength(t *testing.T) {
	block := make([]small.Slot[int, int], 300)
	for n := range 300 {
		m := small.MapOver(block[:n])
		for i := range n + 2 {
			_, ok := m.Get(i)
			require.False(t, ok)
			require.Equal(t, i < n || i > n, m.TryPut(i, n), "%d of %d", i, n)
			if i == n {
				m.Put(i, n)
			}
		}
		for i := range n + 2 {
			v, ok := m.Get(i)
			require.True(t, ok && v == n)
		}
		require.NoError(t, m.Check())
	}
}
