package small

import "fmt"

// least is what a collection has room for that begins on the heap.
const least = 8

// larger returns the number of places that follow on n that are full.
func larger(n int) int { return max(2*n, least) }

// moved returns larger memory with the elements of the ring s, which begin at head, in order.
//
// It is made of nothing but builtin functions, which the compiler's inliner counts as little (less
// than larger). So the methods that add are inlined, which they would not be with a call in them.
func moved[T any](s []T, head int) []T {
	to := make([]T, max(2*len(s), least))
	copy(to[copy(to, s[head:]):], s[:head])
	clear(s)
	return to
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
