package stackalloc_test

import (
	"flag"
	"fmt"
	"math"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/cpuid/v2"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/internal/measure"
)

// go test -run='^$' -bench=Ratio measures both sides of each comparison in turn,
// in short rounds, and reports the best of each and their ratio, which is what
// holds on a noisy machine. The other benchmarks are for benchstat.

func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("test.bench"); f != nil && f.Value.String() != "" {
		fmt.Printf("# %s, %d cores, L1d %d KiB, L2 %d KiB, %s, %s\n", cpuid.CPU.BrandName, runtime.NumCPU(),
			cpuid.CPU.Cache.L1D>>10, cpuid.CPU.Cache.L2>>10, runtime.Version(), stackalloc.Implementation())
	}
	os.Exit(m.Run())
}

//go:noinline
func touchStrings(s []string) { s[0], s[len(s)-1] = "a", "b" }

var dirtyPool = sync.Pool{New: func() any { b := make([]byte, 256<<10); return &b }}

// The ways to have n bytes for the time of a callback that touches two.
var ways = map[string]func(n, times int){
	"stack": func(n, times int) {
		for range times {
			stackalloc.Uninit(n, func(s []byte) { measure.Touch(s) })
		}
	},
	"cleared": func(n, times int) {
		for range times {
			stackalloc.Do(n, func(s []byte) { measure.Touch(s) })
		}
	},
	"make": func(n, times int) {
		for range times {
			s := make([]byte, n)
			measure.Touch(s)
		}
	},
	"pool": func(n, times int) {
		for range times {
			p := dirtyPool.Get().(*[]byte)
			measure.Touch((*p)[:n])
			dirtyPool.Put(p)
		}
	},
	"array": func(n, times int) {
		f := arrays[n]
		for range times {
			f()
		}
	},
}

// arrays are the compiler's own fixed arrays in functions that are not inlined.
var arrays = map[int]func(){
	16: array16, 100: array100, 256: array256, 1000: array1000, 4096: array4096, 16000: array16000, 60000: array60000,
}

//go:noinline
func array16() { var b [16]byte; measure.Touch(b[:]) }

//go:noinline
func array100() { var b [100]byte; measure.Touch(b[:]) }

//go:noinline
func array256() { var b [256]byte; measure.Touch(b[:]) }

//go:noinline
func array1000() { var b [1000]byte; measure.Touch(b[:]) }

//go:noinline
func array4096() { var b [4096]byte; measure.Touch(b[:]) }

//go:noinline
func array16000() { var b [16000]byte; measure.Touch(b[:]) }

//go:noinline
func array60000() { var b [60000]byte; measure.Touch(b[:]) }

func BenchmarkBlock(b *testing.B) {
	for _, size := range []int{16, 100, 256, 1000, 4096, 16000, 60000} {
		for _, way := range []string{"stack", "cleared", "make", "pool", "array"} {
			b.Run(fmt.Sprintf("place=%s/size=%d", way, size), func(b *testing.B) {
				b.ReportAllocs()
				measure.Deepen(settled)
				ways["stack"](size, 4000) // a long-lived goroutine has its stack
				b.ResetTimer()
				ways[way](size, b.N)
			})
		}
	}
}

// settled is a size of stack at which nothing grows any more.
const settled = 150 << 10

// ratio runs ours and theirs in turn and reports the best time of each and their
// ratio. It does the same whatever b.N is: -benchtime=1x is enough. Times are
// multiples of unit.
func ratio(b *testing.B, unit int, ours, theirs func(times int)) {
	const rounds = 40
	sides := [2]func(times int){ours, theirs}
	var times [2]int
	best := [2]float64{math.Inf(1), math.Inf(1)}
	var before, after runtime.MemStats
	allocs := ^uint64(0)
	measure.Deepen(settled)
	for i, f := range sides {
		f(measure.Whole(4000, unit))
		times[i], _ = measure.Calibrate(unit, measure.SampleTime, func(times int) (time.Duration, error) {
			return measure.Timed(func() { f(times) }), nil
		})
	}
	for range rounds {
		for i, f := range sides {
			runtime.ReadMemStats(&before)
			took := measure.Timed(func() { f(times[i]) })
			runtime.ReadMemStats(&after)
			best[i] = min(best[i], float64(took)/float64(times[i]))
			if i == 0 {
				allocs = min(allocs, (after.Mallocs-before.Mallocs)/uint64(times[i]))
			}
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(best[0], "ours-ns")
	b.ReportMetric(best[1], "theirs-ns")
	b.ReportMetric(best[0]/best[1], "ratio")
	b.ReportMetric(float64(allocs), "allocs")
}

func BenchmarkRatio(b *testing.B) {
	for _, c := range []struct {
		ours, theirs string
		sizes        []int
	}{
		{"stack", "make", []int{16, 32, 100, 1000, 60000}},
		{"stack", "pool", []int{16, 100, 1000, 16000, 60000}},
		{"cleared", "array", []int{100, 256, 1000, 4096, 16000, 60000}},
	} {
		for _, size := range c.sizes {
			b.Run(fmt.Sprintf("place=%s/against=%s/size=%d", c.ours, c.theirs, size), func(b *testing.B) {
				ratio(b, 1, func(times int) { ways[c.ours](size, times) }, func(times int) { ways[c.theirs](size, times) })
			})
		}
	}
	for _, c := range []struct {
		n    int
		ours func(n, times int)
		fix  func()
	}{{4, stringBlocks, strings4}, {16, stringBlocks, strings16}, {100, stringBlocks, strings100}} {
		b.Run(fmt.Sprintf("place=typed/against=array/strings=%d", c.n), func(b *testing.B) {
			ratio(b, 1, func(times int) { c.ours(c.n, times) }, func(times int) {
				for range times {
					c.fix()
				}
			})
		})
	}
	for _, against := range []string{"pool", "make"} {
		for _, size := range []int{2000, 16000, 60000} {
			for _, uses := range []int{1, 10, 100, 1000, 20000} {
				b.Run(fmt.Sprintf("place=stack/against=%s/goroutine=fresh/size=%d/uses=%d", against, size, uses), func(b *testing.B) {
					ratio(b, uses, fresh("stack", size, uses), fresh(against, size, uses))
				})
			}
		}
	}
}

// fresh does times on goroutines that each do uses of them.
func fresh(way string, size, uses int) func(times int) {
	f := ways[way]
	return func(times int) {
		var wg sync.WaitGroup
		for range times / uses {
			wg.Add(1)
			go func() {
				f(size, uses)
				wg.Done()
			}()
			wg.Wait()
		}
	}
}

func stringBlocks(n, times int) {
	for range times {
		stackalloc.Uninit(n, func(s []string) { touchStrings(s) })
	}
}

//go:noinline
func strings4() { var b [4]string; touchStrings(b[:]) }

//go:noinline
func strings16() { var b [16]string; touchStrings(b[:]) }

//go:noinline
func strings100() { var b [100]string; touchStrings(b[:]) }
