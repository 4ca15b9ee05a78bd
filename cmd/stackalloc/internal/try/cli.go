// Package try is the subcommand try: it makes the changes of suggest in an overlay,
// runs the tests with and without them, and measures what they bring.
package try

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/cli"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/overlay"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/progress"
)

const usage = `usage: stackalloc try [flags] [packages]

try shows what the library would bring, before a line is changed: it makes the
changes of suggest -diff in an overlay, which the go command sees in place of the
source, runs the packages' tests before and after, and then their benchmarks,
before and after in turn. It never writes to the packages' modules, go.mod, go.sum
and go.work included; what the tests write themselves is theirs.

For each benchmark it prints the time, the bytes and the allocations of one
operation before and after, and the ratio of the times: the median over the pairs
of runs, with its 95 % confidence interval. Below stand the places that were
changed, with the benchmarks that reach them. A change that makes a benchmark
slower is dropped, and named; a patch is not.

With -beside FILE a second patch, of another way to the same end, is tested and
measured in the same run: before, after and beside in turn.

A benchmark is run until its ratio is known to 2 %, or to less where the gain is
beyond doubt, at least 6 times and at most -count times; fewer than 6 give no
interval, and no verdict. Without -bench, benchmarks
that reach no changed function are left out.

A module that does not require the library gets it in the overlay. Packages with
cgo are left as they are, generated files and packages that only tests use unless
they are named: the package without "...", or the file, which stands for its package.

The exit status is 1 when a test that passed before fails after, or a benchmark is
slower with more than its confidence interval; 2 when the packages could not be
built.

Flags:
`

type options struct {
	gotool.Build
	bench, run, benchtime  string
	benchGiven             bool
	count                  int
	deps, json             bool
	profile, library, keep string
	patch, beside          string
	min                    float64
	asked                  []string // the arguments
	patterns               []string // the same, with packages in place of files
}

const (
	enough       = 6 // the least that gives an interval with 95 % confidence
	defaultCount = 20
)

// Run runs the subcommand and returns its exit status.
func Run(args []string, stdout, stderr io.Writer) int {
	o := new(options)
	c := cli.New("try", usage, stdout, stderr)
	fs := c.Flags
	fs.StringVar(&o.bench, "bench", ".", "run the benchmarks that match `regexp`, as for go test; all of them, also those that reach no change")
	fs.IntVar(&o.count, "count", defaultCount, "run each benchmark at most `n` times before and n times after")
	fs.StringVar(&o.benchtime, "benchtime", "200ms", "run each benchmark for `t` at a time, as for go test")
	fs.StringVar(&o.run, "run", "", "run the tests that match `regexp`, as for go test")
	fs.BoolVar(&o.deps, "deps", false, "change the modules that the packages depend on as well, in copies")
	fs.StringVar(&o.profile, "profile", "", "change only places that cost something in this `file`, a CPU or heap profile in pprof's format")
	fs.Func("min", "with -profile: leave out places below this `share` of its total, as 1% or 0.01", func(s string) (err error) {
		o.min, err = share(s)
		return err
	})
	fs.StringVar(&o.patch, "patch", "", "try this patch in place of what suggest finds: a `file` as of git diff, relative to the module's root")
	fs.StringVar(&o.beside, "beside", "", "test and measure this patch too, in turn with the changes: a `file` as for -patch")
	fs.StringVar(&o.library, "library", "", "the library that modules get: a `version`, or the folder of a clone (default what this command was built from)")
	fs.StringVar(&o.keep, "keep", "", "keep the overlay in a new `directory`, for go build -overlay directory/overlay.json")
	fs.BoolVar(&o.json, "json", false, "print one JSON document")
	o.AddBuildFlags(fs)
	c.Exclude("patch", "profile")
	c.Exclude("patch", "deps")
	c.Exclude("beside", "deps")
	c.Require(o.check)
	if status, proceed := c.Parse(args); !proceed {
		return status
	}
	o.benchGiven = given(c, "bench")
	o.asked = c.Patterns()
	o.patterns = packagesOf(o.asked)
	return c.Run(func(ctx context.Context, bar *progress.Bar) (bool, error) {
		t := &trial{options: o, bar: bar}
		defer t.close()
		if err := t.do(ctx); err != nil {
			return false, err
		}
		bar.Done()
		return t.bad(), t.print(stdout)
	})
}

// packagesOf puts the package of its folder in place of a file: tests are those of
// packages, and a file is named to have it changed though it is generated.
func packagesOf(args []string) (out []string) {
	for _, a := range args {
		if st, err := os.Stat(a); err == nil && !st.IsDir() && strings.HasSuffix(a, ".go") {
			if a = filepath.ToSlash(filepath.Dir(a)); !filepath.IsAbs(a) && a != "." && !strings.HasPrefix(a, "..") {
				a = "./" + strings.TrimPrefix(a, "./")
			}
		}
		if !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

func given(c *cli.Command, name string) bool {
	found := false
	c.Flags.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
}

// check checks the flags that do not check themselves.
func (o *options) check() error {
	if o.count < 1 {
		return fmt.Errorf("-count=%d is not positive", o.count)
	}
	for _, f := range []struct{ name, value string }{{"bench", o.bench}, {"run", o.run}} {
		if _, err := regexp.Compile(f.value); err != nil {
			return fmt.Errorf("-%s: %w", f.name, err)
		}
	}
	if !benchtime.MatchString(o.benchtime) {
		return fmt.Errorf("-benchtime=%s: expected a time as 200ms or 1s, or a number of iterations as 100x", o.benchtime)
	}
	if o.min > 0 && o.profile == "" {
		return errors.New("-min needs a -profile")
	}
	if o.library != "" {
		if _, err := overlay.ParseLibrary(o.library); err != nil {
			return fmt.Errorf("-library: %w", err)
		}
	}
	return nil
}

var benchtime = regexp.MustCompile(`^([1-9][0-9]*x|([0-9]*\.?[0-9]+(ns|us|µs|ms|s|m|h))+)$`)

// share reads a part of a whole: 1% or 0.01.
func share(s string) (float64, error) {
	number, percent := strings.CutSuffix(s, "%")
	v, err := strconv.ParseFloat(number, 64)
	if percent {
		v /= 100
	}
	if err != nil || !(v >= 0 && v <= 1) {
		return 0, errors.New("expected a share as 1% or 0.01")
	}
	return v, nil
}
