package stackalloc_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/stackalloc/stackalloc"
)

func TestSetLimit(t *testing.T) {
	assert.Equal(t, 64<<10, stackalloc.SetLimit(-5))
	assert.Equal(t, 0, stackalloc.SetLimit(1<<30))
	assert.Equal(t, stackalloc.MaxRung, stackalloc.SetLimit(1000))
	defer func() { assert.Equal(t, 1000, stackalloc.SetLimit(64<<10)) }()
	if !stackalloc.HasAssembly || stackalloc.Unoptimized {
		return
	}
	former := stackalloc.SetPatience(0)
	defer stackalloc.SetPatience(former)
	for n, want := range map[int]bool{1000: true, 1001: false, 100: true, 64 << 10: false} {
		got := false
		stackalloc.Uninit(n, func(s []byte) { got = stackalloc.OnStack(s) })
		assert.Equal(t, want, got, "length %d", n)
	}
}
