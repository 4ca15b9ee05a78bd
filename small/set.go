package small

import "iter"

// Set is a set. Its zero value has no room and moves to the heap with the first
// element. All that is said of Map holds for it.
type Set[K comparable] struct {
	m Map[K, struct{}]
}

// SetOver returns an empty Set over block.
func SetOver[K comparable](block []Slot[K, struct{}]) Set[K] {
	return Set[K]{Map[K, struct{}]{slots: block}} // MapOver's result would be copied twice
}

// Add adds k and reports whether it was new.
func (s *Set[K]) Add(k K) bool {
	_, added := s.m.place(k)
	return added
}

// TryAdd adds k if there is room. It is false if k is not in the set after it.
func (s *Set[K]) TryAdd(k K) bool { return s.m.TryPut(k, struct{}{}) }

// Has reports whether k is in the set.
func (s *Set[K]) Has(k K) bool {
	return s.m.find(k) != nil
}

// Delete removes k and reports whether it was there.
func (s *Set[K]) Delete(k K) bool { return s.m.Delete(k) }

// Len returns the number of elements.
func (s *Set[K]) Len() int { return s.m.n }

// All iterates over the elements as [Map.All] does.
func (s *Set[K]) All() iter.Seq[K] {
	return func(yield func(K) bool) { s.Each(yield) }
}

// Each is the iterator that All returns, to be used as "range s.Each": see the
// package's text about loops.
func (s *Set[K]) Each(yield func(k K) bool) {
	end := s.m.used // a loop that adds an element each time ends
	for i := uint32(0); i < min(end, s.m.used); i++ {
		if e := &s.m.slots[i]; e.hash&live != 0 && !yield(e.key) {
			return
		}
	}
}

// Clear removes all elements as [Map.Clear] does.
func (s *Set[K]) Clear() { s.m.Clear() }
