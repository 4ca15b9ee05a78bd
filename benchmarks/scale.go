package main

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/benchmarks/internal/tables"
	"github.com/stackalloc/stackalloc/internal/loops"
	"github.com/stackalloc/stackalloc/internal/measure"
)

// measureScale prints what the ways cost when there is much of something.
func measureScale(w io.Writer, dir string, quick bool) error {
	rounds := 21
	if quick {
		rounds = 7
	}
	fmt.Fprintf(w, "%s. Medians of %d rounds in turn.\n", tables.Machine(), rounds)
	for _, part := range []func() error{
		func() error { return goroutines(w, rounds) },
		func() error { return cores(w, rounds) },
		func() error { return nesting(w, rounds) },
		func() error { return callSites(w, dir, rounds) },
		func() error { return idleStacks(w) },
		func() error { return collections(w) },
		func() error { return startUp(w, dir, rounds) },
	} {
		runtime.GC()
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}

// table prints medians of ns(row, column), which is called in turn.
func table(w io.Writer, title string, rows []string, columns []int, rounds int, ns func(row, column int) float64) {
	fmt.Fprintf(w, "\n| %s |", title)
	for _, c := range columns {
		fmt.Fprintf(w, " %d |", c)
	}
	fmt.Fprintf(w, "\n| --- |%s\n", strings.Repeat(" ---: |", len(columns)))
	samples := make([][]float64, len(rows)*len(columns))
	for range rounds {
		for j := range columns {
			for i := range rows {
				k := i*len(columns) + j
				samples[k] = append(samples[k], ns(i, j))
			}
		}
	}
	for i, row := range rows {
		fmt.Fprintf(w, "| %s |", row)
		for j := range columns {
			fmt.Fprintf(w, " %s |", tables.Number(median(samples[i*len(columns)+j])))
		}
		fmt.Fprintln(w)
	}
}

func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}

type loop struct {
	name string
	run  func(n, times int)
}

var scaled = []loop{
	{"stackalloc.Uninit", loops.Uninit}, {"scratch.Uninit", loops.ScratchUninit}, {"sync.Pool, dirty", pools.Dirty}, {"make", loops.Make},
}

func names(of []loop) (all []string) {
	for _, x := range of {
		all = append(all, x.name)
	}
	return all
}

const sharedSize, sharedBlocks = 1000, 200_000

func goroutines(w io.Writer, rounds int) error {
	counts := []int{1, 10, 100, 1000, 10000}
	title := fmt.Sprintf("ns for each of %d blocks of %d B, on so many goroutines", sharedBlocks, sharedSize)
	table(w, title, names(scaled), counts, rounds, func(i, j int) float64 {
		return float64(shared(scaled[i], counts[j]).Nanoseconds()) / sharedBlocks
	})
	return nil
}

// cores tells what a block costs a core while others are at work too: what ways share
// makes it longer.
func cores(w io.Writer, rounds int) error {
	var counts []int
	for n := 1; n < runtime.NumCPU(); n *= 2 {
		counts = append(counts, n)
	}
	counts = append(counts, runtime.NumCPU())
	title := fmt.Sprintf("ns of a core for each of %d blocks of %d B, on so many cores (GOMAXPROCS), with a goroutine each", sharedBlocks, sharedSize)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	table(w, title, names(scaled), counts, rounds, func(i, j int) float64 {
		runtime.GOMAXPROCS(counts[j])
		return float64(shared(scaled[i], counts[j]).Nanoseconds()) * float64(counts[j]) / sharedBlocks
	})
	return nil
}

// shared returns how long so many goroutines take for sharedBlocks blocks.
func shared(way loop, goroutines int) time.Duration {
	var ready, done sync.WaitGroup
	begin := make(chan struct{})
	ready.Add(goroutines)
	each := sharedBlocks / goroutines
	for range goroutines {
		done.Go(func() {
			ready.Done()
			<-begin
			for range each / 10 {
				way.run(sharedSize, 10)
			}
			if each%10 != 0 {
				way.run(sharedSize, each%10)
			}
		})
	}
	ready.Wait()
	start := time.Now()
	close(begin)
	done.Wait()
	return time.Since(start)
}

// The nested loops have depth blocks of n bytes at a time.

func nestUninit(n, depth int) {
	stackalloc.Uninit(n, func(s []byte) {
		measure.Touch(s)
		if depth > 1 {
			nestUninit(n, depth-1)
		}
	})
}

func nestPool(n, depth int) {
	b := pools[1024].Get().(*[]byte)
	measure.Touch((*b)[:n])
	if depth > 1 {
		nestPool(n, depth-1)
	}
	pools[1024].Put(b)
}

