// Package stackalloc gives a slice whose length is known only at run time, that
// lives on the goroutine stack, and that is gone when its scope ends: what alloca
// is to C, with a proof by the compiler in place of the programmer's promise.
//
//	stackalloc.Uninit(len(name)+16, func(buf []byte) {
//		n := encode(buf, name)
//		sum = sha256.Sum256(buf[:n])
//	})
//
// # What is guaranteed
//
// No call of this package needs a promise. Each public function is inlined into
// its caller and shows the compiler a zero-sized variable that flows into the
// callback wherever the block would. If the callback lets its slice reach
// anything that outlives the call (a global, a field, a variable outside of the
// callback, a channel, another goroutine, an interface call), escape analysis
// moves that variable to the heap, the call sees its address, and takes the
// block from make. Otherwise the variable, and then the block, is on the stack.
//
// A call without a proof is as safe as make, and as fast. There is none when the
// compiler does not know the callback (a function value of unknown origin), in
// builds without inlining (-gcflags=-l, debug builds), in a very large function,
// and where the compiler inlines nothing:
//
//   - in a closure whose enclosing function was itself inlined, which makes the
//     closure anew; a callback made anew is known, but methods of interfaces are
//     not devirtualized in it;
//   - in a loop over an iterator inside a loop over an iterator;
//   - in the callback of another call of the same function, when that one's block
//     has at most 32 bytes;
//   - in the initializer of a package variable with Go 1.27;
//   - in the body of for b.Loop() itself, where the compiler keeps the arguments of
//     calls alive: from Go 1.26 on those of functions without a result, like Do and
//     Scope, in Go 1.25 those of all;
//   - in a function that is inlined only because a profile (PGO) says that it is hot:
//     its callbacks are made anew, and the calls in them are not inlined.
//
// A named function for the body, or //go:noinline on the enclosing function, is
// the usual cure; in for b.Loop() it is func() { … }() around the call. The command stackalloc check tells which calls are proven and
// why others are not, and [TraceHeap] tells it of a running process.
//
// The guarantee is the compiler's own for a local array whose address is taken.
// Where the compiler is wrong for those, it is wrong here: up to Go 1.27,
// reflect.Copy, reflect.AppendSlice and reflect.Value.Grow with a slice of
// slices do not count as leaking what they copy. Code that hides pointers from
// the compiler (through uintptr, or assembly marked noescape that keeps its
// argument) is wrong for local variables and for blocks alike. Recycled blocks,
// see below, have one hole more: the runtime does not copy a string that is
// concatenated with empty ones only, unless it is on the stack, so that a string
// made of a block with unsafe.String may outlive it that way.
//
// # Where a block lives
//
// Up to 32 bytes, or 4 elements of up to 32 bytes, in the caller's own frame. Up to
// the limit (64 KiB, see [SetLimit]) on the goroutine's stack, if the block fits
// into what is there, or has been asked for often enough to pay for growing it, in
// a frame of the next power of two. For elements with pointers that ends at 8 KiB,
// and, unless they are pointers, strings, slices or others of up to three words
// that begin with their only pointer, at 128 elements. Proven blocks that do not
// fit are recycled: taken from earlier scopes, which provably kept nothing. All
// others, and those above 16 MiB, come from make.
//
// # When not to use it
//
// Where a constant bound is small, var b [64]byte is simpler and as fast. Where
// the slice is handed to an interface method (io.Reader, hash.Hash behind its
// interface), no proof is possible: package scratch serves those. Where the
// result outlives the call, it belongs on the heap.
//
// All functions are safe for concurrent use. Slices have a capacity equal to
// their length, so append moves to the heap and never overruns. A negative length
// or one whose size overflows panics, with a message that starts with
// "stackalloc:", before any callback runs. A panic or [runtime.Goexit] in a
// callback passes through.
package stackalloc

import (
	"iter"
	"unsafe"
)

