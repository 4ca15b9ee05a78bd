package stackalloc_test

import (
	"errors"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc"
)

type closer struct {
	id    int
	log   *[]int
	fail  error
	panic bool
}

func (c closer) Close() error {
	*c.log = append(*c.log, c.id)
	if c.panic {
		panic("closing")
	}
	return c.fail
}

func TestClosingClosesInReverseOrder(t *testing.T) {
	for _, n := range []int{0, 1, 3, 10, 200} {
		var log []int
		open := func(i int) (closer, error) { return closer{id: i, log: &log}, nil }
		var want []int
		for i := n - 1; i >= 0; i-- {
			want = append(want, i)
		}
		require.NoError(t, stackalloc.Closing(n, open, func(s []closer) error {
			assert.Len(t, s, n)
			assert.Empty(t, log)
			return nil
		}))
		assert.Equal(t, want, log)

		log = nil
		boom := errors.New("boom")
		assert.Equal(t, boom, stackalloc.Closing(n, open, func(s []closer) error { return boom }))
		assert.Equal(t, want, log)

		log = nil
		assert.Equal(t, "boom", panicOf(func() {
			_ = stackalloc.Closing(n, open, func(s []closer) error { panic("boom") })
		}))
		assert.Equal(t, want, log)

		log = nil
		aside(func() {
			_ = stackalloc.Closing(n, open, func(s []closer) error { runtime.Goexit(); return nil })
		})
		assert.Equal(t, want, log)
	}
}

func TestClosingWhenOpenOrCloseFails(t *testing.T) {
	var log []int
	boom, bad := errors.New("boom"), errors.New("bad")
	err := stackalloc.Closing(5, func(i int) (closer, error) {
		if i == 3 {
			return closer{}, boom
		}
		return closer{id: i, log: &log, fail: bad}, nil
	}, func(s []closer) error { t.Error("ran"); return nil })
	assert.ErrorIs(t, err, boom)
	assert.ErrorIs(t, err, bad)
	assert.ErrorContains(t, err, "opening element 3 of 5")
	assert.Equal(t, []int{2, 1, 0}, log)

	log = nil
	assert.Equal(t, "closing", panicOf(func() {
		_ = stackalloc.Closing(5, func(i int) (closer, error) {
			return closer{id: i, log: &log, panic: i == 2}, nil
		}, func(s []closer) error { return nil })
	}))
	assert.Equal(t, []int{4, 3, 2, 1, 0}, log)
}
