package small

import (
	"iter"
	"math/bits"
	"unsafe"
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
	next   uint32 // the word of the next one in the bucket's chain, or 0; of a hole, see Map.hole
	bucket [2]uint32
}

const (
	live = 1 << 31 // the bit of a slot's hash that says that there is an entry
	most = 1 << 30 // slots
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
	low     uint32    // a 1 for each bit of a bucket's word that is not of a hash
	bound   uint32    // entries that there can be without a larger block or index
	kind    kind      // of the keys
	weak    bool      // the index is by weakHash
	alike   uint8     // by weakHash: keys that came to another one's byte, or to a bucket with three

	multiplier uint64 // of weakHash
}

// MapOver returns an empty Map over block.
func MapOver[K comparable, V any](block []Slot[K, V]) Map[K, V] { return Map[K, V]{slots: block} }

// Put sets the value of k, which is added if there is none. Where it is there, k takes the
// place of the equal key, as in a builtin map: 0 of -0, a string of one that is part of another.
func (m *Map[K, V]) Put(k K, v V) {
	e, _ := m.place(k)
	e.val = v
}

// TryPut is Put if k is there or there is room for it, and else false.
func (m *Map[K, V]) TryPut(k K, v V) bool {
	if m.n == len(m.slots) {
		e := m.find(k)
		if e == nil {
			return false
		}
		e.key = k
		e.val = v
		return true
	}
	m.Put(k, v)
	return true
}

// GetOrPut returns the value of k and true. If there is none it puts v, and returns v and false.
// As with Put, k is the key that stays.
func (m *Map[K, V]) GetOrPut(k K, v V) (V, bool) {
	e, added := m.place(k)
	if added {
		e.val = v
	}
	return e.val, !added
}

// Add adds d to the value of k, which is 0 if there is none: what m[k] += d is for a map. It
// looks for k once, where a Get and a Put do it twice.
func Add[K comparable, V Number](m *Map[K, V], k K, d V) {
	e, _ := m.place(k) // the value of a new one is 0, see fresh
	e.val += d
}

// Number is what Add can add up.
type Number interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr | ~float32 | ~float64
}

// fresh makes s the slot of k, which is new. There may be anything in it. A value that may be a
// Number is zeroed, for Add.
func (s *Slot[K, V]) fresh(k K, hash uint32) {
	if unsafe.Sizeof(s.val) <= 8 {
		var zero V
		s.val = zero
	}
	s.key, s.hash = k, hash
}

// Get returns the value of k. It is false if there is none.
//
// That of string(b), for a b of bytes, makes a string first, on the heap if it is longer than 32 bytes: it is for
// a builtin map only that the compiler looks for b itself.
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
	m.alike = 0 // that many keys come and go is no fault of the hash
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
	m.used, m.hole, m.buckets, m.alike = 0, 0, 0, 0
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
	if m.buckets != 0 {
		var at uint32
		switch {
		case m.weak:
			h = weakHash(word(k), m.multiplier)
			at = spreadWeak(h)
		case m.kind == integers:
			h = integerHash(word(k))
			at = spread(h)
		case unsafe.Sizeof(k) == unsafe.Sizeof("") && m.kind == texts:
			h = stringHash(text(k))
			at = spread(h)
		default:
			h = comparableHash(k)
			at = spread(h)
		}
		s := m.slots
		b := &s[bucketOf(at, m.buckets)].bucket
		w := likely(b, h, m.low)
		if w^h <= m.low {
			if e := &s[w&m.low>>1]; e.key == k {
				return e
			}
		} else if b[1]&more == 0 {
			return nil
		}
		return m.walk(k, h)
	}
	switch {
	case m.kind == integers:
		h = weakHash(word(k), m.multiplier)
	case unsafe.Sizeof(k) == unsafe.Sizeof("") && m.kind == texts:
		h = textTag(text(k), m.multiplier)
	default:
		h = comparableHash(k)
	}
	s := m.slots
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

// place returns the slot of k, and whether it was not there and was added. It is one function, long as
// it is, since a call of its half with the index or of that without takes as long as the half does.
func (m *Map[K, V]) place(k K) (e *Slot[K, V], added bool) {
	var h uint32
	if m.buckets != 0 {
		var at uint32
		switch {
		case m.weak:
			h = weakHash(word(k), m.multiplier)
			at = spreadWeak(h)
		case m.kind == integers:
			h = integerHash(word(k))
			at = spread(h)
		case unsafe.Sizeof(k) == unsafe.Sizeof("") && m.kind == texts:
			h = stringHash(text(k))
			at = spread(h)
		default:
			h = comparableHash(k)
			at = spread(h)
		}
		s := m.slots
		b := &s[bucketOf(at, m.buckets)].bucket
		low := m.low
		second, first := b[1], b[0]
		w := second
		if first^h <= low { // where likely has no branch: with it a put does not wait for the one before
			w = first
		}
		if w^h <= low {
			e := &s[w&low>>1]
			if e.key == k {
				e.key = k // equal keys may differ, as 0 and -0 do, or a string and a part of a larger one
				return e, false
			}
			return m.walkAndAdd(k, h)
		}
		if second&more != 0 {
			return m.walkAndAdd(k, h)
		}
		i := m.used
		if i >= m.bound {
			return m.add(k, h), true
		}
		m.used = i + 1
		m.n++
		e = &s[i]
		e.fresh(k, h)
		e.link(b, first, second, h&^low|i<<1)
		return e, true
	}
	switch {
	case m.kind == integers:
		h = weakHash(word(k), m.multiplier)
	case unsafe.Sizeof(k) == unsafe.Sizeof("") && m.kind == texts:
		h = textTag(text(k), m.multiplier)
	case m.kind == unknown:
		h = m.begin(k)
	default:
		h = comparableHash(k) // panics for a key that no map can have
	}
	s := m.slots
	all := uint64(h>>24) * everyByte
	t := zeroBytes(m.tags[0] ^ all)
	at := 0
	if m.used > 8 { // no branch on which word it is in
		none := uint64(int64((t-1)&^t) >> 63) // all ones if it is not in the first, or 0
		t |= zeroBytes(m.tags[1]^all) & none
		at = int(none & 8)
	}
	if t != 0 {
		if e := &s[at+bits.TrailingZeros64(t)/8]; e.key == k {
			e.key = k
			return e, false
		}
		return m.alikeAndAdd(k, h)
	}
	i := m.used
	if i >= m.bound {
		return m.add(k, h), true
	}
	e = &s[i]
	e.fresh(k, h)
	m.tags[i/8%2] |= uint64(h>>24) << (i % 8 * 8)
	m.used++
	m.n++
	return e, true
}

