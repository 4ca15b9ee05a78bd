package recycle

import "unsafe"

// Find returns a block of at least size bytes that rests in the pools, with
// unspecified contents, or nil. Size is at most Max.
func Find(size uintptr) *Block {
	h, _ := pools[class(size)].Get().(*head)
	return (*Block)(unsafe.Pointer(h))
}
