// Package pure has no cgo.
package pure

// Reverse returns the bytes of s in reverse order.
func Reverse(s string) string {
	b := make([]byte, len(s))
	for i := range b {
		b[i] = s[len(s)-1-i]
	}
	return string(b)
}
