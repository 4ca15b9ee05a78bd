package alloc

import "slices"

// List is a growing row of allocators: when all are full, a function makes another
// one. A row of free lists is a pool without a fixed size, whose blocks never move:
//
//	pool := alloc.NewList(func() alloc.Allocator { return alloc.NewFreeList(256, 64) })
//
// A block goes back to the allocator that it came from. Of a new [FreeList], [Scoped] or
// arena in one piece, by itself or within a layer that passes on, the List knows the
// memory. Of others it keeps a record, with a map entry for each block until it is
// freed.
//
// Alloc asks the allocator that served or was given a block last, then the others, the
// newest first. So it costs a few nanoseconds more than that allocator mostly, and
// time linear in the number of allocators when many are full. Free and Resize take time
// logarithmic in it. It is not safe for concurrent use.
type List struct {
	next   func() Allocator
	all    []*member
	last   *member   // asked first
	spans  []*member // those whose memory is known and nobody else's, by address
	strays strays[*member]
}

type member struct {
	node
	live     int
	served   bool
	from, to uintptr // its memory, if it is among the spans
}

// NewList returns a List that has no allocator yet; next is called for each. It may
// return nil for no more. It panics if next is nil.
func NewList(next func() Allocator) *List {
	if next == nil {
		panic("alloc: NewList: nil function")
	}
	return &List{next: next}
}

// Len is the number of allocators.
func (l *List) Len() int { return len(l.all) }

// Trim drops the allocators of which no block is live, and calls drop, unless it is
// nil, with each: to Release its memory, say. Blocks that a scope or an arena takes
// back as a whole are live until they are freed one by one, too.
func (l *List) Trim(drop func(a Allocator)) {
	var empty []*member
	unused := func(m *member) bool { return m.live == 0 }
	l.spans = slices.DeleteFunc(l.spans, unused)
	l.all = slices.DeleteFunc(l.all, func(m *member) bool {
		if unused(m) {
			empty = append(empty, m)
		}
		return unused(m)
	})
	if l.last = nil; len(l.all) > 0 {
		l.last = l.all[len(l.all)-1]
	}
	for _, m := range empty {
		if drop != nil {
			drop(outside(m.node))
		}
	}
}

// Alloc allocates from the first allocator that can, if none can from a new one. A
// new one that cannot either is kept, and another one is not made before it has
// served. The error is that of the newest.
func (l *List) Alloc(size, align int) ([]byte, error) { return tryAlloc(l, size, align) }

// Free gives b back to the allocator that it came from. It panics if there is none.
func (l *List) Free(b []byte) {
	if b == nil {
		return
	}
	m := l.home(b)
	if m == nil {
		panic("alloc: List.Free: foreign block; free it with the allocator it came from")
	}
	m.Free(b)
	l.strays.drop(b)
	l.last = m
	m.live--
}

// Owns reports whether b lies in the memory that the List knows, or is, as a whole, a
// live block of another of its allocators.
func (l *List) Owns(b []byte) bool { return l.who(b) == yes }

// Resize resizes b within its allocator, or moves it to another one.
func (l *List) Resize(b []byte, size int) ([]byte, error) { return tryResize(l, b, size) }

func (l *List) node() node { return l }

func (l *List) try(size, align int) ([]byte, error) { return l.tryWithout(nil, size, align) }

// tryWithout is try without one that was asked.
func (l *List) tryWithout(asked *member, size, align int) ([]byte, error) {
	_, newest := Null{}.try(size, align) // what a List without allocators says
	if m := l.last; m != nil && m != asked {
		b, err := m.try(size, align)
		if err == nil {
			return l.serve(m, b), nil
		}
		newest = err
	}
	for i, m := range slices.Backward(l.all) {
		if m == l.last || m == asked {
			continue
		}
		b, err := m.try(size, align)
		if err == nil {
			return l.serve(m, b), nil
		}
		if i == len(l.all)-1 {
			newest = err
		}
	}
	if n := len(l.all); n > 0 && !l.all[n-1].served {
		return nil, newest
	}
	a := l.next()
	if a == nil {
		return nil, newest
	}
	m := &member{node: asNode("NewList", a)}
	l.all = append(l.all, m)
	l.settle(m)
	b, err := m.try(size, align)
	if err != nil {
		return nil, err
	}
	return l.serve(m, b), nil
}

func (l *List) serve(m *member, b []byte) []byte {
	m.served = true
	m.live++
	l.last = m
	l.note(b, m)
	return b
}

// settle puts m, which is new, among the spans, if its memory is known, empty, and
// none of theirs.
func (l *List) settle(m *member) {
	from, to := m.span()
	i := l.above(from)
	if from < to && (i == 0 || l.spans[i-1].to <= from) && (i == len(l.spans) || to <= l.spans[i].from) {
		m.from, m.to = from, to
		l.spans = slices.Insert(l.spans, i, m)
	}
}

// above is the index of the first span that begins above at.
func (l *List) above(at uintptr) int {
	i, _ := slices.BinarySearchFunc(l.spans, at, func(m *member, at uintptr) int {
		if m.from <= at {
			return -1
		}
		return 1
	})
	return i
}

// in returns the one among the spans whose memory b lies in, or nil.
func (l *List) in(b []byte) *member {
	if cap(b) == 0 {
		return nil
	}
	at := addr(b)
	m := l.last
	if m == nil || at < m.from || at >= m.to {
		i := l.above(at)
		if i == 0 {
			return nil
		}
		m = l.spans[i-1]
	}
	if at < m.to && uintptr(len(b)) <= m.to-at {
		return m
	}
	return nil
}

// note makes a record of b of m if it is not in the memory of m.
func (l *List) note(b []byte, m *member) { l.strays.note(b, m, l.in(b)) }

// home returns the allocator that b is of, or nil.
func (l *List) home(b []byte) *member {
	if m, ok := l.strays.side(b); ok {
		return m
	}
	return l.in(b)
}

func (l *List) resize(b []byte, size, align int) ([]byte, error) {
	m := l.home(b)
	if m == nil {
		return nil, ErrNotOwned
	}
	nb, err := m.resize(b, size, align)
	if err == nil {
		l.strays.drop(b)
		l.note(nb, m)
		return nb, nil
	}
	if err == ErrNotOwned {
		return nil, err
	}
	if nb, err = l.tryWithout(m, size, align); err != nil {
		return nil, err
	}
	copy(nb, b)
	m.Free(b)
	l.strays.drop(b)
	m.live--
	return nb, nil
}

func (l *List) explain(err error, size, align int) error {
	switch {
	case !bare(err):
		return err
	case err == ErrNotOwned:
		return notOwned("List", size, align, -1)
	case len(l.all) > 0:
		return l.all[len(l.all)-1].explain(err, size, align)
	case !isPowerOfTwo(align) || align > MaxAlign:
		return badAlign("List", size, align, MaxAlign, 0)
	}
	return &Error{"List", size, align, 0, "it has no allocator, and the function given to NewList makes none", ErrOutOfMemory}
}

// who is always sure, and has to be: an answer that changed when the row grew would
// send blocks astray that others served before. So a new allocator's memory is the
// List's only if nothing lives there.
func (l *List) who(b []byte) answer {
	m := l.home(b)
	return verdict(m != nil && m.who(b) != no)
}

func (l *List) tells() bool { return true }

func (l *List) span() (from, to uintptr) { return 0, 0 }

func (l *List) aligned(b []byte) int {
	if m := l.home(b); m != nil {
		return m.aligned(b)
	}
	return 1
}

func (l *List) parts(f func(node)) {
	for _, m := range l.all {
		f(m.node)
	}
}
