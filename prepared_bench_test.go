package stackalloc_test

import (
	"fmt"
	"testing"

	"github.com/stackalloc/stackalloc"
)

type threeWords struct{ a, b, c int64 }

// touchOf is measure.Touch for elements of other types.
//
//go:noinline
func touchOf[T any](s []T) { s[0] = s[len(s)-1] }

// BenchmarkRatioFill compares Fill with clear in the callback.
func BenchmarkRatioFill(b *testing.B) {
	fillAgainstClear(b, byte(7))
	fillAgainstClear(b, uint16(7))
	fillAgainstClear(b, uint32(7))
	fillAgainstClear(b, uint64(7))
	fillAgainstClear(b, threeWords{1, 2, 3})
	fillAgainstClear(b, "seven")
}

func fillAgainstClear[T any](b *testing.B, v T) {
	for _, n := range []int{16, 40, 100, 1000, 4000, 60000} {
		b.Run(fmt.Sprintf("element=%T/n=%d", v, n), func(b *testing.B) {
			ratio(b, 1, func(times int) {
				for range times {
					stackalloc.Fill(n, v, func(s []T) { touchOf(s) })
				}
			}, func(times int) {
				for range times {
					stackalloc.Uninit(n, func(s []T) {
						clear(s)
						touchOf(s)
					})
				}
			})
		})
	}
}
