package small

import "math/bits"

// The index of a Map finds the slot of a key.
//
// Up to few entries it is a byte for each, a part of its hash, in the Map itself: eight
// are compared at once, as in a Swiss table.
//
// With more there are buckets, beside the entries in the slots. A bucket has two words,
// each for an entry whose hash falls to it, and a chain for those for which there is no
// room: the second word's entry is its head. The entries are linked by index, for a pointer to a slot,
// stored in a slot, would be a leak of the block.
//
// A word is 0 or an entry's hash without its low bits, which are twice the entry's index,
// and more if there is a chain. So what differs in the low bits only is likely to be the
// right entry, and a lookup reads one bucket and one entry and has no branch that cannot be
// foreseen, but on whether the key is there.

const (
	few       = 16
	more      = 1
	everyByte = 1<<56 | 1<<48 | 1<<40 | 1<<32 | 1<<24 | 1<<16 | 1<<8 | 1
)

// zeroBytes returns the highest bit of each byte of x that is 0, and perhaps of others
// above those.
func zeroBytes(x uint64) uint64 { return (x - everyByte) &^ x & (everyByte << 7) }

// bucketOf returns to which of n buckets a hash falls. It goes by other bits than those
// that words keep first.
func bucketOf(hash, n uint32) uint32 {
	return uint32(uint64(bits.RotateLeft32(hash, 8)) * uint64(n) >> 32)
}

// index makes the index, or a larger one. There must not be any holes.
//
// It has buckets for eight times as many entries as there are, since each of them
// has to be cleared, and a block for 10,000 may have few.
//
//go:noinline
func (m *Map[K, V]) index() {
	s := m.slots
	size := max(8*int(m.used), 8*few)
	if len(s) <= 2*size {
		size = len(s)
	}
	m.buckets = uint32(size)
	m.bound = m.buckets
	m.low = 2<<bits.Len(uint(len(s)-1)) - 1
	for i := range s[:size] {
		s[i].bucket = [2]uint32{}
	}
	for i := range min(m.used, few) { // others have the hash
		e := &s[i]
		if m.kind == integers {
			e.hash = integerHash(word(e.key))
		} else {
			e.hash = m.hash(e.key)
		}
	}
	for i := range m.used {
		e := &s[i]
		m.link(e, i, &s[bucketOf(e.hash, m.buckets)].bucket)
	}
}

// link puts entry i into its bucket.
func (m *Map[K, V]) link(e *Slot[K, V], i uint32, b *[2]uint32) {
	w := e.hash&^m.low | i<<1
	e.next = none
	if b[1] != 0 {
		e.next = b[1] & m.low >> 1
		w |= more
	}
	at := 0
	if b[0] != 0 { // no branch either
		at = 1
	}
	b[at] = w
}

// unlink takes an entry out of its bucket and returns its index.
func (m *Map[K, V]) unlink(e *Slot[K, V]) (i uint32) {
	s := m.slots
	b := &s[bucketOf(e.hash, m.buckets)].bucket
	i = b[0] & m.low >> 1
	second := b[1] & m.low >> 1
	switch {
	case &s[i] == e:
		b[0] = b[1] &^ more
	case &s[second] == e:
		i = second
	default:
		link := &s[second].next
		for &s[*link] != e {
			link = &s[*link].next
		}
		i = *link
		*link = e.next
		if s[second].next == none {
			b[1] &^= more
		}
		return i
	}
	if b[1]&more == 0 {
		b[1] = 0
		return i
	}
	head := s[second].next
	s[second].next = none
	b[1] = s[head].hash&^m.low | head<<1
	if s[head].next != none {
		b[1] |= more
	}
	return i
}

// likely returns the word of a bucket that is like the hash, if one is. It is a choice by
// arithmetic, since the compiler makes no conditional move of what an address comes from.
func likely(b *[2]uint32, hash, low uint32) uint32 {
	first, second := b[0], b[1]
	isSecond := uint32((int64(low) - int64(first^hash)) >> 63) // all ones, or 0
	return first ^ (first^second)&isSecond
}

// walk looks for k in a bucket in which the most likely entry was another.
//
//go:noinline
func (m *Map[K, V]) walk(k K, hash uint32) *Slot[K, V] {
	s := m.slots
	b := &s[bucketOf(hash, m.buckets)].bucket
	if e := &s[b[0]&m.low>>1]; e.hash == hash && e.key == k {
		return e
	}
	i := b[1] & m.low >> 1
	if b[1] == 0 {
		i = none
	}
	for i != none {
		e := &s[i]
		if e.hash == hash && e.key == k {
			return e
		}
		i = e.next
	}
	return nil
}
