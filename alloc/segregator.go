package alloc

// Segregator sends small blocks to one allocator and large ones to another.
// Nested, it makes a ladder of size classes.
//
// A block goes back to the side that says that it owns it, and where neither does,
// its length decides, which is why Free must get the slice as Alloc returned it.
// Blocks that would go astray by this rule are recorded, with a map entry for each.
//
// It is not safe for concurrent use.
type Segregator struct {
	threshold    int
	small, large node
	sure         [2]bool      // the small side, the large one always knows its own
	strays       strays[bool] // true: of the large side
}

// NewSegregator returns a Segregator that serves up to threshold bytes from
// small and more from large. It panics if an allocator is nil or threshold
// negative.
func NewSegregator(threshold int, small, large Allocator) *Segregator {
	if threshold < 0 {
		panic("alloc: NewSegregator: negative threshold")
	}
	s := &Segregator{
		threshold: threshold,
		small:     asNode("NewSegregator", small),
		large:     asNode("NewSegregator", large),
	}
	s.sure = [2]bool{s.small.tells(), s.large.tells()}
	return s
}

// Alloc allocates on the side for size; there is no way from one side to the
// other.
func (s *Segregator) Alloc(size, align int) ([]byte, error) { return tryAlloc(s, size, align) }

// Free gives b back to the side it belongs to.
func (s *Segregator) Free(b []byte) {
	if b == nil {
		return
	}
	from := s.side(s.home(b))
	s.strays.drop(b)
	from.Free(b)
}

// Owns reports whether one of the two sides owns b.
func (s *Segregator) Owns(b []byte) bool { return s.who(b) == yes }

// Resize resizes b on its side, or moves it to the other when its new size
// belongs there. Should there be no room, a block that shrinks stays.
func (s *Segregator) Resize(b []byte, size int) ([]byte, error) { return tryResize(s, b, size) }

func (s *Segregator) side(large bool) node {
	if large {
		return s.large
	}
	return s.small
}

// home reports whether b is of the large side.
func (s *Segregator) home(b []byte) bool {
	if large, ok := s.strays.side(b); ok {
		return large
	}
	return s.rule(b)
}

// rule is home as far as ownership and length tell. Who is sure goes first.
func (s *Segregator) rule(b []byte) bool {
	large := len(b) > s.threshold
	first := s.side(large).who(b)
	if first == yes {
		return large
	}
	if second := s.side(!large).who(b); second == yes || first == no && second == unknown {
		return !large
	}
	return large
}

func (s *Segregator) try(size, align int) ([]byte, error) {
	if size <= s.threshold {
		return s.trySide(s.small, false, s.sure[0], size, align)
	}
	return s.trySide(s.large, true, s.sure[1], size, align)
}

func (s *Segregator) trySide(side node, large, sure bool, size, align int) ([]byte, error) {
	b, err := side.try(size, align)
	if err == nil {
		ruled := large // who is sure goes first
		if !sure {
			ruled = s.rule(b)
		}
		s.strays.note(b, large, ruled)
	}
	return b, err
}

func (s *Segregator) resize(b []byte, size, align int) ([]byte, error) {
	large, to := s.home(b), size > s.threshold
	from := s.side(large)
	if from.who(b) == no {
		return nil, ErrNotOwned
	}
	nb, err := moveOrResize(from, s.side(to), b, size, align)
	if err != nil && to != large && size < len(b) {
		to = large
		nb, err = from.resize(b, size, align)
	}
	if err != nil {
		return nil, err
	}
	s.strays.drop(b)
	s.strays.note(nb, to, s.rule(nb))
	return nb, nil
}

func (s *Segregator) explain(err error, size, align int) error {
	return s.side(size > s.threshold).explain(err, size, align)
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

func (s *Segregator) node() node           { return s }
func (s *Segregator) tells() bool          { return s.small.tells() && s.large.tells() }
func (s *Segregator) aligned(b []byte) int { return s.side(s.home(b)).aligned(b) }

func (s *Segregator) parts(f func(node)) {
	f(s.small)
	f(s.large)
}

func (s *Segregator) span() (from, to uintptr) { return 0, 0 }
