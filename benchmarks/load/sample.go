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
	p50, p99, p999 float64 // ms, at a rate that all can answer
	collections    float64 // in a thousand requests
	pauses         float64 // µs, in a thousand requests
	bytes, objects float64 // for each request
	atMost         float64 // MiB resident
}

// newSample is one of n requests, without latencies.
func newSample(n, rate float64, used memory) sample {
	return sample{rate: rate, collections: 1000 * used.Collections / n, pauses: used.Pauses / n, bytes: used.Bytes / n, objects: used.Objects / n}
}

var columns = []struct {
	name   string
	of     func(sample) float64
	spread bool
}{
	{"requests/s", func(s sample) float64 { return s.rate }, true},
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

// writeRows writes the medians, ± half of the span of the middle half in percent.
func writeRows(w io.Writer, title string, rows []row) {
	fmt.Fprintf(w, "| %s |", title)
	for _, c := range columns {
		fmt.Fprintf(w, " %s |", c.name)
	}
	fmt.Fprintf(w, "\n| --- |%s\n", strings.Repeat(" ---: |", len(columns)))
	for _, r := range rows {
		fmt.Fprintf(w, "| %s |", r.name)
		for _, c := range columns {
			var all []float64
			for _, s := range r.samples {
				all = append(all, c.of(s))
			}
			slices.Sort(all)
			n := len(all)
			mid := (all[(n-1)/2] + all[n/2]) / 2
			fmt.Fprintf(w, " %s", tables.Number(mid))
			if c.spread && mid > 0 {
				fmt.Fprintf(w, " ±%.0f", 50*(all[n*3/4]-all[n/4])/mid)
			}
			fmt.Fprint(w, " |")
		}
		fmt.Fprintln(w)
	}
}
