package suggest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// steady knows whether integers and sizes have the same types on all platforms: what
// files that some builds leave out declare may be something else elsewhere, and so may
// what is declared with it.
type steady struct {
	known map[steadyKey]bool
	dirs  map[string]bool // of other modules: whether every build takes all of the files
}

type steadyKey struct {
	at   token.Pos
	size bool
}

func newSteady() *steady { return &steady{known: map[steadyKey]bool{}, dirs: map[string]bool{}} }

// steadyPackages are those of the standard library whose types of integers are documented
// for all platforms, by the first element of their paths.
var steadyPackages = strings.Fields(`archive bufio bytes cmp compress container context crypto database embed
	encoding errors expvar flag fmt hash html image io iter log maps math mime net os path reflect regexp runtime
	slices sort strconv strings sync testing text time unicode unique unsafe weak`)

// integers reports whether all integers in a declaration of p have one type everywhere.
func (s *steady) integers(n ast.Node, p *packages.Package) bool {
	ok, from, to := true, n.Pos(), n.End()
	ast.Inspect(n, func(n ast.Node) bool {
		if id, isID := n.(*ast.Ident); isID && ok {
			if obj := p.TypesInfo.Uses[id]; obj != nil && (obj.Pos() < from || obj.Pos() >= to) && counts(obj) {
				ok = s.object(obj, p, false)
			}
		}
		return ok
	})
	return ok
}

// counts reports whether integers may come from an object.
func counts(obj types.Object) bool {
	switch obj := obj.(type) {
	case *types.TypeName, *types.Var:
		return hasInteger(obj.Type(), 8)
	case *types.Const:
		return hasInteger(obj.Type(), 8) && !isUntyped(obj.Type()) // of others the value counts
	case *types.Func:
		return hasInteger(obj.Signature().Results(), 8) || givesIntegers(obj.Signature(), 8)
	}
	return false
}

func isUntyped(t types.Type) bool {
	b, ok := t.(*types.Basic)
	return ok && b.Info()&types.IsUntyped != 0
}

// givesIntegers reports whether a function gives integers to those that it calls, as
// those that a loop ranges over.
func givesIntegers(f *types.Signature, depth int) bool {
	for v := range f.Params().Variables() {
		if g, ok := v.Type().Underlying().(*types.Signature); ok && hasInteger(g.Params(), depth) {
			return true
		}
	}
	return false
}

// hasInteger reports whether a value is an integer, or gives integers that no other name
// leads to.
func hasInteger(t types.Type, depth int) bool {
	if depth == 0 {
		return true
	}
	depth--
	switch t := t.Underlying().(type) {
	case *types.Basic:
		return t.Info()&types.IsInteger != 0
	case *types.Pointer:
		return hasInteger(t.Elem(), depth)
	case *types.Slice:
		return hasInteger(t.Elem(), depth)
	case *types.Array:
		return hasInteger(t.Elem(), depth)
	case *types.Chan:
		return hasInteger(t.Elem(), depth)
	case *types.Map:
		return hasInteger(t.Key(), depth) || hasInteger(t.Elem(), depth)
	case *types.Signature:
		return hasInteger(t.Results(), depth) || givesIntegers(t, depth)
	case *types.Tuple:
		for v := range t.Variables() {
			if hasInteger(v.Type(), depth) {
				return true
			}
		}
	}
	return false
}

// size reports whether the size of a type is the same on all platforms with one size of
// words.
func (s *steady) size(t types.Type, p *packages.Package) bool {
	switch t := t.(type) {
	case *types.Alias:
		return s.object(t.Obj(), p, true)
	case *types.Named:
		return s.object(t.Obj(), p, true)
	case *types.Array:
		return s.size(t.Elem(), p)
	case *types.Struct:
		for f := range t.Fields() {
			if !s.size(f.Type(), p) {
				return false
			}
		}
	}
	return true
}

