// Package check is the subcommand check: it tells for every call of the library
// whether the compiler proves its callback, and if not, why.
//
// The verdict is read from the machine code (package machine): a probe on the
// stack, a probe that was moved to the heap, or a call of the library's function
// that is still there. The reasons come from the compiler's log (package
// explain), which is asked for only where something is unproven.
//
// The files follow the way: cli.go has the flags, check.go compiles, and logs.go keeps the
// compiler's logs. reflow.go breaks lines that are too wide for the compiler; file.go and
// symbol.go lead from its places and names to those of the source. calls.go finds the calls
// in the source, api.go has the library's functions and accept.go the comments that accept
// calls; columns.go finds what the object file leaves out, copies.go and judge.go what
// became of the calls; loose.go is for iterators made outside of a loop, values.go for
// functions used as values, spent.go for code that a build keeps and does not run, hidden.go
// for what refers to a function out of the compiler's sight. why.go and words.go give the
// reasons, elsewhere.go asks what other packages would get, of which reach.go finds what
// they can call, and foreign.go what they leave here; report.go prints.
package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/explain"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/load"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/machine"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/progress"
)

// check returns the report on the packages.
func (o *options) check(ctx context.Context, bar *progress.Bar) (*report, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	rep := &report{dir: dir, build: &o.Build}
	defer o.close()
	src, err := o.judge(ctx, bar, true)
	if err != nil {
		return rep, err
	}
	if src == nil {
		src = newSource(ctx, &o.Build, nil)
		src.user = &o.Build
	}
	for _, p := range o.others {
		src.know(p)
	}
	for name := range src.under {
		src.scanFile(name)
	}
	rep.build, rep.back = src.user, src.back
	rep.files = src.under
	if err := src.readable(); err != nil {
		return nil, err
	}
	if err := o.askElsewhere(ctx, src, bar); err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		src.warnings = append(src.warnings, &warning{at: src.sites[0].pos, text: "what other packages would get is not known: " + err.Error()})
	}
	rep.fill(src)
	return rep, nil
}

// judge compiles the packages and returns the calls in them with their copies, and the
// reasons of those unproven if they are asked for; nil if there are no calls.
func (o *options) judge(ctx context.Context, bar *progress.Bar, reasons bool) (*source, error) {
	if err := o.Prepare(ctx); err != nil {
		return nil, err
	}
	bar.Phase("listing packages")
	pkgs, err := o.List(ctx, o.patterns)
	if err != nil {
		return nil, err
	}
	o.coverNoTestMain(pkgs)
	concerned, others := concern(pkgs)
	if o.others = others; len(others) > 0 {
		// They have no calls, but that can be said only of what compiles.
		bar.Phase("compiling")
		if err := o.Compile(ctx, o.names(others), gotool.Extra{}, io.Discard); err != nil {
			return nil, err
		}
	}
	if len(concerned) == 0 {
		return nil, nil
	}
	found := slices.IndexFunc(pkgs, func(p *gotool.Package) bool { return p.ImportPath == Library })
	a, err := readAPI(&o.Build, pkgs[found])
	if err != nil {
		return nil, err
	}
	if err := o.reflow(concerned, a); err != nil {
		return nil, err
	}
	r, err := o.read(ctx, bar, pkgs, concerned, a)
	if err != nil {
		return nil, err
	}
	defer r.close()
	if err := o.verifyWide(ctx, bar, pkgs, a, r); err != nil || !reasons {
		return r.source, err
	}
	return r.source, giveReasons(ctx, r.source, r.runs, bar)
}

// reading is what the compiler printed of packages, and the calls in them.
type reading struct {
	*source
	runs    []*run
	counted map[count]int
}

// close removes the logs that are not kept.
func (r *reading) close() {
	for _, x := range r.runs {
		x.logs.close()
	}
}

// read compiles the packages and finds the calls in them with their copies.
func (o *options) read(ctx context.Context, bar *progress.Bar, pkgs, concerned []*gotool.Package, a *api) (_ *reading, err error) {
	src := newSource(ctx, &o.Build, a)
	src.user, src.reflows = o.user, o.reflows
	src.nameless = machine.NamelessFrames(o.Var("GOARCH"))
	for _, c := range concerned {
		src.know(c)
	}
	j := &judge{source: src, nameless: src.nameless, built: pkgs, counted: map[count]int{}}
	bar.Phase("compiling")
	runs, err := o.runs(pkgs, concerned)
	if err != nil {
		return nil, err
	}
	r := &reading{src, runs, j.counted}
	defer func() {
		if err != nil {
			r.close()
		}
	}()
	for _, x := range runs {
		listed, err := x.read(ctx, bar, j, len(concerned))
		if err != nil {
			return nil, err
		}
		x.listed = listed
		src.listed = append(src.listed, listed...)
	}
	src.flags = runs[0].logs.flags(&o.Build)
	src.loaded, src.types = map[string]bool{}, map[string]*types.Package{}
	if err := src.load(ctx, src.listed, func(p *gotool.Package) bool { return !p.DepOnly && src.mentions(p) }); err != nil {
		return nil, err
	}
	if err := src.findAll(); err != nil {
		return nil, err
	}
	if err := j.addColumns(ctx, bar, runs); err != nil {
		return nil, err
	}
	j.run()
	return r, nil
}

