package stackalloc_test

import (
	"bufio"
	"bytes"
	"container/list"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/stackalloc/stackalloc"
)

// holder is a place to keep things in.
type holder struct {
	b    []byte
	next *holder
}

func (h *holder) store(b []byte)              { h.b = b }
func (h holder) with(b []byte) holder         { h.b = b; return h }
func (h *holder) Write(b []byte) (int, error) { h.b = b; return len(b), nil }

type storer interface{ store([]byte) }

type embeds struct{ *holder }

type box[T any] struct{ v T }

func (b *box[T]) set(v T) { b.v = v }

type leakError struct{ b []byte }

func (leakError) Error() string { return "leak" }

// sinkSet is what outlives every call.
type sinkSet struct {
	b      []byte
	str    string
	any    any
	ptr    *byte
	header *[]byte
	arr    *[1]byte
	up     unsafe.Pointer
	array  [4][]byte
	list   [][]byte
	byInt  map[int][]byte
	byPtr  map[*byte]bool
	byStr  map[string]int
	ch     chan []byte
	fn     func() []byte
	store  func([]byte)
	h      *holder
	nested struct{ inner struct{ b []byte } }
	iface  storer
	writer io.Writer
	reader io.Reader
	err    error
	seq    iter.Seq[byte]
	chunks iter.Seq[[]byte]
	value  reflect.Value
	ctx    context.Context
	atom   atomic.Pointer[byte]
	aval   atomic.Value
	smap   sync.Map
	pool   sync.Pool
	lst    list.List
	table  map[string]func([]byte)
	defers []func()
}

var sinks *sinkSet

func init() { (*sinkSet)(nil).release() }

// release lets everything go.
func (*sinkSet) release() {
	sinks = &sinkSet{
		byInt: map[int][]byte{}, byPtr: map[*byte]bool{}, byStr: map[string]int{},
		ch: make(chan []byte, 4), h: &holder{}, iface: &holder{}, writer: &holder{},
	}
	sinks.store = func(b []byte) { sinks.b = b }
	sinks.table = map[string]func([]byte){"keep": sinks.store}
	sink, sinkAny, sinkFunc, sinkHolder = nil, nil, nil, holder{}
}

var (
	sink       []byte
	sinkAny    any
	sinkFunc   func() []byte
	sinkHolder holder
)

//go:noinline
func retain(b []byte) { sink = b }

func retainInline(b []byte) { sink = b }

//go:noinline
func ident(b []byte) []byte { return b }

func identInline(b []byte) []byte { return b }

//go:noinline
func two(b []byte) (int, []byte) { return len(b), b }

// nine returns more results than the compiler keeps track of one by one.
//
//go:noinline
func nine(b []byte) (a, c, d, e, f, g, h, i int, r []byte) { return 1, 2, 3, 4, 5, 6, 7, 8, b }

//go:noinline
func storeThrough(p *[]byte, b []byte) { *p = b }

//go:noinline
func storeDeep(p **[]byte, b []byte) { **p = b }

//go:noinline
func keepGeneric[T any](p *T, v T) { *p = v }

//go:noinline
func keepVariadic(args ...any) { sinkAny = args }

//go:noinline
func keepVariadicBytes(args ...[]byte) { sinks.list = args }

// after is what most entries end with.
func after(n int, kept *[]byte) bool {
	disturb(n)
	return intact(*kept, n)
}

// returned is an entry that returns what it kept.
func returned(f func(n int) []byte) func(n int) bool {
	return func(n int) bool {
		kept := f(n)
		disturb(n)
		return intact(kept, n)
	}
}

