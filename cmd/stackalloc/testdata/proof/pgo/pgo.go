// Package pgo has functions that a profile makes the compiler inline.
package pgo

import "github.com/stackalloc/stackalloc"

func Caller(n int) int { return hot(n) + cured(n) }

// Loss: PGO inlines a function with nested calls
//
// flags: -pgo
func hot(n int) (k int) {
	for i := range n {
		switch i {
		case 0:
			k ^= i * 3
		case 1:
			k ^= i * 4
		case 2:
			k ^= i * 5
		case 3:
			k ^= i * 6
		case 4:
			k ^= i * 7
		case 5:
			k ^= i * 8
		case 6:
			k ^= i * 9
		case 7:
			k ^= i * 10
		case 8:
			k ^= i * 11
		}
	}
	stackalloc.Uninit(n, func(a []byte) {
		stackalloc.Fill(n, 1, func(b []int) { k += len(a) + len(b) })
	})
	return k
}

// Cure: `//go:noinline` on it
//
// flags: -pgo
//
//go:noinline
func cured(n int) (k int) {
	for i := range n {
		switch i {
		case 0:
			k ^= i * 3
		case 1:
			k ^= i * 4
		case 2:
			k ^= i * 5
		case 3:
			k ^= i * 6
		case 4:
			k ^= i * 7
		case 5:
			k ^= i * 8
		case 6:
			k ^= i * 9
		case 7:
			k ^= i * 10
		case 8:
			k ^= i * 11
		}
	}
	stackalloc.Uninit(n, func(a []byte) {
		stackalloc.Fill(n, 1, func(b []int) { k += len(a) + len(b) })
	})
	return k
}
