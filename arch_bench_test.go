//go:build !((amd64 || arm64) && gc && !purego && !stackalloc_cgo)

package stackalloc

import (
	"fmt"
	"testing"
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/measure"
	"github.com/stackalloc/stackalloc/internal/recycle"
)

var heapSink []byte

// cCall is cstack.Call where there is one.
var cCall func(size uintptr, f func(b unsafe.Pointer)) bool

// BenchmarkWhereC99Pays measures the places of a proven block without pointers in
// turns of a millisecond, and reports the best of each. constants of
// trampoline_other.go and cgo.go come from it.
func BenchmarkWhereC99Pays(b *testing.B) {
	for _, size := range []uintptr{64, 256, 1 << 10, 2 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10} {
		b.Run(fmt.Sprintf("size=%d", size), func(b *testing.B) {
			touch := func(p unsafe.Pointer) { *(*byte)(p) = 1 }
			type way struct {
				name string
				run  func()
			}
			ways := []way{
				{"recycle-ns", func() {
					r := recycle.Get(size)
					touch(r.Data)
					recycle.Put(r)
				}},
				{"make-ns", func() {
					heapSink = make([]byte, size)
					touch(unsafe.Pointer(unsafe.SliceData(heapSink)))
				}},
				{"frame-ns", func() {
					if size <= maxFrame {
						onFrame(size, touch)
					} else {
						frame[[4 << 10 / 8]uint64](touch) // beyond those in use, to see where they stop paying
					}
				}},
			}
			if cCall != nil {
				ways = append(ways, way{"c99-ns", func() { cCall(size, touch) }})
			}
			best := make([]float64, len(ways))
			for b.Loop() {
				for i, w := range ways {
					const turns = 1000
					took := measure.Timed(func() {
						for range turns {
							w.run()
						}
					})
					if ns := float64(took.Nanoseconds()) / turns; best[i] == 0 || ns < best[i] {
						best[i] = ns
					}
				}
			}
			for i, w := range ways {
				b.ReportMetric(best[i], w.name)
			}
		})
	}
}
