package small

import "iter"

// Slot is what an entry of a Map or Set takes in its block. Its contents before do
// not matter, so that a block from stackalloc.Uninit will do where K and V have no
// pointers.
//
// The entry with index i is in slot i. Beside it the slot has the head of a
// chain of entries: all whose hash falls to this slot. They are linked by index,
// for a pointer to a slot, stored in a slot, would be a leak of the block.
type Slot[K comparable, V any] struct {
	val  V // first, for a last field without size takes room
	key  K
	hash uint32 // with the bit live, or of the entry that was here
	next uint32 // in the chain, or none; of a hole, see Map.hole
	head uint32 // see Map.first
}

const (
	live = 1 << 31   // the bit of a slot's hash that says that there is an entry
	none = 1<<32 - 1 // the index of no slot
	most = 1<<31 - 1 // slots
)

// SlotsFor returns the length of a block for a Map or Set of n entries, which is n:
// every slot can be used. It panics if n is negative.
func SlotsFor(n int) int {
	if n < 0 {
		panicNegative(n)
	}
	return n
}

// Map is a map. Its zero value has no room and moves to the heap with the first
// entry. It has room for 1<<31 - 1 entries at most.
type Map[K comparable, V any] struct {
	slots   []Slot[K, V]
	n       int    // entries
	used    uint32 // slots below that have entries or are holes
	hole    uint32 // 1 more than the index of the first hole, or 0; the next is in its slot
	integer bool   // the keys are integers; known when there are entries
}

// MapOver returns an empty Map over block.
func MapOver[K comparable, V any](block []Slot[K, V]) Map[K, V] { return Map[K, V]{slots: block} }

// Put sets the value of k, which is added if there is none.
func (m *Map[K, V]) Put(k K, v V) { m.slots[m.place(k, true)].val = v }

// TryPut is Put if k is there or there is room for it, and else false.
func (m *Map[K, V]) TryPut(k K, v V) bool {
	i := m.place(k, false)
	if i == none {
		return false
	}
	m.slots[i].val = v
	return true
}

// Get returns the value of k. It is false if there is none.
func (m *Map[K, V]) Get(k K) (v V, ok bool) {
	if i := m.find(k); i != none {
		return m.slots[i].val, true
	}
	return v, false
}

// Delete removes k and reports whether it was there.
func (m *Map[K, V]) Delete(k K) bool {
	i := m.find(k)
	if i == none {
		return false
	}
	s := m.slots
	e := &s[i]
	link := m.head(chain(e.hash, len(s)))
	for *link != i {
		link = &s[*link].next
	}
	*link = e.next
	m.n--
	switch {
	case m.n == 0:
		m.used, m.hole = 0, 0
	case i == m.used-1:
		m.used--
	default:
		e.next = m.hole
		m.hole = i + 1
	}
	var empty Slot[K, V]
	e.key, e.val = empty.key, empty.val
	e.hash &^= live
	return true
}

// Len returns the number of entries.
func (m *Map[K, V]) Len() int { return m.n }

// All iterates over the entries: in the order in which their keys were added, as
// long as none was removed, and then in no particular order.
//
// The loop may change the Map, as it may a map. Each entry that is there from
// beginning to end comes once, with the value that it has when it comes. One that
// is removed before it came does not come, and one that is added may or may not.
func (m *Map[K, V]) All() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) { m.Each(yield) }
}

// Each is the iterator that All returns, to be used as "range m.Each": see the
// package's text about loops.
func (m *Map[K, V]) Each(yield func(k K, v V) bool) {
	end := m.used // a loop that adds an entry each time ends
	for i := uint32(0); i < min(end, m.used); i++ {
		if e := &m.slots[i]; e.hash&live != 0 && !yield(e.key, e.val) {
			return
		}
	}
}

// Clear removes all entries, in time linear in the largest number of them that there
// was since the Map was empty. The memory stays.
func (m *Map[K, V]) Clear() {
	clear(m.slots[:m.used])
	m.n, m.used, m.hole = 0, 0, 0
}

