// Package watched has a change that others can see: what was allocated no longer is.
package watched

import "runtime"

// Sum has a block of n bytes.
func Sum(n int) (sum int) {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i)
	}
	for _, c := range b {
		sum += int(c)
	}
	return sum
}

// Allocates reports whether f makes objects on the heap.
func Allocates(f func()) bool {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.Mallocs > before.Mallocs
}
