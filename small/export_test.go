package small

import "fmt"

// Chains returns with how many others an entry is compared before it is found, on
// average, and how many entries are in the fullest bucket. The Map must have an index.
func (m *Map[K, V]) Chains() (mean float64, longest int) {
	s := m.slots
	for b := range s[:m.buckets] {
		n := 0
		for _, w := range s[b].bucket {
			if w == 0 {
				continue
			}
			i := w & m.low >> 1
			for i != none {
				mean += float64(n)
				n++
				next := uint32(none)
				if w == s[b].bucket[1] {
					next = s[i].next
				}
				i = next
			}
		}
		longest = max(longest, n)
	}
	return mean / float64(m.n), longest
}

// Check says what is wrong with the Map's own order, if anything is.
func (m *Map[K, V]) Check() error {
	s := m.slots
	live := map[uint32]bool{}
	for i := range m.used {
		if s[i].hash>>31 != 0 {
			live[i] = true
		}
	}
	holes := 0
	for i := m.hole; i != 0; i = s[i-1].next {
		if live[i-1] || i > m.used {
			return fmt.Errorf("hole %d is an entry or beyond %d", i-1, m.used)
		}
		holes++
	}
	if len(live) != m.n || holes != int(m.used)-m.n {
		return fmt.Errorf("%d entries, %d holes, %d used, but Len is %d", len(live), holes, m.used, m.n)
	}
	if m.buckets == 0 {
		if m.used > few {
			return fmt.Errorf("%d slots used without an index", m.used)
		}
		for i := range uint32(few) {
			tag := m.tags[i/8] >> (i % 8 * 8) & 0xff
			if live[i] && tag != uint64(s[i].hash>>24) || !live[i] && tag != 0 {
				return fmt.Errorf("the tag of entry %d is %#x", i, tag)
			}
		}
		return nil
	}
	for b := range m.buckets {
		words := s[b].bucket
		if words[0] == 0 && words[1] != 0 {
			return fmt.Errorf("bucket %d has only a second word", b)
		}
		for at, w := range words {
			goesOn := w&more != 0
			for i := w & m.low >> 1; w != 0 && i != none; {
				if !live[i] || bucketOf(s[i].hash, m.buckets) != b {
					return fmt.Errorf("bucket %d has entry %d twice, or one that is not its own", b, i)
				}
				delete(live, i)
				if (s[i].next != none) != goesOn && i == w&m.low>>1 {
					return fmt.Errorf("bucket %d, word %d: wrong about the chain", b, at)
				}
				i = s[i].next
			}
		}
	}
	if len(live) != 0 {
		return fmt.Errorf("%d entries are in no bucket", len(live))
	}
	return nil
}

// Places returns how many slots have entries or are holes, and how many are holes.
func (m *Map[K, V]) Places() (used, holes int) {
	for i := m.hole; i != 0; i = m.slots[i-1].next {
		holes++
	}
	return int(m.used), holes
}

// Seeds returns what the hash of integers depends on.
func Seeds() [2]uint64 { return [2]uint64{mask, factor} }

// Contents returns what a collection keeps alive by the slot.
func (s *Slot[K, V]) Contents() (K, V) { return s.key, s.val }
