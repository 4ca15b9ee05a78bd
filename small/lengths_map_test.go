package small_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc/internal/build"
	"github.com/stackalloc/stackalloc/small"
)

// Random programs over blocks of all lengths at which a Map is another: without an index, with that of
// few slots and with that of many, and from each to the next ones, with more keys than there is room for.
func TestMapOverBlocksOfEveryLength(t *testing.T) {
	chans := make([]chan int, 400)
	for i := range chans {
		chans[i] = make(chan int)
	}
	type padded struct {
		a int8
		b int64
		c int8
	}
	t.Run("int", func(t *testing.T) { overEveryLength(t, func(i int) int { return i - 200 }) })
	t.Run("int64 in steps", func(t *testing.T) { overEveryLength(t, func(i int) int64 { return int64(i) << 33 }) })
	t.Run("uint16", func(t *testing.T) { overEveryLength(t, func(i int) uint16 { return uint16(i * 163) }) })
	t.Run("uint64 of one bucket", func(t *testing.T) {
		overEveryLength(t, func(i int) uint64 { return product(uint64(i)) })
	})
	t.Run("uint64 of few buckets", func(t *testing.T) {
		overEveryLength(t, func(i int) uint64 { return product(uint64(i%9)<<60 | uint64(i)) })
	})
	t.Run("strings with equal ends", func(t *testing.T) {
		overEveryLength(t, func(i int) string {
			n := i % 41
			b := []byte(strings.Repeat("x", n))
			if n > 0 {
				b[n/2] = byte(i)
			}
			return string(b)
		})
	})
	t.Run("padding", func(t *testing.T) {
		overEveryLength(t, func(i int) padded { return padded{int8(i), int64(i / 100), int8(-i)} })
	})
	t.Run("float32", func(t *testing.T) {
		overEveryLength(t, func(i int) float32 {
			if i == 0 {
				return float32(math.Copysign(0, -1))
			}
			return float32(i / 2 * (i%2*2 - 1)) // 1 is 0
		})
	})
	t.Run("chan", func(t *testing.T) { overEveryLength(t, func(i int) chan int { return chans[i] }) })
	t.Run("no size", func(t *testing.T) { overEveryLength(t, func(int) (k [0]int) { return k }) })
	t.Run("error", func(t *testing.T) {
		overEveryLength(t, func(i int) error {
			if i == 7 {
				return nil
			}
			return failure{i / 2}
		})
	})
}

type failure struct{ at int }

func (failure) Error() string { return "failure" }

func overEveryLength[K comparable](t *testing.T, key func(i int) K) {
	var lengths []int
	for n := range 41 {
		lengths = append(lengths, n)
	}
	for n := 60; n < 70; n++ {
		lengths = append(lengths, n, n+62, n+190) // around 64, 128 and 256
	}
	if testing.Short() || build.Race {
		lengths = []int{0, 1, 16, 17, 64, 65, 127, 128, 129, 256, 257}
	}
	for _, n := range lengths {
		r := rand.New(rand.NewPCG(uint64(n), 1))
		undo := small.SetMultiplier(factor)
		m := small.MapOver(make([]small.Slot[K, [3]int32], n))
		model := map[K][3]int32{}
		keys, step := 2*n+30, 0
		m.Put(key(0), [3]int32{})
		m.Delete(key(0))
		undo()
		for range 6 {
			grow := r.IntN(8) // of ten steps so many put
			for range n + 60 {
				step++
				k, v := key(r.IntN(min(keys, 400))), [3]int32{int32(step), 1, 2}
				switch op := r.IntN(10); {
				case op < grow:
					m.Put(k, v)
					model[k] = v
				case op == 8:
					if ok := m.TryPut(k, v); ok {
						model[k] = v
					}
				case op == 9:
					got, ok := m.Get(k)
					want, there := model[k]
					require.True(t, got == want && ok == there, "Get, %d slots, step %d", n, step)
				default:
					_, there := model[k]
					require.Equal(t, there, m.Delete(k), "Delete, %d slots, step %d", n, step)
					delete(model, k)
				}
			}
			require.NoError(t, m.Check(), "%d slots, step %d", n, step)
			require.Equal(t, len(model), m.Len())
			for i := range min(keys, 400) {
				got, ok := m.Get(key(i))
				want, there := model[key(i)]
				require.True(t, got == want && ok == there, "Get, %d slots, step %d", n, step)
			}
			for k, v := range m.Each {
				require.Equal(t, model[k], v)
			}
			if r.IntN(6) == 0 {
				m.Clear()
				clear(model)
			}
		}
	}
}
