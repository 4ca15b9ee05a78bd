package arena

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/vm"
)

// slots is the part that Typed and LazyTyped share: values of one type in
// chunks that are filled one after the other. Typed has one chunk of Go memory.
// LazyTyped has one chunk that grows in reserved pages when T has no pointers,
// and chunks of Go memory that are made when they are reached otherwise.
type slots[T any] struct {
	cur      []T // chunks[at].s
	start    int // chunks[at].start
	n        int // values that live
	capacity int
	drop     func(*T)
	dropping bool
	pointers bool // T has some
	top      int  // slots from here on hold no pointers

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

func (t *slots[T]) alloc(v T) (*T, bool) {
	i := t.n - t.start
	if i >= len(t.cur) || t.dropping {
		if !t.more() {
			return nil, false
		}
		i = t.n - t.start
	}
	p := &t.cur[i]
	*p = v
	t.n++
	return p, true
}

// more makes a free slot, or reports that there is none.
func (t *slots[T]) more() bool {
	t.mustNotBeDropping(opAlloc)
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
	page := vm.PageSize()
	need, _ := vm.RoundUp((t.n + 1) * sizeOf[T]())
	step := min(max(t.committed/2, firstStep), lastStep) &^ (page - 1)
	want := t.region.Len()
	if step < want-t.committed {
		want = max(need, t.committed+step)
	}
	err := t.region.Commit(t.committed, want-t.committed)
	if err != nil && want > need {
		want = need
		err = t.region.Commit(t.committed, want-t.committed)
	}
	if err != nil {
		t.err = err
		return false
	}
	t.setCommitted(want)
	return true
}

func (t *slots[T]) setCommitted(bytes int) {
	t.committed = bytes
	n := min(bytes/sizeOf[T](), t.capacity)
	t.chunks[0].s = unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(t.region.Bytes()))), n)
	t.use(0)
}

func (t *slots[T]) reset() {
	t.mustNotBeDropping(opReset)
	t.marks.forget()
	t.truncate(0)
	if t.committed > t.retain {
		t.giveBack()
	}
}

func (t *slots[T]) mark() Mark { return t.marks.take(uintptr(t.n)) }

func (t *slots[T]) rewind(m Mark) {
	t.mustNotBeDropping(opRewind)
	t.marks.rewind(m, uintptr(t.n))
	t.truncate(int(m.at))
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
	defer func() { t.dropping = false }()
	for t.n > to {
		for t.n <= t.start {
			t.use(t.at - 1)
		}
		t.n--
		t.drop(&t.cur[t.n-t.start])
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

func (t *slots[T]) setDrop(f func(*T)) {
	t.mustNotBeDropping(opOnDrop)
	t.drop = f
}

func (t *slots[T]) mustNotBeDropping(o op) {
	if t.dropping {
		panic(fmt.Sprintf("arena: %v while drop functions of the same arena run: a drop function must not change its arena, and an arena is for one goroutine at a time", o))
	}
}

func (t *slots[T]) all() iter.Seq[*T] {
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

// lazy prepares the arena for capacity values without taking memory for them.
func (t *slots[T]) lazy(capacity int) error {
	size := sizeOf[T]()
	if capacity < 0 {
		return errors.New("the capacity is negative")
	}
	if size > 0 && capacity > math.MaxInt/size {
		return fmt.Errorf("values of %d bytes each are more than an int can count", size)
	}
	t.pointers = hasPointers(typeFor[T]())
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
