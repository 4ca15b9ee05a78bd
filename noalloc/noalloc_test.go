package noalloc_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc/noalloc"
)

// recorder is a testing.TB that keeps what it is told.
type recorder struct {
	testing.TB
	errors, logs []string
}

func (r *recorder) Helper()                   {}
func (r *recorder) Errorf(f string, a ...any) { r.errors = append(r.errors, fmt.Sprintf(f, a...)) }
func (r *recorder) Logf(f string, a ...any)   { r.logs = append(r.logs, fmt.Sprintf(f, a...)) }

// check gives the message Check fails with, or "".
func check(f func(), opts ...noalloc.Option) string {
	var r recorder
	noalloc.Check(&r, f, opts...)
	return strings.Join(r.errors, "\n---\n")
}

// wantDisarmed fails unless everything is as it was before any measurement.
func wantDisarmed(t *testing.T, rate int) {
	t.Helper()
	assert.Zero(t, noalloc.Armed(), "windows still open")
	assert.Equal(t, rate, runtime.MemProfileRate, "MemProfileRate")
}

//go:noinline
func allocate(n int) {
	for range n {
		atomicNode.Store(new(node))
	}
}

//go:noinline
func allocateBelow(n int) { allocate(n) }

func TestCheckQuiet(t *testing.T) {
	rate := runtime.MemProfileRate
	n := 0
	noalloc.Check(t, func() { n++ })
	assert.Equal(t, 1, n, "calls of f by Check")
	wantDisarmed(t, rate)
}

func TestCheckNamesTheSite(t *testing.T) {
	msg := check(func() { allocateBelow(3) })
	lines := strings.Split(msg, "\n")
	require.Len(t, lines, 2, "want a line with the sum and one for the site:\n%s", msg)
	assert.Regexp(t, `^noalloc: 3 objects, .* at 1 site$`, lines[0], "sum")
	for _, want := range []string{
		"\tnoalloc_test.allocate (noalloc_test.go:", "): 3 objects, ", " bytes",
		", called by allocateBelow (:", ") ← TestCheckNamesTheSite.func1 (:",
	} {
		assert.Contains(t, lines[1], want, "site")
	}
}

func TestCheckNamesUserCodeFirst(t *testing.T) {
	msg := check(func() { sinkString = strings.Repeat(word, three) })
	assert.True(t, strings.Contains(msg, "\n\tnoalloc_test.TestCheckNamesUserCodeFirst.func1 (noalloc_test.go:") && strings.Contains(msg, ", via strings.Repeat"), msg)
}

func TestChainShowsRecursionOnce(t *testing.T) {
	msg := check(func() { descend(10, func() { allocate(1) }) })
	assert.True(t, strings.Contains(msg, "noalloc_test.descend (corpus_test.go:") && strings.Contains(msg, " ×10"), msg)
	assert.Equal(t, 2, strings.Count(msg, "descend"), "descend is to be named once for each line:\n%s", msg)
}

func TestReportForms(t *testing.T) {
	r := noalloc.Measure(func() { allocateBelow(2); sinkBytes = make([]byte, forty) })
	require.True(t, r.Objects == 3 && len(r.Sites) == 2, "%+v", r)
	assert.EqualValues(t, 2, r.Sites[0].Objects, "the site with most objects is not first: %v", r)
	var objects, size int64
	for _, s := range r.Sites {
		objects += s.Objects
		size += s.Bytes
	}
	assert.True(t, objects == r.Objects && size == r.Bytes, "sites add up to %d objects, %d bytes: %v", objects, size, r)
	for _, got := range []string{r.String(), fmt.Sprint(r), fmt.Sprintf("%v", r), fmt.Sprintf("%s", r)} {
		assert.Equal(t, r.String(), got)
	}
	long := fmt.Sprintf("%+v", r)
	for _, want := range []string{"stackalloc/noalloc_test.allocate\n", "noalloc/noalloc_test.go:", "stackalloc/noalloc_test.TestReportForms.func1\n"} {
		assert.Contains(t, long, want, "%%+v lacks %q:\n%s", want, long)
	}
	assert.Equal(t, "no allocations", (noalloc.Report{}).String(), "empty report")
}

