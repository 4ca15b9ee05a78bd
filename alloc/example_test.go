package alloc_test

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"sync"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/alloc"
	"github.com/stackalloc/stackalloc/arena"
)

type Bomb struct{ Number uint8 }

func (b *Bomb) Defuse() { fmt.Print(" ", b.Number) }

// The first example of the Rust crate allocators: a scope, a free list fed from
// an allocator, and a proxy that shows what goes on.
func Example() {
	// A scoped allocator with a kilobyte of memory.
	a := alloc.NewScoped(1024)

	err := a.Scope(func(inner *alloc.Scoped) error {
		var bombs [100]*Bomb
		for i := range bombs {
			b, err := alloc.New[Bomb](inner)
			if err != nil {
				return err
			}
			b.Number = uint8(i)
			bombs[i] = b
		}
		fmt.Print("defused:")
		for _, b := range bombs[95:] {
			b.Defuse()
		}
		fmt.Println()
		return nil
	})
	fmt.Println(err, a.Left()) // all of it is back

	// Allocators can be fed from other allocators.
	list, err := alloc.NewFreeListFrom(a, 128, 4, 8)
	if err != nil {
		fmt.Println(err)
		return
	}
	v, err := alloc.New[int32](list)
	if err != nil {
		fmt.Println(err)
		return
	}
	*v = 23
	fmt.Println(*v, list.Left())
	alloc.Delete(list, v)
	list.Release()

	// A proxy tells what an allocator does.
	p := alloc.NewProxy(a, alloc.LoggerFunc(func(e alloc.Event) {
		fmt.Println(e.Op, e.Size, e.Err == nil)
	}))
	b, err := p.Alloc(32, 8)
	if err == nil {
		p.Free(b)
	}
	// Output:
	// defused: 95 96 97 98 99
	// <nil> 1024
	// 23 3
	// alloc 32 true
	// free 32 true
}

// A worker serves requests, one at a time. Small things of a request come from a
// block on the stack, what does not fit from a free list, and what is too large
// for that from the heap. The free list, the heap and the counters are made
// once; a request allocates nothing on the heap unless it must.
type worker struct {
	stats *alloc.Stats
	spill *alloc.Spill
}

func newWorker() *worker {
	stats := alloc.NewStats(alloc.NewFallback(alloc.NewFreeList(1024, 8), alloc.Heap{}))
	return &worker{stats: stats, spill: alloc.NewSpill(stats)}
}

// handle adds up the comma-separated numbers of a request and returns the reply.
// The slice of numbers and the text are as long as the request demands.
func (w *worker) handle(request string) (reply uint64, err error) {
	stackalloc.Uninit(512, func(block []byte) {
		l := alloc.NewLocal(block, w.spill)
		defer l.Release()

		var text []byte
		if text, err = l.Alloc(len(request), 1); err != nil {
			return
		}
		copy(text, request)
		for len(text) > 0 {
			n := 0
			for n < len(text) && text[n] != ',' {
				n++
			}
			var field []byte
			if field, err = l.Alloc(n, 1); err != nil {
				return
			}
			copy(field, text)
			var v uint64
			if v, err = strconv.ParseUint(string(field), 10, 64); err != nil {
				return
			}
			reply += v
			l.Free(field)
			text = text[min(n+1, len(text)):]
		}
	})
	return reply, err
}

// A request handler: stack block, then free list, then heap, with statistics.
func Example_requestHandler() {
	w := newWorker()
	numbers := func(n int) string {
		var b []byte
		for i := range n {
			b = append(strconv.AppendInt(b, int64(i), 10), ',')
		}
		return string(b)
	}
	for _, n := range []int{3, 100, 250, 1000} {
		reply, err := w.handle(numbers(n))
		fmt.Println(reply, err)
	}
	c := w.stats.Counts()
	fmt.Println("beyond the stack:", c.Allocs, "of them from the heap:", c.Fallbacks)
	fmt.Println("live:", c.LiveBytes, "peak:", c.PeakBytes, "failures:", c.Failures)
	// Output:
	// 3 <nil>
	// 4950 <nil>
	// 31125 <nil>
	// 499500 <nil>
	// beyond the stack: 2 of them from the heap: 1
	// live: 0 peak: 3890 failures: 0
}

func ExampleScoped_Scope() {
	s := alloc.NewScoped(1 << 10)
	failed := errors.New("failed")
	err := s.Scope(func(inner *alloc.Scoped) error {
		b, err := inner.Alloc(1000, 8)
		if err != nil {
			return err
		}
		fmt.Println(len(b), inner.Left())
		_, err = s.Alloc(8, 8)
		fmt.Println(errors.Is(err, alloc.ErrOutOfMemory)) // a scope is open
		return failed
	})
	fmt.Println(err, s.Left())
	// Output:
	// 1000 24
	// true
	// failed 1024
}

func ExampleScoped_Attach() {
	// Made once:
	block := alloc.NewScopedOver(nil)
	a := alloc.NewFallback(block, alloc.Heap{})

	// For each block of memory, such as that of a scope of package scratch:
	serve := func(mem []byte) {
		block.Attach(mem)
		defer block.Attach(nil)
		b, _ := a.Alloc(100, 8)
		fmt.Println(block.Owns(b))
	}
	serve(make([]byte, 128))
	serve(make([]byte, 64))
	// Output:
	// true
	// false
}

