// Package sample has parts of slices, which do or do not surely end within the length.
package sample

import (
	"bytes"
	"math/bits"
)

func constants(b []byte) []byte {
	if len(b) < 4 {
		return b[:4] // no
	}
	_ = b[:3]     // yes
	_ = b[:5]     // no
	return b[1:4] // yes
}

func lengths(a, b []byte) {
	_ = a[:len(a)]     // yes
	_ = a[:len(a)-1]   // yes
	_ = a[:len(a)+1]   // no
	_ = a[:len(b)]     // no
	_ = a[:cap(a)]     // no
	_ = a[:len(a)/2]   // yes
	_ = a[:len(a)>>1]  // yes
	_ = a[:len(a)*2]   // no
	_ = a[:copy(a, b)] // yes
	_ = b[:copy(a, b)] // yes
	_ = a[:copy(b, b)] // no
}

func compared(a, b []byte) {
	if len(b) <= len(a) {
		_ = a[:len(b)] // yes
		_ = b[:len(a)] // no
	}
	if len(b) == len(a) {
		_ = a[:len(b)] // yes
		_ = b[:len(a)] // yes
	}
	if len(b) != len(a) {
		_ = a[:len(b)] // no
	}
}

func unknown(a []byte, n int) []byte {
	return a[:n] // no
}

func negative(a []byte, n int) []byte {
	return a[:len(a)-n] // no
}

func natural(a []byte, n int) []byte {
	if n < 0 {
		return nil
	}
	return a[:len(a)-n] // yes
}

func naturals(a []byte, n int) []byte {
	if n < 0 {
		return nil
	}
	return a[:len(a)-n-n] // no
}

// That it did not panic says that n is neither below 0 nor above len(a).
func shown(a []byte, n int) []byte {
	_ = a[:n]                 // no
	_ = a[:len(a)-n]          // yes
	return a[:max(len(a), n)] // yes
}

func least(a, b []byte, n int) {
	m := min(len(a), len(b), n)
	_, _ = a[:m], b[:m] // yes
	_ = a[:m+1]         // no
}

func most(a []byte, n int) []byte {
	return a[:max(len(a), n)] // no
}

func searched(a, b []byte) {
	if i := bytes.IndexByte(a, 0); i >= 0 {
		_ = a[:i]   // yes
		_ = a[:i+1] // yes
		_ = b[:i]   // no
		_ = a[:i+2] // no
	}
	if i := bytes.Index(a, b); i >= 0 {
		_ = a[:i]        // yes
		_ = a[:i+1]      // no
		_ = a[:i+len(b)] // no
	}
}

func loops(a, b []byte, n int) {
	for i := range a {
		_ = a[:i]   // yes
		_ = a[:i+1] // yes
		_ = a[:i+2] // no
		_ = b[:i]   // no
	}
	for i := 0; i < len(a); i++ {
		_ = a[:i+1] // yes
		i += n
		_ = a[:i] // no
	}
	for i := 0; i <= len(a); i++ {
		_ = a[:i]   // yes
		_ = a[:i+1] // no
	}
	for i := 0; i < len(a); i += 2 {
		_ = a[:i+1] // yes
		_ = a[:i+2] // no
	}
	for i := len(a); i > 0; i-- {
		_ = a[:i]   // yes
		_ = a[:i+1] // no
	}
	for i := len(a); ; i-- {
		_ = a[:i] // no
	}
}

func until(a []byte) []byte {
	n := 0
	for n < len(a) && a[n] != 0 {
		n++
	}
	_ = a[:n+1]  // no
	return a[:n] // yes
}

func counter(a []byte) []byte {
	j := 0
	for _, c := range a {
		if c != 0 {
			a[j] = c
			j++
		}
	}
	return a[:j] // yes
}

func twice(a []byte) []byte {
	j := 0
	for _, c := range a {
		if c != 0 {
			j++
		}
		j++
	}
	return a[:j] // no
}

func otherCounter(a, b []byte) []byte {
	j := 0
	for range a {
		j++
	}
	_ = a[:j]    // yes
	return b[:j] // no
}

func common(a, b []rune) []rune {
	if len(a) > len(b) {
		a, b = b, a
	}
	n := 0
	for i, r := range a {
		if r != b[i] {
			break
		}
		n++
	}
	return b[:n] // yes
}

func suffix(a, b []rune) ([]rune, []rune) {
	m := min(len(a), len(b))
	a2 := a[len(a)-m:]
	b2 := b[len(b)-m:]
	i := len(a2)
	b2 = b2[:i] // yes
	for ; i > 0 && a2[i-1] == b2[i-1]; i-- {
	}
	_ = b2[:i+1]                                      // no
	return a[:len(a)-len(a2)+i], b[:len(b)-len(b2)+i] // yes
}

// On 32 bits the sum of the two may be above what an int holds.
func wraps(a, b []byte, n uint32) {
	if int(n)+1 <= len(a) {
		_ = a[:int(n)+1] // no
	}
	k := len(a) + len(b)
	if k <= len(a) {
		_ = a[:len(b)] // no
	}
	if n > 0 && int(n-1) < len(a) {
		_ = a[:n-1] // no
	}
	if k := int(n); k >= 0 && k <= len(a) {
		_ = a[:k] // yes
		_ = a[:n] // no
	}
}

