// Command threshold is make in a program that is built with the compiler's
// -d=variablemakethreshold: up to that size its blocks are on the stack.
package main

import (
	"github.com/stackalloc/stackalloc/benchmarks/child"
	"github.com/stackalloc/stackalloc/internal/measure"
)

func main() { child.Serve(loop) }

func loop(n, times int) {
	for range times {
		one(n)
	}
}

// one has the frame, as the function has that contains the make.
//
//go:noinline
func one(n int) {
	s := make([]byte, n)
	measure.Touch(s)
}
