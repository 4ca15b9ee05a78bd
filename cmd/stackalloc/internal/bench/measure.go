package bench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"golang.org/x/perf/benchmath"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/internal/build"
	"github.com/stackalloc/stackalloc/internal/measure"
)

// A scenario is one table.
type scenario struct {
	fresh bool // one goroutine for each block
	gc    bool // one collection after the other, collectionGap apart
}

func (s scenario) goroutine() string {
	if s.fresh {
		return "fresh"
	}
	return "long"
}

func (s scenario) pressure() string {
	if s.gc {
		return "on"
	}
	return "off"
}

// A cell is one way at one size in one scenario.
type cell struct {
	scenario scenario
	way      *way
	size     int

	times   int       // of one sample
	samples []float64 // ns for each block
	blocks  uint64
	stats   stackalloc.Stats // of all samples

	sample  *benchmath.Sample
	summary benchmath.Summary
}

const (
	collectionGap = 500 * time.Microsecond
	sampleTimeGC  = 2 * time.Millisecond // has some collections in it
)

// A result is what was measured.
type result struct {
	cells       []*cell
	rounds      int
	collections float64 // in a second of collection pressure
}

// scenarios returns those that the flags ask for, in the order of the tables.
func scenarios(goroutine, gc string) (all []scenario) {
	for _, s := range []scenario{{false, false}, {true, false}, {false, true}, {true, true}} {
		if (goroutine == "both" || goroutine == s.goroutine()) && (gc == "both" || gc == s.pressure()) {
			all = append(all, s)
		}
	}
	return all
}

// measureAll does rounds of one sample of each cell, until the time is up. The ways
// of one size follow each other at once, so that whatever else the machine does
// meets them all.
func measureAll(ctx context.Context, of []scenario, duration time.Duration, step func(done float64)) (*result, error) {
	if build.Race {
		return nil, errors.New("built with the race detector, which changes what is measured")
	}
	defer stackalloc.SetLimit(stackalloc.SetLimit(0))
	if err := verify(); err != nil {
		return nil, err
	}
	r := &result{}
	for _, s := range of {
		for _, n := range sizes {
			for i := range ways {
				if w := &ways[i]; n >= w.from {
					r.cells = append(r.cells, &cell{scenario: s, way: w, size: n})
				}
			}
		}
	}
	var pressed time.Duration
	var collections uint32
	start := time.Now()
	measured := 0
	for r.rounds < measure.MinSamples || time.Since(start) < duration {
		for _, cells := range r.byScenario() {
			release := func() {}
			if cells[0].scenario.gc {
				release = press(&pressed, &collections)
			}
			for _, c := range cells {
				err := c.measure()
				if err == nil && ctx.Err() != nil {
					err = errors.New("interrupted")
				}
				if err != nil {
					release()
					return nil, err
				}
				measured++
				step(min(float64(measured)/float64(measure.MinSamples*len(r.cells)), float64(time.Since(start))/float64(duration)))
			}
			release()
		}
		r.rounds++
	}
	if pressed > 0 {
		r.collections = float64(collections) / pressed.Seconds()
		if collections < uint32(r.rounds) {
			return nil, fmt.Errorf("%d collections in %v of what should be collection pressure", collections, pressed)
		}
	}
	for _, c := range r.cells {
		c.sample = benchmath.NewSample(c.samples, &benchmath.DefaultThresholds)
		c.summary = benchmath.AssumeNothing.Summary(c.sample, measure.Confidence)
	}
	return r, nil
}

// byScenario returns the cells of each table.
func (r *result) byScenario() (tables [][]*cell) {
	for first, last := 0, 0; first < len(r.cells); first = last {
		for last < len(r.cells) && r.cells[last].scenario == r.cells[first].scenario {
			last++
		}
		tables = append(tables, r.cells[first:last])
	}
	return tables
}

// press starts collection pressure. What it returns ends it, and adds up how long
// it was and how many collections there were.
func press(total *time.Duration, collections *uint32) (release func()) {
	start, before := time.Now(), numGC()
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			case <-time.After(collectionGap):
				runtime.GC()
			}
		}
	}()
	return func() {
		close(stop)
		<-stopped
		*total += time.Since(start)
		*collections += numGC() - before
	}
}

func numGC() uint32 {
	var s debug.GCStats
	debug.ReadGCStats(&s)
	return uint32(s.NumGC)
}

// measure takes one sample.
func (c *cell) measure() error { return measure.OnNew(c.measureHere) }

