package stackalloc_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/stackalloc/stackalloc"
)

// filled reports whether Fill's block has n times v, wherever it lies.
func filled[T comparable](n int, v T) bool {
	ok := false
	stackalloc.Fill(n, v, func(s []T) {
		ok = len(s) == n && cap(s) == n
		for i := range s {
			ok = ok && s[i] == v
		}
	})
	return ok
}

// Fill copies from the elements that it wrote first: every length around its steps.
func TestFillAtEveryLength(t *testing.T) {
	type odd struct {
		a byte
		b [2]uint16
	}
	for n := range 300 {
		assert.True(t, filled(n, byte(7)), n)
		assert.True(t, filled(n, true), n)
		assert.True(t, filled(n, uint64(1)<<63|5), n)
		assert.True(t, filled(n, "text"), n)
		assert.True(t, filled(n, &n), n)
		assert.True(t, filled(n, odd{1, [2]uint16{2, 3}}), n)
		assert.True(t, filled(n, struct{}{}), n)
	}
	for _, n := range []int{1000, 4097, 70_000, 1 << 20} {
		assert.True(t, filled(n, byte(7)), n)
		assert.True(t, filled(n, "text"), n)
	}
}
