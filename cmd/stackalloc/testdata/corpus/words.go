package main

import (
	"math"
	"math/bits"
	"strings"
)

// Lengths that fit one size of words, and what files of some platforms have.

// perWord is 64, and 128 on 32 bits.
const perWord = 4096 / bits.UintSize

//go:noinline
func upToPerWord(n uint) (sum int) {
	s := make([]byte, n%perWord) // want stackalloc.Call
	for i := range s {
		s[i] = byte(i)
		sum += int(s[i])
	}
	return sum
}

//go:noinline
func upToLengthOfArray(i int) (sum int) {
	var a [perWord]byte
	for k := range a {
		if k == i {
			s := make([]byte, k) // want stackalloc.Do
			for i := range s {
				s[i] = 2
			}
			sum += len(s)
		}
	}
	return sum
}

func sized(n int) []byte {
	defer func() {}()
	x := make([]byte, perWord)
	x[perWord-1] = byte(n)
	return x
}

//go:noinline
func ofSized(n int) (sum int) {
	x := sized(n)
	for _, v := range x {
		sum += int(v)
	}
	return sum
}

// fixedSize is the same everywhere.
const fixedSize = 3 * (minSize + 1)

const (
	_ = iota
	_
	minSize
)

//go:noinline
func upToFixed(n uint) (sum int) {
	s := make([]byte, n%(10*fixedSize)) // want [89]byte
	for i := range s {
		s[i] = byte(i)
		sum += int(s[i])
	}
	return sum
}

//go:noinline
func timesFour(x []byte) int {
	a := make([]byte, 4*len(x)) // want stackalloc.Call
	a[0] = 1
	return len(a)
}

//go:noinline
func timesFourOfNothing(x [][0]byte) int {
	a := make([]byte, 4*len(x)) // want stackalloc.Call
	a[0] = 1
	return len(a)
}

func timesFourOfAny[T any](x []T) int {
	a := make([]byte, 4*len(x)) // want stackalloc.Call
	a[0] = 1
	return len(a)
}

//go:noinline
func twoOfCounter(limit int) int {
	n := 0
	for range limit {
		n++
	}
	a := make([]byte, n) // want stackalloc.Call
	b := make([]byte, n) // keep in the callback of the change above
	a[n-1], b[n-1] = 1, 2
	return len(a) + len(b)
}

//go:noinline
func wrapsAround(rounds int) (sum int) {
	for i := int8(0); ; i++ {
		if rounds--; rounds < 0 {
			return sum
		}
		if i < 100 {
			s := make([]byte, i) // want stackalloc.Do
			for k := range s {
				s[k] = 3
				sum += int(s[k])
			}
		}
	}
}

//go:noinline
func ofMap(m map[string]int) (sum int) {
	s := make([]string, 0, len(m)) // want stackalloc.Call
	for k := range m {
		s = append(s, k)
	}
	for _, k := range s {
		sum += len(k)
	}
	return sum
}

//go:noinline
func wideCounter(limit int64) (sum int) {
	n := int64(0)
	for range limit {
		n++
	}
	s := make([]byte, n>>25) // want stackalloc.Call
	for i := range s {
		s[i] = 1
		sum += int(s[i])
	}
	return sum
}

func ofAnyInt[T int8 | int16](m int) (sum int) {
	var x T = 64
	n := x * 2
	s := make([]byte, n) // keep not of an integer type
	for i := range s {
		s[i] = byte(m)
		sum += int(s[i])
	}
	return sum
}

//go:noinline
func blindOnSome(m int) int {
	var s []int
	for i := m; i > 0; i -= 3 {
		s = append(s, i) // keep could be seen
	}
	return seesOnSome(s)
}

//go:noinline
func frameOnSome(n int) string {
	b := make([]byte, n) // keep looks at the frames
	b[0] = 'q'
	return string(b[:1]) + frameOnSome386()
}

//go:noinline
func giverOfSome(n int) int {
	x := onSome(n) // keep a file that not every build has
	return int(x[0])
}

type indexOfIndex indexOnSome

//go:noinline
func endsByTypeOfSome(s string, m int) string {
	b := []byte(s) // keep its capacity
	if len(b) < 255 {
		return ""
	}
	b[0]++
	return string(b[:indexOfIndex(m)])
}

//go:noinline
func endsByFieldOfSome(s string, r *rowOnSome) string {
	b := []byte(s) // keep its capacity
	if len(b) < 255 {
		return ""
	}
	b[0]++
	return string(b[:r.n])
}

//go:noinline
func endsByResultOfSome(s string, m int) string {
	b := []byte(s) // keep its capacity
	if len(b) < 255 {
		return ""
	}
	b[0]++
	n := numberOnSome(m)
	return string(b[:n])
}

type indexOfAll uint8