func TestAllowAndForbid(t *testing.T) {
	one := func() { allocate(1) }
	tests := []struct {
		name             string
		f                func()
		objects, allowed int64
	}{
		{"plain", one, 1, 0},
		{"allow", func() { noalloc.Allow(one) }, 0, 1},
		{"allow and plain", func() { noalloc.Allow(one); one() }, 1, 1},
		{"allow in allow", func() { noalloc.Allow(func() { one(); noalloc.Allow(one); one() }) }, 0, 3},
		{"forbid", func() { noalloc.Forbid(one) }, 1, 0},
		{"forbid in allow", func() { noalloc.Allow(func() { one(); noalloc.Forbid(one) }) }, 1, 1},
		{"allow in forbid", func() { noalloc.Forbid(func() { noalloc.Allow(one) }) }, 1, 0},
		{"allow in forbid in allow", func() {
			noalloc.Allow(func() { noalloc.Forbid(func() { noalloc.Allow(one) }) })
		}, 1, 0},
		{"panic in allow", func() {
			defer func() { _ = recover() }()
			noalloc.Allow(func() { one(); panic("constant") })
		}, 0, 1},
	}
	for _, tt := range tests {
		r := noalloc.Measure(tt.f)
		assert.Equal(t, tt.objects, r.Objects, "%s: objects: %v", tt.name, r)
		assert.Equal(t, tt.allowed, r.Allowed, "%s: allowed: %v", tt.name, r)
	}
	n := 0
	noalloc.Allow(func() { n++ })
	noalloc.Forbid(func() { n++ })
	assert.Equal(t, 2, n, "Allow and Forbid do not run their functions outside of a measurement")
}

// A tiny object after an allowed one must not hide in the same block.
func TestTinyAfterAllow(t *testing.T) {
	for range 100 {
		r := noalloc.Measure(func() {
			noalloc.Allow(func() { sinkByte = new(byte) })
			sinkByte = new(byte)
		})
		require.True(t, r.Objects == 1 && r.Allowed == 1 && r.Unattributed == 0, "%+v", r)
		r = noalloc.Measure(func() {
			noalloc.Allow(func() {
				sinkByte = new(byte)
				noalloc.Forbid(func() { sinkByte = new(byte) })
			})
		})
		require.True(t, r.Objects == 1 && r.Allowed == 1 && r.Unattributed == 0, "%+v", r)
	}
}

// Each tiny object is seen, by a record or as a number.
func TestTinyObjectsAddUp(t *testing.T) {
	for n := range 20 {
		r := noalloc.Measure(func() {
			for range n {
				sinkByte = new(byte)
			}
		})
		if r.Objects+r.Unattributed != int64(n) || n > 0 && r.Objects == 0 {
			t.Errorf("%d bytes: %v", n, r)
		}
		assert.False(t, noalloc.RaceEnabled && r.Unattributed != 0, "under the race detector: %v", r)
	}
	// What is certain counts against the limit.
	assert.NotEmpty(t, check(func() { allocateBytes(5) }, noalloc.MaxObjects(4)), "5 tiny objects pass with MaxObjects(4)")
	assert.Empty(t, check(func() { allocateBytes(5) }, noalloc.MaxObjects(5)), "5 tiny objects fail with MaxObjects(5)")
}

//go:noinline
func allocateBytes(n int) {
	for range n {
		sinkByte = new(byte)
	}
}

