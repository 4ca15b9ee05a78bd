package arena_test

import (
	"bytes"
	"math"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc/arena"
)

func TestAllocFillsTheWholeCapacity(t *testing.T) {
	for _, capacity := range []int{1, 63, 64, 65, 1000, 4096, 1 << 16, 1<<16 + 1} {
		eachByteArena(t, capacity, func(t *testing.T, a byteArena) {
			require.Equal(t, capacity, a.Cap())
			require.Zero(t, a.Used())
			for i := range capacity {
				b, ok := a.Alloc(1, 1)
				if !ok || a.Used() != i+1 {
					t.Fatalf("byte %d of %d: %v, used %d", i, capacity, ok, a.Used())
				}
				b[0] = 1
			}
			b, ok := a.Alloc(1, 1)
			require.False(t, ok)
			require.Nil(t, b)
			require.Equal(t, capacity, a.Used())
			a.Reset()
			require.Zero(t, a.Used())
			mustAlloc(t, a, capacity, 1)
		})
	}
}

func TestFullLeavesEverythingAsItWas(t *testing.T) {
	const capacity = 1000
	eachByteArena(t, capacity, func(t *testing.T, a byteArena) {
		first := mustAlloc(t, a, 10, 1)
		m := a.Mark()
		for _, size := range []int{capacity - 9, capacity, math.MaxInt - 1, math.MaxInt, math.MaxInt32} {
			for _, align := range []int{1, 2, 64, 1 << 20, 1 << 30, math.MaxInt/2 + 1} {
				b, ok := a.Alloc(size, align)
				require.False(t, ok, "Alloc(%d, %d)", size, align)
				require.Nil(t, b)
				require.Equal(t, 10, a.Used())
			}
		}
		rest := mustAlloc(t, a, capacity-10, 1)
		require.Equal(t, address(first)+10, address(rest))
		a.Rewind(m)
		require.Equal(t, 10, a.Used())
	})
}

func TestAbsurdAlignmentOfNothing(t *testing.T) {
	eachByteArena(t, 100, func(t *testing.T, a byteArena) {
		b, ok := a.Alloc(0, math.MaxInt/2+1)
		require.False(t, ok)
		require.Nil(t, b)
		require.Zero(t, a.Used())
	})
}

func TestEveryAlignmentOfTheRealAddress(t *testing.T) {
	eachByteArena(t, 1<<16, func(t *testing.T, a byteArena) {
		for align := 1; align <= 1<<14; align *= 2 {
			a.Reset()
			mustAlloc(t, a, 1, 1)
			mustAlloc(t, a, 24, align)
			mustAlloc(t, a, 24, align)
		}
	})
}

func TestTheFirstBlockOfABumpIsAligned(t *testing.T) {
	for capacity := range 2000 {
		a := arena.NewBump(capacity)
		for align := 1; align <= 64; align *= 2 {
			a.Reset()
			mustAlloc(t, a, capacity, align)
		}
	}
}

func TestZeroSize(t *testing.T) {
	eachByteArena(t, 64, func(t *testing.T, a byteArena) {
		start := address(mustAlloc(t, a, 0, 1))
		require.Zero(t, a.Used())
		mustAlloc(t, a, 0, 8)
		mustAlloc(t, a, 64, 1)
		// An address behind the last byte could be in another object.
		end := address(mustAlloc(t, a, 0, 1))
		require.GreaterOrEqual(t, uint64(end), uint64(start))
		require.Less(t, uint64(end), uint64(start+64))
		require.Equal(t, 64, a.Used())
	})
}

func TestZeroCapacity(t *testing.T) {
	check := func(t *testing.T, a byteArena) {
		require.Zero(t, a.Cap())
		mustAlloc(t, a, 0, 1)
		refused(a.Alloc(1, 1))(t)
		m := a.Mark()
		a.Rewind(m)
		a.Reset()
		require.Zero(t, a.Used())
	}
	eachByteArena(t, 0, check)
	t.Run("Over(nil)", func(t *testing.T) { check(t, over(nil)) })
}

func TestTheZeroValueHasNoCapacity(t *testing.T) {
	for _, a := range []byteArena{new(arena.Bump), new(arena.LazyBump)} {
		require.Zero(t, a.Cap())
		for size := range 2 {
			refused(a.Alloc(size, 1))(t)
		}
		a.Rewind(a.Mark())
		a.Reset()
	}
	require.NoError(t, new(arena.LazyBump).Close())
}

func TestBadRequestsPanic(t *testing.T) {
	eachByteArena(t, 100, func(t *testing.T, a byteArena) {
		for _, size := range []int{-1, math.MinInt} {
			require.Contains(t, panics(t, func() { a.Alloc(size, 1) }), "negative")
		}
		for _, align := range []int{0, -1, 3, 6, -8, math.MaxInt, math.MinInt} {
			require.Contains(t, panics(t, func() { a.Alloc(1, align) }), "power of two")
		}
		require.Zero(t, a.Used())
		mustAlloc(t, a, 100, 1)
	})
}

func TestBadCapacitiesPanic(t *testing.T) {
	panics(t, func() { arena.NewBump(-1) })
	if math.MaxInt > math.MaxInt32 {
		panics(t, func() { arena.NewBump(math.MaxInt) })
	}
	panics(t, func() { arena.NewTyped[int](-1) })
	panics(t, func() { arena.NewTyped[int](math.MaxInt) })
	panics(t, func() { arena.NewTyped[[2]int](math.MaxInt/2 + 1) })
}

func TestFreshBytesAreZeroAndUsedOnesAreNot(t *testing.T) {
	for _, a := range []byteArena{arena.NewBump(1 << 16), newLazyBump(t, 1<<16)} {
		b := mustAlloc(t, a, 1<<16, 1)
		require.Zero(t, len(bytes.Trim(b, "\x00")))
		b[0] = 0xEE
		a.Reset()
		require.EqualValues(t, 0xEE, mustAlloc(t, a, 1, 1)[0], "Alloc gives bytes as they are")
	}
}

