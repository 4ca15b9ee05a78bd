// Package stock makes what the library keeps for later calls: spare blocks, rows,
// recycled memory.
//
// Such an allocation happens to whoever comes by when the stock is empty and is
// nobody's in particular. Package noalloc knows it by the functions of this
// package on the stack of the allocation; they do nothing else. So all that is
// kept beyond the call that made it, and only that, is made here.
//
// All functions are safe for concurrent use.
package stock

// New returns a new T.
//
//go:noinline
func New[T any]() *T { return new(T) }

// Make returns n new elements.
//
//go:noinline
func Make[T any](n int) []T { return make([]T, n) }

// Append is append.
//
//go:noinline
func Append[T any](s []T, v T) []T { return append(s, v) }

// Fill calls f, which allocates nothing but stock.
//
//go:noinline
func Fill(f func()) { f() }
