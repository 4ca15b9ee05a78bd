package noalloc_test

import (
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc/noalloc"
)

type noiseSinks struct {
	small *[24]byte
	tiny  *int32
	large []byte
	m     map[int]int
	s     string
	_     [64]byte
}

//go:noinline
func noiseDeep(n int, s *noiseSinks) {
	if n == 0 {
		s.small = new([24]byte)
		return
	}
	noiseDeep(n-1, s)
}

// startNoise has n goroutines allocate at full speed until the test ends.
func startNoise(t testing.TB, n int) {
	if runtime.GOOS == "js" {
		t.Skip("goroutines are not preempted here, so that noise starves the test")
	}
	var stop atomic.Bool
	var wg sync.WaitGroup
	for range n {
		wg.Add(1)
		go func() {
			defer wg.Done()
			var s noiseSinks
			for i := 0; !stop.Load(); i++ {
				s.small = new([24]byte)
				s.tiny = new(int32)
				s.tiny = new(int32)
				s.s += "x"
				if len(s.s) > 100 {
					s.s = ""
				}
				switch {
				case i%4096 == 0:
					s.large = make([]byte, 100_000)
				case i%512 == 0:
					noiseDeep(i/512%200, &s)
				case i%64 == 0:
					s.m = map[int]int{i: i, i + 1: i}
				case i%97 == 0:
					runtime.Gosched()
				}
			}
		}()
	}
	t.Cleanup(func() {
		stop.Store(true)
		wg.Wait()
	})
}

// noiseRuns is how often each noise test measures: 10,000 times when
// NOALLOC_RUNS says so, as CI does.
func noiseRuns(t testing.TB) int {
	if s := os.Getenv("NOALLOC_RUNS"); s != "" {
		n, err := strconv.Atoi(s)
		require.NoError(t, err, "NOALLOC_RUNS=%s", s)
		return n
	}
	if testing.Short() || noalloc.RaceEnabled {
		return 8
	}
	return 40
}

// A quiet function never fails, whatever the rest of the process does; the
// test's parallel parts are noise to each other.
func TestNoFalseAlarms(t *testing.T) {
	startNoise(t, 2)
	quiet := map[string]func(){
		"short": func() { sinkCount() },
		"deep":  func() { descend(150, func() {}) },
		"yield": func() {
			for range 20 {
				runtime.Gosched()
			}
		},
		"allowed": func() { noalloc.Allow(func() { sinkByte2(new(byte)) }) },
	}
	runs := noiseRuns(t) / len(quiet)
	var wg sync.WaitGroup
	for name, f := range quiet {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range runs {
				if msg := check(f); msg != "" {
					t.Errorf("%s, run %d: %s", name, i, msg)
				}
			}
		}()
	}
	wg.Wait()
}

// One object is always found, and only once, however small.
func TestNothingUnseenUnderNoise(t *testing.T) {
	startNoise(t, 2)
	loud := map[string]func(){
		"tiny":  func() { sinkByte2(new(byte)) },
		"small": func() { sinkNode2(new(node)) },
		"large": func() { sinkBytes2(make([]byte, hundredThousand)) },
		"deep":  func() { descend(50, func() { sinkNode2(new(node)) }) },
	}
	runs := noiseRuns(t) / len(loud)
	var wg sync.WaitGroup
	for name, f := range loud {
		wg.Add(1)
		go func() {
			defer wg.Done()
			missed := 0
			for i := range runs {
				switch r := noalloc.Measure(f); {
				case r.Objects == 1:
				case r.Objects == 0 && name == "tiny" && r.Unattributed > 0:
					missed++
				default:
					t.Errorf("%s, run %d: %v", name, i, r)
				}
			}
			// A tiny object escapes its record if the goroutine is moved to
			// another P between the last instruction of the preparation and
			// the allocation, and the other P's block is open.
			if missed*1000 > runs && missed > 1 {
				t.Errorf("%s: %d of %d objects have no record", name, missed, runs)
			}
		}()
	}
	wg.Wait()
}

// Each goroutine of the tests above keeps what it allocates on its own.
//
//go:noinline
func sinkByte2(p *byte) { atomicByte.Store(p) }

//go:noinline
func sinkNode2(p *node) { atomicNode.Store(p) }

//go:noinline
func sinkBytes2(b []byte) { atomicByte.Store(&b[0]) }

var (
	atomicByte atomic.Pointer[byte]
	atomicNode atomic.Pointer[node]
)
