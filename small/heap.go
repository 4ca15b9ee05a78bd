package small

// Heap is a priority queue: Pop gives the least element. Elements of which neither is
// less than the other come in no particular order.
//
// The zero value has no order, and only that of HeapOver can take elements.
type Heap[T any] struct {
	buf  []T // element i is not less than element (i-1)/2
	n    int
	less func(a, b T) bool
}

// HeapOver returns an empty Heap over block, whose contents do not matter, and which
// may be nil. It panics if less is nil.
//
// less must be a strict weak order, as for [slices.SortFunc], which stays the same
// while there are elements, and it must not use the Heap. If it panics, the Heap is
// as it was before the call.
func HeapOver[T any](block []T, less func(a, b T) bool) Heap[T] {
	if less == nil {
		panic("small: HeapOver: less is nil")
	}
	return Heap[T]{buf: block, less: less}
}

// Push adds v, with at most log₂ n + 1 calls of less.
func (h *Heap[T]) Push(v T) {
	at := h.up(v)
	if h.n == len(h.buf) {
		h.buf = moved(h.buf, 0)
	}
	h.put(at, v)
}

// TryPush is Push if there is room, and else false.
func (h *Heap[T]) TryPush(v T) bool {
	if h.n == len(h.buf) {
		return false
	}
	h.put(h.up(v), v)
	return true
}

// Pop removes and returns the least element. It is false if there is none. It calls
// less about log₂ n times, and at most twice that.
func (h *Heap[T]) Pop() (v T, ok bool) {
	if h.n == 0 {
		return v, false
	}
	n := h.n - 1 // without the last, which takes the place of another
	at := h.down(n)
	// The elements from the root to at move up by one, the last one takes at's place.
	s := h.buf[:n+1]
	moving := s[n]
	s[n] = v // zero
	for n > 0 {
		s[at], moving = moving, s[at]
		if at == 0 {
			break
		}
		at = (at - 1) / 2
	}
	h.n = n
	return moving, true
}

// Peek returns the least element, without removing it. It is false if there is none.
func (h *Heap[T]) Peek() (v T, ok bool) {
	if h.n == 0 {
		return v, false
	}
	return h.buf[0], true
}

// Len returns the number of elements.
func (h *Heap[T]) Len() int { return h.n }

// Clear removes all elements, in time linear in their number. The memory stays.
func (h *Heap[T]) Clear() {
	clear(h.buf[:h.n])
	h.n = 0
}

// up returns the place for v as an element more. Nothing is moved before all calls
// of less are over, so that one that panics leaves everything as it was.
func (h *Heap[T]) up(v T) int {
	if h.less == nil {
		panic("small: Heap.Push: a zero Heap has no order; HeapOver(nil, less) is one without a block")
	}
	at := h.n
	for at > 0 {
		parent := (at - 1) / 2
		if !h.less(v, h.buf[parent]) {
			break
		}
		at = parent
	}
	return at
}

// put has the elements above the last place, down to at, each move to the next one
// on their way, and v take at's.
func (h *Heap[T]) put(at int, v T) {
	s := h.buf
	i := h.n
	for i > at {
		parent := (i - 1) / 2
		s[i] = s[parent]
		i = parent
	}
	s[i] = v
	h.n++
}

// down returns the place for element n, the last, when the root is gone: on the way
// to a leaf along the lesser children, and from there up, since what was last
// belongs near the leaves. That takes half of the calls that comparing it on
// the way down would.
func (h *Heap[T]) down(n int) int {
	s := h.buf[:n+1]
	at, last := uint(0), uint(n) // of which 2*at + 2 is another
	for {
		child := 2*at + 1
		if child+1 >= last {
			if child < last {
				at = child
			}
			break
		}
		other := uint(0)
		if h.less(s[child+1], s[child]) {
			other = 1
		}
		at = child + other
	}
	for at > 0 && h.less(s[n], s[at]) {
		at = (at - 1) / 2
	}
	return int(at)
}
