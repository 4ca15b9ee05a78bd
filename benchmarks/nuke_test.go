package main

import (
	"testing"

	"github.com/ortuman/nuke"

	"github.com/stackalloc/stackalloc/arena"
)

// token is 48 bytes with pointers.
type token struct {
	text string
	next *token
	line int
	col  int
	kind int
}

// BenchmarkNew is 1,000 tokens filled in place and one Reset, in ns per token.
// Pointers in a nuke arena are hidden from the collector: it is for values whose
// pointers lead into the arena.
func BenchmarkNew(b *testing.B) {
	const n = 1000
	perToken := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/token")
	}
	b.Run("impl=Typed.New", func(b *testing.B) {
		a := arena.NewTyped[token](n)
		b.ReportAllocs()
		for b.Loop() {
			for i := range n {
				t, ok := a.New()
				if !ok {
					b.Fatal("full")
				}
				t.line = i
			}
			a.Reset()
		}
		perToken(b)
	})
	b.Run("impl=Typed.Alloc", func(b *testing.B) {
		a := arena.NewTyped[token](n)
		b.ReportAllocs()
		for b.Loop() {
			for i := range n {
				if _, ok := a.Alloc(token{line: i}); !ok {
					b.Fatal("full")
				}
			}
			a.Reset()
		}
		perToken(b)
	})
	b.Run("impl=LazyTyped.New", func(b *testing.B) {
		a, err := arena.NewLazyTyped[token](n)
		if err != nil {
			b.Fatal(err)
		}
		defer a.Close()
		b.ReportAllocs()
		for b.Loop() {
			for i := range n {
				t, ok := a.New()
				if !ok {
					b.Fatal("full")
				}
				t.line = i
			}
			a.Reset()
		}
		perToken(b)
	})
	b.Run("impl=nuke.New", func(b *testing.B) {
		a := nuke.NewMonotonicArena(64*n, 1)
		b.ReportAllocs()
		for b.Loop() {
			for i := range n {
				t := nuke.New[token](a)
				t.line = i
			}
			a.Reset(false)
		}
		perToken(b)
	})
	b.Run("impl=new", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for i := range n {
				t := new(token)
				t.line = i
				sinkToken = t
			}
		}
		perToken(b)
	})
}

var sinkToken *token
