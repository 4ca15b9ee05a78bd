package suggest

import (
	"bytes"
	"go/ast"
	"go/printer"
	"go/token"
	"strings"
)

// code returns the expression as source text, on one line and cut if long.
func code(e ast.Expr) string {
	var b bytes.Buffer
	if printer.Fprint(&b, token.NewFileSet(), e) != nil {
		return "?"
	}
	s := strings.Join(strings.Fields(b.String()), " ")
	const most = 60
	if r := []rune(s); len(r) > most {
		s = string(r[:most-1]) + "…"
	}
	return s
}
