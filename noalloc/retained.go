package noalloc

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stackalloc/stackalloc/internal/build"
)

// CheckRetained runs f and fails the test if something that f allocated is still
// reachable afterwards: t.Errorf is called once, with one line for each place that
// allocated such objects. It finds what is left behind in globals, caches and
// maps, by goroutines that do not end, and in the variables that f captured, as
// long as f itself is used later on.
//
//	noalloc.CheckRetained(t, func() {
//		s := NewServer()
//		s.Handle(request)
//		s.Close() // and nothing of it stays
//	})
//
// Options mean the same as for Check, applied to what is left: MaxObjects and
// MaxBytes allow for some, WarmUp lets caches fill before, Repeat takes the run
// that left the fewest objects, Allow and Ignore leave out parts, Goroutines
// counts what goroutines started by f made. What counts in Report.Runtime, such
// as the blocks that this library keeps for later, does not count here either. A
// goroutine's own stack is no object.
//
// Collections run until nothing is left or their number no longer helps, so that
// pools are emptied, and finalizers and cleanups have run. A goroutine that f does
// not wait for may still hold something: wait for it in f.
//
// An object of 16 bytes may be a tiny one that shares its block with one of another
// goroutine, which keeps the block alive. If nothing else is left, other goroutines
// were at work and as many tiny objects were allocated meanwhile, it is Unattributed
// and counts with Strict only. (Under the race detector tiny objects do not share.)
// Objects at the end of chains longer than the profile keeps are not seen.
//
// A run costs at least one garbage collection if anything was allocated, and up to
// twelve if something is left. CheckRetained may be used in parallel tests.
func CheckRetained(t testing.TB, f func(), opts ...Option) {
	t.Helper()
	o := collect(opts)
	r := repeat(f, o, retainedOnce)
	if o.within(&r) {
		return
	}
	t.Errorf("noalloc: still reachable: %s", r.failure(o))
}

const (
	// retainedRounds is the number of collections after which what is left is
	// believed to stay. Two empty a pool; an object with a finalizer takes
	// another two, and so does each that one like it leads to.
	retainedRounds = 12

	// retainedStable is the number of collections without a change after which
	// no more are run.
	retainedStable = 5
)

// retainedOnce reports what is still there of what one run of f allocated.
func retainedOnce(f func(), o *options) Report {
	w := newWindow(o)
	w.keeps = true
	clean := false
	defer func() { w.release(clean) }()
	w.run(f)
	if w.quiet() {
		clean = true
		return Report{}
	}
	var r Report
	stable := 0
	for range retainedRounds {
		p := readSince()
		p.readDeep()
		last := r
		r, clean = w.left(o)
		p.Unlock()
		if r.Objects+r.Unattributed == 0 {
			break
		}
		if stable++; r.Objects != last.Objects || r.Bytes != last.Bytes {
			stable = 0
		}
		if stable == retainedStable {
			break
		}
		finalize()
	}
	return r
}

// left reports what is alive of what was allocated in the window. clean says that
// nothing is alive under the window's number. profile.Mutex is held.
func (w *window) left(o *options) (r Report, clean bool) {
	var sites siteTable
	alone := sync.OnceValue(w.alone)
	clean = !profile.long
	for st, f := range w.found {
		own, ok := st.owner(w.id)
		n := st.live.less(f.before)
		switch {
		case n.objects <= 0:
			continue
		case ok:
			clean = false
		case w.started(st) || st.coro && alone():
		default:
			continue
		}
		r.count(o, own, st, tally{min(n.objects, f.made.objects), min(n.bytes, f.made.bytes)}, &sites)
	}
	// Nobody's tiny object keeps a block of f's alive if fewer were put into open
	// blocks than blocks are left.
	if _, shared, exact := w.mallocs(); r.Bytes == tinyBlock*r.Objects && !build.Race &&
		!(exact && shared < r.Objects) && !alone() {
		r = Report{Unattributed: r.Objects, Allowed: r.Allowed, Runtime: r.Runtime, inexact: true}
		return r, clean
	}
	r.Sites = sites.sorted()
	return r, clean
}

// finalize lets finalizers and cleanups run that the last collection made ready. It
// must not wait in a way that a bubble of testing/synctest takes note of.
func finalize() {
	var done atomic.Bool
	type sentinel struct{ _ *sentinel } // no tiny object
	runtime.SetFinalizer(new(sentinel), func(*sentinel) { done.Store(true) })
	collectGarbage()
	for range 1000 {
		if done.Load() {
			break
		}
		runtime.Gosched()
	}
}
