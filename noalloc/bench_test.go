package noalloc_test

import (
	"testing"

	"github.com/stackalloc/stackalloc/noalloc"
)

func BenchmarkMeasure(b *testing.B) {
	b.Run("f=quiet", func(b *testing.B) {
		for b.Loop() {
			noalloc.Measure(sinkCount)
		}
	})
	b.Run("f=allocates", func(b *testing.B) {
		var r noalloc.Report
		for b.Loop() {
			r = noalloc.Measure(func() { allocate(3) })
		}
		b.ReportMetric(float64(r.Objects), "objects/run")
		b.ReportMetric(float64(r.Bytes), "bytes/run")
	})
	b.Run("f=deep", func(b *testing.B) {
		for b.Loop() {
			noalloc.Measure(func() { descend(50, func() { allocate(3) }) })
		}
	})
}

func BenchmarkAllow(b *testing.B) {
	b.Run("impl=call", func(b *testing.B) {
		f := sinkCount
		for b.Loop() {
			f()
		}
	})
	b.Run("impl=Allow", func(b *testing.B) {
		for b.Loop() {
			noalloc.Allow(sinkCount)
		}
	})
}

func BenchmarkCounter(b *testing.B) {
	for _, c := range []struct {
		name string
		new  func() *noalloc.Counter
	}{{"cheap", noalloc.NewCounter}, {"exact", noalloc.NewExactCounter}} {
		b.Run("impl="+c.name, func(b *testing.B) {
			counter := c.new()
			for b.Loop() {
				counter.Start()
				_ = counter.Since()
			}
		})
	}
}

func BenchmarkAllocation(b *testing.B) {
	b.Run("rate=former", func(b *testing.B) {
		for b.Loop() {
			allocate(1)
		}
	})
	b.Run("rate=1", func(b *testing.B) {
		noalloc.Measure(func() {
			for b.Loop() {
				allocate(1)
			}
		})
	})
}
