//go:build gc && !purego && (386 || amd64 || arm || arm64 || loong64 || mips || mipsle || mips64 || mips64le || ppc64 || ppc64le || riscv64 || s390x || wasm)

// Package gstack asks where the calling goroutine's stack is.
//
// The runtime keeps the bounds of a stack in the first two words of the
// goroutine's g, stack.lo and stack.hi, and every architecture keeps g in a
// register of its own or in thread-local storage. [Sound] checks both before
// anything is made to depend on them.
//
// A goroutine's stack moves at almost any call, and its pointers with it, but
// numbers made from them stay behind. The functions here that compare are
// therefore assembly that no stack move can interrupt (NOSPLIT, and the runtime
// preempts no assembly), and get the pointer itself.
package gstack

import "unsafe"

// Known tells that this build reads the bounds. Where it is false every function
// here answers as if the goroutine had no stack.
const Known = true

// noescape holds for all: the arguments are compared with the bounds and forgotten.

// Contains reports whether p points into the calling goroutine's stack.
//
//go:noescape
func Contains(p unsafe.Pointer) bool

// Bounds returns the lowest address of the calling goroutine's stack and the one
// above its highest. They are stale as soon as the stack moves.
//
//go:noescape
func Bounds() (lo, hi uintptr)

// Above returns how many bytes of the stack lie above p, which points into it.
// The number stays right when the stack moves: what is on it keeps its distance
// from the top. cgo's own wrappers rest on the same invariant (_cgo_topofstack).
//
//go:noescape
func Above(p unsafe.Pointer) uintptr

// Load returns the pointer that is stored on the calling goroutine's stack with
// above bytes above it, see [Above]. It must be there: nothing is checked.
//
//go:noescape
func Load(above uintptr) unsafe.Pointer

// Sound reports whether the bounds are plausible: a local variable lies between
// them, and stacks have sizes that are powers of two of at least 2 KiB (wasm
// included, only the system stacks of the runtime's threads differ, which run no
// user code).
//
//go:noinline
func Sound() bool {
	var local unsafe.Pointer
	lo, hi := Bounds()
	at := uintptr(unsafe.Pointer(&local))
	size := hi - lo
	return lo < at && at < hi && size >= 2<<10 && size&(size-1) == 0
}
