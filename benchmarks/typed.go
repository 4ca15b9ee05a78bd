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

// touchElements writes the first and the last element.
//
//go:noinline
func touchElements[T any](s []T) { s[0], s[len(s)-1] = *new(T), *new(T) }

// typedContest compares blocks whose elements have pointers, which the collector
// must find, with arrays, where the compiler tells it. Up to 16 words two calls are most of
// the time.
func typedContest() *contest {
	return &contest{
		text: "Elements with pointers, zeroed: time in ns for one block and a callee that writes its first and last element, on a goroutine\n" +
			"that has its stack. [N]T is a variable of the loop; N must be a constant",
		title: "elements with pointers", ratio: "Do ÷ [N]T", rivals: 1, most: 1.3,
		rows: []contestRow{
			typedRow[[4]string, string]("strings", doStrings), typedRow[[16]string, string]("strings", doStrings).within(1.4),
			typedRow[[64]string, string]("strings", doStrings), typedRow[[100]string, string]("strings", doStrings),
			typedRow[[16]*int, *int]("pointers", doPointers).within(1.6), typedRow[[100]*int, *int]("pointers", doPointers),
			typedRow[[8]record, record]("structs of 40 B", doRecords), typedRow[[20]record, record]("structs of 40 B", doRecords),
			typedRow[[100]record, record]("structs of 40 B", doRecords),
		},
	}
}

// typedRow is for as many elements of type T as the array A has.
func typedRow[A, T any](elements string, do func(n, times int)) contestRow {
	n := int(unsafe.Sizeof(*new(A)) / unsafe.Sizeof(*new(T)))
	return contestRow{name: fmt.Sprintf("%d %s", n, elements), cells: cellsOf([]*way{
		{name: "**stackalloc.Do**", zeroed: true, loop: do, ours: true},
		{name: "[N]T", zeroed: true, loop: typedArray[A, T]()},
		{name: "make", zeroed: true, loop: typedMake[T]()},
	}, []int{n})}
}

// within returns the row with a target of its own.
func (row contestRow) within(most float64) contestRow {
	row.most = most
	return row
}

// Ours are not generic: there the callback would carry what the compiler must know of T.

func doStrings(n, times int) {
	for range times {
		stackalloc.Do(n, func(s []string) { touchElements(s) })
	}
}

func doPointers(n, times int) {
	for range times {
		stackalloc.Do(n, func(s []*int) { touchElements(s) })
	}
}

func doRecords(n, times int) {
	for range times {
		stackalloc.Do(n, func(s []record) { touchElements(s) })
	}
}

func typedArray[A, T any]() func(n, times int) {
	return func(n, times int) {
		for range times {
			var a A
			touchElements(unsafe.Slice((*T)(unsafe.Pointer(&a)), n))
		}
	}
}

func typedMake[T any]() func(n, times int) {
	return func(n, times int) {
		for range times {
			s := make([]T, n)
			touchElements(s)
		}
	}
}
