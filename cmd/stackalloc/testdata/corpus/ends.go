package main

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// Parts of slices that surely end within the length, and such as may end in the room
// behind it, which a block does not have.

//go:noinline
func suffixes(s, t string) int {
	a := []rune(s) // want stackalloc.Call
	b := []rune(t) // want stackalloc.Call
	if len(a) > len(b) {
		a, b = b, a
	}
	a, b = withoutSuffix(a, b)
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return 100*len(string(a[:n])) + len(a) + len(b)
}

func withoutSuffix(a, b []rune) ([]rune, []rune) {
	m := min(len(a), len(b))
	i := m
	for ; i > 0 && a[len(a)-m+i-1] == b[len(b)-m+i-1]; i-- {
	}
	return a[:len(a)-m+i], b[:len(b)-m+i]
}

//go:noinline
func oneTooFar(s, t string) int {
	a := []rune(s) // want stackalloc.Call
	b := []rune(t) // keep its capacity
	a, b = withoutSuffixBut(a, b)
	return len(a) + len(b)
}

func withoutSuffixBut(a, b []rune) ([]rune, []rune) {
	m := min(len(a), len(b))
	i := m
	for ; i > 0 && a[len(a)-m+i-1] == b[len(b)-m+i-1]; i-- {
	}
	return a[:len(a)-m+i], b[:len(b)-m+i+1]
}

//go:noinline
func prefix(s, t string) string {
	a, b := []rune(s), []rune(t) // want stackalloc.Call
	if len(a) > len(b) {
		a, b = b, a
	}
	n := 0
	for i, r := range a {
		if b[i] != r {
			break
		}
		n++
	}
	return string(b[:n])
}

//go:noinline
func ofAnother(s, t string) string {
	a := []rune(s) // keep its capacity
	b := []rune(t) // want stackalloc.Call
	n := 0
	for range b {
		n++
	}
	return string(a[:n])
}

//go:noinline
func changedInBody(s string, by int) (out string) {
	a := []rune(s) // keep its capacity
	for i := 0; i < len(a); i++ {
		i += by
		out += string(a[:i])
	}
	return out
}

//go:noinline
func byClosure(s string, n int) string {
	a := []rune(s) // keep its capacity
	more := func() { n++ }
	if n > len(a) {
		return ""
	}
	more()
	return string(a[:n])
}

//go:noinline
func byJump(s string, n int) string {
	a := []rune(s) // keep its capacity
	if n == 7 {
		goto cut
	}
	if n > len(a) {
		return ""
	}
cut:
	return string(a[:n])
}

//go:noinline
func windows(s string, size int) (n int) {
	a := []rune(s) // want stackalloc.Call
	limit := len(a) - (size - 1)
	for i := 0; i < limit; i++ {
		n += len(string(a[i : i+size]))
	}
	return n
}

//go:noinline
func wrongWindows(s string, size int) (n int) {
	a := []rune(s) // keep its capacity
	limit := len(a) - (size - 2)
	for i := 0; i < limit; i++ {
		n += len(string(a[i : i+size]))
	}
	return n
}

// With ints of 32 bits the conversion wraps around.
//
//go:noinline
func wide(s string, n int64) string {
	a := []rune(s) // keep its capacity
	if n > int64(len(a)) {
		return ""
	}
	return string(a[:int(n)+1-1])
}

//go:noinline
func wideItself(s string, n int64) string {
	a := []rune(s) // want stackalloc.Call
	if n < 0 || n > int64(len(a)) {
		return ""
	}
	return string(a[:n])
}

//go:noinline
func byResultOfLiteral(s string) int {
	a := []rune(s) // keep its capacity
	f := func() (out []rune) {
		out = a
		return
	}
	return cap(f())
}

type pairOf struct{ a, b []rune }

//go:noinline
func inFieldOf(s string) int {
	a := []rune(s) // keep its capacity
	var p pairOf
	p.a = a
	return cap(p.a)
}

func capacityOf(a []rune) []rune {
	b := a
	return b[:min(len(b), 2)]
}

func stretched(a []rune) []rune {
	b := a
	return b[:cap(b)]
}

//go:noinline
func throughOther(s string) int {
	a := []rune(s) // want stackalloc.Call
	b := capacityOf(a)
	return len(b) + len(a)
}

//go:noinline
func throughStretched(s string) int {
	a := []rune(s) // keep its capacity
	b := stretched(a)
	return len(b) + len(a)
}

//go:noinline
func capacityOfOther(s string) int {
	a := []rune(s) // keep its capacity
	b := capacityOf(a)
	return cap(b)
}

//go:noinline
func appendedOther(s string) int {
	a := []rune(s) // keep its capacity
	b := capacityOf(a)
	b = append(b, 'x', 'y', 'z')
	return len(b) + int(a[0])
}

func turns(a []rune, n int) []rune {
	if n == 0 {
		return a
	}
	return turns(a[1:], n-1)
}

//go:noinline
func recursiveOther(s string) int {
	a := []rune(s) // keep its capacity
	return len(turns(a, 2))
}

// The index is looked at after what it is assigned.
//
//go:noinline
func indexAfter(s string, n int) rune {
	a := []rune(s) // keep its capacity
	a[n] = rune(len(string(a[:n+1])))
	return a[n]
}

//go:noinline
func indexBefore(s string, n int) rune {
	a := []rune(s) // want stackalloc.Call
	a[n]++
	a[0] = rune(len(string(a[:n+1])))
	return a[0]
}

