package small_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/internal/measure"
	"github.com/stackalloc/stackalloc/small"
)

// NaN is not equal to itself: each is a key of its own, which only a loop finds.
func TestKeysThatAreNaN(t *testing.T) {
	for _, places := range []int{0, 2, 100} {
		m := small.MapOver(make([]small.Slot[float64, int], places))
		nan := math.NaN()
		for i := range 20 {
			m.Put(nan, i)
		}
		require.Equal(t, 20, m.Len())
		_, ok := m.Get(nan)
		require.False(t, ok)
		require.False(t, m.Delete(nan))
		sum := 0
		for k, v := range m.All() {
			require.True(t, math.IsNaN(k))
			sum += v
		}
		require.Equal(t, 190, sum)
		m.Put(1, 1)
		v, ok := m.Get(1)
		require.True(t, ok && v == 1)
		m.Clear()
		require.Zero(t, m.Len())
	}
	var s small.Set[any]
	require.True(t, s.Add(math.NaN()))
	require.True(t, s.Add(math.NaN()))
	require.True(t, s.Add([1]float64{math.NaN()}))
	require.Equal(t, 3, s.Len())
}

// 0 and -0 are equal, and as in a map the last that was put stays.
func TestKeysThatAreEqualAndDiffer(t *testing.T) {
	m := small.MapOver(make([]small.Slot[float64, int], 3))
	negative := math.Copysign(0, -1)
	m.Put(0, 1)
	m.Put(negative, 2)
	require.Equal(t, 1, m.Len())
	for k, v := range m.All() {
		require.True(t, math.Signbit(k))
		require.Equal(t, 2, v)
	}
}

func TestKeysOfInterfaceTypes(t *testing.T) {
	m := small.MapOver(make([]small.Slot[any, string], 2))
	keys := []any{1, int8(1), "1", 1.0, nil, struct{ a, b any }{1, "x"}, struct{ a, b any }{1, nil}, [2]any{}, &points[0], error(nil), 'x', complex(1, 0)}
	model := map[any]string{}
	for _, k := range keys {
		m.Put(k, fmt.Sprintf("%T", k))
		model[k] = fmt.Sprintf("%T", k)
	}
	require.Equal(t, len(model), m.Len())
	for k, v := range model {
		got, ok := m.Get(k)
		require.True(t, ok && got == v, k)
	}
}

// Also where there is a nil in them, other keys have other hashes, and equal ones the same.
func TestKeysWithNilInterfaces(t *testing.T) {
	type named struct {
		a any
		b int
		_ int
		c [2]any
		d error
	}
	const n = 1 << 10
	m := small.MapOver(make([]small.Slot[named, int], n))
	key := func(i int) (k named) {
		switch k.b = i / 4; i % 4 {
		case 0:
			k.a = word(i)
		case 1:
			k.c[0], k.d = float64(-i), failure{i}
		case 2:
			k.c[1] = struct{ p, q any }{nil, &points[i/4%len(points)]}
		}
		return k
	}
	for i := range n {
		m.Put(key(i), i)
	}
	for i := range n {
		v, ok := m.Get(key(i))
		require.True(t, ok && v == i)
	}
	chainsAreShort(t, &m)
	m.Clear()
	m.Put(named{a: math.Copysign(0, -1)}, 1)
	v, ok := m.Get(named{a: 0.0})
	require.True(t, ok && v == 1)
	require.Contains(t, panicOf(t, func() { m.Put(named{c: [2]any{nil, []int{}}}, 1) }), "hash of unhashable type")
}

// Fields without a name are no part of a key, nor is what is between fields.
func TestKeysWithFieldsThatAreNotCompared(t *testing.T) {
	type named struct {
		a byte
		_ int32
		b struct {
			c uint16
			_ [2]byte
		}
	}
	r := rand.New(rand.NewPCG(7, 8))
	for _, n := range []int{4, 100} {
		m := small.MapOver(make([]small.Slot[named, int], n))
		key := func(i int) *named {
			k := (*named)(unsafe.Pointer(&[2]uint64{r.Uint64(), r.Uint64()}))
			k.a, k.b.c = byte(i), uint16(i)
			return k
		}
		for i := range n {
			m.Put(*key(i), i)
		}
		for i := range n {
			v, ok := m.Get(*key(i))
			require.True(t, ok && v == i)
		}
		require.Equal(t, n, m.Len())
	}
}

// Strings side by side are not one string, whatever is in them.
func TestKeysThatAreTheSameTextInAll(t *testing.T) {
	const n = 100
	for _, part := range []string{"x", "\x00", "\x01\x00\x00\x00\x00\x00\x00\x00string"} {
		m := small.MapOver(make([]small.Slot[[2]string, int], n))
		for i := range n {
			m.Put([2]string{strings.Repeat(part, i), strings.Repeat(part, n-i)}, i)
		}
		require.Equal(t, n, m.Len())
		chainsAreShort(t, &m)
	}
}

