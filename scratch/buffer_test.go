package scratch_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc/internal/build"
	"github.com/stackalloc/stackalloc/noalloc"
	"github.com/stackalloc/stackalloc/scratch"
)

// Whatever is done to it, it is a bytes.Buffer.
func TestBufferAgreesWithBytesBuffer(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		scratch.Buffer(r.IntN(300), func(b *bytes.Buffer) {
			var want bytes.Buffer
			for range 50 {
				switch r.IntN(6) {
				case 0, 1, 2:
					piece := bytes.Repeat([]byte{byte(r.Uint32())}, r.IntN(400))
					b.Write(piece)
					want.Write(piece)
				case 3:
					n := r.IntN(200)
					require.Equal(t, string(want.Next(n)), string(b.Next(n)))
				case 4:
					n := r.IntN(want.Len() + 1)
					b.Truncate(n)
					want.Truncate(n)
				case 5:
					fmt.Fprintf(b, "%d", seed)
					fmt.Fprintf(&want, "%d", seed)
				}
				require.Equal(t, want.Len(), b.Len())
			}
			require.Equal(t, want.String(), b.String())
		})
	}
}

func TestBufferBeginsEmptyWithRoom(t *testing.T) {
	for _, hint := range []int{0, 1, 64, 65, 1000, 1 << 16, 1 << 20, 16 << 20, 16<<20 + 1} {
		called := false
		scratch.Buffer(hint, func(b *bytes.Buffer) {
			called = true
			require.Zero(t, b.Len())
			require.GreaterOrEqual(t, b.Cap(), hint)
			require.Positive(t, b.Cap())
			b.WriteString("x")
			require.Equal(t, "x", b.String())
			require.ErrorContains(t, b.UnreadByte(), "UnreadByte", "nothing was read")
		})
		require.True(t, called)
	}
	for _, hint := range []int{-1, math.MinInt} {
		require.PanicsWithValue(t, fmt.Sprintf("scratch: length out of range: %d is negative", hint), func() {
			scratch.Buffer(hint, func(*bytes.Buffer) { t.Error("called") })
		})
	}
}

// A size that came up once is there the next time, and not for ever.
func TestBufferBeginsWithWhatTheLastOneTook(t *testing.T) {
	const hint, size = 3000, 100_000
	begin := func() (n int) {
		scratch.Buffer(hint, func(b *bytes.Buffer) { n = b.Cap() })
		return n
	}
	before := begin()
	scratch.Buffer(hint, func(b *bytes.Buffer) { b.Write(make([]byte, size)) })
	if build.Debug { // whose blocks are not used again: a large one is not paid for ever
		require.Equal(t, before, begin())
		return
	}
	require.GreaterOrEqual(t, begin(), size)
	if !build.Race { // with which blocks are dropped at random, so that few get old
		for range 256 * 50 {
			begin()
		}
		require.Less(t, begin(), size)
		require.GreaterOrEqual(t, begin(), before)
	}

	// Very large ones are left to the collector.
	scratch.Buffer(hint, func(b *bytes.Buffer) { b.Write(make([]byte, 20<<20)) })
	require.LessOrEqual(t, begin(), 1<<20)
	scratch.Buffer(10<<20, func(b *bytes.Buffer) { b.Write(make([]byte, 11<<20)) })
}

// Output of changing length costs an allocation only now and then, when less room was
// tried.
func TestBufferDoesNotAllocate(t *testing.T) {
	if os.Getenv("STACKALLOC_UNOPTIMIZED") != "" {
		t.Skip("without inlining there are more objects")
	}
	if build.Debug || build.Race {
		t.Skip("blocks are not recycled, or not always")
	}
	piece := []byte("some output, ")
	i := 0
	run := func() {
		scratch.Buffer(0, func(b *bytes.Buffer) {
			for range i % 200 {
				b.Write(piece)
			}
		})
		i++
	}
	for range 200 {
		run()
	}
	require.Less(t, testing.AllocsPerRun(1000, run), 1.0)
}

