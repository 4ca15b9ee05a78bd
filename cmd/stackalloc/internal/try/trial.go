package try

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/overlay"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/progress"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/suggest"
)

// trial is one run of the subcommand.
type trial struct {
	*options
	bar *progress.Bar
	tmp string // all that is written is below it, what is kept apart
	wd  string

	givenMod string // of the command line

	tree   *overlay.Tree
	lib    overlay.Library   // nothing where the modules require it already
	listed []*gotool.Package // those of the patterns, and all they depend on
	pkgs   []*gotool.Package // of the patterns, in main modules
	copies []*dependency     // with -deps
	unused []*dependency     // of them, without changes
	moved  []string          // what has to move for the library
	notes  []string

	before *gotool.Build // the tree as it is
	full   *gotool.Build // with the library required, and no change
	old    *gotool.Build // what the changes are compared with: one of the two
	after  *gotool.Build // with the changes
	other  *gotool.Build // with the patch beside them, or nil

	plan    plan
	others  []*suggest.Change        // of the patch beside it
	all     []*suggest.Change        // of the plan
	dropped map[*suggest.Change]bool // also those that -profile leaves out
	drops   []drop

	units  []*unit
	tests  testResults
	groups []*group
	apart  []string // benchmarks that reach no change

	variants int
	done     bool
}

// close removes what was written.
func (t *trial) close() {
	if t.keep != "" && !t.done {
		removeAll(t.keep)
	}
	if t.tmp != "" {
		removeAll(t.tmp)
	}
}

// removeAll removes a directory, also where tests have left some in it that cannot
// be written to.
func removeAll(dir string) {
	if os.RemoveAll(dir) == nil {
		return
	}
	filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() {
			os.Chmod(name, 0o700)
		}
		return nil
	})
	os.RemoveAll(dir)
}

