package main

import (
	"crypto/sha256"
	"io"
	"os"
	"sync/atomic"

	"github.com/stackalloc/stackalloc"
)

// blocks counts the blocks that were used.
var blocks atomic.Int64

// hash reads f to its end through a block of n bytes. The compiler proves that
// neither Read nor the hash keeps the block, which it can because both are called
// on concrete types: f is an *os.File, and it sees what sha256.New returns.
//
// Without noinline the function would be inlined, and its callback made anew
// there, where the compiler does not look that closely. stackalloc check told.
//
//go:noinline
func hash(f *os.File, n int) (sum [sha256.Size]byte, size int64, err error) {
	blocks.Add(1)
	stackalloc.Uninit(n, func(block []byte) {
		h := sha256.New()
		for {
			var k int
			k, err = f.Read(block)
			h.Write(block[:k])
			size += int64(k)
			if err != nil {
				break
			}
		}
		h.Sum(sum[:0])
	})
	if err == io.EOF {
		err = nil
	}
	return sum, size, err
}
