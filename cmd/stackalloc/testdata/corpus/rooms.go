package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Slices that begin with a part of their room, and such as grow without a bound.

//go:noinline
func firstOfMany(a []int64) string {
	b := make([]byte, 1, 1+2*len(a)) // want stackalloc.Call
	b[0] = '{'
	for i, v := range a {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, v, 10)
	}
	return string(append(b, '}'))
}

//go:noinline
func firstIsMore(n int) (sum int) {
	b := make([]byte, 4, n) // want stackalloc.Call
	b[3]++
	for _, v := range b {
		sum += int(v)
	}
	return sum + 10*len(b)
}

//go:noinline
func firstIsVariable(n int) int {
	b := make([]byte, n, 2*n) // keep length and its capacity differ
	b[0]++
	return len(b)
}

//go:noinline
func behindItsFirst(n int) int {
	b := make([]byte, 2, n) // want stackalloc.Call
	b[0]++
	return int(b[:cap(b)][n-1]) + cap(b)
}

//go:noinline
func fields(s string) string {
	var key, value []byte
	inValue := false
	for i := range len(s) {
		switch {
		case s[i] == '=':
			inValue = true
		case inValue:
			value = append(value, s[i], '.') // want [128]byte
		default:
			key = append(key, s[i]) // want [128]byte
		}
	}
	return string(value) + string(key)
}

//go:noinline
func inGroup(s string) (n int) {
	var (
		count = map[string]int{}
		words []string // one at a time
	)
	for len(s) > 0 {
		w, rest, _ := strings.Cut(s, " ")
		words = append(words, w) // want [8]string
		count[w]++
		s = rest
	}
	for i, w := range words {
		n += i * count[w] * len(w)
	}
	return n
}

//go:noinline
func declaredWithAnother(n int) (sum int) {
	list, twice := []int{}, 2*n
	for n > 0 {
		list = append(list, n) // want [16]int
		n -= 3
	}
	for i, v := range list {
		sum += i*v + twice
	}
	return sum
}

//go:noinline
func underDefer(n int) (s string) {
	defer func() { s += "!" }()
	var b []byte
	for n > 0 {
		b = append(b, byte('0'+n%10)) // want [128]byte
		n /= 10
	}
	return string(b)
}

//go:noinline
func callsItself(n int) (sum int) {
	var list []int
	for i := 0; i < n; i += 2 {
		list = append(list, i) // want [16]int
	}
	for _, v := range list {
		sum += v + callsItself(v)
	}
	return sum
}

func longest(list []string) (out string) {
	for _, s := range list[1:] {
		if len(s) > len(out) {
			out = s
		}
	}
	return out + second(list)
}

func second(list []string) string {
	if len(list) > 10 {
		list = list[5:]
		return longest(list)
	}
	return list[1]
}

//go:noinline
func givenToBlind(s string) string {
	var list []string
	for len(s) > 0 {
		list = append(list, s) // want [8]string
		s = s[1:]
	}
	return longest(list)
}

func seesNil(list []string) string { return strconv.FormatBool(list == nil) }

//go:noinline
func givenToOneThatSees(s string) string {
	var list []string
	for len(s) > 0 {
		list = append(list, s) // keep could be seen
		s = s[1:]
	}
	return seesNil(list)
}

func withMore(list []int) int {
	a, b := append(list, 1), append(list, 2)
	return a[len(list)]*10 + b[len(list)]
}

//go:noinline
func givenToOneThatAppends(n int) int {
	list := []int{}
	for n > 0 {
		list = append(list, n) // keep could be seen
		n /= 2
	}
	return withMore(list)
}

func roomOf(list ...int) int { return cap(list) - len(list) }

//go:noinline
func givenAsRest(n int) int {
	list := []int{}
	for n > 0 {
		list = append(list, n) // keep could be seen
		n /= 2
	}
	return roomOf(list...)
}

func total(list ...int) (sum int) {
	for _, v := range list {
		sum += v
	}
	return sum
}

//go:noinline
func givenAsRestToBlind(n int) int {
	list := []int{}
	for n > 0 {
		list = append(list, n) // want [16]int
		n /= 2
	}
	return total(list...)
}

func firstOf(list []int) *int { return &list[0] }

//go:noinline
func keptByAnother(n int) int {
	list := []int{}
	var p *int
	for n > 0 {
		list = append(list, n) // keep could be seen
		if p == nil {
			p = firstOf(list)
		}
		*p++
		n /= 2
	}
	return list[0]
}

//go:noinline
func addressOfElement(words []string) int {
	var list []int
	var first *int
	for _, w := range words {
		list = append(list, len(w)) // keep address of an element
		if first == nil {
			first = &list[0]
		}
		*first++
	}
	return list[0]
}

type counter struct{ n int16 }

