package check

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/cli"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/progress"
)

const usage = `usage: stackalloc check [flags] [packages]

check compiles the packages and tells, for every call of stackalloc's functions
in them, whether the compiler proves that the callback keeps nothing of its
slice:

	FILE:LINE:COL: FUNC: proven
	FILE:LINE:COL: FUNC: unproven: WHY
	FILE:LINE:COL: FUNC: not judged: WHY
	FILE:LINE:COL: warning: WHAT

An unproven call is safe, and takes its block from make. The verdict is that of
the machine code: of every copy of the call that inlining and generics make. A
function that hands its own parameter on as the callback is judged at the places
where it is inlined, each with a line of its own. Code that has no machine code here,
as a generic function that nothing uses, is not judged; that is no failure.

A warning tells of a proven call that would lose its proof where another package
inlines the function around it, and of a comment that accepts nothing.

The comment // stackalloc:heap on the line of a call, or alone on the line
before, accepts it unproven. Calls of package scratch need no proof.

Packages are named as for go build, or one package by its files; with a test file among
these, tests are included.

Lines and columns are those of the file, whatever //line directives say; columns
are in bytes.

The exit status is 1 when a call is unproven and not accepted, or with -strict
when there is a warning; 2 when the packages could not be compiled, or their machine
code not be read.

Flags:
`

// options are the command line.
type options struct {
	gotool.Build
	json, sarif, verbose, strict bool
	patterns                     []string

	user    *gotool.Build     // without the overlay of reflow
	reflows map[string]reflow // by the name of the source
	temp    string            // directory of the overlay
	wide    []*gotool.Package // those with lines that are too wide
	others  []*gotool.Package // those that have no code of the library
}

// Run runs the subcommand and returns its exit status.
func Run(args []string, stdout, stderr io.Writer) int {
	o := new(options)
	c := cli.New("check", usage, stdout, stderr)
	c.Flags.BoolVar(&o.json, "json", false, "print one JSON document")
	c.Flags.BoolVar(&o.sarif, "sarif", false, "print SARIF 2.1.0, with the unproven calls and the warnings as results")
	c.Flags.BoolVar(&o.verbose, "v", false, "print the compiler's flow, each copy of a call, and the calls of package scratch")
	c.Flags.BoolVar(&o.strict, "strict", false, "make warnings failures")
	o.AddFlags(c.Flags)
	c.Exclude("json", "sarif")
	if status, proceed := c.Parse(args); !proceed {
		return status
	}
	o.patterns = c.Patterns()
	// A test file that is named is to be judged, as go vet does.
	o.Tests = o.Tests || slices.ContainsFunc(o.patterns, func(p string) bool { return strings.HasSuffix(p, "_test.go") })
	return c.Run(func(ctx context.Context, bar *progress.Bar) (bool, error) {
		rep, err := o.check(ctx, bar)
		if err != nil {
			return false, err
		}
		bar.Done()
		switch {
		case o.json:
			err = rep.writeJSON(stdout)
		case o.sarif:
			err = rep.writeSARIF(stdout)
		default:
			err = rep.writeText(stdout, o.verbose)
		}
		if err == nil && len(rep.unclear) > 0 {
			x := rep.unclear[0]
			err = fmt.Errorf("%v: %s: %s", position.Pos{File: x.File, Line: x.Line, Col: x.Col}, x.Func, x.Why)
		}
		return rep.Unproven > 0 || o.strict && rep.Warnings > 0, err
	})
}

// A Call is the verdict on one call.
type Call struct {
	File   string
	Line   int
	Proven bool // in every copy that can run
}

// Calls returns the verdicts on the calls in the packages, without reasons.
func Calls(ctx context.Context, b *gotool.Build, patterns []string) ([]Call, error) {
	o := &options{Build: *b, patterns: patterns}
	defer o.close()
	src, err := o.judge(ctx, progress.New(io.Discard), false)
	if err != nil || src == nil {
		return nil, err
	}
	var out []Call
	for _, s := range src.all() {
		c := Call{File: s.pos.File, Line: s.pos.Line, Proven: len(s.copies) > 0}
		for _, x := range s.copies {
			c.Proven = c.Proven && (x.dead || x.verdict == proven)
		}
		out = append(out, c)
	}
	return out, nil
}

// A Finding is an unproven call, or a warning.
type Finding struct {
	position.Pos
	Rule string // unproven, inlinable, stale
	Text string
	Leak *position.Pos // where the slice gets away, if that is known
}

// Find returns what check would tell of the packages, without calls that are accepted, and
// the names of the files that it judged. Patterns are relative to the directory of the build.
func Find(ctx context.Context, b *gotool.Build, patterns []string) (found []Finding, files map[string]bool, err error) {
	o := &options{Build: *b, patterns: patterns}
	rep, err := o.check(ctx, progress.New(io.Discard))
	if err != nil {
		return nil, nil, err
	}
	for _, c := range rep.Calls {
		if c.Verdict == isUnproven && !c.Accepted {
			f := Finding{Pos: c.abs, Rule: ruleUnproven, Text: c.Func + ": unproven: " + withCure(c.Why, c.Cure)}
			if c.Leak != nil {
				f.Leak = &position.Pos{File: position.Abs(rep.dir, c.Leak.File), Line: c.Leak.Line, Col: c.Leak.Col}
			}
			found = append(found, f)
		}
	}
	for _, c := range rep.unclear {
		found = append(found, Finding{Pos: c.abs, Rule: ruleUnproven, Text: c.Func + ": not judged: " + c.Why})
	}
	for _, n := range rep.Notes {
		found = append(found, Finding{Pos: n.abs, Rule: n.Rule, Text: withCure(n.Text, n.Cure)})
	}
	return found, rep.files, nil
}
