package recycle

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc/internal/build"
)

func TestGetGivesTheSmallestClass(t *testing.T) {
	last := classSize(classes - 1)
	require.EqualValues(t, Max, last)
	for c := uintptr(1); classSize(c) <= rowMax; c++ {
		Put(Get(classSize(c))) // so that a wrong line is not empty
	}
	for _, n := range sizesAroundClasses() {
		c := class(n)
		want := classSize(c)
		require.GreaterOrEqual(t, uint64(want), uint64(n))
		if c > 1 {
			require.Less(t, uint64(classSize(c-1)), uint64(n))
		} else {
			require.EqualValues(t, 1, c)
		}
		if n > rowMax {
			continue
		}
		for range 3 { // made, and at hand, beside those of all classes before
			b := Get(n)
			require.Equal(t, want, b.Size, "size %d", n)
			require.Zero(t, uintptr(b.Data)%8)
			Put(b)
		}
	}
}

// sizesAroundClasses returns every size where an off-by-one would show.
func sizesAroundClasses() (sizes []uintptr) {
	for n := range uintptr(2050) {
		sizes = append(sizes, n)
	}
	for c := uintptr(1); c < classes; c++ {
		s := classSize(c)
		sizes = append(sizes, s-1, s, s+1)
	}
	return slices.DeleteFunc(sizes, func(n uintptr) bool { return n > Max })
}

func TestGetZeroClearsWhatWasAskedFor(t *testing.T) {
	for c := uintptr(1); classSize(c) <= 2*rowMax; c++ {
		b := Get(classSize(c))
		all := unsafe.Slice((*byte)(b.Data), b.Size)
		least := uintptr(0)
		if c > 1 {
			least = classSize(c-1) + 1
		}
		for _, n := range []uintptr{least, least + 1, least + 7, least + 8, least + 9, (least + b.Size) / 2, b.Size - 9, b.Size - 8, b.Size - 1, b.Size} {
			if n < least || n > b.Size {
				continue
			}
			for i := range all {
				all[i] = 0xAA
			}
			Put(b)
			z := GetZero(n)
			if !Zeroes(n) {
				clear(unsafe.Slice((*byte)(z.Data), n))
			}
			if i := slices.IndexFunc(unsafe.Slice((*byte)(z.Data), n), func(x byte) bool { return x != 0 }); i >= 0 {
				t.Fatalf("size %d: byte %d is not zero", n, i)
			}
			require.GreaterOrEqual(t, uint64(z.Size), uint64(n))
			Put(z)
			b = Get(b.Size)
			all = unsafe.Slice((*byte)(b.Data), b.Size)
		}
		Put(b)
	}
}

func TestLargestBlock(t *testing.T) {
	b := Get(Max)
	require.EqualValues(t, Max, b.Size)
	Put(b)
}

func TestBlocksInUseAreDistinct(t *testing.T) {
	for _, n := range []uintptr{0, 64, 100, 4096, 64 << 10, 256 << 10} {
		var all []*Block
		seen := map[unsafe.Pointer]bool{}
		for range 3 * lineLen {
			b := Get(n)
			require.False(t, seen[b.Data])
			seen[b.Data] = true
			all = append(all, b)
		}
		for _, b := range all {
			Put(b)
		}
	}
}

func TestSliceIsZeroAndLongEnough(t *testing.T) {
	for n := 1; n < 200; n++ {
		for range 2 {
			s := GetSlice[*int](n)
			require.GreaterOrEqual(t, len(s.All), n)
			for i := range s.All {
				require.Nil(t, s.All[i])
			}
			for i := range n {
				s.All[i] = new(int)
			}
			PutSlice(s, n)
		}
	}
}

func TestSlicesOfDifferentTypesDoNotMix(t *testing.T) {
	type a struct{ p, q *int }
	type b struct{ s string }
	var as []*Slice[a]
	var bs []*Slice[b]
	for range 200 {
		n := 1 + rand.IntN(70)
		x, y := GetSlice[a](n), GetSlice[b](n)
		for i := range n {
			x.All[i] = a{new(int), new(int)}
			y.All[i].s = string(make([]byte, i))
		}
		as, bs = append(as, x), append(bs, y)
		if len(as) > 5 {
			runtime.GC()
			for _, x := range as {
				PutSlice(x, len(x.All))
			}
			for _, y := range bs {
				PutSlice(y, len(y.All))
			}
			as, bs = nil, nil
		}
	}
}

// holder is a user of blocks that notices when somebody else has the same one.
type holder struct {
	id     byte
	blocks []*Block
	slices []*Slice[*byte]
	values []*byte
}