func (t *trial) do(ctx context.Context) (err error) {
	if t.wd, err = os.Getwd(); err != nil {
		return err
	}
	if err := t.prepareKeep(); err != nil {
		return err
	}
	// The name is short: tests make sockets below it, whose names must be.
	if t.tmp, err = os.MkdirTemp("", "try-"); err != nil {
		return err
	}
	if err := os.Mkdir(t.file("tmp"), 0o777); err != nil {
		return err
	}
	t.Env = append(t.Env, "GOTMPDIR="+t.file("tmp"))
	t.dropped = map[*suggest.Change]bool{}
	for _, step := range []func(context.Context) error{
		t.list, t.require, t.propose, t.reach, t.test, t.touch, t.measure, t.countCollections, t.profileTests, t.writeKeep,
	} {
		if err := step(ctx); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	t.done = true
	return nil
}

// file is the name of a file below the temporary directory.
func (t *trial) file(names ...string) string {
	return filepath.Join(append([]string{t.tmp}, names...)...)
}

func (t *trial) note(format string, args ...any) {
	if n := fmt.Sprintf(format, args...); !slices.Contains(t.notes, n) {
		t.notes = append(t.notes, n)
	}
}

// list finds the packages.
func (t *trial) list(ctx context.Context) (err error) {
	t.bar.Phase("listing packages")
	if err := t.Prepare(ctx); err != nil {
		return err
	}
	t.givenMod = t.Mod
	if t.Mod == "mod" || t.Mod == "" && t.Flag("mod") == "mod" {
		t.Mod = "readonly" // the other one writes to go.mod
	}
	if t.tree, err = overlay.FindTree(ctx, &t.Build); err != nil {
		return err
	}
	before := t.Build
	t.before = &before
	if t.tree.Work != "" {
		o := overlay.New(t.file("work"), t.Replaced)
		if err := t.tree.Complete(ctx, o, t.file("work-skeleton")); err != nil {
			return err
		}
		if err := t.see(t.before, o, "work"); err != nil {
			return err
		}
	}
	all, err := t.before.List(ctx, t.patterns)
	if err != nil {
		return err
	}
	t.listed = all
	var foreign []string
	for _, p := range all {
		switch {
		case p.DepOnly:
		case p.NamedByFiles():
			return errors.New("the arguments are packages, not files")
		case p.Module == nil || !p.Module.Main:
			foreign = append(foreign, p.ImportPath)
		default:
			t.pkgs = append(t.pkgs, p)
		}
	}
	if len(t.pkgs) == 0 {
		return fmt.Errorf("%s: not in a main module; -deps changes what the packages of a module depend on", strings.Join(foreign, " "))
	}
	if len(foreign) > 0 {
		t.note("left out, not in a main module: %s", strings.Join(foreign, " "))
	}
	return nil
}

// see lets a build see an overlay.
func (t *trial) see(b *gotool.Build, o *overlay.Overlay, name string) error {
	b.Overlay, b.Replaced = t.file(name+".json"), o.Files()
	return o.Write(b.Overlay)
}

// modules returns the main modules of the packages.
func (t *trial) modules() (all []*overlay.Module) {
	for _, p := range t.pkgs {
		if m := t.tree.Of(p.Dir); m != nil && !slices.Contains(all, m) {
			all = append(all, m)
		}
	}
	return all
}

// require makes the modules of the packages require the library.
func (t *trial) require(ctx context.Context) (err error) {
	t.bar.Phase("requiring the library")
	switch {
	case t.tree.IsLibrary():
	case t.library != "":
		t.lib, err = overlay.ParseLibrary(t.library)
	case !t.tree.Requires(t.modules()):
		t.lib, err = overlay.BuiltFrom()
	}
	if err != nil {
		return err
	}
	if t.options.deps {
		if err := t.copyDependencies(ctx); err != nil {
			return err
		}
	}
	t.full, err = t.with(ctx, "full")
	return err
}

// with returns the build with the library required, and with the copies of
// dependencies.
func (t *trial) with(ctx context.Context, name string) (*gotool.Build, error) {
	o := overlay.New(t.file(name), t.before.Replaced)
	folders := map[string]string{}
	for _, d := range t.copies {
		folders[d.path] = d.folder
		if err := d.raise(o, t.before); err != nil {
			return nil, err
		}
	}
	moved, err := t.tree.Apply(ctx, overlay.Want{Library: t.lib, Modules: t.modules(), Folders: folders, Packages: t.patterns}, o, t.file(name+"-skeleton"))
	if err != nil {
		return nil, err
	}
	t.moved = moved
	b := *t.before
	if t.lib != (overlay.Library{}) || len(folders) > 0 {
		// Not the vendor directory, which is read past the overlay. And not mod,
		// for which the overlay's go.mod is never tidy enough.
		b.Mod = "readonly"
	}
	return &b, t.see(&b, o, name)
}

// propose finds the changes, or reads them.
func (t *trial) propose(ctx context.Context) (err error) {
	if t.patch != "" {
		p, err := readPatch("patch", t.patch, t.tree.Of(t.pkgs[0].Dir), t.before, t.listed)
		if err != nil {
			return err
		}
		t.plan, t.all = p, p.changes
	} else if err := t.suggest(ctx); err != nil {
		return err
	}
	if n := len(t.copies); n > 0 {
		// What was copied in vain is built as it is.
		t.copies = slices.DeleteFunc(t.copies, func(d *dependency) bool {
			vain := !slices.ContainsFunc(t.changes(), func(c *suggest.Change) bool { return d.has(c.File) })
			if vain && d.copied {
				t.unused = append(t.unused, d)
			}
			return vain
		})
		if len(t.copies) < n {
			if t.full, err = t.with(ctx, "full2"); err != nil {
				return err
			}
		}
	}
	t.old = t.full
	if len(t.moved) == 0 && len(t.copies) == 0 {
		t.old = t.before // the library alone changes nothing
	}
	if t.after, err = t.variant(t.dropped, "after"); err != nil || t.beside == "" {
		return err
	}
	p, err := readPatch("beside", t.beside, t.tree.Of(t.pkgs[0].Dir), t.before, t.listed)
	if err != nil {
		return err
	}
	t.others = p.changes
	t.other, err = t.build(p.files, "beside")
	return err
}

// suggest finds the changes that the subcommand suggest would make.
func (t *trial) suggest(ctx context.Context) error {
	var names, withC []string
	sort := func(p *gotool.Package) {
		if len(p.CgoFiles) > 0 {
			withC = append(withC, p.ImportPath)
		} else {
			names = append(names, p.ImportPath)
		}
	}
	for _, p := range t.pkgs {
		sort(p)
	}
	for _, d := range t.copies {
		for _, p := range d.pkgs {
			sort(p)
		}
	}
	if len(withC) > 0 {
		t.note("left as they are, since they have cgo: %s", strings.Join(withC, " "))
	}
	p := new(suggest.Plan)
	if len(names) > 0 {
		var err error
		if p, err = suggest.NewPlan(ctx, suggest.Options{Build: *t.full, Patterns: names, Asked: t.asked, Profile: t.profile, Min: t.min, Bar: t.bar}); err != nil {
			return err
		}
	}
	if t.profile != "" {
		for _, c := range p.Changes {
			t.dropped[c] = c.Share == 0
		}
	}
	t.plan, t.all = p, p.Changes
	return nil
}

// changes returns those that are made.
func (t *trial) changes() []*suggest.Change {
	return slices.DeleteFunc(slices.Clone(t.all), func(c *suggest.Change) bool { return t.dropped[c] })
}

// packages returns the import paths of those that are changed.
func (t *trial) packages() (all []string) {
	for _, c := range t.changes() {
		if !slices.Contains(all, c.Package) {
			all = append(all, c.Package)
		}
	}
	return all
}

// variant returns the build with all changes but some.
func (t *trial) variant(drop map[*suggest.Change]bool, name string) (*gotool.Build, error) {
	files, err := t.plan.Files(drop)
	if err != nil {
		return nil, err
	}
	return t.build(files, name)
}

// build returns the build with the library required and files of another text.
func (t *trial) build(files map[string][]byte, name string) (*gotool.Build, error) {
	o := overlay.New(t.file(name), t.full.Replaced)
	for _, f := range slices.Sorted(maps.Keys(files)) {
		if err := o.Put(f, files[f]); err != nil {
			return nil, err
		}
	}
	b := *t.full
	return &b, t.see(&b, o, name)
}
