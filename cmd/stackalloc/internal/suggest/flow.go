package suggest

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"
)

// controlFlow is what statements do besides running through.
type controlFlow struct {
	returns bool   // has return statements
	bare    bool   // one of them without values
	ends    bool   // the last statement does not run through
	stuck   string // why a function literal cannot hold them
}

// flowOf looks at statements that are to be the body of a function literal.
func flowOf(list []ast.Stmt, info *types.Info) (c controlFlow) {
	labels := map[types.Object]bool{}
	for _, s := range list {
		inspectFunc(s, func(n ast.Node) {
			if l, ok := n.(*ast.LabeledStmt); ok {
				labels[info.Defs[l.Label]] = true
			}
		})
	}
	stuck := func(why string) {
		if c.stuck == "" {
			c.stuck = why
		}
	}
	// breakable and loops count the statements around that break and continue
	// could mean.
	var walk func(n ast.Node, breakable, loops int)
	walk = func(n ast.Node, breakable, loops int) {
		ast.Inspect(n, func(x ast.Node) bool {
			if x == nil || x == n {
				return true
			}
			switch x := x.(type) {
			case *ast.FuncLit:
				return false
			case *ast.ForStmt, *ast.RangeStmt:
				walk(x, breakable+1, loops+1)
				return false
			case *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt:
				walk(x, breakable+1, loops)
				return false
			case *ast.ReturnStmt:
				c.returns = true
				c.bare = c.bare || len(x.Results) == 0
			case *ast.DeferStmt:
				stuck("what follows has a defer statement, which is about the whole function")
			case *ast.BranchStmt:
				switch {
				case x.Label != nil:
					if !labels[info.Uses[x.Label]] {
						stuck("what follows jumps to a label outside of it")
					}
				case x.Tok == token.BREAK && breakable == 0, x.Tok == token.CONTINUE && loops == 0:
					stuck("what follows leaves the block with " + x.Tok.String())
				case x.Tok == token.FALLTHROUGH && breakable == 0:
					stuck("what follows falls through to the next case")
				}
			case *ast.CallExpr:
				if builtinName(x, info) == "recover" {
					stuck("what follows calls recover, which works in the deferred function only")
				}
			}
			return true
		})
	}
	walk(&ast.BlockStmt{List: list}, 0, 0)
	c.ends = len(list) > 0 && terminates(list[len(list)-1], info)
	return c
}

// inspectFunc visits a statement without the function literals in it.
func inspectFunc(n ast.Node, visit func(ast.Node)) {
	ast.Inspect(n, func(x ast.Node) bool {
		if _, ok := x.(*ast.FuncLit); ok {
			return false
		}
		if x != nil {
			visit(x)
		}
		return true
	})
}

// terminates reports whether a statement is surely a terminating one. It may say no
// of some that are.
func terminates(s ast.Stmt, info *types.Info) bool {
	switch s := s.(type) {
	case *ast.ReturnStmt:
		return true
	case *ast.ExprStmt:
		c, ok := s.X.(*ast.CallExpr)
		return ok && builtinName(c, info) == "panic"
	case *ast.BlockStmt:
		return len(s.List) > 0 && terminates(s.List[len(s.List)-1], info)
	case *ast.IfStmt:
		return s.Else != nil && terminates(s.Body, info) && terminates(s.Else, info)
	case *ast.ForStmt:
		return s.Cond == nil && !breaks(s.Body)
	case *ast.SwitchStmt:
		return clausesEnd(s.Body, info)
	case *ast.TypeSwitchStmt:
		return clausesEnd(s.Body, info)
	}
	return false
}

func clausesEnd(b *ast.BlockStmt, info *types.Info) bool {
	def := false
	for _, s := range b.List {
		c := s.(*ast.CaseClause)
		def = def || c.List == nil
		if len(c.Body) == 0 || breaks(&ast.BlockStmt{List: c.Body}) || !terminates(c.Body[len(c.Body)-1], info) {
			return false
		}
	}
	return def
}

// breaks reports whether a body may have a break that leaves the statement around it.
func breaks(b *ast.BlockStmt) (yes bool) {
	inspectFunc(b, func(n ast.Node) {
		if x, ok := n.(*ast.BranchStmt); ok && x.Tok == token.BREAK {
			yes = true
		}
	})
	return yes
}

func builtinName(c *ast.CallExpr, info *types.Info) string {
	if id, ok := ast.Unparen(c.Fun).(*ast.Ident); ok {
		if b, ok := info.Uses[id].(*types.Builtin); ok {
			return b.Name()
		}
	}
	return ""
}

// callee returns the function or method that a call surely calls, or nil.
func callee(c *ast.CallExpr, info *types.Info) *types.Func {
	fn, _ := typeutil.Callee(info, c).(*types.Func)
	if fn == nil {
		return nil
	}
	return fn.Origin()
}
