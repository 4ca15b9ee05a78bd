// Package explain reads the compiler's optimisation log (-json=0,dir) and puts
// its escape analysis into words.
package explain

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
)

// Flags returns the compiler flags that write the log into dir.
func Flags(dir string) string { return "-json=0," + dir }

// Step is one line of a flow.
type Step struct {
	Flow string       // "x ← y" of the flow it belongs to
	Expr string       // source text, as the compiler prints it
	Kind string       // "assign", "call parameter", …
	Pos  position.Pos // where it is in the source
}

// Escape is why a variable or an allocation is on the heap.
type Escape struct {
	What  string         // "stackalloc.probe"
	Chain []position.Pos // its place: the calls it was inlined through, outermost first, and its own
	Steps []Step
	Text  []string // the flow as the compiler prints it, with positions
}

// Refusal is why a call was not inlined.
type Refusal struct {
	Pos position.Pos
	Why string
}

// Log is the compiler's log of some packages.
type Log struct {
	Escapes  []Escape
	Refusals []Refusal
	Leaks    map[position.Pos][]Leak // of parameters, by their position
}

// Leak is why what a parameter points to outlives a call of its function.
type Leak struct {
	To    string // "{heap}", "~r0" for a result, or a variable
	Steps []Step
	Text  []string
}

type jsonPos struct {
	URI   string `json:"uri"`
	Range struct {
		Start struct{ Line, Character int }
	}
}

func (p jsonPos) pos() position.Pos {
	// With -trimpath the path is relative, and stands where a URI has its host.
	f, err := url.PathUnescape(strings.TrimPrefix(p.URI, "file://"))
	if err != nil {
		f = p.URI
	}
	if len(f) > 2 && f[0] == '/' && f[2] == ':' {
		f = f[1:] // /C:/x
	}
	f = filepath.FromSlash(f)
	return position.Pos{File: f, Line: p.Range.Start.Line, Col: p.Range.Start.Character}
}

type diagnostic struct {
	jsonPos
	Code, Message      string
	RelatedInformation []struct {
		Location jsonPos
		Message  string
	}
	File string // of the header line
}

// Read adds every log below dir. A log cut short is read as far as it goes. place is
// called with each place and the package whose log it is in, and returns what is to be
// kept of it.
func (l *Log) Read(dir string, place func(pkg string, p position.Pos) position.Pos) error {
	if l.Leaks == nil {
		l.Leaks = map[position.Pos][]Leak{}
	}
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".json") {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		pkg, err := url.PathUnescape(filepath.Base(filepath.Dir(path)))
		if err != nil {
			return err
		}
		x := &reader{Log: l, place: func(p position.Pos) position.Pos { return place(pkg, p) }}
		r := bufio.NewReaderSize(f, 1<<20)
		file := ""
		for {
			line, err := r.ReadBytes('\n')
			if !concerns(line) {
				continue
			}
			var g diagnostic
			if len(line) > 0 && json.Unmarshal(line, &g) == nil {
				if g.File != "" {
					file = g.File
				}
				x.add(file, &g)
			}
			if err != nil {
				return nil
			}
		}
	})
}

// concerns reports whether a line of a log says something that is kept. Most are of other
// kinds, or of other variables than a probe, or a block.
func concerns(line []byte) bool {
	has := func(s string) bool { return bytes.Contains(line, []byte(s)) }
	switch {
	case !has(`"code":"`), has(`"code":"leak`), has(`"code":"cannotInlineCall`):
		return true
	case has(`"code":"escape`):
		return has(`probe escapes to heap"`) || has(`"message":"make(`)
	}
	return false
}

// Lost reports whether the log below dir has another file's place where that of the file
// would be: the compiler names logs after the last element of a file's name, and what it
// writes last of several is what stays.
func Lost(dir, file string, real func(name string) string) bool {
	base := strings.TrimSuffix(filepath.Base(file), ".go")
	list, _ := filepath.Glob(filepath.Join(dir, "*", url.PathEscape(base)+".json"))
	for _, name := range list {
		f, err := os.Open(name)
		if err != nil {
			continue
		}
		var head struct{ File string }
		err = json.NewDecoder(f).Decode(&head)
		f.Close()
		if err == nil && real(head.File) != file {
			return true
		}
	}
	return false
}

// reader is a log that is being read.
type reader struct {
	*Log
	place func(position.Pos) position.Pos
}

func (l *reader) add(file string, g *diagnostic) {
	at := l.place(position.Pos{File: file, Line: g.Range.Start.Line, Col: g.Range.Start.Character})
	switch g.Code {
	case "cannotInlineCall":
		l.Refusals = append(l.Refusals, Refusal{at, g.Message})
		return
	case "leak":
		_, to, ok := strings.Cut(g.Message, " leaks to ")
		if i := strings.Index(to, " with "); ok && i >= 0 {
			e := l.read(at, g)
			l.Leaks[at] = append(l.Leaks[at], Leak{to[:i], e.Steps, e.Text})
		}
		return
	case "escape", "escapes":
	default:
		return
	}
	if what, ok := strings.CutSuffix(g.Message, " escapes to heap"); ok {
		e := l.read(at, g)
		e.What = what
		l.Escapes = append(l.Escapes, e)
	}
}

// read reads the flow of a diagnostic.
func (l *reader) read(at position.Pos, g *diagnostic) Escape {
	e := Escape{Chain: []position.Pos{at}}
	rel := g.RelatedInformation
	for len(rel) > 0 && rel[0].Message == "inlineLoc" {
		e.Chain = append(e.Chain, l.place(rel[0].Location.pos()))
		rel = rel[1:]
	}
	flow := ""
	for len(rel) > 0 {
		text := strings.TrimPrefix(rel[0].Message, "escflow:")
		pos := l.place(rel[0].Location.pos())
		for rel = rel[1:]; len(rel) > 0 && rel[0].Message == "inlineLoc"; rel = rel[1:] {
			pos = l.place(rel[0].Location.pos())
		}
		t := strings.TrimSpace(text)
		if f, ok := strings.CutPrefix(t, "flow: "); ok {
			flow = strings.TrimSuffix(f, ":")
			e.Text = append(e.Text, t)
			continue
		}
		e.Text = append(e.Text, "  "+t+" at "+pos.String())
		if s, ok := strings.CutPrefix(t, "from "); ok {
			kind := ""
			if i := strings.LastIndex(s, " ("); i >= 0 && strings.HasSuffix(s, ")") {
				s, kind = s[:i], s[i+2:len(s)-1]
			}
			e.Steps = append(e.Steps, Step{Flow: flow, Expr: s, Kind: kind, Pos: pos})
		}
	}
	return e
}
