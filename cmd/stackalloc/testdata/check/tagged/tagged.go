//go:build special

package tagged

import . "github.com/stackalloc/stackalloc"

func Dot(n int) (k int) {
	Do(n, func(s []byte) { k = len(s) }) // want proven
	return k
}