// Do calls f with n zeroed elements.
//
// The cost on amd64 is about 3 ns and that of clearing the block, and less than
// 1 ns for a block in the caller's own frame. That of elements with pointers is that
// of a fixed array, and 1 ns for up to 16 elements or 1 to 8 for more.
func Do[T any](n int, f func(s []T)) {
	here(func() {
		for {
			if fits[T](n) {
				f(make([]T, n))
				return
			}
			if few[T](n) {
				f(make([]T, fewElems)[:n:n])
				return
			}
			var probe [0]T
			p := unsafe.Pointer(&probe)
			if pointerFree[T]() {
				if haveRungs {
					if i, size := rungOf[T](n); run(zeroRungs[i], p, n, f, size) {
						return
					}
				}
				if placePlain[T](n, noescapeFunc(f), uintptr(p), true) {
					return
				}
			} else if placePointers[T](n, noescapeFunc(f), uintptr(p)) {
				return
			}
			show := func(p unsafe.Pointer, n int) {
				f(unsafe.Slice((*T)(p), n))
				if !yes {
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
// The cost on amd64 is 3 to 4 ns at any size that fits the stack, 1 ns more for
// structs and arrays, and 2 to 5 ns more for a recycled block. What was in the
// block before may be data of the same process: do not hand it out unwritten.
func Uninit[T any](n int, f func(s []T)) {
	here(func() {
		for {
			if fits[T](n) {
				f(make([]T, n))
				return
			}
			if few[T](n) {
				f(make([]T, fewElems)[:n:n])
				return
			}
			var probe [0]T
			p := unsafe.Pointer(&probe)
			if pointerFree[T]() {
				if haveRungs && (plain[T]() || seenPlain[T]()) {
					if i, size := rungOf[T](n); run(rungs[i], p, n, f, size) {
						return
					}
				}
				if placePlain[T](n, noescapeFunc(f), uintptr(p), false) {
					return
				}
			} else if placePointers[T](n, noescapeFunc(f), uintptr(p)) {
				return
			}
			show := func(p unsafe.Pointer, n int) {
				f(unsafe.Slice((*T)(p), n))
				if !yes {
					recover()
				}
			}
			show(p, n)
			return
		}
	})
}

// Fill calls f with n elements that are all v.
func Fill[T any](n int, v T, f func(s []T)) {
	here(func() {
		for {
			if fits[T](n) {
				s := make([]T, n)
				for i := range s {
					s[i] = v
				}
				f(s)
				return
			}
			var probe [0]T
			p := unsafe.Pointer(&probe)
			g := func(s []T) {
				for i := range s {
					s[i] = v
				}
				f(s)
				if !yes {
					recover()
				}
			}
			if pointerFree[T]() {
				if haveRungs && (plain[T]() || seenPlain[T]()) {
					if i, size := rungOf[T](n); run(rungs[i], p, n, g, size) {
						return
					}
				}
				if placePlain[T](n, noescapeFunc(g), uintptr(p), false) {
					return
				}
			} else if placePointers[T](n, noescapeFunc(g), uintptr(p)) {
				return
			}
			g(shown[T](p, n))
			return
		}
	})
}

// Init calls f with n elements, of which element i is init(i). The calls are made
// in order. If init panics, f is not called.
func Init[T any](n int, init func(i int) T, f func(s []T)) {
	here(func() {
		for {
			if fits[T](n) {
				s := make([]T, n)
				for i := range s {
					s[i] = init(i)
				}
				f(s)
				return
			}
			var probe [0]T
			p := unsafe.Pointer(&probe)
			g := func(s []T) {
				for i := range s {
					s[i] = init(i)
				}
				f(s)
				if !yes {
					recover()
				}
			}
			if pointerFree[T]() {
				if haveRungs && (plain[T]() || seenPlain[T]()) {
					if i, size := rungOf[T](n); run(rungs[i], p, n, g, size) {
						return
					}
				}
				if placePlain[T](n, noescapeFunc(g), uintptr(p), false) {
					return
				}
			} else if placePointers[T](n, noescapeFunc(g), uintptr(p)) {
				return
			}
			g(shown[T](p, n))
			return
		}
	})
}

// Collect calls f with the elements of seq, at most the first n. The slice, and
// its capacity, is as long as seq was; the block has room for n from the start.
//
// An iterator that calls its yield after it has returned meets a panic. A proof
// needs an iterator known to the compiler, such as slices.Values(x), as much as a
// known callback.
func Collect[T any](n int, seq iter.Seq[T], f func(s []T)) {
	here(func() {
		for {
			var probe [0]T
			p := unsafe.Pointer(&probe)
			g := func(s []T) {
				i, done := 0, false
				seq(func(v T) bool {
					if done {
						lateYield()
					}
					if i < len(s) {
						s[i] = v
						i++
					}
					return i < len(s)
				})
				done = true
				f(s[:i:i])
				if !yes {
					recover()
				}
			}
			if pointerFree[T]() {
				if haveRungs && (plain[T]() || seenPlain[T]()) {
					if i, size := rungOf[T](n); run(rungs[i], p, n, g, size) {
						return
					}
				}
				if placePlain[T](n, noescapeFunc(g), uintptr(p), false) {
					return
				}
			} else if placePointers[T](n, noescapeFunc(g), uintptr(p)) {
				return
			}
			g(shown[T](p, n))
			return
		}
	})
}

// Copy calls f with a copy of src.
func Copy[T any](src []T, f func(s []T)) {
	here(func() {
		n := len(src)
		for {
			if fits[T](n) {
				s := make([]T, n)
				copy(s, src)
				f(s)
				return
			}
			var probe [0]T
			p := unsafe.Pointer(&probe)
			g := func(s []T) {
				copy(s, src)
				f(s)
				if !yes {
					recover()
				}
			}
			if pointerFree[T]() {
				if haveRungs && (plain[T]() || seenPlain[T]()) {
					if i, size := rungOf[T](n); run(rungs[i], p, n, g, size) {
						return
					}
				}
				if placePlain[T](n, noescapeFunc(g), uintptr(p), false) {
					return
				}
			} else if placePointers[T](n, noescapeFunc(g), uintptr(p)) {
				return
			}
			g(shown[T](p, n))
			return
		}
	})
}

// Call returns f's result, called with n zeroed elements. A result that holds the
// slice makes the block one from the heap.
func Call[T, R any](n int, f func(s []T) R) (r R) {
	here(func() {
		for {
			if fits[T](n) {
				s := make([]T, n)
				r = f(s)
				return
			}
			var probe [0]T
			p := unsafe.Pointer(&probe)
			g := func(s []T) {
				r = f(s)
				if !yes {
					recover()
				}
			}
			if pointerFree[T]() {
				if haveRungs {
					if i, size := rungOf[T](n); run(zeroRungs[i], p, n, g, size) {
						return
					}
				}
				if placePlain[T](n, noescapeFunc(g), uintptr(p), true) {
					return
				}
			} else if placePointers[T](n, noescapeFunc(g), uintptr(p)) {
				return
			}
			g(shown[T](p, n))
			return
		}
	})
	return r
}

// Call2 returns f's two results, called with n zeroed elements. A result that
// holds the slice makes the block one from the heap.
func Call2[T, R1, R2 any](n int, f func(s []T) (R1, R2)) (r1 R1, r2 R2) {
	here(func() {
		for {
			if fits[T](n) {
				s := make([]T, n)
				r1, r2 = f(s)
				return
			}
			var probe [0]T
			p := unsafe.Pointer(&probe)
			g := func(s []T) {
				r1, r2 = f(s)
				if !yes {
					recover()
				}
			}
			if pointerFree[T]() {
				if haveRungs {
					if i, size := rungOf[T](n); run(zeroRungs[i], p, n, g, size) {
						return
					}
				}
				if placePlain[T](n, noescapeFunc(g), uintptr(p), true) {
					return
				}
			} else if placePointers[T](n, noescapeFunc(g), uintptr(p)) {
				return
			}
			g(shown[T](p, n))
			return
		}
	})
	return r1, r2
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
			if fits[T](n) {
				s := make([]T, n)
				yield(s)
				return
			}
			var probe [0]T
			p := unsafe.Pointer(&probe)
			g := func(s []T) {
				yield(s)
				if !yes {
					recover()
				}
			}
			if haveRungs && pointerFree[T]() {
				if i, size := rungOf[T](n); run(zeroRungs[i], p, n, g, size) {
					return
				}
			}
			if placeZeroed[T](n, noescapeFunc(g), uintptr(p)) { // short: this body is inlined whole, and that has a limit
				return
			}
			g(shown[T](p, n))
			return
		}
	}
}

// Aligned calls f with n zeroed elements, the first at a multiple of align bytes,
// which stays one when the stack moves. It panics unless align is a power of two
// from 1 to 1024. A zero-sized T, or n = 0, has no address to align.
//
// The cost is about twice that of [Do]; elements with pointers take a block of at
// least 32 KiB, recycled where the call is proven.
func Aligned[T any](n, align int, f func(s []T)) {
	here(func() {
		for {
			var probe [0]T
			p := unsafe.Pointer(&probe)
			if placeAligned[T](n, align, noescapeFunc(f), uintptr(p)) {
				return
			}
			show := func(p unsafe.Pointer, n int) {
				f(unsafe.Slice((*T)(p), n))
				if !yes {
					recover()
				}
			}
			show(p, n)
			return
		}
	})
}

// OnStack reports whether s points into the stack of the calling goroutine. It is
// false for an empty s without capacity, and always false in builds without
// access to the goroutine's bounds (see the platform table of the README).
func OnStack[T any](s []T) bool {
	return cap(s) > 0 && stackContains(unsafe.Pointer(unsafe.SliceData(s)))
}
