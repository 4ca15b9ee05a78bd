package stackalloc

import (
	"errors"
	"io"
	"strconv"
	"unsafe"
)

// Closing opens n elements, element i with open(i), calls f with them, and closes
// them in reverse order when f ends: by return, panic or [runtime.Goexit], each
// exactly once, also when closing another one panics.
//
// If open fails, the elements opened so far are closed and f is not called. The
// error joins that of open or f with those of Close, in the order in which they
// happened; those of Close are lost in a panic. It costs some 20 ns more than a
// call of [Do] of the same size, and the calls of open and Close.
func Closing[T io.Closer](n int, open func(i int) (T, error), f func(s []T) error) (err error) {
	inline(func() {
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
			if run[T](n, noescapeFunc(g), uintptr(p)) {
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
