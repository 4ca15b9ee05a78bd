// Package withc has cgo in it, and a place that would be changed without.
package withc

// static int twice(int n) { return 2 * n; }
import "C"

import "example.com/withc/pure"

// Twice returns s twice, reversed.
func Twice(s string) string {
	b := make([]byte, int(C.twice(C.int(len(s)))))
	for i := range b {
		b[i] = s[i%len(s)]
	}
	return pure.Reverse(string(b))
}
