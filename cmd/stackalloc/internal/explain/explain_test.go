package explain

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
)

// log is in the form that Go 1.25 to 1.27 write.
const log = `{"version":0,"package":"m/p","goos":"linux","goarch":"amd64","gc_version":"go1.26","file":"/d/p.go"}
{"range":{"start":{"line":9,"character":2},"end":{"line":9,"character":2}},"severity":3,"code":"inlineCall","source":"go compiler","message":"lib.Do"}
{"range":{"start":{"line":9,"character":2},"end":{"line":9,"character":2}},"severity":3,"code":"escape","source":"go compiler","message":"lib.probe escapes to heap","relatedInformation":[{"location":{"uri":"file:///l/lib.go","range":{"start":{"line":5,"character":1},"end":{"line":5,"character":1}}},"message":"inlineLoc"},{"location":{"uri":"file:///d/p.go","range":{"start":{"line":9,"character":2},"end":{"line":9,"character":2}}},"message":"escflow:    flow: {heap} ← s:"},{"location":{"uri":"file:///l/lib.go","range":{"start":{"line":6,"character":3},"end":{"line":6,"character":3}}},"message":"inlineLoc"},{"location":{"uri":"file:///d/p%20q.go","range":{"start":{"line":10,"character":7},"end":{"line":10,"character":7}}},"message":"escflow:      from keep = s (assign)"}]}
{"range":{"start":{"line":9,"character":9},"end":{"line":9,"character":9}},"severity":3,"code":"leak","source":"go compiler","message":"parameter s leaks to {heap} with derefs=0","relatedInformation":[{"location":{"uri":"file:///d/p.go","range":{"start":{"line":9,"character":9},"end":{"line":9,"character":9}}},"message":"escflow:      from f(s) (call parameter)"}]}
{"range":{"start":{"line":12,"character":4},"end":{"line":12,"character":4}},"severity":3,"code":"cannotInlineCall","source":"go compiler","message":"too big"}
`

func at(file string, line, col int) position.Pos {
	return position.Pos{File: file, Line: line, Col: col}
}

func write(t *testing.T, text string) (dir string) {
	dir = t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "m%2Fp"), 0o777))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "m%2Fp", "p.json"), []byte(text), 0o666))
	return dir
}

func TestLog(t *testing.T) {
	l := new(Log)
	require.NoError(t, l.Read(write(t, log), func(pkg string, p position.Pos) position.Pos {
		require.Equal(t, "m/p", pkg)
		return p
	}))
	require.Equal(t, []Escape{{
		What:  "lib.probe",
		Chain: []position.Pos{at("/d/p.go", 9, 2), at("/l/lib.go", 5, 1)},
		Steps: []Step{{Flow: "{heap} ← s", Expr: "keep = s", Kind: "assign", Pos: at("/d/p q.go", 10, 7)}},
		Text:  []string{"flow: {heap} ← s:", "  from keep = s (assign) at /d/p q.go:10:7"},
	}}, l.Escapes)
	require.Equal(t, []Refusal{{at("/d/p.go", 12, 4), "too big"}}, l.Refusals)
	leaks := l.Leaks[at("/d/p.go", 9, 9)]
	require.Len(t, leaks, 1)
	require.Equal(t, "{heap}", leaks[0].To)
	require.Equal(t, "call parameter", leaks[0].Steps[0].Kind)
}

// Text cut anywhere is read as far as it goes.
func TestLogCut(t *testing.T) {
	for i := 0; i < len(log); i += 7 {
		l := new(Log)
		require.NoError(t, l.Read(write(t, log[:i]), func(_ string, p position.Pos) position.Pos { return p }))
		require.LessOrEqual(t, len(l.Escapes), 1)
	}
}

// The log of another file of the same name has been written over this one's.
func TestLost(t *testing.T) {
	dir := write(t, log)
	real := func(name string) string { return name }
	require.False(t, Lost(dir, "/d/p.go", real))
	require.True(t, Lost(dir, "/other/p.go", real))
	require.False(t, Lost(dir, "/other/p.go", func(string) string { return "/other/p.go" }))
	require.False(t, Lost(dir, "/d/q.go", real), "there is none")
}

func TestReport(t *testing.T) {
	const text = `# m/p
p.go:3:6: can inline F with cost 4 as: func() { }
p.go:4:11: make([]byte, n) escapes to heap in F:
p.go:4:11:   flow: {heap} ← &{storage for make([]byte, n)}:
p.go:4:11:     from make([]byte, n) (spill) at ./p.go:4:11
p.go:5:7: make([]int, 3) does not escape
p.go:6:2: moved to heap: x
p.go:7:9: zero-copy string->[]byte conversion
/abs/q.go:8:1: make([]int, 4) does not escape
p.go:9: no column
`
	r, err := ReadReport(strings.NewReader(text), "/d")
	require.NoError(t, err)
	require.Equal(t, map[position.Pos]string{at("/d/p.go", 5, 7): "make([]int, 3)", at("/abs/q.go", 8, 1): "make([]int, 4)"}, r.Kept)
	require.True(t, r.Moved[at("/d/p.go", 6, 2)])
	require.True(t, r.NoCopy[at("/d/p.go", 7, 9)])
	require.True(t, r.Inlinable[at("/d/p.go", 3, 6)])
	e := r.Escapes[at("/d/p.go", 4, 11)]
	require.Equal(t, "make([]byte, n)", e.What)
	require.Equal(t, []Step{{Flow: "{heap} ← &{storage for make([]byte, n)}", Expr: "make([]byte, n)", Kind: "spill", Pos: at("/d/p.go", 4, 11)}}, e.Steps)
}
