package check

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
)

// api is the exported functions that take a callback.
type api struct {
	funcs map[string]bool // name, and whether it returns an iterator
	files map[string]bool // the library's source files, in every form the compiler prints
}

// readAPI takes the list from the library's own source, so that it is that of
// the version that the module under test uses.
func readAPI(b *gotool.Build, p *gotool.Package) (*api, error) {
	a := &api{funcs: map[string]bool{}, files: map[string]bool{}}
	fset := token.NewFileSet()
	for _, name := range append(p.GoFiles, p.CgoFiles...) {
		for _, form := range fileForms(p, name) {
			a.files[form] = true
		}
		path := position.Abs(p.Dir, name)
		text, err := b.ReadFile(path)
		if err != nil {
			return nil, err
		}
		f, err := parser.ParseFile(fset, path, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range f.Decls {
			if d, ok := d.(*ast.FuncDecl); ok && d.Recv == nil && d.Name.IsExported() {
				if seq := returnsSeq(d.Type); seq || takesFunc(d.Type) {
					a.funcs[d.Name.Name] = seq
				}
			}
		}
	}
	return a, nil
}

func takesFunc(t *ast.FuncType) bool {
	for _, p := range t.Params.List {
		if _, ok := p.Type.(*ast.FuncType); ok || isSeq(p.Type) {
			return true
		}
	}
	return false
}

func returnsSeq(t *ast.FuncType) bool {
	if t.Results == nil {
		return false
	}
	return slices.ContainsFunc(t.Results.List, func(r *ast.Field) bool { return isSeq(r.Type) })
}

func isSeq(e ast.Expr) bool {
	switch x := e.(type) {
	case *ast.IndexExpr:
		e = x.X
	case *ast.IndexListExpr:
		e = x.X
	}
	s, ok := e.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	p, ok := s.X.(*ast.Ident)
	return ok && p.Name == "iter" && (s.Sel.Name == "Seq" || s.Sel.Name == "Seq2")
}

// fileForms returns the names under which a file of p can appear in what the
// compiler prints: as it is, and as -trimpath makes it, which names a module with its
// version, and a vendored package as it is imported, but not one that is named by its files.
func fileForms(p *gotool.Package, name string) []string {
	name = filepath.Base(name)
	forms := []string{filepath.Join(p.Dir, name), p.Path() + "/" + name}
	if p.ForTest != "" {
		forms = append(forms, p.ForTest+"/"+name, p.ForTest+"_test/"+name)
	}
	if p.NamedByFiles() {
		forms = append(forms, "./"+name)
	}
	m := p.Module
	if m == nil {
		return forms
	}
	sub := strings.TrimPrefix(strings.TrimPrefix(strings.TrimSuffix(p.Path(), "_test"), m.Path), "/")
	if rel, err := filepath.Rel(m.Dir, p.Dir); err == nil && m.Dir != "" {
		sub = filepath.ToSlash(rel)
	}
	rel := strings.TrimPrefix(strings.TrimPrefix(sub+"/"+name, "./"), "/")
	for _, v := range []string{m.Path + "@" + m.Version, m.Path} {
		forms = append(forms, v+"/"+rel)
	}
	if r := m.Replace; r != nil && r.Version != "" {
		forms = append(forms, r.Path+"@"+r.Version+"/"+rel)
	}
	return forms
}
