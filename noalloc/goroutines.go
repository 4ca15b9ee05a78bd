package noalloc

import (
	"runtime"
	"strings"
)

// started says whether a goroutine with this stack may have been started while
// the window was open.
func (w *window) started(st *stack) bool {
	return w.outsiders != nil && st.root != "" &&
		!strings.HasPrefix(st.root, "runtime.") && !w.outsiders[st.root]
}

// alone says whether nobody but f's goroutine was seen at work: no other window
// was open at any time, and of the goroutines that were there when the run began
// all are still there and wait. Coroutines, which only run when somebody resumes
// them, may come and go.
func (w *window) alone() bool {
	arming.Lock()
	shared := w.shared
	arming.Unlock()
	if shared {
		return false
	}
	first := listGoroutines()
	if len(first) < w.goroutines {
		return false
	}
	collectGarbage() // takes a while
	waiting := make(map[string]string)
	for _, g := range first {
		waiting[g.id] = g.stack
	}
	for _, g := range listGoroutines()[1:] {
		if g.state != "coroutine" && (!g.waits() || waiting[g.id] != g.stack) {
			return false
		}
	}
	return true
}

// A goroutine is one as runtime.Stack shows it.
type goroutine struct {
	id    string
	state string // "running", "chan receive"
	stack string // the lines of calls
}

// waits says whether a goroutine waits for something.
func (g *goroutine) waits() bool {
	switch g.state {
	case "idle", "runnable", "running", "syscall", "waiting", "preempted", "GC assist wait", "GC assist marking":
		return false
	}
	return true
}

// listGoroutines gives all goroutines, the caller's first.
func listGoroutines() (all []goroutine) {
	buf := make([]byte, 16<<10)
	n := runtime.Stack(buf, true)
	for n == len(buf) {
		buf = make([]byte, 4*len(buf))
		n = runtime.Stack(buf, true)
	}
	text := strings.TrimSuffix(string(buf[:n]), "\n")
	for more := true; more; {
		// goroutine 18 [chan receive, 2 minutes]:
		// testing.(*T).Run(0x1, …)
		var g string
		g, text, more = strings.Cut(text, "\n\n")
		head, stack, _ := strings.Cut(g, "\n")
		id, state, _ := strings.Cut(head, " [")
		if i := strings.IndexAny(state, ",](:"); i >= 0 {
			state = strings.TrimSuffix(state[:i], " ")
		}
		all = append(all, goroutine{id, state, stack})
	}
	return all
}

// goroutineRoots gives the functions that the goroutines now alive were started
// with, and the iterators of coroutines.
func goroutineRoots() map[string]bool {
	roots := make(map[string]bool)
	for _, g := range listGoroutines() {
		// pkg.leaf(0x1, …)
		// 	/path/file.go:12 +0x1d
		// pkg.root()
		// 	/path/file.go:15 +0x1d
		// created by pkg.creator in goroutine 1
		// 	/path/file.go:20 +0x1d
		root, iterator := "", ""
		for line := range strings.SplitSeq(g.stack, "\n") {
			if strings.HasPrefix(line, "created by ") {
				if offersCoroutines(root) {
					root = iterator
				}
				break
			}
			if i := strings.LastIndexByte(line, '('); i > 0 && line[0] != '\t' {
				root = line[:i]
				if !offersCoroutines(root) {
					iterator = root
				}
			}
		}
		if root != "" {
			roots[root] = true
		}
	}
	return roots
}
