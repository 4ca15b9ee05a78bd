package alloc_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/alloc"
	"github.com/stretchr/testify/require"
)

// The block of a stack scope stays on the stack when a Local serves from it, and
// as documented does not when a Scoped does.
func TestLocalOnTheStack(t *testing.T) {
	if !provable(512) {
		t.Skip("this build proves nothing, or cannot tell where a block is")
	}
	spill := alloc.NewSpill(alloc.NewFreeList(600, 16))
	require.True(t, localOnStack(512, spill), "Local")
	require.Positive(t, spill.Served())
	require.Zero(t, spill.Live())
	require.False(t, scopedOnStack(512), "NewScopedOver")
}

//go:noinline
func provable(n int) (yes bool) {
	stackalloc.Uninit(n, func(block []byte) { yes = stackalloc.OnStack(block) })
	return yes
}

//go:noinline
func localOnStack(n int, spill *alloc.Spill) (yes bool) {
	stackalloc.Uninit(n, func(block []byte) {
		l := alloc.NewLocal(block, spill)
		defer l.Release()
		for range 4 {
			b, err := l.Alloc(n/3, 8)
			if err != nil {
				return
			}
			if b, err = l.Resize(b, n/2); err != nil {
				return
			}
			b[0]++
			if !l.Owns(b) {
				return
			}
		}
		b, err := l.Alloc(8, 8)
		if err != nil {
			return
		}
		l.Free(b)
		yes = stackalloc.OnStack(block)
	})
	return yes
}

//go:noinline
func scopedOnStack(n int) (yes bool) {
	stackalloc.Uninit(n, func(block []byte) {
		s := alloc.NewScopedOver(block)
		if _, err := s.Alloc(n, 1); err == nil {
			yes = stackalloc.OnStack(block)
		}
	})
	return yes
}

// The request handler of the examples allocates nothing while a request fits
// into its stack block or the free list.
func TestRequestHandlerDoesNotAllocate(t *testing.T) {
	if !provable(512) {
		t.Skip("this build proves nothing, or cannot tell where a block is")
	}
	w := newWorker()
	long := strings.Repeat("1,2,3,", 100)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		for _, request := range []string{"1,2,3", long} {
			if _, err := w.handle(request); err != nil {
				panic(err)
			}
		}
	}))
	require.Positive(t, w.stats.Counts().Allocs)
	require.Zero(t, w.stats.Counts().LiveBlocks)
	_, err := w.handle("1,x")
	require.ErrorIs(t, err, strconv.ErrSyntax)
	_, err = w.handle(long + "x")
	require.ErrorIs(t, err, strconv.ErrSyntax)
	require.Zero(t, w.stats.Counts().LiveBlocks, "given back after an error too")
}