// What cannot be compared panics, with the runtime's own error as for a map, and
// nothing is changed; also where there is nothing yet.
func TestKeysThatCannotBeCompared(t *testing.T) {
	for name, bad := range map[string]any{"slice": []int{1}, "map": map[int]int{}, "func": func() {}, "struct": struct{ a any }{[]int{}}} {
		t.Run(name, func(t *testing.T) {
			const want = "hash of unhashable type"
			require.Contains(t, panicOf(t, func() { _ = map[any]int{1: 1}[bad] }), want)
			var zero small.Map[any, int]
			for _, m := range []*small.Map[any, int]{&zero, mapOver(2), mapOver(0)} {
				for range 2 {
					require.Contains(t, panicOf(t, func() { m.Put(bad, 1) }), want)
					require.Contains(t, panicOf(t, func() { m.TryPut(bad, 1) }), want)
					require.Contains(t, panicOf(t, func() { m.Get(bad) }), want)
					require.Contains(t, panicOf(t, func() { m.Delete(bad) }), want)
					require.LessOrEqual(t, m.Len(), 1)
					m.Put("good", 2)
					v, ok := m.Get("good")
					require.True(t, ok && v == 2)
				}
			}
			var s small.Set[any]
			require.Contains(t, panicOf(t, func() { s.Has(bad) }), want)
			require.Contains(t, panicOf(t, func() { s.Add(bad) }), want)
		})
	}
}

func mapOver(n int) *small.Map[any, int] {
	m := small.MapOver(make([]small.Slot[any, int], n))
	return &m
}

// A key that is an address is found after the stack, and what is on it, moved.
func TestKeysThatAreAddressesOfLocals(t *testing.T) {
	onGoroutine(8, func() {
		var locals [4]int
		stackalloc.Do(8, func(block []small.Slot[*int, int]) {
			m := small.MapOver(block)
			for i := range locals {
				m.Put(&locals[i], i)
			}
			moveStack()
			measure.Deepen(500 << 10)
			for i := range locals {
				v, ok := m.Get(&locals[i])
				require.True(t, ok && v == i)
			}
		})
	})
}

// The entries that a Map compares for one key do not depend on how keys are spaced, be it
// in their low bits, in their high ones, or by any stride.
func TestKeysThatCollideInAWeakHash(t *testing.T) {
	const n = 1 << 12
	sets := map[string]func(i int) uint64{
		"low bits": func(i int) uint64 { return uint64(i) << 20 },
		"high":     func(i int) uint64 { return uint64(i) << 52 },
		"page":     func(i int) uint64 { return uint64(i) * 4096 },
		"strided":  func(i int) uint64 { return uint64(i) * 0x9e3779b97f4a7c15 },
		"both":     func(i int) uint64 { return uint64(i)<<52 | uint64(i) },
		"dense":    func(i int) uint64 { return uint64(i) },
	}
	for name, key := range sets {
		t.Run("uint64/"+name, func(t *testing.T) {
			m := small.MapOver(make([]small.Slot[uint64, int], n))
			for i := range n {
				m.Put(key(i), i)
			}
			chainsAreShort(t, &m)
		})
		t.Run("float64/"+name, func(t *testing.T) {
			m := small.MapOver(make([]small.Slot[float64, int], n))
			for i := range n {
				m.Put(float64(key(i)), i)
			}
			chainsAreShort(t, &m)
		})
		t.Run("string/"+name, func(t *testing.T) {
			m := small.MapOver(make([]small.Slot[string, int], n))
			for i := range n {
				m.Put(fmt.Sprintf("%08x", key(i)>>20<<20), i)
			}
			chainsAreShort(t, &m)
		})
	}
	t.Run("uint16", func(t *testing.T) {
		m := small.MapOver(make([]small.Slot[uint16, int], n))
		for i := range n {
			m.Put(uint16(i*16), i)
		}
		chainsAreShort(t, &m)
	})
	t.Run("time", func(t *testing.T) {
		m := small.MapOver(make([]small.Slot[time.Duration, int], n))
		for i := range n {
			m.Put(time.Duration(i)*time.Hour, i)
		}
		chainsAreShort(t, &m)
	})
}

// Strings have a hash by their length: keys of each that differ in two bytes, wherever these are.
func TestStringsThatDifferInTwoBytes(t *testing.T) {
	const n = 1 << 12
	for _, length := range []int{2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 40} {
		for at := range length - 1 {
			m := small.MapOver(make([]small.Slot[string, int], n))
			for i := range n {
				b := make([]byte, length)
				b[at], b[at+1] = byte(i), byte(i>>8)
				m.Put(string(b), i)
			}
			require.Equal(t, n, m.Len(), "length %d at %d", length, at)
			chainsAreShort(t, &m)
		}
	}
}

// Of n entries in n chains that were chosen at random, entry i of a chain is compared
// with i others: with half a one on average.
func chainsAreShort[K comparable, V any](t *testing.T, m *small.Map[K, V]) {
	t.Helper()
	mean, longest := m.Chains()
	require.Less(t, mean, 0.7)
	require.Less(t, longest, 20)
}

// The seeds are drawn anew in every process. (That two are alike by chance is as
// good as impossible.)
func TestSeedsAreDrawn(t *testing.T) {
	require.NotEqual(t, small.Seeds()[0], small.Seeds()[1])
	require.NotZero(t, small.Seeds()[0])
	require.NotZero(t, small.Seeds()[1])
}
