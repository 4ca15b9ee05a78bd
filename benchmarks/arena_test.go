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

// filled measures fill, which makes n of what, and reset, in ns for each of them.
func filled(b *testing.B, impl string, n int, what string, fill, reset func()) {
	b.Run("impl="+impl, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			fill()
			reset()
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/"+what)
	})
}

// BenchmarkArena is 1,000 blocks of 64 bytes and one Reset, in ns per block.
// z.Allocator may be shared by goroutines and grows; a Bump does neither.
func BenchmarkArena(b *testing.B) {
	const blocks, size = 1000, 64
	bump := arena.NewBump(blocks * size)
	filled(b, "bump/size=64", blocks, "block", func() {
		for range blocks {
			sinkBytes, _ = bump.Alloc(size, 1)
		}
	}, bump.Reset)
	lazy, err := arena.NewLazyBump(blocks * size)
	if err != nil {
		b.Fatal(err)
	}
	defer lazy.Close()
	filled(b, "lazybump/size=64", blocks, "block", func() {
		for range blocks {
			sinkBytes, _ = lazy.Alloc(size, 1)
		}
	}, lazy.Reset)
	peer := z.NewAllocator(2*blocks*size, "benchmark")
	defer peer.Release()
	filled(b, "z.Allocator/size=64", blocks, "block", func() {
		for range blocks {
			sinkBytes = peer.Allocate(size)
		}
	}, peer.Reset)
	filled(b, "make/size=64", blocks, "block", func() {
		for range blocks {
			sinkBytes = make([]byte, size)
		}
	}, func() {})
}

// BenchmarkCopy is 1,000 copies of 100 bytes and one Reset, in ns per copy.
func BenchmarkCopy(b *testing.B) {
	const blocks = 1000
	src := bytes.Repeat([]byte("x"), 100)
	run := func(impl string, each func() []byte, reset func()) {
		filled(b, impl+"/size=100", blocks, "block", func() {
			for range blocks {
				sinkBytes = each()
			}
		}, reset)
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
	a := arena.NewBump(8 * n)
	filled(b, "arena.Append", n, "element", func() {
		var s []int
		for i := range n {
			s, _ = arena.Append(a, s, i)
		}
		sinkInts = s
	}, a.Reset)
	peer := nuke.NewMonotonicArena(64*n, 1)
	filled(b, "nuke.SliceAppend", n, "element", func() {
		var s []int
		for i := range n {
			s = nuke.SliceAppend(peer, s, i)
		}
		sinkInts = s
	}, func() { peer.Reset(false) })
	filled(b, "append", n, "element", func() {
		var s []int
		for i := range n {
			s = append(s, i)
		}
		sinkInts = s
	}, func() {})
}
