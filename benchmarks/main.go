// Command benchmarks measures stackalloc beside its peers, in one run and in
// turn, and writes the tables and the chart of README.md.
//
//	go run .              tables, in about three minutes
//	go run . -quick       in about 40 seconds
//	go run . -scale       goroutines, nesting, call sites, idle stacks, collections, start-up
//	go run . -programs    modules of other people, before and after
//	go run . -small       collections over a block beside map, container/heap and others
//	go run . -write       the tables also into README.md, where those of this make of processor are, and the
//	                      rows of ../README.md
//
// It needs a C compiler named cc for the C99 program, and the network for
// -programs. Ways that cannot be built are left out, and said so.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/stackalloc/stackalloc/benchmarks/internal/tables"
)

func main() {
	quick := flag.Bool("quick", false, "measure for a shorter time, with wider intervals")
	write := flag.Bool("write", false, "write the tables also into README.md, and the chart beside it")
	chart := flag.String("chart", "", "write the chart to `file`, .svg or .png")
	scale := flag.Bool("scale", false, "measure how costs grow with goroutines, nesting, call sites, and what is left")
	programs := flag.Bool("programs", false, "fetch modules of other people, put stackalloc into them, and run their tests and benchmarks")
	collections := flag.Bool("small", false, "measure the collections of package small")
	flag.Parse()
	if err := run(*quick, *write, *chart, *scale, *programs, *collections); err != nil {
		fmt.Fprintf(os.Stderr, "benchmarks: %v\n", err)
		os.Exit(1)
	}
}

func run(quick, write bool, chart string, scale, programs, collections bool) error {
	if flag.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q; -h lists the flags", flag.Arg(0))
	}
	if _, err := os.Stat(filepath.Join("child", "vla", "vla.c")); err != nil {
		return errors.New("to be run in its own folder: cd benchmarks && go run .")
	}
	dir, err := os.MkdirTemp("", "stackalloc-benchmarks-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if write && chart == "" {
		chart = "chart"
		if programs {
			chart = "programs"
		}
		chart += "-" + strings.ToLower(tables.Make()) + ".svg"
	}
	var text bytes.Buffer
	out := io.MultiWriter(&text, os.Stdout)
	kind := "blocks"
	switch {
	case scale && programs || scale && collections || programs && collections:
		return errors.New("-scale, -programs and -small exclude each other")
	case collections:
		kind = "small"
		err = measureCollections(out, quick)
	case scale:
		kind = "scale"
		err = measureScale(out, dir, quick)
	case programs:
		kind = "programs"
		err = measurePrograms(out, dir, quick, chart)
	default:
		err = measureBlocks(out, dir, quick, chart)
	}
	if err != nil || !write {
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
