package arena_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc/arena"
)

func TestAppendGrowsInPlaceWhileNothingCameAfter(t *testing.T) {
	a := arena.NewBump(1300)
	var s []int32
	for i := range int32(100) {
		before := s
		s = must(arena.Append(a, s, i))(t)
		require.Len(t, s, int(i)+1)
		require.EqualValues(t, i, s[i])
		if i > 0 {
			require.Same(t, &before[0], &s[0])
		}
	}
	require.Equal(t, 400, a.Used(), "nothing is wasted")
	a.Alloc(1, 1)
	old := s
	s = must(arena.Append(a, s, 100))(t)
	require.NotSame(t, &old[0], &s[0])
	require.Equal(t, 200, cap(s))
	require.Equal(t, old, s[:100])

	// The elements may be those of the slice itself.
	s, ok := arena.Append(a, s[:50:50], s[:50]...)
	require.False(t, ok, "there are 96 bytes left")
	a.Reset()
	s = must(arena.Copy(a, []int32{1, 2, 3}))(t)
	s = must(arena.Append(a, s, s...))(t)
	require.Equal(t, []int32{1, 2, 3, 1, 2, 3}, s)
	a.Alloc(1, 1)
	s = must(arena.Append(a, s, s...))(t)
	require.Equal(t, []int32{1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3}, s)
}

func TestAppendLeavesTheSliceAsItWas(t *testing.T) {
	a := arena.NewBump(16)
	b := must(arena.Append(a, nil, []byte("0123456789")...))(t)
	again, ok := arena.Append(a, b, []byte("abcdefg")...)
	require.False(t, ok)
	require.Equal(t, "0123456789", string(again))
	require.Equal(t, 10, a.Used())
	b, ok = arena.Append(a, again, []byte("abcdef")...)
	require.True(t, ok, "what fits, fits")
	require.Equal(t, "0123456789abcdef", string(b))

	// A slice from elsewhere, also one that ends where the arena begins.
	mem := make([]byte, 64)
	o := arena.Over(mem[32:48])
	before := mem[16:32:32]
	copy(before, "from elsewhere!!")
	moved, ok := arena.Append(&o, before, '!')
	require.False(t, ok)
	require.Same(t, &before[0], &moved[0])
	moved = must(arena.Append(&o, before[:3:3], '!'))(t)
	require.Equal(t, "fro!", string(moved))
	require.Equal(t, 6, cap(moved))
	require.Equal(t, "from", string(before[:4]))

	none := must(arena.Append[int](a, nil))(t)
	require.Nil(t, none)
	var zero arena.Bump
	refused(arena.Append(&zero, nil, 1))(t)
}

func TestAppendOfAbsurdLengths(t *testing.T) {
	a := arena.NewBump(64)
	huge := unsafe.Slice((*struct{})(unsafe.Pointer(&zeroSized)), math.MaxInt)
	s, ok := arena.Append(a, huge[:math.MaxInt:math.MaxInt], struct{}{})
	require.False(t, ok)
	require.Len(t, s, math.MaxInt)
	s = must(arena.Append(a, huge[:3:3], struct{}{}))(t)
	require.Len(t, s, 4)
	require.Zero(t, a.Used())
}

var zeroSized struct{}

func TestAppendInTurnsCopiesNoMoreThanTwice(t *testing.T) {
	a := newLazyBump(t, 1<<22)
	var s, u []uint64
	for i := range uint64(10_000) {
		var ok1, ok2 bool
		s, ok1 = arena.Append(a, s, i)
		u, ok2 = arena.Append(a, u, ^i)
		require.True(t, ok1 && ok2)
	}
	require.Less(t, a.Used(), 4*2*10_000*8)
	for i := range uint64(10_000) {
		require.Equal(t, i, s[i])
		require.Equal(t, ^i, u[i])
	}
}

// Pages are committed as a slice grows, and a page that the system refuses is false.
func TestAppendCommits(t *testing.T) {
	a := newLazyBump(t, 1<<20)
	var s []byte
	chunk := []byte(strings.Repeat("x", 1000))
	for {
		grown, ok := arena.Append(a, s, chunk...)
		if !ok {
			break
		}
		s = grown
	}
	require.Len(t, s, 1<<20/1000*1000)
	require.Equal(t, len(s), a.Used())
	require.Negative(t, slices.IndexFunc(s, func(c byte) bool { return c != 'x' }))
	require.NoError(t, a.Close())
	refused(arena.Append(a, []byte(nil), 1))(t)
}

func TestStringsAndCopies(t *testing.T) {
	a := arena.NewBump(20)
	text := []byte("some text")
	s := must(arena.String(a, string(text)))(t)
	require.Equal(t, "some text", s)
	s = must(arena.String(a, ""))(t)
	require.Empty(t, s)
	refused(arena.String(a, "more text!!!"))(t)
	require.Equal(t, 9, a.Used())
	c := must(arena.Copy(a, text))(t)
	text[0] = 'S'
	require.Equal(t, "some text", string(c))
	require.Equal(t, 9, cap(c))
	refused(arena.Copy(a, text))(t)
	empty := must(arena.Copy(a, []int16(nil)))(t)
	require.NotNil(t, empty)
	require.Empty(t, empty)
	for name, f := range map[string]func(){
		"Append": func() { arena.Append(a, []string{"x"}, "y") },
		"Copy":   func() { arena.Copy(a, []*int{}) },
	} {
		require.Contains(t, panics(t, f), "arena: "+name)
	}
}

// New gives what Alloc of a zero value gives, also where values were before.
func TestNewIsZeroWhereValuesWere(t *testing.T) {
	lazyPlain := newLazyTyped[[9]uint64](t, 10_000)
	for name, a := range map[string]typedArena[[9]uint64]{
		"Typed": arena.NewTyped[[9]uint64](10_000), "LazyTyped": lazyPlain, "LazyTyped that gives back": newLazyTyped[[9]uint64](t, 10_000),
	} {
		if l, ok := a.(*arena.LazyTyped[[9]uint64]); ok && l != lazyPlain {
			l.Retain(1000) // in the middle of a value
		}
		for range 3 {
			for i := range uint64(10_000) {
				v := must(a.New())(t)
				require.Equal(t, [9]uint64{}, *v, name)
				*v = [9]uint64{i, ^i, 8: ^uint64(0)}
			}
			v, ok := a.New()
			require.False(t, ok)
			require.Nil(t, v)
			a.Reset()
		}
	}
}

func TestNewInADropFunctionPanics(t *testing.T) {
	eachTypedArena(t, 10, func(t *testing.T, a typedArena[string]) {
		a.Alloc("x")
		a.OnDrop(func(*string) { a.New() })
		require.Regexp(t, "New .*while", panics(t, a.Reset))
		a.OnDrop(nil)
		a.Reset()
		v := must(a.New())(t)
		require.Empty(t, *v)
	})
}
