// Package child is the other end of package main's pipe to programs that must be
// built in a way of their own.
package child

import (
	"bufio"
	"fmt"
	"os"
	"time"

	"github.com/stackalloc/stackalloc/internal/measure"
)

// Serve answers requests "KIND SIZE TIMES" on standard input with the time in
// nanoseconds that loop took.
func Serve(loop func(n, times int)) {
	measure.Deepen(256 << 10)
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
