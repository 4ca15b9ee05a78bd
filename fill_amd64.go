//go:build gc && !purego && !stackalloc_cgo

package stackalloc

import "unsafe"

// haveFill says that fillElements is assembly.
const haveFill = true

// fillElements writes the size bytes at from over and over into total bytes at p, a
// multiple of size.
//
//go:noescape
func fillElements(p, from unsafe.Pointer, size, total uintptr)
