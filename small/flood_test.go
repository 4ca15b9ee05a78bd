package small_test

import (
	"fmt"
	"math/bits"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc/small"
)

const factor = 0xd1342543de82ef95

// product returns the key of which the weak hash is made of x. It holds after SetRandom(factor).
func product(x uint64) uint64 {
	inverse := uint64(factor) // to three bits
	for range 5 {
		inverse *= 2 - factor*inverse
	}
	return inverse * x
}

// Whoever knows the factor has keys in one bucket, or in buckets that are just not too full, or with one byte: they
// are found as fast as others, be there holes or not.
func TestKeysChosenAgainstTheWeakHash(t *testing.T) {
	if bits.UintSize < 64 {
		t.Skip("integers have the hash of all other types")
	}
	defer small.SetRandom(factor)()
	for name, key := range map[string]func(i uint64) uint64{
		"one hash":   func(i uint64) uint64 { return product(i) },
		"one bucket": func(i uint64) uint64 { return product(i << 40) },
		"of nine":    func(i uint64) uint64 { return product(i/9<<58 | i) },
	} {
		for _, n := range []int{4, 9, 16, 17, 40, 64, 65, 128} {
			for _, holes := range []bool{false, true} {
				m := small.MapOver(make([]small.Slot[uint64, uint64], n))
				for i := range uint64(n) {
					m.Put(key(i), i)
					if holes && i%3 == 1 {
						m.Delete(key(i - 1))
					}
					require.NoError(t, m.Check())
				}
				for i := range uint64(n) {
					m.Put(key(i), i)
				}
				for i := range uint64(2 * n) {
					v, ok := m.Get(key(i))
					require.True(t, ok == (i < uint64(n)) && (!ok || v == i))
				}
				require.NoError(t, m.Check())
				mean, longest := m.Chains()
				require.True(t, m.Indexed(), "%s of %d", name, n)
				require.Less(t, longest, 12, "%s of %d", name, n)
				require.Less(t, mean, 3.5, "%s of %d", name, n)
			}
		}
	}
}

// Without an index the hash of strings is of their ends and their length. Two keys in which these are equal do not need
// an index, more have one.
func TestStringsWithEqualEndsHaveAnIndex(t *testing.T) {
	for _, length := range []int{17, 100, 1000} {
		key := func(i int) string {
			return "beginning" + fmt.Sprintf("%03d", i) + strings.Repeat("x", length)
		}
		for n := range 17 {
			m := small.MapOver(make([]small.Slot[string, int], n))
			for i := range n {
				m.Put(key(i), i)
				require.NoError(t, m.Check())
			}
			require.Equal(t, n > 2, m.Indexed(), "%d keys", n)
			for i := range n {
				v, ok := m.Get(key(i))
				require.True(t, ok && v == i)
			}
			_, ok := m.Get(key(n))
			require.False(t, ok)
			for i := range n {
				require.True(t, m.Delete(key(i)))
			}
			m.Put("another", 1) // again without one, where there is room
			require.Equal(t, 1, m.Len())
			require.False(t, m.Indexed())
			require.NoError(t, m.Check())
		}
	}
}
