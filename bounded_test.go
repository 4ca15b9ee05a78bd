package stackalloc_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/stackalloc/stackalloc"
)

func TestBounded(t *testing.T) {
	ran := 0
	assert.NoError(t, stackalloc.Bounded(100, 100, func(s []byte) { ran += len(s) }))
	assert.NoError(t, stackalloc.Bounded(0, 0, func(s []byte) { ran++ }))
	assert.Equal(t, 101, ran)
	for _, c := range []struct {
		n, limit int
		msg      string
	}{
		{-1, 100, "-1 is negative"},
		{101, 100, "101 elements, at most 100 allowed"},
		{0, -1, "0 elements, at most -1 allowed"},
		{math.MaxInt, math.MaxInt, "overflow"},
	} {
		err := stackalloc.Bounded(c.n, c.limit, func(s []uint64) { ran++ })
		assert.ErrorIs(t, err, stackalloc.ErrLength)
		assert.ErrorContains(t, err, c.msg)
	}
	assert.Equal(t, 101, ran)
}
