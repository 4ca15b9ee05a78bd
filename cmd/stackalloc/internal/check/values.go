package check

import (
	"go/ast"
	"go/constant"
	"go/types"
	"slices"
	"strconv"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/machine"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
)

// A function of the library that is used as a value is judged where it is called, if the
// compiler knows it there, and is unproven where its value is left in the machine code. Of
// that the code has the function, its type arguments and who refers to it, once for several
// uses: what a register holds is not loaded again, and the line is that of whichever use came
// first. So what tells uses in one function apart is the source: where all that is done with
// a value is to call it, there or in functions that were inlined, and each of these calls was
// inlined, it is not that one which the code has.

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
					j.hold(u, fn, args, from)
				}
			}
		}
	}
}

// hold marks the uses that a value of fn in the code can be of: those that are in the
// function which refers to it, also by inlining, and not spent there. If there are none it
// is data, or a copy whose origin its name does not tell, and it can be any.
func (j *judge) hold(u *unit, fn, args, from string) {
	var here, all []*site
	known, local := false, u.local(from)
	for _, s := range j.sites {
		if !s.value || j.judgedWhereCalled(s) || s.fn != fn || s.args != "" && basic(args) && s.args != args {
			continue
		}
		if places := s.places(u, u.funcs[from]); len(places) > 0 {
			known = true
			s.held = s.held || !j.spentValue(u, u.funcs[from], s, places)
			continue
		}
		if j.spentAtHome(s) {
			continue
		}
		all = append(all, s)
		if s.pkg == u.pkg.Path() && (within(local, s.decl) || s.decl == "" && (strings.HasPrefix(local, "init") || strings.HasPrefix(local, "glob.") || u.funcs[from] == nil)) {
			here = append(here, s)
		}
	}
	switch {
	case known:
		return
	case len(here) == 0:
		here = all
	}
	for _, s := range here {
		s.held = true
	}
}

// places returns the nodes of f that are the function which a use as a value is in, -1 for f
// itself; none if the use is in no code.
func (s *site) places(u *unit, f *machine.Func) (out []int) {
	name := s.file.symbol(s.expr, s.decl)
	if f == nil || name == "" || s.file.never(s.expr) {
		return nil
	}
	own := symbolPath(s.pkg) + "." + name
	if u.pkg.Path() == s.pkg && u.local(f.Name) == name {
		out = append(out, -1)
	}
	for i, n := range f.Nodes {
		if stripTypeArgs(u.linked(n.Func)) == own {
			out = append(out, i)
		}
	}
	return out
}

// spentValue reports whether a use as a value is spent at all of these places.
func (j *judge) spentValue(u *unit, f *machine.Func, s *site, places []int) bool {
	e := s.expr
	for _, around := range s.file.path(e)[1:] {
		if callee(exprOf(around)) != s.expr {
			break
		}
		e = exprOf(around)
	}
	t := &tracer{judge: j, unit: u, f: f, fn: s.fn, value: true}
	return !slices.ContainsFunc(places, func(parent int) bool { return !t.spent(s.file, e, parent, 8) })
}

func exprOf(n ast.Node) ast.Expr {
	e, _ := n.(ast.Expr)
	return e
}

// spentAtHome reports whether a use as a value is spent in the function that it is in, or is
// in code that never runs.
func (j *judge) spentAtHome(s *site) bool {
	if s.file.never(s.expr) {
		return true
	}
	for _, u := range j.units {
		if u.pkg.Path() != s.pkg {
			continue
		}
		for _, f := range u.Funcs {
			if places := s.places(u, f); slices.Contains(places, -1) {
				return j.spentValue(u, f, s, places)
			}
		}
	}
	return false
}

// symbol returns the name of the function that an expression is in, as symbols have it, in
// the function decl; nothing if that is not known.
func (f *file) symbol(e ast.Expr, decl string) string {
	path := f.path(e)
	if decl == "" || decl == "?" {
		return ""
	}
	name, outer := decl, ast.Node(nil)
	for i := len(path) - 1; i >= 0; i-- {
		switch n := path[i].(type) {
		case *ast.FuncDecl:
			outer = n
		case *ast.FuncLit:
			if name == decl {
				name += ".func"
			} else {
				name += "."
			}
			name += strconv.Itoa(literal(outer, n))
			outer = n
		case *ast.RangeStmt:
			if f.mayIterate(n.X) {
				return "" // its body is a function too
			}
		}
	}
	return name
}

// literal returns the number of a function literal among those in a function.
func literal(in ast.Node, l *ast.FuncLit) (number int) {
	ast.Inspect(in, func(n ast.Node) bool {
		x, ok := n.(*ast.FuncLit)
		if !ok || ast.Node(x) == in {
			return true
		}
		if x.Pos() <= l.Pos() {
			number++
		}
		return false
	})
	return number
}

// never reports whether a condition that is a constant by name keeps an expression from running.
func (f *file) never(e ast.Expr) bool {
	path := f.path(e)
	for i, n := range path {
		x, ok := n.(*ast.IfStmt)
		if !ok || i == 0 {
			continue
		}
		if c, ok := f.info.Uses[named(x.Cond)].(*types.Const); ok {
			yes := constant.BoolVal(c.Val())
			if path[i-1] == ast.Node(x.Body) && !yes || path[i-1] == x.Else && yes {
				return true
			}
		}
	}
	return false
}

// basic reports whether type arguments are names of basic types.
func basic(args string) bool {
	return args != "" && !slices.ContainsFunc(strings.Split(args, ","), func(a string) bool { return types.Universe.Lookup(a) == nil || a == "any" || a == "error" })
}

// basicArgs returns the type arguments of the function that e names as symbols have them,
// if all are basic types.
func (f *file) basicArgs(e ast.Expr) string {
	id := named(e)
	if id == nil {
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
