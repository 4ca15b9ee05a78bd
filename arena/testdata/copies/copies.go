// Package copies does what go vet has to report.
package copies

import "github.com/stackalloc/stackalloc/arena"

func bump(a *arena.Bump) arena.Bump {
	b := *a
	return b
}

func lazyBump(a *arena.LazyBump) {
	b := *a
	b.Reset()
}

func typed(a *arena.Typed[string]) {
	b := *a
	b.Reset()
}

func lazyTyped(a *arena.LazyTyped[int]) {
	b := *a
	b.Reset()
}
