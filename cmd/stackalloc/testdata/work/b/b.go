// Package b is another module of the workspace.
package b

import (
	"example.com/a"
	"github.com/stackalloc/stackalloc"
)

func Len(n int) (k int) {
	a.With(n, func(s []byte) { k = len(s) })         // want proven
	stackalloc.Do(n, func(s []byte) { k += len(s) }) // want proven
	return k
}
