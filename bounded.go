package stackalloc

import (
	"errors"
	"math"
	"strconv"
	"unsafe"
)

// ErrLength is wrapped by the error with which [Bounded] refuses a length.
var ErrLength = errors.New("stackalloc: length refused")

// Bounded is [Do] for a length that comes from outside: unless n is from 0 to
// limit, and its size can be had at all, it returns an error that wraps
// [ErrLength] and says what was asked and allowed, and does not call f.
func Bounded[T any](n, limit int, f func(s []T)) (err error) {
	inline(func() {
		if err = refuse[T](n, limit); err != nil {
			return
		}
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
				if haveRungs {
					if i, size := rungOf[T](n); onRung(zeroRungs[i], p, n, f, size) {
						return
					}
				}
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
	return err
}

func refuse[T any](n, limit int) error {
	if 0 <= n && n <= limit {
		if size := unsafe.Sizeof(*new(T)); size == 0 || uintptr(n) <= math.MaxInt/size {
			return nil
		}
	}
	return refusal[T](n, limit)
}

//go:noinline
func refusal[T any](n, limit int) error {
	switch {
	case n < 0:
		return &wrapped{strconv.Itoa(n) + " is negative", ErrLength}
	case n > limit:
		return &wrapped{strconv.Itoa(n) + " elements, at most " + strconv.Itoa(limit) + " allowed", ErrLength}
	}
	return &wrapped{strconv.Itoa(n) + " elements of " + strconv.FormatUint(uint64(unsafe.Sizeof(*new(T))), 10) +
		" bytes overflow the address space", ErrLength}
}

// wrapped is an error with a text before or after the one that it wraps. Package
// fmt would be a third of what this package adds to a program.
type wrapped struct {
	text string
	err  error
}

func (w *wrapped) Error() string {
	if w.err == ErrLength {
		return w.err.Error() + ": " + w.text
	}
	return w.text + ": " + w.err.Error()
}

func (w *wrapped) Unwrap() error { return w.err }
