package small

// Vec is a stack, and a slice that grows. Its zero value has no room and moves to
// the heap with the first element.
type Vec[T any] struct {
	buf []T
	n   int
}

// VecOver returns an empty Vec over block, whose contents do not matter.
func VecOver[T any](block []T) Vec[T] { return Vec[T]{buf: block} }

// Push adds x at the end.
func (v *Vec[T]) Push(x T) {
	if v.n == len(v.buf) {
		v.buf = moved(v.buf, 0)
	}
	v.buf[v.n] = x
	v.n++
}

// TryPush is Push if there is room, and else false.
func (v *Vec[T]) TryPush(x T) bool {
	if v.n == len(v.buf) {
		return false
	}
	v.buf[v.n] = x
	v.n++
	return true
}

// Pop removes and returns the last element. It is false if there is none.
func (v *Vec[T]) Pop() (x T, ok bool) {
	if v.n == 0 {
		return x, false
	}
	v.n--
	p := &v.buf[v.n]
	x, *p = *p, x
	return x, true
}

// Slice returns the elements: not a copy, but the Vec's own, so that a change of
// one shows in the other until the Vec moves. The next Push may be that; Pop and
// Clear zero what they remove. Appending to the slice does not touch the Vec.
func (v *Vec[T]) Slice() []T { return v.buf[:v.n:v.n] }

// Len returns the number of elements.
func (v *Vec[T]) Len() int { return v.n }

// Clear removes all elements, in time linear in their number. The memory stays.
func (v *Vec[T]) Clear() {
	clear(v.buf[:v.n])
	v.n = 0
}
