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
// and more if the entry has a next one in a chain, whose word it has. So what differs in the low bits only is likely to be the
// right entry, and a lookup reads one bucket and one entry and has no branch that cannot be
// foreseen, but on whether the key is there.

const (
	few     = 16  // entries without an index
	several = 128 // slots for which a weak hash is good enough

	// So many entries of one bucket, or without an index of one byte or of one hash, have a put give up
	// the weak hash: then one key more takes no longer than that does. Of 16 or 128 keys
	// by chance one set in a thousand has them.
	crowd       = 8
	alikeBytes  = 3
	alikeHashes = 2
	alikePairs  = 4 // met by chance by one set of 16 in sixty
	more        = 1
	everyByte   = 1<<56 | 1<<48 | 1<<40 | 1<<32 | 1<<24 | 1<<16 | 1<<8 | 1
)

// meetTooOften reports whether an index by the weak hash had more entries come to a bucket with three than by chance,
// which are 3 of 128.
func (m *Map[K, V]) meetTooOften() bool { return uint32(m.alike) > 4+m.used/10 }

// zeroBytes returns the highest bit of each byte of x that is 0, and perhaps of others
// above those.
func zeroBytes(x uint64) uint64 { return (x - everyByte) &^ x & (everyByte << 7) }

// bucketOf returns to which of n buckets a hash falls, of which it is given the better bits first:
// those of a weak one as they are, of another one not those that words keep.
func bucketOf(spread, n uint32) uint32 { return uint32(uint64(spread) * uint64(n) >> 32) }

func spread(hash uint32) uint32     { return bits.RotateLeft32(hash, 8) }
func spreadWeak(hash uint32) uint32 { return hash << 1 } // without live

// bucket returns the bucket of an entry.
func (m *Map[K, V]) bucket(hash uint32) *[2]uint32 {
	at := spread(hash)
	if m.weak {
		at = spreadWeak(hash)
	}
	return &m.slots[bucketOf(at, m.buckets)].bucket
}

// bucketsFor returns how many buckets a Map of so many slots has for its entries.
//
// It is for eight times as many entries as there are, since each bucket has to be cleared, and a
// block for 10,000 may have few.
func bucketsFor(entries uint32, slots int) uint32 {
	size := 8 * max(uint64(entries), few)
	if uint64(slots) <= 2*size {
		return uint32(slots)
	}
	return uint32(size)
}

// index makes the index, or a larger or better one, by the weak hash only if that is allowed.
//
//go:noinline
func (m *Map[K, V]) index(weak bool) {
	s := m.slots
	weak = weak && m.kind == integers && len(s) <= several
	rehash := !weak && m.kind != others && (m.buckets == 0 || m.weak)
	m.weak, m.alike = weak, 0
	m.buckets = bucketsFor(m.used, len(s))
	if m.hole == 0 {
		m.bound = m.buckets
	}
	m.low = 2<<bits.Len(uint(len(s)-1)) - 1
	for i := range s[:m.buckets] {
		s[i].bucket = [2]uint32{}
	}
	for i := range m.used {
		e := &s[i]
		if e.hash&live == 0 {
			continue
		}
		switch {
		case rehash && m.kind == integers:
			e.hash = integerHash(word(e.key))
		case rehash:
			e.hash = m.hash(e.key)
		}
		m.link(e, i)
		m.alike += uint8(e.next & more)
	}
}

// crowded reports whether the bucket of a hash has more entries than it has by chance.
func (m *Map[K, V]) crowded(hash uint32) bool {
	n := 1
	for w := m.bucket(hash)[1]; w != 0; w = m.slots[w&m.low>>1].next {
		n++
	}
	return n >= crowd
}

// link puts entry i into its bucket.
func (m *Map[K, V]) link(e *Slot[K, V], i uint32) {
	b := m.bucket(e.hash)
	e.link(b, b[0], b[1], e.hash&^m.low|i<<1)
}

// link puts the entry with the word w into bucket b, which has first and second.
func (s *Slot[K, V]) link(b *[2]uint32, first, second, w uint32) {
	s.next = second
	if second != 0 { // no branch
		w |= more
	}
	at := 0
	if first != 0 { // no branch either
		at = 1
	}
	b[at] = w
}

// unlink takes an entry out of its bucket and returns its index.
func (m *Map[K, V]) unlink(e *Slot[K, V]) (i uint32) {
	s := m.slots
	b := m.bucket(e.hash)
	i = b[0] & m.low >> 1
	if &s[i] == e {
		b[0] = b[1] &^ more
		if b[1] != 0 {
			head := &s[b[1]&m.low>>1].next
			b[1], *head = *head, 0
		}
		return i
	}
	var before *uint32 // the word that has more, because of link
	link := &b[1]
	for {
		i = *link & m.low >> 1
		if &s[i] == e {
			break
		}
		before, link = link, &s[i].next
	}
	*link = e.next
	if before != nil && e.next == 0 {
		*before &^= more
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
	b := m.bucket(hash)
	if e := &s[b[0]&m.low>>1]; e.hash == hash && e.key == k {
		return e
	}
	for w := b[1]; w != 0; {
		e := &s[w&m.low>>1]
		if e.hash == hash && e.key == k {
			return e
		}
		w = e.next
	}
	return nil
}
