package alloc

import (
	"fmt"
	"runtime"
	"strings"
)

// poisonByte is what freed memory is overwritten with in the debug build: easy to
// see in a dump, an invalid bool, a large negative integer.
const poisonByte = 0xDB

func poison(b []byte) {
	for i := range b {
		b[i] = poisonByte
	}
}

// intact returns the index of the first byte that is not poison, or -1.
func intact(b []byte) int {
	for i, c := range b {
		if c != poisonByte {
			return i
		}
	}
	return -1
}

// trace is where a block was freed, as program counters.
type trace [8]uintptr

func here() (t trace) {
	runtime.Callers(3, t[:])
	return t
}

func (t trace) String() string {
	var sb strings.Builder
	frames := runtime.CallersFrames(t[:])
	for {
		f, more := frames.Next()
		if f.Function != "" {
			fmt.Fprintf(&sb, "\n\t%s\n\t\t%s:%d", f.Function, f.File, f.Line)
		}
		if !more {
			return sb.String()
		}
	}
}