// chain returns n more than the slot, of n, to whose chain a hash falls; less than n
// for the hash of a hole.
func chain(hash uint32, n int) uint32 {
	return uint32(uint64(hash) * uint64(n) >> 31)
}

// head returns the head of the chain of that name.
func (m *Map[K, V]) head(chain uint32) *uint32 { return &m.slots[chain-uint32(len(m.slots))].head }

// first returns the first entry of a chain, if there is one, and else one below used
// that is of another chain, or a hole. There must be some below used.
//
// Slots are not cleared beforehand, so that the head may be anything as long as no
// entry was added to the chain. But then there is no entry below used whose hash
// falls to it, so that what the head points to tells that it is of another one.
// (This is the sparse set of Briggs and Torczon, 1993.)
func (m *Map[K, V]) first(chain, used uint32) uint32 {
	i := *m.head(chain)
	return i & when(i < used)
}

// find returns the index of k, or none.
func (m *Map[K, V]) find(k K) uint32 {
	if m.used == 0 {
		comparableHash(k) // panics for a key that no map can have
		return none
	}
	var h uint32
	if m.integer {
		h = integerHash(word(k))
	} else {
		h = comparableHash(k)
	}
	s := m.slots
	b := chain(h, len(s))
	i := m.first(b, m.used)
	e := &s[i]
	if e.hash == h && e.key == k {
		return i
	}
	i = e.next | when(chain(e.hash, len(s)) != b)
	for i != none {
		if e := &s[i]; e.hash == h && e.key == k {
			break
		}
		i = s[i].next
	}
	return i
}

// place returns the index of k, which is added if it is not there. It returns none,
// and has done nothing, if there is no room and it may not move.
func (m *Map[K, V]) place(k K, move bool) uint32 {
	if m.used == 0 {
		m.begin()
	}
	var h uint32
	if m.integer {
		h = integerHash(word(k))
	} else {
		h = comparableHash(k)
	}
	s := m.slots
	b := chain(h, len(s))
	first := uint32(none)
	if m.used != 0 {
		i := m.first(b, m.used)
		e := &s[i]
		if e.hash == h && e.key == k {
			e.key = k
			return i
		}
		other := when(chain(e.hash, len(s)) != b)
		first, i = i|other, e.next|other
		for i != none {
			e := &s[i]
			if e.hash == h && e.key == k {
				e.key = k // equal keys may differ, as 0 and -0 do, or a string and a part of a larger one
				return i
			}
			i = e.next
		}
	}
	i := m.used
	switch {
	case m.hole != 0:
		i = m.hole - 1
		m.hole = s[i].next
	case int(i) < len(s):
		m.used++
	case !move:
		return none
	default:
		m.spill()
		return m.place(k, false)
	}
	m.n++
	e := &s[i]
	e.key, e.hash, e.next = k, h, first
	*m.head(b) = i
	return i
}

// begin finds out what an empty Map does not know.
func (m *Map[K, V]) begin() {
	m.integer = isInteger[K]()
	m.slots = m.slots[:min(len(m.slots), most)]
}

// spill moves the entries to larger memory, where they keep their indices, so that
// a loop over them goes on. There are no holes when this is called.
//
//go:noinline
func (m *Map[K, V]) spill() {
	size := min(larger(len(m.slots)), most)
	if size == len(m.slots) {
		panicFull()
	}
	s := make([]Slot[K, V], size)
	used := uint32(copy(s, m.slots))
	clear(m.slots)
	m.slots = s
	for i := range used {
		b := chain(s[i].hash, len(s))
		s[i].next = none
		if first := m.first(b, i); first < i && chain(s[first].hash, len(s)) == b {
			s[i].next = first
		}
		*m.head(b) = i
	}
}

// when returns all bits if yes, and else none: for what depends on a bool that
// cannot be foreseen, so that a branch would be expensive.
func when(yes bool) uint32 {
	var n uint32
	if yes {
		n = 1
	}
	return -n
}
