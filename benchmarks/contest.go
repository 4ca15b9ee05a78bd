package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"runtime"
	"strings"
	"time"
)

// A contest is a table in which every row is measured in the same few ways: ours
// first, then its rivals, then any others. There is a target for the ratio of ours
// to the fastest rival, and for some rows another.
type contest struct {
	text   string // above the table
	title  string
	rows   []contestRow
	ratio  string // its name
	rivals int
	most   float64
}

type contestRow struct {
	name  string
	cells []*cell
	most  float64 // or 0
}

// measure measures the rows and writes the table.
func (c *contest) measure(w io.Writer, duration time.Duration) error {
	var cells []*cell
	for _, row := range c.rows {
		cells = append(cells, row.cells...)
	}
	runtime.GC()
	r, err := measureCells(cells, duration)
	if err != nil {
		return err
	}
	c.write(w, r.rounds)
	return nil
}

func (c *contest) write(w io.Writer, rounds int) {
	fmt.Fprintf(w, "\n%s. Median of %d samples, as above.\n\n| %s |", c.text, rounds, c.title)
	for _, x := range c.rows[0].cells {
		fmt.Fprintf(w, " %s |", x.way.name)
	}
	fmt.Fprintf(w, " %s | target |\n| --- |%s ---: | ---: |\n", c.ratio, strings.Repeat(" ---: |", len(c.rows[0].cells)))
	for _, row := range c.rows {
		fmt.Fprintf(w, "| %s |", row.name)
		for _, x := range row.cells {
			fmt.Fprintf(w, " %s |", x.text())
		}
		best := math.Inf(1)
		for _, x := range row.cells[1 : 1+c.rivals] {
			best = min(best, x.ns())
		}
		most := cmp.Or(row.most, c.most)
		fmt.Fprintf(w, " %s | ≤ %v |\n", ratioText(row.cells[0].ns()/best, most), most)
	}
}
