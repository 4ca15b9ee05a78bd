package main

import (
	"bytes"
	. "strings"
	. "unicode/utf16"
)

// Names that a change could take for others.

//go:noinline
func hidesItsOperand(s string) (out string) {
	if len(s) > 40 {
		s := []byte(s) // want stackalloc.Uninit
		s[0] = '*'
		out = string(s)
	}
	return out
}

//go:noinline
func hidesItsLength(n int) int {
	if n > 0 {
		n := make([]int, n) // want stackalloc.Call
		n[0] = len(n)
		return n[0]
	}
	return 0
}

//go:noinline
func hidesTheLibrary(stackalloc int) int {
	b := make([]byte, stackalloc) // want stackalloc.Call
	b[0] = 1
	return len(b)
}

//go:noinline
func hidesLen(s string, len int) byte {
	b := []byte(s) // want [128]byte
	b[0] += byte(len)
	return b[0]
}

//go:noinline
func hidesCopy(s string) (out int) {
	copy := []byte(s) // want [128]byte
	for i := range copy {
		copy[i]++
		out += int(copy[i])
	}
	return out
}

//go:noinline
func hidesUint(n int) int {
	uint := 3
	b := make([]byte, n) // want [128]byte
	b[0] = byte(uint)
	return len(b) + int(b[0])
}

type string2 = string

//go:noinline
func hidesItsElement(n int) int {
	type byte int64
	b := make([]byte, n) // want stackalloc.Call
	b[0] = 1 << 40
	return int(b[0]>>38) + len(b)
}

//go:noinline
func elementNamedLikeIt(src []string2) int {
	string2 := make([]string2, len(src)) // want stackalloc.Call
	copy(string2, src)
	return len(string2[0])
}

//go:noinline
func resultType(error string, n int) (bool, int) {
	b := make([]byte, n) // want stackalloc.Call2
	copy(b, error)
	return b[0] == 'e', len(b)
}

//go:noinline
func hiddenResultType(n int) string {
	string := func(b byte, n int) string2 { return Repeat("x", n*int(b)) }
	b := make([]byte, n) // want stackalloc.Scope
	b[0] = 3
	return string(b[0], 1)
}

//go:noinline
func dotImport(s string) bool {
	b := []byte(s) // want stackalloc.Call
	b[0] = 'x'
	return HasPrefix(string(b), "xb")
}

//go:noinline
func dotImported(s string) rune {
	b := make([]uint16, len(s)) // want stackalloc.Call
	for i, c := range Encode([]rune(s)) {
		b[i] = c
	}
	return rune(b[0])
}

// Its change takes away the last use of a package.
//
//go:noinline
func lastUse(in []byte) int {
	b := bytes.Clone(in) // want stackalloc.Call
	b[0]++
	return int(b[0])
}

//go:noinline
func afterLastUse(n int) int {
	b := make([]byte, n) // want stackalloc.Call
	b[0]++
	return int(b[0])
}

func init() {
	long := "the quick brown fox jumps over the lazy dog, twice"
	add("hidesItsOperand", func() any { return hidesItsOperand(long) })
	add("hidesItsLength", func() any { return hidesItsLength(40) })
	add("hidesTheLibrary", func() any { return hidesTheLibrary(40) })
	add("hidesLen", func() any { return hidesLen(long, 3) })
	add("hidesCopy", func() any { return hidesCopy(long) })
	add("hidesUint", func() any { return hidesUint(40) })
	add("hidesItsElement", func() any { return hidesItsElement(40) })
	add("elementNamedLikeIt", func() any { return elementNamedLikeIt([]string{long}) })
	add("resultType", func() any { _, n := resultType("e", 40); return n })
	add("hiddenResultType", func() any { return hiddenResultType(40) })
	add("dotImport", func() any { return dotImport("a" + long[1:] + "b") })
	add("dotImported", func() any { return dotImported("é" + long) })
	add("lastUse", func() any { return lastUse([]byte(long)) })
	add("afterLastUse", func() any { return afterLastUse(40) })
}
