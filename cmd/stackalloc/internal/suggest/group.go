package suggest

import (
	"go/ast"
	"go/format"
	"go/token"
	"slices"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/edit"
)

// A declaration var ( … ) of several lines is taken apart where one of them changes: each
// line is a statement of its own then. Those before stay where they are, and those after
// it are moved with what follows.

// group is the declaration that a place is in.
type group struct {
	stmt *ast.DeclStmt
	decl *ast.GenDecl
}

// partsOf returns the lines of a declaration as statements, the same ones every time.
func (d *declaration) partsOf(stmt *ast.DeclStmt) []ast.Stmt {
	if parts := d.parts[stmt]; parts != nil {
		return parts
	}
	var parts []ast.Stmt
	for _, spec := range stmt.Decl.(*ast.GenDecl).Specs {
		parts = append(parts, &ast.DeclStmt{Decl: &ast.GenDecl{TokPos: spec.Pos(), Tok: token.VAR, Specs: []ast.Spec{spec}}})
	}
	if d.parts == nil {
		d.parts = map[*ast.DeclStmt][]ast.Stmt{}
	}
	d.parts[stmt] = parts
	return parts
}

// line returns the line of a declaration in which an expression is, as a statement. Of
// other statements it is the whole.
func (s *site) line(stmt ast.Stmt, e ast.Expr) ast.Stmt {
	d, ok := stmt.(*ast.DeclStmt)
	if !ok {
		return stmt
	}
	g, ok := d.Decl.(*ast.GenDecl)
	if !ok || g.Tok != token.VAR || len(g.Specs) < 2 {
		return stmt
	}
	for _, p := range s.partsOf(d) {
		if e.Pos() >= p.Pos() && e.Pos() < p.End() {
			s.group = &group{d, g}
			return p
		}
	}
	return stmt
}

// ungroup puts the lines of the declaration in its place in a list of statements.
func (s *site) ungroup(list []ast.Stmt) []ast.Stmt {
	if s.group == nil {
		return list
	}
	i := slices.Index(list, ast.Stmt(s.group.stmt))
	if i < 0 {
		return list
	}
	return slices.Concat(list[:i], s.partsOf(s.group.stmt), list[i+1:])
}

// whole is the statement of the source that the place begins with.
func (s *site) whole() ast.Stmt {
	if s.group != nil {
		return s.group.stmt
	}
	return s.first
}

// span returns the offsets of what a change replaces.
func (s *site) span() (from, to int) {
	return s.offset(s.whole().Pos()), s.offset(max(s.last.End(), s.whole().End()))
}

// ownLines returns the offsets of the lines of the place itself, with comments above and beside
// them.
func (s *site) ownLines() (from, to int) {
	if s.group == nil {
		return s.span()
	}
	at := s.first.Pos()
	if doc := s.first.(*ast.DeclStmt).Decl.(*ast.GenDecl).Specs[0].(*ast.ValueSpec).Doc; doc != nil {
		at = doc.Pos()
	}
	from, to = s.lineStart(s.offset(at)), s.offset(s.last.End())
	if s.last.End() < s.group.decl.Rparen {
		to = s.lineEnd(to)
	}
	return from, to
}

// linesAlone reports whether the place has its lines to itself.
func (s *site) linesAlone() bool {
	from, to := s.span()
	if !s.indentOnly(from) || !s.alone(to, s.lineEnd(to)) {
		return false
	}
	if s.group == nil {
		return true
	}
	g := s.group.decl
	open, closing := s.offset(g.Lparen)+1, s.offset(g.Rparen)
	if strings.TrimSpace(string(s.src[open:s.lineEnd(open)])) != "" || !s.indentOnly(closing) || !s.indentOnly(s.offset(s.first.Pos())) {
		return false
	}
	if s.last.End() < g.Rparen {
		to := s.offset(s.last.End())
		return s.alone(to, s.lineEnd(to))
	}
	return true
}

// others returns the lines of the declaration before and after the place.
func (s *site) others() (before, after []string, ok bool) {
	if s.group == nil {
		return nil, nil, true
	}
	g := s.group.decl
	from, to := s.ownLines()
	var first, last []ast.Spec
	for _, spec := range g.Specs {
		if spec.Pos() < s.first.Pos() {
			first = append(first, spec)
		} else if spec.Pos() >= s.last.End() {
			last = append(last, spec)
		}
	}
	before, ok = s.declare(first, s.lineEnd(s.offset(g.Lparen)), from)
	if !ok || s.last.End() > g.Rparen {
		return before, nil, ok
	}
	after, ok = s.declare(last, to, s.lineStart(s.offset(g.Rparen)))
	return before, after, ok
}

// inPlace returns the edit that puts lines in the place of the declarations, and how many
// others are above them, or why there is none.
func (s *site) inPlace(lines []string) (e edit.Edit, above int, why string) {
	before, after, ok := s.others()
	comments := (&draft{site: s}).comments(s.ownLines())
	if !ok || s.group == nil && len(comments) > 0 {
		return e, 0, inTheWay
	}
	from, to := s.span()
	text := join(slices.Concat(before, comments, lines, after), s.indent(from))
	return edit.Edit{From: from, To: to, Text: text}, len(before) + len(comments), ""
}

const inTheWay = "a comment or a string of several lines stands in its declaration"

// declare writes the declaration of lines of a group.
func (s *site) declare(specs []ast.Spec, from, to int) (lines []string, ok bool) {
	text := strings.TrimSpace(strings.ReplaceAll(string(s.src[from:to]), "\r", ""))
	if text == "" {
		return nil, true
	}
	if len(specs) == 0 || strings.Contains(text, "`") || strings.Contains(text, "/*") {
		return nil, false
	}
	if len(specs) == 1 && !strings.Contains(text, "//") {
		text = "var " + text
	} else {
		text = "var (\n" + text + "\n)"
	}
	out, err := format.Source([]byte(text))
	if err != nil {
		return nil, false
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n"), true
}