//go:noinline
func endsByTypeOfAll(s string, m int) string {
	b := []byte(s) // want stackalloc.Call
	if len(b) < 255 {
		return ""
	}
	b[0]++
	return string(b[:indexOfAll(m)])
}

//go:noinline
func ofTypeOfSome(m int) (sum int) {
	b := make([]byte, indexOnSome(m)) // want stackalloc.Call
	for i := range b {
		b[i] = byte(m)
		sum += int(b[i])
	}
	return sum
}

//go:noinline
func ofFieldOfSome(r *rowOnSome) (sum int) {
	b := make([]byte, r.n) // want stackalloc.Call
	for i := range b {
		b[i] = 3
		sum += int(b[i])
	}
	return sum
}

//go:noinline
func smallOfTypeOfSome(m int) (sum int) {
	b := make([]byte, indexOfIndex(m)>>2) // want stackalloc.Call
	for i := range b {
		b[i] = byte(m)
		sum += int(b[i])
	}
	return sum
}

//go:noinline
func smallOfPairOfSome(m int) (sum int) {
	n, _ := pairOnSome(m)
	b := make([]byte, n>>2) // want stackalloc.Call
	for i := range b {
		b[i] = byte(m)
		sum += int(b[i])
	}
	return sum
}

//go:noinline
func smallOfVariableOfSome(m int) (sum int) {
	numberVarOnSome++
	for range m - 1 {
		numberVarOnSome++
	}
	b := make([]byte, numberVarOnSome>>2) // want stackalloc.Call
	for i := range b {
		b[i] = byte(m)
		sum += int(b[i])
	}
	return sum
}

//go:noinline
func smallOfConstantOfSome(m int) (sum int) {
	n := ofTypeOnSome
	for range m {
		n += 1
	}
	b := make([]byte, n>>2) // want stackalloc.Call
	for i := range b {
		b[i] = byte(m)
		sum += int(b[i])
	}
	return sum
}

//go:noinline
func smallOfTypeOfAll(m int) (sum int) {
	b := make([]byte, indexOfAll(m)>>2) // want [63]byte
	for i := range b {
		b[i] = byte(m)
		sum += int(b[i])
	}
	return sum
}

//go:noinline
func ofTypeOfAll(m int) (sum int) {
	b := make([]byte, indexOfAll(m)%100) // want [99]byte
	for i := range b {
		b[i] = byte(m)
		sum += int(b[i])
	}
	return sum
}

func init() {
	add("small of types of some", func() any {
		return []int{
			smallOfTypeOfSome(280), smallOfPairOfSome(280), smallOfVariableOfSome(280), smallOfConstantOfSome(280),
			smallOfTypeOfAll(250),
		}
	})
	text := strings.Repeat("x", 255)
	for _, m := range []int{256, 255, 3, -1} {
		r := rowOnSome{}
		r.n--
		if m >= 0 {
			for r.n = 0; int(r.n) < min(m, 200); r.n++ {
			}
		}
		add("types of some", func() any {
			return []string{
				run(func() any { return len(endsByTypeOfSome(text, m)) }), run(func() any { return len(endsByFieldOfSome(text, &r)) }),
				run(func() any { return len(endsByResultOfSome(text, m)) }), run(func() any { return len(endsByTypeOfAll(text, m)) }),
				run(func() any { return ofTypeOfSome(m) }), run(func() any { return ofFieldOfSome(&r) }), run(func() any { return ofTypeOfAll(m) }),
			}
		})
	}
	add("upToPerWord", func() any { return upToPerWord(100) })
	add("upToLengthOfArray", func() any { return upToLengthOfArray(60) + upToLengthOfArray(100) })
	add("ofSized", func() any { return ofSized(100) })
	add("upToFixed", func() any { return upToFixed(88) })
	add("timesFour", func() any { return timesFour(make([]byte, 20)) })
	if bits.UintSize == 32 {
		add("timesFour huge", func() any { return timesFour(make([]byte, 600<<20)) })
	}
	add("timesFourOfNothing huge", func() any { return timesFourOfNothing(make([][0]byte, math.MaxInt/2)) })
	add("timesFourOfAny huge", func() any { return timesFourOfAny(make([]struct{ _ [0]int }, math.MaxInt/2)) })
	add("twoOfCounter", func() any { return twoOfCounter(100) })
	add("wrapsAround", func() any { return wrapsAround(127) })
	add("wrapsAround more", func() any { return wrapsAround(129) })
	add("ofMap", func() any { return ofMap(map[string]int{"a": 1, "bc": 2}) })
	add("wideCounter", func() any { return wideCounter(1 << 26) })
	add("ofAnyInt", func() any { return ofAnyInt[int16](3) })
	add("ofAnyInt negative", func() any { return ofAnyInt[int8](3) })
	add("blindOnSome", func() any { return blindOnSome(0) })
	add("frameOnSome", func() any { return frameOnSome(100) })
	add("giverOfSome", func() any { return giverOfSome(100) })
}
