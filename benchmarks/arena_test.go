package main

import (
	"testing"

	"github.com/dgraph-io/ristretto/v2/z"

	"github.com/stackalloc/stackalloc/arena"
)

var sinkBytes []byte

// BenchmarkArena is 1,000 blocks of 64 bytes and one Reset, in ns per block.
// z.Allocator may be shared by goroutines and grows; a Bump does neither.
func BenchmarkArena(b *testing.B) {
	const blocks, size = 1000, 64
	perBlock := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/blocks, "ns/block")
	}
	b.Run("impl=bump/size=64", func(b *testing.B) {
		a := arena.NewBump(blocks * size)
		b.ReportAllocs()
		for b.Loop() {
			for range blocks {
				sinkBytes, _ = a.Alloc(size, 1)
			}
			a.Reset()
		}
		perBlock(b)
	})
	b.Run("impl=lazybump/size=64", func(b *testing.B) {
		a, err := arena.NewLazyBump(blocks * size)
		if err != nil {
			b.Fatal(err)
		}
		defer a.Close()
		b.ReportAllocs()
		for b.Loop() {
			for range blocks {
				sinkBytes, _ = a.Alloc(size, 1)
			}
			a.Reset()
		}
		perBlock(b)
	})
	b.Run("impl=z.Allocator/size=64", func(b *testing.B) {
		a := z.NewAllocator(2*blocks*size, "benchmark")
		defer a.Release()
		b.ReportAllocs()
		for b.Loop() {
			for range blocks {
				sinkBytes = a.Allocate(size)
			}
			a.Reset()
		}
		perBlock(b)
	})
	b.Run("impl=make/size=64", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for range blocks {
				sinkBytes = make([]byte, size)
			}
		}
		perBlock(b)
	})
}
