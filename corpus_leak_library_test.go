package stackalloc_test

import (
	"bytes"
	"errors"
	"iter"
	"runtime"
	"slices"
	"unsafe"

	"github.com/stackalloc/stackalloc"
)

// caught returns the panic value of f.
func caught(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}

// What leaves by way of a result or a panic.
var leaksResult = []leak{
	{name: "Call returns the slice", run: func(n int) bool {
		keep := stackalloc.Call(n, func(s []byte) []byte { mark(s); return s })
		disturb(n)
		return intact(keep, n)
	}},
	{name: "Call returns the slice, returned", run: returned(func(n int) []byte {
		return stackalloc.Call(n, func(s []byte) []byte { mark(s); return s })
	})},
	{name: "Call returns a struct", run: func(n int) bool {
		keep := stackalloc.Call(n, func(s []byte) holder { mark(s); return holder{b: s} })
		disturb(n)
		return intact(keep.b, n)
	}},
	{name: "Call returns an array", run: func(n int) bool {
		keep := stackalloc.Call(n, func(s []byte) [2][]byte { mark(s); return [2][]byte{nil, s} })
		disturb(n)
		return intact(keep[1], n)
	}},
	{name: "Call returns any", run: func(n int) bool {
		keep := stackalloc.Call(n, func(s []byte) any { mark(s); return s })
		disturb(n)
		return intact(keep.([]byte), n)
	}},
	{name: "Call returns an error", run: func(n int) bool {
		err := stackalloc.Call(n, func(s []byte) error { mark(s); return leakError{s} })
		disturb(n)
		var e leakError
		return errors.As(err, &e) && intact(e.b, n)
	}},
	{name: "Call returns a closure", run: func(n int) bool {
		keep := stackalloc.Call(n, func(s []byte) func() bool { mark(s); return func() bool { return intact(s, n) } })
		disturb(n)
		return keep()
	}},
	{name: "Call returns an iterator", run: func(n int) bool {
		keep := stackalloc.Call(n, func(s []byte) iter.Seq[byte] { mark(s); return slices.Values(s) })
		disturb(n)
		return intact(slices.Collect(keep), n)
	}},
	{name: "Call returns a pointer", run: func(n int) bool {
		keep := stackalloc.Call(n, func(s []byte) *byte { mark(s); return &s[0] })
		disturb(n)
		return intact(unsafe.Slice(keep, n), n)
	}},
	{name: "Call returns a pointer to the header", run: func(n int) bool {
		keep := stackalloc.Call(n, func(s []byte) *[]byte { mark(s); return &s })
		disturb(n)
		return intact(*keep, n)
	}},
	{name: "Call returns a string", run: func(n int) bool {
		keep := stackalloc.Call(n, func(s []byte) string { mark(s); return unsafe.String(&s[0], n) })
		disturb(n)
		return intact([]byte(keep), n)
	}},
	{name: "Call returns a map", run: func(n int) bool {
		keep := stackalloc.Call(n, func(s []byte) map[string][]byte { mark(s); return map[string][]byte{"s": s} })
		disturb(n)
		return intact(keep["s"], n)
	}},
	{name: "Call returns an append to the slice", run: func(n int) bool {
		keep := stackalloc.Call(n, func(s []byte) []byte { mark(s); return append(s[:n-1], s[n-1]) })
		disturb(n)
		return intact(keep, n)
	}},
	{name: "Call's named result", run: func(n int) bool {
		keep := stackalloc.Call(n, func(s []byte) (r []byte) {
			defer func() { r = s }()
			mark(s)
			return nil
		})
		disturb(n)
		return intact(keep, n)
	}},
	{name: "Call in a return statement's closure", run: func(n int) bool {
		keep := func() []byte { return stackalloc.Call(n, func(s []byte) []byte { mark(s); return s }) }()
		disturb(n)
		return intact(keep, n)
	}},
	{name: "Call2's first result", run: func(n int) bool {
		keep, k := stackalloc.Call2(n, func(s []byte) ([]byte, int) { mark(s); return s, 1 })
		disturb(n)
		return k == 1 && intact(keep, n)
	}},
	{name: "Call2's second result", run: func(n int) bool {
		k, keep := stackalloc.Call2(n, func(s []byte) (int, []byte) { mark(s); return 1, s })
		disturb(n)
		return k == 1 && intact(keep, n)
	}},
	{name: "Call2's second result, the first ignored", run: func(n int) bool {
		_, keep := stackalloc.Call2(n, func(s []byte) ([]byte, []byte) { mark(s); return s, s })
		disturb(n)
		return intact(keep, n)
	}},
	{name: "Call2's error", run: func(n int) bool {
		_, err := stackalloc.Call2(n, func(s []byte) (int, error) { mark(s); return 0, &leakError{s} })
		disturb(n)
		return intact(err.(*leakError).b, n)
	}},
	{name: "Call of Call (nested)", run: func(n int) bool {
		keep := stackalloc.Call(n, func(s []byte) []byte {
			mark(s)
			return stackalloc.Call(n+1, func(inner []byte) []byte { paint(inner, noise, 0); return s })
		})
		disturb(n)
		return intact(keep, n)
	}},
	{name: "panic value", run: func(n int) bool {
		v := caught(func() { stackalloc.Do(n, func(s []byte) { mark(s); panic(s) }) })
		disturb(n)
		return intact(v.([]byte), n)
	}},
	{name: "panic with a struct", run: func(n int) bool {
		v := caught(func() { stackalloc.Uninit(n, func(s []byte) { mark(s); panic(holder{b: s}) }) })
		disturb(n)
		return intact(v.(holder).b, n)
	}},
	{name: "panic with an error", run: func(n int) bool {
		v := caught(func() { stackalloc.Uninit(n, func(s []byte) { mark(s); panic(&leakError{s}) }) })
		disturb(n)
		return intact(v.(*leakError).b, n)
	}},
	{name: "panic with a pointer", run: func(n int) bool {
		v := caught(func() { stackalloc.Uninit(n, func(s []byte) { mark(s); panic(&s[0]) }) })
		disturb(n)
		return intact(unsafe.Slice(v.(*byte), n), n)
	}},
	{name: "Goexit with a deferred leak", run: func(n int) bool {
		var keep []byte
		done := make(chan bool)
		go func() {
			defer close(done)
			stackalloc.Do(n, func(s []byte) {
				defer func() { keep = s }()
				mark(s)
				runtime.Goexit()
			})
		}()
		<-done
		disturb(n)
		return intact(keep, n)
	}},
}

