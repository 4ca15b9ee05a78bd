// Package trace keeps where something was called, for messages of the packages around it.
package trace

import (
	"fmt"
	"reflect"
	"runtime"
	"strings"
)

// Trace is a stack of calls, as program counters. It is comparable, and its zero value
// has no calls.
type Trace [32]uintptr

// Here is the trace of the caller's caller.
func Here() (t Trace) {
	runtime.Callers(3, t[:])
	return t
}

// String lists the calls, the innermost first, without those within the library, each
// after a line break.
func (t Trace) String() string {
	var sb strings.Builder
	frames := runtime.CallersFrames(t[:])
	for inside := true; ; {
		f, more := frames.Next()
		inside = inside && more && within(f.Function) && !strings.HasSuffix(f.File, "_test.go")
		if f.Function != "" && !inside {
			fmt.Fprintf(&sb, "\n\t%s\n\t\t%s:%d", f.Function, f.File, f.Line)
		}
		if !more {
			return sb.String()
		}
	}
}

var library = strings.TrimSuffix(reflect.TypeFor[Trace]().PkgPath(), "internal/trace")

// within tells the functions of the packages that have traces, and of those that they call.
func within(function string) bool {
	name, ok := strings.CutPrefix(function, library)
	return ok && (strings.HasPrefix(name, "alloc.") || strings.HasPrefix(name, "scratch.") || strings.HasPrefix(name, "internal/"))
}
