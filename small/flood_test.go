package small_test

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc/small"
)

const factor = 0xd1342543de82ef95

// product returns the key of which the weak hash is made of x. It holds after SetMultiplier(factor).
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
	defer small.SetMultiplier(factor)()
	for name, key := range map[string]func(i uint64) uint64{
		"one hash":   func(i uint64) uint64 { return product(i) },
		"one bucket": func(i uint64) uint64 { return product(i << 40) },
		"of nine":    func(i uint64) uint64 { return product(i/9<<58 | i) },
	} {
		for _, n := range []int{4, 9, 16, 17, 40, 64, 65, 128} {
			for _, holes := range []bool{false, true} {
				small.SetMultiplier(factor) // the one before was given up
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

// Without an index the hash of strings is of their length, their ends and their middle. Two keys in which these are equal
// are compared. More have another hash, of which few are alike: comparing long ones that differ late takes far longer than
// hashing does, and looking for one that is not there compares all.
func TestStringsThatAreAlikeAreHashedWhole(t *testing.T) {
	defer small.SetMultiplier(factor)()
	for _, length := range []int{5, 8, 20, 48, 90, 243, 244, 1000} {
		key := func(i int) string {
			return "beginning" + fmt.Sprintf("%03d", i) + strings.Repeat("x", length)
		}
		alike := length > 20 // up to 32 bytes all are in the hash
		for n := range 17 {
			for _, holes := range []bool{false, true} {
				small.SetMultiplier(factor) // by others more may be alike
				m := small.MapOver(make([]small.Slot[string, int], n))
				for i := range n {
					m.Put(key(i), i)
					if holes && i%3 == 1 {
						m.Delete(key(i - 1))
						m.Put(key(i-1), i-1)
						require.True(t, m.Delete(key(i)))
						m.Put(key(i), i)
					}
					require.NoError(t, m.Check())
				}
				const few = 2
				require.Equal(t, alike && n > few, m.HashedWhole(), "%d keys of %d bytes", n, length)
				require.False(t, m.Indexed() && !m.HashedWhole())
				require.True(t, !alike || n <= few || m.Hashes() == n, "%d keys of %d bytes have %d hashes", n, length, m.Hashes())
				for i := range n {
					m.Put(key(i), i)
				}
				for i := range n {
					v, ok := m.Get(key(i))
					require.True(t, ok && v == i)
				}
				_, ok := m.Get(key(n))
				require.False(t, ok)
				require.Equal(t, n, m.Len())
				for i := range n {
					require.True(t, m.Delete(key(i)))
				}
				m.Put("another", 1)
				require.Equal(t, 1, m.Len())
				require.NoError(t, m.Check())
			}
		}
	}
}

// Of keys in steps few meet by the weak hash, whichever multiplier a process has drawn: a Map that is sent too many
// by it takes the strong hash, and those to come take another multiplier.
func TestKeysInStepsMeetInNoProcess(t *testing.T) {
	if bits.UintSize < 64 {
		t.Skip("integers have the hash of all other types")
	}
	r := rand.New(rand.NewPCG(1, 2))
	multipliers := 300
	if testing.Short() {
		multipliers = 30
	}
	defer small.SetMultiplier(1)()
	given := map[int]int{}
	for _, step := range []uint64{1, 2, 3, 8, 100, 1_000_003, 1 << 20, 1 << 32, 1<<40 + 1, 1 << 57} {
		for range multipliers {
			for _, n := range []int{10, 16, 17, 40, 64, 128} {
				x := r.Uint64() | 1
				small.SetMultiplier(x)
				m := small.SetOver(make([]small.Slot[uint64, struct{}], n))
				for i := range uint64(n) {
					m.Add(i * step)
				}
				require.NoError(t, m.Check())
				if m.Strong() {
					require.Less(t, m.Meetings(), 5+n/8) // by chance
				} else {
					require.LessOrEqual(t, m.Meetings(), map[int]int{10: 3, 16: 3, 17: 6, 40: 8, 64: 10, 128: 16}[n], "%d in steps of %d, multiplier %#x", n, step, x)
				}
				gone := small.Multiplier() != x
				require.Equal(t, gone, m.Strong(), "%d in steps of %d, multiplier %#x", n, step, x)
				if gone {
					given[n]++
				}
			}
		}
	}
	t.Logf("given up: %v of %d", given, 10*multipliers)
	for n, times := range given {
		require.Less(t, times, 2*multipliers, "of 10 times as many, %d keys", n)
	}
	require.NotEmpty(t, given)
}

// A Map keeps its multiplier while others draw another.
func TestAMultiplierGivenUpByAnotherMap(t *testing.T) {
	defer small.SetMultiplier(factor)()
	for _, n := range []int{10, 100} {
		small.SetMultiplier(factor)
		m, bad := small.MapOver(make([]small.Slot[uint64, int], n)), small.Set[uint64]{}
		for i := range n / 2 {
			m.Put(uint64(i), i)
		}
		for i := range uint64(4) {
			bad.Add(product(i))
		}
		require.Equal(t, bits.UintSize == 64, small.Multiplier() != factor)
		for i := range n {
			m.Put(uint64(i), i)
		}
		for i := range n {
			v, ok := m.Get(uint64(i))
			require.True(t, ok && v == i)
		}
		require.Equal(t, n, m.Len())
		require.NoError(t, m.Check())
	}
}

// Keys that come and go meet others now and then, for which no hash is to blame.
func TestKeysThatComeAndGoGiveUpNoMultiplier(t *testing.T) {
	defer small.SetMultiplier(factor)()
	r := rand.New(rand.NewPCG(5, 6))
	for _, n := range []int{10, 100} {
		m := small.MapOver(make([]small.Slot[uint64, int], n))
		keys := make([]uint64, n)
		for i := range 200 * n {
			if i >= n {
				require.True(t, m.Delete(keys[i%n]))
			}
			keys[i%n] = r.Uint64()
			m.Put(keys[i%n], i)
		}
		require.NoError(t, m.Check())
		require.Equal(t, n > 16, m.Indexed())
	}
	require.Equal(t, uint64(factor), small.Multiplier())
	// Nor for those of before a Clear.
	m := small.MapOver(make([]small.Slot[uint64, int], 16))
	for range 500 {
		for range 6 {
			m.Put(r.Uint64(), 1)
		}
		m.Clear()
	}
	require.Equal(t, uint64(factor), small.Multiplier())
}

func TestHolesWhereStringsAreHashedWhole(t *testing.T) {
	m := small.MapOver(make([]small.Slot[string, int], 8))
	for _, k := range []string{"a", "b", "c", "d"} {
		m.Put(k, 1)
	}
	for _, k := range []string{"a", "b", "c"} {
		require.True(t, m.Delete(k))
	}
	for i := range 7 { // the third finds a hole
		m.Put(fmt.Sprintf("beginning %d", i)+strings.Repeat("x", 50), i)
		require.NoError(t, m.Check())
		used, holes := m.Places()
		require.Equal(t, []int{max(4, i+2), max(0, 2-i)}, []int{used, holes})
	}
	require.True(t, m.HashedWhole())
	require.Equal(t, 8, m.Len())
	v, ok := m.Get("d")
	require.True(t, ok && v == 1)
}

// One bucket is too full where the others are not, so that few keys meet.
func TestOneBucketThatIsTooFull(t *testing.T) {
	defer small.SetMultiplier(factor)()
	m := small.SetOver(make([]small.Slot[uint64, struct{}], 64))
	for i := range uint64(64) {
		if i%7 == 0 {
			m.Add(product(i << 40))
		} else {
			m.Add(product(i * factor))
		}
	}
	require.NoError(t, m.Check())
	require.True(t, m.Strong())
	require.Equal(t, bits.UintSize == 64, small.Multiplier() != factor)
}
