package small

import "fmt"

// least is what a collection has room for that begins on the heap, a power of two.
const least = 8

// larger returns the number of slots that follow on n that are full. It panics if there are none.
func larger(n int) int {
	if n >= most {
		panicFull()
	}
	return max(2*min(n, most/2), least)
}

// moved returns larger memory with the elements of the ring s, which begin at head, in order.
//
// It is made of nothing but builtin functions and a return without operand, which the compiler's inliner counts as little. So the methods that add are inlined, which they would not be with a call in them.
func moved[T any](s []T, head int) (to []T) {
	to = make([]T, 2*len(s)|least) // panics if that is no int, for then it is negative
	copy(to[copy(to, s[head:]):], s[:head])
	clear(s)
	return
}

func panicIndex(i, n int) {
	panic(fmt.Sprintf("small: Deque.At: index %d of %d elements", i, n))
}

func panicNegative(n int) {
	panic(fmt.Sprintf("small: SlotsFor: negative number of entries: %d", n))
}

func panicFull() {
	panic(fmt.Sprintf("small: Map: more than %d entries", most))
}