func (c *counter) self() *counter { return c }

//go:noinline
func methodOfElement(n int) int {
	var list []counter
	var first *counter
	for n > 0 {
		list = append(list, counter{int16(n)}) // keep address of an element
		if first == nil {
			first = list[0].self()
		}
		first.n++
		n /= 2
	}
	return int(list[0].n)
}

//go:noinline
func partOfElement(n int) int {
	var list [][2]int
	var first []int
	for n > 0 {
		list = append(list, [2]int{n}) // keep address of an element
		if first == nil {
			first = list[0][:]
		}
		first[0]++
		n /= 2
	}
	return list[0][0]
}

//go:noinline
func growsUnderItsLoop(n int) (sum int) {
	list := []int{}
	for n > 0 {
		list = append(list, n) // keep in a loop over it
		n /= 2
	}
	for i, v := range list {
		list = append(list, v) // keep in a loop over it
		if i+1 < len(list) {
			list[i+1]++
		}
		sum = sum*3 + v
	}
	return sum
}

//go:noinline
func growsInLiteral(n int) int {
	list := []int{}
	push := func() int {
		for range 2 {
			list = append(list, n)
		}
		return len(list)
	}
	for n > 0 {
		list = append(list, n) // keep could be seen
		list[0] = push()
		n /= 2
	}
	return list[0]
}

//go:noinline
func largeElements(n int) (sum int) {
	var list [][9]int
	for n > 0 {
		list = append(list, [9]int{n}) // keep not bounded
		n /= 2
	}
	for _, v := range list {
		sum += v[0]
	}
	return sum
}

//go:noinline
func inTheCallback(words []string, n int) (sum int) {
	lengths := make([]int, len(words)) // want stackalloc.Call
	for i, w := range words {
		lengths[i] = len(w)
	}
	var digits []byte
	for n > 0 {
		digits = append(digits, byte(n%10)) // want [128]byte
		n /= 10
	}
	for i, l := range lengths {
		sum += i * l * int(digits[i%len(digits)])
	}
	return sum
}

//go:noinline
func escapesLater(n int) error {
	var list []error
	for n > 0 {
		list = append(list, fmt.Errorf("%d", n)) // keep could be seen
		n--
	}
	if len(list) == 0 {
		return errors.Join(list...)
	}
	return list[0]
}

//go:noinline
func perRound(s string) (out string) {
	for _, line := range strings.Split(s, ";") {
		var word []byte
		for i := 0; i < len(line); i++ {
			word = append(word, line[len(line)-1-i]) // want [128]byte
		}
		out += string(word)
	}
	return out
}

func init() {
	words := []string{"some", "text", "", "that", "is", "longer", "than", "a", "small", "block"}
	long := strings.Repeat("a=bc", 50)
	add("firstOfMany", func() any { return firstOfMany([]int64{1, -20, 300, 1 << 60}) + firstOfMany(nil) })
	for _, n := range []int{-1, 0, 3, 4, 50} {
		add("firstIsMore", func() any { return firstIsMore(n) })
	}
	add("firstIsVariable", func() any { return firstIsVariable(3) })
	add("behindItsFirst", func() any { return behindItsFirst(100) })
	add("fields", func() any { return fields("key=value") + fields(long) + fields("") })
	add("inGroup", func() any { return inGroup(strings.Join(words, " ")+" a text") + inGroup("") })
	add("declaredWithAnother", func() any { return declaredWithAnother(100) + declaredWithAnother(0) })
	add("underDefer", func() any { return underDefer(12345) + underDefer(0) })
	add("callsItself", func() any { return callsItself(12) })
	add("givenToBlind", func() any { return givenToBlind("some text that is long") })
	add("givenToOneThatSees", func() any { return givenToOneThatSees("") + givenToOneThatSees("x") })
	add("givenToOneThatAppends", func() any { return givenToOneThatAppends(7) + givenToOneThatAppends(100) })
	add("givenAsRest", func() any { return givenAsRest(3) })
	add("givenAsRestToBlind", func() any { return givenAsRestToBlind(3) + givenAsRestToBlind(0) })
	add("keptByAnother", func() any { return keptByAnother(100) })
	add("addressOfElement", func() any { return addressOfElement(words) })
	add("methodOfElement", func() any { return methodOfElement(100) })
	add("partOfElement", func() any { return partOfElement(100) })
	add("growsUnderItsLoop", func() any { return growsUnderItsLoop(100) })
	add("growsInLiteral", func() any { return growsInLiteral(100) })
	add("largeElements", func() any { return largeElements(100) })
	add("inTheCallback", func() any { return inTheCallback(words, 1234) })
	add("escapesLater", func() any { return escapesLater(3) })
	add("perRound", func() any { return perRound("some;text;;that is longer than a small block") })
}
