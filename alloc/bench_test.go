package alloc

import (
	"io"
	"log/slog"
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc/arena"
)

// layers are the allocators whose cost is measured, each over a FreeList, so that
// the difference to "FreeList" is what the layer costs. None of them may
// allocate.
var layers = []struct {
	name string
	make func() Allocator
}{
	{"FreeList", func() Allocator { return NewFreeList(64, 16) }},
	{"Scoped", func() Allocator { return NewScoped(1024) }},
	{"Fallback-primary", func() Allocator { return NewFallback(NewFreeList(64, 16), Heap{}) }},
	{"Fallback-secondary", func() Allocator { return NewFallback(NewFreeList(64, 0), NewFreeList(64, 16)) }},
	{"Fallback-too-large", func() Allocator { return NewFallback(NewFreeList(8, 4), NewFreeList(64, 16)) }},
	{"Fallback-too-strict", func() Allocator { return NewFallback(NewFreeListAligned(64, 4, 1), NewFreeList(64, 16)) }},
	{"Fallback-third", func() Allocator {
		return NewFallback(NewFallback(NewScoped(0), NewFreeListAligned(64, 4, 1)), NewFreeList(64, 16))
	}},
	{"Proxy-nil", func() Allocator { return NewProxy(NewFreeList(64, 16), nil) }},
	{"Proxy-func", func() Allocator {
		n := 0
		return NewProxy(NewFreeList(64, 16), LoggerFunc(func(e Event) { n += e.Size }))
	}},
	{"Proxy-slog-off", func() Allocator {
		l := slog.New(slog.NewTextHandler(io.Discard, nil))
		return NewProxy(NewFreeList(64, 16), NewSlogLogger(l, slog.LevelDebug))
	}},
	{"Stats", func() Allocator { return NewStats(NewFreeList(64, 16)) }},
	{"Locked", func() Allocator { return NewLocked(NewFreeList(64, 16)) }},
	{"Segregator", func() Allocator { return NewSegregator(64, NewFreeList(64, 16), Heap{}) }},
	{"Bucketizer", func() Allocator {
		return NewBucketizer(1, 128, 32, func(size int) Allocator { return NewFreeList(size, 16) })
	}},
	{"Local", func() Allocator {
		l := NewLocal(make([]byte, 1024), nil)
		return &l
	}},
	{"Local-spilled", func() Allocator {
		l := NewLocal(nil, NewSpill(NewFreeList(64, 16)))
		return &l
	}},
	{"Limit", func() Allocator { return NewLimit(NewFreeList(64, 16), 1<<20) }},
	{"Failing", func() Allocator { return NewFailing(NewFreeList(64, 16), math.MaxInt) }},
	{"List", func() Allocator { return NewList(func() Allocator { return NewFreeList(64, 16) }) }},
	{"Stats-Fallback-Fallback", func() Allocator {
		return NewStats(NewFallback(NewScoped(1024), NewFallback(NewFreeList(64, 16), Heap{})))
	}},
}

func TestLayersDoNotAllocate(t *testing.T) {
	if os.Getenv("STACKALLOC_UNOPTIMIZED") != "" {
		t.Skip("without inlining there are more objects")
	}
	for _, layer := range layers {
		a := layer.make()
		var blocks [5][]byte
		n := testing.AllocsPerRun(100, func() {
			for i := range blocks {
				b, err := a.Alloc(48, 8)
				if err != nil {
					panic(err)
				}
				blocks[i] = b
			}
			if r, ok := a.(Resizer); ok {
				b, err := r.Resize(blocks[4], 40)
				if err != nil {
					panic(err)
				}
				blocks[4] = b
			}
			for i := len(blocks) - 1; i >= 0; i-- {
				a.Free(blocks[i])
			}
		})
		require.Zero(t, n, layer.name)
	}
}

func TestTypedHelpersDoNotAllocate(t *testing.T) {
	a := NewScoped(4096)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		v, err := New[vec](a)
		if err != nil {
			panic(err)
		}
		v.X = 1
		s, err := MakeSlice[vec](a, 3)
		if err != nil {
			panic(err)
		}
		for range 10 {
			if s, err = Append(a, s, *v); err != nil {
				panic(err)
			}
		}
		FreeSlice(a, s)
		Delete(a, v)
	}))
	require.Zero(t, a.Used())
}

func TestScopeDoesNotAllocate(t *testing.T) {
	if debug {
		t.Skip("the debug build makes a new inner Scoped for each scope")
	}
	s := NewScoped(1024)
	body := func(inner *Scoped) error {
		_, err := inner.Alloc(1000, 8)
		return err
	}
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if err := s.Scope(body); err != nil {
			panic(err)
		}
	}))
}

func BenchmarkAllocFree(b *testing.B) {
	run := func(name string, a Allocator) {
		b.Run("impl="+name+"/size=48", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m, err := a.Alloc(48, 8)
				if err != nil {
					b.Fatal(err)
				}
				a.Free(m)
			}
		})
	}
	for _, layer := range layers {
		run(layer.name, layer.make())
	}
	run("Heap", Heap{})
	b.Run("impl=make/size=48", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			sink = make([]byte, 48)
		}
	})
}

var sink []byte

func BenchmarkScope(b *testing.B) {
	s := NewScoped(4096)
	body := func(inner *Scoped) error {
		_, err := inner.Alloc(1000, 8)
		return err
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Scope(body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkArena(b *testing.B) {
	bump := arena.NewBump(64 << 10)
	b.Run("impl=Bump/size=48", func(b *testing.B) {
		for b.Loop() {
			if _, ok := bump.Alloc(48, 8); !ok {
				bump.Reset()
			}
		}
	})
	b.Run("impl=FromArena/size=48", func(b *testing.B) {
		var a Allocator = FromArena(bump)
		for b.Loop() {
			if bump.Used() > bump.Cap()-64 {
				bump.Reset()
			}
			if _, err := a.Alloc(48, 8); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkTyped(b *testing.B) {
	a := NewFreeList(64, 4)
	b.Run("op=New/type=uint64", func(b *testing.B) { benchNew[uint64](b, a) })
	b.Run("op=New/type=struct", func(b *testing.B) { benchNew[vec](b, a) })
	b.Run("op=Append/type=uint64", func(b *testing.B) {
		s := NewScoped(1 << 16)
		var v []uint64
		for b.Loop() {
			var err error
			if v, err = Append(s, v, 1); err != nil {
				s.Reset()
				v = nil
			}
		}
	})
}

func benchNew[T any](b *testing.B, a Allocator) {
	for b.Loop() {
		v, err := New[T](a)
		if err != nil {
			b.Fatal(err)
		}
		Delete(a, v)
	}
}