var leaksGlobal = []leak{
	{name: "global", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sink = s })
		return after(n, &sink)
	}},
	{name: "global through a pointer", run: func(n int) bool {
		p := &sink
		stackalloc.Uninit(n, func(s []byte) { mark(s); *p = s })
		return after(n, &sink)
	}},
	{name: "global struct's field", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sinkHolder.b = s })
		return after(n, &sinkHolder.b)
	}},
	{name: "global struct replaced", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sinkHolder = holder{b: s} })
		return after(n, &sinkHolder.b)
	}},
	{name: "nested field", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sinks.nested.inner.b = s })
		return after(n, &sinks.nested.inner.b)
	}},
	{name: "field on the heap", run: func(n int) bool {
		h := sinks.h
		stackalloc.Uninit(n, func(s []byte) { mark(s); h.b = s })
		return after(n, &h.b)
	}},
	{name: "array element", run: func(n int) bool {
		stackalloc.Uninit(n, func(s []byte) { mark(s); sinks.array[n%4] = s })
		return after(n, &sinks.array[n%4])
	}},
	{name: "append", run: func(n int) bool {
		stackalloc.Uninit(n, func(s []byte) { mark(s); sinks.list = append(sinks.list, s) })
		return after(n, &sinks.list[len(sinks.list)-1])
	}},
	{name: "slice element", run: func(n int) bool {
		sinks.list = make([][]byte, 3)
		stackalloc.Uninit(n, func(s []byte) { mark(s); sinks.list[1] = s })
		return after(n, &sinks.list[1])
	}},
	{name: "map value", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sinks.byInt[n] = s })
		kept := sinks.byInt[n]
		return after(n, &kept)
	}},
	{name: "map key", run: func(n int) bool {
		clear(sinks.byPtr)
		stackalloc.Do(n, func(s []byte) { mark(s); sinks.byPtr[&s[0]] = true })
		disturb(n)
		for p := range sinks.byPtr {
			return intact(unsafe.Slice(p, n), n)
		}
		return false
	}},
	{name: "map key made by unsafe.String", run: func(n int) bool {
		clear(sinks.byStr)
		stackalloc.Do(n, func(s []byte) { mark(s); sinks.byStr[unsafe.String(&s[0], n)] = n })
		disturb(n)
		for k := range sinks.byStr {
			return intact([]byte(k), n)
		}
		return false
	}},
	{name: "channel", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sinks.ch <- s })
		disturb(n)
		return intact(<-sinks.ch, n)
	}},
	{name: "select", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) {
			mark(s)
			select {
			case sinks.ch <- s:
			default:
			}
		})
		disturb(n)
		return intact(<-sinks.ch, n)
	}},
	{name: "any", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sinkAny = s })
		disturb(n)
		return intact(sinkAny.([]byte), n)
	}},
	{name: "struct in any", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sinkAny = holder{b: s} })
		disturb(n)
		return intact(sinkAny.(holder).b, n)
	}},
	{name: "closure", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sinkFunc = func() []byte { return s } })
		disturb(n)
		return intact(sinkFunc(), n)
	}},
	{name: "closure by reference", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) {
			mark(s)
			t := s[:0]
			sinkFunc = func() []byte { return t }
			t = s
		})
		disturb(n)
		return intact(sinkFunc(), n)
	}},
	{name: "method value", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sinks.fn = box[[]byte]{s}.get })
		disturb(n)
		return intact(sinks.fn(), n)
	}},
	{name: "first element's address", run: func(n int) bool {
		stackalloc.Uninit(n, func(s []byte) { mark(s); sinks.ptr = &s[0] })
		disturb(n)
		return intact(unsafe.Slice(sinks.ptr, n), n)
	}},
	{name: "last element's address", run: func(n int) bool {
		stackalloc.Uninit(n, func(s []byte) { mark(s); sinks.ptr = &s[len(s)-1] })
		disturb(n)
		return intactAt(unsafe.Slice(sinks.ptr, 1), n-1)
	}},
	{name: "sub-slice", run: func(n int) bool {
		stackalloc.Uninit(n, func(s []byte) { mark(s); sink = s[n/2 : n : n] })
		disturb(n)
		return len(sink) == n-n/2 && intactAt(sink, n/2)
	}},
	{name: "slice header's address", run: func(n int) bool {
		stackalloc.Uninit(n, func(s []byte) { mark(s); sinks.header = &s })
		return after(n, sinks.header)
	}},
	{name: "unsafe.String", run: func(n int) bool {
		stackalloc.Uninit(n, func(s []byte) { mark(s); sinks.str = unsafe.String(&s[0], len(s)) })
		disturb(n)
		return intact([]byte(sinks.str), n)
	}},
	{name: "unsafe.SliceData", run: func(n int) bool {
		stackalloc.Uninit(n, func(s []byte) { mark(s); sinks.ptr = unsafe.SliceData(s) })
		disturb(n)
		return intact(unsafe.Slice(sinks.ptr, n), n)
	}},
	{name: "array pointer", run: func(n int) bool {
		stackalloc.Uninit(n, func(s []byte) { mark(s); sinks.arr = (*[1]byte)(s) })
		disturb(n)
		return intact(unsafe.Slice(&sinks.arr[0], n), n)
	}},
	{name: "unsafe.Pointer", run: func(n int) bool {
		stackalloc.Uninit(n, func(s []byte) { mark(s); sinks.up = unsafe.Add(unsafe.Pointer(&s[0]), n-1) })
		disturb(n)
		return intactAt(unsafe.Slice((*byte)(sinks.up), 1), n-1)
	}},
	{name: "pointer arithmetic by uintptr", run: func(n int) bool {
		stackalloc.Uninit(n, func(s []byte) {
			mark(s)
			sinks.up = unsafe.Pointer(uintptr(unsafe.Pointer(&s[0])) + uintptr(n-1))
		})
		disturb(n)
		return intactAt(unsafe.Slice((*byte)(sinks.up), 1), n-1)
	}},
	{name: "reflect.SliceHeader", run: func(n int) bool {
		stackalloc.Uninit(n, func(s []byte) {
			mark(s)
			h := (*reflect.SliceHeader)(unsafe.Pointer(&sinks.b))
			h.Data = uintptr(unsafe.Pointer(&s[0]))
			h.Len, h.Cap = n, n
		})
		return after(n, &sinks.b)
	}},
	{name: "conditional", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) {
			mark(s)
			if len(s) > 0 {
				sink = s
			}
		})
		return after(n, &sink)
	}},
	{name: "conditional on the contents", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) {
			if s[0] != 0 {
				return
			}
			mark(s)
			sink = s
		})
		return after(n, &sink)
	}},
	{name: "linked list", run: func(n int) bool {
		sinks.h = nil
		for range 3 {
			stackalloc.Do(n, func(s []byte) { mark(s); sinks.h = &holder{b: s, next: sinks.h} })
		}
		disturb(n)
		return intact(sinks.h.b, n) && intact(sinks.h.next.b, n) && intact(sinks.h.next.next.b, n)
	}},
}

func (b box[T]) get() T { return b.v }

