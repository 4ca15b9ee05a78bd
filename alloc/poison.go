package alloc

import "github.com/stackalloc/stackalloc/internal/build"

// debug turns on what the tag stackalloc_debug is for: freed memory is
// overwritten, and a free list remembers who freed a block and finds writes to
// free blocks.
const debug = build.Debug

// poisonByte is what freed memory is overwritten with in the debug build: easy to
// see in a dump, an invalid bool, a large negative integer.
const poisonByte = 0xDB

func poison(b []byte) {
	for i := range b {
		b[i] = poisonByte
	}
}

// intact returns the index of the first byte that is not poison, or -1.
func intact(b []byte) int {
	for i, c := range b {
		if c != poisonByte {
			return i
		}
	}
	return -1
}