func (h *holder) step(t *testing.T, rnd *rand.Rand) {
	switch k := rnd.IntN(8); {
	case k < 2 && len(h.blocks) < 9:
		b := Get(uintptr(1) << rnd.IntN(14))
		*(*byte)(b.Data) = h.id
		*(*byte)(unsafe.Add(b.Data, b.Size-1)) = h.id
		h.blocks = append(h.blocks, b)
	case k < 4 && len(h.blocks) > 0:
		b := h.blocks[len(h.blocks)-1]
		h.blocks = h.blocks[:len(h.blocks)-1]
		assert.True(t, *(*byte)(b.Data) == h.id && *(*byte)(unsafe.Add(b.Data, b.Size-1)) == h.id, "a block had two owners")
		Put(b)
	case k == 4 && len(h.slices) < 5:
		s := GetSlice[*byte](1 + rnd.IntN(9))
		assert.False(t, slices.ContainsFunc(s.All, func(p *byte) bool { return p != nil }), "a slice was not zero")
		v := new(byte)
		*v = h.id
		s.All[0] = v
		h.slices, h.values = append(h.slices, s), append(h.values, v)
	case k == 5 && len(h.slices) > 0:
		last := len(h.slices) - 1
		s := h.slices[last]
		assert.True(t, s.All[0] == h.values[last] && *s.All[0] == h.id, "a slice had two owners")
		h.slices, h.values = h.slices[:last], h.values[:last]
		PutSlice(s, 1)
	case k == 6:
		runtime.Gosched()
	}
}

// Threads, goroutines that change threads, and collections at all times.
func TestNoBlockHasTwoOwners(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	end := time.Now().Add(3 * time.Second)
	if testing.Short() {
		end = time.Now().Add(500 * time.Millisecond)
	}
	var wg sync.WaitGroup
	for g := range 24 {
		wg.Go(func() {
			if g%6 == 0 {
				runtime.LockOSThread() // and the thread dies with the goroutine
			}
			h := holder{id: byte(g + 1)}
			rnd := rand.New(rand.NewPCG(uint64(g), 1))
			for i := 0; ; i++ {
				h.step(t, rnd)
				if i%256 == 0 {
					if time.Now().After(end) {
						return
					}
				}
				if i%4096 == 0 {
					h.blocks, h.slices, h.values = nil, nil, nil // lost
				}
			}
		})
	}
	wg.Go(func() {
		for time.Now().Before(end) {
			runtime.GC()
		}
	})
	wg.Wait()
}

func heapAfterGC() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// requireFall fails unless the heap is soon within slack of what it was.
func requireFall(t *testing.T, before, slack int) {
	t.Helper()
	after := 0
	for range 200 {
		after = heapAfterGC()
		if after <= before+slack {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("%d bytes before, %d after collections", before, after)
}

func TestMemoryFallsBackAfterABurst(t *testing.T) {
	for range 5 {
		heapAfterGC()
	}
	for _, size := range []uintptr{4096, 64 << 10, 256 << 10, 1 << 20} {
		before := heapAfterGC()
		var all []*Block
		for range int(32<<20) / int(size) {
			all = append(all, Get(size))
		}
		require.Greater(t, heapAfterGC(), before+31<<20)
		for _, b := range all {
			Put(b)
		}
		all = nil
		requireFall(t, before, 1<<20)
	}
}

func TestBlocksThatAreNotPutBackAreGarbage(t *testing.T) {
	before := heapAfterGC()
	for range 1000 {
		Get(256 << 10)
		GetSlice[*int](4 << 10)
	}
	requireFall(t, before, 1<<20)
}

func TestRestingSliceKeepsNothingAlive(t *testing.T) {
	freed := make(chan bool, 1)
	func() {
		s := GetSlice[*[64]byte](3)
		s.All[1] = new([64]byte)
		runtime.SetFinalizer(s.All[1], func(*[64]byte) { freed <- true })
		PutSlice(s, 2)
	}()
	for range 100 {
		runtime.GC()
		select {
		case <-freed:
			return
		case <-time.After(time.Millisecond):
		}
	}
	t.Fatal("still alive")
}

func TestNothingAllocatesInTheSteadyState(t *testing.T) {
	if build.Race {
		t.Skip("sync.Pool drops at random under the race detector")
	}
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		a, b := Get(100), Get(60000)
		s := GetSlice[string](7)
		Put(b)
		Put(a)
		PutSlice(s, 7)
	}))
}

func TestFindTakesWhatWasPutBack(t *testing.T) {
	if build.Race {
		t.Skip("pools forget on purpose")
	}
	if Rows {
		t.Skip("threads keep blocks at hand, where Find does not look")
	}
	found := false
	for range 100 { // unless the goroutine changes threads, or a collection comes
		b := Get(3000)
		Put(b)
		found = found || Find(3000) == b
	}
	assert.True(t, found)
}