// measureHere measures on this goroutine, which is new: what the goroutines that
// measured before left of their stacks is nobody's.
func (c *cell) measureHere() error {
	c.setLimit()
	run := c.way.loop
	if c.scenario.fresh {
		run = func(n, times int) { onFresh(c.way.loop, n, times) }
	}
	quiet := !c.scenario.fresh && !c.scenario.gc
	if !c.scenario.fresh {
		measure.Deepen(2 * c.size)
	}
	if c.times == 0 {
		// run does not fail.
		c.times, _ = measure.Calibrate(1, c.duration(), func(times int) (time.Duration, error) {
			return measure.Timed(func() { run(c.size, times) }), nil
		})
	}
	const tries = 20
	for try := 1; ; try++ {
		run(c.size, max(c.times/16, 1)) // caches, pools
		before := stackalloc.ReadStats()
		elapsed := measure.Timed(func() { run(c.size, c.times) })
		used := delta(before, stackalloc.ReadStats())
		if quiet {
			// A collection of the runtime's own may have shrunk the stack.
			if err := c.asSaid(used); err != nil {
				if try < tries {
					measure.Deepen(2 * c.size)
					continue
				}
				return err
			}
		}
		c.samples = append(c.samples, float64(elapsed.Nanoseconds())/float64(c.times))
		c.blocks += uint64(c.times)
		c.stats.Recycled += used.Recycled
		c.stats.Heap += used.Heap
		break
	}
	if c.way.allocates(c.size) && !c.scenario.gc {
		runtime.GC() // nobody else pays for what it left
	}
	return nil
}

func delta(before, after stackalloc.Stats) stackalloc.Stats {
	return stackalloc.Stats{
		Recycled:  after.Recycled - before.Recycled,
		Heap:      after.Heap - before.Heap,
		HeapBytes: after.HeapBytes - before.HeapBytes,
	}
}

func (c *cell) duration() time.Duration {
	switch {
	case c.way.allocates(c.size):
		return measure.SampleTimeHeap
	case c.scenario.gc:
		return sampleTimeGC
	}
	return measure.SampleTime
}

// setLimit lets the largest size go on the stack, or nothing.
func (c *cell) setLimit() { stackalloc.SetLimit(c.way.limit(c.size)) }

// defaultLimit is the limit, in bytes, that the library starts with.
const defaultLimit = 64 << 10

func (w *way) limit(n int) int {
	if w.recycle {
		return 0
	}
	return max(defaultLimit, n)
}

// inAssembly reports whether the library has a stack block at any size here.
func inAssembly() bool { return strings.Contains(stackalloc.Implementation(), "assembly") }

// asSaid checks that blocks were where the way says.
func (c *cell) asSaid(used stackalloc.Stats) error {
	w, times := c.way, uint64(c.times)
	switch {
	case used.Heap != 0:
		return fmt.Errorf("%s at %d B: %d of %d blocks came from the heap, so the compiler did not prove the call; was this built without optimisation?", w.label, c.size, used.Heap, times)
	case w.place == stacked && w.ours && inAssembly() && used.Recycled != 0:
		return fmt.Errorf("%s at %d B: %d of %d blocks were recycled, not on the stack", w.label, c.size, used.Recycled, times)
	case w.place == recycled && used.Recycled != times:
		return fmt.Errorf("%s at %d B: %d of %d blocks were recycled", w.label, c.size, used.Recycled, times)
	}
	return nil
}

// verify checks for each way and size that it is what its name says: how many
// objects it makes, and where the library's blocks are.
func verify() error { return measure.OnNew(verifyHere) }

func verifyHere() error {
	const times = 200
	if s := stackalloc.Implementation(); strings.HasPrefix(s, "off") {
		return fmt.Errorf("the library has turned itself off (%s): there is nothing to measure", s)
	}
	measure.Deepen(2 * sizes[len(sizes)-1])
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	var before, after runtime.MemStats
	for _, n := range sizes {
		for i := range ways {
			w := &ways[i]
			if n < w.from {
				continue
			}
			c := &cell{way: w, size: n, times: times}
			c.setLimit()
			w.loop(n, times)
			stats := stackalloc.ReadStats()
			runtime.ReadMemStats(&before)
			w.loop(n, times)
			runtime.ReadMemStats(&after)
			if err := c.asSaid(delta(stats, stackalloc.ReadStats())); err != nil {
				return err
			}
			want := uint64(0)
			if w.allocates(n) {
				want = times
			}
			// Other goroutines may make some objects meanwhile.
			if made := after.Mallocs - before.Mallocs; made < want || made > want+times/10 {
				return fmt.Errorf("%s at %d B: %d objects in %d calls, expected %d", w.label, n, made, times, want)
			}
			if w.ours && w.place != kept {
				want := n <= frameSize || !w.recycle
				if got := onStack(n); inAssembly() && got != want || doOnStack(n) != got {
					return fmt.Errorf("%s at %d B: on the stack %t, expected %t", w.label, n, got, want)
				}
			}
		}
		if scratchOnStack(n) {
			return fmt.Errorf("scratch at %d B: on the stack", n)
		}
	}
	return nil
}
