package suggest

import (
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// The packages are read for one platform, and the changes are made for all of them.

// constrained reports whether there are builds that leave a file out.
func constrained(name string, f *ast.File) bool {
	for _, g := range f.Comments {
		for _, c := range g.List {
			if c.Pos() < f.Package && (strings.HasPrefix(c.Text, "//go:build") || strings.HasPrefix(c.Text, "// +build")) {
				return true
			}
		}
	}
	none := build.Context{GOOS: "none", GOARCH: "none", Compiler: "gc", OpenFile: func(string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader("package p\n")), nil
	}}
	match, err := none.MatchFile(filepath.Dir(name), filepath.Base(name))
	return err != nil || !match
}

// elsewhere returns, by name, what functions of files that this build leaves out may do.
func elsewhere(p *packages.Package) map[string]string {
	out := map[string]string{}
	if len(p.GoFiles) == 0 {
		return out
	}
	names, _ := filepath.Glob(filepath.Join(filepath.Dir(p.GoFiles[0]), "*.go"))
	for _, name := range names {
		if slices.Contains(p.GoFiles, name) || strings.HasSuffix(name, "_test.go") {
			continue
		}
		src, err := os.ReadFile(name)
		why := sign(src)
		if err != nil || why == "" {
			continue
		}
		f, _ := parser.ParseFile(token.NewFileSet(), name, src, parser.SkipObjectResolution)
		if f == nil {
			continue
		}
		for _, d := range f.Decls {
			if fd, ok := d.(*ast.FuncDecl); ok {
				out[fd.Name.Name] = why
			}
		}
	}
	return out
}

// fixed reports whether a constant expression surely has one value on all platforms.
func fixed(e ast.Expr, p *packages.Package) bool {
	ok := true
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			ok = ok && fixedName(n.Sel, p)
			return false
		case *ast.Ident:
			ok = ok && fixedName(n, p)
		case *ast.CallExpr:
			name := builtinName(n, p.TypesInfo)
			ok = ok && (name == "min" || name == "max" || p.TypesInfo.Types[n.Fun].IsType())
		case *ast.UnaryExpr:
			ok = ok && n.Op != token.XOR // of which the bits may be counted
		}
		return ok
	})
	return ok
}

func fixedName(id *ast.Ident, p *packages.Package) bool {
	obj, ok := p.TypesInfo.Uses[id].(*types.Const)
	if !ok {
		_, variable := p.TypesInfo.Uses[id].(*types.Var)
		return !variable
	}
	if obj.Pkg() == nil {
		return true
	}
	if obj.Pkg() != p.Types {
		first, _, _ := strings.Cut(obj.Pkg().Path(), "/")
		switch first {
		case "bufio", "crypto", "encoding", "hash", "time", "unicode":
			return true
		}
		return false
	}
	for _, f := range p.Syntax {
		if obj.Pos() < f.FileStart || obj.Pos() >= f.FileEnd {
			continue
		}
		if constrained(p.Fset.Position(f.Package).Filename, f) {
			return false
		}
		v := constantValue(f, p.TypesInfo, obj)
		return v != nil && fixed(v, p)
	}
	return false
}

// constantValue returns the expression that a constant is declared with.
func constantValue(f *ast.File, info *types.Info, obj *types.Const) (out ast.Expr) {
	ast.Inspect(f, func(n ast.Node) bool {
		g, ok := n.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			return out == nil
		}
		var values []ast.Expr // those of the last one are meant where there are none
		for _, s := range g.Specs {
			s := s.(*ast.ValueSpec)
			if len(s.Values) > 0 {
				values = s.Values
			}
			for i, id := range s.Names {
				if info.Defs[id] == obj && i < len(values) {
					out = values[i]
				}
			}
		}
		return false
	})
	return out
}
