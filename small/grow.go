package small

import "fmt"

// least is what a collection has room for that begins on the heap.
const least = 8

// larger returns the number of places that follow on n that are full.
func larger(n int) int { return max(2*n, least) }

func panicIndex(i, n int) {
	panic(fmt.Sprintf("small: Deque.At: index %d of %d elements", i, n))
}

func panicNegative(n int) {
	panic(fmt.Sprintf("small: SlotsFor: negative number of entries: %d", n))
}

func panicFull() {
	panic(fmt.Sprintf("small: Map: more than %d entries", most))
}
