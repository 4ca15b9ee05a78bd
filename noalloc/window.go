package noalloc

import (
	"runtime"
	"runtime/metrics"
	"sync"
	"sync/atomic"
)

// armed is the number of open windows; Allow and Forbid cost one load of it
// when nothing is being measured.
var armed atomic.Int32

// arming guards the profile rate and the numbers in use.
var arming struct {
	sync.Mutex
	former int             // runtime.MemProfileRate before the first window opened
	free   []int           // numbers ready for use
	next   int             // lowest number never used
	open   map[int]*window // by number
}

// A window is one measured run of f.
type window struct {
	id     int
	before runtime.MemStats
	after  runtime.MemStats
	tiny   [2]int64 // readTiny, just after each of them
	filled [2]int64 // filled, at the same times
	sample []metrics.Sample

	// What this window's own preparation did after the first reading.
	opened, joined int64

	// alone: when the run began there was no goroutine but its own and, in a
	// test, the main one.
	alone bool

	// outsiders, if not nil, are the functions at the root of the goroutines
	// that were there before: see Goroutines.
	outsiders map[string]bool

	// What read found for this window, guarded by profile.Mutex.
	found map[*stack]tally

	// others is the number of objects read meanwhile that no window owns, some
	// of them from before this window opened.
	others int64
}

type tally struct{ objects, bytes int64 }

// quiet says that nobody in the process allocated during the run.
func (w *window) quiet() bool {
	return int64(w.after.Mallocs-w.before.Mallocs) == w.opened+w.joined
}

// mallocs is the number of objects allocated in the whole process, and tinies
// the number of tiny objects among them that no record names, both less what
// was allocated to fill tiny blocks. exact is about tinies.
func (w *window) mallocs() (all, tinies int64, exact bool) {
	fills := w.filled[1] - w.filled[0]
	all = int64(w.after.Mallocs-w.before.Mallocs) - w.opened - fills
	tinies, exact = sharedTiny(&w.before, &w.after, w.tiny[1]-w.tiny[0])
	return max(0, all), max(0, tinies-fills), exact
}

// newWindow prepares a window; nothing is armed yet.
func newWindow() *window {
	w := &window{sample: tinySample(), found: make(map[*stack]tally)}
	metrics.Read(w.sample) // the first read of a process allocates
	return w
}

// run measures f once. When f panics or calls Goexit the window is closed all
// the same, and the panic or exit goes on.
func (w *window) run(f func()) {
	w.alone = runtime.NumGoroutine() <= 2
	w.begin()
	defer w.end()
	// Starting the world again takes long enough for this goroutine to be
	// moved to a P where another one has opened a tiny block meanwhile.
	w.opened, w.joined = fillTiny()
	enter(w.id, f)
}

func (w *window) begin() {
	arming.Lock()
	defer arming.Unlock()
	if arming.open == nil {
		arming.open = make(map[int]*window)
	}
	if n := len(arming.free); n > 0 {
		w.id = arming.free[n-1]
		arming.free = arming.free[:n-1]
	} else {
		w.id = arming.next
		arming.next++
	}
	arming.open[w.id] = w
	raiseRate()
	// Stops the world, so every P sees the new rate, and gives up the tiny
	// blocks. From here to f nothing may allocate.
	runtime.ReadMemStats(&w.before)
	w.tiny[0], w.filled[0] = readTiny(w.sample), filled.Load()
}

func (w *window) end() {
	arming.Lock()
	defer arming.Unlock()
	lowerRate(&w.after)
	w.tiny[1], w.filled[1] = readTiny(w.sample), filled.Load()
}

// raiseRate has every object recorded until lowerRate. arming is held.
func raiseRate() {
	if armed.Add(1) == 1 {
		arming.former = runtime.MemProfileRate
		runtime.MemProfileRate = 1
	}
}

// lowerRate ends what raiseRate began, and reads the statistics, for which the
// world stops. arming is held.
func lowerRate(stats *runtime.MemStats) {
	// Should someone have changed the rate meanwhile, theirs stays.
	last := armed.Add(-1) == 0 && runtime.MemProfileRate == 1
	if last {
		// A P that is just taking a sample reads the rate twice. If it read 1
		// the first time and the former rate the second time, it would believe
		// in the next window that it knows the rate already, and skip objects.
		// While the rate is 2 no such mixture does harm, and the stop of the
		// world ends every sample begun before.
		runtime.MemProfileRate = 2
	}
	runtime.ReadMemStats(stats)
	if last {
		runtime.MemProfileRate = arming.former
	}
}

// release hands the window's number back. clean says that everything recorded
// under the number has been read; otherwise the number waits for the next read.
func (w *window) release(clean bool) {
	arming.Lock()
	defer arming.Unlock()
	delete(arming.open, w.id)
	if clean {
		arming.free = append(arming.free, w.id)
		return
	}
	profile.dirty.Lock()
	profile.dirty.ids = append(profile.dirty.ids, w.id)
	profile.dirty.Unlock()
}
