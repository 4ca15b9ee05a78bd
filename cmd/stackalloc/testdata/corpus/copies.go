package main

import (
	"bytes"
	"fmt"
	"slices"
	"sort"
	"strings"
)

// Copies that begin in an array, where no callback can have what follows, or where an
// older variable gets them.

//go:noinline
func copyLater(s string, full bool) (sum int) {
	var b []byte
	if full {
		b = []byte(s) // want [128]byte
		for i := range b {
			b[i]++
		}
	}
	for _, c := range b {
		sum += int(c)
	}
	return sum*1000 + len(b)
}

//go:noinline
func copyLaterCap(s string, full bool) int {
	var b []byte
	if full {
		b = []byte(s) // keep capacity
		for i := range b {
			b[i]++
		}
	}
	return cap(b) - len(b)
}

// It escapes from the loop, since the next round has it.
//
//go:noinline
func copyCapBefore(s string) (sum int) {
	for i := range 2 {
		var b []byte
		for j := range 3 {
			if j > 0 && cap(b) < len(b) {
				sum += 1000
			}
			b = []byte(s)
			for k := range b {
				b[k]++
			}
			sum += i + len(b)
		}
	}
	return sum
}

//go:noinline
func copyLonger(s string) (out string) {
	var b []byte
	for range 2 {
		if len(b) > 0 {
			out += string(b[:len(b)+1])
		}
		b = []byte(s)
		for k := range b {
			b[k]++
		}
	}
	return out
}

// Its capacity is seen before it in the text, and after it in time.
//
//go:noinline
func copyCapDeferred(s string) (ok bool) {
	var b []byte
	defer func() { ok = cap(b) > len(b)+100 }()
	b = []byte(s) // keep capacity
	for i := range b {
		b[i]++
	}
	return
}

//go:noinline
func copyNilDeferred(x []byte) (out string) {
	var b []byte
	defer func() { out += fmt.Sprint(b == nil) }()
	b = append([]byte(nil), x...) // keep may be nil
	for i := range b {
		b[i]++
	}
	return "deferred "
}

//go:noinline
func copyAppended(s string) string {
	var b []byte
	if s != "" {
		b = []byte(s) // keep appended to
	}
	c := append(b, 'c')
	d := append(b, 'd')
	return string(c) + string(d)
}

//go:noinline
func copyNil(x []byte) string {
	var b []byte
	if len(x) != 1 {
		b = slices.Clone(x) // keep may be nil
	}
	return fmt.Sprint(b == nil, len(b))
}

// The nil is seen before it in the text.
//
//go:noinline
func copyNilBefore(x []byte) (out string) {
	var b []byte
	for range 3 {
		out += fmt.Sprint(b == nil)
		b = bytes.Clone(x) // keep may be nil
	}
	return out
}

//go:noinline
func copyOfItself(x []int) (out string) {
	x = slices.Clone(x) // want [16]int
	sort.Ints(x)
	for _, v := range x {
		out += fmt.Sprint(v, " ")
	}
	return out
}

//go:noinline
func copyOfPart(x []int) (sum int) {
	x = append([]int(nil), x[1:]...) // want [16]int
	for i := range x {
		x[i] += 7
		sum += x[i]
	}
	return sum
}

// Every round has a copy of its own, which the next one sees.
//
//go:noinline
func copyOverRounds(words []string) (sum int) {
	var last []byte
	for _, w := range words {
		if len(last) > 0 {
			sum += int(last[0])
		}
		next := []byte(w)
		defer enough()
		next[0]++
		last = next
	}
	return sum
}

//go:noinline
func copyOverRoundsLater(words []string) (sum int) {
	var last, kept []byte
	for _, w := range words {
		kept = last
		last = []byte(w)
		last[0]++
		if len(kept) > 0 {
			sum = sum*3 + int(kept[0])
		}
	}
	return sum
}

