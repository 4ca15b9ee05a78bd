// Package tested has calls in its tests.
package tested

import "github.com/stackalloc/stackalloc"

func Len(n int) (k int) {
	stackalloc.Do(n, func(s []byte) { k = len(s) }) // want proven
	return k
}
