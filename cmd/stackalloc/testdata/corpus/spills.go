package main

import (
	"fmt"
	"sort"
	"strconv"
)

// Arrays for short lengths, and make for others, where no callback can have what follows.

//go:noinline
func beforeDefer(n int) (k int) {
	b := make([]byte, n) // want [128]byte
	defer func() { k += 1000 }()
	for i := range b {
		b[i]++
	}
	return len(b) + cap(b)
}

const letter = 'a' + 1

//go:noinline
func runeShift(k uint) (n int) {
	b := make([]byte, 'a'<<k) // keep its length shifts a constant that would not be an int elsewhere
	defer func() { n++ }()
	return len(b)
}

//go:noinline
func runeShiftOfElement(k []uint) (n int) {
	b := make([]byte, 1+letter<<k[0]) // keep its length shifts a constant that would not be an int elsewhere
	defer func() { n++ }()
	return len(b)
}

//go:noinline
func runeShiftInBlock(k []uint) string {
	b := make([]byte, (0+'a')<<k[0]) // keep its length shifts a constant that would not be an int elsewhere
	b[0] = 1
	return string(b[:1])
}

//go:noinline
func intShift(k []uint) (n int) {
	b := make([]byte, 1<<k[0]) // want [128]byte
	defer func() { n++ }()
	return len(b)
}

type leaves map[string]any

type leafPrinter struct{ out string }

func (p *leafPrinter) sorted(t leaves) {
	keys := make([]string, 0, len(t)) // want [8]string
	for k := range t {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		p.out += k
		p.value(t[k])
	}
}

func (p *leafPrinter) value(v any) {
	switch v := v.(type) {
	case leaves:
		p.sorted(v)
	default:
		p.out += fmt.Sprint(v)
	}
}

//go:noinline
func assignedLater(n int, full bool) (sum int) {
	var b []int32
	if full {
		b = make([]int32, n) // want [32]int32
		for i := range b {
			b[i] += int32(i)
		}
	}
	for _, v := range b {
		sum += int(v)
	}
	return sum + len(b) + cap(b)
}

// It is another slice in every round, which the compiler has on the heap anyway.
//
//go:noinline
func keptOverRounds(n int) (sum int) {
	var last []int
	for i := range 3 {
		next := make([]int, n)
		for k := range next {
			next[k] = i
			if last != nil {
				sum += last[k]
			}
		}
		last = next
		if n == 77 {
			return n
		}
		defer func() { sum++ }()
	}
	return sum
}

var keptForAll []int

//go:noinline
func assignedPackage(n int) int {
	keptForAll = make([]int, n)
	return len(keptForAll)
}

//go:noinline
func appendedSpill(n int) string {
	b := make([]byte, 1, n) // want [128]byte
	defer enough()
	c := append(b, 1)
	d := append(b, 2)
	return fmt.Sprint(c[1], d[1], len(b), cap(b))
}

//go:noinline
func wideSpill(n int64) int {
	b := make([]byte, n) // want [128]byte
	defer enough()
	return len(b) + cap(b)
}

//go:noinline
func unsignedSpill(n uint8) int {
	b := make([]uint16, n) // want [64]uint16
	defer enough()
	return len(b) + cap(b)
}

//go:noinline
func sameName(n []byte) int {
	if len(n) > 0 {
		n := make([]byte, len(n)+1) // want [128]byte
		defer enough()
		n[0] = 1
		return len(n)
	}
	return 0
}

//go:noinline
func ofItself(n int) (sum int) {
	b := []int{1, 2, 3}
	b = make([]int, len(b)*n) // want [16]int
	for i := range b {
		sum += b[i] + 1
	}
	return sum
}

type spilled []string

//go:noinline
func namedSpill(n int) int {
	b := make(spilled, n) // want [8]string
	defer enough()
	b = append(b, "x")
	return len(b)
}

type wideOne struct{ a [10]int64 }

//go:noinline
func largeSpill(n int) int {
	b := make([]wideOne, n) // keep defer statement
	defer enough()
	return len(b)
}

//go:noinline
func genericSpill[T any](n int, x T) int {
	b := make([]T, n) // keep defer statement
	defer enough()
	b[0] = x
	return len(b)
}

//go:noinline
func jumpsBack(n int) (sum int) {
	i := 0
again:
	{
		b := make([]byte, n) // want stackalloc.Do
		for k := range b {
			sum += int(b[k])
			b[k] = 1
		}
	}
	if i++; i < 3 {
		goto again
	}
	return sum
}

func init() {
	for _, n := range []int{-1, 0, 1, 2, 3, 8, 9, 32, 33, 64, 65, 128, 129, 1000} {
		for name, f := range map[string]func(int) int{
			"beforeDefer": beforeDefer, "keptOverRounds": keptOverRounds, "assignedPackage": assignedPackage, "ofItself": ofItself, "namedSpill": namedSpill,
			"largeSpill": largeSpill, "jumpsBack": jumpsBack,
		} {
			spillEntries[fmt.Sprint(name, n)] = func() any { return f(n) }
		}
		spillEntries[fmt.Sprint("assignedLater", n)] = func() any { return []int{assignedLater(n, true), assignedLater(n, false)} }
		spillEntries[fmt.Sprint("appendedSpill", n)] = func() any { return appendedSpill(n) }
		spillEntries[fmt.Sprint("wideSpill", n)] = func() any { return wideSpill(int64(n)) }
		spillEntries[fmt.Sprint("unsignedSpill", n)] = func() any { return unsignedSpill(uint8(n)) }
		spillEntries[fmt.Sprint("sameName", n)] = func() any { return sameName(make([]byte, n)) } // keep not the whole value
		spillEntries[fmt.Sprint("genericSpill", n)] = func() any { return genericSpill(n, "x") }
	}
	for _, k := range []uint{0, 2, 31, 40, 57, 60, 63, 64} {
		if k > 2 && k < 57 && strconv.IntSize == 64 {
			continue // there may be memory for it
		}
		spillEntries[fmt.Sprint("runeShift", k)] = func() any { return runeShift(k) }
		spillEntries[fmt.Sprint("runeShiftOfElement", k)] = func() any { return runeShiftOfElement([]uint{k}) }
		spillEntries[fmt.Sprint("runeShiftInBlock", k)] = func() any { return runeShiftInBlock([]uint{k}) }
		spillEntries[fmt.Sprint("intShift", k)] = func() any { return intShift([]uint{k}) }
	}
	spillEntries["wideSpill far"] = func() any { return wideSpill(1<<32+5) == 0 }
	var names []string
	for name := range spillEntries {
		names = append(names, name) // keep looks at the frames
	}
	sort.Strings(names)
	for _, name := range names {
		add(name, spillEntries[name])
	}
	add("sorted tree", func() any {
		t := leaves{}
		for i := range 12 {
			t[fmt.Sprint(i)] = leaves{"a": 1, "b": leaves{"c": 2}}
		}
		p := new(leafPrinter)
		p.value(t)
		return p.out
	})
}

var spillEntries = map[string]func() any{}