//go:noinline
func copyByJumps(words []string) (sum int) {
	var last, kept []byte
	i := 0
again:
	kept = last
	last = []byte(words[i])
	last[0]++
	if len(kept) > 0 {
		sum = sum*3 + int(kept[0])
	}
	if i++; i < len(words) {
		goto again
	}
	return sum
}

//go:noinline
func copyByClosure(s string) (sum int) {
	var b []byte
	set := func(t string) { b = []byte(t) }
	set(s)
	if len(b) > 0 {
		b[0]++
		sum = int(b[0])
	}
	set(s + "x")
	return sum + len(b)
}

func eachOf(words []string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for _, w := range words {
			if !yield(w) {
				return
			}
		}
	}
}

//go:noinline
func copyInRange(words []string) (sum int) {
	var last []byte
	for w := range eachOf(words) {
		if len(last) > 0 {
			sum += int(last[0])
		}
		last = []byte(w)
		last[0]++
	}
	return sum
}

//go:noinline
func copyDefer(s string) (sum int) {
	b := []byte(s) // want [128]byte
	defer func() { sum += len(b) }()
	for i := range b {
		b[i] ^= 3
	}
	return int(b[0]) + strings.Count(string(b), "a")
}

// It hides what it is a copy of.
//
//go:noinline
func copyHides(s string) (sum int) {
	for range 2 {
		s := []byte(s) // want [128]byte
		s[0]++
		defer enough()
		sum += int(s[0])
	}
	return sum + len(s)
}

//go:noinline
func cloneDefer(x []string) (out string) {
	y := slices.Clone(x) // want [8]string
	defer func() { out += fmt.Sprint(len(y)) }()
	sort.Strings(y)
	return strings.Join(y, ",") + x[0]
}

//go:noinline
func cloneDeferNil(x []string) (out string) {
	y := slices.Clone(x) // keep defer statement
	defer func() { out += fmt.Sprint(y == nil) }()
	sort.Strings(y)
	return strings.Join(y, ",")
}

type copiedBytes []byte

func (b copiedBytes) first() int { return int(b[0]) }

//go:noinline
func copyNamed(s string) int {
	b := copiedBytes(s)
	defer enough()
	b[0]++
	return b.first() + len(fmt.Sprintf("%T", b[0]))
}

//go:noinline
func copyNamedLater(s string) int {
	var b copiedBytes
	if s != "" {
		b = []byte(s) // want [128]byte
		b[0]++
	}
	return len(b)
}

//go:noinline
func copyParameter(b []byte, s string) int {
	b[0] = 'p'
	b = []byte(s) // want [128]byte
	b[0]++
	return int(b[0]) + len(b)
}

//go:noinline
func copyAlias(s string) (out string) {
	b := []byte("first of two")
	old := b
	if s != "x" {
		s += "y"
		b = []byte(s) // want [128]byte
		b[0] = '!'
	}
	old[0] = '?'
	return string(b) + string(old)
}

//go:noinline
func copyRunes(s string) (sum int) {
	r := []rune(s) // keep defer statement
	defer enough()
	for i := range r {
		r[i]++
		sum += int(r[i])
	}
	return sum
}

//go:noinline
func copyRecursive(s string) (sum int) {
	if s == "" {
		return 0
	}
	b := []byte(s) // keep defer statement
	defer enough()
	b[0]++
	return copyRecursive(s[1:]) + int(b[0])
}

func appendsTo(b []byte) []byte { return append(b, 'z') }

//go:noinline
func copyGiven(s string) string {
	b := []byte(s) // keep defer statement
	defer enough()
	x, y := appendsTo(b), appendsTo(b)
	x[0] = '#'
	return string(x) + string(y)
}

//go:noinline
func copyElement(s string) int {
	var b []byte
	b = []byte(s) // want [128]byte
	p := &b[0]
	*p += 3
	b = b[1:]
	return int(*p) + len(b)
}

