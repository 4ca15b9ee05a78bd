// Package quiet has tests and no benchmarks.
package quiet

// Spaced returns s with blanks between its bytes.
func Spaced(s string) string {
	b := make([]byte, 2*len(s))
	for i := range s {
		b[2*i], b[2*i+1] = s[i], ' '
	}
	return string(b)
}