// What goes into variables of the calling function: there the compiler must see
// that they live longer than the block, though not longer than the function.
var leaksOuter = []leak{
	{name: "outer variable", run: func(n int) bool {
		var keep []byte
		stackalloc.Do(n, func(s []byte) { mark(s); keep = s })
		return after(n, &keep)
	}},
	{name: "outer variable, not captured again", run: func(n int) bool {
		var keep []byte
		stackalloc.Uninit(n, func(s []byte) { mark(s); keep = s })
		disturb(n)
		return intact(keep, n)
	}},
	{name: "outer variable, returned", run: returned(func(n int) []byte {
		var keep []byte
		stackalloc.Uninit(n, func(s []byte) { mark(s); keep = s })
		return keep
	})},
	{name: "named result", run: returned(func(n int) (keep []byte) {
		stackalloc.Uninit(n, func(s []byte) { mark(s); keep = s })
		return
	})},
	{name: "outer variable before a loop", run: func(n int) bool {
		var keep []byte
		for i := range 3 {
			stackalloc.Do(n, func(s []byte) {
				if i == 1 {
					mark(s)
					keep = s
				}
			})
		}
		disturb(n)
		return intact(keep, n)
	}},
	{name: "variable of the iteration", run: func(n int) bool {
		ok := true
		for range 3 {
			var keep []byte
			stackalloc.Do(n, func(s []byte) { mark(s); keep = s })
			disturb(n)
			ok = ok && intact(keep, n)
		}
		return ok
	}},
	{name: "loop variable", run: func(n int) bool {
		ok := true
		for i, keep := 0, []byte(nil); i < 3; i++ {
			stackalloc.Do(n, func(s []byte) { mark(s); keep = s })
			disturb(n)
			ok = ok && intact(keep, n)
		}
		return ok
	}},
	{name: "goto loop, variable before", run: func(n int) bool {
		var keep []byte
		i := 0
	again:
		stackalloc.Uninit(n, func(s []byte) { mark(s); keep = s })
		if i++; i < 3 {
			goto again
		}
		disturb(n)
		return intact(keep, n)
	}},
	{name: "goto loop, variable inside", run: func(n int) bool {
		i, ok := 0, true
	again:
		{
			var keep []byte
			stackalloc.Uninit(n, func(s []byte) { mark(s); keep = s })
			disturb(n)
			ok = ok && intact(keep, n)
		}
		if i++; i < 3 {
			goto again
		}
		return ok
	}},
	{name: "labelled loops", run: func(n int) bool {
		ok := true
	outer:
		for i := range 3 {
			var a []byte
			for j := range 3 {
				var b []byte
				stackalloc.Uninit(n, func(s []byte) { mark(s); a, b = s, s })
				disturb(n)
				ok = ok && intact(b, n)
				if j == 1 {
					ok = ok && intact(a, n)
					continue outer
				}
				if i == 2 {
					break outer
				}
			}
		}
		return ok
	}},
	{name: "local array", run: func(n int) bool {
		var keep [3][]byte
		for i := range keep {
			stackalloc.Uninit(n, func(s []byte) { mark(s); keep[i] = s })
		}
		disturb(n)
		return intact(keep[0], n) && intact(keep[1], n) && intact(keep[2], n)
	}},
	{name: "local struct's field", run: func(n int) bool {
		var keep struct {
			i int
			b []byte
		}
		stackalloc.Uninit(n, func(s []byte) { mark(s); keep.b = s })
		disturb(n)
		return intact(keep.b, n)
	}},
	{name: "local pointer", run: func(n int) bool {
		var keep *byte
		stackalloc.Uninit(n, func(s []byte) { mark(s); keep = &s[0] })
		disturb(n)
		return intact(unsafe.Slice(keep, n), n)
	}},
	{name: "pointer to a local", run: func(n int) bool {
		var keep []byte
		p := &keep
		stackalloc.Uninit(n, func(s []byte) { mark(s); *p = s })
		disturb(n)
		return intact(keep, n)
	}},
	{name: "pointer to a pointer to a local", run: func(n int) bool {
		var keep []byte
		p := &keep
		pp := &p
		stackalloc.Uninit(n, func(s []byte) { mark(s); **pp = s })
		disturb(n)
		return intact(keep, n)
	}},
	{name: "local any", run: func(n int) bool {
		var keep any
		stackalloc.Uninit(n, func(s []byte) { mark(s); keep = s })
		disturb(n)
		return intact(keep.([]byte), n)
	}},
	{name: "local closure", run: func(n int) bool {
		var keep func() bool
		stackalloc.Uninit(n, func(s []byte) { mark(s); keep = func() bool { return intact(s, n) } })
		disturb(n)
		return keep()
	}},
	{name: "local string", run: func(n int) bool {
		var keep string
		stackalloc.Uninit(n, func(s []byte) { mark(s); keep = unsafe.String(unsafe.SliceData(s), n) })
		disturb(n)
		return intact([]byte(keep), n)
	}},
	{name: "local map", run: func(n int) bool {
		keep := map[int][]byte{}
		stackalloc.Uninit(n, func(s []byte) { mark(s); keep[0] = s })
		disturb(n)
		return intact(keep[0], n)
	}},
	{name: "local channel", run: func(n int) bool {
		keep := make(chan []byte, 1)
		stackalloc.Uninit(n, func(s []byte) { mark(s); keep <- s })
		disturb(n)
		return intact(<-keep, n)
	}},
	{name: "local slice of slices", run: func(n int) bool {
		var keep [][]byte
		for range 5 {
			stackalloc.Uninit(n, func(s []byte) { mark(s); keep = append(keep, s) })
		}
		disturb(n)
		ok := true
		for _, k := range keep {
			ok = ok && intact(k, n)
		}
		return ok
	}},
	{name: "local struct by a method", run: func(n int) bool {
		var keep holder
		stackalloc.Uninit(n, func(s []byte) { mark(s); keep.store(s) })
		disturb(n)
		return intact(keep.b, n)
	}},
	{name: "local struct by a method that returns", run: func(n int) bool {
		var keep holder
		stackalloc.Uninit(n, func(s []byte) { mark(s); keep = keep.with(s) })
		disturb(n)
		return intact(keep.b, n)
	}},
	{name: "method through an embedded pointer", run: func(n int) bool {
		keep := embeds{&holder{}}
		stackalloc.Uninit(n, func(s []byte) { mark(s); keep.store(s) })
		disturb(n)
		return intact(keep.b, n)
	}},
	{name: "generic local", run: func(n int) bool {
		var keep box[[]byte]
		stackalloc.Uninit(n, func(s []byte) { mark(s); keep.set(s) })
		disturb(n)
		return intact(keep.v, n)
	}},
	{name: "closure within the callback", run: func(n int) bool {
		var keep []byte
		stackalloc.Do(n, func(s []byte) {
			mark(s)
			func() { func() { keep = s }() }()
		})
		disturb(n)
		return intact(keep, n)
	}},
	{name: "deferred within the callback", run: func(n int) bool {
		var keep []byte
		stackalloc.Do(n, func(s []byte) {
			defer func() { keep = s }()
			mark(s)
		})
		disturb(n)
		return intact(keep, n)
	}},
	{name: "deferred with an argument", run: func(n int) bool {
		var keep []byte
		stackalloc.Do(n, func(s []byte) {
			defer func(b []byte) { keep = b }(s)
			mark(s)
		})
		disturb(n)
		return intact(keep, n)
	}},
	{name: "seen by the caller's deferred function", run: func(n int) (ok bool) {
		var keep []byte
		defer func() { disturb(n); ok = intact(keep, n) }()
		stackalloc.Do(n, func(s []byte) { mark(s); keep = s })
		return false
	}},
	{name: "seen after a panic", run: func(n int) (ok bool) {
		var keep []byte
		defer func() { recover(); disturb(n); ok = intact(keep, n) }()
		stackalloc.Do(n, func(s []byte) { mark(s); keep = s; panic("stop") })
		return false
	}},
	{name: "swap", run: func(n int) bool {
		keep := []byte("x")
		stackalloc.Do(n, func(s []byte) { mark(s); keep, s = s, keep })
		disturb(n)
		return intact(keep, n)
	}},
	{name: "two results", run: func(n int) bool {
		var keep []byte
		var k int
		stackalloc.Do(n, func(s []byte) { mark(s); k, keep = two(s) })
		disturb(n)
		return k == n && intact(keep, n)
	}},
	{name: "range's variable", run: func(n int) bool {
		var keep []byte
		stackalloc.Do(n, func(s []byte) {
			mark(s)
			for _, keep = range [...][]byte{nil, s} {
			}
		})
		disturb(n)
		return intact(keep, n)
	}},
	{name: "outer callback's variable", run: func(n int) bool {
		ok := false
		stackalloc.Do(8, func([]byte) {
			var keep []byte
			stackalloc.Do(n, func(s []byte) { mark(s); keep = s })
			disturb(n)
			ok = intact(keep, n)
		})
		return ok
	}},
	{name: "outer callback's slice variable (nested)", run: func(n int) bool {
		ok := false
		stackalloc.Do(40, func(o []byte) {
			stackalloc.Do(n, func(s []byte) { mark(s); o = s })
			disturb(n)
			ok = intact(o, n)
		})
		return ok
	}},
	{name: "enclosing block (nested)", run: func(n int) bool {
		ok := false
		stackalloc.Do(9, func(o [][]byte) {
			for i := range o {
				stackalloc.Do(n, func(s []byte) { mark(s); o[i] = s })
			}
			disturb(n)
			ok = true
			for _, b := range o {
				ok = ok && intact(b, n)
			}
		})
		return ok
	}},
	{name: "enclosing block of any (nested)", run: func(n int) bool {
		ok := false
		stackalloc.Do(5, func(o []any) {
			stackalloc.Do(n, func(s []byte) { mark(s); o[4] = s })
			disturb(n)
			ok = intact(o[4].([]byte), n)
		})
		return ok
	}},
	{name: "enclosing block of pointers (nested)", run: func(n int) bool {
		ok := false
		stackalloc.Do(60, func(o []*byte) {
			stackalloc.Do(n, func(s []byte) { mark(s); o[59] = &s[0] })
			disturb(n)
			ok = intact(unsafe.Slice(o[59], n), n)
		})
		return ok
	}},
	{name: "two callbacks, the inner keeps the outer's (nested)", run: func(n int) bool {
		var keep []byte
		stackalloc.Do(n, func(s []byte) {
			mark(s)
			stackalloc.Do(n+1, func(inner []byte) { paint(inner, noise, 0); keep = s })
		})
		disturb(n)
		return intact(keep, n)
	}},
	{name: "loop in the callback", run: func(n int) bool {
		var keep []byte
		stackalloc.Do(n, func(s []byte) {
			mark(s)
			var chain []byte
			for i := 0; i < 4; i++ {
				keep = chain // the value of the iteration before
				chain = s
			}
		})
		disturb(n)
		return intact(keep, n)
	}},
}

