package stackalloc

import (
	"iter"
	"unsafe"
)

// fillFirst is how many elements Fill writes one by one where it copies the others from
// them: those with pointers, and where no assembly fills.
const fillFirst = 16

// Fill calls f with n elements that are all v.
//
// The cost on amd64 of a block above 32 bytes is about that of [Do] for elements of 1, 2,
// 4 and 8 bytes without pointers, and once to twice that, or a little more, for others
// without pointers. Those with pointers are written and then copied, which takes longer.
func Fill[T any](n int, v T, f func(s []T)) {
	inline(func() {
		noPointers := pointerFree[T]()
		byWords, word := noPointers && wordSized[T](), wordOf(v)
		for {
			if !exceedsFrame[T](n) {
				s := make([]T, n)
				if byWords {
					fillWords(unsafe.Pointer(unsafe.SliceData(s)), uintptr(n)*unsafe.Sizeof(v), word)
				} else {
					for i := range s {
						s[i] = v
					}
				}
				f(s)
				return
			}
			var probe [0]T
			p := unsafe.Pointer(&probe)
			i, size := rungOf[T](n)
			if byWords && onFillRung(fillRungs[i], p, n, f, size, word) {
				return
			}
			u := v // which is in memory, as v need not be
			g := func(s []T) {
				if haveFill && noPointers {
					fillElements(unsafe.Pointer(unsafe.SliceData(s)), unsafe.Pointer(&u), unsafe.Sizeof(v), uintptr(n)*unsafe.Sizeof(v))
				} else {
					k := 0
					for ; k < len(s) && k < fillFirst; k++ {
						s[k] = u
					}
					for k < len(s) { // twice as many each time
						k += copy(s[k:], s[:k])
					}
				}
				f(s)
				if !always {
					recover()
				}
			}
			if haveRungs && noPointers && !byWords && onRung(rungs[i], p, n, g, size) {
				return
			}
			if runEither[T](n, noescapeFunc(g), uintptr(p), false) { // short: this body is inlined whole, and that has a limit
				return
			}
			g(shown[T](p, n))
			return
		}
	})
}

// wordSized reports whether elements of T without pointers are filled in words of eight
// bytes that hold one as often as they can: where the assembly is, which writes them.
func wordSized[T any]() bool {
	size := unsafe.Sizeof(*new(T))
	return haveRungs && size-1 < 8 && size&(size-1) == 0
}

// wordOf returns the word for v.
func wordOf[T any](v T) uint64 {
	p := unsafe.Pointer(&v)
	switch unsafe.Sizeof(v) {
	case 1:
		return uint64(*(*uint8)(p)) * ((1<<64 - 1) / (1<<8 - 1))
	case 2:
		return uint64(*(*uint16)(p)) * ((1<<64 - 1) / (1<<16 - 1))
	case 4:
		return uint64(*(*uint32)(p)) * ((1<<64 - 1) / (1<<32 - 1))
	case 8:
		return *(*uint64)(p)
	}
	return 0
}

// Init calls f with n elements, of which element i is init(i). The calls are made
// in order. If init panics, f is not called.
func Init[T any](n int, init func(i int) T, f func(s []T)) {
	inline(func() {
		for {
			if !exceedsFrame[T](n) {
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
				if !always {
					recover()
				}
			}
			if pointerFree[T]() {
				if haveRungs {
					if i, size := rungOf[T](n); onRung(rungs[i], p, n, g, size) {
						return
					}
				}
				if runPointerFree[T](n, noescapeFunc(g), uintptr(p), false) {
					return
				}
			} else if runPointers[T](n, noescapeFunc(g), uintptr(p)) {
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
	inline(func() {
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
				if !always {
					recover()
				}
			}
			if pointerFree[T]() {
				if haveRungs {
					if i, size := rungOf[T](n); onRung(rungs[i], p, n, g, size) {
						return
					}
				}
				if runPointerFree[T](n, noescapeFunc(g), uintptr(p), false) {
					return
				}
			} else if runPointers[T](n, noescapeFunc(g), uintptr(p)) {
				return
			}
			g(shown[T](p, n))
			return
		}
	})
}

// Copy calls f with a copy of src.
func Copy[T any](src []T, f func(s []T)) {
	inline(func() {
		n := len(src)
		for {
			if !exceedsFrame[T](n) {
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
				if !always {
					recover()
				}
			}
			if pointerFree[T]() {
				if haveRungs {
					if i, size := rungOf[T](n); onRung(rungs[i], p, n, g, size) {
						return
					}
				}
				if runPointerFree[T](n, noescapeFunc(g), uintptr(p), false) {
					return
				}
			} else if runPointers[T](n, noescapeFunc(g), uintptr(p)) {
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
	inline(func() {
		for {
			if !exceedsFrame[T](n) {
				s := make([]T, n)
				r = f(s)
				return
			}
			var probe [0]T
			p := unsafe.Pointer(&probe)
			g := func(s []T) {
				r = f(s)
				if !always {
					recover()
				}
			}
			if pointerFree[T]() {
				if haveRungs {
					if i, size := rungOf[T](n); onRung(zeroRungs[i], p, n, g, size) {
						return
					}
				}
				if runPointerFree[T](n, noescapeFunc(g), uintptr(p), true) {
					return
				}
			} else if runPointers[T](n, noescapeFunc(g), uintptr(p)) {
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
	inline(func() {
		for {
			if !exceedsFrame[T](n) {
				s := make([]T, n)
				r1, r2 = f(s)
				return
			}
			var probe [0]T
			p := unsafe.Pointer(&probe)
			g := func(s []T) {
				r1, r2 = f(s)
				if !always {
					recover()
				}
			}
			if pointerFree[T]() {
				if haveRungs {
					if i, size := rungOf[T](n); onRung(zeroRungs[i], p, n, g, size) {
						return
					}
				}
				if runPointerFree[T](n, noescapeFunc(g), uintptr(p), true) {
					return
				}
			} else if runPointers[T](n, noescapeFunc(g), uintptr(p)) {
				return
			}
			g(shown[T](p, n))
			return
		}
	})
	return r1, r2
}

// lateYield stops an iterator that kept its yield and calls it too late.
//
//go:noinline
func lateYield() { panic("stackalloc: Collect's iterator called yield after it returned") }