// firstOf is what iterators are often wrapped in.
func firstOf[T any](seq iter.Seq[T]) (v T) {
	for v = range seq {
		break
	}
	return v
}

//go:noinline
func firstOfUnseen[T any](seq iter.Seq[T]) (v T) {
	for v = range seq {
		break
	}
	return v
}

func returnFromScope(n int) []byte {
	for s := range stackalloc.Scope[byte](n) {
		mark(s)
		return s
	}
	return nil
}

// deferFromScope has a deferred call in the loop's body, which runs when the
// function ends, and the scope has long ended then.
func deferFromScope(n int, ok *bool) {
	defer func() { disturb(n) }() // runs second
	for s := range stackalloc.Scope[byte](n) {
		mark(s)
		defer func() { disturb(n); *ok = intact(s, n) }()
	}
	disturb(n)
}

func deferArgumentFromScope(n int, ok *bool) {
	for s := range stackalloc.Scope[byte](n) {
		mark(s)
		defer func(b []byte) { *ok = intact(b, n) }(s)
	}
	disturb(n)
}

func deferNamedFromScope(n int, keep *holder) {
	for s := range stackalloc.Scope[byte](n) {
		mark(s)
		defer keep.store(s)
	}
	disturb(n)
}

type scopes struct{}

func (scopes) open(n int) iter.Seq[[]byte] { return stackalloc.Scope[byte](n) }