type entrust interface{ run(n int) []byte }

type inMethod struct{ b []byte }

func (m *inMethod) run(n int) []byte {
	stackalloc.Do(n, func(s []byte) { mark(s); m.b = s })
	disturb(n)
	return m.b
}

type inGeneric[T any] struct{ v T }

//go:noinline
func (m *inGeneric[T]) run(n int, f func([]byte) T) {
	stackalloc.Do(n, func(s []byte) { mark(s); m.v = f(s) })
}

// recurseKeeping leaves each level's block in a variable of the level above.
func recurseKeeping(depth, n int, p *[]byte) bool {
	if depth == 0 {
		return true
	}
	var below []byte
	stackalloc.Uninit(n, func(s []byte) { mark(s); *p = s })
	ok := recurseKeeping(depth-1, n, &below)
	return ok && (depth == 1 || intact(below, n))
}

// recurseKeepingInside does it within the callbacks.
func recurseKeepingInside(depth, n int, p *[]byte) (ok bool) {
	if depth == 0 {
		return true
	}
	stackalloc.Uninit(n, func(s []byte) {
		mark(s)
		*p = s
		var below []byte
		ok = recurseKeepingInside(depth-1, n, &below) && (depth == 1 || intact(below, n))
	})
	return ok
}

type storeAll[T any] interface{ take(T) }

