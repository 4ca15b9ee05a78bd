// Package depth lets others look at the frames that a change adds.
package depth

import "runtime"

// Run calls f while it has a block of n bytes.
func Run(n int, f func()) (sum int) {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i)
	}
	f()
	for _, c := range b {
		sum += int(c)
	}
	return sum
}

// Frames returns the number of functions between the caller and the one above it
// whose name ends in this.
func Frames(name string) int {
	pc := make([]uintptr, 64)
	frames := runtime.CallersFrames(pc[:runtime.Callers(2, pc)])
	for n := 0; ; n++ {
		f, more := frames.Next()
		if len(f.Function) >= len(name) && f.Function[len(f.Function)-len(name):] == name || !more {
			return n
		}
	}
}
