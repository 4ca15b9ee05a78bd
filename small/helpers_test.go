package small_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/internal/measure"
)

// provable reports whether this build proves the plainest callback: one without
// inlining does not, and purego cannot tell.
//
//go:noinline
func provable() (yes bool) {
	stackalloc.Do(1<<10, func(s []byte) { yes = stackalloc.OnStack(s) })
	return yes
}

// moveStack shrinks the stack of the caller, if it can be, and has it grow again, so
// that all of it moves.
//
//go:noinline
func moveStack() {
	runtime.GC()
	measure.Deepen(64 << 10)
}

// onGoroutine runs f on a goroutine of its own, with a stack of n KiB of which little
// is in use.
func onGoroutine(n int, f func()) {
	done := make(chan any)
	go func() {
		defer func() { done <- recover() }()
		measure.Deepen(n << 10)
		f()
	}()
	if p := <-done; p != nil {
		panic(p)
	}
}

// panicOf returns what f panics with, as text.
func panicOf(t *testing.T, f func()) (text string) {
	t.Helper()
	defer func() {
		p := recover()
		require.NotNil(t, p, "no panic")
		text = fmt.Sprint(p)
	}()
	f()
	return ""
}

// refused checks that f panics in the package's name.
func refused(t *testing.T, want string, f func()) {
	t.Helper()
	text := panicOf(t, f)
	require.True(t, strings.HasPrefix(text, "small: "), text)
	require.Contains(t, text, want)
}
