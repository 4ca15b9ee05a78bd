//go:build !stackalloc_debug

package scratch_test

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"sync"
	"testing"

	"github.com/stackalloc/stackalloc/scratch"
)

// impls are scratch, and the pool by hand, as func(f) runs.
func impls(size int) map[string]func(f func(s []byte)) {
	pool := newPool(size)
	return map[string]func(f func(s []byte)){
		"scratch": func(f func(s []byte)) { scratch.Uninit(size, f) },
		"pool": func(f func(s []byte)) {
			p := pool.Get().(*[]byte)
			f((*p)[:size])
			pool.Put(p)
		},
	}
}

var order = []string{"scratch", "pool"}

func BenchmarkCopyWithBuffer(b *testing.B) {
	text := make([]byte, 64<<10)
	var src bytes.Reader
	var dst io.Writer = struct{ io.Writer }{io.Discard} // hides ReadFrom
	for _, size := range []int{512, 4 << 10, 64 << 10} {
		b.Run(fmt.Sprintf("impl=scratch/size=%d", size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				src.Reset(text)
				if _, err := copyWithBuffer(dst, &src, size); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("impl=make/size=%d", size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				src.Reset(text)
				buf := make([]byte, size)
				if _, err := io.CopyBuffer(dst, struct{ io.Reader }{&src}, buf); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParallel(b *testing.B) {
	for _, size := range []int{512, 64 << 10} {
		all := impls(size)
		for _, impl := range order {
			run := all[impl]
			b.Run(fmt.Sprintf("impl=%s/size=%d", impl, size), func(b *testing.B) {
				b.RunParallel(func(pb *testing.PB) {
					var u user = new(toucher)
					for pb.Next() {
						run(func(s []byte) { u.use(s) })
					}
				})
			})
		}
	}
}

func BenchmarkNested(b *testing.B) {
	for _, depth := range []int{2, 8, 64} {
		all := impls(1024)
		for _, impl := range order {
			run := all[impl]
			var descend func(depth int)
			descend = func(depth int) {
				run(func(s []byte) {
					s[0]++
					if depth > 1 {
						descend(depth - 1)
					}
				})
			}
			b.Run(fmt.Sprintf("impl=%s/depth=%d", impl, depth), func(b *testing.B) {
				for b.Loop() {
					descend(depth)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*depth), "ns/scope")
			})
		}
	}
}

// Goroutines that all hold a block while they wait for the others.
func BenchmarkGoroutines(b *testing.B) {
	for _, n := range []int{100, 10_000} {
		all := impls(1024)
		for _, impl := range order {
			run := all[impl]
			b.Run(fmt.Sprintf("impl=%s/goroutines=%d", impl, n), func(b *testing.B) {
				var wg sync.WaitGroup
				for range n {
					wg.Go(func() {
						for range b.N {
							run(func(s []byte) {
								s[0]++
								runtime.Gosched()
							})
						}
					})
				}
				wg.Wait()
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/scope")
			})
		}
	}
}

// What a burst of large blocks leaves behind, in bytes alive after each of the
// following collections, while small requests go on.
func BenchmarkBurst(b *testing.B) {
	const size, blocks = 1 << 20, 64
	for range 5 {
		heapInUse()
	}
	before := heapInUse()
	var left [5]int
	for b.Loop() {
		burst(blocks, size)
		for i := range left {
			left[i] = max(heapInUse()-before, 0)
			for range 1000 {
				address(512)
			}
		}
	}
	for i, n := range left {
		b.ReportMetric(float64(n)/1024, fmt.Sprintf("KiB-after-GC-%d", i+1))
	}
}
