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

// mainWaits says whether this is a goroutine of a test, and the main goroutine
// waits for it.
func mainWaits() bool {
	for i, g := range goroutines() {
		if bytes.HasPrefix(g, []byte("goroutine 1 [")) {
			return i > 0 && bytes.Contains(g, []byte("\ntesting.(*T).Run("))
		}
	}
	return false
}

// goroutineRoots gives the functions that the goroutines now alive were
// started with.
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
		root := ""
		for _, line := range strings.Split(string(g), "\n") {
			if strings.HasPrefix(line, "created by ") {
				break
			}
			if i := strings.LastIndexByte(line, '('); i > 0 && line[0] != '\t' && !strings.HasPrefix(line, "goroutine ") {
				root = line[:i]
			}
		}
		if root != "" {
			roots[root] = true
		}
	}
	return roots
}