func TestPanicGoexitFailNow(t *testing.T) {
	rate := runtime.MemProfileRate
	inGoroutine := func(f func()) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			f()
		}()
		<-done
	}
	ends := map[string]func(){
		"panic": func() {
			defer func() {
				if r := recover(); r != "out" {
					t.Errorf("the panic became %v", r)
				}
			}()
			noalloc.Check(t, func() { allocate(2); panic("out") })
		},
		"Goexit": func() {
			inGoroutine(func() { noalloc.Check(t, func() { allocate(2); runtime.Goexit() }) })
		},
		"SkipNow": func() {
			t.Run("skipped", func(t *testing.T) {
				noalloc.Check(t, func() { allocate(2); t.SkipNow() })
			})
		},
		"nested panic": func() {
			defer func() { _ = recover() }()
			noalloc.Check(t, func() {
				noalloc.Check(t, func() { noalloc.Allow(func() { allocate(2); panic("out") }) })
			})
		},
	}
	for name, end := range ends {
		end()
		wantDisarmed(t, rate)
		// Nothing of the run that was left must show in later ones, whatever
		// their numbers.
		for range 20 {
			if r := noalloc.Measure(func() {}); r.Objects != 0 {
				t.Errorf("after %s: %v", name, r)
			}
			if r := noalloc.Measure(func() { allocate(1) }); r.Objects != 1 {
				t.Errorf("after %s: %v", name, r)
			}
		}
	}
}

func TestFormerRateIsRestored(t *testing.T) {
	rate := runtime.MemProfileRate
	defer func() { runtime.MemProfileRate = rate }()
	for _, r := range []int{0, 1, 2, 4096, 512 << 10} {
		runtime.MemProfileRate = r
		noalloc.Measure(func() { noalloc.Measure(func() { allocate(1) }) })
		wantDisarmed(t, r)
	}
	// Someone else's change stays.
	runtime.MemProfileRate = rate
	noalloc.Measure(func() { runtime.MemProfileRate = 7777 })
	wantDisarmed(t, 7777)
}

func TestNestedMeasurements(t *testing.T) {
	var inner, allowed noalloc.Report
	outer := noalloc.Measure(func() {
		allocate(1)
		inner = noalloc.Measure(func() { allocate(2) })
		noalloc.Allow(func() {
			allowed = noalloc.Measure(func() { allocate(4) })
		})
	})
	assert.True(t, inner.Objects == 2 && allowed.Objects == 4 && outer.Objects == 3 && outer.Allowed == 4, "inner %v\nallowed %v\nouter %v", inner, allowed, outer)
	for _, s := range outer.Sites {
		for _, f := range s.Chain {
			assert.True(t, strings.Contains(f.Func, "noalloc_test.") || strings.HasPrefix(f.Func, "runtime."), "the chain names %s", f.Func)
		}
	}
}

// Reports that measure and print inside a measurement cost nothing there.
func TestOwnAllocationsDoNotCount(t *testing.T) {
	var r recorder
	var text string
	outer := noalloc.Measure(func() {
		noalloc.Allow(func() { allocate(1) })
		inner := noalloc.Measure(func() { noalloc.Allow(func() { allocate(3) }) })
		noalloc.Allow(func() { text = inner.String() })
		noalloc.NewCounter().Start()
	})
	assert.Zero(t, outer.Objects, "%+v", outer)
	_, _ = r, text
}

// More windows at once than one digit, or two, can number.
func TestManyWindowsAtOnce(t *testing.T) {
	const n = 100
	var ready, wg sync.WaitGroup
	release := make(chan struct{})
	ready.Add(n)
	for i := range n {
		wg.Add(1)
		go func() {
			defer wg.Done()
			r := noalloc.Measure(func() {
				ready.Done()
				<-release
				allocate(i)
			})
			if r.Objects != int64(i) {
				t.Errorf("goroutine %d: %v", i, r)
			}
		}()
	}
	ready.Wait()
	close(release)
	wg.Wait()
}

func TestParallelTests(t *testing.T) {
	for i := range 20 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			for range 10 {
				noalloc.Check(t, func() { sinkCount() })
				if r := noalloc.Measure(func() { allocate(i) }); r.Objects != int64(i) {
					t.Errorf("want %d objects: %v", i, r)
				}
			}
		})
	}
}

//go:noinline
func sinkCount() { counter.Add(1) }

