package noalloc_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/noalloc"
	"github.com/stackalloc/stackalloc/scratch"
)

// What the rest of this module keeps in stock counts nowhere: its calls pass on
// first use, on whatever thread and stack they meet.

// librarySizes has one size for each place where a block may live.
var librarySizes = []int{20, 33, 100, 500, 2_000, 9_000, 20_000, 65_000, 66_000, 120_000, 200_000}

type pair struct {
	p *int
	n int
}

// libraryCalls are proven calls, and those of scratch, which need no proof.
var libraryCalls = map[string]func(n int){
	"Uninit": func(n int) {
		stackalloc.Uninit(n, func(s []byte) { s[n-1] = 1 })
	},
	"Do": func(n int) {
		stackalloc.Do(n/8+1, func(s []int64) { s[n/8] = 1 })
	},
	"pointers": func(n int) {
		stackalloc.Do(n/16+1, func(s []pair) { s[n/16].n = 1 })
	},
	"strings": func(n int) {
		stackalloc.Do(n/16+1, func(s []string) { s[n/16] = "x" })
	},
	"nested": func(n int) {
		stackalloc.Do(n, func(a []byte) {
			stackalloc.Uninit(len(a), func(b []byte) { a[0], b[0] = 1, 2 })
		})
	},
	"scratch.Uninit": func(n int) {
		scratch.Uninit(n, func(s []byte) { read(s) })
	},
	"scratch.Do": func(n int) {
		scratch.Do(n/16+1, func(s []pair) { s[0].n = n })
	},
	"scratch nested": func(n int) {
		scratch.Do(n, func(a []byte) {
			read(a)
			scratch.Uninit(n, func(b []byte) { read(b) })
		})
	},
}

// read fills s from a reader that the compiler cannot see into.
//
//go:noinline
func read(s []byte) {
	readers.Lock()
	defer readers.Unlock()
	reader.Seek(0, io.SeekStart)
	_, _ = io.Reader(reader).Read(s)
}

var (
	readers sync.Mutex
	reader  = bytes.NewReader(make([]byte, 1000))
)

func TestLibraryPassesOnFirstUseInParallel(t *testing.T) {
	if !optimised {
		t.Skip("nothing is proven without optimisation")
	}
	rounds := 4
	if testing.Short() {
		rounds = 1
	}
	for round := range rounds {
		for name, call := range libraryCalls {
			for _, n := range librarySizes {
				t.Run(fmt.Sprintf("%s/%d/%d", name, n, round), func(t *testing.T) {
					t.Parallel()
					n := n + rand.IntN(n)/10
					noalloc.Check(t, func() { call(n) })
				})
			}
		}
	}
}

func TestLibraryPassesInBubbles(t *testing.T) {
	if !optimised {
		t.Skip("nothing is proven without optimisation")
	}
	for name, call := range libraryCalls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, n := range librarySizes {
				synctest.Test(t, func(t *testing.T) {
					var wg sync.WaitGroup
					for range 2 {
						wg.Go(func() { noalloc.Check(t, func() { call(n) }) })
					}
					wg.Wait()
				})
			}
		})
	}
}

// Not proven, a block is the function's own, and named by the line of the call.
func TestLibraryUnprovenCounts(t *testing.T) {
	keep := func(s []byte) { sinkBytes = s }
	r := noalloc.Measure(func() { stackalloc.Do(9_000, keep) })
	if r.Objects != 1 || len(r.Sites) != 1 {
		t.Errorf("a call without a proof: %v", r)
	}
}
