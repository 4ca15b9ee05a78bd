package main

import (
	"slices"
	"strings"
)

// All that can stand on the stack, and ways to declare it.

//go:noinline
func twoRows(a, b string) int {
	prev := make([]int, len(b)+1) // want stackalloc.Call
	cur := make([]int, len(b)+1)  // want stackalloc.Call
	for j := range prev {
		prev[j] = j
	}
	for i := range len(a) {
		cur[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			cur[j+1] = min(cur[j]+1, prev[j+1]+1, prev[j]+cost)
		}
		prev, cur = cur, prev
	}
	return prev[len(b)]
}

//go:noinline
func twoRunes(a, b string) int {
	x, y := []rune(a), []rune(b) // want stackalloc.Call
	slices.Sort(x)
	slices.Sort(y)
	n := 0
	for i := range min(len(x), len(y)) {
		if x[i] == y[i] {
			n++
		}
	}
	return 100*len(x) + 10*len(y) + n
}

//go:noinline
func threePieces(n, m int) (sum int) {
	a := make([]int, n) // want stackalloc.Call
	// the second
	b := make([]int, m)      // want stackalloc.Call
	var c = make([]int, n+m) // keep in the callback of the change above
	a = append(a, 1)
	b[0] = 2
	for i := range c {
		c[i] = i
	}
	for _, s := range [][]int{a, b, c} {
		for _, v := range s {
			sum += v
		}
		sum += 1000 * cap(s[:len(s):len(s)])
	}
	println0(sum)
	return
}

func println0(int) {}

//go:noinline
func piecesApart(n int) int {
	a := make([]int, n) // want stackalloc.Call
	b := make([]int, n) // want stackalloc.Call
	a = append(a, 7)
	return b[0] + a[n]
}

//go:noinline
func threeOfKnownLengths(s, t string) (sum int) {
	a := make([]int, len(s)) // want stackalloc.Call
	// the second
	b := make([]int, len(t))           // want stackalloc.Call
	var c = make([]int, len(s)+len(t)) // keep in the callback of the change above
	a = append(a, 1)
	b[0] = 2
	for i := range c {
		c[i] = i
	}
	for _, s := range [][]int{a, b, c} {
		for _, v := range s {
			sum += v
		}
		sum += 1000 * cap(s[:len(s):len(s)])
	}
	return sum
}

//go:noinline
func togetherOfAnyLength(n, m int) int {
	a, b := make([]byte, n), make([]byte, m) // keep the sum of their lengths
	a[n-1], b[m-1] = 1, 2
	return int(a[0]) + int(b[m-1]) + len(a)>>20 + len(b)>>20
}

//go:noinline
func secondDependsOnFirst(n int) int {
	a := make([]int, n)      // want stackalloc.Call
	b := make([]int, len(a)) // keep in the callback of the change above
	a[0], b[0] = 1, 2
	return a[0] + b[0]
}

//go:noinline
func rowsWithALoopBetween(a, b []rune) int {
	lenB := len(b)
	prev := make([]int, lenB+1) // want stackalloc.Call
	for i := 0; i <= lenB; i++ {
		prev[i] = i
	}

	// The second row.
	cur := make([]int, lenB+1) // want stackalloc.Call
	for i := range a {
		cur[0] = i + 1
		for j := 0; j < lenB; j++ {
			c := prev[j]
			if a[i] != b[j] {
				c++
			}
			cur[j+1] = min(prev[j+1]+1, cur[j]+1, c)
		}
		cur, prev = prev, cur
	}
	return prev[lenB]
}

//go:noinline
func changedBetween(b []rune) int {
	n := len(b)
	x := make([]int, n) // want stackalloc.Call
	for i := range x {
		x[i] = 1
		n = n + i
	}
	y := make([]int, n) // keep in the callback of the change above
	for i := range y {
		y[i] = x[i%len(x)]
	}
	return len(x) + len(y)
}

//go:noinline
func hiddenBetween(b []rune) int {
	y := []int{7, 8}
	if len(b) > 0 {
		x := make([]int, len(b)) // want stackalloc.Call
		for i := range x {
			x[i] = y[i&1]
		}
		y := make([]int, len(b)) // keep in the callback of the change above
		for i := range y {
			y[i] += x[i]
		}
		return y[0] + 10*y[1]
	}
	return y[0]
}

//go:noinline
func callBetween(f func() int, s string) int {
	x := make([]int, len(s)) // want stackalloc.Call
	for i := range x {
		x[i] = f()
	}
	y := make([]int, len(s)) // keep in the callback of the change above
	copy(y, x)
	return y[1]
}

//go:noinline
func badSecond(n, m int) int {
	a := make([]int, n) // want stackalloc.Call
	b := make([]int, m) // want stackalloc.Call
	a[0], b[0] = 1, 2
	return a[0] + b[0]
}

//go:noinline
func runes(s string) string {
	r := []rune(s) // want stackalloc.Call
	slices.Reverse(r)
	return string(r)
}

//go:noinline
func ofExpression(s string) string {
	b := []byte(strings.ToUpper(s)) // want stackalloc.Call
	slices.Reverse(b)
	return string(b)
}

type list []int

func (l list) total() (sum int) {
	for _, v := range l {
		sum += v
	}
	return sum
}

//go:noinline
func namedType(n int) int {
	l := make(list, n) // want stackalloc.Call
	for i := range l {
		l[i] = i
	}
	return l.total()
}

//go:noinline
func withType(n int) int {
	var l list = make([]int, n) // want stackalloc.Call
	for i := range l {
		l[i] = i
	}
	return l.total()
}

//go:noinline
func varDeclaration(n int) int {
	var b = make([]int, n) // want stackalloc.Call
	b[0] = 5
	return b[0] + len(b)
}

