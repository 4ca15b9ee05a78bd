package suggest

import (
	"fmt"
	"go/ast"
	"go/format"
	"go/token"
	"go/types"
	"os"
	"slices"
	"strconv"
	"strings"
)

// library is the import path of the package that serves.
const library = "github.com/stackalloc/stackalloc"

// edit replaces a part of a file.
type edit struct {
	finding  *finding
	from, to int // offsets
	text     string
	mark     string // in text, for finding the call again after formatting
}

// rewrite returns the edit that a finding calls for, where it is mechanical: the
// slice is a new variable, and what follows in its block can be the callback.
func rewrite(f *finding, src []byte, id int) (*edit, bool) {
	if f.Kind == largeArray || f.Kind == growth || f.Kind == throughIO || len(f.path) < 3 {
		return nil, false
	}
	assign, ok := f.path[len(f.path)-2].(*ast.AssignStmt)
	if !ok || assign.Tok != token.DEFINE || len(assign.Lhs) != 1 || assign.Rhs[0] != f.node {
		return nil, false
	}
	name, ok := assign.Lhs[0].(*ast.Ident)
	if !ok || name.Name == "_" {
		return nil, false
	}
	r := &rewriter{finding: f, src: src, file: f.pkg.Fset.File(f.file.Pos()), name: name.Name, mark: fmt.Sprintf("/*suggest:%d*/", id)}
	list, end := r.block(f.path[len(f.path)-3])
	i := slices.Index(list, ast.Stmt(assign))
	if i < 0 || i == len(list)-1 {
		return nil, false
	}
	r.rest = list[i+1:]
	after := strings.TrimLeft(string(src[r.offset(assign.End()):r.offset(end)]), " \t")
	if strings.HasPrefix(after, "//") {
		// The comment on the statement's line stays on the call's.
		r.comment, after, _ = strings.Cut(after, "\n")
	}
	r.restText = strings.TrimSpace(after)
	text, ok := r.text()
	if !ok {
		return nil, false
	}
	return &edit{finding: f, from: r.offset(assign.Pos()), to: r.offset(end), text: text, mark: r.mark}, true
}

type rewriter struct {
	*finding
	src      []byte
	file     *token.File
	name     string // of the slice
	mark     string
	rest     []ast.Stmt
	restText string
	comment  string // at the end of the statement's line
}

func (r *rewriter) offset(p token.Pos) int { return r.file.Offset(p) }

func (r *rewriter) source(n ast.Node) string {
	return string(r.src[r.offset(n.Pos()):r.offset(n.End())])
}

// block returns the statements of a block and where they end.
func (r *rewriter) block(n ast.Node) ([]ast.Stmt, token.Pos) {
	switch n := n.(type) {
	case *ast.BlockStmt:
		return n.List, n.Rbrace
	case *ast.CaseClause:
		if len(n.Body) > 0 {
			return n.Body, n.Body[len(n.Body)-1].End()
		}
	case *ast.CommClause:
		if len(n.Body) > 0 {
			return n.Body, n.Body[len(n.Body)-1].End()
		}
	}
	return nil, token.NoPos
}

// text is the call with what followed the statement in its callback.
func (r *rewriter) text() (string, bool) {
	length, elem, prologue, zeroed, ok := r.operands()
	if !ok {
		return "", false
	}
	flow := flowOf(r.rest, r.name)
	if flow.stuck {
		return "", false
	}
	results, top := r.function()
	body := " " + r.comment + "\n" + prologue + r.restText
	param := fmt.Sprintf("func(%s []%s)", r.name, elem)
	fn := "Do"
	if !zeroed {
		fn = "Uninit"
	}
	switch {
	case !flow.returns, top && results == nil:
		return fmt.Sprintf("%s.%s(%s%s, %s {%s\n})\n", r.library(), fn, r.mark, length, param, body), true
	case top && !flow.bare && len(results.List) == 1 && len(results.List[0].Names) == 0:
		return fmt.Sprintf("return %s.Call(%s%s, %s %s {%s\n})\n", r.library(), r.mark, length, param, r.source(results.List[0].Type), body), true
	case top && !flow.bare && len(results.List) == 2 && len(results.List[0].Names) == 0:
		return fmt.Sprintf("return %s.Call2(%s%s, %s (%s, %s) {%s\n})\n", r.library(), r.mark, length, param,
			r.source(results.List[0].Type), r.source(results.List[1].Type), body), true
	case !top:
		return fmt.Sprintf("for %s := range %s.Scope[%s](%s%s) {%s\n}\n", r.name, r.library(), elem, r.mark, length, body), true
	}
	return "", false
}

// operands returns the length and the element type, and what has to be done to
// the block first.
func (r *rewriter) operands() (length, elem, prologue string, zeroed, ok bool) {
	call, isCall := r.node.(*ast.CallExpr)
	if !isCall {
		return "", "", "", false, false
	}
	info := r.pkg.TypesInfo
	slice, isSlice := info.TypeOf(call).(*types.Slice)
	if !isSlice {
		return "", "", "", false, false // a named type has methods
	}
	elem = types.TypeString(slice.Elem(), r.qualify)
	switch r.Kind {
	case variableMake:
		last := call.Args[len(call.Args)-1]
		length = r.source(last)
		if t, ok := info.TypeOf(last).(*types.Basic); !ok || t.Kind() != types.Int && t.Kind() != types.UntypedInt {
			length = "int(" + length + ")"
		}
		if len(call.Args) == 3 {
			prologue = fmt.Sprintf("%s = %s[:%s]\n", r.name, r.name, r.source(call.Args[1]))
		}
		return length, elem, prologue, true, true
	case conversion:
		if b, ok := slice.Elem().(*types.Basic); !ok || b.Kind() != types.Byte || !simple(call.Args[0]) {
			return "", "", "", false, false
		}
		s := r.source(call.Args[0])
		return "len(" + s + ")", elem, fmt.Sprintf("copy(%s, %s)\n", r.name, s), false, true
	case clone:
		from := call.Args[len(call.Args)-1]
		if !simple(from) {
			return "", "", "", false, false
		}
		s := r.source(from)
		return "len(" + s + ")", elem, fmt.Sprintf("copy(%s, %s)\n", r.name, s), false, true
	}
	return "", "", "", false, false
}

