//go:build !stackalloc_debug

package alloc

// debug turns on what the tag stackalloc_debug is for: freed memory is
// overwritten, and a free list remembers who freed a block and finds writes to
// free blocks.
const debug = false
