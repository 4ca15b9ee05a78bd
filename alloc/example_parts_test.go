package alloc_test

import (
	"errors"
	"fmt"
	"strings"

	"github.com/stackalloc/stackalloc/alloc"
)

// Take a Limit where a size comes from outside: without it the second message would
// end the program, as make would.
func ExampleNewLimit() {
	a := alloc.NewLimit(alloc.Heap{}, 1<<20)
	for _, length := range []int{1000, 1 << 30} {
		b, err := a.Alloc(length, 1)
		fmt.Println(len(b), err)
	}
	// Output:
	// 1000 <nil>
	// 0 alloc: out of memory: Limit was asked for 1073741824 bytes aligned to 1: 1047576 of the 1048576 bytes that NewLimit allows are left; free some, or allow more
}

// Take a List for a pool of which nobody knows how large it must be: free lists are
// made as they are needed, and blocks keep their addresses.
func ExampleNewList() {
	pool := alloc.NewList(func() alloc.Allocator { return alloc.NewFreeList(64, 100) })
	var sessions [][]byte
	for range 250 {
		b, err := pool.Alloc(64, 8)
		if err != nil {
			fmt.Println(err)
			return
		}
		sessions = append(sessions, b)
	}
	fmt.Println(pool.Len(), "lists")
	for _, b := range sessions {
		pool.Free(b)
	}
	pool.Trim(nil)
	fmt.Println(pool.Len(), "lists")
	// Output:
	// 3 lists
	// 0 lists
}

// Take Reset where all blocks of a list die together, at the end of a frame or a
// request: nobody has to keep count of them.
func ExampleFreeList_Reset() {
	particles := alloc.NewFreeList(32, 1000)
	for frame := range 3 {
		for range 300 * (frame + 1) {
			if _, err := particles.Alloc(32, 8); err != nil {
				fmt.Println(err)
				return
			}
		}
		fmt.Print(particles.Left(), " ")
		particles.Reset()
	}
	fmt.Println(particles.Left())
	// Output: 700 400 100 1000
}

// words splits text into words allocated from a, and forgets to free one where it
// fails halfway.
func words(a alloc.Allocator, text string) ([][]byte, error) {
	var all [][]byte
	for _, w := range strings.Fields(text) {
		b, err := a.Alloc(len(w), 1)
		if err != nil {
			if len(all) > 0 {
				all = all[1:] // the mistake
			}
			for _, b := range all {
				a.Free(b)
			}
			return nil, err
		}
		copy(b, w)
		all = append(all, b)
	}
	return all, nil
}

// Take a Tracker in tests, around the allocator that the code under test gets. In a
// test t.Check(t) would fail and print this.
func ExampleNewTracker() {
	t := alloc.NewTracker(alloc.NewFreeList(16, 2))
	_, err := words(t, "one two three")
	fmt.Println(errors.Is(err, alloc.ErrOutOfMemory))
	for _, leak := range t.Live() {
		fmt.Println(leak.Size, "bytes from", strings.SplitN(leak.Stack, "\n", 2)[0])
	}
	// Output:
	// true
	// 3 bytes from github.com/stackalloc/stackalloc/alloc_test.words
}

// Take a Failing to visit every path on which code runs out of memory. With a Tracker
// in between it finds what is lost there.
func ExampleNewFailing() {
	for n := 0; ; n++ {
		t := alloc.NewTracker(alloc.Heap{})
		f := alloc.NewFailing(t, n)
		all, err := words(f, "one two three")
		if !f.Failed() {
			fmt.Println(len(all), "words after", f.Calls(), "calls")
			break
		}
		fmt.Println("call", n+1, "fails:", errors.Is(err, alloc.ErrOutOfMemory), "leaks:", len(t.Live()))
	}
	// Output:
	// call 1 fails: true leaks: 0
	// call 2 fails: true leaks: 1
	// call 3 fails: true leaks: 1
	// 3 words after 3 calls
}
