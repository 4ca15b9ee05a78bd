// Package small has calls with small constant lengths, whose block is in the
// caller's own frame or on the heap.
package small

import "github.com/stackalloc/stackalloc"

var kept []byte

func Clean() (k int) {
	stackalloc.Do(3, func(s []byte) { k = len(s) }) // want proven
	return k
}

func Leak() {
	stackalloc.Do(4, func(s []byte) { kept = s }) // want unproven: stored in the package variable kept
}

func Bounded() (k int, err error) {
	err = stackalloc.Bounded(3, 100, func(s []byte) { k = len(s) }) // want proven
	return k, err
}
