package suggest

import (
	"go/ast"
	"go/token"
	"go/types"
)

// variable is what a declaration does with one of its local variables.
type variable struct {
	obj      *types.Var
	owner    ast.Node       // the function, declared or literal, that declares it
	value    ast.Expr       // what it is declared with, if that is one expression
	rangeOf  *ast.RangeStmt // the loop that declares it as its key or value
	key      bool
	uses     []use
	assigned []use // those uses that change it, fields and elements of arrays included
	address  bool  // its address is taken
}

// use is an identifier that stands for a variable.
type use struct {
	id    *ast.Ident
	in    ast.Node   // the innermost function around it
	stack []ast.Node // from the declaration at the top of the file to the identifier
}

// captured reports whether a function literal has the variable, other than the
// function that declares it, outside of the positions from to to.
func (v *variable) captured(from, to token.Pos) bool {
	for _, u := range v.uses {
		if u.in != v.owner && (u.id.Pos() < from || u.id.Pos() >= to) {
			return true
		}
	}
	return false
}

// variables returns the local variables of a declaration.
func variables(root ast.Node, info *types.Info) map[*types.Var]*variable {
	w := &varWalk{info: info, vars: map[*types.Var]*variable{}}
	var stack, funcs []ast.Node
	ast.Inspect(root, func(n ast.Node) bool {
		if n == nil {
			switch stack[len(stack)-1].(type) {
			case *ast.FuncDecl, *ast.FuncLit:
				funcs = funcs[:len(funcs)-1]
			}
			stack = stack[:len(stack)-1]
			return false
		}
		stack = append(stack, n)
		switch n := n.(type) {
		case *ast.FuncDecl, *ast.FuncLit:
			funcs = append(funcs, n)
		case *ast.AssignStmt:
			for i, l := range n.Lhs {
				if id, ok := l.(*ast.Ident); ok && len(n.Lhs) == len(n.Rhs) {
					if v := w.of(info.Defs[id]); v != nil {
						v.value = n.Rhs[i]
					}
				}
			}
		case *ast.ValueSpec:
			for i, id := range n.Names {
				if v := w.of(info.Defs[id]); v != nil && len(n.Names) == len(n.Values) {
					v.value = n.Values[i]
				}
			}
		case *ast.RangeStmt:
			for i, e := range []ast.Expr{n.Key, n.Value} {
				if id, ok := e.(*ast.Ident); ok && n.Tok == token.DEFINE {
					if v := w.of(info.Defs[id]); v != nil {
						v.rangeOf, v.key = n, i == 0
					}
				}
			}
		case *ast.Ident:
			w.ident(n, stack, funcs)
		}
		return true
	})
	return w.vars
}

type varWalk struct {
	info *types.Info
	vars map[*types.Var]*variable
}

func (w *varWalk) of(obj types.Object) *variable {
	o, ok := obj.(*types.Var)
	if !ok || o.IsField() || o.Pkg() != nil && o.Parent() == o.Pkg().Scope() {
		return nil
	}
	v := w.vars[o]
	if v == nil {
		v = &variable{obj: o}
		w.vars[o] = v
	}
	return v
}

func (w *varWalk) ident(id *ast.Ident, stack, funcs []ast.Node) {
	var in ast.Node
	if len(funcs) > 0 {
		in = funcs[len(funcs)-1]
	}
	if v := w.of(w.info.Defs[id]); v != nil {
		v.owner = in
		return
	}
	v := w.of(w.info.Uses[id])
	if v == nil {
		return
	}
	u := use{id: id, in: in, stack: append([]ast.Node(nil), stack...)}
	v.uses = append(v.uses, u)
	// Up from the identifier through what is part of the variable itself.
	for i := len(stack) - 1; i > 0; i-- {
		child, ok := stack[i].(ast.Expr)
		if !ok || !w.part(v, u, child, stack[i-1]) {
			return
		}
	}
}

// part notes what the node around an expression, a variable or a part of it, does with
// it, and reports whether that is a part of the variable too.
func (w *varWalk) part(v *variable, u use, child ast.Expr, around ast.Node) bool {
	switch p := around.(type) {
	case *ast.ParenExpr:
		return true
	case *ast.SelectorExpr:
		sel := w.info.Selections[p]
		switch {
		case sel == nil || p.X != child:
		case sel.Kind() == types.FieldVal && !sel.Indirect():
			return true
		case sel.Kind() == types.MethodVal && !isPointer(w.info.TypeOf(child)):
			if sig, ok := sel.Obj().Type().(*types.Signature); ok && sig.Recv() != nil && isPointer(sig.Recv().Type()) {
				v.address = true
			}
		}
	case *ast.IndexExpr:
		return p.X == child && isArray(w.info.TypeOf(child))
	case *ast.SliceExpr:
		if p.X == child && isArray(w.info.TypeOf(child)) {
			v.address = true
		}
	case *ast.UnaryExpr:
		if p.Op == token.AND {
			v.address = true
		}
	case *ast.RangeStmt:
		if p.Tok == token.ASSIGN && (p.Key == child || p.Value == child) {
			v.assigned = append(v.assigned, u)
		}
	case *ast.IncDecStmt:
		v.assigned = append(v.assigned, u)
	case *ast.AssignStmt:
		for _, l := range p.Lhs {
			if l == child {
				v.assigned = append(v.assigned, u)
			}
		}
	}
	return false
}

func isPointer(t types.Type) bool {
	_, ok := t.Underlying().(*types.Pointer)
	return ok
}

func isArray(t types.Type) bool {
	_, ok := t.Underlying().(*types.Array)
	return ok
}
