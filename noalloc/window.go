package noalloc

import (
	"runtime"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/build"
)

// armed is the number of open windows; Allow and Forbid cost one load of it
// when nothing is being measured.
var armed atomic.Int32

// arming guards the profile rate and the numbers in use.
var arming struct {
	sync.Mutex
	former int             // runtime.MemProfileRate before the first window opened
	free   []int           // numbers ready for use
	spent  []int           // those of them under which nothing alive was made
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

	// goroutines is how many there were when the run began.
	goroutines int

	// shared: another window was open at some time. Guarded by arming.
	shared bool

	// keeps: the window asks what is kept of what was made in it, so it needs a
	// number that nothing alive was made under.
	keeps bool

	// outsiders, if not nil, are the functions at the root of the goroutines
	// that were there before: see Goroutines.
	outsiders map[string]bool

	// What read found for this window, guarded by profile.Mutex.
	found map[*stack]*find
}

// A tally is a number of objects and their bytes.
type tally struct{ objects, bytes int64 }

func (t *tally) add(u tally)       { t.objects += u.objects; t.bytes += u.bytes }
func (t tally) less(u tally) tally { return tally{t.objects - u.objects, t.bytes - u.bytes} }

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

// noID stands for a number that is not used again: a window may be around the one
// that had it.
const noID = -1

// windows is the number of open windows.
func windows() int {
	arming.Lock()
	defer arming.Unlock()
	return len(arming.open)
}

// newWindow prepares a window; nothing is armed yet.
func newWindow(o *options) *window {
	w := &window{sample: tinySample(), found: make(map[*stack]*find)}
	metrics.Read(w.sample) // the first read of a process allocates
	if o.goroutines {
		w.outsiders = goroutineRoots()
		// What was allocated before shall not be taken for the run's.
		p := readSince()
		p.readDeep()
		p.Unlock()
	}
	return w
}

// run measures f once. When f panics or calls Goexit the window is closed all
// the same, and the panic or exit goes on.
func (w *window) run(f func()) {
	w.begin()
	w.goroutines = runtime.NumGoroutine()
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
	free := &arming.free
	if w.keeps {
		free = &arming.spent
	}
	if n := len(*free); n > 0 {
		w.id = (*free)[n-1]
		*free = (*free)[:n-1]
	} else {
		w.id = arming.next
		arming.next++
	}
	arming.open[w.id] = w
	if armed.Load() > 0 {
		for _, other := range arming.open {
			other.shared = true
		}
	}
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
// A number under which something is still alive is not used again.
func (w *window) release(clean bool) {
	arming.Lock()
	defer arming.Unlock()
	delete(arming.open, w.id)
	switch {
	case clean && w.keeps:
		arming.spent = append(arming.spent, w.id)
	case clean:
		arming.free = append(arming.free, w.id)
	default:
		id := w.id
		if w.keeps {
			id = noID
		}
		profile.dirty.Lock()
		profile.dirty.ids = append(profile.dirty.ids, id)
		profile.dirty.Unlock()
	}
}

// The runtime packs objects of less than 16 bytes without pointers into blocks
// of 16 bytes, one current block for each P, and only the object that opens a
// block is recorded in the profile. Two things keep such objects from slipping
// through: ReadMemStats makes every P give up its block when a window opens,
// and just before f, and whenever a part that does not count ends, this P's
// block is filled up, so that the next tiny object has to open a new one.

const tinyBlock = 16

// filled counts the tiny objects that fillTiny put into blocks already open,
// since they show in the runtime's own count.
var filled atomic.Int64

// newTiny allocates one byte on the heap.
//
//go:noinline
func newTiny() *byte { return new(byte) }

// fillTiny uses up this P's current tiny block. It gives the number of blocks it
// had to open and of objects it put into open ones. It cannot exclude that the
// goroutine moves to another P in the middle; that is no worse than not filling.
func fillTiny() (opened, joined int64) {
	if build.Race { // the runtime never puts two tiny objects into one block then
		return 0, 0
	}
	for range 2 * tinyBlock {
		off := uintptr(unsafe.Pointer(newTiny())) % tinyBlock
		if off == 0 {
			opened++
		} else {
			joined++
		}
		if off == tinyBlock-1 {
			break
		}
	}
	filled.Add(joined)
	return opened, joined
}

// sharedTiny gives the number of tiny objects allocated between two readings,
// in the whole process, that went into blocks already open and so have no
// record. Mallocs counts them and BySize does not; but objects too large for
// BySize make the same difference, so they are told apart by their bytes, and
// where both kinds came up by the runtime's own count of tiny objects, which is
// read a moment after the world has started again and therefore not exact.
func sharedTiny(before, after *runtime.MemStats, counted int64) (n int64, exact bool) {
	rest := int64(after.Mallocs - before.Mallocs)
	large := int64(after.TotalAlloc - before.TotalAlloc)
	for i := range after.BySize {
		n := int64(after.BySize[i].Mallocs - before.BySize[i].Mallocs)
		rest -= n
		large -= n * int64(after.BySize[i].Size)
	}
	if large <= 0 {
		return rest, true
	}
	least := rest - large/int64(after.BySize[len(after.BySize)-1].Size)
	return max(0, least, min(counted, rest-1)), false
}

// readTiny reads the runtime's count of tiny objects put into open blocks.
func readTiny(s []metrics.Sample) int64 {
	metrics.Read(s)
	if s[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return int64(s[0].Value.Uint64())
}

func tinySample() []metrics.Sample {
	return []metrics.Sample{{Name: "/gc/heap/tiny/allocs:objects"}}
}