func TestOptions(t *testing.T) {
	two := func() { allocate(2) }
	node16 := noalloc.Measure(func() { allocate(1) }).Bytes
	calls := 0
	first := func(n int) func() { // allocates in the first n calls
		return func() {
			if calls++; calls <= n {
				allocate(1)
			}
		}
	}
	tests := []struct {
		name string
		f    func()
		opts []noalloc.Option
		fail bool
	}{
		{"MaxObjects enough", two, []noalloc.Option{noalloc.MaxObjects(2)}, false},
		{"MaxObjects too few", two, []noalloc.Option{noalloc.MaxObjects(1)}, true},
		{"MaxObjects none", two, []noalloc.Option{noalloc.MaxObjects(0)}, true},
		{"MaxBytes enough", two, []noalloc.Option{noalloc.MaxBytes(2 * node16)}, false},
		{"MaxBytes too few", two, []noalloc.Option{noalloc.MaxBytes(2*node16 - 1)}, true},
		{"both, objects too few", two, []noalloc.Option{noalloc.MaxBytes(1 << 20), noalloc.MaxObjects(1)}, true},
		{"both, enough", two, []noalloc.Option{noalloc.MaxBytes(1 << 20), noalloc.MaxObjects(2)}, false},
		{"Ignore leaf", two, []noalloc.Option{noalloc.Ignore("github.com/stackalloc/stackalloc/noalloc_test.allocate")}, false},
		{"Ignore caller", func() { allocateBelow(1) }, []noalloc.Option{noalloc.Ignore("x", "github.com/stackalloc/stackalloc/noalloc_test.allocateBelow")}, false},
		{"Ignore beginning", two, []noalloc.Option{noalloc.Ignore("github.com/stackalloc/stackalloc/noalloc_test.alloc*")}, false},
		{"Ignore another", two, []noalloc.Option{noalloc.Ignore("github.com/stackalloc/stackalloc/noalloc_test.alloc")}, true},
		{"WarmUp", first(2), []noalloc.Option{noalloc.WarmUp(2)}, false},
		{"WarmUp too short", first(2), []noalloc.Option{noalloc.WarmUp(1)}, true},
		{"Repeat", first(6), []noalloc.Option{noalloc.Repeat(4)}, false},
		{"Repeat too short", first(6), []noalloc.Option{noalloc.Repeat(3)}, true},
	}
	for _, tt := range tests {
		calls = 0
		if msg := check(tt.f, tt.opts...); (msg != "") != tt.fail {
			t.Errorf("%s: got %q, want failure: %v", tt.name, msg, tt.fail)
		}
	}
	calls = 0
	r := noalloc.MeasureWith(func() { calls++; allocate(20 - calls) }, noalloc.Repeat(7))
	assert.True(t, calls == 13 && r.Objects == 7, "Repeat(7): %d calls, %v", calls, r)
	assert.Contains(t, check(two, noalloc.MaxObjects(1)), "at most 1 object may be", "the limit is not named")
}

func TestBadOptionsPanic(t *testing.T) {
	for name, f := range map[string]func(){
		"MaxObjects": func() { noalloc.MaxObjects(-1) },
		"MaxBytes":   func() { noalloc.MaxBytes(-1) },
		"WarmUp":     func() { noalloc.WarmUp(-1) },
		"Repeat":     func() { noalloc.Repeat(0) },
		"Ignore":     func() { noalloc.Ignore("a", "") },
		"Ignore *":   func() { noalloc.Ignore("*") },
		"nil f":      func() { noalloc.Measure(nil) },
		"no budget":  func() { noalloc.Verify(nil, nil) },
	} {
		func() {
			defer func() {
				if msg, ok := recover().(string); !ok || !strings.HasPrefix(msg, "noalloc: ") {
					t.Errorf("%s: %q", name, msg)
				}
			}()
			f()
		}()
	}
}

