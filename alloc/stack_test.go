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
	overwrite(100) // and grow the stack
	if !provable(512) {
		t.Skip("this build proves nothing, or cannot tell where a block is")
	}
	spill := alloc.NewSpill(alloc.NewFreeList(600, 16))
	onStack := false
	for range 5 { // a collection may shrink the stack in between
		overwrite(100)
		onStack = onStack || localOnStack(512, spill)
	}
	require.True(t, onStack, "Local")
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
	stackalloc.Uninit(n, func(block []byte) { // stackalloc:heap
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
	overwrite(100) // and grow the stack
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

var kept []byte

// What leaves through a Local is a leak like any other: the block is not on the
// stack then, and what was kept stays intact.
func TestLocalDoesNotHideLeaks(t *testing.T) {
	overwrite(100) // and grow the stack
	for name, leak := range map[string]func(n int) bool{
		"Alloc":  leakAllocated,
		"Resize": leakResized,
		"spill":  leakIntoSpill,
	} {
		onStack := leak(512)
		require.False(t, onStack, name)
		want := []byte(strings.Repeat("k", len(kept)))
		overwrite(100)
		require.NotEmpty(t, kept, name)
		require.Equal(t, want, kept, name)
	}
}

//go:noinline
func leakAllocated(n int) (onStack bool) {
	stackalloc.Uninit(n, func(block []byte) { // stackalloc:heap
		l := alloc.NewLocal(block, nil)
		kept, _ = l.Alloc(100, 8)
		fillWith(kept)
		onStack = stackalloc.OnStack(block)
	})
	return onStack
}

//go:noinline
func leakResized(n int) (onStack bool) {
	stackalloc.Uninit(n, func(block []byte) { // stackalloc:heap
		l := alloc.NewLocal(block, nil)
		b, err := l.Alloc(10, 8)
		if err == nil {
			kept, _ = l.Resize(b, 100)
			fillWith(kept)
		}
		onStack = stackalloc.OnStack(block)
	})
	return onStack
}

// keeper is a second allocator that keeps what it is given back.
type keeper struct{ alloc.Heap }

func (keeper) Free(b []byte) { kept = b }

// Even when a block of the caller's memory is passed to Free, the second
// allocator never sees it.
//
//go:noinline
func leakIntoSpill(n int) (onStack bool) {
	spill := alloc.NewSpill(keeper{})
	stackalloc.Uninit(n, func(block []byte) {
		l := alloc.NewLocal(block, spill)
		defer l.Release()
		b, err := l.Alloc(n, 1)
		if err != nil {
			return
		}
		far, err := l.Alloc(50, 1)
		if err != nil {
			return
		}
		fillWith(far)
		l.Free(b)
		l.Free(far)
	})
	return stackalloc.OnStack(kept)
}

func fillWith(b []byte) {
	for i := range b {
		b[i] = 'k'
	}
}

//go:noinline
func overwrite(depth int) byte {
	var frame [256]byte
	for i := range frame {
		frame[i] = byte(depth)
	}
	if depth > 0 {
		return overwrite(depth-1) + frame[depth]
	}
	return frame[0]
}
