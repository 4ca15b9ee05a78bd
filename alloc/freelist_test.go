package alloc

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

func TestFreeListServesEveryBlockOnce(t *testing.T) {
	for _, size := range []int{0, 1, 7, 8, 16, 24, 48, 100, 4096} {
		for _, align := range []int{1, 2, 8, 16, 64, 4096} {
			l := NewFreeListAligned(size, 10, align)
			require.Equal(t, size, l.BlockSize())
			require.Equal(t, align, l.Align())
			for range 3 {
				var blocks [][]byte
				for i := range 10 {
					require.Equal(t, 10-i, l.Left())
					b := mustAlloc(t, l, size, align)
					require.True(t, l.Owns(b))
					fill(b, byte(i))
					blocks = append(blocks, b)
				}
				err := requireNoAlloc(t, l, size, align, ErrOutOfMemory)
				require.NotErrorIs(t, err, ErrAlignment)
				for i, b := range blocks {
					requireFilled(t, b, byte(i))
				}
				for _, i := range rand.Perm(10) {
					l.Free(blocks[i])
				}
			}
		}
	}
}

func TestFreeListRefuses(t *testing.T) {
	l := NewFreeListAligned(32, 2, 16)
	for _, size := range []int{33, math.MaxInt, -1} {
		err := requireNoAlloc(t, l, size, 1, ErrOutOfMemory)
		require.NotErrorIs(t, err, ErrAlignment)
	}
	for _, align := range append([]int{32, 64, MaxAlign}, badAligns...) {
		err := requireNoAlloc(t, l, 8, align, ErrAlignment)
		require.NotErrorIs(t, err, ErrOutOfMemory)
	}
	require.Equal(t, 2, l.Left())

	require.Equal(t, 16, NewFreeList(64, 1).Align())
	require.Equal(t, 8, NewFreeList(24, 1).Align())
	for _, bad := range []func(){
		func() { NewFreeList(-1, 1) },
		func() { NewFreeList(1, -1) },
		func() { NewFreeList(math.MaxInt, 1) },
		func() { NewFreeList(1, math.MaxInt) },
		func() { NewFreeList(math.MaxInt/2, 3) },
		func() { NewFreeListAligned(1, 1, 3) },
		func() { NewFreeListAligned(1, 1, MaxAlign*2) },
		func() { NewFreeListOver(nil, -1, 1) },
		func() { NewFreeListOver(nil, 1, MaxForeignAlign*2) },
		func() { _, _ = NewFreeListFrom(nil, 1, 1, 1) },
	} {
		require.Panics(t, bad)
	}
	requireNoAlloc(t, NewFreeList(8, 0), 0, 1, ErrOutOfMemory)
}

func requirePanic(t *testing.T, text string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		require.Contains(t, fmt.Sprint(recover()), text)
	}()
	f()
}

func TestFreeListCatchesDoubleFree(t *testing.T) {
	l := NewFreeList(16, 100)
	var blocks [][]byte
	for range 100 {
		blocks = append(blocks, mustAlloc(t, l, 16, 8))
	}
	l.Free(blocks[65])
	requirePanic(t, "alloc: FreeList.Free: double free: block 65", func() { l.Free(blocks[65]) })
	require.Equal(t, 1, l.Left())
	if debug {
		requirePanic(t, "TestFreeListCatchesDoubleFree", func() { l.Free(blocks[65]) })
	}
	// A fresh block that was never handed out.
	l = NewFreeList(16, 2)
	b := mustAlloc(t, l, 16, 8)
	requirePanic(t, "double free: block 1", func() { l.Free(pastTheEnd(b)) })
}

func TestFreeListCatchesForeignBlocks(t *testing.T) {
	l := NewFreeListOver(make([]byte, 5*24)[:4*24], 24, 8)
	b := mustAlloc(t, l, 24, 8)
	for _, foreign := range [][]byte{make([]byte, 24), {}, b[1:], b[8:], pastTheEnd(l.mem)} {
		requirePanic(t, "alloc: FreeList.Free: foreign block", func() { l.Free(foreign) })
	}
	requireNoResize(t, l, b[8:], 1, ErrNotOwned)
	requireNoResize(t, l, make([]byte, 24), 1, ErrNotOwned)
	l.Free(nil)
	require.Equal(t, 3, l.Left())
	l.Free(b[:3])
	require.Equal(t, 4, l.Left())
}

func TestFreeListDebugFindsLateWrites(t *testing.T) {
	if !debug {
		t.Skip("needs -tags stackalloc_debug")
	}
	l := NewFreeList(24, 4)
	b := mustAlloc(t, l, 24, 8)
	l.Free(b)
	require.Equal(t, byte(poisonByte), b[0])
	b[17] = 1
	requirePanic(t, "alloc: FreeList: block 0 was written to while it was free, at byte 17; it was freed by", func() { _, _ = l.Alloc(1, 1) })
}

