package main

import (
	"bytes"
	"slices"
	"testing"

	"github.com/dgraph-io/ristretto/v2/z"
	"github.com/ortuman/nuke"

	"github.com/stackalloc/stackalloc/arena"
)

var (
	sinkBytes []byte
	sinkInts  []int
)

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

// BenchmarkCopy is 1,000 copies of 100 bytes and one Reset, in ns per copy.
func BenchmarkCopy(b *testing.B) {
	const blocks = 1000
	src := bytes.Repeat([]byte("x"), 100)
	run := func(impl string, each func() []byte, reset func()) {
		b.Run("impl="+impl+"/size=100", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for range blocks {
					sinkBytes = each()
				}
				reset()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/blocks, "ns/block")
		})
	}
	a := arena.NewBump(blocks * len(src))
	run("arena.Copy", func() []byte { c, _ := arena.Copy(a, src); return c }, a.Reset)
	peer := z.NewAllocator(2*blocks*len(src), "benchmark")
	defer peer.Release()
	run("z.Allocator.Copy", func() []byte { return peer.Copy(src) }, peer.Reset)
	run("slices.Clone", func() []byte { return slices.Clone(src) }, func() {})
}

// BenchmarkAppend fills a slice with 1,000 ints one by one, in ns per element.
func BenchmarkAppend(b *testing.B) {
	const n = 1000
	perElement := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/element")
	}
	b.Run("impl=arena.Append", func(b *testing.B) {
		a := arena.NewBump(8 * n)
		b.ReportAllocs()
		for b.Loop() {
			var s []int
			for i := range n {
				s, _ = arena.Append(a, s, i)
			}
			sinkInts = s
			a.Reset()
		}
		perElement(b)
	})
	b.Run("impl=nuke.SliceAppend", func(b *testing.B) {
		a := nuke.NewMonotonicArena(64*n, 1)
		b.ReportAllocs()
		for b.Loop() {
			var s []int
			for i := range n {
				s = nuke.SliceAppend(a, s, i)
			}
			sinkInts = s
			a.Reset(false)
		}
		perElement(b)
	})
	b.Run("impl=append", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var s []int
			for i := range n {
				s = append(s, i)
			}
			sinkInts = s
		}
		perElement(b)
	})
}
