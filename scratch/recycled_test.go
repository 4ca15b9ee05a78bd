//go:build !stackalloc_debug

package scratch_test

import (
	"bytes"
	"io"
	"runtime"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc/internal/build"
	"github.com/stackalloc/stackalloc/internal/recycle"
	"github.com/stackalloc/stackalloc/scratch"
)

// Sharing a block with the next scope is what a build for build.Debug does not do.

func address(n int) (p unsafe.Pointer) {
	scratch.Uninit(n, func(s []byte) { p = unsafe.Pointer(&s[0]) })
	return p
}

func TestBlocksAreRecycledLastInFirstOut(t *testing.T) {
	if !recycle.Rows {
		t.Skip("a sync.Pool has an order of its own")
	}
	same := 0
	for range 100 { // again where changes of threads or a collection came in between
		same = 0
		for range 100 {
			var outer unsafe.Pointer
			scratch.Uninit(3000, func(s []byte) {
				outer = unsafe.Pointer(&s[0])
				address(3000)
			})
			if address(3000) == outer {
				same++
			}
		}
		if same > 80 {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("in the last round %d of 100 blocks were the last one again", same)
}

// Goroutines that a panicking callback leaves behind keep its block for themselves.
func TestPanicAndGoexitReleaseTheBlockToTheCollector(t *testing.T) {
	for _, how := range []string{"panic", "Goexit"} {
		for _, size := range []int{100, 5000, 1 << 20} {
			left := map[unsafe.Pointer]bool{}
			for range 10 {
				leftBy(func() {
					scratch.Uninit(size, func(s []byte) {
						left[unsafe.Pointer(&s[0])] = true
						leave(how)
					})
				})
			}
			require.Len(t, left, 10)
			for range 1000 {
				require.False(t, left[address(size)])
			}
		}
		before := heapInUse()
		for range 100 {
			leftBy(func() { scratch.Do(1<<20, func([]byte) { leave(how) }) })
			leftBy(func() { scratch.Do(1<<17, func([]*int) { leave(how) }) })
		}
		require.Eventually(t, func() bool { return heapInUse() < before+1<<20 }, time.Minute, time.Millisecond)
	}
}

func TestNothingIsAllocatedInTheSteadyState(t *testing.T) {
	needPoolThatKeeps(t)
	var src bytes.Reader
	text := make([]byte, 100_000)
	var dst bytes.Buffer
	dst.Grow(len(text))
	for name, f := range map[string]func(){
		"copyWithBuffer 512": func() {
			src.Reset(text)
			dst.Reset()
			if n, err := copyWithBuffer(&dst, &src, 512); n != int64(len(text)) || err != nil {
				t.Error(n, err)
			}
		},
		"copyWithBuffer 64 KiB": func() {
			src.Reset(text)
			dst.Reset()
			if n, err := copyWithBuffer(&dst, &src, 64<<10); n != int64(len(text)) || err != nil {
				t.Error(n, err)
			}
		},
		"captured variables": func() {
			a, b, c := 1, "x", new(int)
			scratch.Do(100, func(s []byte) { opaque.use(s); a++; b = "y"; *c += a })
			if a != 2 || b != "y" {
				t.Error(a, b)
			}
		},
		"a function value": func() { scratch.Uninit(10_000, unknown) },
		"results": func() {
			n, err := scratch.Call2(1000, func(s []byte) (int, error) { return io.ReadFull(zeros, s) })
			if n+scratch.Call(7, func(s []byte) int { opaque.use(s); return 1 }) != 1001 || err != nil {
				t.Error(n, err)
			}
		},
		"pointers, nested": func() {
			scratch.Do(20, func(s []string) {
				s[0] = "x"
				scratch.Do(20, func(s []string) { s[1] = "y" })
			})
		},
		"bools": func() { scratch.Uninit(20, func(s []bool) { s[0] = true }) },
	} {
		require.Zero(t, testing.AllocsPerRun(1000, f), name)
	}
}

var unknown = func(s []byte) { opaque.use(s) }

var zeros io.Reader = zeroReader{}

type zeroReader struct{}

func (zeroReader) Read(p []byte) (int, error) { return len(p), nil }

func needPoolThatKeeps(t *testing.T) {
	if build.Race {
		t.Skip("sync.Pool drops at random under the race detector")
	}
}

// heapInUse is what is alive after a collection.
func heapInUse() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

func burst(depth, size int) {
	if depth > 0 {
		scratch.Uninit(size, func([]byte) { burst(depth-1, size) })
	}
}

func TestMemoryFallsBackAfterABurst(t *testing.T) {
	for range 5 {
		heapInUse()
	}
	for _, size := range []int{64 << 10, 1 << 20} {
		before := heapInUse()
		burst(64<<20/size, size)
		for range 4 {
			heapInUse()
			for range 100 {
				address(512) // small requests go on meanwhile
			}
			runtime.Gosched()
		}
		require.Eventually(t, func() bool { return heapInUse() < before+1<<20 }, time.Minute, time.Millisecond)
	}
}
