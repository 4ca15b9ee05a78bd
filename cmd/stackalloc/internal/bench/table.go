package bench

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"golang.org/x/perf/benchmath"
)

// A table has a column for each size and fits in 100 columns of text.
const (
	labelWidth = 16
	cellWidth  = 10
)

func (r *result) writeTables(w io.Writer) {
	fmt.Fprintf(w, "Time in ns of one block, and of a callee that writes its first and last byte:\nmedian of %d samples ± half of its 95 %% confidence interval in percent.\n", r.rounds)
	var losers []loser
	for _, cells := range r.byScenario() {
		losers = append(losers, r.writeTable(w, cells)...)
	}
	fmt.Fprintf(w, "\n! slower than the best of sync.Pool and make    r recycled, the stack had no room    h on the heap\n"+
		"Uninit and Do above 64 KiB: with stackalloc.SetLimit(256<<10).\n")
	writeLosers(w, losers, r.cells)
	writeAgainstArrays(w, r.cells)
}

func (s scenario) title(collections float64) string {
	t := "A long-lived goroutine"
	if s.fresh {
		t = "A new goroutine for each block, its start and end included"
	}
	if s.gc {
		t += fmt.Sprintf(", %.0f garbage collections a second", collections)
	}
	return t
}

func (r *result) writeTable(w io.Writer, cells []*cell) (losers []loser) {
	fmt.Fprintf(w, "\n%s\n", cells[0].scenario.title(r.collections))
	header := strings.Repeat(" ", labelWidth)
	for _, n := range sizes {
		header += fmt.Sprintf("%*s  ", cellWidth-2, sizeName(n))
	}
	fmt.Fprintln(w, strings.TrimRight(header, " "))
	for i := range ways {
		v := &ways[i]
		if i > 0 && ways[i-1].contents != v.contents {
			fmt.Fprintln(w, "zeroed:")
		}
		line := fmt.Sprintf("%-*s", labelWidth, v.label)
		for _, n := range sizes {
			c := find(cells, v, n)
			if c == nil {
				line += fmt.Sprintf("%*s", cellWidth, "-  ")
				continue
			}
			mark := " "
			if l, lost := c.against(cells); lost {
				losers = append(losers, l)
				mark = "!"
			}
			line += fmt.Sprintf("%*s%s%s", cellWidth-2, c.text(), mark, c.where())
		}
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
	return losers
}

func find(cells []*cell, v *way, n int) *cell {
	i := slices.IndexFunc(cells, func(c *cell) bool { return c.way == v && c.size == n })
	if i < 0 {
		return nil
	}
	return cells[i]
}

// text returns the median and its interval.
func (c *cell) text() string {
	m := c.summary.Center
	return number(m) + "±" + percent((c.summary.Hi-c.summary.Lo)/2/m)
}

// number returns ns in at most four characters.
func number(ns float64) string {
	switch {
	case ns < 9.995:
		return fmt.Sprintf("%.2f", ns)
	case ns < 99.95:
		return fmt.Sprintf("%.1f", ns)
	case ns < 9999.5:
		return fmt.Sprintf("%.0f", ns)
	case ns < 999.5e3:
		return fmt.Sprintf("%.0fk", ns/1e3)
	}
	return fmt.Sprintf("%.0fM", ns/1e6)
}

func percent(f float64) string {
	return fmt.Sprintf("%.0f", min(100*f, 999))
}

// where marks blocks that are not where one would look for them.
func (c *cell) where() string {
	switch {
	case c.way.recycle || c.way.place != stacked:
		return " "
	case !c.way.ours && c.way.allocates(c.size), c.stats.Heap*2 > c.blocks:
		return "h"
	case c.stats.Recycled*2 > c.blocks:
		return "r"
	}
	return " "
}

// A loser is a cell of ours that is slower than one of theirs.
type loser struct {
	ours, theirs *cell
}

func (l loser) ratio() float64 { return l.ours.summary.Center / l.theirs.summary.Center }

// There are some hundred comparisons: what is within 2 % or has a chance of more
// than 1 % to be noise is not called a loss.
const (
	loserAlpha = 0.01
	loserRatio = 1.02
)

// against returns the fastest peer of c, and whether it is faster by more than
// the noise.
func (c *cell) against(cells []*cell) (loser, bool) {
	if !c.way.ours {
		return loser{}, false
	}
	var best *cell
	for _, p := range cells {
		if p.size == c.size && c.way.comparable(p) && (best == nil || p.summary.Center < best.summary.Center) {
			best = p
		}
	}
	if best == nil || best.summary.Center >= c.summary.Center {
		return loser{}, false
	}
	test := benchmath.AssumeNothing.Compare(c.sample, best.sample)
	l := loser{c, best}
	return l, test.P < loserAlpha && l.ratio() > loserRatio
}

// comparable reports whether p is a peer of w: what has contents that are good
// enough, at a length that is known at run time.
func (w *way) comparable(p *cell) bool {
	return !p.way.ours && p.way.place != none && p.way.impl != "array" && (w.contents == anyContents || p.way.contents == zeroed)
}

func writeLosers(w io.Writer, losers []loser, cells []*cell) {
	ours := 0
	for _, c := range cells {
		if c.way.ours {
			ours++
		}
	}
	if len(losers) == 0 {
		fmt.Fprintf(w, "\nNone of %d figures of ours is slower than its best peer.\n", ours)
		return
	}
	slices.SortStableFunc(losers, func(a, b loser) int { return cmp.Compare(b.ratio(), a.ratio()) })
	fmt.Fprintf(w, "\n%d of %d figures of ours are slower than their best peer. The worst:\n", len(losers), ours)
	for _, l := range losers[:min(5, len(losers))] {
		fmt.Fprintf(w, "  %.2f x %s: %s at %s, %s goroutine, collections %s\n", l.ratio(), l.theirs.way.label, l.ours.way.label,
			sizeName(l.ours.size), l.ours.scenario.goroutine(), l.ours.scenario.pressure())
	}
}

// writeAgainstArrays compares Do with the array that a constant length allows.
func writeAgainstArrays(w io.Writer, cells []*cell) {
	lo, hi := math.Inf(1), 0.0
	for _, c := range cells {
		if !c.way.ours || c.way.impl != "stack" || c.way.contents != zeroed || c.scenario != cells[0].scenario {
			continue
		}
		for _, p := range cells {
			if p.way.impl == "array" && p.scenario == c.scenario && p.size == c.size && !p.way.allocates(p.size) {
				x := loser{c, p}.ratio()
				lo, hi = min(lo, x), max(hi, x)
			}
		}
	}
	fmt.Fprintf(w, "Do takes %.2f to %.2f x the time of [N]byte, which needs a constant N (first table).\n", lo, hi)
}
