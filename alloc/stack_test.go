package alloc_test

import (
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
