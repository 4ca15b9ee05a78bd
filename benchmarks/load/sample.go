package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/stackalloc/stackalloc/benchmarks/internal/tables"
)

// A sample is what one measurement of a server found.
type sample struct {
	rate           float64 // requests a second, as many as it can answer
	cpu            float64 // µs of the server for each request
	p50, p99, p999 float64 // ms, at a rate that all can answer
	collections    float64 // in a thousand requests
	pauses         float64 // µs, in a thousand requests
	bytes, objects float64 // for each request
	atMost         float64 // MiB resident
}

var columns = []struct {
	name   string
	of     func(sample) float64
	spread bool
}{
	{"requests/s", func(s sample) float64 { return s.rate }, true},
	{"CPU, µs each", func(s sample) float64 { return s.cpu }, true},
	{"p50, ms", func(s sample) float64 { return s.p50 }, true},
	{"p99, ms", func(s sample) float64 { return s.p99 }, true},
	{"p99.9, ms", func(s sample) float64 { return s.p999 }, true},
	{"collections per 1000", func(s sample) float64 { return s.collections }, false},
	{"pauses, µs per 1000", func(s sample) float64 { return s.pauses }, false},
	{"bytes each", func(s sample) float64 { return s.bytes }, false},
	{"objects each", func(s sample) float64 { return s.objects }, false},
	{"resident, MiB", func(s sample) float64 { return s.atMost }, false},
}

// A row is all samples of one build.
type row struct {
	name    string
	samples []sample
}

// takeTurns measures the servers in turn, once for the rate at which latencies are taken,
// which is half of what the slowest answers, and then as often as o says.
func takeTurns(rows []row, o options, measure func(i, rate int) (sample, error)) (rate int, err error) {
	for round := range o.rounds + 1 {
		for turn := range rows {
			i := (turn + round) % len(rows) // none is always the first
			s, err := measure(i, rate)
			if err != nil {
				return 0, fmt.Errorf("%s: %w", rows[i].name, err)
			}
			tables.Progress("round %d of %d, %s: %.0f a second, CPU %.1f µs each, p99 %.2f ms", round, o.rounds, rows[i].name, s.rate, s.cpu, s.p99)
			rows[i].samples = append(rows[i].samples, s)
		}
		if round == 0 {
			slowest := rows[0].samples[0].rate
			for i := range rows {
				slowest = min(slowest, rows[i].samples[0].rate)
				rows[i].samples = nil
			}
			rate = int(slowest / 2)
		}
	}
	return rate, nil
}

// method says how the figures were taken.
func method(o options, rate int, requests string) string {
	return fmt.Sprintf("As many\n%s a second as are answered, and the server's CPU time for each; latencies at %d a second, half of what the slowest answered in a\n"+
		"first round. Medians of %d runs of %v in turn, ± half of the span of the middle half in percent.", requests, rate, o.rounds, o.duration)
}

// column returns the figures of a column.
func (r row) column(of func(sample) float64) (all []float64) {
	for _, s := range r.samples {
		all = append(all, of(s))
	}
	return all
}

// median returns the median of figures, which it sorts, and half of the span of the middle half.
func median(all []float64) (mid, spread float64) {
	slices.Sort(all)
	n := len(all)
	return (all[(n-1)/2] + all[n/2]) / 2, (all[n*3/4] - all[n/4]) / 2
}

// writeRows writes the medians, and below them what the last row is beside the others,
// of which all have as many samples.
func writeRows(w io.Writer, title string, rows []row) {
	fmt.Fprintf(w, "| %s |", title)
	for _, c := range columns {
		fmt.Fprintf(w, " %s |", c.name)
	}
	fmt.Fprintf(w, "\n| --- |%s\n", strings.Repeat(" ---: |", len(columns)))
	for _, r := range rows {
		fmt.Fprintf(w, "| %s |", r.name)
		for _, c := range columns {
			mid, spread := median(r.column(c.of))
			fmt.Fprintf(w, " %s", tables.Number(mid))
			if c.spread && mid > 0 {
				fmt.Fprintf(w, " ±%.0f", 100*spread/mid)
			}
			fmt.Fprint(w, " |")
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w)
	ours := rows[len(rows)-1]
	for _, r := range rows[:len(rows)-1] {
		fmt.Fprintf(w, "%s beside %s, the medians of the ratios of each turn:", ours.name, r.name)
		separator := ""
		for _, c := range compared {
			if mid, spread := ours.beside(r, c.of); mid > 0 {
				fmt.Fprintf(w, "%s %s ±%.0f %% of the %s", separator, tables.Number(100*mid), 100*spread, c.name)
				separator = ","
			}
		}
		fmt.Fprintln(w, ".")
	}
}

// beside returns the median of the ratios of the rows' samples, turn by turn, and half of
// the span of the middle half; 0 where a ratio has no meaning.
func (r row) beside(other row, of func(sample) float64) (mid, spread float64) {
	ratios, others := r.column(of), other.column(of)
	for i := range ratios {
		if others[i] == 0 {
			return 0, 0
		}
		ratios[i] /= others[i]
	}
	return median(ratios)
}

// compared are the columns whose ratios are told.
var compared = []struct {
	name string
	of   func(sample) float64
}{
	{"requests", func(s sample) float64 { return s.rate }},
	{"CPU time", func(s sample) float64 { return s.cpu }},
	{"p99", func(s sample) float64 { return s.p99 }},
	{"bytes", func(s sample) float64 { return s.bytes }},
	{"collections", func(s sample) float64 { return s.collections }},
}
