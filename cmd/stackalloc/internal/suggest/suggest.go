// Package suggest is the subcommand suggest: it finds allocations that the
// library could put on the stack, in code that need not know the library.
package suggest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/cli"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/progress"
)

const usage = `usage: stackalloc suggest [flags] [packages]

suggest lists what could be on the stack: slices that do not escape and are on the
heap only because their length is not constant (make, conversions, copies, appends
in a loop), slices that a function makes for a caller that keeps them to itself,
makes that escape only into a Read or a Write, and arrays of 512 bytes and more of
which only a part is used:

	FILE:LINE:COL: CODE: WHY: USE

With -profile they are ordered by what a profile of the CPU or of the heap says
that their lines cost, with the share of its total; -min 1% leaves out what is less.
With -diff it prints the rewritten code, where the change is mechanical; each has
been compiled, is proven by the compiler, and changes nothing that the program
prints. -why says of every other place why it is not changed.

With -markdown FILE the list becomes a document, and the exit status is 0.

Generated files and packages that only tests use are left out, unless they are
named: the file, or the package without "...".

The exit status is 1 when something was found, 2 when the packages could not be
compiled.

Flags:
`

type options struct {
	Options
	json, diff, why bool
	document        string
	left            int // places left out, in generated files and packages for tests
}

// Run runs the subcommand and returns its exit status.
func Run(args []string, stdout, stderr io.Writer) int {
	o := new(options)
	c := cli.New("suggest", usage, stdout, stderr)
	c.Flags.BoolVar(&o.json, "json", false, "print one JSON document")
	c.Flags.BoolVar(&o.diff, "diff", false, "print the changes that are mechanical, as a diff for patch -p1 or git apply")
	c.Flags.StringVar(&o.Profile, "profile", "", "order by the costs in this `file`, a CPU or heap profile in pprof's format")
	c.Flags.Func("min", "with -profile, leave out what is below this `share` of its total, as 1% or 0.01", func(v string) error {
		var err error
		o.Min, err = share(v)
		return err
	})
	c.Flags.BoolVar(&o.why, "why", false, "say of what -diff does not change, why")
	o.AddFlags(c.Flags)
	c.Require(func() error {
		if o.Min > 0 && o.Profile == "" {
			return errors.New("-min needs -profile")
		}
		return nil
	})
	c.Flags.StringVar(&o.document, "markdown", "", "write the list to this `file` as a document in Markdown, and print nothing")
	c.Exclude("json", "diff", "markdown")
	if status, proceed := c.Parse(args); !proceed {
		return status
	}
	o.Patterns = c.Patterns()
	return c.Run(func(ctx context.Context, bar *progress.Bar) (bool, error) {
		found, diff, err := o.run(ctx, bar)
		bar.Done()
		if err == nil && o.document != "" {
			return false, o.writeDocument(ctx, found)
		}
		if err == nil {
			err = o.print(stdout, found, diff)
		}
		if err == nil && o.left > 0 && !o.json {
			fmt.Fprintf(stderr, "stackalloc suggest: %d more in generated files and packages for tests, which -why lists\n", o.left)
		}
		if err == nil && o.Profile != "" && !o.json {
			fmt.Fprintf(stderr, "stackalloc suggest: these places have %s of the profile\n", percent(shareOf(found)))
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
	if o.diff {
		var p *Plan
		if p, err = NewPlan(ctx, o.Options); err == nil {
			found = p.found
			diff, err = p.Diff(nil, wd)
		}
	} else {
		var s *search
		if s, err = o.search(ctx); err == nil {
			if o.why {
				err = s.explain(ctx)
			}
			found = s.certain()
		}
	}
	if err != nil {
		return nil, "", err
	}
	if !o.why {
		all := len(found)
		found = slices.DeleteFunc(found, func(f *finding) bool { return f.left })
		o.left = all - len(found)
	}
	for _, f := range found {
		f.File = position.Rel(wd, f.File)
		if !o.why {
			f.WhyNot = ""
		}
	}
	return found, diff, nil
}

func (o *options) writeDocument(ctx context.Context, found []*finding) error {
	f, err := cli.Create(o.document)
	if err != nil {
		return err
	}
	defer f.Discard()
	if err := o.markdown(ctx, f, found); err != nil {
		return err
	}
	return f.Commit()
}

// shareOf is what part of a profile is in the lines of some places.
func shareOf(found []*finding) (sum float64) {
	seen := map[string]bool{}
	for _, f := range found {
		if line := fmt.Sprintf("%s:%d", f.File, f.Line); !seen[line] {
			seen[line] = true
			sum += f.Share
		}
	}
	return sum
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
		doc := map[string]any{"version": 1, "suggestions": found}
		if o.Profile != "" {
			doc["share"] = shareOf(found)
		}
		if err := e.Encode(doc); err != nil {
			return err
		}
	case o.diff:
		b.WriteString(diff)
	default:
		for _, f := range found {
			fmt.Fprintf(b, "%s:%d:%d: %s: %s: %s", f.File, f.Line, f.Col, f.Code, f.Why, f.Use)
			if f.Unit != "" {
				fmt.Fprintf(b, ": %s of the profile (%s)", percent(f.Share), amount(f.Cost, f.Unit))
			}
			fmt.Fprintln(b)
			if f.WhyNot != "" {
				fmt.Fprintf(b, "\tnot changed: %s\n", f.WhyNot)
			}
		}
	}
	return b.Flush()
}
