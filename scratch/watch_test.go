//go:build stackalloc_debug

package scratch

import (
	"runtime"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// message is what f panics with.
func message(f func()) (m any) {
	defer func() { m = recover() }()
	f()
	return nil
}

// without makes f run as where pages cannot be protected.
func without(f func()) {
	defer func(was bool) { canFence = was }(canFence)
	canFence = false
	f()
}

//go:noinline
func keep[T any](n int) (s []T) {
	Do(n, func(b []T) { s = b })
	return s
}

func TestWatchedBlocksThatAreWritten(t *testing.T) {
	next := func() { Uninit(1, func([]byte) {}) }
	check := func(t *testing.T, write func()) {
		t.Helper()
		require.Nil(t, message(next))
		write()
		require.Contains(t, message(next), "was written after the end of its scope")
		require.Nil(t, message(next))
	}
	t.Run("substitute", func(t *testing.T) {
		without(func() {
			for _, n := range []int{1, 7, 8, 9, 1000, 30_000} {
				s := keep[byte](n)
				for i := range s {
					if s[i] != deadByte {
						t.Fatal("the block is not filled with the pattern")
					}
				}
				check(t, func() { s[0]++ })
				s = keep[byte](n)
				check(t, func() { s[n-1] = 0 })
				s = keep[byte](n)
				check(t, func() { s[n/2] = 1 })
				w := keep[[3]uint16](n)
				check(t, func() { w[n-1][2] = 3 })
			}
		})
	})
	t.Run("pointers", func(t *testing.T) {
		for _, n := range []int{1, 2, 1000} {
			s := keep[*int](n)
			check(t, func() { s[n-1] = nil })
			u := keep[struct {
				b byte
				s string
			}](n)
			check(t, func() { u[n/2].b = 1 })
			u = keep[struct {
				b byte
				s string
			}](n)
			check(t, func() { u[0].s = "x" })
		}
	})
	t.Run("the scope that is at its end", func(t *testing.T) {
		s := keep[*int](5)
		require.Contains(t, message(func() { Do(1, func([]byte) { s[0] = new(int); Do(1, func([]byte) {}) }) }), "was written")
	})
	t.Run("says where", func(t *testing.T) {
		s := keep[*int](5)
		s[0] = new(int)
		require.Contains(t, message(next), "testing.tRunner")
	})
}

func TestWritesBeforeABlock(t *testing.T) {
	if !canFence {
		t.Skip("pages cannot be protected here")
	}
	m := message(func() {
		Do(100, func(s []byte) { *(*byte)(unsafe.Add(unsafe.Pointer(&s[0]), -3)) = 1 })
	})
	require.Contains(t, m, "the byte 3 before a slice of 100 bytes was written")
}

func TestTheCollectorBearsDeadBlocks(t *testing.T) {
	var all [][]any
	for range 30 {
		all = append(all, keep[any](20))
		runtime.GC()
	}
	runtime.KeepAlive(all)
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	for range 3 * watchedBlocks {
		keep[*int](10_000)
	}
	require.LessOrEqual(t, len(watched.queue), watchedBlocks)
	require.LessOrEqual(t, watched.bytes, watchedBytes)
	keep[[3]*int](1 << 20)
	require.LessOrEqual(t, watched.bytes, watchedBytes)
	require.NotEmpty(t, watched.queue)
	for range quarantineBlocks + 100 {
		keep[byte](1)
	}
	require.LessOrEqual(t, len(quarantine.queue), quarantineBlocks)
}

func TestSubstituteServesEveryFunction(t *testing.T) {
	without(func() {
		Do(100, func(s []byte) { require.Zero(t, s[99]) })
		Uninit(100, func(s []byte) { require.EqualValues(t, dirtyByte, s[99]) })
		Uninit(100, func(s []bool) { require.False(t, s[99]) })
		require.Equal(t, 3, Call(3, func(s []int) int { return len(s) }))
		a, b := Call2(3, func(s []int) (int, int) { return len(s), cap(s) })
		require.Equal(t, []int{3, 3}, []int{a, b})
		require.Equal(t, "leave", message(func() { Do(3, func([]byte) { panic("leave") }) }))
	})
}
