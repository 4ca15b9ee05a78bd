package small

// Chains returns with how many others an entry is compared before it is found, on
// average, and how many entries the longest chain has.
func (m *Map[K, V]) Chains() (mean float64, longest int) {
	s := m.slots
	for b := range s {
		name := uint32(b + len(s))
		i := m.first(name, m.used)
		if chain(s[i].hash, len(s)) != name {
			continue
		}
		n := 0
		for ; i != none; i = s[i].next {
			mean += float64(n)
			n++
		}
		longest = max(longest, n)
	}
	return mean / float64(m.n), longest
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
