// Package caller inlines functions of package proof.
package caller

import "example.com/proof"

func Sum(xs []int) int {
	return proof.Median(xs) + proof.MedianCured(xs) + proof.Nested(len(xs)) + proof.NestedCured(len(xs))
}
