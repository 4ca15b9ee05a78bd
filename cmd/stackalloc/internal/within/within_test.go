package within

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"
)

// sample reads a file of testdata.
func sample(t *testing.T, name string) *packages.Package {
	t.Helper()
	p := &packages.Package{Fset: token.NewFileSet(), TypesInfo: &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Implicits: map[ast.Node]types.Object{}, Instances: map[*ast.Ident]types.Instance{}, Scopes: map[ast.Node]*types.Scope{},
		Selections: map[*ast.SelectorExpr]*types.Selection{}, FileVersions: map[*ast.File]string{},
	}}
	f, err := parser.ParseFile(p.Fset, name, nil, parser.ParseComments)
	require.NoError(t, err)
	p.Syntax = []*ast.File{f}
	cfg := types.Config{Importer: importer.ForCompiler(p.Fset, "source", nil), GoVersion: "go1.25"}
	p.Types, err = cfg.Check("sample", p.Fset, p.Syntax, p.TypesInfo)
	require.NoError(t, err)
	return p
}

var verdict = regexp.MustCompile(`// (yes|no)\b`)

// Every part of a slice in testdata with an end says in a comment whether it surely ends
// within the length.
func TestEndsWithin(t *testing.T) {
	const name = "testdata/sample.go"
	p := sample(t, name)
	src, err := os.ReadFile(name)
	require.NoError(t, err)
	lines := strings.Split(string(src), "\n")
	prover := &Prover{Fixed: func(e ast.Expr, _ *packages.Package) bool {
		fixed := true
		ast.Inspect(e, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			fixed = fixed && (!ok || id.Name != "UintSize")
			return true
		})
		return fixed
	}, Steady: func(ast.Node, *packages.Package) bool { return true }, Sized: func(types.Type, *packages.Package) bool { return true }}
	count := map[string]int{}
	for _, d := range p.Syntax[0].Decls {
		ast.Inspect(d, func(n ast.Node) bool {
			e, ok := n.(*ast.SliceExpr)
			if !ok || e.High == nil || !isSlice(p.TypesInfo.TypeOf(e.X)) {
				return true
			}
			line := p.Fset.Position(e.Lbrack).Line
			m := verdict.FindStringSubmatch(lines[line-1])
			if m == nil {
				return true
			}
			count[m[1]]++
			require.Equal(t, m[1] == "yes", prover.EndsWithin(e, d, p), "%d: %s", line, lines[line-1])
			return true
		})
	}
	require.Greater(t, count["yes"], 20)
	require.Greater(t, count["no"], 30)
}
