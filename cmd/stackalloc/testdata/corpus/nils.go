package main

import (
	"bytes"
	"fmt"
	"slices"
	"sort"
)

// Copies that are nil when there is nothing to copy, and ways to see that.

//go:noinline
func comparedInClosure(in []int) string {
	s := append([]int(nil), in...) // keep it may be nil
	isNil := func() bool { return s == nil }
	if isNil() {
		return "nil"
	}
	return "set"
}

//go:noinline
func comparedInParentheses(in []int) string {
	s := slices.Clone(in) // keep it may be nil
	if (s) == nil {
		return "nil"
	}
	return fmt.Sprint(len(s))
}

//go:noinline
func assigned(in []int) bool {
	s := append([]int(nil), in...) // keep it may be nil
	t := s
	return t == nil
}

type holder struct{ s []int }

//go:noinline
func inField(in []int) bool {
	s := append([]int(nil), in...) // keep it may be nil
	h := holder{s}
	return h.s == nil
}

//go:noinline
func isNil(s []int) bool { return s == nil }

//go:noinline
func inCallee(in []int) bool {
	s := append([]int(nil), in...) // keep it may be nil
	return isNil(s)
}

//go:noinline
func partOfNil(in []byte) bool {
	s := bytes.Clone(in) // keep it may be nil
	t := s[:0]
	return t == nil
}

//go:noinline
func sorted(in []int) int {
	s := append([]int(nil), in...) // want stackalloc.Call
	sort.Ints(s)
	if len(s) == 0 {
		return -1
	}
	return s[0]
}

//go:noinline
func emptyConversion(in string) bool {
	b := []byte(in) // want stackalloc.Call
	for i := range b {
		b[i]++
	}
	return b == nil
}

//go:noinline
func emptyMake(n int) bool {
	b := make([]byte, n) // want stackalloc.Call
	return b == nil
}

// Room behind the end of a copy is up to the runtime.

//go:noinline
func appended(in string) int {
	b := []byte(in) // keep it is appended to
	b = append(b, '!')
	return len(b)
}

//go:noinline
func roomOfMake(n int) (sum int) {
	b := make([]byte, n) // want stackalloc.Call
	c := append(b, 1)
	d := append(b, 2)
	return int(c[n]) + 10*int(d[n]) + 100*cap(b)
}

//go:noinline
func reslicedMake(n int) int {
	b := make([]byte, 0, n) // want stackalloc.Call
	b = b[:cap(b)]
	for _, c := range b {
		if c != 0 {
			return -1
		}
	}
	return len(b)
}

func init() {
	for _, in := range [][]int{nil, {}, {3, 1, 2}} {
		add("comparedInClosure", func() any { return comparedInClosure(in) })
		add("comparedInParentheses", func() any { return comparedInParentheses(in) })
		add("assigned", func() any { return assigned(in) })
		add("inField", func() any { return inField(in) })
		add("inCallee", func() any { return inCallee(in) })
		add("sorted", func() any { return sorted(in) })
	}
	add("partOfNil", func() any { return fmt.Sprint(partOfNil(nil), partOfNil([]byte{})) })
	add("emptyConversion", func() any { return emptyConversion("") })
	add("emptyMake", func() any { return emptyMake(0) })
	add("appended", func() any { return appended("some text that is longer than a small block") })
	add("roomOfMake", func() any { return roomOfMake(40) })
	add("reslicedMake", func() any { return reslicedMake(40) })
}