// begin finds out what the zero value does not know, and returns the hash of k.
//
//go:noinline
func (m *Map[K, V]) begin(k K) uint32 {
	switch any((*K)(nil)).(type) {
	case *int:
		m.kind = integerKind
	case *string:
		m.kind = texts
	default:
		m.kind = kindOf[K]()
	}
	m.multiplier = multiplier.Load()
	m.slots = m.slots[:min(len(m.slots), most)]
	m.setBound()
	if m.kind == integers {
		return weakHash(word(k), m.multiplier)
	}
	return m.hash(k)
}

// walkAndAdd is the end of place where walk is that of find.
//
//go:noinline
func (m *Map[K, V]) walkAndAdd(k K, hash uint32) (e *Slot[K, V], added bool) {
	if e := m.walk(k, hash); e != nil {
		e.key = k
		return e, false
	}
	if m.weak {
		m.alike++
		if m.meetTooOften() || m.crowded(hash) {
			m.giveUpWeak()
			hash = m.hash(k)
		}
	}
	return m.add(k, hash), true
}

// alikeAndAdd is the end of place where there is no index, and another entry has the same byte of
// its hash. If too many have, keys were chosen for it, or are strings that differ in their middle.
//
//go:noinline
func (m *Map[K, V]) alikeAndAdd(k K, hash uint32) (e *Slot[K, V], added bool) {
	bytes, hashes := 0, 0 // entries that have the same
	for i := range m.slots[:m.used] {
		e := &m.slots[i]
		if e.hash>>24 != hash>>24 {
			continue
		}
		if e.key == k {
			e.key = k
			return e, false
		}
		bytes++
		if e.hash == hash {
			hashes++
		}
	}
	if hashes == 0 {
		m.alike++
	}
	switch {
	case hashes >= alikeHashes && m.kind == texts: // no multiplier helps
		m.hashWhole()
		hash = m.hash(k)
	case bytes >= alikeBytes || hashes >= alikeHashes || m.alike >= alikePairs:
		m.giveUpWeak()
		hash = m.hash(k)
	}
	return m.add(k, hash), true
}

// hashWhole has strings without an index hashed as keys of other types are, since too many are alike by textTag.
func (m *Map[K, V]) hashWhole() {
	m.kind = others
	for i := range m.used {
		if e := &m.slots[i]; e.hash&live != 0 {
			e.hash = comparableHash(e.key)
			tag := &m.tags[i/8]
			*tag = *tag&^(0xff<<(i%8*8)) | uint64(e.hash>>24)<<(i%8*8)
		}
	}
}

// largerIndex makes the index, by the weak hash as long as that will do.
func (m *Map[K, V]) largerIndex() {
	m.index(m.buckets == 0 || m.weak)
	if m.weak && m.meetTooOften() {
		m.giveUpWeak()
	}
}

// giveUpWeak makes the index by the strong hash, since keys meet too often by the weak one.
func (m *Map[K, V]) giveUpWeak() {
	multiplier.CompareAndSwap(m.multiplier, drawMultiplier())
	m.index(false)
}

// add adds k, which is not there, to any slot.
//
//go:noinline
func (m *Map[K, V]) add(k K, hash uint32) *Slot[K, V] {
	i := m.used
	switch {
	case m.hole != 0:
		i = m.hole - 1
		m.hole = m.slots[i].next
		if m.hole == 0 {
			m.setBound()
		}
	default:
		if int(i) == len(m.slots) {
			m.spill()
			hash = m.hash(k) // which may have been a weak one
		}
		if i >= few && i >= m.buckets {
			m.largerIndex()
			hash = m.hash(k)
		}
		m.used++
	}
	m.n++
	e := &m.slots[i]
	e.fresh(k, hash)
	if m.buckets == 0 {
		m.tags[i/8] |= uint64(hash>>24) << (i % 8 * 8)
	} else {
		m.link(e, i)
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
	size := larger(len(m.slots))
	s := make([]Slot[K, V], size)
	copy(s, m.slots)
	clear(m.slots)
	m.slots = s
	if m.buckets == 0 {
		m.setBound()
	} else {
		m.largerIndex()
	}
}