// load makes the source and the types of packages known, once each.
func (s *source) load(ctx context.Context, listed []*gotool.Package, want func(*gotool.Package) bool) error {
	loaded, err := load.Types(ctx, s.build, listed, func(p *gotool.Package) bool { return !s.loaded[p.ImportPath] && want(p) })
	if err != nil {
		return err
	}
	byPath := map[string]*gotool.Package{}
	for _, p := range listed {
		byPath[p.ImportPath] = p
	}
	for _, x := range loaded {
		s.loaded[x.ID], s.types[x.ID] = true, x.Types
		s.addFiles(byPath[x.ID], x)
	}
	return nil
}

// unclear returns the copy, of those that can run, that the machine code says nothing of,
// or nil.
func (s *site) unclear() *copyOf {
	for _, c := range s.copies {
		if c.verdict == unclear && !c.dead {
			return c
		}
	}
	return nil
}

// readable returns an error where the machine code could not be read at all: then nothing
// can be said of the calls.
func (s *source) readable() error {
	copies, due := 0, (*site)(nil)
	for _, x := range s.all() {
		copies += len(x.copies)
		if due == nil && !x.scratch && !x.generic && !x.value && x.decl != "" && x.decl != "?" {
			due = x
		}
	}
	if copies == 0 && due != nil {
		return fmt.Errorf("%v: stackalloc.%s: cannot judge: the compiler printed no machine code that has this call or any other", due.pos, due.fn)
	}
	return nil
}

