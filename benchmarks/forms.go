package main

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/benchmarks/internal/tables"
	"github.com/stackalloc/stackalloc/internal/loops"
	"github.com/stackalloc/stackalloc/internal/measure"
)

// The forms that a call can have, beside each other. Where a form has a result, its
// call stands in a function of its own that returns it, and so does the call of Do
// whose callback assigns to a variable.

// A form has a target, for some: that of another form, and so many ns more.
type form struct {
	way  *way
	than string
	most float64 // ns
}

var formSizes = []int{16, 100, 1000}

const captured = "Do, result assigned"

var forms = []form{
	{way: &way{name: "Do", loop: loops.Do, ours: true}},
	{way: &way{name: "Uninit", loop: loops.Uninit, ours: true}},
	{way: &way{name: "Fill", loop: fill, ours: true}},
	{way: &way{name: "Init", note: "a call for each element", loop: initialise, ours: true}},
	{way: &way{name: "Copy", loop: copies, ours: true}},
	{way: &way{name: "Collect", note: "from an iterator over a slice", loop: collect, ours: true}},
	{way: &way{name: captured, loop: doCaptured, ours: true}},
	{way: &way{name: "Call", loop: call, ours: true}, than: captured, most: 1},
	{way: &way{name: "Call2", loop: call2, ours: true}},
	{way: &way{name: "Scope", loop: scope, ours: true}},
	{way: &way{name: "Scope with return", loop: scopeReturn, ours: true}, than: captured, most: 2},
	{way: &way{name: "Bounded", loop: bounded, ours: true}},
	{way: &way{name: "Aligned", note: "to 64 bytes", loop: aligned, ours: true}, than: "Do", most: 3},
}

// measureForms measures them, and Fill for elements of several kinds.
func measureForms(w io.Writer, quick bool) error {
	duration := 40 * time.Second
	if quick {
		duration = 6 * time.Second
	}
	var ways []*way
	for _, f := range forms {
		ways = append(ways, f.way)
	}
	runtime.GC()
	r, err := measureCells(cellsOf(ways, formSizes), duration)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s. Time in ns for one block of bytes and a callee that writes its first and last, median of %d\n"+
		"samples, as above. Reproduce: `cd benchmarks && go run . -forms`\n\n", tables.Machine(), r.rounds)
	r.writeForms(w)
	for _, c := range fillContests() {
		if err := c.measure(w, duration/4); err != nil {
			return err
		}
	}
	return nil
}

func (r *result) writeForms(w io.Writer) {
	fmt.Fprint(w, "| form |")
	for _, n := range formSizes {
		fmt.Fprintf(w, " %d B |", n)
	}
	fmt.Fprintf(w, " target |\n| --- |%s --- |\n", strings.Repeat(" ---: |", len(formSizes)))
	for _, f := range forms {
		name := f.way.name
		if f.way.note != "" {
			name += " (" + f.way.note + ")"
		}
		fmt.Fprintf(w, "| %s |", name)
		for _, n := range formSizes {
			cell := r.find(f.way, n)
			text := cell.text()
			if f.than != "" && cell.ns() > r.find(formNamed(f.than).way, n).ns()+f.most {
				text = "**" + text + "**"
			}
			fmt.Fprintf(w, " %s |", text)
		}
		if f.than != "" {
			fmt.Fprintf(w, " ≤ %s + %v ns |\n", f.than, f.most)
		} else {
			fmt.Fprint(w, " |\n")
		}
	}
	fmt.Fprint(w, "\nBold: the target is missed.\n")
}

func formNamed(name string) form {
	for _, f := range forms {
		if f.way.name == name {
			return f
		}
	}
	return form{}
}

func fill(n, times int) {
	for range times {
		stackalloc.Fill(n, 7, func(s []byte) { measure.Touch(s) })
	}
}

func initialise(n, times int) {
	for range times {
		stackalloc.Init(n, func(i int) byte { return byte(i) }, func(s []byte) { measure.Touch(s) })
	}
}

var source = make([]byte, formSizes[len(formSizes)-1])

func copies(n, times int) {
	src := source[:n]
	for range times {
		stackalloc.Copy(src, func(s []byte) { measure.Touch(s) })
	}
}

