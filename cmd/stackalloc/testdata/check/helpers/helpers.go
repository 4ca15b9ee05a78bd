// Package helpers wraps the library.
package helpers

import "github.com/stackalloc/stackalloc"

// With is inlined into its callers, who know the callback.
func With(n int, f func([]byte)) {
	stackalloc.Uninit(2*n, f) // want unproven: the callback comes from the caller of With, and is unproven at 2 of 4: helpers.helpers.go:12:41, user.user.go:\d+:\d+
}

// Twice is a helper around a helper.
func Twice(n int, f func([]byte)) { With(2*n, f) } // want unproven: the callback is not known here

// Locked is too large to be inlined.
func Locked(n int, f func([]byte)) {
	defer func() { recover() }()
	stackalloc.Uninit(n, f) // want unproven: the callback is not known here
}

// Sum is generic.
func Sum[T any](n int, add func(a, b T) T, f func([]T)) (sum T) {
	stackalloc.Do(n, func(s []T) { // want proven
		for _, v := range s {
			sum = add(sum, v)
		}
	})
	return sum
}

// Never is not used by anything.
func Never[T any](n int) (k int) {
	stackalloc.Do(n, func(s []T) { k = len(s) }) // want unjudged: nothing in the packages checked uses Never, which is generic; check with -test
	return k
}

// Stack is a generic type.
type Stack[T any] struct{ v []T }

// Each leaks for every T.
func (s *Stack[T]) Each(n int) {
	stackalloc.Do(n, func(b []T) { s.v = b }) // want unproven: stored in s.v
}
