package arena

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/element"
	"github.com/stackalloc/stackalloc/internal/vm"
)

// slots is the part that Typed and LazyTyped share: values of one type in
// chunks that are filled one after the other. Typed has one chunk of Go memory.
// LazyTyped has one chunk that grows in reserved pages when T has no pointers,
// and chunks of Go memory that are made when they are reached otherwise. It is
// embedded, so that its exported methods are theirs.
type slots[T any] struct {
	cur      []T // chunks[at].s
	start    int // chunks[at].start
	n        int // values that live
	capacity int
	drop     func(*T)
	dropping bool
	pointers bool // T has some
	top      int  // slots from here on are zero

	chunks []chunk[T]
	at     int
	marks  marks
	guard  guard

	grows     bool       // chunks are added on demand
	region    *vm.Region // or the one chunk grows in here
	committed int
	retain    int
	err       error
}

type chunk[T any] struct {
	s     []T
	start int // index of s[0] in the arena
}

const (
	firstChunk = 4 << 10
	lastChunk  = 1 << 20
)

func sizeOf[T any]() int {
	var v T
	return int(unsafe.Sizeof(v))
}

// Alloc puts v into the next free slot and returns its address, which does not
// change, and false when all are taken. The cost is that of copying v; [Typed.New]
// saves that. It panics when called by a drop function of the same arena.
//
// A LazyTyped answers false, with nothing changed, also when the system refuses to
// commit a page (Err has the reason), and after Close.
func (t *slots[T]) Alloc(v T) (*T, bool) {
	if guarded {
		t.guard.enter(opAlloc)
		defer t.guard.leave()
	}
	i := t.n - t.start
	if uint(i) >= uint(len(t.cur)) {
		if !t.more(opAlloc) {
			return nil, false
		}
		i = t.n - t.start
	}
	p := &t.cur[i]
	*p = v
	t.n++
	return p, true
}

// New is Alloc of a zero T, to be filled in place: it does not copy a value, and
// clears the slot only if it was used before and T has no pointers. That pays for
// values of some size, above all with pointers, whose copying goes by the write
// barrier: a new node of a tree, a token.
func (t *slots[T]) New() (*T, bool) {
	if guarded {
		t.guard.enter(opNew)
		defer t.guard.leave()
	}
	if i := t.n - t.start; uint(i) < uint(len(t.cur)) && t.n >= t.top {
		t.n++
		return &t.cur[i], true
	}
	return t.newSlow()
}

func (t *slots[T]) newSlow() (*T, bool) {
	if t.n-t.start >= len(t.cur) && !t.more(opNew) {
		return nil, false
	}
	p := &t.cur[t.n-t.start]
	if t.n < t.top {
		var zero T
		*p = zero
	}
	t.n++
	return p, true
}

// OnDrop sets the function that Reset and Rewind call for each value they free,
// in reverse order of allocation; it replaces the one set before, also for the
// values that are there already, and nil sets none. Close of a LazyTyped calls it
// too. The function must not change the arena: methods that would do so panic.
func (t *slots[T]) OnDrop(f func(*T)) {
	if guarded {
		t.guard.enter(opOnDrop)
		defer t.guard.leave()
	}
	t.mustNotBeDropping(opOnDrop)
	t.drop = f
}

// Reset drops all values and makes all marks stale. Without a drop function
// the cost is constant if T has no pointers; if it has, the slots that were
// used are cleared. When a drop function panics, the panic is passed on, the
// values not yet dropped stay, and another Reset goes on with them. A LazyTyped
// also gives back what Retain does not keep.
func (t *slots[T]) Reset() {
	if guarded {
		t.guard.enter(opReset)
		defer t.guard.leave()
	}
	t.mustNotBeDropping(opReset)
	t.marks.forget()
	t.truncate(0)
	if t.committed > t.retain {
		t.giveBack()
	}
}

// Mark returns the current position for Rewind. It stays good until a Reset,
// or a Rewind to a position before it.
func (t *slots[T]) Mark() Mark {
	if guarded {
		t.guard.enter(opMark)
		defer t.guard.leave()
	}
	return t.marks.take(uintptr(t.n))
}

// Rewind drops the values allocated since m was taken, as Reset does for all.
// It panics for a mark of another arena, from before a Reset, or that an
// earlier Rewind went back past. The same mark may be used again, in
// particular when a drop function panicked. Memory stays committed.
func (t *slots[T]) Rewind(m Mark) {
	if guarded {
		t.guard.enter(opRewind)
		defer t.guard.leave()
	}
	t.mustNotBeDropping(opRewind)
	t.marks.rewind(m, uintptr(t.n))
	t.truncate(int(m.at))
}

// Len returns the number of values in the arena.
func (t *slots[T]) Len() int { return t.n }

// Cap returns the number of values the arena can hold, 0 after Close.
func (t *slots[T]) Cap() int { return t.capacity }

