package suggest

import (
	"go/ast"
	"go/types"
	"slices"
)

// tracker follows a slice through variables, parts of it and functions with source, and
// looks for what could tell what room is behind its end.
type tracker struct {
	o       *observers
	nilness bool                         // it matters too whether it is nil or empty
	seen    map[*types.Var]bool          // they may have it, or a part
	asked   map[*types.Func]bool         // functions that have it, until they are seen through
	returns map[*types.Func]map[int]bool // of functions, the results that may be it
}

func (o *observers) tracker(nilness bool) *tracker {
	return &tracker{o: o, nilness: nilness, seen: map[*types.Var]bool{}, asked: map[*types.Func]bool{}, returns: map[*types.Func]map[int]bool{}}
}

// variable reports whether no use of a variable of a function tells.
func (t *tracker) variable(v *types.Var, f funcDecl) bool {
	if t.seen[v] {
		return true
	}
	t.seen[v] = true
	if !isSliceType(v.Type()) || !f.declares(v) || f.ofLiteral(v) {
		return false
	}
	if fn := f.fn(); fn != nil {
		for k := range fn.Signature().Results().Len() {
			if fn.Signature().Results().At(k) == v && !t.gives(fn, k) {
				return false
			}
		}
	}
	blind := true
	var stack []ast.Node
	ast.Inspect(f.decl, func(n ast.Node) bool {
		if n == nil {
			stack = stack[:len(stack)-1]
			return false
		}
		stack = append(stack, n)
		if id, ok := n.(*ast.Ident); ok && blind && f.info.Uses[id] == v {
			blind = t.value(stack, f)
		}
		return true
	})
	return blind
}

func isSliceType(t types.Type) bool {
	_, ok := t.Underlying().(*types.Slice)
	return ok
}

// gives notes that a function may return the slice. Of the function of the place itself
// there is nobody to follow it to.
func (t *tracker) gives(fn *types.Func, k int) bool {
	if fn == nil || !t.asked[fn] {
		return false
	}
	t.returns[fn][k] = true
	return true
}

// value judges an expression that is the slice or a part of it, the last node of the
// stack.
func (t *tracker) value(stack []ast.Node, f funcDecl) bool {
	i := len(stack) - 1
	if i == 0 {
		return false
	}
	up := stack[:i]
	switch p := stack[i-1].(type) {
	case *ast.ParenExpr:
		return t.value(up, f)
	case *ast.SliceExpr:
		return p.X == stack[i] && t.o.ends.EndsWithin(p, f.decl, f.pkg) && t.value(up, f)
	case *ast.IndexExpr:
		return p.X == stack[i] && !addressed(up, f.info)
	case *ast.RangeStmt, *ast.ExprStmt:
		return true
	case *ast.BinaryExpr:
		return !t.nilness
	case *ast.AssignStmt:
		if slices.Contains(p.Lhs, stack[i].(ast.Expr)) {
			return true // it gets another one
		}
		return len(p.Lhs) == len(p.Rhs) && t.target(p.Lhs[slices.Index(p.Rhs, stack[i].(ast.Expr))], f)
	case *ast.ValueSpec:
		k := slices.Index(p.Values, stack[i].(ast.Expr))
		return k >= 0 && len(p.Names) == len(p.Values) && t.target(p.Names[k], f)
	case *ast.ReturnStmt:
		return !slices.ContainsFunc(stack, isLiteral) && t.gives(f.fn(), slices.Index(p.Results, stack[i].(ast.Expr)))
	case *ast.CallExpr:
		return t.argument(stack, p, f)
	}
	return false
}

func isLiteral(n ast.Node) bool { _, ok := n.(*ast.FuncLit); return ok }

// target judges what the slice is assigned to.
func (t *tracker) target(e ast.Expr, f funcDecl) bool {
	id, ok := ast.Unparen(e).(*ast.Ident)
	if !ok {
		return false
	}
	if id.Name == "_" {
		return true
	}
	v, ok := f.info.ObjectOf(id).(*types.Var)
	return ok && t.variable(v, f)
}

