package arena_test

import (
	"bytes"
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc/arena"
	"github.com/stackalloc/stackalloc/internal/vm"
)

func TestLazyConstructorsRefuse(t *testing.T) {
	for _, n := range []int{-1, math.MinInt} {
		a, err := arena.NewLazyBump(n)
		require.Nil(t, a)
		require.ErrorContains(t, err, "arena: NewLazyBump")
		b, err := arena.NewLazyTyped[int](n)
		require.Nil(t, b)
		require.ErrorContains(t, err, "arena: NewLazyTyped[int]")
		c, err := arena.NewLazyTyped[struct{}](n)
		require.Nil(t, c)
		require.ErrorContains(t, err, "negative")
	}
	_, err := arena.NewLazyTyped[[2]string](math.MaxInt)
	require.ErrorContains(t, err, "more than an int can count")
}

func TestARefusedReservationWrapsTheSystemsError(t *testing.T) {
	n := math.MaxInt &^ (vm.PageSize() - 1)
	var errno interface{ Temporary() bool } // syscall.Errno on every system
	refused := func(err error) {
		t.Helper()
		if !vm.Supported {
			require.ErrorIs(t, err, errors.ErrUnsupported)
			return
		}
		require.ErrorAs(t, err, &errno)
	}
	var err error
	for range 4 { // a 32-bit program on a 64-bit kernel may get the first
		var a *arena.LazyBump
		if a, err = arena.NewLazyBump(n); err != nil {
			require.Nil(t, a)
			break
		}
		t.Cleanup(func() { require.NoError(t, a.Close()) })
	}
	require.ErrorContains(t, err, "arena: NewLazyBump: cannot reserve")
	refused(err)
	if vm.Supported {
		b, err := arena.NewLazyTyped[[4]uint16](n / 8)
		require.Nil(t, b)
		require.ErrorContains(t, err, "arena: NewLazyTyped[[4]uint16]: cannot reserve for")
		refused(err)
	}
}

func needsVM(t *testing.T) {
	t.Helper()
	if !vm.Supported {
		t.Skip("no virtual memory here")
	}
}

func TestLazyBumpReservesMoreThanItCommits(t *testing.T) {
	needsVM(t)
	if math.MaxInt == math.MaxInt32 {
		t.Skip("needs 64-bit addresses")
	}
	size := 64
	size <<= 30
	a := newLazyBump(t, size)
	require.Equal(t, size, a.Cap())
	require.Zero(t, a.Committed())
	mustAlloc(t, a, 1, 1)[0] = 1
	require.Equal(t, 64<<10, a.Committed())
	mustAlloc(t, a, 10<<20, 1)[10<<20-1] = 1
	require.GreaterOrEqual(t, a.Committed(), a.Used())
	require.Less(t, a.Committed(), 20<<20)
	refused(a.Alloc(size, 1))(t)
	require.Less(t, a.Committed(), 20<<20, "a request that does not fit commits nothing")
}

func TestCommittedNeverFallsBehind(t *testing.T) {
	const capacity = 3<<20 + 123
	a := newLazyBump(t, capacity)
	for a.Used() < capacity {
		n := min(777, capacity-a.Used())
		b := mustAlloc(t, a, n, 1)
		b[0], b[n-1] = 1, 1
		require.GreaterOrEqual(t, a.Committed(), a.Used())
		require.Zero(t, a.Committed()%vm.PageSize())
	}
	require.Less(t, a.Committed(), capacity+vm.PageSize())
	require.NoError(t, a.Err())
}

func TestResetGivesPagesBack(t *testing.T) {
	needsVM(t)
	a := newLazyBump(t, 64<<20)
	fill := func(n int) []byte {
		b := mustAlloc(t, a, n, 1)
		for i := range b {
			b[i] = 0xEE
		}
		return b
	}
	fill(10 << 20)
	a.Reset()
	require.GreaterOrEqual(t, a.Committed(), 10<<20, "by default everything is kept")
	a.Retain(1<<20 - 1)
	m := a.Mark()
	fill(10 << 20)
	a.Rewind(m)
	require.GreaterOrEqual(t, a.Committed(), 10<<20, "Rewind keeps everything")
	fill(10 << 20)
	a.Reset()
	require.Equal(t, 1<<20, a.Committed())
	b := mustAlloc(t, a, 10<<20, 1)
	require.EqualValues(t, 0xEE, b[1<<20-1], "kept")
	require.Zero(t, len(bytes.Trim(b[1<<20:], "\x00")), "fresh")
	for i := range b {
		b[i] = 0xEE
	}
	a.Reset()
	s := must(arena.Slice[byte](a, 10<<20))(t)
	require.Zero(t, len(bytes.Trim(s, "\x00")))
	a.Retain(0)
	a.Reset()
	require.Zero(t, a.Committed())
	require.Contains(t, panics(t, func() { a.Retain(-1) }), "negative")
	a.Retain(math.MaxInt)
	fill(64 << 20)
	a.Reset()
	require.Equal(t, 64<<20, a.Committed())
	require.NoError(t, a.Err())
}

