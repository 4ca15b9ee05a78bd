// Package within proves of parts of slices, as s[i:j], that they end within the length
// of what they are cut from, so that nothing depends on the room behind its end.
//
// The proof is one over the values of package ssa, where each has one definition:
// differences of lengths and indexes are sums of such values, the branches that lead to a
// place and the indexing before it say of them that they are at most 0, and what holds
// before a loop and is kept by every round holds in it. The idea is that of Bodik, Gupta
// and Sarkar, ABCD: Eliminating Array Bounds Checks on Demand (PLDI 2000). What is not
// a local variable, or is one whose address or closure others have, has a new value at
// every use, of which nothing is known.
package within

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/packages"
	"golang.org/x/tools/go/ssa"
)

// Prover has what is known of some packages. It is not safe for concurrent use.
type Prover struct {
	// Fixed reports whether a constant expression has one value on all platforms.
	Fixed func(e ast.Expr, p *packages.Package) bool
	// Steady reports whether the integers in a declaration have one type on all platforms.
	Steady func(decl ast.Node, p *packages.Package) bool
	// Sized reports whether a type has one size on all platforms with one size of words.
	Sized func(t types.Type, p *packages.Package) bool

	built map[*packages.Package]map[token.Pos]*ssa.Slice
}

// EndsWithin reports whether x[i:j] surely has j <= len(x) whenever it does not panic for
// a negative j, with ints of 64 and of 32 bits. decl is the declaration around it.
func (p *Prover) EndsWithin(e *ast.SliceExpr, decl ast.Node, pkg *packages.Package) bool {
	if e.High == nil || e.Slice3 {
		return e.High == nil
	}
	if p.built == nil {
		p.built = map[*packages.Package]map[token.Pos]*ssa.Slice{}
	}
	index, ok := p.built[pkg]
	if !ok {
		index = build(pkg)
		p.built[pkg] = index
	}
	s, stmt := index[e.Lbrack], statement(decl, e)
	if s == nil || stmt == nil || s.High == nil || !isSlice(s.X.Type()) || !p.fixedIn(decl, pkg) || !p.Steady(decl, pkg) {
		return false
	}
	for _, w := range words {
		if !newSearch(w, stmt, func(t types.Type) bool { return p.Sized(t, pkg) }).endsWithin(s) {
			return false
		}
	}
	return true
}

// fixedIn reports whether the constants in a declaration are the same on all platforms.
func (p *Prover) fixedIn(decl ast.Node, pkg *packages.Package) bool {
	ok := true
	ast.Inspect(decl, func(n ast.Node) bool {
		if r, isRange := n.(*ast.RangeStmt); isRange {
			ok = ok && !isArray(pkg.TypesInfo.TypeOf(r.X)) // of a length that is written elsewhere
		}
		e, isExpr := n.(ast.Expr)
		if !isExpr || !ok {
			return ok
		}
		tv := pkg.TypesInfo.Types[e]
		if tv.Value == nil || !isInteger(tv.Type) {
			return true
		}
		ok = p.Fixed(e, pkg)
		return false
	})
	return ok
}

// statement returns the innermost statement around an expression.
func statement(decl ast.Node, e ast.Expr) (out ast.Node) {
	ast.Inspect(decl, func(n ast.Node) bool {
		if n == nil || n.Pos() > e.Pos() || n.End() < e.End() {
			return false
		}
		if s, ok := n.(ast.Stmt); ok {
			out = s
		}
		return true
	})
	return out
}

// build returns the parts of slices in a package by the positions of their brackets.
func build(pkg *packages.Package) (index map[token.Pos]*ssa.Slice) {
	index = map[token.Pos]*ssa.Slice{}
	defer func() {
		if recover() != nil { // of code that package ssa does not know
			index = map[token.Pos]*ssa.Slice{}
		}
	}()
	prog := ssa.NewProgram(pkg.Fset, 0)
	seen := map[*types.Package]bool{pkg.Types: true}
	var imports func(list []*types.Package)
	imports = func(list []*types.Package) {
		for _, i := range list {
			if !seen[i] {
				seen[i] = true
				imports(i.Imports())
				prog.CreatePackage(i, nil, nil, true)
			}
		}
	}
	imports(pkg.Types.Imports())
	s := prog.CreatePackage(pkg.Types, pkg.Syntax, pkg.TypesInfo, false)
	s.Build()
	var walk func(f *ssa.Function)
	walk = func(f *ssa.Function) {
		for _, b := range f.Blocks {
			for _, i := range b.Instrs {
				if x, ok := i.(*ssa.Slice); ok && x.Pos().IsValid() {
					if _, twice := index[x.Pos()]; twice {
						x = nil
					}
					index[i.Pos()] = x
				}
			}
		}
		for _, a := range f.AnonFuncs {
			walk(a)
		}
	}
	for _, f := range pkg.Syntax {
		for _, d := range f.Decls {
			if fd, ok := d.(*ast.FuncDecl); ok {
				if fn, ok := pkg.TypesInfo.Defs[fd.Name].(*types.Func); ok {
					if x := prog.FuncValue(fn); x != nil {
						walk(x)
					}
				}
			}
		}
	}
	return index
}

func isSlice(t types.Type) bool {
	_, ok := t.Underlying().(*types.Slice)
	return ok
}

func isArray(t types.Type) bool {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	_, ok := t.Underlying().(*types.Array)
	return ok
}

func isInteger(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsInteger != 0
}