// argument judges the slice, the last node of the stack, in a call.
func (t *tracker) argument(stack []ast.Node, c *ast.CallExpr, f funcDecl) bool {
	arg, up := stack[len(stack)-1], stack[:len(stack)-1]
	if c.Fun == arg {
		return false
	}
	switch builtinName(c, f.info) {
	case "len", "copy", "clear":
		return true
	case "append":
		return c.Ellipsis.IsValid() && c.Args[0] != arg
	case "":
	default:
		return false
	}
	if f.info.Types[c.Fun].IsType() {
		return isString(f.info.TypeOf(c)) || isSliceType(f.info.TypeOf(c)) && t.value(up, f)
	}
	returned, ok := t.call(c, arg, f.info)
	if !ok || len(returned) == 0 {
		return ok
	}
	if _, several := f.info.TypeOf(c).(*types.Tuple); !several {
		return t.value(up, f)
	}
	switch a := up[len(up)-2].(type) {
	case *ast.ExprStmt:
		return true
	case *ast.AssignStmt:
		for k := range returned {
			if k >= len(a.Lhs) || !t.target(a.Lhs[k], f) {
				return false
			}
		}
		return true
	}
	return false
}

// call follows an argument into the function that is called, and returns which of its
// results may be it.
func (t *tracker) call(c *ast.CallExpr, arg ast.Node, info *types.Info) (returned map[int]bool, ok bool) {
	fn := callee(c, info)
	if fn == nil || fn.Pkg() == nil {
		return nil, false
	}
	if nilBlind[fn.Pkg().Path()] {
		return nil, fn.Signature().Results().Len() == 0 || cannotHold(fn.Signature().Results())
	}
	d, known := t.o.decls[fn.FullName()]
	i := slices.IndexFunc(c.Args, func(a ast.Expr) bool { return a == arg })
	if !known || i < 0 || isMethodExpr(c, info) {
		return nil, false
	}
	own := d.fn()
	params := own.Signature().Params()
	if i >= params.Len() || own.Signature().Variadic() && i == params.Len()-1 && !c.Ellipsis.IsValid() {
		return nil, false
	}
	if t.asked[own] {
		// Of one that is not yet seen through it is not known what it returns.
		return nil, (own.Signature().Results().Len() == 0 || cannotHold(own.Signature().Results())) && t.variable(params.At(i), d)
	}
	if t.returns[own] == nil {
		t.returns[own] = map[int]bool{}
	}
	t.asked[own] = true
	ok = t.variable(params.At(i), d)
	delete(t.asked, own)
	return t.returns[own], ok
}

// isMethodExpr reports whether a call is that of T.Method, whose first argument is the
// receiver.
func isMethodExpr(c *ast.CallExpr, info *types.Info) bool {
	sel, ok := ast.Unparen(c.Fun).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	s := info.Selections[sel]
	return s != nil && s.Kind() == types.MethodExpr
}

// declares reports whether a variable is one of the declaration, and not one of the
// package or a field.
func (f funcDecl) declares(v *types.Var) bool {
	return !v.IsField() && v.Pos() >= f.decl.Pos() && v.Pos() < f.decl.End()
}

// ofLiteral reports whether a variable is a result of a function literal, which returns it
// without naming it.
func (f funcDecl) ofLiteral(v *types.Var) (yes bool) {
	ast.Inspect(f.decl, func(n ast.Node) bool {
		if l, ok := n.(*ast.FuncLit); ok && l.Type.Results != nil {
			yes = yes || l.Type.Results.Pos() <= v.Pos() && v.Pos() < l.Type.Results.End()
		}
		return !yes
	})
	return yes
}

// fn returns the function that is declared.
func (f funcDecl) fn() *types.Func {
	d, ok := f.decl.(*ast.FuncDecl)
	if !ok {
		return nil
	}
	fn, _ := f.info.Defs[d.Name].(*types.Func)
	return fn
}
