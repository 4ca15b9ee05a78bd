package main

import (
	"encoding/base64"
	"math/bits"
	"slices"
	"unicode/utf8"
)

// Lengths of all types, that make may refuse.

//go:noinline
func ofInt(n int) int {
	b := make([]byte, n) // want stackalloc.Call
	for i := range b {
		b[i] = byte(i)
	}
	return len(b) + int(b[len(b)-1])
}

//go:noinline
func ofInt64(n int64) int {
	b := make([]uint16, n) // want stackalloc.Call
	for i := range b {
		b[i] = 7
	}
	return len(b)
}

//go:noinline
func ofUint64(n uint64) int {
	b := make([]byte, n) // want stackalloc.Call
	b[0] = 1
	return len(b) + cap(b)
}

//go:noinline
func ofUint32(n uint32) int {
	b := make([]int64, n) // want stackalloc.Call
	b[0] = 1
	return len(b)
}

//go:noinline
func ofUintptr(n uintptr) int {
	b := make([]byte, n) // want stackalloc.Call
	b[0] = 1
	return len(b)
}

//go:noinline
func ofUint16(n uint16) int {
	b := make([]byte, n) // want stackalloc.Call
	b[0] = 1
	return len(b)
}

type count int32

//go:noinline
func ofNamedInt(n count) int {
	b := make([]string, n) // want stackalloc.Call
	b[0] = "x"
	return len(b) + len(b[0])
}

//go:noinline
func ofSquare(n uint16) int {
	b := make([]byte, int(n)*int(n)) // want stackalloc.Call
	b[0] = 1
	return len(b)
}

//go:noinline
func ofDifference(a, b string) int {
	x := make([]byte, len(a)-len(b)) // want stackalloc.Call
	copy(x, a)
	return len(x)
}

//go:noinline
func ofTwoCalls(f func() int) int {
	b := make([]byte, f()+f()) // want stackalloc.Call
	b[0] = 2
	return len(b) + int(b[0])
}

//go:noinline
func ofCapacity(n, c int) int {
	b := make([]int, n, c) // keep length and its capacity differ
	return len(b) + cap(b)
}

//go:noinline
func ofEmpty(n int) (sum int) {
	b := make([]int, 0, n) // want stackalloc.Call
	for i := range 20 {
		b = append(b, i)
	}
	for i, v := range b {
		sum += i * v
	}
	return sum
}

//go:noinline
func ofChangingLength(n int) (sum int) {
	b := make([]int, n) // want stackalloc.Call
	n = 2
	for i := range b {
		b[i] = n
		sum += b[i]
	}
	return sum + n
}

//go:noinline
func ofField(p *struct{ n int }) int {
	b := make([]int, p.n) // want stackalloc.Call
	p.n++
	b[0] = p.n
	return b[0] + len(b)
}

//go:noinline
func ofEncoding(s string) int {
	b := make([]byte, base64.StdEncoding.EncodedLen(len(s))) // want stackalloc.Call
	base64.StdEncoding.Encode(b, []byte(s))
	return int(b[0]) + len(b)
}

//go:noinline
func ofRunes(s string) rune {
	b := make([]rune, utf8.RuneCountInString(s)) // want stackalloc.Call
	i := 0
	for _, r := range s {
		b[i] = r
		i++
	}
	slices.Reverse(b)
	return b[0]
}

// What an array of constant length holds needs no call.

//go:noinline
func atMostFive(n uint) (sum int) {
	b := make([]int, n%6) // want [5]int
	for i := range b {
		b[i] = i + 1
		sum += b[i]
	}
	return sum + cap(b)
}

//go:noinline
func upToSixtyFour(v uint64) (n int) {
	b := make([]byte, 0, bits.Len64(v)) // want [64]byte
	for ; v > 0; v >>= 1 {
		b = append(b, byte(v&1))
	}
	for _, c := range b {
		n += int(c)
	}
	return n + cap(b)
}

//go:noinline
func inCondition(n int) int {
	if n < 0 || n > 16 {
		return -1
	}
	b := make([]int64, n) // want [16]int64
	for i := range b {
		b[i] = int64(n)
	}
	return len(b)
}