func (h *holder) take(b []byte) { h.b = b }

//go:noinline
func byConstraint[S storeAll[[]byte]](x S, n int) {
	stackalloc.Do(n, func(s []byte) { mark(s); x.take(s) })
}

var leaksFlow = []leak{
	{name: "function that keeps", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); retain(s) })
		return after(n, &sink)
	}},
	{name: "inlined function that keeps", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); retainInline(s) })
		return after(n, &sink)
	}},
	{name: "function that returns its argument", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sink = ident(identInline(s)) })
		return after(n, &sink)
	}},
	{name: "ninth of nine results", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); _, _, _, _, _, _, _, _, sink = nine(s) })
		return after(n, &sink)
	}},
	{name: "pointer parameter", run: func(n int) bool {
		var keep []byte
		stackalloc.Do(n, func(s []byte) { mark(s); storeThrough(&keep, s) })
		disturb(n)
		return intact(keep, n)
	}},
	{name: "pointer to pointer parameter", run: func(n int) bool {
		var keep []byte
		p := &keep
		stackalloc.Do(n, func(s []byte) { mark(s); storeDeep(&p, s) })
		disturb(n)
		return intact(keep, n)
	}},
	{name: "generic function", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); keepGeneric(&sink, s) })
		return after(n, &sink)
	}},
	{name: "variadic any", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); keepVariadic(1, s) })
		disturb(n)
		return intact(sinkAny.([]any)[1].([]byte), n)
	}},
	{name: "variadic slices", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); keepVariadicBytes(nil, s) })
		return after(n, &sinks.list[1])
	}},
	{name: "function value in a variable", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sinks.store(s) })
		return after(n, &sinks.b)
	}},
	{name: "function value in a map", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sinks.table["keep"](s) })
		return after(n, &sinks.b)
	}},
	{name: "local function value", run: func(n int) bool {
		var keep []byte
		store := func(b []byte) { keep = b }
		stackalloc.Do(n, func(s []byte) { mark(s); store(s) })
		disturb(n)
		return intact(keep, n)
	}},
	{name: "local function value that is assigned twice", run: func(n int) bool {
		store := func(b []byte) { clear(b) }
		if n > 0 {
			store = func(b []byte) { sink = b }
		}
		stackalloc.Do(n, func(s []byte) { mark(s); store(s) })
		return after(n, &sink)
	}},
	{name: "interface method", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sinks.iface.store(s) })
		return after(n, &sinks.iface.(*holder).b)
	}},
	{name: "io.Writer", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sinks.writer.Write(s) })
		return after(n, &sinks.writer.(*holder).b)
	}},
	{name: "interface of a local", run: func(n int) bool {
		var keep holder
		var w io.Writer = &keep
		stackalloc.Do(n, func(s []byte) { mark(s); w.Write(s) })
		disturb(n)
		return intact(keep.b, n)
	}},
	{name: "method expression", run: func(n int) bool {
		var keep holder
		stackalloc.Do(n, func(s []byte) { mark(s); (*holder).store(&keep, s) })
		disturb(n)
		return intact(keep.b, n)
	}},
	{name: "type switch", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) {
			mark(s)
			switch v := any(s).(type) {
			case string:
				sinks.str = v
			case []byte:
				sink = v
			}
		})
		return after(n, &sink)
	}},
	{name: "type assertion", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sink, _ = any(s).([]byte) })
		return after(n, &sink)
	}},
	{name: "array and back", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) {
			mark(s)
			a := [2][]byte{s[:1], s}
			b := a
			sink = b[len(a)-1]
		})
		return after(n, &sink)
	}},
	{name: "copy of slices", run: func(n int) bool {
		sinks.list = make([][]byte, 2)
		stackalloc.Do(n, func(s []byte) {
			mark(s)
			a := [2][]byte{s[:1], s}
			copy(sinks.list, a[:])
		})
		return after(n, &sinks.list[1])
	}},
	{name: "append of slices", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) {
			mark(s)
			a := [2][]byte{s[:1], s}
			sinks.list = append([][]byte(nil), a[:]...)
		})
		return after(n, &sinks.list[1])
	}},
	{name: "pointer copy of a struct", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) {
			mark(s)
			h := &holder{b: s}
			*sinks.h = *h
		})
		return after(n, &sinks.h.b)
	}},
	{name: "max of strings", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sinks.str = max("", unsafe.String(&s[0], n)) })
		disturb(n)
		return intact([]byte(sinks.str), n)
	}},
	{name: "user's iterator", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) {
			mark(s)
			for b := range func(yield func([]byte) bool) { yield(s) } {
				sink = b
			}
		})
		return after(n, &sink)
	}},
	{name: "goto in the callback", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) {
			var t []byte
		again:
			sink = t
			if t == nil {
				mark(s)
				t = s
				goto again
			}
		})
		return after(n, &sink)
	}},
	{name: "goroutine by capture", run: func(n int) bool {
		start, result := make(chan bool), make(chan bool)
		stackalloc.Do(n, func(s []byte) {
			mark(s)
			go func() { <-start; result <- intact(s, n) }()
		})
		disturb(n)
		close(start)
		return <-result
	}},
	{name: "goroutine by argument", run: func(n int) bool {
		start, result := make(chan bool), make(chan bool)
		stackalloc.Do(n, func(s []byte) {
			mark(s)
			go func(b []byte) { <-start; result <- intact(b, n) }(s)
		})
		disturb(n)
		close(start)
		return <-result
	}},
	{name: "goroutine of a named function", run: func(n int) bool {
		done := make(chan bool)
		stackalloc.Do(n, func(s []byte) { mark(s); go retainAndTell(s, done) })
		<-done
		return after(n, &sink)
	}},
	{name: "goroutine by method value", run: func(n int) bool {
		h := &holder{}
		stackalloc.Do(n, func(s []byte) {
			mark(s)
			done := make(chan bool)
			go func() { h.store(s); close(done) }()
			<-done
		})
		disturb(n)
		return intact(h.b, n)
	}},
	{name: "WaitGroup.Go", run: func(n int) bool {
		var wg sync.WaitGroup
		ok, start := false, make(chan bool)
		stackalloc.Do(n, func(s []byte) {
			mark(s)
			wg.Go(func() { <-start; ok = intact(s, n) })
		})
		disturb(n)
		close(start)
		wg.Wait()
		return ok
	}},
	{name: "method receiver", run: func(n int) bool {
		m := &inMethod{}
		return intact(m.run(n), n)
	}},
	{name: "method receiver through an interface", run: func(n int) bool {
		var m entrust = &inMethod{}
		return intact(m.run(n), n)
	}},
	{name: "generic method receiver", run: func(n int) bool {
		m := &inGeneric[[]byte]{}
		m.run(n, func(b []byte) []byte { return b })
		return after(n, &m.v)
	}},
	{name: "type constraint's method", run: func(n int) bool {
		h := &holder{}
		byConstraint(h, n)
		return after(n, &h.b)
	}},
	{name: "recursion", max: 70 << 10, run: func(n int) bool {
		var keep []byte
		ok := recurseKeeping(6, n, &keep)
		disturb(n)
		return ok && intact(keep, n)
	}},
	{name: "recursion inside of callbacks", max: 70 << 10, run: func(n int) bool {
		var keep []byte
		ok := recurseKeepingInside(6, n, &keep)
		disturb(n)
		return ok && intact(keep, n)
	}},
}

