package measure

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestCalibrate(t *testing.T) {
	// A microsecond each: 400 of them are 400 µs, in units of 7.
	var calls []int
	times, err := Calibrate(7, SampleTime, func(times int) (time.Duration, error) {
		calls = append(calls, times)
		return time.Duration(times) * time.Microsecond, nil
	})
	assert.NoError(t, err)
	assert.Equal(t, 399, times)
	assert.Equal(t, []int{7, 14, 28, 56, 112}, calls)

	failed := errors.New("failed")
	_, err = Calibrate(1, SampleTime, func(int) (time.Duration, error) { return 0, failed })
	assert.ErrorIs(t, err, failed)
}

func TestWhole(t *testing.T) {
	assert.Equal(t, 1, Whole(0, 1))
	assert.Equal(t, 5, Whole(3, 5))
	assert.Equal(t, 10, Whole(14, 5))
}

func TestOnNew(t *testing.T) {
	failed := errors.New("failed")
	assert.ErrorIs(t, OnNew(func() error { Deepen(100 << 10); return failed }), failed)
	assert.NoError(t, OnNew(func() error { return nil }))
}
