// Package broken has a test that a change breaks.
package broken

// Count is changed, and breaks nothing.
func Count(s string, of byte) (n int) {
	b := make([]byte, len(s))
	copy(b, s)
	for _, c := range b {
		if c == of {
			n++
		}
	}
	return n
}
