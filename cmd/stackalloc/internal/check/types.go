package check

import (
	"context"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"os"

	"golang.org/x/tools/go/packages"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/machine"
)

// typesOf returns a function that says what kind of call is at a position, as
// far as types tell: a call of an interface's method, of a function value, of a
// known function. It says nothing where the types cannot be had.
func typesOf(ctx context.Context, b *gotool.Build, pkgs []*gotool.Package) func(machine.Pos) string {
	var kinds map[machine.Pos]string
	return func(at machine.Pos) string {
		if kinds == nil {
			kinds = map[machine.Pos]string{}
			var paths []string
			for _, p := range pkgs {
				if p.ForTest != "" {
					paths = append(paths, p.ForTest)
				} else {
					paths = append(paths, p.Path())
				}
			}
			cfg := &packages.Config{
				Context: ctx, Dir: b.Dir, Tests: b.Tests, Env: append(os.Environ(), b.Env...),
				Mode: packages.NeedName | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedImports,
			}
			if b.Tags != "" {
				cfg.BuildFlags = append(cfg.BuildFlags, "-tags="+b.Tags)
			}
			if b.Mod != "" {
				cfg.BuildFlags = append(cfg.BuildFlags, "-mod="+b.Mod)
			}
			loaded, err := packages.Load(cfg, paths...)
			if err != nil {
				return ""
			}
			for _, p := range loaded {
				for _, f := range p.Syntax {
					addCalls(kinds, p.Fset, f, p.TypesInfo)
				}
			}
		}
		return kinds[at]
	}
}

func addCalls(kinds map[machine.Pos]string, fset *token.FileSet, f *ast.File, info *types.Info) {
	ast.Inspect(f, func(n ast.Node) bool {
		if c, ok := n.(*ast.CallExpr); ok {
			q := fset.Position(c.Lparen)
			kinds[machine.Pos{File: q.Filename, Line: q.Line, Col: q.Column}] = kindOf(c, info)
		}
		return true
	})
}

func kindOf(c *ast.CallExpr, info *types.Info) string {
	fun := ast.Unparen(c.Fun)
	switch x := fun.(type) {
	case *ast.IndexExpr:
		fun = x.X
	case *ast.IndexListExpr:
		fun = x.X
	}
	switch x := fun.(type) {
	case *ast.SelectorExpr:
		if s := info.Selections[x]; s != nil {
			switch {
			case s.Kind() == types.FieldVal:
				return "a function value that is not known here"
			case isTypeParam(s.Recv()):
				return "a method of a type parameter, which the compiler does not see through"
			case types.IsInterface(s.Recv()):
				return fmt.Sprintf("a call of an interface method (%s), which the compiler does not see through", types.TypeString(s.Recv(), (*types.Package).Name))
			}
			return "a method that lets it go"
		}
		if _, ok := info.Uses[x.Sel].(*types.Var); ok {
			return "a function value that is not known here"
		}
		if _, ok := info.Instances[x.Sel]; ok {
			return genericCall
		}
		return "which lets it go"
	case *ast.Ident:
		if _, ok := info.Instances[x]; ok {
			return genericCall
		}
		switch info.Uses[x].(type) {
		case *types.Var:
			return "a function value that is not known here"
		case *types.Func:
			return "which lets it go"
		}
	}
	return ""
}

// genericCall is said of generic functions: where the call is inlined into another
// package, the compiler knows an instance only if that package has it too.
const genericCall = "a generic function that lets it go, or whose instance this package does not compile"

func isTypeParam(t types.Type) bool {
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	_, ok := t.(*types.TypeParam)
	return ok
}
