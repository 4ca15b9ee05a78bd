package stackalloc_test

import (
	"iter"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stackalloc/stackalloc"
)

// Where a call may stand: the proof must hold in all of these. Sizes are above
// SmallBlock and small enough for the stack of a goroutine that has just begun.

const contextSize = 200

func with1(n int, f func([]byte)) { stackalloc.Uninit(n, f) }
func with2(n int, f func([]byte)) { with1(n, f) }
func with3(n int, f func([]byte)) { with2(n, f) }
func with4(n int, f func([]byte)) { with3(n, f) }

func withGeneric1[T any](n int, f func([]T)) { stackalloc.Do(n, f) }
func withGeneric2[T any](n int, f func([]T)) { withGeneric1(n, f) }
func withGeneric3[T any](n int, f func([]T)) { withGeneric2(n, f) }

func withFill(n int, f func([]int))                           { stackalloc.Fill(n, 7, f) }
func withInit(n int, f func([]int))                           { stackalloc.Init(n, func(i int) int { return i }, f) }
func withCopy(src []int, f func([]int))                       { stackalloc.Copy(src, f) }
func withCall[R any](n int, f func([]byte) R) R               { return stackalloc.Call(n, f) }
func withCall2[A, B any](n int, f func([]byte) (A, B)) (A, B) { return stackalloc.Call2(n, f) }
func withAligned(n int, f func([]byte))                       { stackalloc.Aligned(n, 64, f) }
func withScope(n int) iter.Seq[[]byte]                        { return stackalloc.Scope[byte](n) }
func withLiteral(n int, f func([]byte))                       { stackalloc.Do(n, func(s []byte) { f(s) }) }
func withTwo(n int, f func(a, b []byte)) {
	stackalloc.Do(n, func(a []byte) { stackalloc.Do(n, func(b []byte) { f(a, b) }) })
}

type buffers struct{ size int }

func (b buffers) with(f func([]byte))         { stackalloc.Uninit(b.size, f) }
func (b *buffers) withPointer(f func([]byte)) { stackalloc.Uninit(b.size, f) }
func (b *buffers) withMethod(f func([]byte))  { b.with(f) }
func (b *buffers) inMethod() (on bool) {
	stackalloc.Do(b.size, func(s []byte) { on = note(s) })
	return on
}
func (b *buffers) variadic(f func([]byte), sizes ...int) { stackalloc.Do(sizes[0], f) }

type genericBuffers[T any] struct{ n int }

func (g *genericBuffers[T]) with(f func([]T)) { stackalloc.Do(g.n, f) }

//go:noinline
func (g *genericBuffers[T]) inMethod() (on bool) {
	stackalloc.Do(g.n, func(s []T) { on = note(s) })
	return on
}

//go:noinline
func inGenericFunction[T any, R ~int](n R) (on bool) {
	stackalloc.Uninit(int(n), func(s []T) { on = note(s) })
	return on
}

//go:noinline
func inGenericWithClosure[T comparable](n int, v T) (on bool) {
	stackalloc.Fill(n, v, func(s []T) {
		f := func(i int) bool { return s[i] == v }
		on = f(n-1) && note(s)
	})
	return on
}

// note reports whether the block of s is proven to be on the stack, and writes to
// it. Without access to the stack's bounds the counters tell (see inContext).
func note[T any](s []T) bool {
	var z T
	for i := range s {
		s[i] = z
	}
	return stackalloc.OnStack(s)
}

// What a package does before main.
var (
	initHeap  = stackalloc.ReadStats().Heap
	initVar   = stackalloc.Call(contextSize, func(s []byte) bool { return note(s) })
	initVar2  = func() (on bool) { stackalloc.Do(contextSize, func(s []byte) { on = note(s) }); return on }()
	initVar3  = inInitialiser()
	initInit  bool
	initScope bool
)

func inInitialiser() (on bool) {
	stackalloc.Uninit(contextSize, func(s []byte) { on = note(s) })
	return on
}

func init() {
	stackalloc.Do(contextSize, func(s []byte) { initInit = note(s) })
	for s := range stackalloc.Scope[byte](contextSize) {
		initScope = note(s)
	}
	initHeap = stackalloc.ReadStats().Heap - initHeap
}

// inDefer calls from deferred functions, after a panic as well.
func inDefer(n int, panics bool) (on bool) {
	defer func() { recover() }()
	defer func() {
		stackalloc.Do(n, func(s []byte) { on = note(s) })
	}()
	if panics {
		panic("on")
	}
	return false
}

