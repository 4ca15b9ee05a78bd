//go:build !(amd64 && gc && !purego && !stackalloc_cgo)

package stackalloc

import "unsafe"

const haveFill = false

// fillElements is asked for nothing where there is no assembly for it.
func fillElements(p, from unsafe.Pointer, size, total uintptr) {}