func retainAndTell(b []byte, done chan bool) { retain(b); close(done) }

// What keeps is one of the standard library's types.
var leaksStandard = []leak{
	{name: "bytes.NewBuffer", run: func(n int) bool {
		var keep *bytes.Buffer
		stackalloc.Do(n, func(s []byte) { mark(s); keep = bytes.NewBuffer(s) })
		disturb(n)
		return intact(keep.Bytes(), n)
	}},
	{name: "bytes.NewReader", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sinks.reader = bytes.NewReader(s) })
		disturb(n)
		all, _ := io.ReadAll(sinks.reader)
		return intact(all, n)
	}},
	{name: "bytes.Reader of a local", run: func(n int) bool {
		var keep bytes.Reader
		stackalloc.Do(n, func(s []byte) { mark(s); keep.Reset(s) })
		disturb(n)
		all := make([]byte, n)
		keep.ReadAt(all, 0)
		return intact(all, n)
	}},
	{name: "strings.NewReader", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sinks.reader = strings.NewReader(unsafe.String(&s[0], n)) })
		disturb(n)
		all, _ := io.ReadAll(sinks.reader)
		return intact(all, n)
	}},
	{name: "bufio.Scanner's buffer", run: func(n int) bool {
		var sc *bufio.Scanner
		stackalloc.Do(n+1, func(s []byte) {
			text := make([]byte, n)
			mark(text)
			sc = bufio.NewScanner(bytes.NewReader(text))
			sc.Buffer(s, n+1)
			sc.Split(func(b []byte, eof bool) (int, []byte, error) {
				if len(b) == n {
					return n, b, nil
				}
				return 0, nil, nil
			})
			sc.Scan()
		})
		disturb(n)
		return intact(sc.Bytes(), n)
	}},
	{name: "bytes.Cut", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sink, _, _ = bytes.Cut(s, []byte("no such text")) })
		return after(n, &sink)
	}},
	{name: "bytes.Split", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sinks.list = bytes.Split(s, []byte("no such text")) })
		return after(n, &sinks.list[0])
	}},
	{name: "bytes.TrimSuffix", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sink = bytes.TrimSuffix(s, []byte("no such text")) })
		return after(n, &sink)
	}},
	{name: "strconv.Append's result", run: func(n int) bool {
		want := []byte("1234567")
		stackalloc.Uninit(n, func(s []byte) { sink = strconv.AppendInt(s[:0], 1234567, 10) })
		disturb(n)
		return bytes.Equal(sink, want)
	}},
	{name: "hex.AppendEncode's result", run: func(n int) bool {
		stackalloc.Uninit(n, func(s []byte) { sink = hex.AppendEncode(s[:0], []byte{1, 2}) })
		disturb(n)
		return string(sink) == "0102"
	}},
	{name: "slices.Clip", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sink = slices.Clip(s) })
		return after(n, &sink)
	}},
	{name: "slices.Grow", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sink = slices.Grow(s[:0], 1)[:n] })
		return after(n, &sink)
	}},
	{name: "slices.Concat of slices", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sinks.list = slices.Concat([][]byte{nil}, [][]byte{s}) })
		return after(n, &sinks.list[1])
	}},
	{name: "slices.Insert", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sinks.list = slices.Insert([][]byte{nil}, 0, s) })
		return after(n, &sinks.list[0])
	}},
	{name: "slices.Values", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sinks.seq = slices.Values(s) })
		disturb(n)
		return intact(slices.Collect(sinks.seq), n)
	}},
	{name: "slices.Chunk", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sinks.chunks = slices.Chunk(s, n) })
		disturb(n)
		for c := range sinks.chunks {
			return intact(c, n)
		}
		return false
	}},
	{name: "maps.Copy", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); maps.Copy(sinks.byInt, map[int][]byte{1: s}) })
		kept := sinks.byInt[1]
		return after(n, &kept)
	}},
	{name: "list.List", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sinks.lst.PushFront(s) })
		disturb(n)
		return intact(sinks.lst.Front().Value.([]byte), n)
	}},
	{name: "sync.Pool", run: func(n int) bool {
		var p sync.Pool // may forget what it was given
		stackalloc.Do(n, func(s []byte) { mark(s); p.Put(&s) })
		disturb(n)
		b, _ := p.Get().(*[]byte)
		return b == nil || intact(*b, n)
	}},
	{name: "sync.Map", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sinks.smap.Store(1, s) })
		disturb(n)
		v, _ := sinks.smap.Load(1)
		return intact(v.([]byte), n)
	}},
	{name: "sync.OnceValue", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sinks.fn = sync.OnceValue(func() []byte { return s }) })
		disturb(n)
		return intact(sinks.fn(), n)
	}},
	{name: "atomic.Pointer", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sinks.atom.Store(&s[0]) })
		disturb(n)
		return intact(unsafe.Slice(sinks.atom.Load(), n), n)
	}},
	{name: "atomic.Pointer of a local", run: func(n int) bool {
		var keep atomic.Pointer[byte]
		stackalloc.Do(n, func(s []byte) { mark(s); keep.CompareAndSwap(nil, &s[0]) })
		disturb(n)
		return intact(unsafe.Slice(keep.Load(), n), n)
	}},
	{name: "atomic.StorePointer", run: func(n int) bool {
		var keep unsafe.Pointer
		stackalloc.Do(n, func(s []byte) { mark(s); atomic.StorePointer(&keep, unsafe.Pointer(&s[0])) })
		disturb(n)
		return intact(unsafe.Slice((*byte)(keep), n), n)
	}},
	{name: "atomic.Value", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sinks.aval.Swap(s) })
		disturb(n)
		return intact(sinks.aval.Load().([]byte), n)
	}},
	{name: "context.WithValue", run: func(n int) bool {
		type key struct{}
		stackalloc.Do(n, func(s []byte) { mark(s); sinks.ctx = context.WithValue(context.Background(), key{}, s) })
		disturb(n)
		return intact(sinks.ctx.Value(key{}).([]byte), n)
	}},
	{name: "context.AfterFunc", run: func(n int) bool {
		ctx, cancel := context.WithCancel(context.Background())
		result := make(chan bool)
		stackalloc.Do(n, func(s []byte) { mark(s); context.AfterFunc(ctx, func() { result <- intact(s, n) }) })
		disturb(n)
		cancel()
		return <-result
	}},
	{name: "time.AfterFunc", run: func(n int) bool {
		result, start := make(chan bool), make(chan bool)
		stackalloc.Do(n, func(s []byte) {
			mark(s)
			time.AfterFunc(0, func() { <-start; result <- intact(s, n) })
		})
		disturb(n)
		close(start)
		return <-result
	}},
	{name: "runtime.AddCleanup's argument", run: func(n int) bool {
		var kept []byte
		stackalloc.Do(n, func(s []byte) {
			mark(s)
			p := new([]byte)
			c := runtime.AddCleanup(p, func(b []byte) { clear(b) }, s)
			defer c.Stop()
			kept = s
			runtime.KeepAlive(p)
		})
		return after(n, &kept)
	}},
	{name: "runtime.SetFinalizer", run: func(n int) bool {
		result := make(chan bool, 1)
		stackalloc.Do(n, func(s []byte) {
			mark(s)
			h, want := &holder{b: s}, bytes.Clone(s)
			runtime.SetFinalizer(h, func(h *holder) { result <- bytes.Equal(h.b, want) })
		})
		disturb(n)
		select {
		case ok := <-result:
			return ok
		default:
			return true // the collector did not come by
		}
	}},
	{name: "errors.Join", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sinks.err = errors.Join(leakError{s}) })
		disturb(n)
		var e leakError
		return errors.As(sinks.err, &e) && intact(e.b, n)
	}},
	{name: "fmt.Errorf", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sinks.err = fmt.Errorf("%w", leakError{s}) })
		disturb(n)
		var e leakError
		return errors.As(sinks.err, &e) && intact(e.b, n)
	}},
	{name: "reflect.Value", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sinks.value = reflect.ValueOf(s) })
		disturb(n)
		return intact(sinks.value.Bytes(), n)
	}},
	{name: "reflect.Value.Set", run: func(n int) bool {
		var keep []byte
		v := reflect.ValueOf(&keep).Elem()
		stackalloc.Do(n, func(s []byte) { mark(s); v.Set(reflect.ValueOf(s)) })
		disturb(n)
		return intact(keep, n)
	}},
	{name: "reflect.Value.SetBytes", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); reflect.ValueOf(&sink).Elem().SetBytes(s) })
		return after(n, &sink)
	}},
	{name: "reflect.Value.SetMapIndex", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) {
			mark(s)
			reflect.ValueOf(sinks.byInt).SetMapIndex(reflect.ValueOf(3), reflect.ValueOf(s))
		})
		kept := sinks.byInt[3]
		return after(n, &kept)
	}},
	{name: "reflect.Value.Send", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); reflect.ValueOf(sinks.ch).Send(reflect.ValueOf(s)) })
		disturb(n)
		return intact(<-sinks.ch, n)
	}},
	{name: "reflect.Value.Call", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) {
			mark(s)
			reflect.ValueOf(sinks.store).Call([]reflect.Value{reflect.ValueOf(s)})
		})
		return after(n, &sinks.b)
	}},
	{name: "reflect.Append", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) {
			mark(s)
			sinks.list = reflect.Append(reflect.ValueOf([][]byte{nil}), reflect.ValueOf(s)).Interface().([][]byte)
		})
		return after(n, &sinks.list[1])
	}},
	{name: "reflect.Value.Interface", run: func(n int) bool {
		stackalloc.Do(n, func(s []byte) { mark(s); sinkAny = reflect.ValueOf(&s).Elem().Slice(0, n).Interface() })
		disturb(n)
		return intact(sinkAny.([]byte), n)
	}},
	{name: "reflect.Value.Convert", run: func(n int) bool {
		type other []byte
		stackalloc.Do(n, func(s []byte) {
			mark(s)
			sinkAny = reflect.ValueOf(s).Convert(reflect.TypeFor[other]()).Interface()
		})
		disturb(n)
		return intact(sinkAny.(other), n)
	}},
}

