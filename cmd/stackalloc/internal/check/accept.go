package check

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
)

// accept is the comment that accepts an unproven call on its line.
const accept = "stackalloc:heap"

// acceptance is a comment that accepts unproven calls.
type acceptance struct {
	pos  position.Pos
	used bool // by an unproven call
}

// comments finds the comments that accept calls. They and the calls have their places
// in the source, also where the compiler read another file.
func (w *walker) comments() error {
	f := w.file
	fset, syntax := f.fset, f.ast
	if f.rewritten() || f.reflow != nil {
		text, err := w.user.ReadFile(f.name)
		if err != nil {
			return err
		}
		fset = token.NewFileSet()
		if syntax, err = parser.ParseFile(fset, f.name, text, parser.ParseComments); err != nil {
			return err
		}
		if f.rewritten() {
			w.origin = uses(fset, syntax)
		}
	}
	w.scan(f.name, fset, syntax)
	return nil
}

// scan finds the comments in a file.
func (s *source) scan(name string, fset *token.FileSet, syntax *ast.File) {
	s.scanned[name] = true
	var code map[int]bool // lines with code
	for _, g := range syntax.Comments {
		for _, c := range g.List {
			t := strings.TrimLeft(c.Text, "/* \t")
			if t != accept && !strings.HasPrefix(t, accept+" ") && !strings.HasPrefix(t, accept+":") {
				continue
			}
			if code == nil {
				code = linesOfCode(fset, syntax)
			}
			at := position.Of(fset, c.Pos())
			a := &acceptance{pos: at}
			s.accepts[lineKey{name, at.Line, accept}] = a
			if !code[at.Line] { // alone: what it says is about the next line
				s.accepts[lineKey{name, at.Line + 1, accept}] = a
			}
		}
	}
}

// linesOfCode returns the lines on which a node begins or ends that is no comment.
func linesOfCode(fset *token.FileSet, f *ast.File) map[int]bool {
	lines := map[int]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n.(type) {
		case nil, *ast.Comment, *ast.CommentGroup:
			return false
		case *ast.File:
			return true
		}
		lines[position.Of(fset, n.Pos()).Line] = true
		lines[position.Of(fset, n.End()).Line] = true
		return true
	})
	return lines
}

// scanFile finds the comments in a file, if that was not done.
func (s *source) scanFile(file string) {
	if s.scanned[file] {
		return
	}
	s.scanned[file] = true
	if text, err := s.user.ReadFile(file); err == nil && strings.Contains(string(text), accept) {
		fset := token.NewFileSet()
		if f, err := parser.ParseFile(fset, file, text, parser.ParseComments|parser.SkipObjectResolution); err == nil {
			s.scan(file, fset, f)
		}
	}
}

// acceptedAt returns the comment on one of the lines, or alone before them.
func (s *source) acceptedAt(file string, from, to int) *acceptance {
	s.scanFile(file)
	for l := from; l <= to; l++ {
		if a := s.accepts[lineKey{file, l, accept}]; a != nil {
			return a
		}
	}
	return nil
}
