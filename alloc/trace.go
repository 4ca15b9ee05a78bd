package alloc

import (
	"fmt"
	"reflect"
	"runtime"
	"strings"
)

// trace is where a block was allocated or freed, as program counters.
type trace [32]uintptr

// here is the trace of the caller's caller.
func here() (t trace) {
	runtime.Callers(3, t[:])
	return t
}

// String lists the calls, the innermost first, without those within this package.
func (t trace) String() string {
	var sb strings.Builder
	frames := runtime.CallersFrames(t[:])
	for inside := true; ; {
		f, more := frames.Next()
		inside = inside && more && strings.HasPrefix(f.Function, ourPackage) && !strings.HasSuffix(f.File, "_test.go")
		if f.Function != "" && !inside {
			fmt.Fprintf(&sb, "\n\t%s\n\t\t%s:%d", f.Function, f.File, f.Line)
		}
		if !more {
			return sb.String()
		}
	}
}

var ourPackage = reflect.TypeFor[trace]().PkgPath() + "."
