// Package stackalloc has the functions of the library, word for word as a user
// would write them with make. Generated programs are compiled with it in the
// library's place, to know what they must print.
package stackalloc

import (
	"errors"
	"io"
	"iter"
	"unsafe"
)

var ErrLength = errors.New("refused")

type Site struct {
	Function, File string
	Line           int
	Blocks, Bytes  uint64
}

func TraceHeap(bool) bool    { return false }
func HeapSites() []Site      { return nil }
func Implementation() string { return "make" }

func OnStack[T any](s []T) bool { return false }

func Do[T any](n int, f func(s []T)) { f(make([]T, n)) }

func Uninit[T any](n int, f func(s []T)) { f(make([]T, n)) }

func Fill[T any](n int, v T, f func(s []T)) {
	s := make([]T, n)
	for i := range s {
		s[i] = v
	}
	f(s)
}

func Init[T any](n int, init func(i int) T, f func(s []T)) {
	s := make([]T, n)
	for i := range s {
		s[i] = init(i)
	}
	f(s)
}

func Collect[T any](n int, seq iter.Seq[T], f func(s []T)) {
	s, i := make([]T, n), 0
	for v := range seq {
		if i == n {
			break
		}
		s[i] = v
		i++
		if i == n {
			break
		}
	}
	f(s[:i:i])
}

func Copy[T any](src []T, f func(s []T)) {
	s := make([]T, len(src))
	copy(s, src)
	f(s)
}

func Call[T, R any](n int, f func(s []T) R) R { return f(make([]T, n)) }

func Call2[T, R1, R2 any](n int, f func(s []T) (R1, R2)) (R1, R2) { return f(make([]T, n)) }

func Scope[T any](n int) iter.Seq[[]T] {
	return func(yield func(s []T) bool) { yield(make([]T, n)) }
}

func Aligned[T any](n, align int, f func(s []T)) {
	s := make([]T, n+align)
	i := 0
	for uintptr(unsafe.Pointer(&s[i]))%uintptr(align) != 0 && i < align {
		i++
	}
	f(s[i : i+n : i+n])
}

func Bounded[T any](n, limit int, f func(s []T)) error {
	if n < 0 || n > limit {
		return ErrLength
	}
	f(make([]T, n))
	return nil
}

func Closing[T io.Closer](n int, open func(i int) (T, error), f func(s []T) error) (err error) {
	s := make([]T, n)
	opened := 0
	defer func() {
		for opened > 0 {
			opened--
			err = errors.Join(err, s[opened].Close())
		}
	}()
	for i := range s {
		if s[i], err = open(i); err != nil {
			return err
		}
		opened++
	}
	return f(s)
}
