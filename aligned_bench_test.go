package stackalloc_test

import (
	"fmt"
	"testing"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/internal/measure"
)

// BenchmarkRatioAligned compares Aligned with Do.
func BenchmarkRatioAligned(b *testing.B) {
	for _, align := range []int{16, 64, 128, 1024} {
		for _, n := range []int{16, 100, 1000} {
			b.Run(fmt.Sprintf("align=%d/n=%d", align, n), func(b *testing.B) {
				ratio(b, 1, func(times int) {
					for range times {
						stackalloc.Aligned(n, align, func(s []byte) { measure.Touch(s) })
					}
				}, func(times int) { ways["cleared"](n, times) })
			})
		}
	}
}