func TestGoroutinesOption(t *testing.T) {
	f := func() {
		var wg sync.WaitGroup
		wg.Add(1)
		go goroutineThatAllocates(&wg)
		wg.Wait()
	}
	if r := noalloc.Measure(f); countAt(r, "goroutineThatAllocates") != 0 {
		t.Errorf("without the option: %v", r)
	}
	if r := noalloc.MeasureWith(f, noalloc.Goroutines()); countAt(r, "goroutineThatAllocates") != 5 {
		t.Errorf("with the option: %v", r)
	}
	// Again: what the first ones allocated is over.
	if r := noalloc.MeasureWith(f, noalloc.Goroutines()); countAt(r, "goroutineThatAllocates") != 5 {
		t.Errorf("with the option, again: %v", r)
	}
	if r := noalloc.MeasureWith(func() {}, noalloc.Goroutines()); r.Objects != 0 {
		t.Errorf("nothing, with the option: %v", r)
	}
}

// goroutineThatAllocates is long gone from the list of goroutines when the next
// one starts only if it has nothing left to do after Done.
func goroutineThatAllocates(wg *sync.WaitGroup) {
	defer wg.Done()
	allocate(5)
}

// countAt gives the objects of sites below the function named.
func countAt(r noalloc.Report, function string) (n int64) {
	for _, s := range r.Sites {
		for _, f := range s.Chain {
			if strings.HasSuffix(f.Func, "."+function) {
				n += s.Objects
				break
			}
		}
	}
	return n
}

func TestFinalizersAndCleanupsDoNotCount(t *testing.T) {
	ran := make(chan bool, 2)
	p, q := new(node), new(node)
	runtime.SetFinalizer(p, func(*node) { allocate(3); ran <- true })
	runtime.AddCleanup(q, func(int) { allocate(3); ran <- true }, 0)
	p, q = nil, nil
	r := noalloc.MeasureWith(func() {
		for range 2 {
			runtime.GC()
		}
		<-ran
		<-ran
	}, noalloc.Goroutines())
	assert.Zero(t, r.Objects, r)
	_, _ = p, q
}

func TestDeepCalls(t *testing.T) {
	for _, depth := range []int{1, 20, 25, 30, 35, 60, 100} {
		r := noalloc.Measure(func() { descend(depth, func() { allocate(2) }) })
		assert.True(t, r.Objects == 2 && len(r.Sites) == 1, "%d calls: %v", depth, r)
		if r := noalloc.Measure(func() { descend(depth, func() {}) }); r.Objects+r.TooDeep != 0 {
			t.Errorf("%d calls, nothing: %v", depth, r)
		}
	}
	r := noalloc.Measure(func() { descend(300, func() { allocate(2) }) })
	assert.True(t, r.Objects == 0 && r.TooDeep >= 2 && strings.Contains(r.String(), "2 objects more"), "300 calls: %v", r)
	var rec recorder
	noalloc.Check(&rec, func() { descend(300, func() { allocate(2) }) })
	assert.NotZero(t, len(rec.errors)+len(rec.logs), "300 calls under Check: errors %q, logs %q", rec.errors, rec.logs)
	assert.NotEmpty(t, check(func() { descend(300, func() { allocate(2) }) }, noalloc.Strict()), "300 calls under Check pass with Strict")
	assert.Empty(t, check(func() { descend(300, func() {}) }, noalloc.Strict()), "300 calls, nothing")
}

type fakeMain struct {
	f    func()
	code int
}

func (m fakeMain) Run() int { m.f(); return m.code }

