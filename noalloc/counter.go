package noalloc

import (
	"fmt"
	"runtime"
	"runtime/metrics"
)

// A Count is a number of objects allocated and their bytes, rounded up to the
// allocator's size classes.
type Count struct {
	Objects int64
	Bytes   int64
}

// String gives "3 objects, 96 bytes".
func (c Count) String() string { return amount(c.Objects, c.Bytes) }

// A Counter counts what the whole process allocates while a region of code
// runs, cheaply enough for production. It names no place and cannot tell
// goroutines apart; Measure can.
//
// The runtime counts small objects for each P and size class when it is done
// with a span, so a Counter from NewCounter may be off by what fits into one
// span (8 KiB for most classes) for each P and class in use: for a region of a
// few objects it says nothing, for millions it is close. NewExactCounter
// counts every object, by stopping the world for each reading.
//
// A Counter is for one goroutine at a time; several may be in use at once.
// Start and Since do not allocate.
type Counter struct {
	samples [3]metrics.Sample
	stats   *runtime.MemStats
	start   Count
}

// NewCounter returns a started Counter that reads runtime/metrics: about a
// microsecond for a reading, without stopping anything.
func NewCounter() *Counter {
	c := new(Counter)
	c.samples[0].Name = "/gc/heap/allocs:objects"
	c.samples[1].Name = "/gc/heap/tiny/allocs:objects"
	c.samples[2].Name = "/gc/heap/allocs:bytes"
	c.Start() // the first reading of a process allocates
	c.Start()
	return c
}

// NewExactCounter returns a started Counter that reads runtime.MemStats: the
// world stops for each reading, 10 to 100 microseconds if it can stop at once.
func NewExactCounter() *Counter {
	c := &Counter{stats: new(runtime.MemStats)}
	c.Start()
	return c
}

// Start sets the Counter to zero.
func (c *Counter) Start() { c.start = c.read() }

// Since gives what the process has allocated since Start.
func (c *Counter) Since() Count {
	now := c.read()
	return Count{now.Objects - c.start.Objects, now.Bytes - c.start.Bytes}
}

func (c *Counter) read() Count {
	if c.stats != nil {
		runtime.ReadMemStats(c.stats)
		return Count{int64(c.stats.Mallocs), int64(c.stats.TotalAlloc)}
	}
	metrics.Read(c.samples[:])
	var v [len(c.samples)]int64
	for i := range c.samples {
		if c.samples[i].Value.Kind() != metrics.KindUint64 {
			panic(fmt.Sprintf("noalloc: this Go has no runtime metric %s; use NewExactCounter", c.samples[i].Name))
		}
		v[i] = int64(c.samples[i].Value.Uint64())
	}
	return Count{v[0] + v[1], v[2]}
}
