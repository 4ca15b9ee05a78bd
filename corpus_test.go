package stackalloc_test

import (
	"bytes"
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/noalloc"
)

// The corpus is a labelled collection of callbacks: those of corpus_leak_test.go
// keep their slice beyond the call and must find its contents unharmed, those of
// corpus_clean_test.go do not and must be on the stack without an allocation.
// Each entry is a function literal of its own, written as a user would write it,
// since what the compiler sees of the callback is what is tested.

// A leak keeps the slice of a call and reports whether what was kept is intact
// after disturb.
type leak struct {
	name string
	run  func(n int) bool
	max  int // largest n, when not 0
}

// A clean entry reports whether its block, of n elements, was on the stack.
type clean struct {
	name string
	run  func(n int) bool
	size int  // of an element in bytes, when it is not 1
	max  int  // largest n that is on the stack, when not 0; none is when negative
	min  int  // smallest n that the entry can use
	heap bool // the callback itself allocates, or may
	race bool // the race detector makes the callback leak, or allocate
}

// The state of the trial under way. Trials run one after another.
var (
	seed      int          // makes the contents of each trial its own
	quiet     bool         // disturb does nothing, so that counters are the entry's own
	turns     int          // of disturb
	stackSeen atomic.Int64 // blocks that mark found on the stack
	faults    atomic.Int64 // wrong results in clean entries
)

// noise and text are what blocks are painted with.
var noise, text = func() (a, b []byte) {
	a, b = make([]byte, 8209), make([]byte, 8209) // a prime, so that no size is a multiple
	x := uint32(1)
	for i := range a {
		x = x*1664525 + 1013904223
		a[i], b[i] = 0xa5, byte(x>>24)
	}
	return a, b
}()

func paint(s, with []byte, from int) {
	for i := from % len(with); len(s) > 0; i = 0 {
		s = s[copy(s, with[i:]):]
	}
}

// mark fills the block of an entry with the contents of the trial.
func mark(s []byte) {
	if stackalloc.OnStack(s) {
		stackSeen.Add(1)
	}
	paint(s, text, seed)
}

// intactAt reports whether s is what mark wrote from offset off on.
func intactAt(s []byte, off int) bool {
	for i := (seed + off) % len(text); len(s) > 0; i = 0 {
		k := min(len(s), len(text)-i)
		if !bytes.Equal(s[:k], text[i:i+k]) {
			return false
		}
		s = s[k:]
	}
	return true
}

// intact reports whether s is the whole of what mark wrote.
func intact(s []byte, n int) bool { return len(s) == n && intactAt(s, 0) }

// disturb uses the memory of dead blocks of about n bytes: the stack below the
// caller, and the blocks that are recycled.
//
//go:noinline
func disturb(n int) {
	if quiet {
		return
	}
	turns++
	if turns%8 == 0 {
		overwrite(320 << 10 / 2048) // grows a small stack, which moves it
	} else {
		overwrite(min(2*n+8<<10, 320<<10) / 2048)
	}
	reuse(n)
	if turns%64 == 0 {
		runtime.GC() // shrinks the stack, which moves it
		reuse(n)
	}
}

var noiseFrame = func() (b [2048]byte) { paint(b[:], noise, 0); return b }()

//go:noinline
func overwrite(depth int) byte {
	b := noiseFrame
	if depth > 0 {
		b[depth%len(b)] = overwrite(depth - 1)
	}
	return b[depth%len(b)/2]
}

// reuse takes blocks of about n bytes, several at once, and writes to them.
//
//go:noinline
func reuse(n int) {
	for _, m := range [...]int{n, max(n-1, 0), n + 1, n/2 + 1} {
		stackalloc.Uninit(m, func(a []byte) {
			stackalloc.Uninit(m, func(b []byte) {
				paint(a, noise, 0)
				paint(b, noise, 1)
			})
		})
	}
	m := min(n/8+1, 1<<10)
	stackalloc.Do(m, func(a []string) {
		stackalloc.Do(m, func(b []*int) {
			for i := range a {
				a[i], b[i] = "noise", &turns
			}
		})
	})
}

// corpusSizes are both sides of the edges at which a block is placed
// differently, up to bytes of size.
func corpusSizes(limit int) []int {
	sizes := []int{1, 2, 8, stackalloc.SmallBlock - 1, stackalloc.SmallBlock, stackalloc.SmallBlock + 1}
	for i, rung := range stackalloc.Ladder {
		if testing.Short() && i%6 != 0 && rung != 64<<10 {
			continue
		}
		sizes = append(sizes, rung-1, rung, rung+1)
	}
	sizes = append(sizes, 300<<10)
	return slices.DeleteFunc(sizes, func(n int) bool { return n > limit })
}

