package alloc

import (
	"math"
	"math/bits"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHeapAlignsAtEverySize(t *testing.T) {
	for size := range 700 {
		for align := 1; align <= MaxAlign; align *= 4 {
			b := mustAlloc(t, Heap{}, size, align)
			for _, c := range b {
				require.Zero(t, c)
			}
		}
	}
	Heap{}.Free(nil)
}

func TestHeapRefuses(t *testing.T) {
	for _, size := range []int{-1, math.MinInt, math.MaxInt, math.MaxInt - 7, math.MaxInt - MaxAlign, math.MaxInt/2 + heapLimit, heapLimit + 1} {
		for _, align := range []int{1, 8, MaxAlign} {
			_, err := Heap{}.Alloc(size, align)
			require.ErrorIs(t, err, ErrOutOfMemory, "%d", size)
			require.NotErrorIs(t, err, ErrAlignment)
		}
	}
	for _, align := range badAligns {
		_, err := Heap{}.Alloc(8, align)
		require.ErrorIs(t, err, ErrAlignment, "%d", align)
		require.NotErrorIs(t, err, ErrOutOfMemory)
	}
}

// badAligns are granted by no allocator.
var badAligns = []int{0, -1, 3, 6, 12, -8, math.MinInt, math.MaxInt, MaxAlign + 1, MaxAlign * 2, 1 << (bits.UintSize - 2)}

// On js/wasm make panics far below heapLimit; elsewhere the recover is only for
// platforms with a small address space.
func TestGrabTurnsThePanicOfMakeIntoFalse(t *testing.T) {
	if math.MaxInt > math.MaxInt32 { // a 32-bit make may well serve 2 GiB
		_, ok := grab(math.MaxInt)
		require.False(t, ok)
	}
	b, ok := grab(grabSafe + 1)
	require.True(t, ok)
	require.Len(t, b, grabSafe+1)
}

func TestHeapResize(t *testing.T) {
	b := mustAlloc(t, Heap{}, 10, 64)
	fill(b, 1)
	b = mustResize(t, Heap{}, b, 5000)
	requireBlock(t, b, 5000, 64)
	requireFilled(t, b[:10], 1)
	at := addr(b)
	b = mustResize(t, Heap{}, b, 0)
	requireBlock(t, b, 0, 64)
	require.Equal(t, at, addr(b))
	requireNoResize(t, Heap{}, b, -1, ErrOutOfMemory)
}

func TestNull(t *testing.T) {
	for _, size := range []int{-1, 0, 1, math.MaxInt} {
		requireNoAlloc(t, Null{}, size, 1, ErrOutOfMemory)
	}
	for _, align := range badAligns {
		requireNoAlloc(t, Null{}, 1, align, ErrAlignment)
	}
	require.False(t, Null{}.Owns(make([]byte, 1)))
	require.False(t, Null{}.Owns(nil))
	require.Panics(t, func() { Null{}.Free(make([]byte, 1)) })
	require.Panics(t, func() { Null{}.Free(nil) })
	require.Panics(t, func() { NewFallback(NewScoped(8), Null{}).Free(make([]byte, 1)) })
}
