// Command benchmarks measures stackalloc beside its peers, in one run and in
// turn, and writes the tables and the chart of README.md.
//
//	go run .              tables, in about three minutes
//	go run . -quick       in about 40 seconds
//	go run . -forms       the forms of a call beside each other
//	go run . -scale       goroutines, cores, nesting, call sites, idle stacks, collections, start-up
//	go run . -programs    modules of other people, before and after
//	go run . -programs -redraw    the chart of the table in README.md, without measuring
//	go run . -by-hand     some of them, beside the plain change by hand
//	go run . -survey      what suggest finds in modules of other people, and what becomes of their tests and benchmarks
//	go run . -small       collections over a block beside map, container/heap and others
//	go run . -write       the tables also into README.md, where those of this make of processor are, and the
//	                      rows of ../README.md
//
// It needs a C compiler named cc for the C99 program, rustc for the one in Rust, and
// the network for -programs, -by-hand and -survey. Ways that cannot be built are left out, and said so.
// With -crate FOLDER, where that has the source of the Rust crate stackalloc, the crate
// itself is measured too. Interrupted, it ends what it has begun, and leaves nothing behind.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/stackalloc/stackalloc/benchmarks/internal/tables"
)

func main() {
	quick := flag.Bool("quick", false, "measure for a shorter time, with wider intervals")
	write := flag.Bool("write", false, "write the tables also into README.md, and the chart beside it")
	chart := flag.String("chart", "", "write the chart to `file`, .svg or .png")
	scale := flag.Bool("scale", false, "measure how costs grow with goroutines, cores, nesting, call sites, and what is left")
	formsOf := flag.Bool("forms", false, "measure the forms of a call beside each other")
	programs := flag.Bool("programs", false, "fetch modules of other people, put stackalloc into them, and run their tests and benchmarks")
	flag.StringVar(&crateFolder, "crate", "", "measure the Rust crate stackalloc too, whose source is in `folder`")
	only := flag.String("only", "", "with -programs, -by-hand or -survey, measure those whose module matches `regexp`; with -programs it has \", patch\" or \", command\" after it")
	byHand := flag.Bool("by-hand", false, "measure programs beside the plain change by hand and fixed arrays")
	survey := flag.Bool("survey", false, "let suggest and try loose on modules of other people")
	results := flag.String("results", "", "with -survey, keep what was found in `file`, and leave out what stands there")
	redraw := flag.Bool("redraw", false, "with -programs, draw the chart of the table that README.md has, without measuring")
	collections := flag.Bool("small", false, "measure the collections of package small")
	flag.Parse()
	var stop context.CancelFunc
	interrupted, stop = signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(interrupted, stop) // once more, and it ends at once
	kinds := map[string]bool{"forms": *formsOf, "scale": *scale, "programs": *programs, "by-hand": *byHand, "survey": *survey, "small": *collections}
	if err := run(kinds, options{*quick, *write, *redraw, *chart, *only, *results}); err != nil {
		fmt.Fprintf(os.Stderr, "benchmarks: %v\n", err)
		os.Exit(1)
	}
}

type options struct {
	quick, write, redraw bool
	chart, only          string
	results              string
}

func run(kinds map[string]bool, o options) error {
	maps.DeleteFunc(kinds, func(_ string, wanted bool) bool { return !wanted })
	kind := "blocks"
	for k := range kinds {
		kind = k
	}
	switch {
	case flag.NArg() > 0:
		return fmt.Errorf("unexpected argument %q; -h lists the flags", flag.Arg(0))
	case len(kinds) > 1:
		return errors.New("-forms, -scale, -programs, -by-hand, -survey and -small exclude each other")
	case o.only != "" && (kind != "programs" && kind != "by-hand" && kind != "survey" || o.write):
		return errors.New("-only goes with -programs, -by-hand or -survey, and without -write, which replaces the table as a whole")
	case o.results != "" && kind != "survey":
		return errors.New("-results goes with -survey")
	case o.redraw && (kind != "programs" || o.quick || o.write || o.only != ""):
		return errors.New("-redraw goes with -programs, and -chart if it is to be another file than that of README.md")
	}
	if _, err := os.Stat(filepath.Join("child", "vla", "vla.c")); err != nil {
		return errors.New("to be run in its own folder: cd benchmarks && go run .")
	}
	dir, err := os.MkdirTemp("", "stackalloc-benchmarks-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Setenv("GOTMPDIR", dir); err != nil { // what go leaves where it is killed goes with it
		return err
	}
	if (o.write || o.redraw) && o.chart == "" && (kind == "blocks" || kind == "programs") {
		name := map[string]string{"blocks": "chart", "programs": "programs"}[kind]
		o.chart = name + "-" + strings.ToLower(tables.Make()) + ".svg"
	}
	if o.redraw {
		return redrawPrograms(o.chart)
	}
	var text bytes.Buffer
	out := io.MultiWriter(&text, os.Stdout)
	err = unlessInterrupted(func() error {
		switch kind {
		case "forms":
			return measureForms(out, o.quick)
		case "small":
			return measureCollections(out, o.quick)
		case "scale":
			return measureScale(out, dir, o.quick)
		case "by-hand":
			return measureByHand(out, dir, o)
		case "programs":
			return measurePrograms(out, dir, o)
		case "survey":
			return measureSurvey(out, dir, o)
		default:
			return measureBlocks(out, dir, o.quick, o.chart)
		}
	})
	if err != nil || !o.write {
		return err
	}
	return tables.Record(kind, text.Bytes())
}

// measureBlocks measures every way at every size, and the contests.
func measureBlocks(w io.Writer, dir string, quick bool, chart string) error {
	duration := 120 * time.Second
	if quick {
		duration = 20 * time.Second
	}
	present, skipped, stop := startProcesses(dir)
	defer stop()
	r, err := measureCells(cellsOf(present, sizes), duration)
	if err != nil {
		return err
	}
	r.write(w, present, skipped)
	for _, c := range []*contest{typedContest(), freshContest()} {
		if err := c.measure(w, duration/5); err != nil {
			return err
		}
	}
	if chart == "" {
		return nil
	}
	if err := r.writeChart(chart, present); err != nil {
		return err
	}
	fmt.Fprintf(w, "\n![Time of a block by its size, logarithmic axes](%s)\n", filepath.ToSlash(chart))
	return nil
}
