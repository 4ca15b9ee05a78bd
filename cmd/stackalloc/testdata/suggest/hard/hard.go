// Package hard holds what suggest finds and cannot rewrite, and what it must not
// find.
package hard

import (
	"fmt"
	"io"
	"strconv"
)

// wide is too large for an array of a few.
type wide [80]byte

func Branches(n int, words []string) (k int) {
	for range words {
		b := make([]wide, n) // want make
		if len(b) > 3 {
			continue
		}
		k += len(b)
	}
	return k
}

func Deferred(n int) (k int) {
	b := make([]wide, n) // want make
	defer func() { recover() }()
	b[0][0]++
	return len(b)
}

func NotAVariable(n int, src []byte) int {
	return copy(make([]byte, n), src) // want make
}

func Nil(src []int) bool {
	s := append([]int(nil), src...) // want copy
	if s == nil {
		return false
	}
	return s[0] > 0
}

// A closure that would be copied by inlining has no proof.
func Closure(n int) func() int {
	return func() int {
		b := make([]byte, n) // want make
		for i := range b {
			b[i] = byte(i)
		}
		return len(b)
	}
}

var held = func() func() int { return Closure(40) }()

func Unbounded(next func() int) (n int) {
	var list []int
	for i := next(); i > 0; i = next() {
		list = append(list, i) // want append
		n = max(n, cap(list))
	}
	for _, l := range list {
		n += l
	}
	return n
}

func Write(w io.Writer, n int) error {
	b := make([]byte, n) // want io
	_, err := w.Write(b)
	return err
}

func ReadFull(r io.Reader, n int) (sum int) {
	b := make([]byte, n) // want io
	io.ReadFull(r, b)
	return len(b)
}

func Array(src []byte) (sum int) {
	var b [4096]byte // want array
	n := copy(b[:], src)
	for _, c := range b[:n] {
		sum += int(c)
	}
	return sum
}

func WholeArray(src []byte) (sum int) {
	var b [4096]byte
	copy(b[:], src)
	for _, c := range b {
		sum += int(c)
	}
	return sum
}

func SmallArray(v int64) int {
	var b [64]byte
	n := len(strconv.AppendInt(b[:0], v, 10))
	return len(b[:n])
}

func Constant() int {
	b := make([]byte, 100)
	return len(b)
}

func Escapes(n int) []byte { return make([]byte, n) }

func Prints(n int) {
	b := make([]byte, n)
	fmt.Println(b)
}

func Extends(s []byte, n int) int {
	t := append(s, make([]byte, n)...)
	return len(t)
}

func Kept(r io.Reader, n int) []byte {
	b := make([]byte, n)
	io.ReadFull(r, b)
	return b[1:]
}
