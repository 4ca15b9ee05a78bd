package noalloc_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"

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

// What the library remembers of a type of struct is nobody's allocation either.
func TestLibraryPassesOnTheFirstUseOfAStruct(t *testing.T) {
	if !optimised {
		t.Skip("nothing is proven without optimisation")
	}
	type inner struct {
		a int64
		b [3]uint16
	}
	type plain struct {
		inner
		c float64
	}
	type bools struct {
		a inner
		b bool
	}
	noalloc.Check(t, func() { scratch.Do(1000, func(s []plain) { s[0].c = 1 }) })
	noalloc.Check(t, func() { scratch.Uninit(1000, func(s []bools) { s[0].b = true }) })
	noalloc.Check(t, func() { stackalloc.Uninit(1000, func(s []bools) { s[0].b = true }) })
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

// deepCalls reach below the longest chain that the profile keeps.
var deepCalls = map[string]func(){
	"Do in Do":         func() { nestDo(deepest) },
	"scratch":          func() { recurse(deepest, func() { scratch.Uninit(70_000, func(s []byte) { read(s) }) }) },
	"Do":               func() { recurse(deepest, func() { stackalloc.Do(9_001, func(s []byte) { s[0] = 1 }) }) },
	"runtime's caches": func() { recurse(deepest, func() { deferNothing(200) }) },
	"measured":         func() { recurse(deepest, func() { noalloc.Measure(func() {}) }) },
}

const deepest = 200 // calls

//go:noinline
func recurse(n int, f func()) {
	if n == 0 {
		f()
		return
	}
	recurse(n-1, f)
	sinkCount()
}

func nestDo(n int) {
	if n > 0 {
		stackalloc.Do(n*7%2000, func(s []int) { nestDo(n - 1) })
	}
}

// Where the function measured is cut off the chain, stock is known by its leaf. Each
// is the first in a process of its own, and alone there, so that what it makes is new
// and must be the run's.
func TestLibraryPassesOnFirstUseFarDown(t *testing.T) {
	if !optimised {
		t.Skip("nothing is proven without optimisation")
	}
	if name := os.Getenv("NOALLOC_DEEP"); name != "" {
		name, retained := strings.CutPrefix(name, "retained ")
		f := deepCalls[name]
		if retained {
			noalloc.CheckRetained(t, f)
			return
		}
		if r := noalloc.Measure(f); r.Objects+r.TooDeep != 0 {
			t.Errorf("%d objects, %d too deep, %d the runtime's: %v", r.Objects, r.TooDeep, r.Runtime, r)
		} else if r.Runtime == 0 && name == "Do in Do" {
			t.Error("nothing was made: the test shows nothing")
		}
		return
	}
	exe, err := os.Executable()
	if err != nil {
		t.Skip(err)
	}
	for name := range deepCalls {
		for _, mode := range []string{"", "retained "} {
			cmd := exec.Command(exe, "-test.run=^"+t.Name()+"$", "-test.short")
			cmd.Env = append(os.Environ(), "NOALLOC_DEEP="+mode+name)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s%s first: %v\n%s", mode, name, err, out)
			}
		}
	}
}

// The function's own objects count as far down as ever.
func TestOwnObjectsFarDownCount(t *testing.T) {
	r := noalloc.Measure(func() {
		recurse(deepest, func() {
			sinkNode2(new(node))
			stackalloc.Do(9_001, func(s []byte) { s[0] = 1 })
		})
	})
	assert.NotZero(t, r.Objects+r.TooDeep, "an object of the function itself: %v", r)
}

// Not proven, a block is the function's own, and named by the line of the call.
func TestLibraryUnprovenCounts(t *testing.T) {
	keep := func(s []byte) { sinkBytes = s }
	r := noalloc.Measure(func() { stackalloc.Do(9_000, keep) })
	assert.True(t, r.Objects == 1 && len(r.Sites) == 1, "a call without a proof: %v", r)
}
