package alloc

import "unsafe"

// Fallback allocates from a primary allocator, and from a secondary one when the
// primary fails. Either may itself be a Fallback, so chains of any length are
// made; they may end at the [Heap], at [Null] or anywhere else.
//
// Free, Resize and Owns go by ownership: a block belongs to the side that says
// so, and a block that the one side denies belongs to the other. If neither side
// is an [Owner], as for two heaps, the Fallback itself keeps a record of the
// blocks of the secondary; that costs a map entry for each.
//
// A layer costs a few nanoseconds and no allocation, also when the primary
// fails. It is not safe for concurrent use.
type Fallback struct {
	primary, secondary node
	served             uint64
	strays             map[*byte]struct{} // blocks of the secondary if ownership cannot tell; else nil
}

// NewFallback returns a Fallback from primary to secondary. It panics if one of
// them is nil.
func NewFallback(primary, secondary Allocator) *Fallback {
	f := &Fallback{
		primary:   asNode("NewFallback", primary),
		secondary: asNode("NewFallback", secondary),
	}
	if !f.primary.tells() && !f.secondary.tells() {
		f.strays = make(map[*byte]struct{})
	}
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
	if f.second(b) {
		if f.strays != nil {
			delete(f.strays, unsafe.SliceData(b))
		}
		f.secondary.Free(b)
		return
	}
	f.primary.Free(b)
}

// Owns reports whether one of the two sides owns b.
func (f *Fallback) Owns(b []byte) bool { return f.who(b) == yes }

// Resize resizes b on the side it belongs to, and moves it to the other if that
// side cannot.
func (f *Fallback) Resize(b []byte, size int) ([]byte, error) { return tryResize(f, b, size) }

// second reports whether b belongs to the secondary allocator.
func (f *Fallback) second(b []byte) bool {
	switch f.primary.who(b) {
	case yes:
		return false
	case no:
		return true
	}
	if f.strays != nil {
		_, ok := f.strays[unsafe.SliceData(b)]
		return ok
	}
	return f.secondary.who(b) == yes
}

func (f *Fallback) try(size, align int) ([]byte, error) {
	b, err := f.primary.try(size, align)
	if err == nil {
		return b, nil
	}
	return f.trySecond(size, align, err)
}

func (f *Fallback) trySecond(size, align int, first error) ([]byte, error) {
	b, second := f.secondary.try(size, align)
	if second == nil {
		f.note(b)
		return b, nil
	}
	return nil, f.join(first, second, size, align)
}

// note counts a block that the secondary served, and records it where needed.
func (f *Fallback) note(b []byte) {
	f.served++
	if f.strays != nil {
		f.strays[unsafe.SliceData(b)] = struct{}{}
	}
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
	if err == nil {
		if second && f.strays != nil {
			delete(f.strays, unsafe.SliceData(b))
			f.strays[unsafe.SliceData(nb)] = struct{}{}
		}
		return nb, nil
	}
	if err == ErrNotOwned {
		return nil, err
	}
	nb, err2 := to.try(size, align)
	if err2 != nil {
		if second {
			err, err2 = err2, err
		}
		return nil, f.join(err, err2, size, align)
	}
	copy(nb, b)
	if second && f.strays != nil {
		delete(f.strays, unsafe.SliceData(b))
	}
	from.Free(b)
	if !second {
		f.note(nb)
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

func (f *Fallback) tells() bool { return f.primary.tells() && f.secondary.tells() }

func (f *Fallback) kept(b []byte) int {
	if f.second(b) {
		return f.secondary.kept(b)
	}
	return f.primary.kept(b)
}
