package main

import (
	"fmt"
	"strings"
)

// Slices that a function makes and returns, and its callers keep to themselves or not.

// split returns where the labels of a name begin.
func split(s string) []int {
	if s == "." {
		return nil
	}
	idx := make([]int, 1, 3)
	for i, c := range s {
		if c == '.' && i+1 < len(s) {
			idx = append(idx, i+1)
		}
	}
	return idx
}

//go:noinline
func lastLabel(s string) string {
	l := split(s) // want [16]int
	if len(l) == 0 {
		return ""
	}
	return s[l[len(l)-1]:]
}

//go:noinline
func commonLabels(a, b string) (n int) {
	x := split(a) // want [16]int
	y := split(b) // want [16]int
	for i, j := len(x)-1, len(y)-1; i >= 0 && j >= 0 && strings.TrimSuffix(a[x[i]:], ".") == strings.TrimSuffix(b[y[j]:], "."); i, j = i-1, j-1 {
		n++
	}
	return n
}

var held []int

//go:noinline
func holds(s string) int {
	l := split(s)
	held = l
	return len(l)
}

//go:noinline
func capacityOfResult(s string) int {
	l := split(s) // want [3]int
	return cap(l) - len(l)
}

//go:noinline
func rootOnly(s string) bool {
	l := split(s) // want [16]int
	return l == nil
}

//go:noinline
func inLoopOfCalls(names []string) (n int) {
	for _, s := range names {
		l := split(s) // want [16]int
		for _, i := range l {
			n = 7*n + i
		}
	}
	return n
}

type upper struct{ prefix string }

func (u *upper) all(words []string, sep byte) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = u.prefix + strings.ToUpper(w) + string(sep)
	}
	return out
}

//go:noinline
func lengthOfAll(words []string) (n int) {
	u := &upper{"x"}
	words = u.all(words, '.') // want stackalloc.Call
	for _, w := range words {
		n += len(w)
	}
	return n
}

//go:noinline
func newVariable(words []string) (n int) {
	u := &upper{"y"}
	list := u.all(words, '!') // want stackalloc.Call
	for i, w := range list {
		n += i * len(w)
	}
	return n + len(words)
}

//go:noinline
func ofExpressionResult(words []string) (n int) {
	list := (&upper{}).all(words[1:], '!') // keep not that of a variable
	for _, w := range list {
		n += len(w)
	}
	return n
}

//go:noinline
func seenAfterwards(words []string) (n int) {
	u := &upper{"z"}
	if len(words) > 1 {
		words = u.all(words, '.')
		n += len(words[0])
	}
	return n + len(words[0])
}

// skipping makes a slice that is shorter than what it is given.
func skipping(words []string) []int {
	if len(words) > 0 {
		words = words[1:]
	}
	out := make([]int, len(words))
	for i, w := range words {
		out[i] = len(w)
	}
	return out
}

//go:noinline
func lengthOfRest(words []string) (n int) {
	l := skipping(words)
	for _, v := range l {
		n += v
	}
	return 100*n + len(l)
}

// withLabels would make its slice in its room again and again.
func withLabels(n int) []int {
	out := make([]int, 2)
again:
	out[0] = n
	if n > 10 {
		n /= 2
		goto again
	}
	return out
}

//go:noinline
func ofLabels(n int) int {
	l := withLabels(n) // keep withLabels has labels
	return l[0] + l[1]
}

func init() {
	names := []string{".", "a.b.example.org.", "b.example.org", "", strings.Repeat("x.", 40)}
	for _, s := range names {
		add("lastLabel", func() any { return lastLabel(s) })
		add("commonLabels", func() any { return fmt.Sprint(commonLabels(s, names[1]), commonLabels(names[2], s)) })
		add("capacityOfResult", func() any { return capacityOfResult(s) })
		add("rootOnly", func() any { return rootOnly(s) })
	}
	add("holds", func() any { a := holds(names[1]); b := held; holds(names[2]); return fmt.Sprint(a, b, held) })
	add("inLoopOfCalls", func() any { return inLoopOfCalls(names) })
	add("lengthOfAll", func() any { return lengthOfAll(names) })
	add("newVariable", func() any { return newVariable(names) })
	add("ofExpressionResult", func() any { return ofExpressionResult(names) })
	add("seenAfterwards", func() any { return seenAfterwards(names) })
	add("lengthOfRest", func() any { return lengthOfRest(names) })
	add("ofLabels", func() any { return ofLabels(100) })
}
