// Package measure is what all benchmarks have in common, and the command's bench:
// short samples, taken in turn on goroutines that have their stack. What is made of
// the samples needs a library for statistics, which this module does not require.
package measure

import "time"

const (
	// MinSamples is the least that give an interval with 95 % confidence.
	MinSamples = 6
	Confidence = 0.95

	// SampleTime is how long a sample takes.
	SampleTime = 400 * time.Microsecond
	// SampleTimeHeap is that of ways that allocate: they pay for their share of the
	// collections that they cause.
	SampleTimeHeap = 3 * time.Millisecond
)

// Touch is the callee that every way is measured with: it writes the first and
// the last byte.
//
//go:noinline
func Touch(s []byte) { s[0], s[len(s)-1] = 1, 2 }

// Deepen grows the goroutine's stack to hold size bytes more, as that of a
// long-lived goroutine does, and writes over them, so that what a test has wrongly
// left there is seen.
//
//go:noinline
func Deepen(size int) byte {
	var frame [1 << 10]byte
	for i := range frame {
		frame[i] = 0xa5
	}
	if size > len(frame) {
		return frame[size%len(frame)] ^ Deepen(size-len(frame))
	}
	return frame[size%len(frame)]
}

// OnNew runs f on a goroutine of its own, so that what others left of their stacks
// is nobody's.
func OnNew(f func() error) error {
	done := make(chan error)
	go func() { done <- f() }()
	return <-done
}

// Calibrate returns how often run is to be done, a multiple of unit, for about want.
// run returns how long so many times took.
func Calibrate(unit int, want time.Duration, run func(times int) (time.Duration, error)) (times int, err error) {
	for times = unit; ; times *= 2 {
		d, err := run(times)
		if err != nil {
			return 0, err
		}
		if d >= want/4 {
			return Whole(int(float64(times)*float64(want)/float64(d)), unit), nil
		}
	}
}

// Whole returns times as a multiple of unit, which it is at least.
func Whole(times, unit int) int { return max(times/unit, 1) * unit }

// Timed returns how long f took.
func Timed(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}