func ExampleNewFallback() {
	list := alloc.NewFreeList(64, 2)
	a := alloc.NewFallback(list, alloc.Heap{})
	var blocks [][]byte
	for range 3 {
		b, err := a.Alloc(64, 8)
		if err != nil {
			fmt.Println(err)
			return
		}
		blocks = append(blocks, b)
	}
	fmt.Println(list.Left(), a.Served())
	for _, b := range blocks {
		a.Free(b) // each to its owner
	}
	fmt.Println(list.Left())
	// Output:
	// 0 1
	// 2
}

func ExampleNewFreeList() {
	l := alloc.NewFreeList(64, 2)
	b, err := l.Alloc(48, 16)
	fmt.Println(len(b), err, l.Left())
	_, err = l.Alloc(65, 8)
	fmt.Println(errors.Is(err, alloc.ErrOutOfMemory))
	_, err = l.Alloc(8, 4096)
	fmt.Println(errors.Is(err, alloc.ErrAlignment))
	l.Free(b)
	// Output:
	// 48 <nil> 1
	// true
	// true
}

func ExampleNewBucketizer() {
	// A small general allocator: one free list for each 32 bytes up to 256, the
	// heap beyond and when a list is empty.
	buckets := alloc.NewBucketizer(1, 256, 32, func(size int) alloc.Allocator {
		return alloc.NewFreeList(size, 64)
	})
	a := alloc.NewFallback(buckets, alloc.Heap{})
	small, _ := a.Alloc(40, 8)
	large, _ := a.Alloc(4000, 8)
	fmt.Println(a.Owns(small), a.Owns(large), a.Served())
	a.Free(small)
	a.Free(large)
	// Output: true false 1
}

func ExampleNewSegregator() {
	list, scope := alloc.NewFreeList(64, 10), alloc.NewScoped(4096)
	a := alloc.NewSegregator(64, list, scope)
	small, _ := a.Alloc(64, 8)
	large, _ := a.Alloc(65, 8)
	fmt.Println(list.Owns(small), scope.Owns(large))
	// Output: true true
}

func ExampleNewStats() {
	s := alloc.NewStats(alloc.NewFallback(alloc.NewFreeList(32, 1), alloc.Heap{}))
	b1, _ := s.Alloc(32, 8)
	b2, _ := s.Alloc(10, 8)
	s.Free(b1)
	c := s.Counts()
	fmt.Println(c.LiveBytes, c.PeakBytes, c.TotalBytes, c.Fallbacks)
	s.Free(b2)
	// Output: 10 42 42 1
}

func ExampleNewLocked() {
	stats := alloc.NewStats(alloc.NewFallback(alloc.NewFreeList(64, 8), alloc.Heap{}))
	a := alloc.NewLocked(stats)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if b, err := a.Alloc(64, 8); err == nil {
				a.Free(b)
			}
		})
	}
	wg.Wait()
	a.Do(func() { fmt.Println(stats.Counts().Allocs, stats.Counts().LiveBlocks) })
	// Output: 4 0
}

func ExampleNewSlogLogger() {
	h := slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	})
	p := alloc.NewProxy(alloc.NewScoped(100), alloc.NewSlogLogger(slog.New(h), slog.LevelInfo))
	b, _ := p.Alloc(60, 8)
	p.Free(b)
	// Output:
	// level=INFO msg=alloc size=60 align=8
	// level=INFO msg=free size=60
}

func ExampleFromArena() {
	bump := arena.NewBump(1 << 10)
	a := alloc.NewFallback(alloc.FromArena(bump), alloc.Heap{})
	for range 3 {
		if _, err := a.Alloc(400, 8); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println(bump.Used(), a.Served())
	bump.Reset()
	// Output: 800 1
}

func ExampleNewLocal() {
	spill := alloc.NewSpill(alloc.Heap{}) // once, not for every block
	stackalloc.Uninit(100, func(block []byte) {
		l := alloc.NewLocal(block, spill)
		defer l.Release()
		for range 3 {
			if _, err := l.Alloc(40, 1); err != nil {
				fmt.Println(err)
			}
		}
		fmt.Println(l.Used(), spill.Live())
	})
	fmt.Println(spill.Live(), spill.Served())
	// Output:
	// 80 1
	// 0 1
}

func ExampleNew() {
	type point struct{ X, Y float64 }
	a := alloc.NewScoped(1 << 10)
	p, err := alloc.New[point](a)
	fmt.Println(*p, err)
	alloc.Delete(a, p)
	// Output: {0 0} <nil>
}

func ExampleMakeSlice() {
	a := alloc.NewScoped(1 << 10)
	s, err := alloc.MakeSlice[uint32](a, 5)
	fmt.Println(s, err)
	alloc.FreeSlice(a, s)
	_, err = alloc.MakeSlice[uint32](a, 500)
	fmt.Println(errors.Is(err, alloc.ErrOutOfMemory))
	// Output:
	// [0 0 0 0 0] <nil>
	// true
}

func ExampleAppend() {
	a := alloc.NewScoped(1 << 10)
	var s []int
	var err error
	for i := range 10 {
		if s, err = alloc.Append(a, s, i*i); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println(s)
	// Output: [0 1 4 9 16 25 36 49 64 81]
}

func ExampleResize() {
	a := alloc.NewFallback(alloc.NewFreeList(64, 1), alloc.Heap{})
	b, _ := a.Alloc(5, 8)
	copy(b, "hello")
	b, err := alloc.Resize(a, b, 100, 8)
	fmt.Println(string(b[:5]), len(b), err)
	// Output: hello 100 <nil>
}
