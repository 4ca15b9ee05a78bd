package check

import (
	"fmt"
	"go/ast"
	"go/types"
	"regexp"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/code"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/explain"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
)

var qualifier = regexp.MustCompile(`\b[A-Za-z_][A-Za-z_0-9]*\.\.`)

// words says what a step does with the slice.
func (r *reasons) words(st explain.Step, at position.Pos, heap bool) string {
	f, node := r.nodeAt(at, func(n ast.Node) bool { return st.Kind == "" || fitting(n, st) })
	if node == nil {
		f, node = r.nodeAt(at, nil)
	}
	switch st.Kind {
	case "send":
		if n, ok := node.(*ast.SendStmt); ok {
			return "sent on the channel " + code.Text(n.Chan)
		}
		return "sent on a channel"
	case "call parameter":
		return call(f, node, st)
	case "return":
		return "returned"
	case "captured by a closure", "reference":
		return "captured by a function literal that outlives the callback"
	case "interface-converted":
		return "converted to an interface value that outlives the callback"
	}
	if strings.Contains(st.Kind, "assign") || strings.Contains(st.Kind, "=") || strings.HasSuffix(st.Kind, "equals") {
		if a, ok := node.(*ast.AssignStmt); ok && len(a.Lhs) > 0 {
			lhs := a.Lhs[0]
			for _, l := range a.Lhs[1:] {
				if strings.HasPrefix(st.Expr, code.Text(l)+" ") {
					lhs = l
				}
			}
			return stored(f, lhs, heap)
		}
		if strings.Contains(st.Expr, ".autotmp_") && r.startsGoroutine(at) {
			return "handed to a goroutine"
		}
		lhs, _, _ := strings.Cut(st.Expr, " = ")
		lhs, _, _ = strings.Cut(lhs, " := ")
		return "stored in " + lhs
	}
	if st.Expr == "" {
		return "it escapes (" + st.Kind + ")"
	}
	return "it escapes by " + qualifier.ReplaceAllString(st.Expr, "") + " (" + st.Kind + ")"
}

// fitting reports whether a node is what the compiler's step speaks of.
func fitting(n ast.Node, st explain.Step) bool {
	switch n := n.(type) {
	case *ast.SendStmt:
		return st.Kind == "send"
	case *ast.CallExpr:
		return st.Kind == "call parameter" && strings.HasPrefix(st.Expr, code.Text(n.Fun))
	case *ast.AssignStmt:
		return st.Kind != "send" && st.Kind != "call parameter" && len(n.Lhs) == 1 && len(n.Rhs) == 1 && strings.HasPrefix(st.Expr, code.Text(n.Lhs[0])+" "+n.Tok.String())
	}
	return false
}

// startsGoroutine reports whether there is a go statement on the line.
func (r *reasons) startsGoroutine(at position.Pos) (yes bool) {
	f := r.parsed(at.File)
	if f == nil {
		return false
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		if g, ok := n.(*ast.GoStmt); ok && f.key(g.Go).Line <= at.Line && at.Line <= f.key(g.End()).Line {
			yes = true
		}
		return !yes
	})
	return yes
}

// stored words an assignment to lhs.
func stored(f *file, lhs ast.Expr, heap bool) string {
	text := code.Text(lhs)
	if f.info == nil {
		return "stored in " + text
	}
	root, path := lhs, ""
	for {
		switch x := root.(type) {
		case *ast.ParenExpr:
			root = x.X
			continue
		case *ast.SelectorExpr:
			if id, ok := x.X.(*ast.Ident); ok && f.isPackage(id) {
				if path == "" {
					return "stored in the package variable " + text
				}
				return "stored in " + text + ", reached from the package variable " + code.Text(x)
			}
			path, root = "field", x.X
			continue
		case *ast.IndexExpr:
			path, root = "element", x.X
			continue
		case *ast.StarExpr:
			path, root = "pointer", x.X
			continue
		}
		break
	}
	id, ok := root.(*ast.Ident)
	switch {
	case !ok:
		return "stored in " + text
	case f.packageLevel(id):
		if path == "" {
			return "stored in the package variable " + text
		}
		return "stored in " + text + ", reached from the package variable " + id.Name
	case path == "" && !heap:
		return "stored in the variable " + text + ", which outlives the callback"
	case path == "":
		return "stored in the variable " + text + ", which is on the heap"
	case path == "pointer":
		return "stored through the pointer " + id.Name
	case !heap:
		return "stored in " + text + ", which outlives the callback"
	}
	return "stored in " + text + ", which may be on the heap"
}

func (f *file) isPackage(id *ast.Ident) bool {
	_, ok := f.info.Uses[id].(*types.PkgName)
	return ok
}

// packageLevel reports whether the identifier is a variable outside of functions.
func (f *file) packageLevel(id *ast.Ident) bool {
	o := f.info.Uses[id]
	return o != nil && o.Pkg() != nil && o.Parent() == o.Pkg().Scope()
}

// call words a call that takes the slice.
func call(f *file, node ast.Node, st explain.Step) string {
	c, ok := node.(*ast.CallExpr)
	if !ok {
		fun, _, _ := strings.Cut(st.Expr, "(")
		return "passed to " + fun
	}
	fun := code.Text(c.Fun)
	if _, ok := ast.Unparen(c.Fun).(*ast.FuncLit); ok {
		return "passed to a function literal that lets it go"
	}
	if f.info == nil {
		return "passed to " + fun
	}
	switch kind := f.kindOf(c); kind {
	case "":
		return "passed to " + fun
	case builtin:
		return "handed to " + fun
	default:
		return "passed to " + fun + ", " + kind
	}
}

// The kinds of calls. That of a generic function is one of two: what a package inlines
// from another one has calls of instances that it may not have itself.
const (
	builtin       = "a built-in function"
	functionValue = "a function value that is not known here"
	known         = "which lets it go"
	generic       = "a generic function that lets it go, or whose instance this package does not compile"
)

// calledName returns the name of what is called, past a package or a receiver and past
// type arguments, or nil. It goes by the syntax: the types of expressions are not kept.
func calledName(c *ast.CallExpr) *ast.Ident { return named(callee(c.Fun)) }

// named returns the identifier of a name, which may be that of another package or a field.
func named(e ast.Expr) *ast.Ident {
	switch x := ast.Unparen(e).(type) {
	case *ast.Ident:
		return x
	case *ast.SelectorExpr:
		return x.Sel
	}
	return nil
}

// kindOf says what kind of call it is.
func (f *file) kindOf(c *ast.CallExpr) string {
	if x, ok := ast.Unparen(c.Fun).(*ast.SelectorExpr); ok {
		if s := f.info.Selections[x]; s != nil {
			switch {
			case s.Kind() == types.FieldVal:
				return functionValue
			case isTypeParam(s.Recv()):
				return "a method of a type parameter, which the compiler does not see through"
			case types.IsInterface(s.Recv()):
				return fmt.Sprintf("a call of an interface method (%s), which the compiler does not see through", types.TypeString(s.Recv(), (*types.Package).Name))
			}
			return "a method that lets it go"
		}
	}
	id := calledName(c)
	if id == nil {
		return functionValue
	}
	switch f.info.Uses[id].(type) {
	case *types.Builtin:
		if id.Name == "panic" {
			return ""
		}
		return builtin
	case *types.Var:
		return functionValue
	case *types.Func:
		if _, ok := f.info.Instances[id]; ok {
			return generic
		}
		return known
	}
	return ""
}

func isTypeParam(t types.Type) bool {
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	_, ok := t.(*types.TypeParam)
	return ok
}
