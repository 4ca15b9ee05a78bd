// Package suggest is the subcommand suggest: it finds allocations that the
// library could put on the stack, in code that need not know the library.
package suggest

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/cli"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/explain"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/progress"
)

const usage = `usage: stackalloc suggest [flags] [packages]

suggest lists what could be on the stack: slices that do not escape and are on the
heap only because their length is not constant (make, conversions, copies, appends
in a loop), makes that escape only into a Read or a Write, and arrays of 512 bytes
and more of which only a part is used:

	FILE:LINE:COL: CODE: WHY: USE

With -profile they are ordered by what a profile of the CPU or of the heap says
that their lines cost. With -diff it prints the rewritten code, where the change is
mechanical; each has been compiled, and is proven by the compiler.

The exit status is 1 when something was found, 2 when the packages could not be
compiled.

Flags:
`

type options struct {
	Options
	json, diff bool
}

// Run runs the subcommand and returns its exit status.
func Run(args []string, stdout, stderr io.Writer) int {
	o := new(options)
	c := cli.New("suggest", usage, stdout, stderr)
	c.Flags.BoolVar(&o.json, "json", false, "print one JSON document")
	c.Flags.BoolVar(&o.diff, "diff", false, "print the changes that are mechanical, as a diff for patch -p1 or git apply")
	c.Flags.StringVar(&o.Profile, "profile", "", "order by the costs in this `file`, a CPU or heap profile in pprof's format")
	o.AddFlags(c.Flags)
	c.Exclude("json", "diff")
	if status, proceed := c.Parse(args); !proceed {
		return status
	}
	o.Patterns = c.Patterns()
	return c.Run(func(ctx context.Context, bar *progress.Bar) (bool, error) {
		found, diff, err := o.run(ctx, bar)
		bar.Done()
		if err == nil {
			err = o.print(stdout, found, diff)
		}
		return len(found) > 0, err
	})
}

func (o *options) run(ctx context.Context, bar *progress.Bar) (found []*finding, diff string, err error) {
	wd, err := os.Getwd()
	if err != nil {
		return nil, "", err
	}
	o.Bar = bar
	var p *Plan
	if o.diff {
		if p, err = NewPlan(ctx, o.Options); err == nil {
			diff, err = p.Diff(nil, wd)
		}
	} else {
		p, err = find1(ctx, &o.Options)
	}
	if err != nil {
		return nil, "", err
	}
	for _, f := range p.found {
		if rel, err := filepath.Rel(wd, f.File); err == nil && !strings.HasPrefix(rel, "..") {
			f.File = rel
		}
	}
	return p.found, diff, nil
}

// report compiles the packages and reads what the compiler says of their
// allocations. The go command prints names of files relative to the current
// directory, and keeps what it printed in the build cache; so the directory is
// made part of what the cache knows a compilation by, as a flag that changes
// nothing.
func (o *Options) report(ctx context.Context, wd string) (*explain.Report, error) {
	pr, pw := io.Pipe()
	type outcome struct {
		rep *explain.Report
		err error
	}
	done := make(chan outcome, 1)
	go func() {
		rep, err := explain.ReadReport(pr, wd)
		pr.CloseWithError(err)
		done <- outcome{rep, err}
	}()
	err := o.Compile(ctx, o.Patterns, fmt.Sprintf("%s -I=%x", explain.ReportFlags, sha256.Sum256([]byte(wd))), 0, pw)
	pw.Close()
	x := <-done
	if err == nil {
		err = x.err
	}
	return x.rep, err
}

func (o *options) print(w io.Writer, found []*finding, diff string) error {
	b := bufio.NewWriter(w)
	switch {
	case o.json:
		if found == nil {
			found = []*finding{}
		}
		e := json.NewEncoder(b)
		e.SetIndent("", "\t")
		e.SetEscapeHTML(false)
		if err := e.Encode(map[string]any{"version": 1, "suggestions": found}); err != nil {
			return err
		}
	case o.diff:
		b.WriteString(diff)
	default:
		for _, f := range found {
			fmt.Fprintf(b, "%s:%d:%d: %s: %s: %s", f.File, f.Line, f.Col, f.Code, f.Why, f.Use)
			if f.Unit != "" {
				fmt.Fprintf(b, " (%s)", amount(f.Cost, f.Unit))
			}
			fmt.Fprintln(b)
		}
	}
	return b.Flush()
}
