package noalloc_test

import (
	"bytes"
	"fmt"
	"iter"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/noalloc"
	"github.com/stackalloc/stackalloc/scratch"
)

// retained gives the message CheckRetained fails with, or "".
func retained(f func(), opts ...noalloc.Option) string {
	var r recorder
	noalloc.CheckRetained(&r, f, opts...)
	return strings.Join(r.errors, "\n---\n")
}

// leaks is where the tests below leave things; each has an entry of its own.
var leaks struct {
	sync.Mutex
	m map[string][]any
}

//go:noinline
func leak(name string, v any) {
	leaks.Lock()
	defer leaks.Unlock()
	leaks.m[name] = append(leaks.m[name], v)
}

func TestRetainedNamesThePlace(t *testing.T) {
	leaks.m = map[string][]any{"": make([]any, 0, 100)}
	name := ""
	tests := []struct {
		name    string
		f       func()
		objects int
		place   string
	}{
		{"global", func() { leak(name, new([64]byte)) }, 1, "TestRetainedNamesThePlace.func1"},
		{"one of many", func() {
			for i := range 100 {
				p := new([64]byte)
				if i%50 == 0 {
					leak(name, p)
				} else {
					atomicByte.Store(&new([64]byte)[0])
				}
			}
			atomicByte.Store(nil)
		}, 2, "TestRetainedNamesThePlace.func2"},
		{"list", func() {
			var list *node
			for range 10 {
				list = &node{next: list}
			}
			leak(name, list)
		}, 10, "TestRetainedNamesThePlace.func3"},
		{"deep", func() {
			descend(60, func() { leak(name, new([64]byte)) })
		}, 1, "TestRetainedNamesThePlace.func4.1"},
		{"goroutine", func() {
			c := make(chan *[64]byte)
			go func() { leakedChannels <- c; <-c }()
			<-leakedChannels
		}, 1, "TestRetainedNamesThePlace.func5"},
		{"large", func() { leak(name, make([]byte, 100_000)) }, 2, "TestRetainedNamesThePlace.func6"},
	}
	for _, tt := range tests {
		for range 3 { // what earlier runs left is not this one's
			msg := retained(tt.f)
			want := fmt.Sprintf("noalloc: still reachable: %d object", tt.objects)
			assert.True(t, strings.HasPrefix(msg, want) && strings.Contains(msg, tt.place+" (retained_test.go:"), "%s: want %q and %s: %s", tt.name, want, tt.place, msg)
		}
	}
}

var leakedChannels = make(chan chan *[64]byte)

// clean functions allocate, and leave nothing.
var cleanFunctions = map[string]func(){
	"nothing": func() { sinkCount() },
	"garbage": func() {
		for range 10 {
			var s []*node
			for i := range 20 {
				s = append(s, &node{v: i})
			}
			runtime.KeepAlive(s)
		}
	},
	"map": func() {
		m := map[string][]byte{}
		for i := range 50 {
			m[fmt.Sprint(i)] = make([]byte, 100)
		}
	},
	"goroutines": func() {
		var wg sync.WaitGroup
		results := make(chan []byte, 10)
		for range 10 {
			wg.Go(func() { results <- make([]byte, 50) })
		}
		wg.Wait()
	},
	"finalizer": func() {
		p := &pair{p: new(int)}
		runtime.SetFinalizer(p, func(p *pair) { *p.p = 1 })
	},
	"finalizers in a row": func() {
		p := &list{}
		for range 2 {
			p = &list{next: p}
			runtime.SetFinalizer(p, func(*list) {})
		}
	},
	"cleanup": func() {
		p := &pair{p: new(int)}
		runtime.AddCleanup(p, func(p *int) { *p = 1 }, new(int))
	},
	"pool": func() { // fmt's
		var b bytes.Buffer
		fmt.Fprintf(&b, "%d %s %v", hundredThousand, text, aShape)
	},
	"own pool": func() {
		p := sync.Pool{New: func() any { return new([128]byte) }}
		p.Put(p.Get())
	},
	"timer": func() {
		timer := time.NewTimer(time.Hour)
		timer.Stop()
	},
	"iterator": func() {
		next, stop := iter.Pull(func(yield func(*int) bool) { _ = yield(new(int)) && yield(new(int)) })
		next()
		stop()
	},
	"library": func() {
		for _, n := range librarySizes {
			stackalloc.Do(n, func(s []byte) { s[0] = 1 })
			scratch.Uninit(n, func(s []byte) { read(s) })
		}
	},
	"tiny": func() {
		for range 40 {
			sinkByte2(new(byte))
		}
		atomicByte.Store(nil)
	},
	"panic": func() {
		defer func() { _ = recover() }()
		panic(fmt.Sprint(hundredThousand))
	},
	"deep": func() { descend(100, func() { sinkNode2(&node{v: 3}); atomicNode.Store(nil) }) },
	"blocked": func() {
		c := make(chan struct{})
		done := make(chan struct{})
		for range 5 {
			go func() { waitManyTimes(c); done <- struct{}{} }()
		}
		close(c)
		for range 5 {
			<-done
		}
	},
}

