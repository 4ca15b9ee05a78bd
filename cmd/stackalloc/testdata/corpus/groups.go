package main

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
)

// Declarations of several lines, of which one or more change.

var said []string

// say notes that it was reached.
func say(s string, n int) int {
	said = append(said, fmt.Sprint(s, n))
	return n
}

//go:noinline
func groupFirst(n int) int {
	var (
		x = make([]int, n) // want stackalloc.Call
		y = len(x) + say("y", n)
	)
	x[0] += 2
	return x[0] + y
}

//go:noinline
func groupLast(n int) int {
	var (
		y = say("y", n) + 1
		x = make([]int, y) // want stackalloc.Call
	)
	x[0] += 2
	y++
	return x[0] + y + len(x)
}

//go:noinline
func groupMiddle(n int) (sum int) {
	var (
		// a comes first.
		a, b = n, n + 1 // both

		// x is in the middle.
		x = make([]int, a+b) // want stackalloc.Call

		longer = "a name that is longer" // than the others

		// c comes last.
		c = len(x) + len(longer)
	)
	for i := range x {
		x[i] = i
		sum += x[i] * c
		a++
	}
	return sum + a + b
}

//go:noinline
func groupHides(n int) int {
	if n > 0 {
		var (
			n   = n * 2
			len = len("four")
			x   = make([]int, n) // want stackalloc.Call
			m   = n + len
		)
		x[0] = m
		n++
		return x[0] + n
	}
	return 0
}

//go:noinline
func groupRows(a, b string) (sum int) {
	var (
		prev = make([]int, len(b)+1) // want stackalloc.Call
		cur  = make([]int, len(b)+1) // want stackalloc.Call
		cost int
	)
	for i := range prev {
		prev[i] = i + cost
	}
	for i := range a {
		cost++
		cur[0] = i
		prev, cur = cur, prev
	}
	return prev[0] + cur[0] + cost + cap(prev)
}

//go:noinline
func groupRunes(a, b string) string {
	var (
		x      = []rune(a) // want stackalloc.Call
		y      = []rune(b) // want stackalloc.Call
		common = []rune{}
		n      = len(y)
	)
	for _, r := range x {
		if i := slices.Index(y, r); i >= 0 && i < n {
			common = append(common, r) // keep it may stay empty
		}
	}
	return string(common)
}

//go:noinline
func groupTypes(n int) int {
	var (
		x = make([]int, n)   // want stackalloc.Call
		s = make([]int32, n) // keep in the callback of the change above
		e error
	)
	x[0], s[0] = 1, 2
	return x[0] + int(s[0]) + len(fmt.Sprint(e))
}

type groupNamed []uint16

//go:noinline
func groupTyped(n int) int {
	var (
		k             = 3
		x  groupNamed = make([]uint16, n) // want stackalloc.Call
		ok bool
	)
	x[0] = uint16(k)
	return int(x[0]) + len(x) + map[bool]int{true: 1}[ok]
}

//go:noinline
func alsoTyped(n int) int {
	var x []uint16 = make([]uint16, n) // want stackalloc.Call
	x[0]++
	return int(x[0]) + len(x)
}

//go:noinline
func typedOnly(n int) int {
	var x groupNamed = make(groupNamed, n) // want stackalloc.Call
	x[0]++
	return int(x[0]) + len(x)
}

func groupFails(n int) (int, *groupError) {
	if n > 100 {
		return 0, &groupError{}
	}
	return n, nil
}

type groupError struct{}

func (*groupError) Error() string { return "more than 100" }

// err is nil of an interface, or not nil since it has a pointer that is.
//
//go:noinline
func groupRedeclares(n int) string {
	var (
		err error
		b   = make([]byte, n) // want stackalloc.Call
	)
	k, err := groupFails(n)
	b[0]++
	return fmt.Sprint(k, err == nil, len(b))
}

//go:noinline
func groupOfCase(n int) (sum int) {
	switch {
	case n > 1:
		var (
			i = 1
			b = make([]int, n) // want stackalloc.Do
		)
		for j := range b {
			b[j] = i
			i += b[j]
		}
		sum = i
	case n == 1:
		var (
			b = make([]int, n) // want stackalloc.Do
			_ = say("case", len(b))
		)
	}
	return sum
}

