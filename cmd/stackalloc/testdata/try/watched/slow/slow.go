// Package slow has benchmarks of which one is slower by one of two changes.
package slow

// Last is changed, and no slower.
func Last(s string) byte {
	b := make([]byte, len(s))
	copy(b, s)
	return b[len(b)-1]
}

// First is as well.
func First(s string) byte {
	b := make([]byte, len(s)+1)
	copy(b, s)
	return b[0]
}
