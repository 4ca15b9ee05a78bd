package stackalloc

import (
	"errors"
	"io"
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
	here(func() {
		if err = refuse[T](n, limit); err != nil {
			return
		}
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
	return err
}

func refuse[T any](n, limit int) error {
	if 0 <= n && n <= limit {
		var z T
		if size := unsafe.Sizeof(z); size == 0 || uintptr(n) <= math.MaxInt/size {
			return nil
		}
	}
	return refusal[T](n, limit)
}

//go:noinline
func refusal[T any](n, limit int) error {
	var z T
	switch {
	case n < 0:
		return &wrapped{strconv.Itoa(n) + " is negative", ErrLength}
	case n > limit:
		return &wrapped{strconv.Itoa(n) + " elements, at most " + strconv.Itoa(limit) + " allowed", ErrLength}
	}
	return &wrapped{strconv.Itoa(n) + " elements of " + strconv.FormatUint(uint64(unsafe.Sizeof(z)), 10) +
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

// Closing opens n elements, element i with open(i), calls f with them, and closes
// them in reverse order when f ends: by return, panic or [runtime.Goexit], each
// exactly once, also when closing another one panics.
//
// If open fails, the elements opened so far are closed and f is not called. The
// error joins that of open or f with those of Close, in the order in which they
// happened; those of Close are lost in a panic. It costs some 20 ns more than a
// call of [Do] of the same size.
func Closing[T io.Closer](n int, open func(i int) (T, error), f func(s []T) error) (err error) {
	here(func() {
		for {
			var probe [0]T
			p := unsafe.Pointer(&probe)
			g := func(s []T) {
				opened := 0
				// A Close that panics is passed over by closing the rest while
				// it unwinds.
				var closeRest func()
				closeRest = func() {
					defer func() {
						if opened > 0 {
							closeRest()
						}
					}()
					for opened > 0 {
						opened--
						err = join(err, s[opened].Close())
					}
				}
				defer closeRest()
				for i := range s {
					var v T
					if v, err = open(i); err != nil {
						err = openError(i, n, err)
						return
					}
					s[i] = v
					opened++
				}
				err = f(s)
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
	return err
}

func openError(i, n int, err error) error {
	return &wrapped{"stackalloc: opening element " + strconv.Itoa(i) + " of " + strconv.Itoa(n), err}
}

func join(err, closing error) error {
	if closing == nil {
		return err
	}
	return errors.Join(err, closing)
}
