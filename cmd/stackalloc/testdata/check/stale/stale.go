// Package stale has comments that accept nothing.
package stale

import "github.com/stackalloc/stackalloc"

var keep []byte

func F(n int) (k int) {
	stackalloc.Do(n, func(b []byte) { keep = b }) // stackalloc:heap want accepted: keep
	stackalloc.Do(n, func(b []byte) { k++ })      // stackalloc:heap want proven
	// stackalloc:heap
	k++
	return k
}
