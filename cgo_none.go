//go:build !(cgo && gc && !purego && (stackalloc_cgo || !(amd64 || arm64)))

package stackalloc

import "unsafe"

const cFrames = false

const withC = ""

func onCStack(size uintptr, f func(b unsafe.Pointer)) bool { return false }