// The declaration is the last statement of the function.
//
//go:noinline
func groupAlone(n int) {
	var (
		a = make([]int, n) // want stackalloc.Do
		b = say("alone", cap(append(a, 1)[:len(a)+1])-cap(a[:n]))
		_ = say("alone", b+a[0])
	)
}

//go:noinline
func groupCloses(s string) (out string) {
	var (
		opt  = map[string]int{}
		r    = []rune(s) // want stackalloc.Call
		i    int
		next = func() (rune, bool) {
			if i >= len(r) {
				return 0, false
			}

			i++ // a comment
			return r[i-1], true
		}
	)
	for {
		c, ok := next()
		if !ok {
			break
		}
		opt[string(c)]++
		out += string(c)
	}
	return out + fmt.Sprint(len(opt), i)
}

//go:noinline
func groupRaw(n int) string {
	var (
		b = make([]byte, n) // keep several lines
		s = `a
	b`
	)
	b[0] = 'x'
	return s + string(b[:1])
}

//go:noinline
func groupLoose(n int) int {
	var (
		b = make([]int, n) // want stackalloc.Call
		// nothing is here
	)
	b[0]++
	return b[0]
}

//go:noinline
func groupEnds(n int) int {
	var (
		c = 2
		b = make([]int, n) // keep several lines
		// nothing is here
	)
	b[0] += c
	return b[0]
}

//go:noinline
func groupOneLine(n int) int {
	var b, c = make([]int, n), 3 // keep not the whole value
	b[0]++
	return b[0] + c
}

//go:noinline
func groupSharesLine(n int) int {
	var (
		x    = 1
		y, b = x, make([]int, n) // keep not the whole value
	)
	b[0]++
	return b[0] + y
}

//go:noinline
func groupOrder(n int) (sum int) {
	var (
		a = say("a", n)
		b = make([]int, n) // want stackalloc.Call
		c = say("c", n)
		d = make([]int, say("d", n)) // keep in the callback of the change above
		e = say("e", n)
	)
	b[0], d[0] = a, c
	return b[0] + d[0] + e
}

//go:noinline
func groupDefer(n int) (sum int) {
	var (
		a = say("a", n)
		b = make([]byte, n) // want [128]byte
		c = say("c", len(b)) + cap(b)
	)
	defer func() { sum += a + c }()
	b[0] = 7
	return int(b[0])
}

//go:noinline
func groupDeferCopy(s string) (sum int) {
	var (
		a = len(s)
		b = []byte(s) // want [128]byte
		c = len(b)
	)
	defer func() { sum += a + c }()
	b[0]++
	return int(b[0])
}

//go:noinline
func groupArray(n int) (sum int) {
	var (
		k = n & 127
		b = make([]int, 0, k) // want stackalloc.Call
		c = say("c", k)
	)
	b = append(b, c)
	return len(b) + b[0]
}

//go:noinline
func groupSmall(n int) (sum int) {
	var (
		k = n & 15
		b = make([]int, k) // want [15]int
		c = say("c", k)
	)
	b = append(b, c)
	return len(b) + b[0]
}

//go:noinline
func groupRounds(n int) (sum int) {
	for i := range n {
		var (
			last = sum
			b    = make([]int, n) // want stackalloc.Scope
			f    = func() int { last++; return len(b) }
		)
		b[i] = f()
		sum += b[i] + last
		if sum > 1000 {
			return sum
		}
	}
	return sum
}

//go:noinline
func groupJumps(n int) (sum int) {
	i := 0
again:
	{
		var (
			was = sum
			b   = make([]byte, n) // want stackalloc.Do
			j   = 3
		)
		for k := range b {
			sum += int(b[k]) + j
			b[k] = 1
		}
		sum += was
	}
	if i++; i < 3 {
		goto again
	}
	return sum
}

