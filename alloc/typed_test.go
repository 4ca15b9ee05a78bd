package alloc

import (
	"math"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

type vec struct {
	X, Y float64
	Tag  [3]byte
	OK   bool
}

func dirty(n int) []byte {
	mem := make([]byte, n)
	for i := range mem {
		mem[i] = 0xFF
	}
	return mem
}

func TestNewIsZeroed(t *testing.T) {
	a := NewScopedOver(dirty(100))
	mustAlloc(t, a, 1, 1)
	v := must(New[vec](a))(t)
	require.Zero(t, *v)
	require.Zero(t, uintptr(unsafe.Pointer(v))%unsafe.Alignof(*v))
	used := a.Used()
	Delete(a, v)
	require.Less(t, a.Used(), used)
	Delete[vec](a, nil)
	a.Reset()
	mustAlloc(t, a, 100, 1)
	v, err := New[vec](a)
	require.ErrorIs(t, err, ErrOutOfMemory)
	require.Nil(t, v)
}

func TestMakeSliceIsZeroed(t *testing.T) {
	a := NewScopedOver(dirty(256))
	s := must(MakeSlice[vec](a, 5))(t)
	require.Equal(t, make([]vec, 5), s)
	require.Equal(t, 5, cap(s))
	FreeSlice(a, s[:2])
	require.Zero(t, a.Used())
	for _, n := range []int{-1, math.MinInt, math.MaxInt, math.MaxInt / 32, 1 << (wordBits - 5), 1 << (wordBits - 4)} {
		s, err := MakeSlice[vec](a, n)
		require.ErrorIs(t, err, ErrOutOfMemory, "%d", n)
		require.Nil(t, s)
	}
	FreeSlice[vec](a, nil)
}

const wordBits = 32 << (^uint(0) >> 63)

func TestTypedOfSizeZero(t *testing.T) {
	k := newTracker(t, "tracker")
	for _, a := range []Allocator{k, NewFallback(NewScoped(10), Null{}), NewFreeList(0, 3)} {
		p := must(New[struct{}](a))(t)
		Delete(a, p)
		s, err := MakeSlice[struct{}](a, 1000)
		require.NoError(t, err)
		require.Len(t, s, 1000)
		s = must(Append(a, s, struct{}{}))(t)
		require.Len(t, s, 1001)
		FreeSlice(a, s)
		e := must(MakeSlice[int32](a, 0))(t)
		require.NotNil(t, e)
		FreeSlice(a, e)
	}
	require.Empty(t, k.live)
}

func TestAppend(t *testing.T) {
	for name, build := range compositions {
		t.Run(name, func(t *testing.T) {
			p := newParts(t, same)
			a := build(p)
			var s []int32
			var want []int32
			for i := range int32(40) {
				grown, err := Append(a, s, i, -i)
				if err != nil {
					requireFixed(t, err)
					require.Equal(t, want, grown[:len(want):len(want)], "as it was")
					if len(s) > 0 {
						require.Same(t, &s[0], &grown[0])
					}
					break
				}
				s, want = grown, append(want, i, -i)
				require.Equal(t, want, s)
			}
			// The elements may come from the slice itself.
			if grown, err := Append(a, s, s...); err == nil {
				s, want = grown, append(want, want...)
				require.Equal(t, want, s)
			}
			if grown, err := Append(a, s, s...); err == nil {
				s, want = grown, append(want, want...)
				require.Equal(t, want, s)
			}
			FreeSlice(a, s)
			require.Empty(t, p.plain.live)
			require.Equal(t, p.list.blocks, p.list.Left())
		})
	}
}

func TestAppendTakesWhatThereIs(t *testing.T) {
	a := NewScoped(100)
	s := must(MakeSlice[byte](a, 90))(t)
	fill(s, 1)
	s, err := Append(a, s, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
	require.NoError(t, err, "in place, though not half as much again")
	require.Len(t, s, 100)
	requireFilled(t, s[:90], 1)
	again, err := Append(a, s, 1)
	require.ErrorIs(t, err, ErrOutOfMemory)
	require.Equal(t, s, again)
	none := must(Append[byte](a, nil))(t)
	require.Nil(t, none)
}

func TestTypesWithPointersPanic(t *testing.T) {
	type deep struct {
		a [2]struct {
			b uint64
			c [1]string
		}
	}
	for name, f := range map[string]func(){
		"New":       func() { _, _ = New[deep](Heap{}) },
		"MakeSlice": func() { _, _ = MakeSlice[*int](Heap{}, 0) },
		"Append":    func() { _, _ = Append(Heap{}, nil, "x") },
	} {
		func() {
			defer func() {
				require.Contains(t, recover(), "alloc: "+name)
			}()
			f()
		}()
	}
}