//go:noinline
func withoutResult(n int, out *int) {
	b := make([]int, n) // want stackalloc.Do
	for i := range b {
		b[i] = i
		if i == 30 {
			*out = b[i]
			return
		}
	}
}

//go:noinline
func appendOnly(words []string) int {
	b := make([]byte, 0, len(words)*8) // want stackalloc.Call
	for _, w := range words {
		b = append(b, w...)
	}
	return len(b) + int(b[0])
}

func generic[T any](in []T) (out T) {
	s := make([]T, len(in)) // want stackalloc.Call
	copy(s, in)
	return s[len(s)/2]
}

type pair[K comparable, V any] struct {
	k K
	v V
}

func (p pair[K, V]) count(ks []K) (n int) {
	s := make([]pair[K, V], len(ks)) // keep the size of its elements is not known
	for i := range ks {
		s[i].k = ks[i]
		if s[i].k == p.k {
			n++
		}
	}
	return n
}

//go:noinline
func strings2(in []string) int {
	s := slices.Clone(in) // want stackalloc.Call
	slices.Sort(s)
	return len(s[0])
}

//go:noinline
func copyOfString(in string) (n int) {
	b := append([]byte(nil), in...) // want stackalloc.Call
	for i := range b {
		b[i] |= 0x20
		n += int(b[i])
	}
	return n
}

//go:noinline
func copied(in []int, out *int) {
	s := append([]int{}, in...) // want stackalloc.Copy
	slices.Sort(s)
	*out = s[0]
}

type machine struct{ regs [4]int }

//go:noinline
func (m *machine) long(n int, in string) (steps int, ok bool) {
	limit := 3 * len(in)
	stack := make([]int, n) // want stackalloc.Call2
	top := 0
	push := func(v int) {
		stack[top] = v
		top++
	}
	for i, c := range in {
		steps++
		if steps > limit {
			return steps, false
		}
		switch {
		case c >= '0' && c <= '9':
			push(int(c - '0'))
		case c == '+':
			if top < 2 {
				return i, false
			}
			stack[top-2] += stack[top-1]
			top--
		case c == '*':
			if top < 2 {
				return i, false
			}
			stack[top-2] *= stack[top-1]
			top--
		}
	}
	if top != 1 {
		return steps, false
	}
	m.regs[0] = stack[0]
	steps += m.regs[0]
	return steps, true
}

//go:noinline
func longVoid(n int, s string, out *[]int) {
	b := []byte(s) // want stackalloc.Uninit
	for i := range b {
		b[i] ^= 0x20
	}
	// The body is long.
	one := 0
	for _, c := range b {
		if c > 'a' {
			one++
		}
	}
	two := 0
	for _, c := range b {
		if c > 'b' {
			two++
		}
	}
	three := 0
	for _, c := range b {
		if c > 'c' {
			three++
		}
	}
	if n > 3 {
		*out = append(*out, one)
		return
	}
	*out = append(*out, one, two, three)
}

func init() {
	long := "some text that is longer than a small block"
	add("twoRows", func() any { return twoRows("kitten on the roof", "sitting in the room") })
	add("twoRunes", func() any { return twoRunes("kitten ü on the roof", "sitting \xff in the room") })
	add("threePieces", func() any { return threePieces(20, 30) })
	add("threeOfKnownLengths", func() any { return threeOfKnownLengths(long, long+"x") })
	add("togetherOfAnyLength", func() any { return togetherOfAnyLength(40, 50) })
	add("togetherOfAnyLength refused", func() any { return togetherOfAnyLength(huge(), 50) })
	add("piecesApart", func() any { return piecesApart(40) })
	add("secondDependsOnFirst", func() any { return secondDependsOnFirst(40) })
	add("rowsWithALoopBetween", func() any { return rowsWithALoopBetween([]rune("kitten on the roof"), []rune("sitting in the room")) })
	add("changedBetween", func() any { return changedBetween([]rune(long)) })
	add("hiddenBetween", func() any { return hiddenBetween([]rune(long)) })
	calls := 0
	add("callBetween", func() any { return callBetween(func() int { calls++; return calls }, long) })
	add("badSecond", func() any { return badSecond(40, -1) })
	add("badSecond first", func() any { return badSecond(-1, 40) })
	add("badSecond sum", func() any { return badSecond(int(^uint(0)>>1), int(^uint(0)>>1)) })
	add("runes", func() any { return runes("aé€\xff𝄞" + long) })
	add("ofExpression", func() any { return ofExpression(long) })
	add("namedType", func() any { return namedType(40) })
	add("withType", func() any { return withType(40) })
	add("varDeclaration", func() any { return varDeclaration(40) })
	add("withoutResult", func() any { var n int; withoutResult(40, &n); return n })
	add("appendOnly", func() any { return appendOnly([]string{"a", long}) })
	add("generic", func() any { return generic([]string{"a", "b", "c"}) })
	add("generic int", func() any { return generic([]int{1, 2, 3}) })
	add("pair", func() any { return pair[string, int]{k: "a"}.count([]string{"a", "b", "a"}) })
	add("strings2", func() any { return strings2([]string{"bbb", "aa"}) })
	add("copyOfString", func() any { return copyOfString(long) })
	add("copied", func() any { var n int; copied([]int{3, 1, 2}, &n); return n })
	for _, in := range []string{"12+3*", "1+", "12", ""} {
		add("long "+in, func() any { m := new(machine); s, ok := m.long(40, in); return []any{s, ok, m.regs} })
	}
	add("longVoid", func() any { var l []int; longVoid(1, long, &l); longVoid(4, long, &l); return l })
}