func TestLazyBumpAfterClose(t *testing.T) {
	a, err := arena.NewLazyBump(1 << 20)
	require.NoError(t, err)
	mustAlloc(t, a, 1000, 1)
	m := a.Mark()
	for range 2 {
		require.NoError(t, a.Close())
		require.Zero(t, a.Cap())
		require.Zero(t, a.Used())
		require.Zero(t, a.Committed())
		for size := range 2 {
			refused(a.Alloc(size, 1))(t)
		}
		refused(arena.New[int](a))(t)
		refused(arena.New[struct{}](a))(t)
		refused(arena.Slice[int](a, 0))(t)
		a.Reset()
		a.Retain(0)
		a.Reset()
		require.Contains(t, panics(t, func() { a.Rewind(m) }), "Close")
		a.Rewind(a.Mark())
	}
}

func testLazyTypedAfterClose[T any](t *testing.T, v T) {
	a, err := arena.NewLazyTyped[T](1 << 20)
	require.NoError(t, err)
	drops := 0
	a.OnDrop(func(*T) { drops++ })
	for range 1000 {
		must(a.Alloc(v))(t)
	}
	m := a.Mark()
	for range 2 {
		require.NoError(t, a.Close())
		require.Equal(t, 1000, drops)
		require.Zero(t, a.Cap())
		require.Zero(t, a.Len())
		require.Zero(t, a.Committed())
		p, ok := a.Alloc(v)
		require.False(t, ok)
		require.Nil(t, p)
		a.Reset()
		a.Retain(0)
		a.Reset()
		for range a.All() {
			t.Error("nothing is left")
		}
		require.Contains(t, panics(t, func() { a.Rewind(m) }), "Close")
		a.Rewind(a.Mark())
	}
}

func TestLazyTypedAfterClose(t *testing.T) {
	t.Run("pointers", func(t *testing.T) { testLazyTypedAfterClose(t, "v") })
	t.Run("plain", func(t *testing.T) { testLazyTypedAfterClose(t, [3]int{1, 2, 3}) })
	t.Run("zero size", func(t *testing.T) { testLazyTypedAfterClose(t, struct{}{}) })
}

func testLazyTypedCommits[T any](t *testing.T, capacity, size int, v T) {
	a := newLazyTyped[T](t, capacity)
	require.Equal(t, capacity, a.Cap())
	require.Zero(t, a.Committed())
	for i := range 100_000 {
		must(a.Alloc(v))(t)
		if used := (i + 1) * size; a.Committed() < used || a.Committed() > 2*used+64<<10 {
			t.Fatalf("%d bytes used, %d committed", used, a.Committed())
		}
	}
	full := a.Committed()
	a.Reset()
	require.Equal(t, full, a.Committed())
	a.Retain(300 << 10)
	a.Reset()
	require.LessOrEqual(t, a.Committed(), 300<<10)
	require.Positive(t, a.Committed())
	for range 100_000 {
		must(a.Alloc(v))(t)
	}
	require.Equal(t, 100_000, a.Len())
	a.Retain(0)
	a.Reset()
	require.Zero(t, a.Committed())
	a.Reset()
	p := must(a.Alloc(v))(t)
	require.Equal(t, v, *p)
	require.NoError(t, a.Err())
}

func TestLazyTypedCommitsAsAllocationAdvances(t *testing.T) {
	capacity := math.MaxInt32 / 64
	if math.MaxInt > math.MaxInt32 {
		capacity = math.MaxInt32
	}
	word := 32 << (^uint(0) >> 63) / 8
	t.Run("pointers", func(t *testing.T) { testLazyTypedCommits(t, capacity, 2*word, "value") })
	t.Run("plain", func(t *testing.T) { testLazyTypedCommits(t, capacity, 24, [3]uint64{1, 2, 3}) })
	t.Run("odd size", func(t *testing.T) { testLazyTypedCommits(t, capacity, 7, [7]byte{1}) })
}

// Values of a size that does not divide the page lie across page borders.
func TestLazyTypedAcrossPages(t *testing.T) {
	a := newLazyTyped[[1000]byte](t, 1000)
	var want [1000]byte
	for i := range 1000 {
		want[0], want[999] = byte(i), byte(i)
		p := must(a.Alloc(want))(t)
		require.Equal(t, byte(i), p[999])
	}
	i := 0
	for p := range a.All() {
		require.Equal(t, byte(i), p[0])
		require.Equal(t, byte(i), p[999])
		i++
	}
	require.Equal(t, 1000, i)
}
