package stackalloc_test

import (
	"fmt"
	"iter"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/stackalloc/stackalloc"
)

// filled reports whether Fill's block has n times v, wherever it lies, and is handed out
// once.
func filled[T comparable](n int, v T) bool {
	ok, ran := false, 0
	stackalloc.Fill(n, v, func(s []T) {
		ran++
		ok = len(s) == n && cap(s) == n
		for i := range s {
			ok = ok && s[i] == v
		}
	})
	return ok && ran == 1
}

type filler[T any] struct{ v T }

// Elements of all sizes that a word holds several times, and of others, with and
// without pointers, on frames and elsewhere.
func TestFillWritesEveryElementAndNoMore(t *testing.T) {
	one := 1
	fills(t, byte(0xa1))
	fills(t, true)
	fills(t, int16(-0x1234))
	fills(t, [2]byte{1, 2})
	fills(t, [3]byte{1, 2, 3})
	fills(t, float32(1.5))
	fills(t, [4]byte{1, 2, 3, 4})
	fills(t, [5]byte{1, 2, 3, 4, 5})
	fills(t, [6]byte{1, 2, 3, 4, 5, 6})
	fills(t, [3]int16{-1, 2, 3})
	fills(t, int64(0x0123456789abcdef))
	fills(t, [8]byte{1, 2, 3, 4, 5, 6, 7, 8})
	fills(t, filler[uint64]{1<<63 | 5})
	fills(t, struct {
		a int32
		b bool
	}{7, true})
	fills(t, [3]int64{1, 2, 3})
	fills(t, complex(1, 2))
	fills(t, &one)
	fills(t, "fill")
	fills(t, struct {
		a int
		b *int
	}{1, &one})
	fills(t, struct{}{})
}

func fills[T comparable](t *testing.T, v T) {
	t.Run(fmt.Sprintf("%T", v), func(t *testing.T) {
		for _, n := range []int{0, 1, 2, 3, 7, 15, 16, 17, 31, 32, 33, 47, 63, 64, 65, 100, 127, 128, 129, 255, 256, 257, 300, 511, 512, 513,
			1000, 1024, 1025, 2000, 2048, 2049, 5000, 16384, 20001, 70000} {
			run := func() {
				var before, after [64]byte
				assert.True(t, filled(n, v), n)
				assert.Equal(t, before, after, "memory around %d elements", n)
			}
			run()
			aside(run) // on a stack that is small
		}
	})
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

func TestLateYieldPanicsAndWritesNothing(t *testing.T) {
	growAlways(t)
	for _, n := range []int{4, 100, 5000} {
		var late func(byte) bool
		stackalloc.Collect(n, func(yield func(byte) bool) {
			late = yield
			yield(1)
		}, func(s []byte) {
			assert.Regexp(t, "^stackalloc: ", panicOf(func() { late(99) }))
			assert.Equal(t, []byte{1}, s)
		})
		assert.Regexp(t, "^stackalloc: ", panicOf(func() { late(99) }))
	}
}

func TestLateYieldOfAPulledIteratorPanics(t *testing.T) {
	var late func(byte) bool
	seq := func(yield func(byte) bool) { late = yield; yield(1) }
	stackalloc.Collect(100, pulled(seq), func(s []byte) { s[0] = 2 })
	assert.NotEqual(t, "no panic", panicOf(func() { late(3) }))
}

func pulled(seq iter.Seq[byte]) iter.Seq[byte] {
	return func(yield func(byte) bool) {
		next, stop := iter.Pull(seq)
		defer stop()
		for v, ok := next(); ok && yield(v); v, ok = next() {
		}
	}
}
