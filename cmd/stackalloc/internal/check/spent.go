package check

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ast/astutil"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/machine"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
)

// With a sanitizer, or without optimisation, the compiler keeps the function value of an
// iterator that it has inlined wherever it is used: the code that makes it is there, and the
// body that it points to, and nothing calls that. Such an iterator is spent. That it is
// shows in the source: each use of the value has an inlined body in the machine code.

// spent reports whether the iterator that node i of f makes is used nowhere but where its
// body was inlined.
func (j *judge) spent(u *unit, f *machine.Func, i int, fn string) bool {
	n := f.Nodes[i]
	in, call := j.nodeAt(j.real(n.Call).Printed(), isCall)
	if call == nil || in.info == nil {
		return false
	}
	t := &tracer{judge: j, unit: u, f: f, fn: fn}
	return t.spent(in, call.(ast.Expr), n.Parent, 8)
}

func isCall(n ast.Node) bool { _, ok := n.(*ast.CallExpr); return ok }

// spent follows a value forward, in the code that was inlined as the node parent.
func (t *tracer) spent(f *file, e ast.Expr, parent, depth int) bool {
	path := f.path(e)
	if depth == 0 || len(path) < 2 || path[0] != ast.Node(e) {
		return false
	}
	use := path[1]
	for i := 2; i < len(path); i++ {
		p, ok := use.(*ast.ParenExpr)
		if !ok {
			break
		}
		e, use = p, path[i]
	}
	switch x := use.(type) {
	case *ast.ExprStmt:
		return true
	case *ast.BinaryExpr:
		return x.Op == token.EQL || x.Op == token.NEQ // functions compare with nil alone
	case *ast.RangeStmt:
		return x.X == e && t.inlinedAt(f.key(x.For), parent)
	case *ast.CallExpr:
		if x.Fun == e {
			return t.inlinedAt(f.key(x.Lparen), parent)
		}
		return t.spentAsArgument(f, x, slices.Index(x.Args, e), parent, depth)
	case *ast.AssignStmt:
		i := slices.Index(x.Rhs, e)
		return i >= 0 && len(x.Lhs) == len(x.Rhs) && t.spentVariable(f, x.Lhs[i], e, parent, depth)
	case *ast.ValueSpec:
		i := slices.Index(x.Values, e)
		return i >= 0 && len(x.Names) == len(x.Values) && t.spentVariable(f, x.Names[i], e, parent, depth)
	case *ast.ReturnStmt:
		if _, named := enclosing(path).(*ast.FuncDecl); !named || len(x.Results) != 1 || parent < 0 {
			return false
		}
		n := t.f.Nodes[parent]
		in, call := t.nodeAt(t.real(n.Call).Printed(), isCall)
		return call != nil && in.info != nil && t.spent(in, call.(ast.Expr), n.Parent, depth-1)
	}
	return false
}

// inlinedAt reports whether the body of the iterator, or the function that is the value, was
// inlined at a place.
func (t *tracer) inlinedAt(at position.Pos, parent int) bool {
	return at.Col > 0 && slices.ContainsFunc(t.f.Nodes, func(n machine.Node) bool {
		if name := stripTypeArgs(n.Func); t.value {
			if name != Library+"."+t.fn {
				return false
			}
		} else if !isBodyOf(name, t.fn) {
			return false
		}
		return n.Parent == parent && t.real(n.Call).Printed() == at
	})
}

// spentVariable reports whether the variable that e is stored in is spent.
func (t *tracer) spentVariable(f *file, to, e ast.Expr, parent, depth int) bool {
	id, ok := to.(*ast.Ident)
	if !ok {
		return false
	}
	o := f.info.Defs[id]
	if o == nil {
		o = f.info.Uses[id]
	}
	v, ok := o.(*types.Var)
	if id.Name == "_" {
		return true
	}
	return ok && !f.packageLevel(id) && t.spentUses(f, v, enclosing(f.path(e)), parent, depth)
}

// spentUses reports whether all uses of a variable are spent, and in the function in.
func (t *tracer) spentUses(f *file, v *types.Var, in ast.Node, parent, depth int) bool {
	all := true
	for id, o := range f.info.Uses {
		if o != v || !all {
			continue
		}
		path := f.path(id)
		if len(path) < 2 || enclosing(path) != in {
			return false
		}
		if set, ok := path[1].(*ast.AssignStmt); ok && slices.Contains(set.Lhs, ast.Expr(id)) {
			continue
		}
		all = t.spent(f, id, parent, depth-1)
	}
	return all
}

// spentAsArgument reports whether the parameter that an iterator is handed on to is spent in
// the function, which was inlined.
func (t *tracer) spentAsArgument(f *file, call *ast.CallExpr, index, parent, depth int) bool {
	fn, _ := f.info.Uses[calledName(call)].(*types.Func)
	if fn == nil || index < 0 || fn.Signature().Variadic() || fn.Signature().Recv() != nil {
		return false
	}
	in, d := t.declaration(fn)
	at := f.key(call.Lparen)
	node := slices.IndexFunc(t.f.Nodes, func(n machine.Node) bool { return n.Parent == parent && t.real(n.Call).Printed() == at })
	if d == nil || node < 0 || at.Col == 0 {
		return false
	}
	var names []*ast.Ident
	for _, p := range d.Type.Params.List {
		names = append(names, p.Names...)
	}
	if index >= len(names) {
		return len(names) == 0 // without names, nothing uses them
	}
	v, ok := in.info.Defs[names[index]].(*types.Var)
	return ok && t.spentUses(in, v, d, node, depth)
}

// path returns an expression and the nodes around it, from the inside.
func (f *file) path(e ast.Expr) []ast.Node {
	path, _ := astutil.PathEnclosingInterval(f.ast, e.Pos(), e.End())
	return path
}

// enclosing returns the innermost function of a path.
func enclosing(path []ast.Node) ast.Node {
	for _, n := range path {
		switch n.(type) {
		case *ast.FuncDecl, *ast.FuncLit:
			return n
		}
	}
	return nil
}