func small(a []byte, n uint8) {
	if len(a) > 255 {
		_ = a[:n]        // yes
		_ = a[:n+1]      // yes
		_ = a[:int(n)+1] // yes
		_ = a[:int(n)+2] // no
	}
	if int(n) < len(a) {
		_ = a[:n]   // yes
		_ = a[:n+1] // yes
		_ = a[:n+2] // no
	}
}

func words(a []byte, n uint) {
	if len(a) >= bits.UintSize {
		_ = a[:bits.UintSize] // no
	}
}

func indexed(a []byte, n, k int) {
	_ = a[n]
	_ = a[:n+1] // yes
	_ = a[k:]
	_ = a[:k]   // yes
	_ = a[:k+1] // no
}

// The index may be looked at after what is assigned.
func order(a []byte, n int) {
	a[n] = byte(len(string(a[:n+1]))) // no
	_ = a[:n+1]                       // yes
}

func second(a []byte, n int) bool {
	return a[n] == 0 || len(a[:n+1]) == 3 // no
}

func changed(a []byte, n int) []byte {
	if n > len(a) {
		return nil
	}
	_ = a[:n] // yes
	n++
	_ = a[:n] // no
	a = a[1:]
	return a[:n] // no
}

func cut(a []byte, n int) []byte {
	if n < 1 || n > len(a) {
		return nil
	}
	a = a[1:]
	return a[:n-1] // yes
}

func closure(a []byte, n int) []byte {
	grow := func() { n++ }
	if n > len(a) {
		return nil
	}
	grow()
	return a[:n] // no
}

func shrinks(a []byte, n int) []byte {
	drop := func() { a = a[1:] }
	if n > len(a) {
		return nil
	}
	drop()
	return a[:n] // no
}

func address(a []byte, n int) []byte {
	p := &n
	if n > len(a) {
		return nil
	}
	*p = 100
	return a[:n] // no
}

type pair struct {
	a []byte
	n int
}

func field(p *pair) []byte {
	if p.n > len(p.a) {
		return nil
	}
	return p.a[:p.n] // no
}

func jump(a []byte, n int) []byte {
	if n < 100 {
		goto cut
	}
	if n > len(a) {
		return nil
	}
	_ = a[:n] // yes
cut:
	return a[:n] // no
}

func into(a []byte, n int) []byte {
	i := 0
	if n > 0 {
		goto inside
	}
again:
	if i >= len(a) {
		return nil
	}
inside:
	_ = a[:i] // yes
	i++
	if i < n {
		goto again
	}
	_ = a[:i+1]  // no
	return a[:i] // no
}

func both(a []byte, n, k int) {
	if n < len(a) || k < len(a) {
		_ = a[:n] // no
	}
	if n < len(a) && k < n {
		_ = a[:n]   // yes
		_ = a[:k]   // yes
		_ = a[:k+2] // yes
		_ = a[:k+3] // no
	}
	if !(n > len(a)) {
		_ = a[:n] // yes
	}
}

func outer(a [][]byte, b []byte) {
	n := 0
	for _, x := range a {
		for n < len(x) && x[n] != 0 {
			n++
		}
		_ = x[:n] // no
	}
	_ = b[:n] // no
}

func nested(b []byte) {
	for i := 0; i < len(b); i++ {
		for j := i; j < len(b); j++ {
			_ = b[i:j]     // yes
			_ = b[i : j+1] // yes
			_ = b[i : j+2] // no
			_ = b[:i+j]    // no
		}
	}
}

func grown(n int) []byte {
	var b []byte
	for i := 0; i < n; i++ {
		b = append(b, 1, 2)
		_ = b[:2] // yes
		_ = b[:3] // no
	}
	b = append(b, 3)
	_ = b[:len(b)-1] // yes
	return b[:1]     // yes
}

func made(n, k int) {
	b := make([]byte, n)
	_ = b[:n] // yes
	_ = b[:k] // no
	c := make([]byte, n, k)
	_ = c[:k] // no
	d := []byte("text")
	_ = d[:4] // no
	s := "äöü"
	r := []rune(s)
	_ = r[:len(s)] // no
	e := []byte(s)
	_ = e[:len(s)] // yes
	for i := range s {
		_ = e[:i]   // yes
		_ = e[:i+1] // yes
		_ = e[:i+2] // no
	}
}

func generic[T any](a []T, n int) {
	if n <= len(a) {
		_ = a[:n] // yes
	}
	_ = a[:n] // no
}

func array(a []byte) {
	var x [bits.UintSize]byte
	if len(a) < 64 {
		return
	}
	for i := range x {
		_ = a[:i] // no
	}
}

func swapped(a, b []byte, n int) {
	if n > len(a) {
		return
	}
	for range 3 {
		_ = a[:n] // no
		a, b = b, a
	}
}

func deferred(a []byte, n int) (out []byte) {
	defer func() { out = a[:n] }() // no
	if n > len(a) {
		return nil
	}
	return a[:n] // no
}

// Constants that are together as far as the end of the ints that are reckoned with.
func farConstants(b []byte, n int64) {
	k := int64(1 << 50)
	k += k
	k += k
	k += k
	k += k
	k += k
	if n < 0 {
		return
	}
	m := n - k
	m -= k
	_ = b[:m] // no
}

func nearConstants(b []byte, n int) {
	k := 1 << 20
	k += k
	if n < 0 || n > len(b) {
		return
	}
	m := n - k
	m += k
	_ = b[:m] // yes
}

func longestOf(a, b, c string) {
	x := []byte(max(a, c))
	_ = x[:len(min(a, b))] // no
}
