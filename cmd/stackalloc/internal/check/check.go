// Package check is the subcommand check: it tells for every call of the library
// whether the compiler proves its callback, and if not, why.
//
// The verdict is read from the machine code (package machine): a probe on the
// stack, a probe that was moved to the heap, or a call of the library's function
// that is still there. The reasons come from the compiler's log (package
// explain), which is asked for only where something is unproven.
package check

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/cli"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/explain"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/machine"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/progress"
)

const usage = `usage: stackalloc check [flags] [packages]

check compiles the packages and tells, for every call of stackalloc's functions
in them, whether the compiler proves that the callback keeps nothing of its
slice:

	FILE:LINE:COL: FUNC: proven
	FILE:LINE:COL: FUNC: unproven: WHY

An unproven call is safe, and takes its block from make. The verdict is that of
the machine code: of every copy of the call that inlining and generics make. A
function that hands its own parameter on as the callback is judged at the places
where it is inlined, each with a line of its own.

The comment // stackalloc:heap on the line of a call, or alone on the line
before, accepts it unproven. Calls of package scratch need no proof.

The exit status is 1 when a call is unproven and not accepted, 2 when the
packages could not be compiled.

Flags:
`

// options are the command line.
type options struct {
	gotool.Build
	json, sarif, verbose bool
	patterns             []string
}

// Run runs the subcommand and returns its exit status.
func Run(args []string, stdout, stderr io.Writer) int {
	o := new(options)
	c := cli.New("check", usage, stdout, stderr)
	c.Flags.BoolVar(&o.json, "json", false, "print one JSON document")
	c.Flags.BoolVar(&o.sarif, "sarif", false, "print SARIF 2.1.0, with the unproven calls as results")
	c.Flags.BoolVar(&o.verbose, "v", false, "print the compiler's flow, each copy of a call, and the calls of package scratch")
	o.AddFlags(c.Flags)
	c.Exclude("json", "sarif")
	if status, proceed := c.Parse(args); !proceed {
		return status
	}
	o.patterns = c.Patterns()
	return c.Run(func(ctx context.Context, bar *progress.Bar) (bool, error) {
		rep, err := run(ctx, o, bar)
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
		return rep.Unproven > 0, err
	})
}

func run(ctx context.Context, o *options, p *progress.Bar) (*report, error) {
	wd, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	rep := &report{dir: wd}
	if err := o.Prepare(ctx); err != nil {
		return nil, err
	}
	src, err := o.judge(ctx, p)
	if err != nil || src == nil {
		return rep, err
	}
	if err := o.giveReasons(ctx, src, p); err != nil {
		return nil, err
	}
	rep.fill(src)
	return rep, nil
}

// judge compiles the packages and returns the calls in them with their copies,
// or nil if there are none.
func (o *options) judge(ctx context.Context, p *progress.Bar) (*source, error) {
	p.Phase("listing packages")
	pkgs, err := o.List(ctx, o.patterns)
	if err != nil {
		return nil, err
	}
	src := &source{byCall: map[machine.Pos]*site{}, byLine: map[lineKey][]*site{}, alias: map[string]string{}, files: map[string]bool{}}
	found := slices.IndexFunc(pkgs, func(p *gotool.Package) bool { return p.ImportPath == Library })
	if found < 0 {
		return nil, nil
	}
	if src.api, err = readAPI(pkgs[found]); err != nil {
		return nil, err
	}
	concerned := concern(pkgs)
	if len(concerned) == 0 {
		return nil, nil
	}
	byPath := map[string]*gotool.Package{}
	for _, c := range concerned {
		byPath[c.ImportPath] = c
		if err := src.addPackage(c, &o.Build); err != nil {
			return nil, err
		}
	}
	arch, err := o.GoEnv(ctx, "GOARCH")
	if err != nil {
		return nil, err
	}
	// Where everything is proven, half of the listing is enough.
	for _, flags := range []string{machine.FastFlags, machine.Flags} {
		j := &judge{source: src, full: flags == machine.Flags, nameless: machine.NamelessFrames(arch)}
		p.Phase("compiling")
		if err := o.read(ctx, concerned, flags, func(path string) { p.Step(path, len(concerned)) }, func(u *machine.Unit) {
			if c := byPath[u.ImportPath]; c != nil {
				j.addUnit(u, c)
			}
		}); err != nil {
			return nil, err
		}
		for _, s := range src.all() {
			s.copies = nil
		}
		j.run()
		if !j.unplaced && src.allProven() {
			break
		}
	}
	return src, nil
}