func collect(n, times int) {
	src := source[:n]
	for range times {
		stackalloc.Collect(n, func(yield func(byte) bool) {
			for _, v := range src {
				if !yield(v) {
					return
				}
			}
		}, func(s []byte) { measure.Touch(s) })
	}
}

// results is where the results of callbacks go.
var results int

func doCaptured(n, times int) {
	for range times {
		results += oneCaptured(n)
	}
}

//go:noinline
func oneCaptured(n int) (r int) {
	stackalloc.Do(n, func(s []byte) {
		measure.Touch(s)
		r = len(s)
	})
	return r
}

func call(n, times int) {
	for range times {
		results += oneCall(n)
	}
}

//go:noinline
func oneCall(n int) int {
	return stackalloc.Call(n, func(s []byte) int {
		measure.Touch(s)
		return len(s)
	})
}

func call2(n, times int) {
	for range times {
		r, err := oneCall2(n)
		if err == nil {
			results += r
		}
	}
}

//go:noinline
func oneCall2(n int) (int, error) {
	return stackalloc.Call2(n, func(s []byte) (int, error) {
		measure.Touch(s)
		return len(s), nil
	})
}

func scope(n, times int) {
	for range times {
		for s := range stackalloc.Scope[byte](n) {
			measure.Touch(s)
		}
	}
}

func scopeReturn(n, times int) {
	for range times {
		results += oneScope(n)
	}
}

//go:noinline
func oneScope(n int) int {
	for s := range stackalloc.Scope[byte](n) {
		measure.Touch(s)
		return len(s)
	}
	return 0
}

func bounded(n, times int) {
	for range times {
		if stackalloc.Bounded(n, 4096, func(s []byte) { measure.Touch(s) }) != nil {
			return
		}
	}
}

func aligned(n, times int) {
	for range times {
		stackalloc.Aligned(n, 64, func(s []byte) { measure.Touch(s) })
	}
}

// fillContests compare Fill with clearing the same block, for elements that fit a
// register and for others.
func fillContests() (all []*contest) {
	for _, k := range []struct {
		text string
		most float64
		rows []contestRow
	}{
		{"one to eight bytes", 1.2, []contestRow{
			fillRow("1000 bytes", 1000, byte(7)), fillRow("500 uint16", 500, uint16(7)),
			fillRow("250 uint32", 250, uint32(7)), fillRow("125 uint64", 125, uint64(7)),
		}},
		{"other sizes", 2, []contestRow{
			fillRow("333 of 3 bytes", 333, [3]byte{7, 8, 9}), fillRow("200 of 5 bytes", 200, [5]byte{7, 8, 9}),
			fillRow("62 of 16 bytes", 62, [2]uint64{7, 8}), fillRow("41 of 24 bytes", 41, [3]uint64{7, 8, 9}),
			fillRow("25 of 40 bytes", 25, [5]uint64{7, 8, 9}), fillRow("33 of 3 bytes", 33, [3]byte{7, 8, 9}),
			fillRow("4 of 24 bytes", 4, [3]uint64{7, 8, 9}),
		}},
	} {
		all = append(all, &contest{
			text:  "Fill with elements of " + k.text + " beside a clear of the same block: time in ns for one block",
			title: "elements", ratio: "Fill ÷ Uninit and clear", rivals: 1, most: k.most, rows: k.rows,
		})
	}
	return all
}

func fillRow[T any](name string, n int, v T) contestRow {
	return contestRow{name: name, cells: cellsOf([]*way{
		{name: "**Fill**", loop: fillWith(v), ours: true}, {name: "Uninit and clear", loop: clearInstead[T]()},
	}, []int{n})}
}

// fillWith and clearInstead are not inlined, since a copy of a call has no proof.
//
//go:noinline
func fillWith[T any](v T) func(n, times int) {
	return func(n, times int) {
		for range times {
			stackalloc.Fill(n, v, func(s []T) { s[0], s[len(s)-1] = *new(T), *new(T) })
		}
	}
}

//go:noinline
func clearInstead[T any]() func(n, times int) {
	return func(n, times int) {
		for range times {
			stackalloc.Uninit(n, func(s []T) {
				clear(s)
				s[0], s[len(s)-1] = *new(T), *new(T)
			})
		}
	}
}
