//go:build !stackalloc_debug

package scratch

// fenced says whether blocks lie between pages that cannot be accessed.
const fenced = false

func guard[T any](int, uintptr, func([]T), bool, bool) {}