// simple reports whether an expression can be written twice.
func simple(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		return true
	case *ast.SelectorExpr:
		return simple(e.X)
	}
	return false
}

// qualify names packages as the file does.
func (r *rewriter) qualify(p *types.Package) string {
	if p == r.pkg.Types {
		return ""
	}
	for _, i := range r.finding.file.Imports {
		if path, _ := strconv.Unquote(i.Path.Value); path == p.Path() && i.Name != nil {
			return i.Name.Name
		}
	}
	return p.Name()
}

// library is what the file calls the library.
func (r *rewriter) library() string {
	for _, i := range r.finding.file.Imports {
		if path, _ := strconv.Unquote(i.Path.Value); path == library && i.Name != nil && i.Name.Name != "_" && i.Name.Name != "." {
			return i.Name.Name
		}
	}
	return "stackalloc"
}

// function returns the results of the function around the statement, and whether
// that is in its outermost block.
func (r *rewriter) function() (results *ast.FieldList, top bool) {
	for i := len(r.path) - 3; i > 0; i-- {
		switch n := r.path[i-1].(type) {
		case *ast.FuncDecl:
			return n.Type.Results, i == len(r.path)-3
		case *ast.FuncLit:
			return n.Type.Results, i == len(r.path)-3
		}
	}
	return nil, false
}

// controlFlow is what statements do besides running through.
type controlFlow struct {
	returns bool // has return statements
	bare    bool // one of them without values
	stuck   bool // leaves the block in a way that a function literal cannot
}

func flowOf(list []ast.Stmt, name string) (c controlFlow) {
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
			case *ast.DeferStmt, *ast.LabeledStmt:
				c.stuck = true
			case *ast.BranchStmt:
				switch {
				case x.Label != nil, x.Tok == token.GOTO:
					c.stuck = true
				case x.Tok == token.BREAK && breakable == 0, x.Tok == token.CONTINUE && loops == 0, x.Tok == token.FALLTHROUGH && breakable == 0:
					c.stuck = true
				}
			case *ast.CallExpr:
				if id, ok := x.Fun.(*ast.Ident); ok && id.Name == "recover" {
					c.stuck = true
				}
			case *ast.BinaryExpr:
				// An empty block is not nil.
				if (isName(x.X, name) && isName(x.Y, "nil")) || (isName(x.Y, name) && isName(x.X, "nil")) {
					c.stuck = true
				}
			}
			return true
		})
	}
	walk(&ast.BlockStmt{List: list}, 0, 0)
	return c
}

func isName(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}

// withoutOverlaps keeps the first of edits that overlap: what follows a
// statement is in its callback, with the statements found there.
func withoutOverlaps(edits []*edit) (out []*edit) {
	slices.SortFunc(edits, func(a, b *edit) int { return a.from - b.from })
	end := -1
	for _, e := range edits {
		if e.from >= end {
			out = append(out, e)
			end = e.to
		}
	}
	return out
}

// apply returns the file with the edits and the import that they need.
func apply(src []byte, f *ast.File, file *token.File, edits []*edit, marked bool) ([]byte, error) {
	type change struct {
		from, to int
		text     string
	}
	var changes []change
	for _, e := range edits {
		text := e.text
		if !marked {
			text = strings.ReplaceAll(text, e.mark, "")
		}
		changes = append(changes, change{e.from, e.to, text})
	}
	if at, text, ok := importChange(f, file); ok {
		changes = append(changes, change{at, at, text})
	}
	slices.SortFunc(changes, func(a, b change) int { return a.from - b.from })
	var out []byte
	last := 0
	for _, c := range changes {
		out = append(append(out, src[last:c.from]...), c.text...)
		last = c.to
	}
	return format.Source(append(out, src[last:]...))
}

// importChange is the insertion that imports the library, unless it is there.
func importChange(f *ast.File, file *token.File) (at int, text string, ok bool) {
	spec := strconv.Quote(library)
	for _, i := range f.Imports {
		if i.Path.Value == spec && (i.Name == nil || i.Name.Name != "_" && i.Name.Name != ".") {
			return 0, "", false
		}
	}
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.IMPORT {
			break
		}
		if g.Rparen.IsValid() {
			gap := "\n"
			if foreign(g) {
				gap = ""
			}
			return file.Offset(g.Rparen), gap + "\t" + spec + "\n", true
		}
		if i, ok := g.Specs[0].(*ast.ImportSpec); ok && i.Path.Value != `"C"` {
			return file.Offset(g.End()), "\nimport " + spec + "\n", true
		}
	}
	return file.Offset(f.Name.End()), "\n\nimport " + spec + "\n", true
}

// foreign reports whether the last import of a group is not of the standard
// library, so that the library's belongs to it.
func foreign(g *ast.GenDecl) bool {
	if len(g.Specs) == 0 {
		return false
	}
	i := g.Specs[len(g.Specs)-1].(*ast.ImportSpec)
	first, _, _ := strings.Cut(strings.Trim(i.Path.Value, `"`), "/")
	return strings.Contains(first, ".")
}

func readFile(name string) ([]byte, error) { return os.ReadFile(name) }
