// Package cgo has calls in a file that cgo rewrites.
package cgo

// static int one(int x) { return x; }
import "C"

import "github.com/stackalloc/stackalloc"

var keep []byte

func F(n int) (k int) {
	k = int(C.one(1))
	stackalloc.Do(n, func(b []byte) { k += len(b) + int(C.one(2)) }) // want proven
	stackalloc.Do(int(C.one(3)), func(b []byte) { keep = b })        // want unproven: stored in the package variable keep at cgo.cgo.go:
	return k
}