// concern returns, of the packages that were asked for, those that can have code of the
// library, for they depend on it, through others too, which may be inlined; and the
// others.
func concern(pkgs []*gotool.Package) (concerned, others []*gotool.Package) {
	for _, p := range pkgs {
		if p.DepOnly || len(p.GoFiles) > 0 && filepath.IsAbs(p.GoFiles[0]) {
			continue // the last is the main package that go test makes
		}
		if p.Path() == Library || slices.ContainsFunc(p.Deps, func(d string) bool { return d == Library || strings.HasPrefix(d, Library+" [") }) {
			concerned = append(concerned, p)
		} else {
			others = append(others, p)
		}
	}
	return concerned, others
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
		if p.NamedByFiles() {
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

// A run is one compilation of packages.
type run struct {
	*options
	pkgs   []*gotool.Package
	logs   *logs
	listed []*gotool.Package // as compiled
}

// runs returns the compilations that the build makes: one, or, where main packages have
// profiles of their own, one more for each of them and what it depends on.
func (o *options) runs(all, concerned []*gotool.Package) (out []*run, err error) {
	rest := concerned
	if o.PGO == "" || o.PGO == "auto" {
		for _, p := range concerned {
			profile := filepath.Join(p.Dir, "default.pgo")
			if _, err := os.Stat(profile); p.Name != "main" || err != nil {
				continue
			}
			with := *o
			with.Gcflags = slices.Clone(o.Gcflags)
			if err := with.Profile(profile); err != nil {
				return nil, err
			}
			r := &run{options: &with}
			for _, c := range concerned {
				if c == p || slices.Contains(p.Deps, c.ImportPath) {
					// Under the profile it is another package.
					twin := *c
					r.pkgs = append(r.pkgs, &twin)
				}
			}
			r.logs = with.keepLogs(all, r.pkgs)
			out = append(out, r)
			rest = slices.DeleteFunc(slices.Clone(rest), func(c *gotool.Package) bool { return c == p })
		}
	}
	if len(rest) > 0 {
		out = append([]*run{{options: o, pkgs: rest, logs: o.keepLogs(all, rest)}}, out...)
	}
	return out, nil
}

// read compiles the packages with the listings that package machine reads.
func (r *run) read(ctx context.Context, bar *progress.Bar, j *judge, total int) ([]*gotool.Package, error) {
	byPath := map[string]*gotool.Package{}
	for _, p := range r.pkgs {
		byPath[p.ImportPath] = p
	}
	keep := func(path string) bool {
		bar.Step(path, total)
		return byPath[path] != nil
	}
	return readUnits(ctx, &r.Build, r.names(r.pkgs), r.logs.flags(&r.Build), keep, func(u *machine.Unit) {
		j.addUnit(u, byPath[u.ImportPath])
	})
}

// readUnits compiles packages and calls emit with what the compiler printed of each, and
// keep, when it begins to, for whether that is to be read.
func readUnits(ctx context.Context, b *gotool.Build, names []string, flags gotool.Extra, keep func(path string) bool, emit func(*machine.Unit)) ([]*gotool.Package, error) {
	pr, pw := io.Pipe()
	done := make(chan error, 1)
	go func() {
		m := &machine.Reader{Library: Library, Keep: keep}
		err := m.Read(pr, emit)
		pr.CloseWithError(err)
		done <- err
	}()
	listed, err := b.CompileList(ctx, names, flags, pw)
	pw.Close()
	return listed, errors.Join(err, <-done)
}

// giveReasons finds the reasons in the compiler's log.
func giveReasons(ctx context.Context, src *source, runs []*run, bar *progress.Bar) error {
	want := map[*gotool.Package]bool{}
	paths := map[string]bool{}
	for _, s := range src.all() {
		for _, c := range s.copies {
			if c.verdict != proven && !c.dead {
				want[c.pkg], paths[c.pkg.ImportPath] = true, true
			}
		}
	}
	if err := src.load(ctx, src.listed, func(p *gotool.Package) bool { return paths[p.ImportPath] }); err != nil {
		return err
	}
	log := new(explain.Log)
	for _, r := range runs {
		var missing []*gotool.Package
		for _, p := range r.pkgs {
			switch {
			case !want[p]:
			case !r.logs.has(p) || src.lostLogs(p, r.logs.dirs[p.Path()]):
				missing = append(missing, p)
			default:
				if err := src.readLog(log, r.logs.dirs[p.Path()], []*gotool.Package{p}); err != nil {
					return err
				}
			}
		}
		if len(missing) > 0 {
			if err := r.askAgain(ctx, src, log, missing, bar); err != nil {
				return err
			}
		}
	}
	why := newReasons(src, log)
	for _, s := range src.all() {
		for _, c := range s.copies {
			if c.verdict != proven && !c.dead {
				if c.why = why.of(s, c); c.why == nil {
					c.verdict = proven
				}
			}
		}
	}
	return nil
}

// askAgain compiles packages for their logs alone. The directory is a new one, which
// makes the go command compile.
func (o *options) askAgain(ctx context.Context, src *source, log *explain.Log, pkgs []*gotool.Package, bar *progress.Bar) error {
	bar.Phase("asking the compiler why")
	dir, err := os.MkdirTemp("", "stackalloc-check-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	build := o.Build
	if build.Overlay, err = src.renameForLog(dir, pkgs); err != nil {
		return err
	}
	for i, group := range o.logGroups(pkgs) {
		dir := filepath.Join(dir, fmt.Sprint(i))
		more := gotool.Extra{All: explain.Flags(dir)}
		if o.Tests {
			// A package and its variant for tests write logs of the same name.
			more.Parallel = 1
		}
		if err := build.Compile(ctx, o.names(group), more, io.Discard); err != nil {
			return err
		}
		if err := src.readLog(log, dir, group); err != nil {
			return err
		}
	}
	return nil
}

func (s *source) readLog(log *explain.Log, dir string, pkgs []*gotool.Package) error {
	return log.Read(dir, func(path string, p position.Pos) position.Pos { return s.logged(pkgs, path, p) })
}

// logGroups returns the packages in groups whose logs do not get the same name: all
// main packages would.
func (o *options) logGroups(pkgs []*gotool.Package) [][]*gotool.Package {
	groups := [][]*gotool.Package{nil}
	mains := 0
	for _, p := range pkgs {
		if p.Name == "main" {
			if mains++; mains > 1 {
				groups = append(groups, []*gotool.Package{p})
				continue
			}
		}
		groups[0] = append(groups[0], p)
	}
	return groups
}

// all returns the sites in the order of their positions.
func (s *source) all() []*site {
	out := slices.Concat(s.sites, s.others)
	slices.SortStableFunc(out, func(a, b *site) int {
		return cmp.Or(position.Compare(a.pos, b.pos), strings.Compare(a.pkg, b.pkg), strings.Compare(a.fn, b.fn))
	})
	return out
}
