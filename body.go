package stackalloc

import (
	"iter"
	"unsafe"
)

// The public functions share one body, written out in each because only inlined
// code gives the compiler a view of the callback:
//
//	for {                                   // a loop, on purpose
//		var probe [0]T
//		if small and proven { s = make }    // in the caller's frame
//		else if enter || place { return }   // done elsewhere
//		else { s = shown(&probe) }          // never reached
//		f(s)
//		return
//	}
//
// The address of probe is the proof: f(s) may be the call with the probe, so that
// escape analysis must move probe to the heap if f lets its argument outlive the
// iteration. Without the loop a variable of the enclosing function would not
// outlive it. The probe has no bytes, so that nothing is cleared, and a heap
// object of size zero costs no allocation. What it shows has length n, so that no
// compiler can conclude that f sees an empty slice.
//
// f is passed as an interface because taking its address would make it unknown.
// A body that prepares the block calls the same helper in the closure g, which
// runs on the block, as in the open, which the compiler sees.

// here calls g. A literal handed to it is inlined into the caller of the function
// that hands it over, at a cost to the inliner that does not grow with its body:
// 39 in all, of a budget of 80, so that helpers around the public functions stay
// inlinable too, and keep the proof of their own callers.
func here(g func()) { g() }

// shown is the block as the compiler sees it.
func shown[T any](p unsafe.Pointer, n int) []T {
	return unsafe.Slice((*T)(p), n)
}

// fits reports whether a block of n elements is for the caller's own frame.
func fits[T any](n int) bool {
	var z T
	return uint(n) <= smallBlock && uint64(n)*uint64(unsafe.Sizeof(z)) <= smallBlock
}

// bytes returns the size of n elements, wrapped where it overflows, or 0 where T
// is too large for the assembly.
func bytes[T any](n int) uintptr {
	var z T
	if unsafe.Sizeof(z) > maxElem {
		return 0
	}
	return uintptr(n) * unsafe.Sizeof(z)
}

func fill[T any](s []T, v T) {
	for i := range s {
		s[i] = v
	}
}

func initialize[T any](s []T, init func(i int) T) {
	for i := range s {
		s[i] = init(i)
	}
}

// collect fills s from seq and returns what it filled.
func collect[T any](s []T, seq iter.Seq[T]) []T {
	i, done := 0, false
	seq(func(v T) bool {
		if done {
			panic("stackalloc: Collect's iterator called yield after it returned")
		}
		if i == len(s) {
			return false
		}
		s[i] = v
		i++
		return i < len(s)
	})
	done = true
	return s[:i:i]
}