//go:noinline
func inCountedLoop() (sum int) {
	for i := 0; i < 9; i++ {
		b := make([]int64, i+1) // want [9]int64
		b[i] = 1
		for _, v := range b {
			sum += int(v)
		}
	}
	return sum
}

//go:noinline
func tiny(n int) int {
	b := make([]byte, min(max(n, 0), 20)) // keep at most 20 bytes
	for i := range b {
		b[i] = 3
	}
	return len(b)
}

// The counter changes between the condition and the loop.
//
//go:noinline
func staleCondition() (sum int) {
	i := 0
	if i == 0 {
		for ; i < 50; i++ {
			b := make([]byte, i) // want [49]byte
			for j := range b {
				b[j] = 1
				sum += int(b[j])
			}
		}
	}
	return sum
}

// huge is a number of bytes that make refuses without an attempt.
func huge() int {
	if ^uint(0)>>32 == 0 {
		return -2
	}
	return int(^uint(0) >> 1)
}

// beyond is a number of elements that no machine has room for, though an int has for the bytes.
func beyond() int {
	if ^uint(0)>>32 == 0 {
		return -2
	}
	return int(^uint(0) >> 13)
}

func init() {
	add("ofInt", func() any { return ofInt(40) })
	add("ofInt negative", func() any { return ofInt(-1) })
	add("ofInt huge", func() any { return ofInt(huge()) })
	add("ofInt64", func() any { return ofInt64(40) })
	add("ofInt64 negative", func() any { return ofInt64(-5) })
	add("ofInt64 wide", func() any { return ofInt64(1<<62 + 5) })
	add("ofUint64", func() any { return ofUint64(40) })
	add("ofUint64 huge", func() any { return ofUint64(1<<63 + 40) })
	add("ofUint32", func() any { return ofUint32(40) })
	add("ofUintptr", func() any { return ofUintptr(40) })
	add("ofUintptr huge", func() any { return ofUintptr(^uintptr(0)) })
	add("ofUint16", func() any { return ofUint16(40) })
	add("ofNamedInt", func() any { return ofNamedInt(40) })
	add("ofNamedInt negative", func() any { return ofNamedInt(-40) })
	add("ofSquare", func() any { return ofSquare(9) })
	add("ofDifference", func() any { return ofDifference("a string that is long enough to count, is it not?", "ab") })
	add("ofDifference negative", func() any { return ofDifference("ab", "abc") })
	calls := 0
	add("ofTwoCalls", func() any { return ofTwoCalls(func() int { calls++; return 20 * calls }) })
	add("ofTwoCalls calls", func() any { return calls })
	add("ofCapacity", func() any { return ofCapacity(3, 40) })
	add("ofCapacity less", func() any { return ofCapacity(4, 3) })
	add("ofEmpty", func() any { return ofEmpty(40) })
	add("ofEmpty short", func() any { return ofEmpty(3) })
	add("ofEmpty negative", func() any { return ofEmpty(-3) })
	add("ofEmpty huge", func() any { return ofEmpty(huge()) })
	add("ofEmpty beyond", func() any { return ofEmpty(beyond()) })
	add("ofInt beyond", func() any { return ofInt(beyond()) })
	add("ofChangingLength", func() any { return ofChangingLength(40) })
	p := &struct{ n int }{40}
	add("ofField", func() any { return ofField(p) })
	add("ofField nil", func() any { return ofField(nil) })
	add("ofEncoding", func() any { return ofEncoding("a string that is long enough to count, is it not?") })
	add("ofRunes", func() any { return ofRunes("aé€") })
	add("atMostFive", func() any { return atMostFive(5) })
	add("upToSixtyFour", func() any { return upToSixtyFour(1<<40 + 3) })
	add("inCondition", func() any { return []int{inCondition(-1), inCondition(16), inCondition(17)} })
	add("inCountedLoop", func() any { return inCountedLoop() })
	add("tiny", func() any { return []int{tiny(-1), tiny(7), tiny(100)} })
	add("staleCondition", func() any { return staleCondition() })
}
