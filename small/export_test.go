package small

import (
	"fmt"
	"unsafe"
)

// Chains returns with how many others an entry is compared before it is found, on
// average, and how many entries are in the fullest bucket. The Map must have an index.
func (m *Map[K, V]) Chains() (mean float64, longest int) {
	s := m.slots
	for b := range s[:m.buckets] {
		n := 0
		for _, w := range s[b].bucket {
			for ; w != 0; w = s[w&m.low>>1].next {
				mean += float64(n)
				n++
			}
		}
		longest = max(longest, n)
	}
	return mean / float64(m.n), longest
}

// Indexed reports whether the Map has an index.
func (m *Map[K, V]) Indexed() bool { return m.buckets != 0 }

// HashedWhole reports whether strings have another hash than textTag.
func (m *Map[K, V]) HashedWhole() bool { return m.kind == others }

// Hashes returns how many hashes the entries have.
func (m *Map[K, V]) Hashes() int {
	all := map[uint32]bool{}
	for i := range m.used {
		if h := m.slots[i].hash; h&live != 0 {
			all[h] = true
		}
	}
	return len(all)
}

// Strong reports whether the hash of integers is the strong one.
func (s *Set[K]) Strong() bool { return s.m.buckets != 0 && !s.m.weak }

// Check is that of the Map.
func (s *Set[K]) Check() error { return s.m.Check() }

// Meetings returns how many entries came to another one's byte or, with an index, to a bucket with three.
func (s *Set[K]) Meetings() (n int) {
	m, room := &s.m, 1
	met := map[uint32]int{}
	for i := range m.used {
		at := m.slots[i].hash >> 24
		if m.buckets != 0 {
			room = 3
			at = uint32(uintptr(unsafe.Pointer(m.bucket(m.slots[i].hash))) - uintptr(unsafe.Pointer(&m.slots[0])))
		}
		if met[at]++; met[at] > room {
			n++
		}
	}
	return n
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
			for ; w != 0; w = s[w&m.low>>1].next {
				i := w & m.low >> 1
				if !live[i] || m.bucket(s[i].hash) != &s[b].bucket {
					return fmt.Errorf("bucket %d has entry %d twice, or one that is not its own", b, i)
				}
				delete(live, i)
				if (s[i].next != 0) != (w&more != 0) || at == 0 && w&more != 0 || (w^s[i].hash)&^m.low != 0 {
					return fmt.Errorf("bucket %d has a wrong word for entry %d", b, i)
				}
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

// TakeAll has a collection without any of its places free. Its elements have no size, so that there is
// nothing to be written.
func (d *Deque[T]) TakeAll(head int) { d.head, d.n = head, len(d.buf) }
func (v *Vec[T]) TakeAll()           { v.n = len(v.buf) }
func (h *Heap[T]) TakeAll()          { h.n = len(h.buf) }

// Larger and BucketsFor are the arithmetic of a Map's sizes.
var (
	Larger     = larger
	BucketsFor = bucketsFor
)

// SetMultiplier sets the multiplier of the weak hash for Maps to come, until undo is called.
func SetMultiplier(x uint64) (undo func()) {
	was := multiplier.Swap(x | 1)
	return func() { multiplier.Store(was) }
}

// Multiplier returns that of Maps to come.
func Multiplier() uint64 { return multiplier.Load() }