func nestMake(n, depth int) {
	s := make([]byte, n)
	measure.Touch(s)
	if depth > 1 {
		nestMake(n, depth-1)
	}
}

func nestArray(n, depth int) {
	var a [1024]byte
	measure.Touch(a[:n])
	if depth > 1 {
		nestArray(n, depth-1)
	}
}

func nesting(w io.Writer, rounds int) error {
	const size, blocks = 1024, 20_000
	depths := []int{1, 2, 4, 8, 16, 32, 64}
	ways := []loop{
		{"stackalloc.Uninit", nestUninit}, {"sync.Pool, dirty", nestPool}, {"make", nestMake}, {"[1024]byte", nestArray},
	}
	before := stackalloc.ReadStats()
	table(w, fmt.Sprintf("ns for each block of %d B, nested so deep", size), names(ways), depths, rounds, func(i, j int) (ns float64) {
		onOwnGoroutine(func() {
			measure.Deepen(256 << 10)
			start := time.Now()
			for range blocks / depths[j] {
				ways[i].run(size, depths[j])
			}
			ns = float64(time.Since(start).Nanoseconds()) / float64(blocks/depths[j]*depths[j])
		})
		return ns
	})
	if after := stackalloc.ReadStats(); after.Heap != before.Heap {
		return fmt.Errorf("nesting: %d blocks came from the heap", after.Heap-before.Heap)
	}
	return nil
}

func onOwnGoroutine(f func()) {
	var wg sync.WaitGroup
	wg.Go(f)
	wg.Wait()
}

// idleStacks tells what goroutines keep that have had many blocks and wait.
func idleStacks(w io.Writer) error {
	const n, size = 1000, 16384
	fmt.Fprintf(w, "\n| KiB kept for each of %d idle goroutines after a burst of blocks of %d B: stacks + heap | before | after the burst | 1 collection | 2 | 3 |\n| --- | ---: | ---: | ---: | ---: | ---: |\n", n, size)
	for _, c := range []struct {
		way    loop
		blocks int
	}{{loop{"stackalloc.Uninit, 10 blocks", loops.Uninit}, 10}, {loop{"stackalloc.Uninit, 5000 blocks", loops.Uninit}, 5000},
		{loop{"scratch.Uninit, 5000 blocks", loops.ScratchUninit}, 5000}, {loop{"sync.Pool, 5000 blocks", pools.Dirty}, 5000},
		{loop{"make, 100 blocks", loops.Make}, 100}, {loop{"[16384]byte, 100 blocks", func(_, times int) { inFuncs[[16384]byte](times) }}, 100}} {
		for range 3 {
			runtime.GC()
		}
		var ready, burst, done sync.WaitGroup
		begin, end := make(chan struct{}), make(chan struct{})
		ready.Add(n)
		burst.Add(n)
		stack0, heap0 := inUse()
		for range n {
			done.Go(func() {
				ready.Done()
				<-begin
				c.way.run(size, c.blocks)
				burst.Done()
				<-end
			})
		}
		ready.Wait()
		line := fmt.Sprintf("| %s |", c.way.name)
		report := func() {
			stack, heap := inUse()
			line += fmt.Sprintf(" %.1f + %.1f |", math.Max(0, stack-stack0)/n/1024, math.Max(0, heap-heap0)/n/1024)
		}
		report()
		close(begin)
		burst.Wait()
		report()
		for range 3 {
			runtime.GC()
			report()
		}
		close(end)
		done.Wait()
		fmt.Fprintln(w, line)
	}
	return nil
}

func inUse() (stack, heap float64) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.StackInuse), float64(m.HeapInuse)
}

// collections tells what the collector does for a million blocks.
func collections(w io.Writer) error {
	const size, blocks = 1000, 1_000_000
	fmt.Fprintf(w, "\n| a million blocks of %d B | collections | pauses, µs | objects | time, ms |\n| --- | ---: | ---: | ---: | ---: |\n", size)
	for _, x := range append(scaled, loop{"stackalloc.Do", loops.Do}, loop{"ristretto z.Calloc", ristrettoCalloc}) {
		onOwnGoroutine(func() {
			measure.Deepen(64 << 10)
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			x.run(size, blocks)
			d := time.Since(start)
			runtime.ReadMemStats(&after)
			fmt.Fprintf(w, "| %s | %d | %.0f | %d | %.1f |\n", x.name, after.NumGC-before.NumGC,
				float64(after.PauseTotalNs-before.PauseTotalNs)/1e3, after.Mallocs-before.Mallocs, float64(d.Microseconds())/1e3)
		})
	}
	return nil
}
