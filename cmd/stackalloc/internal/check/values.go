package check

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
)

// A function of the library that is used as a value is judged where it is called, if the
// compiler knows it there, and is unproven where its value is left in the machine code. Of
// that the code has the function, its type arguments and who refers to it; so of several
// uses in one function that have the same type arguments, each is taken for it.

// findValues finds the uses as a value whose value the code has.
func (j *judge) findValues() {
	for _, u := range j.units {
		for to, froms := range u.Refs {
			symbol, value := strings.CutSuffix(to, "·f")
			fn, ok := strings.CutPrefix(stripTypeArgs(symbol), Library+".")
			if !ok || !value {
				continue
			}
			args := strings.TrimSuffix(strings.TrimPrefix(symbol, Library+"."+fn+"["), "]")
			for _, from := range froms {
				if u.alive(from, nil) {
					j.hold(u, fn, args, u.local(from))
				}
			}
		}
	}
}

// hold marks the uses that a value of fn in the code can be of: those in the function that
// refers to it; or all, where that has none and so got it by inlining.
func (j *judge) hold(u *unit, fn, args, from string) {
	var here, all []*site
	for _, s := range j.sites {
		if !s.value || j.judgedWhereCalled(s) || s.fn != fn || s.args != "" && basic(args) && s.args != args {
			continue
		}
		all = append(all, s)
		if s.pkg == u.pkg.Path() && (within(from, s.decl) || s.decl == "" && (strings.HasPrefix(from, "init") || strings.HasPrefix(from, "glob."))) {
			here = append(here, s)
		}
	}
	if len(here) == 0 {
		here = all
	}
	for _, s := range here {
		s.held = true
	}
}

// basic reports whether type arguments are names of basic types.
func basic(args string) bool {
	return args != "" && !slices.ContainsFunc(strings.Split(args, ","), func(a string) bool { return types.Universe.Lookup(a) == nil || a == "any" || a == "error" })
}

// basicArgs returns the type arguments of the function that e names as symbols have them,
// if all are basic types.
func (f *file) basicArgs(e ast.Expr) string {
	id, ok := ast.Unparen(e).(*ast.Ident)
	if s, sel := ast.Unparen(e).(*ast.SelectorExpr); sel {
		id, ok = s.Sel, true
	}
	if !ok {
		return ""
	}
	var names []string
	list := f.info.Instances[id].TypeArgs
	for i := range list.Len() {
		b, ok := types.Unalias(list.At(i)).(*types.Basic)
		if !ok {
			return ""
		}
		names = append(names, types.Typ[b.Kind()].Name()) // not byte or rune
	}
	return strings.Join(names, ",")
}

// callsOf returns the calls of the variable that a value is assigned to, and whether nothing
// else is done with it but to assign it to _.
func (f *file) callsOf(e ast.Expr) (calls []position.Pos, all bool) {
	for {
		path := f.path(e)
		if len(path) < 2 || path[0] != ast.Node(e) {
			return nil, false
		}
		switch x := path[1].(type) {
		case *ast.ParenExpr:
			e = x
		case *ast.IndexExpr:
			e = x
		case *ast.IndexListExpr:
			e = x
		case *ast.AssignStmt:
			i := slices.Index(x.Rhs, e)
			if i < 0 || len(x.Lhs) != len(x.Rhs) {
				return nil, false
			}
			return f.callsOfVariable(x.Lhs[i])
		case *ast.ValueSpec:
			i := slices.Index(x.Values, e)
			if i < 0 || len(x.Names) != len(x.Values) {
				return nil, false
			}
			return f.callsOfVariable(x.Names[i])
		default:
			return nil, false
		}
	}
}

// callsOfVariable is callsOf for what a value is assigned to.
func (f *file) callsOfVariable(to ast.Expr) (calls []position.Pos, all bool) {
	id, ok := to.(*ast.Ident)
	if !ok || id.Name == "_" {
		return nil, ok
	}
	v, ok := f.info.Defs[id].(*types.Var)
	if !ok || v.Parent() == v.Pkg().Scope() {
		return nil, false
	}
	for use, o := range f.info.Uses {
		if o != v {
			continue
		}
		path := f.path(use)
		if len(path) < 2 {
			return nil, false
		}
		switch x := path[1].(type) {
		case *ast.CallExpr:
			if x.Fun != use {
				return nil, false
			}
			calls = append(calls, f.key(x.Lparen))
		case *ast.AssignStmt:
			i := slices.Index(x.Rhs, ast.Expr(use))
			if i < 0 || len(x.Lhs) != len(x.Rhs) {
				return nil, false
			}
			if to, ok := x.Lhs[i].(*ast.Ident); !ok || to.Name != "_" {
				return nil, false
			}
		default:
			return nil, false
		}
	}
	return calls, true
}

// judgedWhereCalled reports whether all that is done with a value is to call it, where the
// compiler knew it.
func (j *judge) judgedWhereCalled(s *site) bool {
	return s.local && !slices.ContainsFunc(s.calls, func(at position.Pos) bool {
		return !slices.ContainsFunc(j.byCall[at], func(x *site) bool { return len(x.copies) > 0 })
	})
}
