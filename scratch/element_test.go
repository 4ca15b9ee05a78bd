package scratch

import (
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc/internal/element"
)

// All functions work where other types have taken all entries of element.Seen.
func TestTypesThatShareAnEntry(t *testing.T) {
	var saved [len(element.Seen)]uintptr
	for i := range saved {
		saved[i] = atomic.SwapUintptr(&element.Seen[i], 1<<20|element.Pointers)
	}
	defer func() {
		for i := range saved {
			atomic.StoreUintptr(&element.Seen[i], saved[i])
		}
	}()
	type own struct{ a, b uint16 }
	calls := 0
	for _, n := range []int{0, 1, 100, 10_000} {
		for range 3 {
			Uninit(n, func(s []own) {
				calls++
				require.Len(t, s, n)
				for i := range s {
					s[i] = own{1, 2}
				}
			})
			Do(n, func(s []own) {
				calls++
				for i := range s {
					require.Zero(t, s[i])
				}
			})
			Uninit(n, func(s []bool) {
				calls++
				for i := range s {
					require.False(t, s[i])
				}
			})
			Do(n, func(s []*own) { calls++; require.Len(t, s, n) })
		}
	}
	require.Equal(t, 4*3*4, calls)
}
