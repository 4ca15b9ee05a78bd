package small

import (
	"iter"
	"math"
	"unsafe"
)

// Deque is a queue with two ends. Its zero value has no room and moves to the heap
// with the first element.
type Deque[T any] struct {
	buf  []T // a ring
	head int // of the first element, below len(buf) unless that is 0
	n    int
}

// DequeOver returns an empty Deque over block, whose contents do not matter. Of a block of
// more than [math.MaxInt]/2 elements, as there can be where they have no size, it uses that many.
func DequeOver[T any](block []T) Deque[T] {
	if unsafe.Sizeof(*new(T)) < 2 {
		block = block[:min(len(block), math.MaxInt/2)] // so that head + n is an int
	}
	return Deque[T]{buf: block}
}

// PushBack adds v behind the last element.
func (d *Deque[T]) PushBack(v T) {
	i := d.head + d.n
	if uint(i) >= uint(len(d.buf)) { // the sum may be no int
		i -= len(d.buf)
		if i == d.head { // it is full
			d.buf, d.head = moved(d.buf, i), 0
			i = d.n
		}
	}
	d.buf[i] = v
	d.n++
}

// PushFront adds v before the first element.
func (d *Deque[T]) PushFront(v T) {
	if d.n == len(d.buf) {
		d.buf, d.head = moved(d.buf, d.head), 0
	}
	if d.head == 0 { // as stepBack, for which there is no room in what is inlined
		d.head = len(d.buf)
	}
	d.head--
	d.n++
	d.buf[d.head] = v
}

// TryPushBack is PushBack if there is room, and else false.
func (d *Deque[T]) TryPushBack(v T) bool {
	if d.n == len(d.buf) {
		return false
	}
	d.buf[d.place(d.n)] = v
	d.n++
	return true
}

// TryPushFront is PushFront if there is room, and else false.
func (d *Deque[T]) TryPushFront(v T) bool {
	if d.n == len(d.buf) {
		return false
	}
	d.stepBack()
	d.buf[d.head] = v
	return true
}

// PopFront removes and returns the first element. It is false if there is none.
func (d *Deque[T]) PopFront() (v T, ok bool) {
	if d.n == 0 {
		return v, false
	}
	p := &d.buf[d.head]
	v, *p = *p, v
	d.head++
	if d.head == len(d.buf) {
		d.head = 0
	}
	d.n--
	return v, true
}

// PopBack removes and returns the last element. It is false if there is none.
func (d *Deque[T]) PopBack() (v T, ok bool) {
	if d.n == 0 {
		return v, false
	}
	d.n--
	p := &d.buf[d.place(d.n)]
	v, *p = *p, v
	return v, true
}

// At returns element i, counted from the front. It panics if there is none.
func (d *Deque[T]) At(i int) T {
	if uint(i) >= uint(d.n) {
		panicIndex(i, d.n)
	}
	return d.buf[d.place(i)]
}

// Len returns the number of elements.
func (d *Deque[T]) Len() int { return d.n }

// Cap returns the number of elements that there is room for, those that are there
// included, before the Deque moves.
func (d *Deque[T]) Cap() int { return len(d.buf) }

// All iterates over the elements and their indices, from the front.
//
// The loop may change the Deque: it goes on with the element that then has the next
// index, and ends where there is none.
func (d *Deque[T]) All() iter.Seq2[int, T] {
	return func(yield func(int, T) bool) { d.Each(yield) }
}

// Each is the iterator that All returns, to be used as "range d.Each": see the
// package's text about loops.
func (d *Deque[T]) Each(yield func(i int, v T) bool) {
	for i := 0; i < d.n; i++ {
		if !yield(i, d.buf[d.place(i)]) {
			return
		}
	}
}

// Clear removes all elements, in time linear in Cap. The memory stays.
func (d *Deque[T]) Clear() {
	clear(d.buf)
	d.head, d.n = 0, 0
}

// place returns where element i is, or would be.
func (d *Deque[T]) place(i int) int {
	i += d.head - len(d.buf) // i + head may be no int
	if i < 0 {
		i += len(d.buf)
	}
	return i
}

// stepBack makes room before the first element.
func (d *Deque[T]) stepBack() {
	if d.head == 0 {
		d.head = len(d.buf)
	}
	d.head--
	d.n++
}
