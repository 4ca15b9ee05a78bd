package arena_test

import (
	"fmt"
	"testing"

	"github.com/stackalloc/stackalloc/arena"
)

var (
	sinkBytes []byte
	sinkNode  *node
)

// node is 64 bytes with pointers.
type node struct {
	left, right *node
	key         [6]uint64
}

// BenchmarkAlloc is one allocation; the Resets that it takes are included.
func BenchmarkAlloc(b *testing.B) {
	for _, size := range []int{16, 64, 256, 1024} {
		b.Run(fmt.Sprintf("impl=make/size=%d", size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sinkBytes = make([]byte, size)
			}
		})
		b.Run(fmt.Sprintf("impl=bump/size=%d", size), func(b *testing.B) {
			a := arena.NewBump(1 << 20)
			b.ReportAllocs()
			for b.Loop() {
				p, ok := a.Alloc(size, 8)
				if !ok {
					a.Reset()
				}
				sinkBytes = p
			}
		})
		b.Run(fmt.Sprintf("impl=lazybump/size=%d", size), func(b *testing.B) {
			a := newLazyBump(b, 1<<20)
			b.ReportAllocs()
			for b.Loop() {
				p, ok := a.Alloc(size, 8)
				if !ok {
					a.Reset()
				}
				sinkBytes = p
			}
		})
	}
}

// BenchmarkBlocks is 1,000 blocks of 64 bytes and one Reset.
func BenchmarkBlocks(b *testing.B) {
	const blocks, size = 1000, 64
	b.Run("impl=make", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for range blocks {
				sinkBytes = make([]byte, size)
			}
		}
	})
	b.Run("impl=bump", func(b *testing.B) {
		a := arena.NewBump(blocks * size)
		b.ReportAllocs()
		for b.Loop() {
			for range blocks {
				sinkBytes, _ = a.Alloc(size, 8)
			}
			a.Reset()
		}
	})
	b.Run("impl=slice", func(b *testing.B) {
		a := arena.NewBump(blocks * size)
		b.ReportAllocs()
		for b.Loop() {
			for range blocks {
				sinkBytes, _ = arena.Slice[byte](a, size)
			}
			a.Reset()
		}
	})
	b.Run("impl=new", func(b *testing.B) {
		a := arena.NewBump(blocks * size)
		b.ReportAllocs()
		for b.Loop() {
			for range blocks {
				p, _ := arena.New[[size]byte](a)
				sinkBytes = p[:]
			}
			a.Reset()
		}
	})
}

// BenchmarkNodes is 1,000 values of 64 bytes with pointers and one Reset.
func BenchmarkNodes(b *testing.B) {
	const n = 1000
	b.Run("impl=heap", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for i := range n {
				sinkNode = &node{left: sinkNode, key: [6]uint64{uint64(i)}}
			}
			sinkNode = nil
		}
	})
	b.Run("impl=typed", func(b *testing.B) {
		a := arena.NewTyped[node](n)
		b.ReportAllocs()
		for b.Loop() {
			var last *node
			for i := range n {
				last, _ = a.Alloc(node{left: last, key: [6]uint64{uint64(i)}})
			}
			a.Reset()
		}
	})
	b.Run("impl=lazytyped", func(b *testing.B) {
		a, err := arena.NewLazyTyped[node](n)
		if err != nil {
			b.Fatal(err)
		}
		defer a.Close()
		b.ReportAllocs()
		for b.Loop() {
			var last *node
			for i := range n {
				last, _ = a.Alloc(node{left: last, key: [6]uint64{uint64(i)}})
			}
			a.Reset()
		}
	})
}

// BenchmarkReset shows that Reset costs the same whatever was allocated, as
// long as nothing has to be dropped or cleared.
func BenchmarkReset(b *testing.B) {
	for _, size := range []int{1 << 10, 1 << 20, 1 << 26} {
		b.Run(fmt.Sprintf("impl=bump/size=%d", size), func(b *testing.B) {
			a := arena.NewBump(size)
			for b.Loop() {
				a.Alloc(size, 1)
				a.Reset()
			}
		})
		lazy := func(name string, retain int) {
			b.Run(fmt.Sprintf("impl=%s/size=%d", name, size), func(b *testing.B) {
				a := newLazyBump(b, size)
				a.Retain(retain)
				for b.Loop() {
					a.Alloc(size, 1)
					a.Reset()
				}
			})
		}
		lazy("lazybump", size)
		lazy("lazybump-retain0", 0)
	}
}

// BenchmarkResetTyped has the cases where the cost may grow.
func BenchmarkResetTyped(b *testing.B) {
	for _, n := range []int{100, 10_000} {
		b.Run(fmt.Sprintf("impl=plain/n=%d", n), func(b *testing.B) { benchResetTyped(b, n, uint64(1), nil) })
		b.Run(fmt.Sprintf("impl=pointers/n=%d", n), func(b *testing.B) { benchResetTyped(b, n, &node{}, nil) })
		b.Run(fmt.Sprintf("impl=drop/n=%d", n), func(b *testing.B) {
			benchResetTyped(b, n, uint64(1), func(*uint64) {})
		})
	}
}

// benchResetTyped measures Reset alone, as ns/reset.
func benchResetTyped[T any](b *testing.B, n int, v T, drop func(*T)) {
	a := arena.NewTyped[T](n)
	a.OnDrop(drop)
	for b.Loop() {
		b.StopTimer()
		for range n {
			a.Alloc(v)
		}
		b.StartTimer()
		a.Reset()
	}
}
