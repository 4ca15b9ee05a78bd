package alloc_test

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/stackalloc/stackalloc/alloc"
	"github.com/stackalloc/stackalloc/scratch"
)

// A server composes its allocators once and attaches a recycled block of package
// scratch for each request. Unlike Local this is an Allocator through and
// through, so the typed helpers and io.Reader can have its blocks.
type server struct {
	block *alloc.Scoped
	stats *alloc.Stats
}

func newServer() *server {
	block := alloc.NewScopedOver(nil)
	list := alloc.NewFreeList(1024, 8)
	return &server{block, alloc.NewStats(alloc.NewFallback(block, alloc.NewFallback(list, alloc.Heap{})))}
}

// serve returns the number of words and the length of the longest.
func (s *server) serve(r io.Reader) (words, longest int, err error) {
	scratch.Uninit(512, func(mem []byte) {
		s.block.Attach(mem)
		defer s.block.Attach(nil)

		var buf []byte
		if buf, err = s.stats.Alloc(128, 1); err != nil {
			return
		}
		defer s.stats.Free(buf)
		var lengths []uint16
		defer func() { alloc.FreeSlice(s.stats, lengths) }()

		in := bufio.NewScanner(r)
		in.Buffer(buf, len(buf))
		in.Split(bufio.ScanWords)
		for in.Scan() {
			if lengths, err = alloc.Append(s.stats, lengths, uint16(len(in.Bytes()))); err != nil {
				return
			}
		}
		for _, n := range lengths {
			longest = max(longest, int(n))
		}
		words, err = len(lengths), in.Err()
	})
	return words, longest, err
}

// The request handler with scratch memory: block, then free list, then heap, all
// behind one Allocator.
func Example_requestHandlerScratch() {
	s := newServer()
	for _, n := range []int{3, 150, 2000} {
		words, longest, err := s.serve(strings.NewReader(strings.Repeat("to be or not ", n)))
		fmt.Println(words, longest, err)
	}
	c := s.stats.Counts()
	fmt.Println("live:", c.LiveBytes, "failures:", c.Failures, "fallbacks:", c.Fallbacks)
	// Output:
	// 12 3 <nil>
	// 600 3 <nil>
	// 8000 3 <nil>
	// live: 0 failures: 0 fallbacks: 4
}