// allProven reports whether every copy of every call is proven, those that do
// not run included.
func (s *source) allProven() bool {
	for _, x := range s.all() {
		if x.scratch {
			continue
		}
		if len(x.copies) == 0 || x.value || x.seq && x.scope.Line == 0 {
			return false
		}
		for _, c := range x.copies {
			if c.verdict != proven {
				return false
			}
		}
	}
	return true
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
	src, err := o.judge(ctx, progress.New(io.Discard))
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

// concern returns the packages that can have code of the library: those that
// depend on it, through others too, for these may be inlined.
func concern(pkgs []*gotool.Package) []*gotool.Package {
	var out []*gotool.Package
	for _, p := range pkgs {
		if p.DepOnly || p.Standard || len(p.GoFiles) > 0 && filepath.IsAbs(p.GoFiles[0]) {
			continue // the last is the main package that go test makes
		}
		if p.Path() == Library || slices.ContainsFunc(p.Deps, func(d string) bool { return d == Library || strings.HasPrefix(d, Library+" [") }) {
			out = append(out, p)
		}
	}
	return out
}

// names returns the patterns that match the packages.
func (o *options) names(pkgs []*gotool.Package) []string {
	seen := map[string]bool{}
	var out []string
	for _, p := range pkgs {
		name := p.Path()
		if p.ForTest != "" {
			name = p.ForTest
		}
		if name == "command-line-arguments" {
			return o.patterns
		}
		name = strings.TrimSuffix(name, ".test")
		if !seen[name] {
			seen[name] = true
			out = append(out, name)
		}
	}
	return out
}

// read compiles the packages with the listings that package machine reads.
func (o *options) read(ctx context.Context, pkgs []*gotool.Package, flags string, started func(string), emit func(*machine.Unit)) error {
	pr, pw := io.Pipe()
	done := make(chan error, 1)
	go func() {
		r := &machine.Reader{Library: Library, Keep: started}
		err := r.Read(pr, emit)
		pr.CloseWithError(err)
		done <- err
	}()
	err := o.Compile(ctx, o.names(pkgs), flags, 0, pw)
	pw.Close()
	if rerr := <-done; err == nil {
		err = rerr
	}
	return err
}

// giveReasons compiles the packages with unproven copies once more, with the
// compiler's log. The log is not kept in the build cache, so its directory is a
// new one, which makes the go command compile.
func (o *options) giveReasons(ctx context.Context, src *source, p *progress.Bar) error {
	var pkgs []*gotool.Package
	for _, s := range src.all() {
		for _, c := range s.copies {
			if c.verdict != proven && !c.dead && !slices.Contains(pkgs, c.pkg) {
				pkgs = append(pkgs, c.pkg)
			}
		}
	}
	r := &reasons{source: src, log: new(explain.Log), optimised: o.Optimised(), show: src.show, files: map[string]*parsed{}}
	r.flags = strings.Join(o.Gcflags, " ")
	if len(pkgs) > 0 {
		p.Phase("asking the compiler why")
		dir, err := os.MkdirTemp("", "stackalloc-check-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		parallel := 0
		if o.Tests {
			// A package and its variant for tests write logs of the same name.
			parallel = 1
		}
		if err := o.Compile(ctx, o.names(pkgs), explain.Flags(dir), parallel, io.Discard); err != nil {
			return err
		}
		if r.log, err = explain.Read(dir); err != nil {
			return err
		}
		for pos, l := range r.log.Leaks {
			if real := src.real(pos); real != pos {
				r.log.Leaks[real] = append(r.log.Leaks[real], l...)
			}
		}
		r.concrete = typesOf(ctx, &o.Build, pkgs)
	}
	for _, s := range src.all() {
		for _, c := range s.copies {
			if c.verdict != proven && !c.dead {
				c.why = r.of(s, c)
			}
		}
	}
	return nil
}

// all returns the sites in the order of their positions.
func (s *source) all() []*site {
	out := slices.Clone(s.sites)
	known := map[*site]bool{}
	for _, x := range out {
		known[x] = true
	}
	for _, x := range s.byCall {
		if !known[x] {
			known[x] = true
			out = append(out, x)
		}
	}
	slices.SortFunc(out, func(a, b *site) int { return comparePos(a.pos, b.pos) })
	return out
}

func comparePos(a, b machine.Pos) int {
	if c := strings.Compare(a.File, b.File); c != 0 {
		return c
	}
	if a.Line != b.Line {
		return a.Line - b.Line
	}
	return a.Col - b.Col
}

// show returns a file's name relative to the current directory, where that is
// shorter.
func (s *source) show(file string) string {
	if wd, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(wd, file); err == nil && !strings.HasPrefix(rel, "..") {
			return rel
		}
	}
	return file
}