func TestVerifyTestMain(t *testing.T) {
	many := func() {
		for range 100 {
			sinkBytes = make([]byte, hundredThousand)
		}
	}
	tests := []struct {
		name string
		m    fakeMain
		opts []noalloc.Option
		code int
	}{
		{"within", fakeMain{func() {}, 0}, []noalloc.Option{noalloc.MaxObjects(1e6)}, 0},
		{"bytes", fakeMain{many, 0}, []noalloc.Option{noalloc.MaxBytes(1e6)}, 1},
		{"objects", fakeMain{many, 0}, []noalloc.Option{noalloc.MaxObjects(99)}, 1},
		{"failed before", fakeMain{many, 2}, []noalloc.Option{noalloc.MaxObjects(99)}, 2},
	}
	for _, tt := range tests {
		var out bytes.Buffer
		assert.Equal(t, tt.code, noalloc.Verify(tt.m, &out, tt.opts...), "%s: exit status: %s", tt.name, &out)
		assert.Equal(t, tt.code == 1, strings.Contains(out.String(), "its budget is at most"), "%s: %q", tt.name, &out)
		if tt.code == 1 && !strings.Contains(out.String(), "TestVerifyTestMain.func1 (noalloc_test.go:") {
			t.Errorf("%s: the place is not named: %s", tt.name, &out)
		}
	}
}

func TestCounters(t *testing.T) {
	exact := noalloc.NewExactCounter()
	allocate(1000)
	if c := exact.Since(); c.Objects < 1000 || c.Objects > 1100 || c.Bytes < 8000 { // a node is 8 bytes on 32-bit machines
		t.Errorf("exact: %v", c)
	}
	cheap := noalloc.NewCounter()
	const n = 1_000_000
	allocate(n)
	if c := cheap.Since(); c.Objects < n*95/100 || c.Objects > n*105/100 {
		t.Errorf("cheap: %v, want about %d objects", c, n)
	}
	allocateBytes(n)
	if c := cheap.Since(); c.Objects < 2*n*95/100 || c.Objects > 2*n*105/100 {
		t.Errorf("cheap, with tiny objects: %v, want about %d objects", c, 2*n)
	}
	noalloc.Check(t, func() {
		cheap.Start()
		_ = cheap.Since()
		exact.Start()
		_ = exact.Since()
	})
}

// waitManyTimes waits for one channel in so many ways that the runtime runs out
// of records for blocked goroutines soon.
//
//go:noinline
func waitManyTimes(c chan struct{}) {
	select {
	case <-c:
	case <-c:
	case <-c:
	case <-c:
	case <-c:
	case <-c:
	case <-c:
	case <-c:
	case <-c:
	case <-c:
	case <-c:
	case <-c:
	case <-c:
	case <-c:
	case <-c:
	case <-c:
	}
}

// Records for blocked goroutines are not the function's, also at a depth where
// only the long form of the profile shows whose they are.
func TestBlockedGoroutinesDoNotCount(t *testing.T) {
	for round, depth := range []int{0, 50} {
		n := 100 * (round + 1) // more than the runtime has left from before
		var ready, wg sync.WaitGroup
		var cached atomic.Int64
		c := make(chan struct{})
		ready.Add(n)
		for range n {
			wg.Add(1)
			go func() {
				defer wg.Done()
				r := noalloc.Measure(func() {
					descend(depth, func() {
						sinkNode2(new(node))
						ready.Done()
						waitManyTimes(c)
					})
				})
				if r.Objects != 1 {
					t.Errorf("%d calls below: %+v", depth, r)
				}
				cached.Add(r.Runtime)
			}()
		}
		ready.Wait()
		close(c)
		wg.Wait()
		assert.NotZero(t, cached.Load(), "%d calls below: the runtime allocated no records for blocked goroutines: the test shows nothing", depth)
	}
}

// A profile that is cut off or garbled is an error, never a panic.
func TestDecodeGarbledProfile(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, pprof.Lookup("allocs").WriteTo(&b, 0))
	z, err := gzip.NewReader(&b)
	require.NoError(t, err)
	data, err := io.ReadAll(z)
	require.NoError(t, err)
	assert.NoError(t, noalloc.Decode(data), "whole profile")
	failed := 0
	for i := range 40 {
		garbled := bytes.Clone(data[:len(data)-i*i%len(data)])
		garbled[(i*7919)%len(garbled)] ^= byte(i)
		if noalloc.Decode(garbled) != nil {
			failed++
		}
	}
	assert.NotZero(t, failed, "no garbled profile is refused")
}