func inDeferredCall(n int) (on bool) {
	defer with2(n, func(s []byte) { on = note(s) })
	return false
}

func recursive(depth int) (on bool) {
	stackalloc.Uninit(contextSize, func(s []byte) { on = note(s) })
	return on && (depth == 0 || recursive(depth-1))
}

func mutual(depth int) bool {
	on := stackalloc.Call(contextSize, func(s []byte) bool { return note(s) && (depth == 0 || mutualOther(depth-1)) })
	return on
}

func mutualOther(depth int) bool {
	for s := range stackalloc.Scope[byte](contextSize) {
		return note(s) && (depth == 0 || mutual(depth-1))
	}
	return false
}

// doubled is a user's iterator with a call around its yield.
func doubled(n int) iter.Seq2[int, bool] {
	return func(yield func(int, bool) bool) {
		for i := range 3 {
			on := stackalloc.Call(n, func(s []byte) bool { return note(s) })
			if !yield(i, on) {
				return
			}
		}
	}
}

type contextual interface{ inMethod() bool }

var contexts = []struct {
	name string
	run  func(n int) bool
}{
	{"wrapper", func(n int) (on bool) { with1(n, func(s []byte) { on = note(s) }); return on }},
	{"wrapper of a wrapper", func(n int) (on bool) { with2(n, func(s []byte) { on = note(s) }); return on }},
	{"three wrappers", func(n int) (on bool) { with3(n, func(s []byte) { on = note(s) }); return on }},
	{"four wrappers", func(n int) (on bool) { with4(n, func(s []byte) { on = note(s) }); return on }},
	{"generic wrapper", func(n int) (on bool) { withGeneric1(n, func(s []int) { on = note(s) }); return on }},
	{"three generic wrappers", func(n int) (on bool) { withGeneric3(n, func(s []int) { on = note(s) }); return on }},
	{"three generic wrappers, pointers", func(n int) (on bool) {
		withGeneric3(n/2, func(s []*int) { on = note(s) })
		return on
	}},
	{"wrapper of Fill", func(n int) (on bool) { withFill(n, func(s []int) { on = note(s) }); return on }},
	{"wrapper of Init", func(n int) (on bool) { withInit(n, func(s []int) { on = note(s) }); return on }},
	{"wrapper of Copy", func(n int) (on bool) {
		var src [50]int
		withCopy(src[:], func(s []int) { on = note(s) })
		return on
	}},
	{"wrapper of Call", func(n int) bool { return withCall(n, func(s []byte) bool { return note(s) }) }},
	{"wrapper of Call2", func(n int) bool {
		on, k := withCall2(n, func(s []byte) (bool, int) { return note(s), len(s) })
		return on && k == n
	}},
	{"wrapper of Aligned", func(n int) (on bool) { withAligned(n, func(s []byte) { on = note(s) }); return on }},
	{"wrapper of Scope", func(n int) (on bool) {
		for s := range withScope(n) {
			on = note(s)
		}
		return on
	}},
	{"method as a wrapper", func(n int) (on bool) { buffers{n}.with(func(s []byte) { on = note(s) }); return on }},
	{"pointer method as a wrapper", func(n int) (on bool) {
		b := &buffers{n}
		b.withPointer(func(s []byte) { on = note(s) })
		return on
	}},
	{"method that calls a method", func(n int) (on bool) {
		b := &buffers{n}
		b.withMethod(func(s []byte) { on = note(s) })
		return on
	}},
	{"variadic method", func(n int) (on bool) {
		b := &buffers{}
		b.variadic(func(s []byte) { on = note(s) }, n)
		return on
	}},
	{"method", func(n int) bool { return (&buffers{n}).inMethod() }},
	{"method through an interface", func(n int) bool {
		c := []contextual{&buffers{n}, &genericBuffers[int]{n}}
		return c[0].inMethod() && c[1].inMethod()
	}},
	{"method value", func(n int) bool { f := (&buffers{n}).inMethod; return f() }},
	{"generic type's method", func(n int) bool { return (&genericBuffers[record]{n}).inMethod() }},
	{"generic type's method, pointers", func(n int) bool { return (&genericBuffers[string]{n / 2}).inMethod() }},
	{"generic method as a wrapper", func(n int) (on bool) {
		g := &genericBuffers[int64]{n}
		g.with(func(s []int64) { on = note(s) })
		return on
	}},
	{"generic function", func(n int) bool {
		return inGenericFunction[byte](n) && inGenericFunction[int](n) && inGenericFunction[record](n)
	}},
	{"generic function, pointers", func(n int) bool {
		return inGenericFunction[*int](n/2) && inGenericFunction[string](n/2) && inGenericFunction[any](n/2)
	}},
	{"generic function with a closure", func(n int) bool {
		return inGenericWithClosure(n, 3) && inGenericWithClosure(n/2, "x")
	}},
	{"goroutine", func(n int) bool {
		result := make(chan bool)
		go func() {
			stackalloc.Do(n, func(s []byte) { result <- note(s) })
		}()
		return <-result
	}},
	{"many goroutines", func(n int) bool {
		var wg sync.WaitGroup
		var on [32]bool
		for i := range on {
			wg.Go(func() { stackalloc.Do(n, func(s []byte) { on[i] = note(s) }) })
		}
		wg.Wait()
		return !slices.Contains(on[:], false)
	}},
	{"deferred function", func(n int) bool { return inDefer(n, false) && inDefer(n, true) }},
	{"recursion", func(n int) bool { return recursive(20) }},
	{"mutual recursion", func(n int) bool { return mutual(20) }},
	{"stored closure", func(n int) (on bool) {
		fs := map[string]func(){"f": func() { stackalloc.Do(n, func(s []byte) { on = note(s) }) }}
		fs["f"]()
		return on
	}},
	{"closure in a struct", func(n int) (on bool) {
		h := struct{ f func(int) }{func(n int) { stackalloc.Do(n, func(s []byte) { on = note(s) }) }}
		h.f(n)
		return on
	}},
	{"closure in a closure", func(n int) bool {
		f := func() func() bool {
			g := func() (on bool) {
				stackalloc.Do(n, func(s []byte) { on = note(s) })
				return on
			}
			return g
		}
		return f()()
	}},
	{"Scope and Do in a range over func", func(n int) bool {
		on, rounds := true, 0
		for range slices.Values([]int{1, 2}) {
			for s := range stackalloc.Scope[byte](n) {
				on = on && note(s)
				rounds++
			}
			stackalloc.Do(n, func(s []byte) { on = on && note(s) })
		}
		return on && rounds == 2
	}},
	{"Scope in an iterator that is not inlined in another", func(n int) bool {
		on, rounds := true, 0
		for range unseenSeq {
			for range unseenSeq {
				for s := range stackalloc.Scope[byte](n) {
					on = on && note(s)
					rounds++
				}
			}
		}
		return on && rounds == 1
	}},
	{"Scope in Scope", func(n int) bool {
		on := false
		for a := range stackalloc.Scope[byte](n) {
			for b := range stackalloc.Scope[byte](n) {
				on = note(a) && note(b)
			}
		}
		return on
	}},
	{"Do in two Scopes", func(n int) bool {
		on := false
		for a := range stackalloc.Scope[byte](n) {
			for b := range stackalloc.Scope[byte](n) {
				stackalloc.Do(n, func(c []byte) { on = note(a) && note(b) && note(c) })
			}
		}
		return on
	}},
	{"Do in three Dos", func(n int) bool {
		on := false
		stackalloc.Do(n, func(a []byte) {
			stackalloc.Do(n, func(b []byte) {
				stackalloc.Do(n, func(c []byte) { on = note(a) && note(b) && note(c) })
			})
		})
		return on
	}},
	{"iterator with a call around its yield", func(n int) bool {
		all := true
		for _, on := range doubled(n) {
			all = all && on
		}
		return all
	}},
	{"switch, select and labels", func(n int) (on bool) {
		ch := make(chan int, 1)
	loop:
		for i := 0; ; i++ {
			select {
			case ch <- i:
				continue
			case k := <-ch:
				switch k {
				case 0:
					stackalloc.Do(n, func(s []byte) { on = note(s) })
					break loop
				}
			}
		}
		return on
	}},
	{"if and for clauses", func(n int) (on bool) {
		for k := withCall(n, func(s []byte) int { return len(s) }); k > 0; k = 0 {
			if on := stackalloc.Call(n, func(s []byte) bool { return note(s) }); on {
				return true
			}
		}
		return false
	}},
	{"composite literal", func(n int) bool {
		p := pairResult{on: stackalloc.Call(n, func(s []byte) bool { return note(s) })}
		return p.on
	}},
	{"closure called where it is written", func(n int) bool {
		return func() bool { return stackalloc.Call(n, func(s []byte) bool { return note(s) }) }()
	}},
}