func TestOverUsesTheCallersBytes(t *testing.T) {
	buf := make([]byte, 200)
	a := arena.Over(buf[50:150])
	require.Equal(t, 100, a.Cap(), "the length counts, not the capacity")
	b := mustAlloc(t, &a, 100, 1)
	for i := range b {
		b[i] = 1
	}
	for i := range buf {
		want := byte(0)
		if i >= 50 && i < 150 {
			want = 1
		}
		require.Equal(t, want, buf[i], i)
	}
}

type plain struct {
	a uint64
	b [3]uint16
	c bool
	d complex128
	_ [0]*int
	e struct{ f uintptr }
}

func TestNewAndSliceGiveZeroedValues(t *testing.T) {
	for name, a := range map[string]*arena.Bump{"Bump": arena.NewBump(1 << 12), "Over": over(make([]byte, 1<<12))} {
		t.Run(name, func(t *testing.T) { testNewAndSlice(t, a, a) })
	}
	t.Run("LazyBump", func(t *testing.T) {
		a := newLazyBump(t, 1<<12)
		testNewAndSlice(t, a, a)
	})
}

func testNewAndSlice[A arena.Bytes](t *testing.T, a A, b byteArena) {
	for range 3 {
		b.Reset()
		for i, dirt := 0, mustAlloc(t, b, 1<<12, 1); i < len(dirt); i++ {
			dirt[i] = 0xFF
		}
		b.Reset()
		mustAlloc(t, b, 1, 1)
		p := must(arena.New[plain](a))(t)
		require.Equal(t, plain{}, *p)
		require.Zero(t, uintptr(unsafe.Pointer(p))%unsafe.Alignof(*p))
		s := must(arena.Slice[plain](a, 10))(t)
		require.Len(t, s, 10)
		require.Equal(t, 10, cap(s))
		require.Equal(t, make([]plain, 10), s)
		p.a = 1
		require.Equal(t, make([]plain, 10), s)

		x := must(arena.New[int32](a))(t)
		require.Zero(t, *x)
		e := must(arena.New[struct{}](a))(t)
		require.NotNil(t, e)

		used := b.Used()
		none := must(arena.Slice[int](a, 0))(t)
		require.NotNil(t, none)
		require.Empty(t, none)
		units := must(arena.Slice[struct{}](a, math.MaxInt))(t)
		require.Len(t, units, math.MaxInt)
		for _, n := range []int{1 << 12, math.MaxInt/8 + 1, math.MaxInt} {
			_, ok := arena.Slice[uint64](a, n)
			require.False(t, ok, n)
		}
		refused(arena.New[[1 << 12]byte](a))(t)
		require.Equal(t, used, b.Used())
		require.Contains(t, panics(t, func() { arena.Slice[int](a, -1) }), "negative")
	}
}

// A slice that is partly beyond what was used before is cleared up to there.
func TestSliceAcrossTheDirtyBorder(t *testing.T) {
	for border := range 130 {
		a := arena.NewBump(256)
		for i, b := 0, mustAlloc(t, a, border, 1); i < len(b); i++ {
			b[i] = 0xFF
		}
		m := a.Mark()
		a.Rewind(m)
		a.Reset()
		mustAlloc(t, a, 60, 1)
		s := must(arena.Slice[byte](a, 60))(t)
		require.Equal(t, make([]byte, 60), s)
	}
}

type list struct {
	next *list
	n    int
}

func TestTypesWithPointersAreRefused(t *testing.T) {
	a := arena.NewBump(1000)
	lazy := newLazyBump(t, 1000)
	for name, f := range map[string]func(){
		"*int":           func() { arena.New[*int](a) },
		"string":         func() { arena.New[string](a) },
		"[]int":          func() { arena.Slice[[]int](a, 0) },
		"map[int]int":    func() { arena.New[map[int]int](lazy) },
		"chan int":       func() { arena.Slice[chan int](lazy, 1) },
		"func()":         func() { arena.New[func()](a) },
		"error":          func() { arena.New[error](a) },
		"interface {}":   func() { arena.New[any](a) },
		"unsafe.Pointer": func() { arena.New[unsafe.Pointer](a) },
		"arena_test.list": func() {
			arena.New[list](a)
		},
		"[2]arena_test.list":     func() { arena.Slice[[2]list](a, 1) },
		"struct { p [1]string }": func() { arena.New[struct{ p [1]string }](a) },
	} {
		for range 2 { // the second time from the cache
			msg := panics(t, f)
			require.Contains(t, msg, name+" has pointers")
			require.Contains(t, msg, "Typed["+name+"]")
		}
	}
	require.Zero(t, a.Used())
	_, ok := arena.New[[0]*int](a)
	require.True(t, ok, "an array of no pointers has none")
	must(arena.New[uintptr](a))(t)
	panics(t, func() { arena.New[*int](a) })
}

func TestAddressesNeverChange(t *testing.T) {
	eachByteArena(t, 1<<20, func(t *testing.T, a byteArena) {
		var blocks [][]byte
		for i := 0; ; i++ {
			b, ok := a.Alloc(1000, 8)
			if !ok {
				break
			}
			for j := range b {
				b[j] = byte(i)
			}
			blocks = append(blocks, b)
		}
		require.Greater(t, len(blocks), 1000)
		for i, b := range blocks {
			if i > 0 {
				require.Equal(t, address(blocks[0])+uintptr(i)*1000, address(b))
			}
			require.Equal(t, byte(i), b[0])
			require.Equal(t, byte(i), b[999])
		}
	})
}
