package main

import (
	"fmt"
	"unsafe"

	"github.com/stackalloc/stackalloc"
)

// A record has one pointer, and 40 bytes where a pointer has 8.
type record struct {
	name                 *int
	from, to, size, time int64
}

// The callees write the first and the last element.

//go:noinline
func touchStrings(s []string) { s[0], s[len(s)-1] = "a", "b" }

var pointees [2]int

//go:noinline
func touchPointers(s []*int) { s[0], s[len(s)-1] = &pointees[0], &pointees[1] }

//go:noinline
func touchRecords(s []record) {
	s[0], s[len(s)-1] = record{name: &pointees[0], from: 1}, record{name: &pointees[1], from: 2}
}

// typed is all that is measured of one element type.
type typed struct {
	name    string
	lengths []int // the arrays' function has an array for each
	ways    []*way
}

var typedElements = []typed{
	{"strings", []int{4, 16, 64, 100}, typedWays(doStrings, arrayStrings, makeStrings)},
	{"pointers", []int{16, 100}, typedWays(doPointers, arrayPointers, makePointers)},
	{"structs of 40 B", []int{8, 20, 100}, typedWays(doRecords, arrayRecords, makeRecords)},
}

func typedWays(ours, array, heap func(n, times int)) []*way {
	return []*way{
		{name: "**stackalloc.Do**", zeroed: true, loop: ours, ours: true},
		{name: "[N]T", zeroed: true, loop: array},
		{name: "make", zeroed: true, loop: heap},
	}
}

// typedContest compares blocks whose elements have pointers, which the collector
// must find, with arrays, where the compiler tells it.
func typedContest() *contest {
	c := &contest{
		text: "Elements with pointers, zeroed: time in ns for one block and a callee that writes its first and last element, on a goroutine\n" +
			"that has its stack. [N]T is a variable of the loop; N must be a constant",
		title: "elements with pointers", ratio: "Do ÷ [N]T", rivals: 1, most: 1.3,
	}
	for _, t := range typedElements {
		for _, n := range t.lengths {
			c.rows = append(c.rows, contestRow{fmt.Sprintf("%d %s", n, t.name), cellsOf(t.ways, []int{n})})
		}
	}
	return c
}

func doStrings(n, times int) {
	for range times {
		stackalloc.Do(n, func(s []string) { touchStrings(s) })
	}
}

func doPointers(n, times int) {
	for range times {
		stackalloc.Do(n, func(s []*int) { touchPointers(s) })
	}
}

func doRecords(n, times int) {
	for range times {
		stackalloc.Do(n, func(s []record) { touchRecords(s) })
	}
}

func makeStrings(n, times int) {
	for range times {
		s := make([]string, n)
		touchStrings(s)
	}
}

func makePointers(n, times int) {
	for range times {
		s := make([]*int, n)
		touchPointers(s)
	}
}

func makeRecords(n, times int) {
	for range times {
		s := make([]record, n)
		touchRecords(s)
	}
}

var stringArrays = map[int]func(times int){
	4: stringsInLoop[[4]string], 16: stringsInLoop[[16]string], 64: stringsInLoop[[64]string], 100: stringsInLoop[[100]string],
}

func arrayStrings(n, times int) { stringArrays[n](times) }

func stringsInLoop[A any](times int) {
	for range times {
		var a A
		touchStrings(unsafe.Slice((*string)(unsafe.Pointer(&a)), unsafe.Sizeof(a)/unsafe.Sizeof("")))
	}
}

var pointerArrays = map[int]func(times int){16: pointersInLoop[[16]*int], 100: pointersInLoop[[100]*int]}

func arrayPointers(n, times int) { pointerArrays[n](times) }

func pointersInLoop[A any](times int) {
	for range times {
		var a A
		touchPointers(unsafe.Slice((**int)(unsafe.Pointer(&a)), unsafe.Sizeof(a)/unsafe.Sizeof((*int)(nil))))
	}
}

var recordArrays = map[int]func(times int){
	8: recordsInLoop[[8]record], 20: recordsInLoop[[20]record], 100: recordsInLoop[[100]record],
}

func arrayRecords(n, times int) { recordArrays[n](times) }

func recordsInLoop[A any](times int) {
	for range times {
		var a A
		touchRecords(unsafe.Slice((*record)(unsafe.Pointer(&a)), unsafe.Sizeof(a)/unsafe.Sizeof(record{})))
	}
}