//go:noinline
func unseenSeq(yield func(int) bool) { yield(1) }

// contextsUnproven are right without a proof, which the compiler does not give in
// all of them. Most are one limit: when a function that makes a closure is inlined
// (an iterator with a loop's body for one), the compiler inlines nothing into the
// closures of the copy. Which are proven is only told, as it depends on the
// compiler.
var contextsUnproven = []struct {
	name string
	run  func(n int) bool
}{
	{"call in a closure made by an inlined function", func(n int) bool {
		corpusHandler = madeByConstructor(n)
		return corpusHandler()
	}},
	{"deferred call of a wrapper", inDeferredCall},
	{"range over func in range over func", func(n int) bool {
		on, rounds := true, 0
		for range slices.Values([]int{1, 2}) {
			for range slices.Values([]int{1, 2}) {
				for s := range stackalloc.Scope[byte](n) {
					on = on && note(s)
					rounds++
				}
				stackalloc.Do(n, func(s []byte) { on = on && note(s) })
			}
		}
		return on && rounds == 4
	}},
	{"Scope in three Scopes", func(n int) bool {
		on := false
		for a := range stackalloc.Scope[byte](n) {
			for b := range stackalloc.Scope[byte](n) {
				for c := range stackalloc.Scope[byte](n) {
					on = note(a) && note(b) && note(c)
				}
			}
		}
		return on
	}},
	{"go statement with a wrapper", func(n int) bool {
		result := make(chan bool)
		go with2(n, func(s []byte) { result <- note(s) })
		return <-result
	}},
	{"wrapper whose callback calls the callback", func(n int) (on bool) {
		withLiteral(n, func(s []byte) { on = note(s) })
		return on
	}},
	{"wrapper that nests", func(n int) (on bool) {
		withTwo(n, func(a, b []byte) { on = note(a) && note(b) })
		return on
	}},
	{"Scope in a variable", func(n int) (on bool) {
		seq := stackalloc.Scope[byte](n)
		for s := range seq {
			on = note(s)
		}
		return on
	}},
	{"function that is not inlined", func(n int) (on bool) {
		doUnseen(n, func(s []byte) { on = note(s) })
		return on
	}},
}

