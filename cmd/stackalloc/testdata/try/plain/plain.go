// Package plain has never heard of the library.
package plain

import "sort"

const digits = "0123456789abcdef"

// Hex returns the bytes in base 16.
func Hex(src []byte) string {
	dst := make([]byte, 2*len(src))
	for i, b := range src {
		dst[2*i], dst[2*i+1] = digits[b>>4], digits[b&15]
	}
	return string(dst)
}

// Reverse returns the bytes of s in reverse order.
func Reverse(s string) string {
	b := make([]byte, len(s))
	for i := range b {
		b[i] = s[len(s)-1-i]
	}
	return string(b)
}

// Median is run by the tests, and by no benchmark.
func Median(of []int) int {
	sorted := make([]int, len(of))
	copy(sorted, of)
	sort.Ints(sorted)
	return sorted[len(sorted)/2]
}

// Sum has nothing to change.
func Sum(of []int) (sum int) {
	for _, v := range of {
		sum += v
	}
	return sum
}