type list struct{ next *list }

func TestRetainedFindsNothingInCleanFunctions(t *testing.T) {
	runs := 70 // of 16 functions: more than 1,000
	if testing.Short() || noalloc.RaceEnabled {
		runs = 3
	}
	for name, f := range cleanFunctions {
		t.Run(name, func(t *testing.T) {
			for range runs {
				noalloc.CheckRetained(t, f)
			}
		})
	}
}

func TestRetainedInParallel(t *testing.T) {
	startNoise(t, 1)
	t.Run("tests", func(t *testing.T) {
		for name, f := range cleanFunctions {
			switch name {
			case "tiny", "deep": // several at once keep each other's
				continue
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				for range 3 {
					noalloc.CheckRetained(t, f)
				}
				local := map[int]*[64]byte{}
				if msg := retained(func() { local[len(local)] = new([64]byte) }); !strings.HasPrefix(msg, "noalloc: still reachable: ") {
					t.Errorf("an entry of a map stays, but: %q", msg)
				}
				runtime.KeepAlive(local)
			})
		}
	})
}

func TestRetainedInBubbles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var kept *[64]byte
		noalloc.CheckRetained(t, func() {
			time.Sleep(time.Hour)
			sinkBytes2(make([]byte, 100))
			atomicByte.Store(nil)
		})
		assert.Contains(t, retained(func() { kept = new([64]byte) }), "1 object, 64 bytes", "want one object")
		runtime.KeepAlive(kept)
	})
}

func TestRetainedOptions(t *testing.T) {
	var kept []*[64]byte
	two := func() { kept = append(kept[:0:2], new([64]byte), new([64]byte)) }
	kept = make([]*[64]byte, 2)
	for _, tt := range []struct {
		name string
		opts []noalloc.Option
		fail bool
	}{
		{"none", nil, true},
		{"MaxObjects enough", []noalloc.Option{noalloc.MaxObjects(2)}, false},
		{"MaxObjects too few", []noalloc.Option{noalloc.MaxObjects(1)}, true},
		{"MaxBytes enough", []noalloc.Option{noalloc.MaxBytes(128)}, false},
		{"Ignore", []noalloc.Option{noalloc.Ignore("github.com/stackalloc/stackalloc/noalloc_test.TestRetainedOptions*")}, false},
		{"Ignore another", []noalloc.Option{noalloc.Ignore("github.com/other*")}, true},
	} {
		if msg := retained(two, tt.opts...); (msg != "") != tt.fail {
			t.Errorf("%s: got %q, want failure: %v", tt.name, msg, tt.fail)
		}
	}
}

// What f fills a cache with stays, unless something says that it is not to count.
func TestRetainedInACache(t *testing.T) {
	cache := map[int]*[64]byte{}
	fill := func() {
		if cache[1] == nil {
			cache[1] = new([64]byte)
		}
	}
	done := make(chan bool)
	inGoroutine := func() {
		go func() { fill(); done <- true }()
		<-done
	}
	for _, tt := range []struct {
		name string
		f    func()
		opts []noalloc.Option
		fail bool
	}{
		{"WarmUp", fill, []noalloc.Option{noalloc.WarmUp(1)}, false},
		{"Repeat", fill, []noalloc.Option{noalloc.Repeat(2)}, false},
		{"Allow", func() { noalloc.Allow(fill) }, nil, false},
		{"a goroutine's", inGoroutine, nil, false},
		{"a goroutine's, with Goroutines", inGoroutine, []noalloc.Option{noalloc.Goroutines()}, true},
	} {
		clear(cache)
		if msg := retained(tt.f, tt.opts...); (msg != "") != tt.fail {
			t.Errorf("%s: got %q, want failure: %v", tt.name, msg, tt.fail)
		}
	}
}

var sinkRetained *[64]byte

func TestRetainedPanics(t *testing.T) {
	rate := runtime.MemProfileRate
	func() {
		defer func() {
			if r := recover(); r != "out" {
				t.Errorf("the panic became %v", r)
			}
		}()
		noalloc.CheckRetained(t, func() { sinkRetained = new([64]byte); panic("out") })
	}()
	wantDisarmed(t, rate)
	defer func() {
		if msg, ok := recover().(string); !ok || !strings.HasPrefix(msg, "noalloc: ") {
			t.Errorf("nil f: %q", msg)
		}
	}()
	noalloc.CheckRetained(t, nil)
}