//go:noinline
func copyPanics(s string, n int) (sum int) {
	b := []byte(s[:n]) // want [128]byte
	defer func() { sum = len(s) }()
	b[0]++
	return len(b) + int(b[0])
}

// A pointer to the variable sees what another function assigns.
//
//go:noinline
func copyPointed(s string) int {
	var b []byte
	p := &b
	b = []byte(s)
	if len(b) > 0 {
		b[0]++
	}
	*p = append(*p, 'x')
	return len(b)
}

//go:noinline
func copyBoth(s, t string) int {
	a, b := []byte(s), []byte(t) // keep sum of their lengths
	a[0], b[0] = b[0], a[0]
	return len(a) + len(b)
}

func init() {
	inputs := []string{"", "a", "ab", strings.Repeat("c", 32), strings.Repeat("d", 33), strings.Repeat("e", 127), strings.Repeat("f", 128), strings.Repeat("g", 129), strings.Repeat("ä", 400)}
	for _, s := range inputs {
		for _, full := range []bool{false, true} {
			add("copyLater", func() any { return copyLater(s, full) })
			add("copyLaterCap", func() any { return copyLaterCap(s, full) >= 0 })
		}
		for _, e := range []struct {
			name string
			f    func(string) int
		}{
			{"copyCapBefore", copyCapBefore}, {"copyByClosure", copyByClosure}, {"copyDefer", copyDefer}, {"copyHides", copyHides}, {"copyNamed", copyNamed},
			{"copyNamedLater", copyNamedLater}, {"copyRunes", copyRunes}, {"copyRecursive", copyRecursive}, {"copyElement", copyElement}, {"copyPointed", copyPointed},
			{"copyParameter", func(s string) int { b := []byte{1}; return copyParameter(b, s)*256 + int(b[0]) }},
			{"copyPanics", func(s string) int { return copyPanics(s, 2) }},
			{"copyBoth", func(s string) int { return copyBoth(s, s+"x") }},
		} {
			add(e.name+fmt.Sprint(len(s)), func() any { return e.f(s) })
		}
		for _, e := range []struct {
			name string
			f    func(string) string
		}{{"copyAppended", copyAppended}, {"copyAlias", copyAlias}, {"copyGiven", copyGiven}} {
			add(e.name+fmt.Sprint(len(s)), func() any { return e.f(s) })
		}
		add("copyCapDeferred", func() any { return copyCapDeferred(s[:min(len(s), 20)]) })
		add("copyNilDeferred", func() any { return copyNilDeferred([]byte(s)) })
		add("copyNil", func() any { return copyNil([]byte(s)) })
		add("copyNilBefore", func() any { return copyNilBefore([]byte(s)) })
		words := strings.Split(s, "")
		add("cloneDefer", func() any { return cloneDefer(words) })
		add("cloneDeferNil", func() any { return cloneDeferNil(words) })
	}
	add("copyNil nil", func() any { return copyNil(nil) })
	add("copyNilBefore nil", func() any { return copyNilBefore(nil) })
	add("cloneDeferNil nil", func() any { return cloneDeferNil(nil) })
	for _, n := range []int{0, 1, 2, 16, 17, 18, 100} {
		x := make([]int, n)
		for i := range x {
			x[i] = n - i
		}
		add("copyOfItself", func() any { return fmt.Sprint(copyOfItself(x), x) })
		add("copyOfPart", func() any { return fmt.Sprint(copyOfPart(x), x) })
	}
	words := []string{"one", "two", strings.Repeat("three", 50), "four"}
	add("copyOverRounds", func() any { return copyOverRounds(words) })
	add("copyOverRoundsLater", func() any { return copyOverRoundsLater(words) })
	add("copyByJumps", func() any { return copyByJumps(words) })
	add("copyInRange", func() any { return copyInRange(words) })
	add("copyLonger", func() any { copyLonger("abc"); return nil })
}