// What is particular to one public function, and above all to Scope.
var leaksLibrary = []leak{
	{name: "Scope, outer variable", run: func(n int) bool {
		var keep []byte
		for s := range stackalloc.Scope[byte](n) {
			mark(s)
			keep = s
		}
		disturb(n)
		return intact(keep, n)
	}},
	{name: "Scope, global", run: func(n int) bool {
		for s := range stackalloc.Scope[byte](n) {
			mark(s)
			sink = s
		}
		return after(n, &sink)
	}},
	{name: "Scope, its variable is the outer one", run: func(n int) bool {
		var keep []byte
		for keep = range stackalloc.Scope[byte](n) {
			mark(keep)
		}
		disturb(n)
		return intact(keep, n)
	}},
	{name: "Scope with break", run: func(n int) bool {
		var keep []byte
		for s := range stackalloc.Scope[byte](n) {
			mark(s)
			keep = s
			if len(s) > 0 {
				break
			}
			keep = nil
		}
		disturb(n)
		return intact(keep, n)
	}},
	{name: "Scope with continue of an outer loop", run: func(n int) bool {
		ok := true
	outer:
		for i := range 3 {
			var keep []byte
			for s := range stackalloc.Scope[byte](n) {
				mark(s)
				keep = s
				if i == 1 {
					continue outer
				}
			}
			disturb(n)
			ok = ok && intact(keep, n)
		}
		return ok
	}},
	{name: "Scope with goto", run: func(n int) bool {
		var keep []byte
		for s := range stackalloc.Scope[byte](n) {
			mark(s)
			keep = s
			goto out
		}
	out:
		disturb(n)
		return intact(keep, n)
	}},
	{name: "Scope with return", run: returned(returnFromScope)},
	{name: "Scope with defer", run: func(n int) bool {
		ok := false
		deferFromScope(n, &ok)
		return ok
	}},
	{name: "Scope with defer of an argument", run: func(n int) bool {
		ok := false
		deferArgumentFromScope(n, &ok)
		return ok
	}},
	{name: "Scope with defer of a method", run: func(n int) bool {
		var keep holder
		deferNamedFromScope(n, &keep)
		disturb(n)
		return intact(keep.b, n)
	}},
	{name: "Scope with a goroutine", run: func(n int) bool {
		start, result := make(chan bool), make(chan bool)
		for s := range stackalloc.Scope[byte](n) {
			mark(s)
			go func() { <-start; result <- intact(s, n) }()
		}
		disturb(n)
		close(start)
		return <-result
	}},
	{name: "Scope in Scope, the outer body's variable (nested)", run: func(n int) bool {
		ok := false
		for range stackalloc.Scope[byte](n) {
			var keep []byte
			for s := range stackalloc.Scope[byte](n) {
				mark(s)
				keep = s
			}
			disturb(n)
			ok = intact(keep, n)
		}
		return ok
	}},
	{name: "Scope in Scope, the outer's slice variable (nested)", run: func(n int) bool {
		ok := false
		for a := range stackalloc.Scope[byte](n) {
			for s := range stackalloc.Scope[byte](n) {
				mark(s)
				a = s
			}
			disturb(n)
			ok = intact(a, n)
		}
		return ok
	}},
	{name: "Scope by iter.Pull", run: func(n int) bool {
		next, stop := iter.Pull(stackalloc.Scope[byte](n))
		keep, _ := next()
		mark(keep)
		disturb(n)
		ok := intact(keep, n)
		stop()
		disturb(n)
		return ok && intact(keep, n)
	}},
	{name: "Scope by slices.Collect", run: func(n int) bool {
		keep := slices.Collect(stackalloc.Scope[byte](n))
		mark(keep[0])
		disturb(n)
		return intact(keep[0], n)
	}},
	{name: "Scope by slices.AppendSeq", run: func(n int) bool {
		keep := slices.AppendSeq([][]byte(nil), stackalloc.Scope[byte](n))
		mark(keep[0])
		disturb(n)
		return intact(keep[0], n)
	}},
	{name: "Scope by an adaptor", run: func(n int) bool {
		keep := firstOf(stackalloc.Scope[byte](n))
		mark(keep)
		disturb(n)
		return intact(keep, n)
	}},
	{name: "Scope by an adaptor that is not inlined", run: func(n int) bool {
		keep := firstOfUnseen(stackalloc.Scope[byte](n))
		mark(keep)
		disturb(n)
		return intact(keep, n)
	}},
	{name: "Scope in a variable", run: func(n int) bool {
		var keep []byte
		seq := stackalloc.Scope[byte](n)
		for range 2 {
			for s := range seq {
				mark(s)
				keep = s
			}
		}
		disturb(n)
		return intact(keep, n)
	}},
	{name: "Scope from a method", run: func(n int) bool {
		var keep []byte
		for s := range (scopes{}).open(n) {
			mark(s)
			keep = s
		}
		disturb(n)
		return intact(keep, n)
	}},
	{name: "Scope called with a function", run: func(n int) bool {
		var keep []byte
		stackalloc.Scope[byte](n)(func(s []byte) bool { mark(s); keep = s; return true })
		disturb(n)
		return intact(keep, n)
	}},
	{name: "Fill with the enclosing block (nested)", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) {
			mark(s)
			stackalloc.Fill(3, s, func(c [][]byte) { sink = c[2] })
		})
		return after(n, &sink)
	}},
	{name: "Init with the enclosing block (nested)", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) {
			mark(s)
			stackalloc.Init(3, func(i int) []byte { return s }, func(c [][]byte) { sink = c[2] })
		})
		return after(n, &sink)
	}},
	{name: "Collect of the enclosing block (nested)", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) {
			mark(s)
			stackalloc.Collect(9, slices.Values([][]byte{nil, s}), func(c [][]byte) { sink = c[1] })
		})
		return after(n, &sink)
	}},
	{name: "Copy of the enclosing block (nested)", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) {
			mark(s)
			stackalloc.Copy([][]byte{nil, s}, func(c [][]byte) { sink = c[1] })
		})
		return after(n, &sink)
	}},
	{name: "Copy twice (nested)", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) {
			mark(s)
			stackalloc.Copy([][]byte{nil, s}, func(c [][]byte) {
				stackalloc.Copy([][][]byte{nil, c}, func(d [][][]byte) { sink = d[1][1] })
			})
		})
		return after(n, &sink)
	}},
	{name: "pointer to a block of slices (nested)", run: func(n int) bool {
		var keep [][]byte
		stackalloc.Do(n, func(s []byte) {
			mark(s)
			stackalloc.Fill(100, s, func(c [][]byte) { keep = c })
		})
		disturb(n)
		ok := len(keep) == 100
		for _, b := range keep {
			ok = ok && intact(b, n)
		}
		return ok
	}},
	{name: "callback from a map", run: func(n int) bool {
		m := map[string]func([]byte){"f": func(s []byte) { mark(s); sink = s }}
		stackalloc.Do(n, m["f"])
		return after(n, &sink)
	}},
	{name: "callback that is a parameter", run: func(n int) bool {
		doUnseen(n, func(s []byte) { mark(s); sink = s })
		return after(n, &sink)
	}},
	{name: "callback that is a method value", run: func(n int) bool {
		var keep markHolder
		stackalloc.Do(n, keep.store)
		disturb(n)
		return intact(keep.b, n)
	}},
	{name: "callback that is an interface's method value", run: func(n int) bool {
		keep := &markHolder{}
		var i storer = keep
		stackalloc.Do(n, i.store)
		disturb(n)
		return intact(keep.b, n)
	}},
	{name: "callback that is a named function", run: func(n int) bool {
		stackalloc.Do(n, markAndRetain)
		return after(n, &sink)
	}},
	{name: "callback in a variable that is assigned twice", run: func(n int) bool {
		f := func(s []byte) { mark(s) }
		if n > 0 {
			f = func(s []byte) { mark(s); sink = s }
		}
		stackalloc.Do(n, f)
		return after(n, &sink)
	}},
	{name: "callback through a wrapper", run: func(n int) bool {
		var keep []byte
		with4(n, func(s []byte) { mark(s); keep = s })
		disturb(n)
		return intact(keep, n)
	}},
	{name: "callback through a generic wrapper", run: func(n int) bool {
		var keep []byte
		withGeneric2(n, func(s []byte) { mark(s); keep = s })
		disturb(n)
		return intact(keep, n)
	}},
	{name: "callback through a wrapper that keeps", run: func(n int) bool {
		withAndKeep(n, func(s []byte) { mark(s) })
		return after(n, &sink)
	}},
	{name: "callback made by a constructor", run: func(n int) bool {
		var keep []byte
		f := storeInto(&keep)
		stackalloc.Do(n, f)
		disturb(n)
		return intact(keep, n)
	}},
	{name: "call in a closure made by a constructor", run: func(n int) bool {
		return intact(keeperFor(n)(), n)
	}},
	{name: "append beyond the capacity", run: func(n int) bool {
		keep := stackalloc.Call(n, func(s []byte) []byte { mark(s); return append(s, 'x') })
		disturb(n)
		return keep[n] == 'x' && intact(keep[:n], n)
	}},
	{name: "bytes.Buffer that outgrows its block", run: func(n int) bool {
		var keep bytes.Buffer
		stackalloc.Do(n, func(s []byte) {
			mark(s)
			keep = *bytes.NewBuffer(s)
			keep.WriteByte('x')
		})
		disturb(n)
		return intact(keep.Bytes()[:n], n)
	}},
}

type markHolder struct{ b []byte }

func (h *markHolder) store(b []byte) { mark(b); h.b = b }

func markAndRetain(s []byte) { mark(s); sink = s }

//go:noinline
func doUnseen(n int, f func([]byte)) { stackalloc.Do(n, f) }

func withAndKeep(n int, f func([]byte)) {
	stackalloc.Uninit(n, func(s []byte) { f(s); sink = s })
}

func storeInto(p *[]byte) func([]byte) {
	return func(s []byte) { mark(s); *p = s }
}

func keeperFor(n int) func() []byte {
	return func() (keep []byte) {
		stackalloc.Do(n, func(s []byte) { mark(s); keep = s })
		disturb(n)
		return keep
	}
}
