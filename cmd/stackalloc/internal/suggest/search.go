package suggest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"go/ast"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/explain"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/load"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/overlay"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/progress"
)

// search is what was found in some packages, and what changes of it need.
type search struct {
	*Options
	rep   *explain.Report
	units map[*ast.File]*unit
	obs   *observers

	standard func(path string) bool // of the standard library
	cache    string                 // the module cache
	found    []*finding             // by cost where there is a profile, then by position
}

// search compiles the packages and finds the places.
func (o Options) search(ctx context.Context) (*search, error) {
	if o.Bar == nil {
		o.Bar = progress.New(nil)
	}
	s := &search{Options: &o, units: map[*ast.File]*unit{}}
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
	o.Bar.Phase("compiling")
	listed := []*gotool.Package{}
	if s.rep, err = o.report(ctx, &listed); err != nil {
		return nil, err
	}
	o.Bar.Phase("reading source")
	pkgs, err := load.Listed(ctx, &o.Build, listed)
	if err != nil {
		return nil, err
	}
	byPath := map[string]*gotool.Package{}
	for _, p := range listed {
		byPath[p.Path()] = p
	}
	s.obs = observeListed(pkgs, byPath)
	seen := map[string]bool{}
	for _, p := range pkgs {
		if p.PkgPath == library || strings.HasPrefix(p.PkgPath, library+"_test") {
			continue
		}
		for _, f := range find(p, s.rep) {
			if key := f.pos.String(); !seen[key] {
				seen[key] = true
				s.found = append(s.found, f)
			}
		}
	}
	if c != nil {
		s.weigh(c)
	}
	s.standard = func(path string) bool { return byPath[path] != nil && byPath[path].Standard }
	if s.cache, err = o.GoEnv(ctx, "GOMODCACHE"); err != nil {
		return nil, err
	}
	for _, f := range s.found {
		if err := s.scope(f); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(s.found, func(a, b *finding) int {
		return cmp.Or(cmp.Compare(b.Cost, a.Cost), cmp.Compare(a.pos.File, b.pos.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	return s, nil
}

// observeListed reads the functions of packages, and the source of those that they depend
// on.
func observeListed(pkgs []*packages.Package, byPath map[string]*gotool.Package) *observers {
	here := map[string]bool{}
	for _, p := range pkgs {
		here[p.PkgPath] = true
	}
	var others []string
	for path, p := range byPath {
		if !here[path] && !p.Standard && path != library && !strings.HasPrefix(path, library+"/") {
			others = append(others, path)
		}
	}
	return observe(pkgs, others, func(path string) (names []string) {
		if p := byPath[path]; p != nil {
			for _, f := range p.GoFiles {
				names = append(names, position.Abs(p.Dir, f))
			}
		}
		return names
	}, func(path string) bool { return byPath[path] == nil || byPath[path].Standard })
}

// weigh takes the costs from a profile.
func (s *search) weigh(c *costs) {
	for _, f := range s.found {
		f.Cost, f.Unit = c.of(f), c.unit
		if c.total > 0 {
			f.Share = float64(f.Cost) / float64(c.total)
		}
	}
	s.found = slices.DeleteFunc(s.found, func(f *finding) bool { return f.Share < s.Min })
}

// report compiles the packages and reads what the compiler says of their
// allocations. The go command prints names of files relative to the current
// directory, and keeps what it printed in the build cache; so the directory is
// made part of what the cache knows a compilation by, as a flag that changes
// nothing. Without -trimpath the names are those of files.
func (o *Options) report(ctx context.Context, listed *[]*gotool.Package) (*explain.Report, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	b := o.Build
	b.More = append(slices.Clone(b.More), "-trimpath=false")
	more := gotool.Extra{All: fmt.Sprintf("%s -I=%x", explain.ReportFlags, sha256.Sum256([]byte(dir)))}
	pr, pw := io.Pipe()
	type outcome struct {
		rep *explain.Report
		err error
	}
	done := make(chan outcome, 1)
	go func() {
		rep, err := explain.ReadReport(pr, dir)
		pr.CloseWithError(err)
		done <- outcome{rep, err}
	}()
	if listed != nil {
		*listed, err = b.CompileList(ctx, o.Patterns, more, pw)
	} else {
		err = b.Compile(ctx, o.Patterns, more, pw)
	}
	pw.Close()
	x := <-done
	if err == nil {
		err = x.err
	}
	return x.rep, err
}

// scope says of a finding why its file is not to be changed, where that is so.
func (s *search) scope(f *finding) error {
	u := s.units[f.file]
	if u == nil {
		var err error
		if u, err = s.read(f.pkg, f.file); err != nil {
			return err
		}
	}
	f.WhyNot = s.notInScope(u)
	f.left = u.left
	return nil
}

// notInScope returns why a file is not to be changed, or "".
func (s *search) notInScope(u *unit) string {
	name := u.tok.Name()
	cache := s.cache
	switch {
	case s.standard(u.pkg.PkgPath):
		return "the standard library cannot import the library"
	case cache != "" && strings.HasPrefix(name, cache+string(filepath.Separator)):
		return "it is in the module cache: replace the module with a copy to change it"
	case strings.Contains(filepath.ToSlash(name), "/vendor/"):
		return "it is in a vendor directory"
	case !slices.Contains(u.pkg.GoFiles, name) || usesC(u.file):
		return "the compiler reads this file as the go command rewrites it, for cgo or coverage"
	case hasLineDirective(u.file):
		return "the file has //line directives: it is made from another one"
	case ast.IsGenerated(u.file) && !s.named(name, ""):
		u.left = true
		return "the file is generated: name it (" + filepath.Base(name) + ") to change it"
	case testSupport(u.pkg) && !s.named(name, u.pkg.PkgPath):
		u.left = true
		return "the package is for tests only: name it to change it"
	}
	return ""
}

// read makes the unit of a file.
func (s *search) read(p *packages.Package, f *ast.File) (*unit, error) {
	u := &unit{pkg: p, file: f, tok: p.Fset.File(f.Pos())}
	src, err := s.ReadFile(u.tok.Name())
	if err != nil {
		return nil, err
	}
	u.src = src
	s.units[f] = u
	return u, nil
}

// named reports whether the patterns name a file, or, if path is not empty, its
// package.
func (s *search) named(file, path string) bool {
	asked := s.Asked
	if asked == nil {
		asked = s.Patterns
	}
	for _, p := range asked {
		if strings.Contains(p, "...") {
			continue
		}
		abs := p
		if !filepath.IsAbs(p) {
			abs = filepath.Join(s.Dir, p)
		}
		if a, err := filepath.Abs(abs); err == nil {
			abs = a
		}
		if abs == file || path != "" && (p == path || abs == filepath.Dir(file)) {
			return true
		}
	}
	return false
}

// usesC reports whether a file is one for cgo, without which builds leave it out.
func usesC(f *ast.File) bool {
	return slices.ContainsFunc(f.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"C"` })
}

func hasLineDirective(f *ast.File) bool {
	for _, g := range f.Comments {
		for _, c := range g.List {
			if strings.HasPrefix(c.Text, "//line ") || strings.HasPrefix(c.Text, "/*line ") {
				return true
			}
		}
	}
	return false
}

// testSupport reports whether a package is there for tests: it imports package
// testing, or says so by its name.
func testSupport(p *packages.Package) bool {
	if strings.HasSuffix(p.Name, "_test") || p.Name == "main" {
		return false // no test imports a program
	}
	for _, f := range p.Syntax {
		if strings.HasSuffix(p.Fset.PositionFor(f.Pos(), false).Filename, "_test.go") {
			continue
		}
		for _, i := range f.Imports {
			if v, _ := strconv.Unquote(i.Path.Value); v == "testing" || strings.HasPrefix(v, "testing/") {
				return true
			}
		}
	}
	inModule := p.PkgPath
	if p.Module != nil {
		inModule = strings.TrimPrefix(p.PkgPath, p.Module.Path)
	}
	return slices.ContainsFunc(strings.Split(inModule, "/"), func(e string) bool {
		return strings.HasPrefix(e, "test") || e == "mock" || e == "mocks"
	})
}

// explain says of the findings why they are not changed.
func (s *search) explain(ctx context.Context) error {
	candidates := s.candidates()
	if len(candidates) == 0 {
		return nil
	}
	if err := s.needLibrary(ctx); err != nil {
		dir, err := os.MkdirTemp("", "stackalloc-suggest-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		if err := s.require(ctx, dir); err != nil {
			for _, f := range s.found {
				if f.WhyNot == "" {
					f.WhyNot = "it was not tried: " + err.Error()
				}
			}
			return ctx.Err()
		}
	}
	chosen, err := s.choose(ctx, candidates)
	for _, c := range chosen {
		c.done()
	}
	return err
}

// require lets the modules of the packages require the library in an overlay, for
// trying the changes.
func (s *search) require(ctx context.Context, dir string) error {
	tree, err := overlay.FindTree(ctx, &s.Build)
	if err != nil {
		return err
	}
	lib, err := overlay.BuiltFrom()
	if err != nil {
		return err
	}
	var modules []*overlay.Module
	for _, f := range s.found {
		if m := tree.Of(filepath.Dir(f.pos.File)); m != nil && !slices.Contains(modules, m) {
			modules = append(modules, m)
		}
	}
	o := overlay.New(filepath.Join(dir, "files"), s.Replaced)
	if _, err := tree.Apply(ctx, overlay.Want{Library: lib, Modules: modules}, o, filepath.Join(dir, "skeleton")); err != nil {
		return err
	}
	s.Mod = "readonly" // not the vendor directory, which is read past the overlay
	s.Overlay, s.Replaced = filepath.Join(dir, "overlay.json"), o.Files()
	return o.Write(s.Overlay)
}
