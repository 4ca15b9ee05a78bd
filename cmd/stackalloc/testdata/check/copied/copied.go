// Package copied has no unproven call but the one in the copy of a closure.
package copied

import "github.com/stackalloc/stackalloc"

func Clean(n int) (k int) {
	stackalloc.Do(n, func(s []byte) { k = len(s) }) // want proven
	return k
}

func constructor(n int) func() int {
	return func() (k int) {
		stackalloc.Do(n, func(s []byte) { k = len(s) }) // want unproven: copy made by inlining constructor
		return k
	}
}

var Held = constructor(3)
