package noalloc_test

import (
	"flag"
	"io"
	"iter"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"

	"github.com/stackalloc/stackalloc/noalloc"
)

// One test for each sentence under "Goroutines and coroutines" in the package's
// documentation.

// In a test of its own and in a subtest there are other goroutines, which wait, and
// so do those that tests leave behind.
func inTestAndSubtest(t *testing.T, f func(t *testing.T)) {
	waitForOthersToEnd()
	f(t)
	leftBehind := make(chan bool)
	defer close(leftBehind)
	for range 3 {
		go leaveBehind(leftBehind)
	}
	waitUntilParked("noalloc_test.leaveBehind(", 3)
	t.Run("subtest", func(t *testing.T) {
		f(t)
		t.Run("below", f)
	})
}

//go:noinline
func leaveBehind(c chan bool) { <-c }

// waitForOthersToEnd waits for what earlier tests have started and awaited: it still
// has to return.
func waitForOthersToEnd() {
	buf := make([]byte, 1<<20)
	for {
		s := string(buf[:runtime.Stack(buf, true)])
		if strings.Count(s, " [running")+strings.Count(s, " [runnable") == 1 {
			return
		}
		runtime.Gosched()
	}
}

// waitUntilParked waits for n goroutines to wait in a function for a channel.
func waitUntilParked(function string, n int) {
	buf := make([]byte, 1<<20)
	for {
		s := string(buf[:runtime.Stack(buf, true)])
		if strings.Count(s, "[chan receive]:\ngithub.com/stackalloc/stackalloc/"+function) >= n {
			return
		}
		runtime.Gosched()
	}
}

//go:noinline
func startAndWait(f func(), wg *sync.WaitGroup) {
	wg.Add(1)
	go f()
	wg.Wait()
}

func TestGoroutineOfTheFunctionCounts(t *testing.T) {
	inTestAndSubtest(t, func(t *testing.T) {
		if r := noalloc.Measure(func() { allocate(3) }); r.Objects != 3 {
			t.Errorf("%v", r)
		}
	})
}

func TestOtherGoroutinesDoNotCount(t *testing.T) {
	work, done := make(chan bool), make(chan bool)
	defer close(work)
	go func() {
		for range work {
			allocate(3)
			done <- true
		}
	}()
	for _, opts := range [][]noalloc.Option{nil, {noalloc.Goroutines()}} {
		r := noalloc.MeasureWith(func() { work <- true; <-done }, opts...)
		assert.True(t, r.Objects == 0 && r.Elsewhere >= 3, "an older goroutine: %+v", r)
	}
	var wg sync.WaitGroup
	r := noalloc.Measure(func() { startAndWait(func() { defer wg.Done(); allocate(3) }, &wg) })
	assert.True(t, countAt(r, "allocate") == 0 && r.Elsewhere >= 3, "a goroutine of the run, without the option: %+v", r)
}

func TestGoStatementCountsWhatItCaptures(t *testing.T) {
	done := make(chan int, 1)
	n := three
	r := noalloc.Measure(func() {
		go func() { done <- n }()
		<-done
	})
	assert.True(t, r.Objects == 1 && len(r.Sites) == 1 && strings.Contains(r.Sites[0].Func, "TestGoStatementCountsWhatItCaptures"), "the closure of a go statement: %+v", r)
	for range 20 { // also where the runtime makes a new record of a goroutine
		r = noalloc.Measure(func() {
			go plainGoroutine()
			<-channel
		})
		assert.Zero(t, r.Objects, "a go statement that captures nothing: %+v", r)
	}
}

func plainGoroutine() { channel <- 1 }

func TestGoroutinesOfOtherFunctionsCountWithTheOption(t *testing.T) {
	inTestAndSubtest(t, func(t *testing.T) {
		var wg sync.WaitGroup
		r := noalloc.MeasureWith(func() {
			startAndWait(func() {
				defer wg.Done()
				allocate(3)
				noalloc.Allow(func() { allocate(2) })
			}, &wg)
		}, noalloc.Goroutines())
		assert.True(t, countAt(r, "allocate") == 3 && r.Allowed == 2, "a goroutine of the run: %+v", r)
	})
}

func TestBubbleIsSeenFromInside(t *testing.T) {
	bubble := func(f func(*testing.T)) func() { return func() { synctest.Test(t, f) } }
	bubble(func(*testing.T) {
		if r := noalloc.Measure(func() { allocate(3) }); r.Objects != 3 {
			t.Errorf("inside: %v", r)
		}
	})()
	for _, opts := range [][]noalloc.Option{nil, {noalloc.Goroutines()}} {
		if r := noalloc.MeasureWith(bubble(func(*testing.T) { allocate(3) }), opts...); countAt(r, "allocate") != 0 {
			t.Errorf("from outside: %+v", r)
		}
	}
}

func TestGoroutinesOfAnOlderFunctionDoNotCount(t *testing.T) {
	start, done := make(chan bool), make(chan bool)
	f := func() {
		<-start
		allocate(3)
		done <- true
	}
	go f()
	waitUntilParked("noalloc_test.TestGoroutinesOfAnOlderFunctionDoNotCount.func1(", 1)
	r := noalloc.MeasureWith(func() {
		go f()
		start <- true
		start <- true
		<-done
		<-done
	}, noalloc.Goroutines())
	assert.Zero(t, countAt(r, "allocate"), "a goroutine like an older one: %+v", r)
}