func TestFreeListOwnership(t *testing.T) {
	l := NewFreeListOver(make([]byte, 31)[:30], 10, 1)
	var last []byte
	for range 3 {
		last = mustAlloc(t, l, 10, 1)
		require.True(t, l.Owns(last))
	}
	require.False(t, l.Owns(pastTheEnd(last)))
	require.False(t, l.Owns(emptyPastTheEnd(last)))
	require.False(t, l.Owns(last[10:]))
	require.False(t, l.Owns(unsafe.Slice(&last[0], 11)))
	require.False(t, l.Owns(nil))
}

func TestFreeListResizesInPlace(t *testing.T) {
	l := NewFreeList(32, 1)
	b := mustAlloc(t, l, 10, 8)
	fill(b, 1)
	at := addr(b)
	for _, size := range []int{32, 10, 0, 32} {
		b = mustResize(t, l, b, size)
		requireBlock(t, b, size, 8)
		require.Equal(t, at, addr(b))
	}
	requireFilled(t, b[:10], 1)
	requireNoResize(t, l, b, 33, ErrOutOfMemory)
	requireNoResize(t, l, b, -1, ErrOutOfMemory)
	requireFilled(t, b[:10], 1)
}

func TestFreeListFromAndRelease(t *testing.T) {
	k := newTracker(t, "source")
	l := must(NewFreeListFrom(k, 100, 5, 256))(t)
	for range 5 {
		mustAlloc(t, l, 100, 256)
	}
	l.Release()
	require.Empty(t, k.live)
	requireNoAlloc(t, l, 1, 1, ErrOutOfMemory)

	// From a source whose own alignment is less.
	from := NewFreeListAligned(1000, 1, 8)
	l, err := NewFreeListFrom(from, 64, 10, 128)
	if err == nil { // there was room for the padding, or none was needed
		mustAlloc(t, l, 64, 128)
		l.Release()
	}
	require.Equal(t, 1, from.Left())

	s := NewScoped(128 * 8)
	l = must(NewFreeListFrom(s, 128, 8, 16))(t)
	for range 8 {
		require.True(t, s.Owns(mustAlloc(t, l, 128, 16)))
	}
	_, err = NewFreeListFrom(s, 1, 1, 1)
	require.ErrorIs(t, err, ErrOutOfMemory)
	_, err = NewFreeListFrom(s, 1, 1, 3)
	require.ErrorIs(t, err, ErrAlignment)
}

func TestFreeListOver(t *testing.T) {
	mem := make([]byte, 1000)
	for off := range 70 {
		for _, n := range []int{0, 1, 15, 16, 63, 64, 65, 500} {
			l := NewFreeListOver(mem[off:off+n], 10, 16)
			want := max(0, n-int(-addr(mem[off:])&15)) / 16
			require.Equal(t, want, l.Left())
			for range want {
				b := mustAlloc(t, l, 10, 16)
				_, ok := within(mem[off:off+n], b)
				require.True(t, ok)
			}
		}
	}
}

// The division by multiplication is exact.
func TestFreeListFindsItsBlocks(t *testing.T) {
	for range 3000 {
		stride := 2 + rand.IntN(1<<rand.IntN(22))
		fast := &FreeList{stride: stride, magic: math.MaxUint64/uint64(stride) + 1}
		for range 10 {
			off := int(rand.Uint32() & math.MaxInt32)
			for _, off := range []int{off, off - off%stride, max(0, off-off%stride-1)} {
				require.Equal(t, off/stride, fast.index(off), "%d / %d", off, stride)
			}
		}
	}
	big := &FreeList{stride: 48}
	require.Equal(t, 5, big.index(5*48+47))
}

func TestFreeListReset(t *testing.T) {
	l := NewFreeList(16, 100)
	for round := range 3 {
		var blocks [][]byte
		for i := range 100 {
			b := mustAlloc(t, l, 16, 8)
			fill(b, byte(i+round))
			blocks = append(blocks, b)
		}
		requireNoAlloc(t, l, 1, 1, ErrOutOfMemory)
		l.Free(blocks[50])
		l.Free(blocks[10])
		for i, b := range blocks {
			if i != 50 && i != 10 {
				requireFilled(t, b, byte(i+round))
			}
		}
		l.Reset()
		require.Equal(t, 100, l.Left())
		requirePanic(t, "alloc: FreeList.Free: double free", func() { l.Free(blocks[3]) })
	}
	if debug {
		b := mustAlloc(t, l, 16, 8)
		l.Reset()
		require.Negative(t, intact(l.block(0)), "overwritten")
		b[3] = 1
		requirePanic(t, "was written to while it was free, at byte 3; it was freed by", func() { mustAlloc(t, l, 1, 1) })
		b[3] = poisonByte
		l.Reset()
		requirePanic(t, "TestFreeListReset", func() { l.Free(b) })
	}
	l = NewFreeList(8, 0)
	l.Reset()
	l.Release()
	l.Reset()
}
