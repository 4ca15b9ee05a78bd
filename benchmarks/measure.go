package main

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"golang.org/x/perf/benchmath"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/benchmarks/internal/tables"
	"github.com/stackalloc/stackalloc/internal/measure"
)

// A cell is one way at one size.
type cell struct {
	way     *way
	size    int
	times   int
	allocs  float64 // objects for each block, or -1 where another process makes them
	samples []float64
	summary benchmath.Summary
}

func (c *cell) ns() float64 { return c.summary.Center }

type result struct {
	cells  []*cell
	rounds int
}

func (r *result) find(w *way, n int) *cell {
	i := slices.IndexFunc(r.cells, func(c *cell) bool { return c.way == w && c.size == n })
	return r.cells[i]
}

// startProcesses builds and starts the ways that are programs. Those that cannot
// be built are left out, and named.
func startProcesses(dir string) (present []*way, skipped []string, stop func()) {
	for _, w := range ways {
		if w.build == nil {
			present = append(present, w)
			continue
		}
		argv, err := w.build(dir)
		if err == nil {
			w.proc, err = start(argv)
		}
		if errors.Is(err, errNotGiven) {
			continue
		}
		if err != nil {
			skipped = append(skipped, fmt.Sprintf("%s: %v", w.name, err))
			continue
		}
		present = append(present, w)
	}
	return present, skipped, func() {
		for _, w := range present {
			if w.proc != nil {
				w.proc.stop()
			}
		}
	}
}

// cellsOf returns a cell for each way at each size. The ways of one size follow
// each other at once.
func cellsOf(ways []*way, sizes []int) (cells []*cell) {
	for _, n := range sizes {
		for _, w := range ways {
			cells = append(cells, &cell{way: w, size: n})
		}
	}
	return cells
}

// measureCells does rounds of one sample of each cell until the time is up.
func measureCells(cells []*cell, duration time.Duration) (*result, error) {
	r := &result{cells: cells}
	start := time.Now()
	told := start
	for r.rounds < measure.MinSamples || time.Since(start) < duration {
		for _, c := range r.cells {
			if err := c.measure(); err != nil {
				return nil, err
			}
		}
		r.rounds++
		if r.rounds == 1 || time.Since(told) > 5*time.Second {
			told = time.Now()
			tables.Progress("%d samples of each in %v", r.rounds, time.Since(start).Round(time.Second))
		}
	}
	for _, c := range r.cells {
		c.summary = benchmath.AssumeNothing.Summary(benchmath.NewSample(c.samples, &benchmath.DefaultThresholds), measure.Confidence)
	}
	return r, nil
}

func (c *cell) measure() error { return measure.OnNew(c.measureHere) }

// measureHere takes one sample, on a goroutine whose stack is large enough, as
// that of a long-lived one is.
func (c *cell) measureHere() error {
	const tries = 20
	measure.Deepen(256 << 10)
	if c.times == 0 {
		if err := c.calibrate(); err != nil {
			return err
		}
	}
	for try := 1; ; try++ {
		if err := c.warm(); err != nil {
			return err
		}
		before := stackalloc.ReadStats()
		d, err := c.run(c.times)
		if err != nil {
			return err
		}
		if after := stackalloc.ReadStats(); c.way.ours && after != before {
			// A collection of the runtime's own may have shrunk the stack.
			if try == tries {
				return fmt.Errorf("%s at %d B: blocks were not on the stack: %+v before, %+v after", c.way.name, c.size, before, after)
			}
			measure.Deepen(256 << 10)
			continue
		}
		c.samples = append(c.samples, float64(d.Nanoseconds())/float64(c.times))
		break
	}
	if c.allocs > 0.5 {
		runtime.GC() // nobody else pays for what it left
	}
	return nil
}

// warm fills caches and pools. For new goroutines it takes as long as a sample:
// the collection after a way that allocates took the stacks kept for them too, and
// the way that happens to come next would pay for that.
func (c *cell) warm() error {
	times := c.whole(c.times / 16)
	if c.way.unit > 0 && c.allocs <= 0.5 {
		times = c.times
	}
	_, err := c.run(times)
	return err
}

// whole returns times as a multiple of the way's unit, which it is at least.
func (c *cell) whole(times int) int { return measure.Whole(times, max(c.way.unit, 1)) }

func (c *cell) run(times int) (time.Duration, error) {
	if c.way.proc != nil {
		return c.way.proc.run(c.way.kind, c.size, times)
	}
	return measure.Timed(func() { c.way.loop(c.size, times) }), nil
}

// calibrate finds out how many blocks a sample has, and how many objects each
// makes.
func (c *cell) calibrate() error {
	want := measure.SampleTime
	c.allocs = -1
	if c.way.proc == nil {
		times := c.whole(200)
		var before, after runtime.MemStats
		c.way.loop(c.size, times)
		runtime.ReadMemStats(&before)
		c.way.loop(c.size, times)
		runtime.ReadMemStats(&after)
		c.allocs = float64((after.Mallocs-before.Mallocs)/uint64(times/10)) / 10
		if c.way.ours && c.allocs > 0 {
			return fmt.Errorf("%s at %d B: %.1f objects for each block; was this built without optimisation?", c.way.name, c.size, c.allocs)
		}
	}
	if c.allocs != 0 {
		want = measure.SampleTimeHeap
	}
	var err error
	if c.times, err = measure.Calibrate(max(c.way.unit, 1), want, c.run); err != nil {
		return err
	}
	return c.calibrateCollections()
}

// calibrateCollections makes samples long enough for a collection, so that none
// goes unpaid: calibrate's time may have been that of another way's garbage.
func (c *cell) calibrateCollections() error {
	const doublings = 5 // the collector may be turned off
	for try := 0; c.allocs > 0.5 && try < doublings; try++ {
		runtime.GC() // as before a sample
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := c.run(c.times); err != nil {
			return err
		}
		runtime.ReadMemStats(&after)
		if after.NumGC > before.NumGC {
			break
		}
		c.times *= 2
	}
	return nil
}