func TestGoroutinesStartedByOthersMeanwhileCountWithTheOption(t *testing.T) {
	start, done := make(chan bool), make(chan bool)
	go func() {
		<-start
		var wg sync.WaitGroup
		startAndWait(func() { defer wg.Done(); allocate(3) }, &wg)
		done <- true
	}()
	waitUntilParked("noalloc_test.TestGoroutinesStartedByOthersMeanwhileCountWithTheOption.func1(", 1)
	r := noalloc.MeasureWith(func() { start <- true; <-done }, noalloc.Goroutines())
	assert.True(t, countAt(r, "allocate") >= 3, "somebody else's goroutine: %+v", r)
}

func numbersOnHeap(yield func(*node) bool) {
	for {
		p := new(node)
		if !yield(p) {
			return
		}
	}
}

func otherNumbersOnHeap(yield func(*node) bool) {
	for yield(new(node)) {
	}
}

func TestCoroutineMadeInTheRunCounts(t *testing.T) {
	for _, opts := range [][]noalloc.Option{nil, {noalloc.Goroutines()}} {
		inTestAndSubtest(t, func(t *testing.T) {
			r := noalloc.MeasureWith(func() {
				next, stop := iter.Pull(otherNumbersOnHeap)
				for range 3 {
					p, _ := next()
					sinkNode2(p)
				}
				stop()
			}, opts...)
			if n := countAt(r, "otherNumbersOnHeap"); n != 3 && n != 4 {
				t.Errorf("%d objects of 3 or 4: %+v", n, r)
			}
		})
	}
}

func TestOlderCoroutineCountsWhereNobodyElseIs(t *testing.T) {
	inTestAndSubtest(t, func(t *testing.T) {
		next, stop := iter.Pull(numbersOnHeap)
		defer stop()
		for range 3 {
			for _, opts := range [][]noalloc.Option{nil, {noalloc.Goroutines()}} {
				r := noalloc.MeasureWith(func() {
					p, _ := next()
					sinkNode2(p)
				}, opts...)
				assert.True(t, countAt(r, "numbersOnHeap") == 1 && r.Coroutines == 0, "%+v", r)
			}
		}
		assert.Contains(t, check(func() { next() }), "noalloc_test.numbersOnHeap (goroutines_test.go:", "the place is not named")
	})
}

// startSpinning has a goroutine at work until the test ends.
func startSpinning(t *testing.T) {
	var stop atomic.Bool
	var wg sync.WaitGroup
	wg.Go(func() {
		for !stop.Load() {
			runtime.Gosched()
		}
	})
	t.Cleanup(func() {
		stop.Store(true)
		wg.Wait()
	})
}

func TestOlderCoroutineIsOnlyToldWhereOthersAre(t *testing.T) {
	startSpinning(t)
	next, stop := iter.Pull(numbersOnHeap)
	defer stop()
	next()
	one := func() {
		p, _ := next()
		sinkNode2(p)
	}
	if r := noalloc.Measure(one); r.Objects != 0 || r.Coroutines != 1 {
		t.Errorf("%+v", r)
	}
	var rec recorder
	noalloc.Check(&rec, one)
	assert.True(t, len(rec.errors) == 0 && len(rec.logs) == 1 && strings.Contains(rec.logs[0], "1 object more in coroutines"), "errors %q, logs %q", rec.errors, rec.logs)
	assert.NotEmpty(t, check(one, noalloc.Strict()), "an object of a coroutine passes with Strict")
}

func TestDeepChainsCountWhereNobodyElseIs(t *testing.T) {
	inTestAndSubtest(t, func(t *testing.T) {
		for _, depth := range []int{130, 200, 1000} {
			assert.Contains(t, check(func() { descend(depth, func() { allocate(1) }) }), "1 object more at the end of call chains", "one object %d calls down", depth)
			assert.Empty(t, check(func() { descend(depth, func() {}) }, noalloc.Strict()), "nothing %d calls down", depth)
		}
	})
}

func TestDeepChainsAreOnlyToldWhereOthersAre(t *testing.T) {
	startSpinning(t)
	one := func() { descend(200, func() { allocate(1) }) }
	var rec recorder
	noalloc.Check(&rec, one)
	assert.True(t, len(rec.errors) == 0 && len(rec.logs) == 1 && strings.Contains(rec.logs[0], "up to 1 object more at the end"), "errors %q, logs %q", rec.errors, rec.logs)
	assert.NotEmpty(t, check(one, noalloc.Strict()), "an object 200 calls down passes with Strict")
}

// A function of the standard library that is measured itself is a place, too.
func TestStandardLibraryFunctionMeasuredItself(t *testing.T) {
	stderr := os.Stderr
	defer func() { os.Stderr = stderr }()
	os.Stderr, _ = os.Open(os.DevNull) // not for writing
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Int("n", 1, "a number")
	for range 2 {
		for name, f := range map[string]func(){
			"debug.PrintStack": debug.PrintStack,
			"a method value":   fs.PrintDefaults,
		} {
			r := noalloc.Measure(f)
			assert.True(t, r.Objects != 0 && len(r.Sites) != 0 && r.Sites[0].Func != "" && r.Sites[0].Line != 0, "%s: %+v", name, r)
			assert.NotEmpty(t, check(f), "%s passes", name)
		}
		noalloc.Check(t, new(strings.Builder).Reset)
		noalloc.Check(t, runtime.Gosched)
	}
}
