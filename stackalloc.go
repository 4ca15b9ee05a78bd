package stackalloc

import (
	"iter"
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/gstack"
)

// Do calls f with n zeroed elements.
//
// The cost on amd64 is a few nanoseconds and that of clearing the block, and less for
// a block in the caller's own frame. That of elements with pointers is that of a fixed
// array, and a few nanoseconds. The figures by size, type of the elements and machine
// are in benchmarks/README.md.
func Do[T any](n int, f func(s []T)) {
	inline(func() {
		for {
			if !exceedsFrame[T](n) {
				f(make([]T, n))
				return
			}
			if fewFitFrame[T](n) {
				f(make([]T, fewElems)[:n:n])
				return
			}
			var probe [0]T
			p := unsafe.Pointer(&probe)
			free, ladder := pointerFree[T](), &zeroRungs
			if !free {
				ladder = pointerLadder[T](n)
			}
			if haveRungs && (free || ladder != nil) { // what a constant address is not asked
				if i, size := rungOf[T](n); onRung(ladder[i], p, n, f, size) {
					return
				}
			}
			if free {
				if runPointerFree[T](n, noescapeFunc(f), uintptr(p), true) {
					return
				}
			} else if runPointers[T](n, noescapeFunc(f), uintptr(p)) {
				return
			}
			show := func(p unsafe.Pointer, n int) {
				block := header{p, n, n}
				f(*(*[]T)(unsafe.Pointer(&block)))
				if !always {
					recover()
				}
			}
			show(p, n)
			return
		}
	})
}

// Uninit calls f with n elements whose contents are unspecified, unless T holds
// pointers or bools: those are zero, since for them not every bit pattern is a
// value.
//
// The cost on amd64 is a few nanoseconds at any size that fits the stack, and a few
// more for structs and arrays, and for a recycled block. What was in the block before
// may be data of the same process: do not hand it out unwritten.
func Uninit[T any](n int, f func(s []T)) {
	inline(func() {
		for {
			if !exceedsFrame[T](n) {
				f(make([]T, n))
				return
			}
			if fewFitFrame[T](n) {
				f(make([]T, fewElems)[:n:n])
				return
			}
			var probe [0]T
			p := unsafe.Pointer(&probe)
			if pointerFree[T]() {
				if haveRungs && (anyBits[T]() || seenAnyBits[T]()) {
					if i, size := rungOf[T](n); onRung(rungs[i], p, n, f, size) {
						return
					}
				}
				if runPointerFree[T](n, noescapeFunc(f), uintptr(p), false) {
					return
				}
			} else if runPointers[T](n, noescapeFunc(f), uintptr(p)) {
				return
			}
			show := func(p unsafe.Pointer, n int) {
				block := header{p, n, n}
				f(*(*[]T)(unsafe.Pointer(&block)))
				if !always {
					recover()
				}
			}
			show(p, n)
			return
		}
	})
}

// Scope returns an iterator over one slice of n zeroed elements, so that a block
// reads like a statement, with break, return and assignment to outer variables:
//
//	for s := range stackalloc.Scope[byte](n) {
//		…
//	}
//
// The proof needs the call in the range clause itself.
func Scope[T any](n int) iter.Seq[[]T] {
	return func(yield func(s []T) bool) {
		for {
			if !exceedsFrame[T](n) {
				s := make([]T, n)
				yield(s)
				return
			}
			var probe [0]T
			p := unsafe.Pointer(&probe)
			if haveRungs && pointerFree[T]() {
				if i, size := rungOf[T](n); onRung(zeroRungs[i], p, n, yield, size) {
					return
				}
			}
			g := func(s []T) {
				yield(s)
				if !always {
					recover()
				}
			}
			if runEither[T](n, noescapeFunc(g), uintptr(p), true) { // short: this body is inlined whole, and that has a limit
				return
			}
			g(shown[T](p, n))
			return
		}
	}
}

// OnStack reports whether s points into the stack of the calling goroutine. It is
// false for an empty s without capacity, and always false in builds without
// access to the goroutine's bounds (see docs/platforms.md).
func OnStack[T any](s []T) bool {
	return cap(s) > 0 && gstack.Contains(unsafe.Pointer(unsafe.SliceData(s)))
}
