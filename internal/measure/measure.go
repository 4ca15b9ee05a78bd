// Package measure is what the command's bench and the benchmarks have in common:
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
// long-lived goroutine does.
//
//go:noinline
func Deepen(size int) byte {
	var frame [4 << 10]byte
	Touch(frame[:])
	if size > len(frame) {
		frame[1] = Deepen(size - len(frame))
	}
	return frame[1]
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
