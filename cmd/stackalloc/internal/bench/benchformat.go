package bench

import (
	"fmt"
	"io"
	"runtime"
)

// writeBenchFormat writes every sample as a result of Go's benchmark format
// (golang.org/design/14313-benchmark-format).
func (r *result) writeBenchFormat(w io.Writer, m machine) {
	fmt.Fprintf(w, "goos: %s\ngoarch: %s\npkg: github.com/stackalloc/stackalloc\ncpu: %s\ncaches: %s\ntoolchain: %s\nimplementation: %s\n",
		runtime.GOOS, runtime.GOARCH, m.cpu, m.caches, runtime.Version(), m.blocks)
	for _, c := range r.cells {
		for _, ns := range c.samples {
			fmt.Fprintf(w, "BenchmarkBlock/impl=%s/contents=%s/goroutine=%s/gc=%s/size=%d-%d\t%d\t%.4g ns/op\n",
				c.way.impl, c.way.contents, c.scenario.goroutine(), c.scenario.pressure(), c.size, runtime.GOMAXPROCS(0), c.times, ns)
		}
	}
}
