// Package library is one that others use.
package library

import (
	"slices"

	"github.com/stackalloc/stackalloc"
)

// Median would lose its proof in another package.
func Median(xs []int) int {
	return stackalloc.Call(len(xs), func(b []int) int { // want proven
		copy(b, xs)
		slices.Sort(b)
		return b[len(b)/2]
	})
}

// Cured is kept out of other packages.
//
//go:noinline
func Cured(xs []int) int {
	return stackalloc.Call(len(xs), func(b []int) int { // want proven
		copy(b, xs)
		slices.Sort(b)
		return b[len(b)/2]
	})
}

// Nested would lose both.
func (t *Type) Nested(n int) (k int) {
	stackalloc.Uninit(n, func(a []byte) { // want proven
		stackalloc.Fill(n, 1, func(b []int) { k = len(a) + len(b) }) // want proven
	})
	return k
}

// Type has a method.
type Type struct{ f [3]int }

// Sum is proven wherever it is inlined.
func Sum(n int, more ...int) (k int) {
	stackalloc.Do(n, func(b []int) { k = len(b) }) // want proven
	return k
}

// By is generic, and nothing here uses it.
func By[T int | float64](n int, v T) (t T) {
	stackalloc.Do(n, func(b []T) { // want unjudged: nothing in the packages checked uses By, which is generic
		for i := range b {
			b[i] = v
			t += b[i]
		}
	})
	return t
}
