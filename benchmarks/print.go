package main

import (
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/stackalloc/stackalloc/benchmarks/internal/tables"
)

// write writes the tables in Markdown.
func (r *result) write(w io.Writer, present []*way, skipped []string) {
	fmt.Fprintf(w, "%s. Time in ns for one block and a callee that writes its first and last byte, on a goroutine\n"+
		"that has its stack: median of %d samples, taken in turn, ± half of the 95 %% confidence interval in percent where it is\n"+
		"5 or more. Reproduce: `cd benchmarks && go run .`\n", tables.Machine(), r.rounds)
	for _, zeroed := range []bool{false, true} {
		title := "contents unspecified"
		if zeroed {
			title = "zeroed"
		}
		fmt.Fprintf(w, "\n| %s |", title)
		for _, n := range sizes {
			fmt.Fprintf(w, " %d B |", n)
		}
		fmt.Fprintf(w, " allocs |\n| --- |%s --- |\n", strings.Repeat(" ---: |", len(sizes)))
		for _, v := range present {
			if v.zeroed != zeroed {
				continue
			}
			name := v.name
			if v.note != "" {
				name += " (" + v.note + ")"
			}
			fmt.Fprintf(w, "| %s |", name)
			for _, n := range sizes {
				fmt.Fprintf(w, " %s |", r.find(v, n).text())
			}
			fmt.Fprintf(w, " %s |\n", r.allocs(v))
		}
	}
	r.writeRatios(w, present)
	for _, s := range skipped {
		fmt.Fprintf(w, "\nNot measured: %s\n", s)
	}
}

func (c *cell) text() string {
	s := tables.Number(c.ns())
	if half := 100 * (c.summary.Hi - c.summary.Lo) / 2 / c.ns(); half >= 4.5 {
		s += fmt.Sprintf(" ±%.0f", half)
	}
	return s
}

// allocs returns the objects made for each block: one figure, or one by size.
func (r *result) allocs(w *way) string {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, n := range sizes {
		a := r.find(w, n).allocs
		lo, hi = min(lo, a), max(hi, a)
	}
	switch {
	case lo < 0:
		return ""
	case lo == hi:
		return fmt.Sprint(lo)
	}
	return fmt.Sprintf("%v to %v", lo, hi)
}

// A target is a ratio that the library sets itself.
type target struct {
	name         string
	ours         string
	against      func(w *way) bool
	most         float64
	lowest, high int     // sizes that it is set for
	first        float64 // its own for the lowest size, or 0
}

// at returns the target for blocks of n bytes, or +Inf.
func (t target) at(n int) float64 {
	switch {
	case n < t.lowest || n > t.high:
		return math.Inf(1)
	case n == t.lowest && t.first > 0:
		return t.first
	}
	return t.most
}

func (t target) text() string {
	if t.first > 0 {
		return fmt.Sprintf("≤ %v at %d B, %v up to %d B", t.first, t.lowest, t.most, t.high)
	}
	return fmt.Sprintf("≤ %v from %d to %d B", t.most, t.lowest, t.high)
}

func named(name string) func(*way) bool { return func(w *way) bool { return w.name == name } }

var targets = []target{
	{"Uninit, direct ÷ C99 VLA", "**stackalloc.Uninit**, direct", named("C99: VLA, callback"), 1.3, 100, 60000, 0},
	{"Uninit ÷ Rust, crate's shape", "**stackalloc.Uninit**", named("Rust: shape of the crate stackalloc"), 1, 16, 60000, 0},
	{"Uninit ÷ Rust crate", "**stackalloc.Uninit**", named("Rust: crate stackalloc"), 1, 16, 60000, 0},
	{"Uninit ÷ fastest pool", "**stackalloc.Uninit**", func(w *way) bool { return w.pool }, 0.45, 100, 60000, 0},
	{"Do, direct ÷ C99 VLA, memset", "**stackalloc.Do**, direct", named("C99: VLA, memset, callback"), 1.3, 100, 60000, 0},
	{"Do ÷ Rust, crate's shape", "**stackalloc.Do**", named("Rust: shape of the crate stackalloc, zeroed"), 1, 16, 60000, 0},
	{"Do ÷ Rust crate", "**stackalloc.Do**", named("Rust: crate stackalloc, zeroed"), 1, 16, 60000, 0},
	{"Do ÷ [N]byte in a function", "**stackalloc.Do**", named("[N]byte in a function"), 1.1, 256, 60000, 0},
	{"Do ÷ [N]byte", "**stackalloc.Do**", named("[N]byte"), 1.1, 256, 60000, 1.4},
	{"Do ÷ make", "**stackalloc.Do**", named("make"), 1, 16, 16, 0},
	{"scratch.Uninit ÷ fastest pool", "**scratch.Uninit**", func(w *way) bool { return w.pool }, 1, 16, 60000, 0},
	{"scratch.Do ÷ fastest cleared pool", "**scratch.Do**", func(w *way) bool { return w.pool && w.zeroed }, 1, 16, 60000, 0},
}

// writeRatios writes the ratios of medians for which there is a target. Those
// that miss it are in bold.
func (r *result) writeRatios(w io.Writer, present []*way) {
	fmt.Fprint(w, "\n| ratio of medians |")
	for _, n := range sizes {
		fmt.Fprintf(w, " %d B |", n)
	}
	fmt.Fprintf(w, " target |\n| --- |%s ---: |\n", strings.Repeat(" ---: |", len(sizes)))
	for _, t := range targets {
		line, found := "", false
		for _, n := range sizes {
			ours, theirs := math.NaN(), math.Inf(1)
			for _, v := range present {
				ns := r.find(v, n).ns()
				if v.name == t.ours {
					ours = ns
				}
				if t.against(v) {
					theirs, found = min(theirs, ns), true
				}
			}
			line += " " + ratioText(ours/theirs, t.at(n)) + " |"
		}
		if found {
			fmt.Fprintf(w, "| %s |%s %s |\n", t.name, line, t.text())
		}
	}
	fmt.Fprint(w, "\nBold: the target is missed.\n")
}

// ratioText returns a ratio, in bold if it is more than its target.
func ratioText(ratio, most float64) string {
	if ratio > most {
		return fmt.Sprintf("**%.2f**", ratio)
	}
	return fmt.Sprintf("%.2f", ratio)
}
