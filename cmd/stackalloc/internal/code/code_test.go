package code

import (
	"go/parser"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"a.b[i+1]":                       "a.b[i+1]",
		"f(func() {\n\tg()\n})":          "f(func() { g() })",
		strings.Repeat("ä", 60):          strings.Repeat("ä", 60),
		strings.Repeat("ä", 61):          strings.Repeat("ä", 59) + "…",
		"x + " + strings.Repeat("y", 99): "x + " + strings.Repeat("y", 55) + "…",
	} {
		e, err := parser.ParseExpr(text)
		require.NoError(t, err)
		require.Equal(t, want, Text(e))
	}
}
