// Package load has the source and the types of packages as the go command builds
// them: with the same files, overlay, tags, modules, workspace, vendor directory and
// GOFLAGS, since the list of files and the types of what is imported come from it.
package load

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"golang.org/x/tools/go/gcexportdata"
	"golang.org/x/tools/go/packages"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
)

// Packages compiles the packages that the patterns match and returns them with
// syntax and types: the fields ID, Name, PkgPath, Dir, GoFiles, CompiledGoFiles, Fset, Syntax,
// Types, TypesInfo, TypesSizes and Module are set. An error is that of the go command
// or of the compiler. Test variants of a package come beside it if b.Tests is set.
//
// Files that the go command writes, for cgo or -cover, are in CompiledGoFiles and
// Syntax and not in GoFiles.
func Packages(ctx context.Context, b *gotool.Build, patterns []string) ([]*packages.Package, error) {
	if err := b.Prepare(ctx); err != nil {
		return nil, err
	}
	listed, err := b.CompileList(ctx, patterns, gotool.Extra{}, io.Discard)
	if err != nil {
		return nil, err
	}
	return Listed(ctx, b, listed)
}

// Listed is [Packages] for a list that [gotool.Build.CompileList] returned.
func Listed(ctx context.Context, b *gotool.Build, listed []*gotool.Package) ([]*packages.Package, error) {
	return load(ctx, b, listed, func(p *gotool.Package) bool { return !p.DepOnly }, true)
}

// Types returns the packages of a list that [gotool.Build.CompileList] returned for which
// want is true. What each expression's type is, TypesInfo.Types, is left out: for large
// packages that is most of what there is.
func Types(ctx context.Context, b *gotool.Build, listed []*gotool.Package, want func(*gotool.Package) bool) ([]*packages.Package, error) {
	return load(ctx, b, listed, want, false)
}

func load(ctx context.Context, b *gotool.Build, listed []*gotool.Package, want func(*gotool.Package) bool, expressions bool) ([]*packages.Package, error) {
	arch, err := b.GoEnv(ctx, "GOARCH")
	if err != nil {
		return nil, err
	}
	l := &loader{Build: b, expressions: expressions, fset: token.NewFileSet(), sizes: types.SizesFor("gc", arch), export: map[string]string{}, shared: map[string]*types.Package{}}
	for _, p := range listed {
		l.export[p.ImportPath] = p.Export
	}
	var out []*packages.Package
	for _, p := range listed {
		if testMain(p) || !want(p) {
			continue
		}
		x, err := l.load(ctx, p)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.ImportPath, err)
		}
		out = append(out, x)
	}
	return out, ctx.Err()
}

// testMain reports whether p is the main package that go test makes.
func testMain(p *gotool.Package) bool {
	return p.Name == "main" && strings.HasSuffix(p.ImportPath, ".test") && len(p.GoFiles) > 0 && filepath.IsAbs(p.GoFiles[0])
}

type loader struct {
	*gotool.Build
	expressions bool
	fset        *token.FileSet
	sizes       types.Sizes
	export      map[string]string         // by import path, that of a test variant included
	shared      map[string]*types.Package // imported, without those of test variants
}

func (l *loader) load(ctx context.Context, p *gotool.Package) (*packages.Package, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	x := &packages.Package{
		ID: p.ImportPath, Name: p.Name, PkgPath: p.Path(), Dir: p.Dir,
		Fset: l.fset, TypesSizes: l.sizes, Module: module(p),
	}
	for _, f := range append(p.GoFiles[:len(p.GoFiles):len(p.GoFiles)], p.CgoFiles...) {
		x.GoFiles = append(x.GoFiles, position.Abs(p.Dir, f))
	}
	for _, f := range p.CompiledGoFiles {
		if strings.HasSuffix(f, ".go") || filepath.IsAbs(f) && filepath.Ext(f) == "" {
			x.CompiledGoFiles = append(x.CompiledGoFiles, position.Abs(p.Dir, f))
		}
	}
	var err error
	if x.Syntax, err = l.parse(x.CompiledGoFiles); err != nil {
		return nil, err
	}
	x.TypesInfo = &types.Info{
		Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Implicits: map[ast.Node]types.Object{}, Instances: map[*ast.Ident]types.Instance{}, Scopes: map[ast.Node]*types.Scope{},
		Selections: map[*ast.SelectorExpr]*types.Selection{}, FileVersions: map[*ast.File]string{},
	}
	if l.expressions {
		x.TypesInfo.Types = map[ast.Expr]types.TypeAndValue{}
	}
	imported := l.shared
	if len(p.ImportMap) > 0 {
		imported = map[string]*types.Package{} // some of them are variants of the same name
	}
	cfg := &types.Config{
		Sizes: l.sizes, Error: func(error) {},
		Importer: importFunc(func(path string) (*types.Package, error) { return l.imported(p, imported, path) }),
	}
	if p.Module != nil && p.Module.GoVersion != "" {
		cfg.GoVersion = "go" + p.Module.GoVersion
	}
	x.Types, err = cfg.Check(x.PkgPath, l.fset, x.Syntax, x.TypesInfo)
	return x, err
}

func module(p *gotool.Package) *packages.Module {
	if p.Module == nil {
		return nil
	}
	return &packages.Module{Path: p.Module.Path, Version: p.Module.Version, Dir: p.Module.Dir, GoVersion: p.Module.GoVersion, Main: p.Module.Main}
}

func (l *loader) parse(names []string) ([]*ast.File, error) {
	files, errs := make([]*ast.File, len(names)), make([]error, len(names))
	var wait sync.WaitGroup
	turn := make(chan bool, runtime.GOMAXPROCS(0))
	for i, name := range names {
		turn <- true
		wait.Go(func() {
			defer func() { <-turn }()
			text, err := l.ReadFile(name)
			if err == nil {
				files[i], err = parser.ParseFile(l.fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
			}
			errs[i] = err
		})
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}

type importFunc func(path string) (*types.Package, error)

func (f importFunc) Import(path string) (*types.Package, error) { return f(path) }

// imported reads the export data of what p imports as path.
func (l *loader) imported(p *gotool.Package, known map[string]*types.Package, path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	id := path
	if to, ok := p.ImportMap[path]; ok {
		id = to
	}
	name, _, _ := strings.Cut(id, " ")
	if t := known[name]; t != nil && t.Complete() {
		return t, nil
	}
	file := l.export[id]
	if file == "" {
		return nil, fmt.Errorf("there is no export data for %s", id)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := gcexportdata.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("export data of %s: %w", id, err)
	}
	return gcexportdata.Read(r, l.fset, known, name)
}
