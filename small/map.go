package small

import (
	"iter"
	"math/bits"
)

// Slot is what an entry of a Map or Set takes in its block. Its contents before do
// not matter, so that a block from stackalloc.Uninit will do where K and V have no
// pointers.
//
// The entry with index i is in slot i. Beside it the slot has a bucket of the index,
// which is about other entries: see index.go.
type Slot[K comparable, V any] struct {
	val    V // first, for a last field without size takes room
	key    K
	hash   uint32 // with the bit live, or of the entry that was here
	next   uint32 // in the bucket's chain, or none; of a hole, see Map.hole
	bucket [2]uint32
}

const (
	live = 1 << 31   // the bit of a slot's hash that says that there is an entry
	none = 1<<32 - 1 // the index of no slot
	most = 1 << 30   // slots
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
// entry. It has room for 1<<30 entries at most.
//
// Put, Get and Delete take constant time on average, whatever the keys are; a
// Put that moves the Map or enlarges its index takes time linear in its entries.
type Map[K comparable, V any] struct {
	slots   []Slot[K, V]
	n       int       // entries
	tags    [2]uint64 // without an index: a byte of the hash of each entry, or 0
	used    uint32    // slots below that have entries or are holes
	hole    uint32    // 1 more than the index of the first hole, or 0; the next is in its slot
	buckets uint32    // of the index, or 0
	limit   uint32    // see index
	bound   uint32    // entries that there can be without a larger block or index
	kind    kind      // of the keys
}

// MapOver returns an empty Map over block.
func MapOver[K comparable, V any](block []Slot[K, V]) Map[K, V] { return Map[K, V]{slots: block} }

// Put sets the value of k, which is added if there is none.
func (m *Map[K, V]) Put(k K, v V) { m.place(k, true).val = v }

// TryPut is Put if k is there or there is room for it, and else false.
func (m *Map[K, V]) TryPut(k K, v V) bool {
	e := m.place(k, false)
	if e == nil {
		return false
	}
	e.val = v
	return true
}

// Get returns the value of k. It is false if there is none.
func (m *Map[K, V]) Get(k K) (v V, ok bool) {
	if e := m.find(k); e != nil {
		return e.val, true
	}
	return v, false
}

// Delete removes k and reports whether it was there.
func (m *Map[K, V]) Delete(k K) bool {
	e := m.find(k)
	if e == nil {
		return false
	}
	var i uint32
	if m.buckets == 0 {
		for e != &m.slots[i] {
			i++
		}
		m.tags[i/8] &^= 0xff << (i % 8 * 8)
	} else {
		i = m.unlink(e)
	}
	m.n--
	switch {
	case m.n == 0:
		m.forget()
	case i == m.used-1:
		m.used--
	default:
		e.next = m.hole
		m.hole = i + 1
		m.bound = 0
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
	m.n = 0
	m.forget()
}

// forget is for when there are no entries.
func (m *Map[K, V]) forget() {
	m.used, m.hole, m.buckets = 0, 0, 0
	m.tags = [2]uint64{}
	m.setBound()
}

// find returns the slot of k, or nil. Unlike place it keeps nothing of k, so that a caller's
// string need not be on the heap.
//
// For integers both call nothing but at their ends, so that they have nothing to save. They
// are not one function on top of the other, which takes longer.
func (m *Map[K, V]) find(k K) *Slot[K, V] {
	var h uint32
	switch {
	case m.kind != integers:
		h = m.hash(k)
	case m.buckets == 0:
		h = integerTag(word(k))
	default:
		h = integerHash(word(k))
	}
	s := m.slots
	if m.buckets != 0 {
		b := &s[bucketOf(h, m.buckets)].bucket
		i := likely(b, h, m.limit)
		if i^h < m.limit {
			if e := &s[i&(m.limit/2-1)]; e.key == k {
				return e
			}
		} else if b[1]&(m.limit/2) == 0 {
			return nil
		}
		return m.walk(k, h)
	}
	all := uint64(h>>24) * everyByte
	for t := zeroBytes(m.tags[0] ^ all); t != 0; t &= t - 1 {
		if e := &s[bits.TrailingZeros64(t)/8]; e.key == k {
			return e
		}
	}
	if m.used > 8 {
		for t := zeroBytes(m.tags[1] ^ all); t != 0; t &= t - 1 {
			if e := &s[8+bits.TrailingZeros64(t)/8]; e.key == k {
				return e
			}
		}
	}
	return nil
}

// place returns the slot of k, which is added if it is not there. It returns nil, and has
// done nothing, if there is no room and it may not move.
func (m *Map[K, V]) place(k K, move bool) *Slot[K, V] {
	var h uint32
	switch {
	case m.kind != integers:
		if m.kind == unknown {
			m.begin()
		}
		h = m.hash(k)
	case m.buckets == 0:
		h = integerTag(word(k))
	default:
		h = integerHash(word(k))
	}
	s := m.slots
	if m.buckets != 0 {
		b := &s[bucketOf(h, m.buckets)].bucket
		i := likely(b, h, m.limit)
		if i^h < m.limit {
			e := &s[i&(m.limit/2-1)]
			if e.key == k {
				e.key = k // equal keys may differ, as 0 and -0 do, or a string and a part of a larger one
				return e
			}
			return m.walkAndAdd(k, h, move)
		}
		if b[1]&(m.limit/2) != 0 {
			return m.walkAndAdd(k, h, move)
		}
		if m.used >= m.bound {
			return m.add(k, h, move)
		}
		e := &s[m.used]
		e.key, e.hash = k, h
		m.link(e, m.used, b)
		m.used++
		m.n++
		return e
	}
	all := uint64(h>>24) * everyByte
	for t := zeroBytes(m.tags[0] ^ all); t != 0; t &= t - 1 {
		if e := &s[bits.TrailingZeros64(t)/8]; e.key == k {
			e.key = k
			return e
		}
	}
	if m.used > 8 {
		for t := zeroBytes(m.tags[1] ^ all); t != 0; t &= t - 1 {
			if e := &s[8+bits.TrailingZeros64(t)/8]; e.key == k {
				e.key = k
				return e
			}
		}
	}
	i := m.used
	if i >= m.bound {
		return m.add(k, h, move)
	}
	e := &s[i]
	e.key, e.hash = k, h
	m.tags[i/8%2] |= uint64(h>>24) << (i % 8 * 8)
	m.used++
	m.n++
	return e
}

// begin finds out what the zero value does not know.
//
//go:noinline
func (m *Map[K, V]) begin() {
	m.kind = kindOf[K]()
	m.slots = m.slots[:min(len(m.slots), most)]
	m.setBound()
}

// walkAndAdd is the end of place where walk is that of find.
//
//go:noinline
func (m *Map[K, V]) walkAndAdd(k K, hash uint32, move bool) *Slot[K, V] {
	if e := m.walk(k, hash); e != nil {
		e.key = k
		return e
	}
	return m.add(k, hash, move)
}

// add adds k, which is not there, to any slot.
//
//go:noinline
func (m *Map[K, V]) add(k K, hash uint32, move bool) *Slot[K, V] {
	i := m.used
	switch {
	case m.hole != 0:
		i = m.hole - 1
		m.hole = m.slots[i].next
		if m.hole == 0 {
			m.setBound()
		}
	case int(i) == len(m.slots) && !move:
		return nil
	default:
		if int(i) == len(m.slots) {
			m.spill()
		}
		if i >= few && i >= m.buckets {
			m.index()
			hash = m.hash(k) // which may have been a tag
		}
		m.used++
	}
	m.n++
	e := &m.slots[i]
	e.key, e.hash = k, hash
	if m.buckets == 0 {
		m.tags[i/8] |= uint64(hash>>24) << (i % 8 * 8)
	} else {
		m.link(e, i, &m.slots[bucketOf(hash, m.buckets)].bucket)
	}
	return e
}

// setBound is for when there are no holes.
func (m *Map[K, V]) setBound() {
	m.bound = m.buckets
	if m.buckets == 0 {
		m.bound = uint32(min(len(m.slots), few))
	}
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
	copy(s, m.slots)
	clear(m.slots)
	m.slots = s
	if m.buckets == 0 {
		m.setBound()
	} else {
		m.index()
	}
}