// Not even the first block: it is the library's stock.
func TestBufferIsNobodysAllocation(t *testing.T) {
	if os.Getenv("STACKALLOC_UNOPTIMIZED") != "" {
		t.Skip("without inlining there are more objects")
	}
	if build.Debug {
		t.Skip("blocks are not recycled")
	}
	noalloc.Check(t, func() {
		scratch.Buffer(5000, func(b *bytes.Buffer) { b.WriteString("text") })
	})
}

func TestBuffersNest(t *testing.T) {
	var nest func(depth int)
	nest = func(depth int) {
		scratch.Buffer(10, func(b *bytes.Buffer) {
			text := strings.Repeat(string(rune('a'+depth)), 50+depth*20)
			b.WriteString(text)
			if depth < 20 {
				nest(depth + 1)
				nest(depth + 1 + depth%2*20)
			}
			require.Equal(t, text, b.String())
		})
	}
	nest(8)
}

func TestBuffersOfManyGoroutines(t *testing.T) {
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(g), 2))
			for i := range 300 {
				scratch.Buffer(r.IntN(100), func(b *bytes.Buffer) {
					text := strings.Repeat("x", r.IntN(3000))
					want := fmt.Sprintf(`{"g":%d,"s":"%s"}`+"\n", g, text)
					err := json.NewEncoder(b).Encode(struct {
						G int    `json:"g"`
						S string `json:"s"`
					}{g, text})
					if i%50 == 0 {
						runtime.GC()
					}
					if err != nil || b.String() != want {
						t.Errorf("%v: %.50q, want %.50q", err, b.String(), want)
					}
				})
			}
		})
	}
	wg.Wait()
}

// A buffer that was kept is empty, until a later scope has it.
func TestAKeptBufferIsEmpty(t *testing.T) {
	if build.Debug {
		t.Skip("late use crashes")
	}
	for _, size := range []int{4, 100_000, 20 << 20} {
		var late *bytes.Buffer
		scratch.Buffer(100, func(b *bytes.Buffer) {
			b.Write(make([]byte, size))
			late = b
		})
		require.Zero(t, late.Len())
		require.Zero(t, late.Cap(), "nothing is kept alive")
	}
}

// What the program puts in the place of the buffer stays its own.
func TestABufferThatIsReplacedIsNotRecycled(t *testing.T) {
	if build.Debug {
		t.Skip("blocks are not recycled")
	}
	mine := make([]byte, 4096)
	for range 10 {
		scratch.Buffer(0, func(b *bytes.Buffer) { *b = *bytes.NewBuffer(mine[:0]) })
	}
	for range 100 {
		scratch.Buffer(0, func(b *bytes.Buffer) {
			first := b.AvailableBuffer()
			require.NotSame(t, &mine[0], unsafe.SliceData(first))
			b.Write(bytes.Repeat([]byte{1}, 4096))
		})
		scratch.Uninit(4096, func(s []byte) { s[0] = 1 })
	}
	require.Equal(t, make([]byte, 4096), mine)
}

func TestBufferPassesPanicsAndGoexitThrough(t *testing.T) {
	for _, how := range []string{"panic", "Goexit"} {
		left := map[*byte]bool{}
		var late []*bytes.Buffer
		for range 10 {
			leftBy(func() {
				scratch.Buffer(5000, func(b *bytes.Buffer) {
					left[unsafe.SliceData(b.AvailableBuffer())] = true
					late = append(late, b)
					leave(how)
				})
			})
		}
		require.Len(t, left, 10, "blocks stay with the goroutines left behind")
		for range 10 {
			scratch.Buffer(5000, func(b *bytes.Buffer) {
				require.False(t, left[unsafe.SliceData(b.AvailableBuffer())])
			})
		}
		runtime.KeepAlive(late)
	}
}