// What follows is long, and becomes a function of its own.
//
//go:noinline
func groupLong(s string, n int) (int, error) {
	var (
		words  = strings.Fields(s)
		failed error
		counts = make([]int, n) // want stackalloc.Call2
		most   int
		all    = map[string]int{}
	)
	if n < 2 {
		failed = errors.New("few")
	}
	for i, w := range words {
		all[w]++
		if i < n {
			counts[i]++
		}
	}
	var keys []string
	for k := range all {
		keys = append(keys, k) // want [8]string
	}
	sort.Strings(keys)
	for i, k := range keys {
		if all[k] > most {
			most = all[k]
		}
		if i < n {
			counts[i] += all[k]
		}
	}
	sum := 0
	for _, c := range counts {
		sum += c
	}
	if failed == nil && most > 3 {
		failed = fmt.Errorf("%d", most)
	}
	words = append(words, "more")
	return sum + most + len(words), failed
}

type tall []struct{ a, b int }

func (t tall) sum() (n int) {
	for _, x := range t {
		n += x.a + x.b
	}
	return n
}

//go:noinline
func madeOther(n int) int {
	t := tall(make([]struct{ a, b int }, n)) // want stackalloc.Call
	for i := range t {
		t[i].a = i
	}
	return t.sum() + cap(t)
}

type byteRow []byte

//go:noinline
func madeOtherDefer(n int) int {
	t := byteRow(make([]byte, n)) // want [128]byte
	defer enough()
	t[0]++
	return len(t) + cap(t)
}

type otherRow byteRow

//go:noinline
func madeTwice(n int) int {
	t := otherRow(make(byteRow, n)) // want stackalloc.Call
	t[0]++
	return len(t) + cap(t)
}

// The block is in one of several cases that all end the function.
//
//go:noinline
func endsInCase(k, n int) int {
	switch k {
	case 0:
		b := make([]int, n) // want stackalloc.Call
		b[0] = 5
		if n > 40 {
			return b[0]
		}
		return len(b)
	case 1:
		return 7
	default:
		panic("default")
	}
}

func init() {
	for _, n := range []int{-1, 0, 1, 2, 3, 7, 8, 9, 15, 16, 32, 33, 40, 101, 300} {
		for _, e := range []struct {
			name string
			f    func(int) int
		}{
			{"groupFirst", groupFirst}, {"groupLast", groupLast}, {"groupMiddle", groupMiddle}, {"groupHides", groupHides}, {"groupTypes", groupTypes},
			{"groupTyped", groupTyped}, {"alsoTyped", alsoTyped}, {"typedOnly", typedOnly}, {"groupOfCase", groupOfCase}, {"groupLoose", groupLoose}, {"groupAlone", func(n int) int { groupAlone(n); return n }},
			{"groupEnds", groupEnds}, {"groupOneLine", groupOneLine}, {"groupSharesLine", groupSharesLine}, {"groupOrder", groupOrder}, {"groupDefer", groupDefer},
			{"groupArray", groupArray}, {"groupSmall", groupSmall}, {"groupRounds", groupRounds}, {"groupJumps", groupJumps},
			{"madeOther", madeOther}, {"madeOtherDefer", madeOtherDefer}, {"madeTwice", madeTwice},
			{"endsInCase", func(n int) int { return endsInCase(n&1, n) }}, {"endsInCase 2", func(n int) int { return endsInCase(2, n) }},
		} {
			add(fmt.Sprint(e.name, " ", n), func() any { return e.f(n) })
			add("said", func() any { s := fmt.Sprint(said); said = nil; return s })
		}
		add(fmt.Sprint("groupRedeclares", n), func() any { return groupRedeclares(n) })
		add(fmt.Sprint("groupRaw", n), func() any { return groupRaw(n) })
		add(fmt.Sprint("groupLong", n), func() any {
			a, b := groupLong("a b c d e a a a a b "+strings.Repeat("x", max(n, 0)), n)
			return fmt.Sprint(a, b)
		})
	}
	for _, s := range []string{"", "a", "äöü€", "aaab", strings.Repeat("long ", 40)} {
		add("groupRows"+s, func() any { return groupRows(s, "b"+s) })
		add("groupRunes"+s, func() any { return groupRunes(s, "b"+s) })
		add("groupCloses"+s, func() any { return groupCloses(s) })
		add("groupDeferCopy"+s, func() any { return groupDeferCopy(s) })
	}
}
