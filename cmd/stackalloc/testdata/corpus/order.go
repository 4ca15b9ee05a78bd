package main

import (
	"fmt"
	"runtime"
	"strings"
)

// Operands that others change, in the order in which they stand.

var (
	width  uint16 = 100
	source        = strings.Repeat("abc", 30)
)

func widens() uint16 { width = 300; return 50 }

func replaces() string { source = "x"; return strings.Repeat("y", 50) }

//go:noinline
func lengthThatChanges() int {
	a := make([]byte, width)    // want stackalloc.Call
	b := make([]byte, widens()) // want stackalloc.Call
	a[0], b[0] = 1, 2
	return len(a)*1000 + len(b)
}

//go:noinline
func lengthsOfOneStatement() int {
	a, b := make([]byte, width), make([]byte, widens()) // want stackalloc.Call
	a[0], b[0] = 1, 2
	return len(a)*1000 + len(b)
}

//go:noinline
func capturedLength(n uint8) int {
	g := func() uint8 { n += 3; return 60 }
	a := make([]byte, n)   // want stackalloc.Call
	b := make([]byte, g()) // want stackalloc.Call
	a[0], b[0] = 1, 2
	return len(a)*1000 + len(b)
}

//go:noinline
func runesThatChange() int {
	a, b := []rune(source), []rune(replaces()) // want stackalloc.Call
	a[0], b[0] = 'z', 'z'
	return len(a)*1000 + len(b)
}

//go:noinline
func capturedRunes(x string) int {
	g := func() string { x = x[10:]; return strings.Repeat("y", 44) }
	a, b := []rune(x), []rune(g()) // want stackalloc.Call
	a[0], b[0] = 'z', 'z'
	return len(a)*1000 + len(b)
}

//go:noinline
func bytesOfOneStatement(x, y string) int {
	a, b := []byte(x), []byte(y) // keep the sum of their lengths
	a[0], b[0] = 'z', 'z'
	return len(a)*1000 + len(b)
}

// times makes as many as it is given.
func times(a []int, k int) []int {
	defer enough()
	x := make([]int, len(a))
	for i := range a {
		x[i] = a[i] * k
	}
	return x
}

func more(a *[]int) int { *a = append(*a, 1, 2); return 2 }

//go:noinline
func argumentChanges() int {
	a := []int{1, 2, 3}
	x := times(a, more(&a)) // keep its arguments call
	return len(x)*1000 + len(a)
}

//go:noinline
func argumentChangesInLiteral(n int) int {
	a := []int{1, 2, 3}
	x := times(a, func() int { a = append(a, 1, 2); return n }()) // keep its arguments call
	return len(x)*1000 + len(a)
}

//go:noinline
func argumentsOfConversions(a []int, n int64) (sum int) {
	x := times(a, int(n)+len(a)) // want stackalloc.Call
	for _, v := range x {
		sum += v
	}
	return sum
}

type scale struct{ k int }

var numbers = []int{1, 2, 3}

func newScale() *scale { numbers = append(numbers, 1, 2, 3); return &scale{3} }

func (s *scale) all(a []int) []int {
	defer enough()
	x := make([]int, len(a))
	for i := range x {
		x[i] = a[i] * s.k
	}
	return x
}

//go:noinline
func receiverChanges() int {
	x := newScale().all(numbers) // keep its arguments call
	return len(x)
}

func recovered(x any) int {
	if x == nil {
		return 1
	}
	return 7
}

//go:noinline
func recoversInArgument(a []int) (r int) {
	defer func() {
		x := times(a, recovered(recover())) // keep recover
		r = x[1]
	}()
	finished += a[len(a)]
	return 3
}

func lengthOfName(skip int8) int {
	pc, _, _, _ := runtime.Caller(int(skip))
	return len(runtime.FuncForPC(pc).Name())
}

//go:noinline
func frameInArgument(a []int) int {
	x := times(a, lengthOfName(1)) // keep looks at the frames
	return x[1]
}

// keys changes what it is given, and makes as many.
func keys(m map[int]int) []int {
	defer enough()
	m[len(m)] = 1
	x := make([]int, len(m))
	for i := range x {
		x[i] = m[i]
	}
	return x
}

//go:noinline
func lengthOfMap() int {
	m := map[int]int{0: 5}
	x := keys(m)
	return len(x)
}

// Jumps, over conditions too.

//go:noinline
func jumpsOver(n int) (x int) {
	if n < 0 || n > 100 {
		goto L
	}
	x = 1
L:
	{
		s := make([]byte, n) // want stackalloc.Do
		for i := range s {
			s[i] = byte(i)
		}
		for i := range s {
			x += int(s[i])
		}
	}
	return x
}

//go:noinline
func noPanic(n int) (x int) {
	panic := func(any) {}
	if n < 0 || n > 100 {
		panic("n")
	}
	s := make([]byte, n) // want stackalloc.Call
	for i := range s {
		s[i] = byte(i)
		x += int(s[i])
	}
	return x
}

type evaluator interface{ eval(d, n int) int }

type inner struct{ kid evaluator }

func (d inner) eval(depth, n int) (r int) {
	s := make([]byte, n) // want [128]byte
	s[depth%n] = 1
	if depth > 0 {
		r = d.kid.eval(depth-1, n)
	}
	for _, x := range s {
		r += int(x)
	}
	return r
}

type leaf struct{}

func (leaf) eval(depth, n int) int { return tree.eval(depth, n) }

var tree evaluator = inner{leaf{}}

func init() {
	add("lengthThatChanges", func() any { width = 100; return lengthThatChanges() })
	add("lengthsOfOneStatement", func() any { width = 100; return lengthsOfOneStatement() })
	add("capturedLength", func() any { return capturedLength(100) })
	add("runesThatChange", func() any { return runesThatChange() })
	add("capturedRunes", func() any { return capturedRunes(strings.Repeat("abc", 33)) })
	add("bytesOfOneStatement", func() any { return bytesOfOneStatement("some text", "another") })
	add("argumentChanges", func() any { return argumentChanges() })
	add("argumentChangesInLiteral", func() any { return argumentChangesInLiteral(4) })
	add("argumentsOfConversions", func() any { return argumentsOfConversions([]int{1, 2, 3}, 4) })
	add("receiverChanges", func() any { return receiverChanges() })
	add("recoversInArgument", func() any { return recoversInArgument([]int{5, 6, 7}) })
	add("frameInArgument", func() any { return frameInArgument([]int{5, 6, 7}) })
	add("lengthOfMap", func() any { return lengthOfMap() })
	for _, n := range []int{-100, 50, 500} {
		add(fmt.Sprint("jumpsOver ", n), func() any { return jumpsOver(n) })
		add(fmt.Sprint("noPanic ", n), func() any { return noPanic(n) })
	}
	add("eval", func() any { return tree.eval(3000, 100) })
}
