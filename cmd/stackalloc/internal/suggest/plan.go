package suggest

import (
	"cmp"
	"context"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/load"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/progress"
)

// Options say where to look, and how it is built.
type Options struct {
	gotool.Build
	Patterns []string
	Profile  string        // file of a CPU or heap profile; empty for none
	Min      float64       // with Profile: the least share of its total that is of interest
	Bar      *progress.Bar // nil for none
}

// Plan holds what was found, and the changes that compile and are proven.
type Plan struct {
	Changes []*Change // by cost where there is a profile, then by file and line

	found []*finding
	files map[string]*changed
}

// Change is one change of the source.
type Change struct {
	File     string  // absolute
	Line     int     // of the finding
	From, To int     // the lines that are replaced
	Func     string  // the function around it
	Use      string  // what of the library it uses: stackalloc.Do
	Package  string  // import path
	Share    float64 // of the profile's total, from 0 to 1

	edit *edit
}

// NewPlan finds the places in the packages and tries the changes. It writes to
// temporary files only.
func NewPlan(ctx context.Context, o Options) (*Plan, error) {
	if o.Bar == nil {
		o.Bar = progress.New(nil)
	}
	p, err := find1(ctx, &o)
	if err != nil {
		return nil, err
	}
	if p.files, err = o.propose(ctx, p.found, o.Bar); err != nil {
		return nil, err
	}
	for _, f := range p.found {
		c := p.files[f.pos.File]
		if c == nil {
			continue
		}
		i := slices.IndexFunc(c.edits, func(e *edit) bool { return e.finding == f })
		if i < 0 {
			continue
		}
		e, file := c.edits[i], f.pkg.Fset.File(f.file.Pos())
		f.Rewrite = true
		p.Changes = append(p.Changes, &Change{
			File: f.pos.File, Line: f.pos.Line, From: file.Line(file.Pos(e.from)), To: file.Line(file.Pos(e.to)),
			Func: f.Func, Use: f.Use, Package: f.pkg.PkgPath, Share: f.share, edit: e,
		})
	}
	return p, nil
}

// find1 finds the places.
func find1(ctx context.Context, o *Options) (*Plan, error) {
	p := new(Plan)
	var c *costs
	var err error
	if o.Profile != "" {
		if c, err = readCosts(o.Profile); err != nil {
			return nil, err
		}
	}
	if err := o.Prepare(ctx); err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	o.Bar.Phase("compiling")
	rep, err := o.report(ctx, dir)
	if err != nil {
		return nil, err
	}
	o.Bar.Phase("reading source")
	pkgs, err := load.Packages(ctx, &o.Build, o.Patterns)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, pkg := range pkgs {
		if pkg.PkgPath == library || strings.HasPrefix(pkg.PkgPath, library+"_test") {
			continue
		}
		for _, f := range find(pkg, rep) {
			if key := f.pos.String(); !seen[key] {
				seen[key] = true
				p.found = append(p.found, f)
			}
		}
	}
	if c != nil {
		for _, f := range p.found {
			f.Cost, f.Unit = c.of(f), c.unit
			if c.total > 0 {
				f.share = float64(f.Cost) / float64(c.total)
			}
		}
		p.found = slices.DeleteFunc(p.found, func(f *finding) bool { return o.Min > 0 && f.share < o.Min })
	}
	slices.SortStableFunc(p.found, func(a, b *finding) int {
		return cmp.Or(cmp.Compare(b.Cost, a.Cost), cmp.Compare(a.pos.File, b.pos.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	return p, nil
}

// Files returns the text of the files with the changes that are not dropped, by
// their absolute names. Files without changes are left out.
func (p *Plan) Files(drop map[*Change]bool) (map[string][]byte, error) {
	dropped := map[*edit]bool{}
	for c, d := range drop {
		dropped[c.edit] = d
	}
	out := map[string][]byte{}
	for name, c := range p.files {
		some := *c
		some.edits = slices.DeleteFunc(slices.Clone(c.edits), func(e *edit) bool { return dropped[e] })
		if len(some.edits) == 0 {
			continue
		}
		text, err := some.text(false)
		if err != nil {
			return nil, err
		}
		out[name] = text
	}
	return out, nil
}

// Diff returns the same as a difference in the unified form, with names relative
// to wd.
func (p *Plan) Diff(drop map[*Change]bool, wd string) (string, error) {
	files, err := p.Files(drop)
	if err != nil {
		return "", err
	}
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	var out strings.Builder
	for _, name := range names {
		rel, err := filepath.Rel(wd, name)
		if err != nil {
			rel = name
		}
		out.WriteString(unified(filepath.ToSlash(rel), string(p.files[name].src), string(files[name])))
	}
	return out.String(), nil
}