// TestCorpusCollectYield keeps Collect's yield and calls it when the block is
// dead: that panics, and writes to nothing.
func TestCorpusCollectYield(t *testing.T) {
	call := func(yield func(byte) bool) (message any) {
		defer func() { message = recover() }()
		yield(0xee)
		return nil
	}
	for _, n := range []int{1, stackalloc.SmallBlock, stackalloc.SmallBlock + 1, 1000, 5000, 64 << 10} {
		withPatience(0, func() {
			onGoroutine(0, func() {
				var kept func(byte) bool
				length := -1
				stackalloc.Collect(n, func(yield func(byte) bool) { kept = yield; yield(1) }, func(s []byte) {
					length = len(s)
					if m, ok := call(kept).(string); !ok || !strings.HasPrefix(m, "stackalloc:") {
						t.Errorf("n=%d: a yield kept by the iterator, called within the scope: %q", n, m)
					}
					if s[0] != 1 {
						t.Errorf("n=%d: the block was written to", n)
					}
				})
				if length != 1 {
					t.Errorf("n=%d: %d elements, want 1", n, length)
				}
				for range 4 {
					stackalloc.Do(n, func(s []byte) {
						if m, ok := call(kept).(string); !ok || !strings.HasPrefix(m, "stackalloc:") {
							t.Errorf("n=%d: a yield kept by the iterator, called after the scope: %q", n, m)
						}
						if bytes.Count(s, []byte{0}) != n {
							t.Errorf("n=%d: a dead block was written to", n)
						}
					})
					disturb(n)
				}

				// An iterator that panics leaves its yield without a scope too.
				kept = nil
				func() {
					defer func() { recover() }()
					stackalloc.Collect(n, func(yield func(byte) bool) { kept = yield; panic("stop") }, func([]byte) {})
				}()
				stackalloc.Do(n, func(s []byte) {
					call(kept)
					if bytes.Count(s, []byte{0}) != n {
						t.Errorf("n=%d: a dead block was written to after a panic", n)
					}
				})
			})
		})
	}
}