// object reports whether an object is declared alike everywhere.
func (s *steady) object(obj types.Object, p *packages.Package, size bool) bool {
	if obj.Pkg() == nil {
		return true
	}
	key := steadyKey{obj.Pos(), size}
	ok, known := s.known[key]
	if !known {
		s.known[key] = true // while it is asked
		if obj.Pkg() == p.Types {
			ok = s.own(obj, p, size)
		} else {
			ok = s.foreign(obj.Pkg(), p.Fset.PositionFor(obj.Pos(), false).Filename)
		}
		s.known[key] = ok
	}
	return ok
}

// own judges an object of the package itself by its declaration.
func (s *steady) own(obj types.Object, p *packages.Package, size bool) bool {
	for _, f := range p.Syntax {
		if obj.Pos() < f.FileStart || obj.Pos() >= f.FileEnd {
			continue
		}
		if constrained(p.Fset.PositionFor(f.Package, false).Filename, f) || usesC(f) || strings.HasPrefix(obj.Name(), "_C") {
			return false
		}
		for _, part := range declaring(f, obj) {
			if !s.part(part, p, size) {
				return false
			}
		}
		return true
	}
	return false
}

// part judges what a declaration is made of.
func (s *steady) part(n ast.Node, p *packages.Package, size bool) bool {
	ok := true
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.StarExpr, *ast.FuncType, *ast.MapType, *ast.ChanType, *ast.InterfaceType:
			return ok && !size
		case *ast.ArrayType:
			return ok && (!size || n.Len != nil)
		case *ast.Ident:
			switch obj := p.TypesInfo.Uses[n].(type) {
			case *types.TypeName:
				if _, param := obj.Type().(*types.TypeParam); !param && (size || counts(obj)) {
					ok = ok && s.object(obj, p, size)
				}
			case *types.Const:
				ok = ok && fixedName(n, p) && (!counts(obj) || s.object(obj, p, size))
			case *types.Var, *types.Func:
				ok = ok && (!counts(obj) || s.object(obj, p, size))
			}
		}
		return ok
	})
	return ok
}

// declaring returns the types and values that an object of a file is declared with.
func declaring(f *ast.File, obj types.Object) (out []ast.Node) {
	is := func(ids ...*ast.Ident) bool {
		return slices.ContainsFunc(ids, func(id *ast.Ident) bool { return id.Pos() == obj.Pos() })
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if n == nil || obj.Pos() < n.Pos() || obj.Pos() >= n.End() {
			return false
		}
		switch n := n.(type) {
		case *ast.TypeSpec:
			if is(n.Name) {
				out = append(out, n.Type)
			}
		case *ast.Field:
			if is(n.Names...) || len(n.Names) == 0 {
				out = append(out, n.Type)
			}
		case *ast.ValueSpec:
			if !is(n.Names...) {
				return true
			}
			if n.Type != nil {
				out = append(out, n.Type)
				return false
			}
			for _, v := range n.Values {
				out = append(out, v)
			}
		case *ast.FuncDecl:
			if is(n.Name) {
				out = append(out, n.Type)
			}
		}
		return true
	})
	return out
}

// foreign judges a package of others by what it is made of: all builds have to take all
// of its files, and those of what it imports.
func (s *steady) foreign(t *types.Package, file string) bool {
	first, _, _ := strings.Cut(t.Path(), "/")
	if slices.Contains(steadyPackages, first) {
		return true
	}
	if !strings.Contains(first, ".") || !filepath.IsAbs(file) {
		return false // as syscall, or one of which the files are not known
	}
	ok, known := s.dirs[t.Path()]
	if known {
		return ok
	}
	s.dirs[t.Path()] = true
	ok = wholeDir(filepath.Dir(file))
	s.dirs[t.Path()] = ok
	return ok
}

// wholeDir reports whether all builds take all of the files of a folder.
func wholeDir(dir string) bool {
	names, _ := filepath.Glob(filepath.Join(dir, "*.go"))
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly|parser.ParseComments|parser.SkipObjectResolution)
		if err != nil || constrained(name, f) || usesC(f) {
			return false
		}
		for _, i := range f.Imports {
			first, _, _ := strings.Cut(strings.Trim(i.Path.Value, `"`), "/")
			if !slices.Contains(steadyPackages, first) && !strings.Contains(first, ".") {
				return false
			}
		}
	}
	return len(names) > 0
}
