package arena

import (
	"fmt"
	"iter"
	"math"
	"reflect"
)

// A Typed is an arena of fixed capacity for values of one type, which may have
// pointers: the collector sees them. The zero Typed has no capacity.
//
// A Typed must not be copied and is for one goroutine at a time.
type Typed[T any] struct {
	_ noCopy
	s slots[T]
}

// NewTyped returns an arena for capacity values, all memory taken at once. A
// negative capacity, or one that make would refuse, panics.
func NewTyped[T any](capacity int) *Typed[T] {
	if capacity < 0 {
		panic(fmt.Sprintf("arena: NewTyped: the capacity %d is negative", capacity))
	}
	t := &Typed[T]{s: slots[T]{
		chunks:   []chunk[T]{{s: makeSlice[T]("NewTyped", capacity)}},
		capacity: capacity,
		pointers: hasPointers(typeFor[T]()),
		retain:   math.MaxInt,
	}}
	t.s.use(0)
	return t
}

func typeFor[T any]() reflect.Type { return reflect.TypeFor[T]() }

// Alloc puts v into the next free slot and returns its address, which does not
// change, and false when all are taken. The cost is that of copying v. It
// panics when called by a drop function of the same arena.
func (t *Typed[T]) Alloc(v T) (*T, bool) {
	if guarded {
		t.s.guard.enter(opAlloc)
		defer t.s.guard.leave()
	}
	return t.s.alloc(v)
}

// OnDrop sets the function that Reset and Rewind call for each value they free,
// in reverse order of allocation; it replaces the one set before, also for the
// values that are there already, and nil sets none. The function must not
// change the arena: methods that would do so panic.
func (t *Typed[T]) OnDrop(f func(*T)) {
	if guarded {
		t.s.guard.enter(opOnDrop)
		defer t.s.guard.leave()
	}
	t.s.setDrop(f)
}

// Reset drops all values and makes all marks stale. Without a drop function
// the cost is constant if T has no pointers; if it has, the slots that were
// used are cleared. When a drop function panics, the panic is passed on, the
// values not yet dropped stay, and another Reset goes on with them.
func (t *Typed[T]) Reset() {
	if guarded {
		t.s.guard.enter(opReset)
		defer t.s.guard.leave()
	}
	t.s.reset()
}

// Mark returns the current position for Rewind. It stays good until a Reset,
// or a Rewind to a position before it.
func (t *Typed[T]) Mark() Mark {
	if guarded {
		t.s.guard.enter(opMark)
		defer t.s.guard.leave()
	}
	return t.s.mark()
}

// Rewind drops the values allocated since m was taken, as Reset does for all.
// It panics for a mark of another arena, from before a Reset, or that an
// earlier Rewind went back past. The same mark may be used again, in
// particular when a drop function panicked.
func (t *Typed[T]) Rewind(m Mark) {
	if guarded {
		t.s.guard.enter(opRewind)
		defer t.s.guard.leave()
	}
	t.s.rewind(m)
}

// Len returns the number of values in the arena.
func (t *Typed[T]) Len() int { return t.s.n }

// Cap returns the number of values the arena can hold.
func (t *Typed[T]) Cap() int { return t.s.capacity }

// All returns an iterator over the addresses of the values in order of
// allocation. The body of the loop may allocate, what it adds is visited too,
// and it may Rewind or Reset, which ends the iteration where the values end.
func (t *Typed[T]) All() iter.Seq[*T] { return t.s.all() }
