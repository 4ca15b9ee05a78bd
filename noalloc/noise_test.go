package noalloc_test

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

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

func TestTryNoise(t *testing.T) {
	startNoise(t, 3)
	x := 0
	quiet := func() {
		for i := range 100 {
			x += i
		}
	}
	t0 := time.Now()
	n := 500
	for range n {
		noalloc.Check(t, quiet)
	}
	t.Log("per run", time.Since(t0)/time.Duration(n))
	missed := 0
	t0 = time.Now()
	for range n {
		if r := noalloc.Measure(func() { sinkInt8 = new(int8) }); r.Objects != 1 {
			missed++
			t.Log(r)
		}
	}
	t.Log("per run", time.Since(t0)/time.Duration(n), "missed", missed)
}
