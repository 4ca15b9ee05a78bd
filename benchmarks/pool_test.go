package main

import (
	"sync"
	"testing"

	"modernc.org/memory"

	"github.com/stackalloc/stackalloc/alloc"
)

// BenchmarkGrowingPool takes 1,000 blocks of 64 bytes and gives them back, oldest
// first, in ns for each: no size was set before. Memory of modernc.org/memory is the
// system's; a sync.Pool may drop what it holds.
func BenchmarkGrowingPool(b *testing.B) {
	const n, size = 1000, 64
	run := func(impl string, get func() []byte, put func([]byte)) {
		b.Run("impl="+impl+"/size=64", func(b *testing.B) {
			blocks := make([][]byte, n)
			b.ReportAllocs()
			for b.Loop() {
				for i := range blocks {
					blocks[i] = get()
				}
				for _, x := range blocks {
					put(x)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/block")
		})
	}
	must := func(x []byte, err error) []byte {
		if err != nil {
			b.Fatal(err)
		}
		return x
	}
	pool := alloc.NewList(func() alloc.Allocator { return alloc.NewFreeList(size, 128) })
	run("alloc.List", func() []byte { return must(pool.Alloc(size, 8)) }, pool.Free)
	list := alloc.NewFreeList(size, n)
	run("alloc.FreeList", func() []byte { return must(list.Alloc(size, 8)) }, list.Free)
	var peer memory.Allocator
	defer peer.Close()
	run("modernc.org/memory", func() []byte { return must(peer.Malloc(size)) }, func(x []byte) {
		if err := peer.Free(x); err != nil {
			b.Fatal(err)
		}
	})
	std := sync.Pool{New: func() any { return new([size]byte) }}
	run("sync.Pool", func() []byte { return std.Get().(*[size]byte)[:] }, func(x []byte) { std.Put((*[size]byte)(x)) })
	run("make", func() []byte { return make([]byte, size) }, func([]byte) {})
}
