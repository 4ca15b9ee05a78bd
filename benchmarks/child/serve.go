// Package child is the other end of package main's pipe to programs that must be
// built in a way of their own.
package child

import (
	"bufio"
	"fmt"
	"os"
	"time"
)

// Touch is the callee that every way is measured with: it writes the first and
// the last byte.
//
//go:noinline
func Touch(s []byte) { s[0], s[len(s)-1] = 1, 2 }

// Serve answers requests "KIND SIZE TIMES" on standard input with the time in
// nanoseconds that loop took.
func Serve(loop func(n, times int)) {
	Deepen(256 << 10)
	in := bufio.NewReader(os.Stdin)
	for {
		var kind string
		var n, times int
		if _, err := fmt.Fscan(in, &kind, &n, &times); err != nil {
			return
		}
		start := time.Now()
		loop(n, times)
		fmt.Println(time.Since(start).Nanoseconds())
	}
}

// Deepen grows the goroutine's stack to hold size bytes more.
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
