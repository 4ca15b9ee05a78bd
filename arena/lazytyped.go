package arena

import (
	"fmt"
	"iter"
)

// A LazyTyped is an arena for values of one type like [Typed] that takes memory
// only as allocation advances, so the capacity can be as large as what might
// ever be needed.
//
// If T has no pointers the values are in reserved address space whose pages are
// committed on demand, outside of the collector's memory. If T has pointers (and
// where the system has no virtual memory that Go can reach) they are in chunks
// of Go memory of 4 KiB to 1 MiB, made when they are reached, and a value that
// the program still points to after Close is safe. The zero LazyTyped has no
// capacity.
//
// A LazyTyped must not be copied and is for one goroutine at a time.
type LazyTyped[T any] struct {
	_ noCopy
	s slots[T]
}

// NewLazyTyped returns an arena for capacity values. A negative capacity, one
// whose bytes an int cannot count, and one that the system refuses to reserve,
// is an error; the last wraps the system's. Call Close when done.
func NewLazyTyped[T any](capacity int) (*LazyTyped[T], error) {
	t := new(LazyTyped[T])
	if err := t.s.lazy(capacity); err != nil {
		return nil, fmt.Errorf("arena: NewLazyTyped[%v]: cannot reserve for %d values: %w", typeFor[T](), capacity, err)
	}
	return t, nil
}

// Alloc is [Typed.Alloc]. It also answers false, with nothing changed, when the
// system refuses to commit a page (Err has the reason), and after Close.
func (t *LazyTyped[T]) Alloc(v T) (*T, bool) {
	if guarded {
		t.s.guard.enter(opAlloc)
		defer t.s.guard.leave()
	}
	return t.s.alloc(v)
}

// OnDrop is [Typed.OnDrop]; Close calls the function too.
func (t *LazyTyped[T]) OnDrop(f func(*T)) {
	if guarded {
		t.s.guard.enter(opOnDrop)
		defer t.s.guard.leave()
	}
	t.s.setDrop(f)
}

// Reset is [Typed.Reset]. It also gives back what Retain does not keep.
func (t *LazyTyped[T]) Reset() {
	if guarded {
		t.s.guard.enter(opReset)
		defer t.s.guard.leave()
	}
	t.s.reset()
}

// Retain makes Reset keep only the first n bytes committed, rounded up to pages,
// or the chunks that fit into them, and give back all others; at first it keeps
// everything. A negative n panics.
func (t *LazyTyped[T]) Retain(n int) {
	if guarded {
		t.s.guard.enter(opRetain)
		defer t.s.guard.leave()
	}
	t.s.retain = int(retained(n))
}

// Mark is [Typed.Mark].
func (t *LazyTyped[T]) Mark() Mark {
	if guarded {
		t.s.guard.enter(opMark)
		defer t.s.guard.leave()
	}
	return t.s.mark()
}

// Rewind is [Typed.Rewind]. Memory stays committed.
func (t *LazyTyped[T]) Rewind(m Mark) {
	if guarded {
		t.s.guard.enter(opRewind)
		defer t.s.guard.leave()
	}
	t.s.rewind(m)
}

// Len returns the number of values in the arena.
func (t *LazyTyped[T]) Len() int { return t.s.n }

// Cap returns the number of values the arena can hold, 0 after Close.
func (t *LazyTyped[T]) Cap() int { return t.s.capacity }

// All is [Typed.All].
func (t *LazyTyped[T]) All() iter.Seq[*T] { return t.s.all() }

// Committed returns the number of bytes that are committed for values: pages
// of the system, or chunks of Go memory.
func (t *LazyTyped[T]) Committed() int { return t.s.committed }

// Err returns the last error with which the system refused to commit pages or
// to take them back, nil if it never did.
func (t *LazyTyped[T]) Err() error { return t.s.err }

// Close drops all values and gives memory and addresses back. When a drop
// function panics the arena stays open, and another Close goes on with the
// values not yet dropped. If T has no pointers, values must not be touched any
// more: that is a memory fault. Afterwards the capacity is 0, Alloc is false,
// Reset does nothing, Rewind panics, and another Close returns nil.
func (t *LazyTyped[T]) Close() error {
	if guarded {
		t.s.guard.enter(opClose)
		defer t.s.guard.leave()
	}
	s := &t.s
	s.mustNotBeDropping(opClose)
	s.marks.forget()
	s.truncate(0)
	if s.region != nil {
		if err := s.region.Release(); err != nil {
			return fmt.Errorf("arena: LazyTyped.Close: %w", err)
		}
	}
	s.cur, s.chunks, s.region, s.grows = nil, nil, nil, false
	s.start, s.at, s.capacity, s.committed = 0, -1, 0, 0
	return nil
}
