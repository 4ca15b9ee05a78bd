package main

import (
	"fmt"
	"sync"

	"github.com/stackalloc/stackalloc/internal/loops"
)

// freshSizes in bytes, and how many blocks a new goroutine has before it ends.
var (
	freshSizes = []int{2000, 16000, 60000}
	freshUses  = []int{1, 10, 100, 1000}
)

// freshWays returns the ways on goroutines that each have so many blocks. Ours is
// not marked as such, because blocks that do not fit a new stack are recycled.
func freshWays(uses int) []*way {
	return []*way{
		{name: "**stackalloc.Uninit**", loop: fresh(loops.Uninit, uses), unit: uses},
		{name: "sync.Pool, dirty", loop: fresh(pools.Dirty, uses), unit: uses, pool: true},
		{name: "make", loop: fresh(loops.Make, uses), unit: uses, zeroed: true},
	}
}

// fresh does times, a multiple of uses, on goroutines that each do uses of them.
// One function is started every time, so that no start costs an object. It must
// not be a copy made by inlining, where a call of the library has no proof.
//
//go:noinline
func fresh(loop func(n, times int), uses int) func(n, times int) {
	return func(n, times int) {
		var wg sync.WaitGroup
		start := func() {
			loop(n, uses)
			wg.Done()
		}
		for range times / uses {
			wg.Add(1)
			go start()
			wg.Wait()
		}
	}
}

// freshContest compares blocks on goroutines whose stack has still to grow.
func freshContest() *contest {
	c := &contest{
		text: "Fresh goroutines: time in ns for one block and a callee that writes its first and last byte, on goroutines that end after so\n" +
			"many blocks, one after the other. The start of the goroutine is part of the time of its blocks",
		title: "blocks of a new goroutine", ratio: "Uninit ÷ the better", rivals: 2, most: 1.1,
	}
	for _, uses := range freshUses {
		ways := freshWays(uses)
		for _, n := range freshSizes {
			c.rows = append(c.rows, contestRow{name: fmt.Sprintf("%d × %d B", uses, n), cells: cellsOf(ways, []int{n})})
		}
	}
	return c
}