// inContext reports whether run's blocks were all proven, and all on the stack.
func inContext(run func(n int) bool) (proven, on bool) {
	onGoroutine(512<<10, func() {
		before := stackalloc.ReadStats().Heap
		on = run(contextSize)
		proven = stackalloc.ReadStats().Heap == before
	})
	return proven, on
}

func TestCorpusContexts(t *testing.T) {
	if !provesCanary() {
		for _, c := range contexts {
			inContext(c.run) // it must run
		}
		t.Skip("this build proves nothing: inlining is off, or the stack paths are")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection would shrink the stacks
	withPatience(0, func() {
		for _, c := range contexts {
			proven, on := inContext(c.run)
			if !proven && testing.CoverMode() != "" {
				t.Logf("%s: not proven with coverage, which makes the functions larger", c.name)
			} else if !proven {
				t.Errorf("%s: not proven", c.name)
			} else if stackalloc.HasAssembly && !on {
				t.Errorf("%s: proven, and not on the stack", c.name)
			}
		}
		for _, c := range contextsUnproven {
			proven, on := inContext(c.run)
			t.Logf("%s: proven %v, on the stack %v", c.name, proven, on)
		}
	})
	// Go 1.27 does not know a callback within a closure that belongs to no function,
	// as those of a package variable's own initialiser do.
	want := uint64(0)
	if strings.HasPrefix(runtime.Version(), "go1.27") {
		want = 3
	}
	if uint64(initHeap) != want {
		t.Errorf("%d blocks from the heap before main, want %d", initHeap, want)
	}
	t.Logf("on the stack before main: variables %v, %v, %v, init %v, %v", initVar, initVar2, initVar3, initInit, initScope)

	t.Run("subtest", func(t *testing.T) {
		for range 2 {
			t.Run("subtest", func(t *testing.T) {
				before := stackalloc.ReadStats().Heap
				stackalloc.Do(contextSize, func(s []byte) { note(s) })
				for s := range stackalloc.Scope[int](contextSize) {
					note(s)
				}
				if stackalloc.ReadStats().Heap != before {
					t.Error("not proven")
				}
			})
		}
	})
}
