// Package position has the places in source files that the subcommands speak of.
//
// A place is physical: the file that was read, and the line and the byte in it. A
// line directive changes none of it. What the compiler and the go command print is
// brought to this form as soon as it is read.
package position

import (
	"bytes"
	"cmp"
	"fmt"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
)

// Pos is a place in a source file. Line and Col count from 1, columns in bytes.
type Pos struct {
	File string
	Line int
	Col  int // 0 where it is not known
}

// MaxCol is the first column that the compiler does not tell from those after it:
// it prints none from there on.
const MaxCol = 255

func (p Pos) String() string {
	if p.Col == 0 {
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// HasDirectives reports whether a source may have line directives.
func HasDirectives(text []byte) bool {
	return bytes.Contains(text, []byte("//line ")) || bytes.Contains(text, []byte("/*line "))
}

// Of returns the physical place of x.
func Of(fset *token.FileSet, x token.Pos) Pos {
	q := fset.PositionFor(x, false)
	return Pos{q.Filename, q.Line, q.Column}
}

// Compare orders places by file, line and column.
func Compare(a, b Pos) int {
	return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
}

// Printed returns the place as the compiler prints it: without a column that it
// cannot hold.
func (p Pos) Printed() Pos {
	if p.Col >= MaxCol {
		p.Col = 0
	}
	return p
}

// Parse reads a place as the compiler prints it: FILE:LINE:COL, FILE:LINE, or, below
// a line directive, either with the physical place in brackets after it. The place in a
// file that the go command writes for cgo or -cover is left out, by the go command itself
// before Go 1.27: there the place that the directives give is the one that is known.
func Parse(s string) (p Pos, ok bool) {
	if i := opening(s); i >= 0 {
		if physical := s[i+1 : len(s)-1]; strings.Contains(physical, ".cgo1.go:") || strings.Contains(physical, ".cover.go:") {
			s = s[:i]
		} else {
			s = physical
		}
	}
	rest, last, ok := cutNumber(s)
	if !ok {
		return p, false
	}
	if file, line, two := cutNumber(rest); two {
		return Pos{file, line, last}, file != ""
	}
	return Pos{rest, last, 0}, rest != ""
}

// opening returns where the bracket is that the one at the end of s closes, or -1. Names of
// files may have brackets too.
func opening(s string) int {
	depth := 0
	for i := len(s) - 1; i >= 0 && (depth > 0 || i == len(s)-1); i-- {
		switch s[i] {
		case ']':
			depth++
		case '[':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// cutNumber cuts ":N" off the end.
func cutNumber(s string) (before string, n int, ok bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return s, 0, false
	}
	u, err := strconv.ParseUint(s[i+1:], 10, 31)
	return s[:i], int(u), err == nil
}

// Rel returns the name of a file for people: relative to dir, where it lies below.
func Rel(dir, file string) string {
	if rel, err := filepath.Rel(dir, file); err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return rel
	}
	return file
}

// Abs is the opposite of Rel, and returns the absolute name of a file that the go command
// lists for the package in dir.
func Abs(dir, file string) string {
	if filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(dir, file)
}
