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
// was open at any time, and all other goroutines waited, at the same place, when the
// run began and now. Those of coroutines, which only run when somebody
// resumes them, may come and go.
func (w *window) alone() bool {
	arming.Lock()
	shared := w.shared
	arming.Unlock()
	if shared || w.crowded {
		return false
	}
	before := make(map[string]string)
	for _, g := range w.others {
		if g.state != "coroutine" {
			before[g.id] = g.stack
		}
	}
	found := 0
	for _, g := range goroutines()[1:] {
		switch stack, ok := before[g.id]; {
		case g.state == "coroutine":
		case !g.waits():
			return false
		case ok && stack == g.stack:
			found++
		case w.others == nil && g.tests(): // no list was made: there was only the main one
		default:
			return false
		}
	}
	return found == len(before)
}

// manyGoroutines is the number above which none is listed when a run begins. The
// list takes 20 microseconds for a few.
const manyGoroutines = 100

// list notes the goroutines that are there when a run is about to begin. In a test
// that is not below another one there are only its own and the main one.
func (w *window) list() {
	for try := 0; ; try++ {
		switch n := runtime.NumGoroutine(); {
		case n <= 2:
			w.others = nil
			return
		case n > manyGoroutines:
			w.crowded = true
			return
		}
		w.others = goroutines()[1:]
		busy, ready := 0, 0
		for _, g := range w.others {
			if !g.waits() {
				busy++
			}
			if g.state == "runnable" {
				ready++
			}
		}
		if busy == 0 || try == 3 {
			return
		}
		// It may be one of an earlier test that is about to end.
		if ready == 1 && busy == 1 {
			runtime.Gosched()
		}
	}
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

// tests says whether a goroutine is in the testing package.
func (g *goroutine) tests() bool {
	return strings.HasPrefix(g.stack, "testing.") || strings.HasPrefix(g.stack, "internal/synctest.")
}

// goroutines lists all goroutines, the caller's first.
func goroutines() []goroutine {
	buf := make([]byte, 16<<10)
	n := runtime.Stack(buf, true)
	for n == len(buf) {
		buf = make([]byte, 4*len(buf))
		n = runtime.Stack(buf, true)
	}
	var all []goroutine
	for g := range strings.SplitSeq(strings.TrimSuffix(string(buf[:n]), "\n"), "\n\n") {
		// goroutine 18 [chan receive, 2 minutes]:
		// testing.(*T).Run(0x1, …)
		head, stack, _ := strings.Cut(g, "\n")
		id, state, _ := strings.Cut(head, " [")
		if i := strings.IndexAny(state, ",](:"); i >= 0 {
			state = strings.TrimSuffix(state[:i], " ")
		}
		all = append(all, goroutine{id, state, stack})
	}
	return all
}

// goroutineRoots gives the functions that the goroutines now alive were
// started with, and the iterators of coroutines.
func goroutineRoots() map[string]bool {
	roots := make(map[string]bool)
	for _, g := range goroutines() {
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
