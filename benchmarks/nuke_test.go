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
	typed := arena.NewTyped[token](n)
	filled(b, "Typed.New", n, "token", func() {
		for i := range n {
			t, ok := typed.New()
			if !ok {
				b.Fatal("full")
			}
			t.line = i
		}
	}, typed.Reset)
	filled(b, "Typed.Alloc", n, "token", func() {
		for i := range n {
			if _, ok := typed.Alloc(token{line: i}); !ok {
				b.Fatal("full")
			}
		}
	}, typed.Reset)
	lazy, err := arena.NewLazyTyped[token](n)
	if err != nil {
		b.Fatal(err)
	}
	defer lazy.Close()
	filled(b, "LazyTyped.New", n, "token", func() {
		for i := range n {
			t, ok := lazy.New()
			if !ok {
				b.Fatal("full")
			}
			t.line = i
		}
	}, lazy.Reset)
	peer := nuke.NewMonotonicArena(64*n, 1)
	filled(b, "nuke.New", n, "token", func() {
		for i := range n {
			t := nuke.New[token](peer)
			t.line = i
		}
	}, func() { peer.Reset(false) })
	filled(b, "new", n, "token", func() {
		for i := range n {
			t := new(token)
			t.line = i
			sinkToken = t
		}
	}, func() {})
}

var sinkToken *token
