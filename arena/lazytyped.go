package arena

import "fmt"

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
	slots[T]
}

// NewLazyTyped returns an arena for capacity values. A negative capacity, one
// whose bytes an int cannot count, and one that the system refuses to reserve,
// is an error; the last wraps the system's. Call Close when done.
func NewLazyTyped[T any](capacity int) (*LazyTyped[T], error) {
	t := new(LazyTyped[T])
	if err := t.lazy(capacity); err != nil {
		return nil, fmt.Errorf("arena: NewLazyTyped[%v]: cannot reserve for %d values: %w", typeFor[T](), capacity, err)
	}
	return t, nil
}

// Retain makes Reset keep only the first n bytes committed, rounded up to pages,
// or the chunks that fit into them, and give back all others; at first it keeps
// everything. A negative n panics.
func (t *LazyTyped[T]) Retain(n int) {
	if guarded {
		t.guard.enter(opRetain)
		defer t.guard.leave()
	}
	t.retain = int(retained(n))
}

// Committed returns the number of bytes that are committed for values: pages
// of the system, or chunks of Go memory.
func (t *LazyTyped[T]) Committed() int { return t.committed }

// Err returns the last error with which the system refused to commit pages or
// to take them back, nil if it never did.
func (t *LazyTyped[T]) Err() error { return t.err }

// Close drops all values and gives memory and addresses back. When a drop
// function panics the arena stays open, and another Close goes on with the
// values not yet dropped. If T has no pointers, values must not be touched any
// more: that is a memory fault. Afterwards the capacity is 0, Alloc is false,
// Reset does nothing, Rewind panics, and another Close returns nil.
func (t *LazyTyped[T]) Close() error {
	if guarded {
		t.guard.enter(opClose)
		defer t.guard.leave()
	}
	s := &t.slots
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
