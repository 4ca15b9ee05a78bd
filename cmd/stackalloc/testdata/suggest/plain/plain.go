// Package plain holds what suggest finds and can rewrite. A comment "want" gives
// what it must find on its line, and after a slash what the diff must use.
package plain

import (
	"bytes"
	"encoding/hex"
	"errors"
	"slices"
)

func Void(n int, dst []byte) {
	b := make([]byte, n) // want make/stackalloc.Do(n, func(b []byte) {
	for i := range b {
		b[i] = byte(i)
	}
	copy(dst, b)
}

func Result(src []byte) string {
	if len(src) == 0 {
		return ""
	}
	dst := make([]byte, hex.EncodedLen(len(src))) // want make/return stackalloc.Call(n, func(dst []byte) string {
	hex.Encode(dst, src)
	return string(dst)
}

func TwoResults(src string) (int, error) {
	b := make([]byte, uint(hex.DecodedLen(len(src)))) // want make/return stackalloc.Call2(int(n2), func(b []byte) (int, error) {
	n, err := hex.Decode(b, []byte(src))
	if err != nil {
		return 0, errors.New("not hexadecimal")
	}
	return int(b[0]) + n, nil
}

func InnerBlock(words []string) (n int) {
	for _, w := range words {
		row := make([]int, len(w)+1) // want make/stackalloc.Do(n2, func(row []int) {
		for i := range row {
			row[i] = i
			if i > 9 {
				break
			}
		}
		n += slices.Max(row)
	}
	return n
}

func ReturnFromInnerBlock(words []string) int {
	for _, w := range words {
		row := make([]int, len(w)+1) // want make/for row := range stackalloc.Scope[int](n) {
		for i := range row {
			row[i] = int(w[i%len(w)])
		}
		if slices.Max(row) > 100 {
			return len(row)
		}
	}
	return 0
}

func Capacity(n int) (sum int) {
	if n > 3 {
		list := make([]int, 0, n) // want make/stackalloc.Uninit(n, func(list []int) {
		for i := range n {
			list = append(list, i)
		}
		sum = len(list)
	}
	return sum
}

type list []int

func Named(n int) (k int) {
	l := make(list, n) // want make/return stackalloc.Call(n, func(block []int) (k int) {
	for i := range l {
		k += l[i]
	}
	return k
}

func Clone(src []int) int {
	s := slices.Clone(src) // want copy/return stackalloc.Call(len(src), func(s []int) int {
	slices.Sort(s)
	return s[len(s)/2]
}

func Append(src []int) int {
	s := append([]int(nil), src...) // want copy/return stackalloc.Call(len(src), func(s []int) int {
	slices.Sort(s)
	return s[len(s)/2]
}

func Convert(s string, dst []byte) {
	b := []byte(s) // want conversion/stackalloc.Uninit(len(s), func(b []byte) {
	slices.Reverse(b)
	copy(dst, b)
}

func Second(n int, src []byte) bool {
	a := make([]byte, n) // want make/return stackalloc.Call(n, func(a []byte) bool {
	copy(a, src)
	b := make([]byte, n) // want make
	copy(b[1:], src)
	return bytes.Equal(a, b)
}

func Grows(next func() int) (n int) {
	var list []int
	for i := next(); i > 0; i = next() {
		list = append(list, i) // want append/var listRoom [16]int
	}
	for _, l := range list {
		n += l
	}
	return n
}

func Growth(words []string) (n int) {
	var lengths []int
	for _, w := range words {
		lengths = append(lengths, len(w)) // want append/return stackalloc.Call(min(len(words), 2048), func(lengths []int) (n int) {
	}
	for _, l := range lengths {
		n += l
	}
	return n
}