// All returns an iterator over the addresses of the values in order of
// allocation. The body of the loop may allocate, what it adds is visited too,
// and it may Rewind or Reset, which ends the iteration where the values end.
func (t *slots[T]) All() iter.Seq[*T] {
	return func(yield func(*T) bool) {
		// Chunks are looked up anew for each value: the body of the loop may
		// change the arena.
		for at, i, n := 0, 0, 0; n < t.n; n++ {
			for i >= len(t.chunks[at].s) {
				at, i = at+1, 0
			}
			if !yield(&t.chunks[at].s[i]) {
				return
			}
			i++
		}
	}
}

// more makes a free slot, or reports that there is none.
func (t *slots[T]) more(o op) bool {
	t.mustNotBeDropping(o)
	if t.n >= t.capacity {
		return false
	}
	if t.at+1 < len(t.chunks) {
		t.use(t.at + 1)
		return true
	}
	switch {
	case t.region != nil:
		return t.commit()
	case t.grows:
		t.addChunk()
		return true
	}
	return false
}

func (t *slots[T]) use(at int) {
	t.at = at
	t.cur, t.start = t.chunks[at].s, t.chunks[at].start
}

func (t *slots[T]) addChunk() {
	size := sizeOf[T]()
	n := t.capacity
	if size > 0 {
		n = max(1, min(max(t.committed, firstChunk), lastChunk)/size)
	}
	n = min(n, t.capacity-t.n)
	t.chunks = append(t.chunks, chunk[T]{make([]T, n), t.n})
	t.committed += n * size
	t.use(len(t.chunks) - 1)
}

func (t *slots[T]) commit() bool {
	got, err := commit(t.region, t.committed, (t.n+1)*sizeOf[T]())
	if err != nil {
		t.err = err
		return false
	}
	t.setCommitted(got)
	return true
}

func (t *slots[T]) setCommitted(bytes int) {
	t.committed = bytes
	n := min(bytes/sizeOf[T](), t.capacity)
	t.chunks[0].s = unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(t.region.Bytes()))), n)
	t.use(0)
}

// truncate drops all values from index to on, the last one first. A value stops
// being counted before its drop function runs, so it is dropped once whatever
// that function does.
func (t *slots[T]) truncate(to int) {
	t.top = max(t.top, t.n)
	if t.drop != nil && t.n > to {
		t.runDrops(to)
	}
	t.n = to
	for t.at > 0 && t.start > to {
		t.use(t.at - 1)
	}
	if t.pointers {
		t.forgetPointers(to)
	}
}

func (t *slots[T]) runDrops(to int) {
	t.dropping = true
	t.cur = nil // Alloc and New find no room, and then out why
	defer func() {
		t.dropping = false
		t.use(t.at)
	}()
	for t.n > to {
		for t.n <= t.start {
			t.at--
			t.start = t.chunks[t.at].start
		}
		t.n--
		t.drop(&t.chunks[t.at].s[t.n-t.start])
	}
}

// forgetPointers clears the slots from index from to top, so that the
// collector does not find what the dead values point to.
func (t *slots[T]) forgetPointers(from int) {
	for i := max(t.at, 0); i < len(t.chunks) && t.chunks[i].start < t.top; i++ {
		c := t.chunks[i]
		clear(c.s[max(from-c.start, 0):min(t.top-c.start, len(c.s))])
	}
	t.top = from
}

func (t *slots[T]) giveBack() {
	if t.region != nil {
		if err := t.region.Decommit(t.retain, t.committed-t.retain); err != nil {
			t.err = err
			return
		}
		t.setCommitted(t.retain)
		t.top = min(t.top, len(t.cur)+1) // one may lie across the end
		return
	}
	if !t.grows {
		return
	}
	keep, bytes := 0, 0
	for keep < len(t.chunks) {
		b := len(t.chunks[keep].s) * sizeOf[T]()
		if b > t.retain-bytes {
			break
		}
		bytes += b
		keep++
	}
	clear(t.chunks[keep:])
	t.chunks, t.committed = t.chunks[:keep], bytes
	t.cur, t.start, t.at = nil, 0, -1
	if keep > 0 {
		t.use(0)
	}
}

func (t *slots[T]) mustNotBeDropping(o op) {
	if t.dropping {
		panic(fmt.Sprintf("arena: %v while drop functions of the same arena run: a drop function must not change its arena, and an arena is for one goroutine at a time", o))
	}
}

// lazy prepares the arena for capacity values without taking memory for them.
func (t *slots[T]) lazy(capacity int) error {
	size := sizeOf[T]()
	if capacity < 0 {
		return errors.New("the capacity is negative")
	}
	if size > 0 && capacity > math.MaxInt/size {
		return fmt.Errorf("values of %d bytes each are more than an int can count", size)
	}
	t.pointers = element.HasPointers(typeFor[T]())
	t.at = -1
	t.retain = math.MaxInt
	if t.pointers || size == 0 || capacity == 0 || !vm.Supported {
		t.grows = true
	} else {
		region, err := vm.Reserve(capacity * size)
		if err != nil {
			return err
		}
		t.region = region
		t.chunks = make([]chunk[T], 1)
		t.use(0)
	}
	t.capacity = capacity
	return nil
}
