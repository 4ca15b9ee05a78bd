package noalloc

import "io"

// Armed is the number of open windows.
func Armed() int { return int(armed.Load()) }

// Verify is VerifyTestMain without the exit.
func Verify(m interface{ Run() int }, out io.Writer, opts ...Option) int {
	return verify(m, out, collect(opts))
}

// RaceEnabled says whether the race detector is on.
const RaceEnabled = raceEnabled
