package suggest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"strconv"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/edit"
)

// library is the import path of the package that serves.
const library = "github.com/stackalloc/stackalloc"

// imports returns the edits of the imports that go with the edits of a file: the
// library comes in, and what is no longer used goes.
func imports(cs []*change, edits []edit.Edit) (out []edit.Edit) {
	u := cs[0].unit
	for _, c := range cs {
		if c.library {
			out = append(out, u.importLibrary()...)
			break
		}
	}
	return append(out, u.dropUnused(cs, edits)...)
}

func (u *unit) importLibrary() []edit.Edit {
	name, imported := u.libraryName()
	if imported {
		return nil
	}
	spec := strconv.Quote(library)
	if name != "stackalloc" {
		spec = name + " " + spec
	}
	insert := func(at int, text string) []edit.Edit { return []edit.Edit{{From: at, To: at, Text: text}} }
	var last *ast.GenDecl
	for _, d := range u.file.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.IMPORT {
			break
		}
		if g.Rparen.IsValid() {
			gap := "\n"
			if foreign(g) || len(g.Specs) == 0 {
				gap = ""
			}
			at := u.offset(g.Rparen)
			if at > 0 && u.src[at-1] == '\n' {
				return insert(at, gap+"\t"+spec+"\n")
			}
			return insert(at, "\n"+gap+"\t"+spec+"\n")
		}
		if i, ok := g.Specs[0].(*ast.ImportSpec); ok && i.Path.Value != `"C"` {
			last = g
		}
	}
	if last != nil {
		return insert(u.lineEnd(u.offset(last.End())), "import "+spec+"\n")
	}
	return insert(u.lineEnd(u.offset(u.file.Name.End())), "\nimport "+spec+"\n")
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

// dropUnused removes the imports whose last use was in what is replaced.
func (u *unit) dropUnused(cs []*change, edits []edit.Edit) (out []edit.Edit) {
	gone := map[*types.PkgName]bool{}
	for _, c := range cs {
		for id, obj := range u.info().Uses {
			if p, ok := obj.(*types.PkgName); ok && id.Pos() >= c.gone[0] && id.Pos() < c.gone[1] {
				gone[p] = true
			}
		}
	}
	if len(gone) == 0 {
		return nil
	}
	text, err := edit.Raw(u.src, edits)
	if err != nil {
		return nil
	}
	f, err := parser.ParseFile(token.NewFileSet(), "", text, parser.SkipObjectResolution)
	if err != nil {
		return nil
	}
	used := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := s.X.(*ast.Ident); ok {
				used[id.Name] = true
			}
		}
		return true
	})
	for _, d := range u.file.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.IMPORT {
			continue
		}
		for _, spec := range g.Specs {
			i := spec.(*ast.ImportSpec)
			p, ok := u.info().Implicits[i].(*types.PkgName)
			if !ok && i.Name != nil {
				p, ok = u.info().Defs[i.Name].(*types.PkgName)
			}
			if !ok || !gone[p] || used[p.Name()] {
				continue
			}
			from, to := i.Pos(), i.End()
			if !g.Rparen.IsValid() {
				from, to = g.Pos(), g.End()
			}
			a, b := u.offset(from), u.offset(to)
			if end := u.lineEnd(b); u.indentOnly(a) && u.alone(b, end) {
				a, b = u.lineStart(a), end
			}
			out = append(out, edit.Edit{From: a, To: b})
		}
	}
	return out
}

func (u *unit) lineStart(at int) int {
	for at > 0 && u.src[at-1] != '\n' {
		at--
	}
	return at
}

// indentOnly reports whether only white space is before an offset in its line.
func (u *unit) indentOnly(at int) bool {
	return strings.TrimSpace(string(u.src[u.lineStart(at):at])) == ""
}

// directives keeps functions from being inlined that were not before.
func directives(cs []*change) (out []edit.Edit) {
	seen := map[*ast.FuncDecl]bool{}
	for _, c := range cs {
		if c.decl == nil || !c.noinline || seen[c.decl] {
			continue
		}
		seen[c.decl] = true
		at := c.lineStart(c.offset(c.decl.Type.Func))
		text := "//go:noinline\n"
		if c.decl.Doc != nil && !strings.HasPrefix(c.decl.Doc.List[len(c.decl.Doc.List)-1].Text, "//go:") {
			text = "//\n" + text
		}
		out = append(out, edit.Edit{From: at, To: at, Text: text})
	}
	return out
}
