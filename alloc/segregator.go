package alloc

// Segregator sends small blocks to one allocator and large ones to another.
// Nested, it makes a ladder of size classes.
//
// A block goes back to the side that owns it; where ownership cannot tell, its
// length decides, which is why Free must get the slice as Alloc returned it.
//
// It is not safe for concurrent use.
type Segregator struct {
	threshold    int
	small, large node
}

// NewSegregator returns a Segregator that serves up to threshold bytes from
// small and more from large. It panics if an allocator is nil or threshold
// negative.
func NewSegregator(threshold int, small, large Allocator) *Segregator {
	if threshold < 0 {
		panic("alloc: NewSegregator: negative threshold")
	}
	return &Segregator{threshold, asNode("NewSegregator", small), asNode("NewSegregator", large)}
}

// Alloc allocates on the side for size; there is no way from one side to the
// other.
func (s *Segregator) Alloc(size, align int) ([]byte, error) { return tryAlloc(s, size, align) }

// Free gives b back to the side it belongs to.
func (s *Segregator) Free(b []byte) {
	if b != nil {
		s.home(b).Free(b)
	}
}

// Owns reports whether one of the two sides owns b.
func (s *Segregator) Owns(b []byte) bool { return s.who(b) == yes }

// Resize resizes b on its side, or moves it to the other when its new size
// belongs there. Should there be no room, a block that shrinks stays, provided
// that ownership can tell later whose it is.
func (s *Segregator) Resize(b []byte, size int) ([]byte, error) { return tryResize(s, b, size) }

func (s *Segregator) side(size int) node {
	if size <= s.threshold {
		return s.small
	}
	return s.large
}

func (s *Segregator) home(b []byte) node {
	n, other := s.small, s.large
	if len(b) > s.threshold {
		n, other = other, n
	}
	if n.who(b) == no && other.who(b) != no {
		return other
	}
	return n
}

func (s *Segregator) try(size, align int) ([]byte, error) { return s.side(size).try(size, align) }

func (s *Segregator) resize(b []byte, size, align int) ([]byte, error) {
	from, to := s.home(b), s.side(size)
	if from == to {
		return from.resize(b, size, align)
	}
	if from.who(b) == no {
		return nil, ErrNotOwned
	}
	nb, err := move(from, to, b, size, align)
	if err != nil && size < len(b) && s.tells() {
		return from.resize(b, size, align)
	}
	return nb, err
}

func (s *Segregator) explain(err error, size, align int) error {
	return s.side(size).explain(err, size, align)
}

func (s *Segregator) who(b []byte) answer {
	first, second := s.small.who(b), s.large.who(b)
	switch {
	case first == yes || second == yes:
		return yes
	case first == no && second == no:
		return no
	}
	return unknown
}

func (s *Segregator) tells() bool       { return s.small.tells() && s.large.tells() }
func (s *Segregator) kept(b []byte) int { return s.home(b).kept(b) }
