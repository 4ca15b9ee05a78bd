// Package code prints pieces of Go source for people.
package code

import (
	"bytes"
	"go/ast"
	"go/printer"
	"go/token"
	"strings"
)

// most is the length in characters from which text is cut.
const most = 60

// Text returns an expression as source text, on one line and cut if long.
func Text(e ast.Expr) string {
	var b bytes.Buffer
	if printer.Fprint(&b, token.NewFileSet(), e) != nil {
		return "an expression"
	}
	s := strings.Join(strings.Fields(b.String()), " ")
	if r := []rune(s); len(r) > most {
		s = string(r[:most-1]) + "…"
	}
	return s
}
