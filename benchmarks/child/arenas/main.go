//go:build goexperiment.arenas

// Command arenas is the standard library's experimental package arena: one arena
// for each block.
package main

import (
	"arena"

	"github.com/stackalloc/stackalloc/benchmarks/child"
	"github.com/stackalloc/stackalloc/internal/measure"
)

func main() { child.Serve(loop) }

func loop(n, times int) {
	for range times {
		a := arena.NewArena()
		measure.Touch(arena.MakeSlice[byte](a, n, n))
		a.Free()
	}
}
