package alloc

// Fallback allocates from a primary allocator, and from a secondary one when the
// primary fails. Either may itself be a Fallback, so chains of any length are
// made; they may end at the [Heap], at [Null] or anywhere else.
//
// Free, Resize and Owns go by ownership: a block belongs to the side that says
// so, and a block that the one side denies belongs to the other. Of blocks for
// which that is not true the Fallback itself keeps a record: those of the secondary
// if neither side is an [Owner], as for two heaps, and those that the wrong side
// takes for its own, as where one allocator is behind both. That costs a map entry
// for each.
//
// A layer costs a few nanoseconds and no allocation, also when the primary
// fails. It is not safe for concurrent use.
type Fallback struct {
	primary, secondary node
	sure               bool // the primary always knows its own
	served             uint64
	strays             strays[bool] // true: of the secondary
}

// NewFallback returns a Fallback from primary to secondary. It panics if one of
// them is nil.
func NewFallback(primary, secondary Allocator) *Fallback {
	f := &Fallback{
		primary:   asNode("NewFallback", primary),
		secondary: asNode("NewFallback", secondary),
	}
	f.sure = f.primary.tells()
	return f
}

// Served is how often the secondary allocator served because the primary could
// not.
func (f *Fallback) Served() uint64 { return f.served }

// Alloc returns a block of the primary allocator or else of the secondary one.
// If both fail, the error says what each of them said.
func (f *Fallback) Alloc(size, align int) ([]byte, error) { return tryAlloc(f, size, align) }

// Free gives b back to the side it belongs to.
func (f *Fallback) Free(b []byte) {
	if b == nil {
		return
	}
	from := f.home(b)
	f.strays.drop(b)
	from.Free(b)
}

// Owns reports whether one of the two sides owns b.
func (f *Fallback) Owns(b []byte) bool { return f.who(b) == yes }

// Resize resizes b on the side it belongs to, and moves it to the other if that
// side cannot.
func (f *Fallback) Resize(b []byte, size int) ([]byte, error) { return tryResize(f, b, size) }

// second reports whether b belongs to the secondary allocator.
func (f *Fallback) second(b []byte) bool {
	if second, ok := f.strays.side(b); ok {
		return second
	}
	return f.rule(b)
}

// rule is second as far as ownership tells.
func (f *Fallback) rule(b []byte) bool {
	switch f.primary.who(b) {
	case yes:
		return false
	case no:
		return true
	}
	return f.secondary.who(b) == yes
}

func (f *Fallback) home(b []byte) node {
	if f.second(b) {
		return f.secondary
	}
	return f.primary
}

func (f *Fallback) try(size, align int) ([]byte, error) {
	b, first := f.primary.try(size, align)
	if first == nil {
		f.noteFirst(b)
		return b, nil
	}
	b, second := f.secondary.try(size, align)
	if second == nil {
		f.served++
		f.strays.note(b, true, f.rule(b))
		return b, nil
	}
	return nil, f.join(first, second, size, align)
}

// noteFirst notes that the primary served b. One that knows its own says yes.
func (f *Fallback) noteFirst(b []byte) {
	f.strays.note(b, false, !f.sure && f.rule(b))
}

// join makes one error of two, a bare one if both are.
func (f *Fallback) join(first, second error, size, align int) error {
	switch {
	case !bare(first) || !bare(second):
		return &both{f.primary.explain(first, size, align), f.secondary.explain(second, size, align)}
	case first == second:
		return first
	}
	return errMixed
}

func (f *Fallback) resize(b []byte, size, align int) ([]byte, error) {
	from, to, second := f.primary, f.secondary, f.second(b)
	if second {
		from, to = to, from
	}
	nb, err := from.resize(b, size, align)
	if err == ErrNotOwned {
		return nil, err
	}
	if err != nil {
		var err2 error
		if nb, err2 = move(from, to, b, size, align); err2 != nil {
			if second {
				err, err2 = err2, err
			}
			return nil, f.join(err, err2, size, align)
		}
		second = !second
		if second {
			f.served++
		}
	}
	f.strays.drop(b)
	if second {
		f.strays.note(nb, true, f.rule(nb))
	} else {
		f.noteFirst(nb)
	}
	return nb, nil
}

func (f *Fallback) explain(err error, size, align int) error {
	if !bare(err) {
		return err
	}
	if err == ErrNotOwned {
		return f.secondary.explain(err, size, align)
	}
	return &both{f.primary.explain(err, size, align), f.secondary.explain(err, size, align)}
}

func (f *Fallback) who(b []byte) answer {
	first := f.primary.who(b)
	if first == yes {
		return yes
	}
	if second := f.secondary.who(b); second != no {
		return second
	}
	return first
}

func (f *Fallback) node() node           { return f }
func (f *Fallback) tells() bool          { return f.primary.tells() && f.secondary.tells() }
func (f *Fallback) aligned(b []byte) int { return f.home(b).aligned(b) }

func (f *Fallback) parts(each func(node)) {
	each(f.primary)
	each(f.secondary)
}

func (f *Fallback) span() (from, to uintptr) { return 0, 0 }