// onGoroutine runs f on a goroutine of its own, with a stack of at least depth
// bytes of which little is in use.
func onGoroutine(depth int, f func()) {
	done := make(chan any)
	go func() {
		defer func() { done <- recover() }()
		overwrite(depth / 2048)
		f()
	}()
	if p := <-done; p != nil {
		panic(p)
	}
}

// withPatience runs f while blocks that do not fit are waited for as long as
// misses says.
func withPatience(misses uintptr, f func()) {
	former := stackalloc.SetPatience(misses)
	defer stackalloc.SetPatience(former)
	f()
}

// withLimit runs f with the largest limit.
func withLimit(f func()) {
	defer stackalloc.SetLimit(stackalloc.SetLimit(stackalloc.MaxRung))
	f()
}

// provesCanary reports whether this build proves the plainest callback: one
// without inlining does not.
func provesCanary() bool {
	before := stackalloc.ReadStats()
	stackalloc.Do(10<<10, func(s []byte) { s[0] = 1 })
	return stackalloc.ReadStats().Heap == before.Heap
}

// built reports a setting of this build, such as -race.
func built(key string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

func allLeaks() []leak {
	return slices.Concat(leaksGlobal, leaksOuter, leaksFlow, leaksResult, leaksLibrary, leaksStandard, leaksKinds())
}

func TestCorpusLeaks(t *testing.T) {
	all := allLeaks()
	t.Logf("%d leaking entries; %s; canary proven: %v", len(all), stackalloc.Implementation(), provesCanary())
	assert.GreaterOrEqual(t, len(all), 75, "only %d leaking entries", len(all))
	names := map[string]bool{}
	for _, e := range all {
		if names[e.name] {
			t.Errorf("two entries are called %q", e.name)
		}
		names[e.name] = true
	}
	sizes := corpusSizes(300 << 10)
	few := []int{1, stackalloc.SmallBlock, stackalloc.SmallBlock + 1, 1 << 10, 5000, 64 << 10, 300 << 10, 1<<20 + 1}
	if testing.Short() {
		few = few[:6]
	}

	// Every block that may be on the stack is.
	t.Run("stack", func(t *testing.T) {
		withLimit(func() {
			withPatience(0, func() {
				for _, e := range all {
					onGoroutine(0, func() { tryLeak(t, e, sizes) })
				}
			})
		})
	})
	// Blocks are recycled: the goroutines are fresh.
	t.Run("recycled", func(t *testing.T) {
		for _, e := range all {
			for _, n := range few {
				onGoroutine(0, func() { tryLeak(t, e, []int{n}) })
			}
		}
	})
	// No block is even taken from the wrong place.
	t.Run("place", func(t *testing.T) {
		quiet = true
		defer func() { quiet = false }()
		withLimit(func() {
			for _, e := range all {
				onGoroutine(0, func() {
					for _, n := range few {
						before := stackalloc.ReadStats()
						tryLeak(t, e, []int{n})
						after := stackalloc.ReadStats()
						if d := after.Recycled - before.Recycled; d != 0 && !strings.Contains(e.name, "(nested)") {
							t.Errorf("%s, n=%d: %d blocks recycled, of a callback that keeps its slice", e.name, n, d)
						}
					}
				})
			}
		})
	})
}

func tryLeak(t *testing.T, e leak, sizes []int) {
	for _, n := range sizes {
		if e.max != 0 && n > e.max {
			continue
		}
		seed = (seed*31 + 7) % 8191
		stackSeen.Store(0)
		if !e.run(n) {
			t.Errorf("%s, n=%d: what was kept is damaged", e.name, n)
		}
		if c := stackSeen.Load(); c != 0 {
			t.Errorf("%s, n=%d: the slice was on the stack", e.name, n)
		}
	}
	sinks.release()
}

func allCleans() []clean {
	return slices.Concat(cleansPlain, cleansStandard, cleansFlow, cleansLibrary, cleansKinds())
}

func TestCorpusClean(t *testing.T) {
	all := allCleans()
	proven := provesCanary()
	t.Logf("%d clean entries; %s; canary proven: %v", len(all), stackalloc.Implementation(), proven)
	assert.GreaterOrEqual(t, len(all), 55, "only %d clean entries", len(all))
	sizes := corpusSizes(64 << 10)
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection would shrink the stack

	t.Run("right", func(t *testing.T) { // whatever the place
		for _, patience := range []uintptr{0, 1 << 20} {
			withPatience(patience, func() {
				for _, e := range all {
					for i, n := range sizes {
						if n < e.min || testing.Short() && i%3 != 0 {
							continue
						}
						onGoroutine(0, func() { tryClean(t, e, n) })
					}
				}
			})
		}
	})
	t.Run("unproven", func(t *testing.T) { tellProofs(t, sizes) })
	if !proven {
		t.Skip("this build proves nothing: inlining is off, or the stack paths are")
	}
	modes := []string{"registers"}
	if stackalloc.HasAssembly && !testing.Short() {
		modes = append(modes, "ABI0")
	}
	for _, mode := range modes {
		t.Run("place/"+mode, func(t *testing.T) {
			if mode == "ABI0" {
				defer stackalloc.SetABI0()()
			}
			onGoroutine(1<<20, func() {
				for _, e := range all {
					t.Run(e.name, func(t *testing.T) {
						// A subtest has a goroutine, and so a stack, of its own.
						onGoroutine(1<<20, func() { placeClean(t, e, sizes) })
					})
				}
			})
		})
	}
}

// tellProofs logs which of the entries that need no proof have one.
func tellProofs(t *testing.T, sizes []int) {
	for _, e := range cleansUnproven {
		n, proofs := 5000, ""
		for _, n := range sizes {
			if n >= e.min {
				onGoroutine(0, func() { tryClean(t, e, n) })
			}
		}
		before := stackalloc.ReadStats()
		tryClean(t, e, n)
		if stackalloc.ReadStats().Heap != before.Heap {
			proofs = "not "
		}
		t.Logf("%sproven: %s", proofs, e.name)
	}
}

func tryClean(t *testing.T, e clean, n int) bool {
	seed = (seed*31 + 7) % 8191
	faults.Store(0)
	on := e.run(n)
	assert.Zero(t, faults.Load(), "%s, n=%d: wrong results", e.name, n)
	return on
}

func placeClean(t *testing.T, e clean, sizes []int) {
	loose := built("-race") == "true" // sync.Pool forgets on purpose, so recycled blocks may be new
	if e.race && (loose || runtime.GOOS == "windows") {
		t.Skip("the race detector, or an operation of the system, is told of the slice, which leaks it")
	}
	runs := 3
	if testing.Short() {
		runs = 1
	}
	for _, n := range sizes {
		size := n * max(e.size, 1)
		if n < e.min || size > 64<<10 {
			continue
		}
		fits := stackalloc.HasAssembly && (e.max == 0 || n <= e.max)
		quiet = true
		before := stackalloc.ReadStats()
		on := tryClean(t, e, n)
		quiet = false
		after := stackalloc.ReadStats()
		if d := after.Heap - before.Heap; d != 0 {
			t.Errorf("n=%d: %d blocks from the heap: not proven", n, d)
			continue
		}
		if fits && !on {
			t.Errorf("n=%d: proven, and not on the stack", n)
		}
		if e.heap || loose && !fits {
			continue
		}
		if got := fewestAllocs(runs, func() { e.run(n) }); got > 0 {
			t.Errorf("n=%d: %v allocations", n, got)
		}
	}
	if e.heap || loose {
		return
	}
	n := max(e.min, 1000/max(e.size, 1))
	if e.max > 0 {
		n = min(n, e.max)
	}
	noalloc.Check(t, func() { e.run(n) }, noalloc.WarmUp(1), noalloc.Repeat(tries))
}

// tries is how often what allocates may be measured again: a goroutine that is
// moved to another thread in the middle finds no recycled blocks there.
const tries = 5

// fewestAllocs is testing.AllocsPerRun, or the best of several.
func fewestAllocs(runs int, f func()) (fewest float64) {
	for range tries {
		if fewest = testing.AllocsPerRun(runs, f); fewest == 0 {
			break
		}
	}
	return fewest
}

// expect counts a fault of a clean entry.
func expect(ok bool) {
	if !ok {
		faults.Add(1)
	}
}

var corpusTrace = flag.Bool("corpus.names", false, "print the names of the corpus")

func TestCorpusNames(t *testing.T) {
	if !*corpusTrace {
		t.Skip("only with -corpus.names")
	}
	var b strings.Builder
	for i, e := range allLeaks() {
		b.WriteString("leak " + strconv.Itoa(i) + " " + e.name + "\n")
	}
	for i, e := range allCleans() {
		fmt.Fprintln(&b, "clean", i, e.name)
	}
	t.Log("\n" + b.String())
}
