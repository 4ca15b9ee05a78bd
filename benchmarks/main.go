// Command benchmarks measures stackalloc beside its peers, in one run and in
// turn, and writes the README's tables and chart.
//
//	go run .                          tables, in about three minutes
//	go run . -quick                   in about 40 seconds
//	go run . -readme ../README.md     tables and chart into the README
//	go run . -scale                   goroutines, nesting, call sites, idle stacks, collections, start-up
//	go run . -programs                two programs of other people, before and after
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
	"time"
)

func main() {
	quick := flag.Bool("quick", false, "measure for a shorter time, with wider intervals")
	readme := flag.String("readme", "", "write the tables also between the markers benchmarks, scale or programs of `file`")
	chart := flag.String("chart", "", "write the chart to `file`, .svg or .png; with -readme, chart.svg if not given")
	scale := flag.Bool("scale", false, "measure how costs grow with goroutines, nesting, call sites, and what is left")
	programs := flag.Bool("programs", false, "fetch two modules, put stackalloc into them, and run their tests and benchmarks")
	flag.Parse()
	if err := run(*quick, *readme, *chart, *scale, *programs); err != nil {
		fmt.Fprintf(os.Stderr, "benchmarks: %v\n", err)
		os.Exit(1)
	}
}

func run(quick bool, readme, chart string, scale, programs bool) error {
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
	var out bytes.Buffer
	switch {
	case scale && programs:
		return errors.New("-scale and -programs exclude each other")
	case scale:
		if err := measureScale(io.MultiWriter(&out, os.Stdout), dir, quick); err != nil {
			return err
		}
		return intoReadme(readme, "scale", out.Bytes())
	case programs:
		if err := measurePrograms(io.MultiWriter(&out, os.Stdout), dir, quick); err != nil {
			return err
		}
		return intoReadme(readme, "programs", out.Bytes())
	}
	duration := 120 * time.Second
	if quick {
		duration = 20 * time.Second
	}
	present, skipped, stop := startProcesses(dir)
	defer stop()
	r, err := measure(cellsOf(present, sizes), duration)
	if err != nil {
		return err
	}
	r.write(&out, present, skipped)
	for _, c := range []*contest{typedContest(), freshContest()} {
		if err := c.measure(&out, duration/5); err != nil {
			return err
		}
	}
	if chart == "" && readme != "" {
		chart = "chart.svg"
	}
	if chart != "" {
		if err := r.writeChart(chart, present); err != nil {
			return err
		}
	}
	if _, err := os.Stdout.Write(out.Bytes()); err != nil || readme == "" {
		return err
	}
	folder, err := filepath.Abs(filepath.Dir(readme))
	if err != nil {
		return err
	}
	chart, err = filepath.Abs(chart)
	if err != nil {
		return err
	}
	rel, err := filepath.Rel(folder, chart)
	if err != nil {
		return err
	}
	fmt.Fprintf(&out, "\n![Time of a block by its size, logarithmic axes](%s)\n", filepath.ToSlash(rel))
	return intoReadme(readme, "benchmarks", out.Bytes())
}

// intoReadme replaces what is between the comments NAME:begin and NAME:end of a
// file, if one is given.
func intoReadme(file, name string, text []byte) error {
	if file == "" {
		return nil
	}
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	begin, end := []byte("<!-- "+name+":begin -->\n"), []byte("<!-- "+name+":end -->")
	head, rest, ok := bytes.Cut(old, begin)
	_, tail, ok2 := bytes.Cut(rest, end)
	if !ok || !ok2 {
		return fmt.Errorf("%s has no lines %s and %s", file, bytes.TrimSpace(begin), end)
	}
	return os.WriteFile(file, bytes.Join([][]byte{head, begin, text, end, tail}, nil), 0o644)
}