//go:noinline
func untilZero(s string) string {
	a := []byte(s) // want stackalloc.Call
	if i := bytes.IndexByte(a, 'z'); i >= 0 {
		a = a[:i+1]
	}
	return strings.ToUpper(string(a))
}

//go:noinline
func pastZero(s string) string {
	a := []byte(s) // keep its capacity
	if i := bytes.IndexByte(a, 'z'); i >= 0 {
		a = a[:i+2]
	}
	return strings.ToUpper(string(a))
}

//go:noinline
func hiddenMin(s, t string) (k int) {
	min := len(s) / 2
	a := []rune(s) // want stackalloc.Call
	b := []rune(t) // want stackalloc.Call
	for i, r := range a {
		if i >= min && i < len(b) && b[i] == r {
			k += i
		}
	}
	return k
}

type cutter struct{ n int }

func (m cutter) tail(a []rune) []rune { return a[:m.n] }

//go:noinline
func byMethodExpr(s string, m cutter) int {
	a := []rune(s) // keep its capacity
	return len(cutter.tail(m, a))
}

// The end is measured before the slice is cut at its beginning.
//
//go:noinline
func cutBetween(s string, n int) string {
	a := []rune(s) // keep its capacity
	if n > len(a) {
		return ""
	}
	a = a[1:]
	return string(a[:n])
}

// The least of strings is not the shortest, and the greatest not the longest.
//
//go:noinline
func leastOfStrings(a, b, c string) string {
	buf := []byte(max(a, c)) // keep its capacity
	buf[0]--
	return string(buf[:len(min(a, b))])
}

//go:noinline
func leastOfLengths(a, b, c string) string {
	s := max(a, c)
	buf := []byte(s) // want stackalloc.Call
	buf[0]--
	return string(buf[:min(len(a), len(b), len(s))])
}

// Ints have no end at what a proof may take for it.
//
//go:noinline
func farConstants(s string, n int64) string {
	b := []byte(s) // keep its capacity
	b[0]++
	k := int64(1 << 50)
	k += k
	k += k
	k += k
	k += k
	k += k
	if n < 0 {
		return ""
	}
	m := n - k
	m -= k
	return string(b[:m])
}

// Whether an append moves the bytes depends on the room behind them.
//
//go:noinline
func extendedBesideAnother(s string) string {
	b := []byte(s) // keep appended to
	t := b
	b = strconv.AppendInt(b, int64(len(s)), 10)
	b[0] = 'X'
	return string(t)
}

//go:noinline
func partAppendedBesideAnother(s string, n int) string {
	b := []byte(s) // keep appended to
	t := b
	if n < 0 || n > len(b) {
		return ""
	}
	b = append(b[:n], '!')
	b[0] = 'X'
	return string(t)
}

func whileHeld(b []byte, f func()) string {
	f()
	return string(b)
}

//go:noinline
func extendedWhileHeld(s string) string {
	b := []byte(s) // keep appended to
	return whileHeld(b, func() {
		b = strconv.AppendInt(b, int64(len(s)), 10)
		b[0] = 'X'
	})
}

//go:noinline
func changedBesideAnother(s string) string {
	b := []byte(s) // want stackalloc.Call
	t := b
	b = b[:len(s)/2]
	t[0] = 'X'
	return string(b)
}

func init() {
	add("ends least", func() any {
		return []string{leastOfStrings("zzzz", "aaaaaaa", "{"), run(func() any { return leastOfLengths("zzzz", "aaaaaaa", "{") })}
	})
	add("ends far", func() any { return farConstants("hello", 1<<56+7) })
	add("ends beside another", func() any {
		const s = "some text"
		return []string{extendedBesideAnother(s), partAppendedBesideAnother(s, len(s)), partAppendedBesideAnother(s, 2), extendedWhileHeld(s), changedBesideAnother(s)}
	})
	long := strings.Repeat("äbc", 20) + "z"
	for _, s := range []string{"", "a", "abc", "abzc", "zz", long} {
		for _, t := range []string{"", "ac", "abc", "zc", long} {
			add(fmt.Sprintf("ends %d %q", len(s), t[:min(3, len(t))]), func() any {
				return fmt.Sprint(suffixes(s, t), prefix(s, t), hiddenMin(s, t), run(func() any { return oneTooFar(s, s+t) }))
			})
		}
		for _, n := range []int{-1, 0, 1, 2, 3} {
			add(fmt.Sprintf("end %d %d", len(s), n), func() any {
				return []string{
					run(func() any { return windows(s, n) }), run(func() any { return wideItself(s, int64(n)) }), run(func() any { return throughOther(s) }),
					run(func() any { return indexBefore(s, n) }), untilZero(s), run(func() any { return cutBetween(s, n) }),
				}
			})
		}
		add(fmt.Sprint("ends kept ", len(s)), func() any {
			return []string{
				run(func() any { return ofAnother(s, s) }), run(func() any { return changedInBody(s, 0) }), run(func() any { return byClosure(s, 0) }),
				run(func() any { return byJump(s, 1) }), run(func() any { return wrongWindows("ab", 2) }), run(func() any { return wide(s, 0) }),
				run(func() any { return inFieldOf(s) > 0 }), run(func() any { return byResultOfLiteral(s) }), run(func() any { return throughStretched(s) > 0 }), run(func() any { return capacityOfOther(s) > 0 }),
				run(func() any { return appendedOther(s) }), run(func() any { return recursiveOther(s) }), run(func() any { return indexAfter("ab", 1) }),
				run(func() any { return pastZero(s) }), run(func() any { return byMethodExpr(s, cutter{}) }),
			}
		})
	}
}
