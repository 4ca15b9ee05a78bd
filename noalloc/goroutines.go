package noalloc

import (
	"bytes"
	"runtime"
	"strings"
)

// started says whether a goroutine with this stack may have been started while
// the window was open.
func (w *window) started(st *stack) bool {
	return w.outsiders != nil && st.root != "" &&
		!strings.HasPrefix(st.root, "runtime.") && !w.outsiders[st.root]
}

// alone says whether nobody but f's own goroutine can have run user code during
// the window: all others that are there now are tests that wait, or coroutines,
// and as many were there when it began.
func (w *window) alone() bool {
	all := goroutines()
	if len(all) < w.goroutines {
		return false // one has ended
	}
	for _, g := range all[1:] {
		if !waits(g) {
			return false
		}
	}
	return true
}

// waits says whether a goroutine is a coroutine between two calls, or waits in
// the testing package for a test to end or for its turn.
func waits(g []byte) bool {
	// goroutine 18 [chan receive, 2 minutes]:
	// testing.(*T).Run(0x1, …)
	head, stack, _ := bytes.Cut(g, []byte("\n"))
	_, state, _ := bytes.Cut(head, []byte(" ["))
	if bytes.HasPrefix(state, []byte("run")) { // running, runnable
		return false
	}
	if bytes.HasPrefix(state, []byte("coroutine")) {
		return true
	}
	for _, at := range []string{"testing.", "internal/synctest.", "os/signal.signal_recv("} {
		if bytes.HasPrefix(stack, []byte(at)) {
			return true
		}
	}
	return false
}

// goroutines gives the stacks of all goroutines as text, the caller's first.
func goroutines() [][]byte {
	buf := make([]byte, 64<<10)
	for {
		n := runtime.Stack(buf, true)
		if n < len(buf) {
			return bytes.Split(buf[:n], []byte("\n\n"))
		}
		buf = make([]byte, 2*len(buf))
	}
}

// goroutineRoots gives the functions that the goroutines now alive were
// started with, and the iterators of coroutines.
func goroutineRoots() map[string]bool {
	roots := make(map[string]bool)
	for _, g := range goroutines() {
		// goroutine 18 [running]:
		// pkg.leaf(0x1, …)
		// 	/path/file.go:12 +0x1d
		// pkg.root()
		// 	/path/file.go:15 +0x1d
		// created by pkg.creator in goroutine 1
		// 	/path/file.go:20 +0x1d
		root, coroutine := "", ""
		for _, line := range strings.Split(string(g), "\n") {
			if strings.HasPrefix(line, "created by ") {
				if offersCoroutines(root) {
					root = coroutine
				}
				break
			}
			if i := strings.LastIndexByte(line, '('); i > 0 && line[0] != '\t' && !strings.HasPrefix(line, "goroutine ") {
				root = line[:i]
				if !offersCoroutines(root) {
					coroutine = root
				}
			}
		}
		if root != "" {
			roots[root] = true
		}
	}
	return roots
}
