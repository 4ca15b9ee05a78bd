package noalloc

import "testing"

// Check runs f and fails the test if f allocates on the heap: t.Errorf is
// called once, with one line for each place that allocates.
//
// Allocations of other goroutines do not count, so Check may be used in
// parallel tests, and in several of them at once. If f panics or calls
// runtime.Goexit (as t.FailNow does) Check reports nothing, and everything is
// as before.
//
// f is called once, unless WarmUp or Repeat say otherwise. A run costs two
// short stops of the world, and a garbage collection if anything in the
// process allocated during the run.
func Check(t testing.TB, f func(), opts ...Option) {
	t.Helper()
	o := collect(opts)
	r := measure(f, o)
	if !o.within(&r) {
		t.Errorf("noalloc: %s", r.failure(o))
		return
	}
	if r.TooDeep > 0 || r.Coroutines > 0 {
		t.Logf("noalloc: nothing found, but not everything could be attributed: %s", r.sum())
	}
}

// Measure runs f once and reports what it allocated. It is safe to call from
// several goroutines at once, and outside of tests; see Check for its cost.
func Measure(f func()) Report { return measure(f, collect(nil)) }

// MeasureWith is Measure with options. MaxObjects, MaxBytes and Strict tell it
// when Repeat may stop, and otherwise mean nothing here.
func MeasureWith(f func(), opts ...Option) Report { return measure(f, collect(opts)) }

// Allow runs f, and what f allocates does not count for the Check or Measure
// around it. Where nothing is being measured it costs a nanosecond or two.
// Goroutines started by f are not covered.
func Allow(f func()) {
	if armed.Load() == 0 {
		f()
		return
	}
	// What follows must not share a tiny block with what f allocated.
	defer fillTiny()
	allowed(f)
}

// Forbid runs f, and what f allocates does count, even inside Allow and even
// if f calls Allow again.
func Forbid(f func()) {
	if armed.Load() == 0 {
		f()
		return
	}
	fillTiny()
	forbidden(f)
}

// measure runs f as often as the options say and gives the smallest report.
func measure(f func(), o *options) Report { return repeat(f, o, measureOnce) }

func repeat(f func(), o *options, once func(func(), *options) Report) Report {
	if f == nil {
		panic("noalloc: the function to measure is nil")
	}
	for i := 0; i < o.warmUp; i++ {
		f()
	}
	var best Report
	for i := 0; i < o.repeat; i++ {
		if i > 0 {
			// Reading the profile took a collection, which empties pools.
			f()
		}
		r := once(f, o)
		if i == 0 || r.total() < best.total() || r.total() == best.total() && r.Bytes < best.Bytes {
			best = r
		}
		if o.within(&best) {
			break
		}
	}
	return best
}

func measureOnce(f func(), o *options) Report {
	w := newWindow(o)
	clean := false
	defer func() { w.release(clean) }()
	w.run(f)
	if w.quiet() {
		clean = true
		return Report{}
	}
	p := readSince()
	defer p.Unlock()
	if w.unexplained() {
		p.readDeep()
	}
	// What is not looked up yet may be this window's, and must not be handed to
	// the next one of the same number.
	clean = !p.long
	return w.report(o)
}

// failure words a report that is over the limits.
func (r *Report) failure(o *options) string {
	if l := o.limits(); l != "" {
		return r.text(l + " may be")
	}
	return r.text()
}
