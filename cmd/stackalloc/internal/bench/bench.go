// Package bench is the subcommand bench: it measures, on this machine, what a
// block costs in each of the ways to have one.
package bench

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/cli"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/progress"
)

const usage = `usage: stackalloc bench [flags]

bench measures what a block of memory costs for the time of a call: on the stack,
recycled and from package scratch, against make, sync.Pool and an array of fixed
size; from 16 B to 256 KiB, on a long-lived goroutine and on a new one for each
block; without collections, and with one after the other, half a millisecond apart.

The ways take turns in short samples, for about -time in all. What is printed is
the median of the samples and its 95 % confidence interval. Before and while it
measures, bench checks that the blocks are where it says; if they are not, it
says so and the exit status is 2.

-bench-format prints each sample as a line for benchstat:

	stackalloc bench -bench-format > samples.txt
	benchstat -row /size -col /impl -filter '/contents:zeroed /goroutine:long /gc:off' samples.txt

Flags:
`

const (
	quickTime = 11 * time.Second
	fullTime  = 60 * time.Second
)

type options struct {
	quick, benchFormat    bool
	time                  time.Duration
	goroutine, gc, output string
}

// Run runs the subcommand and returns its exit status.
func Run(args []string, stdout, stderr io.Writer) int {
	var o options
	c := cli.New("bench", usage, stdout, stderr)
	fs := c.Flags
	fs.BoolVar(&o.quick, "quick", false, "measure for about 11 seconds in all")
	fs.DurationVar(&o.time, "time", fullTime, "how long to measure; six samples of each are taken in any case")
	fs.BoolVar(&o.benchFormat, "bench-format", false, "print the samples in Go's benchmark format, and no tables")
	fs.StringVar(&o.goroutine, "goroutine", "both", "`which` goroutines to measure on: long, fresh or both")
	fs.StringVar(&o.gc, "gc", "both", "`whether` with garbage collection pressure: on, off or both")
	fs.StringVar(&o.output, "o", "", "write a chart to `file`, whose name ends in .svg or .png")
	c.Require(func() error { return o.check(fs) })
	c.Exclude("quick", "time")
	if status, proceed := c.Parse(args); !proceed {
		return status
	}
	return c.Run(func(ctx context.Context, bar *progress.Bar) (bool, error) { return false, o.run(ctx, stdout, bar) })
}

func (o *options) check(fs *flag.FlagSet) error {
	if fs.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q; -h lists the flags", fs.Arg(0))
	}
	for _, c := range []struct{ name, value, allowed string }{
		{"goroutine", o.goroutine, "long fresh both"}, {"gc", o.gc, "on off both"},
	} {
		if c.value == "" || !strings.Contains(" "+c.allowed+" ", " "+c.value+" ") {
			return fmt.Errorf("-%s=%s: expected one of: %s", c.name, c.value, strings.ReplaceAll(c.allowed, " ", ", "))
		}
	}
	if o.time <= 0 {
		return fmt.Errorf("-time=%v is not positive", o.time)
	}
	if o.quick {
		o.time = quickTime
	}
	if ext := filepath.Ext(o.output); o.output != "" && ext != ".svg" && ext != ".png" {
		return fmt.Errorf("-o %s: expected a name that ends in .svg or .png", o.output)
	}
	return nil
}

func (o *options) run(ctx context.Context, stdout io.Writer, bar *progress.Bar) error {
	var chart *cli.File
	if o.output != "" { // found out before the measuring, not after
		f, err := cli.Create(o.output)
		if err != nil {
			return err
		}
		defer f.Discard()
		chart = f
	}
	m := thisMachine()
	if !o.benchFormat {
		m.print(stdout)
	}
	bar.Phase("measuring")
	percent := 0
	r, err := measureAll(ctx, scenarios(o.goroutine, o.gc), o.time, func(done float64) {
		for ; percent < int(100*min(done, 1)); percent++ {
			bar.Step("%", 100)
		}
	})
	bar.Done()
	if err != nil {
		return err
	}
	out := bufio.NewWriter(stdout)
	if o.benchFormat {
		r.writeBenchFormat(out, m)
	} else {
		r.writeTables(out)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if chart == nil {
		return nil
	}
	if err := r.writeChart(chart, filepath.Ext(o.output)[1:], m); err != nil {
		return fmt.Errorf("%s: %w", o.output, err)
	}
	return chart.Commit()
}
