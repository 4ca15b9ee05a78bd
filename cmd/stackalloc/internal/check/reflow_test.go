package check

import (
	"bytes"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
)

// With the line breaks the text is the same program, in which every place leads back to
// where it is in the source.
func TestReflow(t *testing.T) {
	names, err := filepath.Glob("*.go")
	require.NoError(t, err)
	more, err := filepath.Glob("../../testdata/*/*/*.go")
	require.NoError(t, err)
	n := 0
	for _, name := range append(names, more...) {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		// Every name is one of a function, so that every line with two is broken.
		funcs := map[string]bool{}
		for _, f := range strings.FieldsFunc(string(text), func(r rune) bool {
			return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_')
		}) {
			funcs[f] = true
		}
		out, back, _ := reflowed(text, funcs)
		if out == nil {
			continue
		}
		lines, from := bytes.Split(out, []byte("\n")), bytes.Split(text, []byte("\n"))
		require.Len(t, back, len(lines))
		for i, l := range lines {
			p := back.back(position.Pos{Line: i + 1, Col: 1})
			require.True(t, bytes.HasPrefix(from[p.Line-1][p.Col-1:], l), "%s: %v: %s", name, p, l)
		}
		require.Equal(t, strings.ReplaceAll(string(text), "\n", ""), strings.ReplaceAll(string(out), "\n", ""))
		require.Equal(t, shape(t, text), shape(t, out), name)
		n += len(lines) - len(from)
	}
	require.Greater(t, n, 1000)
	for _, same := range []string{"", "package p\n", "package p\n\n// " + strings.Repeat("x", 400) + "\nvar x = 1\n", "package p\n\nvar x = `" + strings.Repeat("x", 400) + "`\n"} {
		out, _, _ := reflowed([]byte(same), nil)
		require.Nil(t, out, same)
	}
}

// shape returns the program without its comments and line breaks.
func shape(t *testing.T, text []byte) string {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "", text, parser.SkipObjectResolution)
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, format.Node(&b, token.NewFileSet(), f))
	return strings.Join(strings.Fields(b.String()), " ")
}
