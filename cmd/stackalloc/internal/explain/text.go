package explain

import (
	"bufio"
	"io"
	"path/filepath"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
)

// Report is what -m=2 prints of allocations, which the go command keeps in the
// build cache, as it does not with the log.
type Report struct {
	Kept    map[position.Pos]string // allocations that do not escape, as printed
	Escapes map[position.Pos]Escape // those that do, and variables moved to the heap
	Moved   map[position.Pos]bool   // variables moved to the heap
	NoCopy  map[position.Pos]bool   // conversions without an allocation

	Inlinable map[position.Pos]bool // functions that can be inlined, by their names
}

// ReportFlags are the compiler flags that print a Report: -L adds the physical place
// where a line directive gives another.
const ReportFlags = "-m=2 -L"

// ReadReport reads what the go command prints. dir is what relative file names
// are relative to.
func ReadReport(in io.Reader, dir string) (*Report, error) {
	r := &Report{
		map[position.Pos]string{}, map[position.Pos]Escape{}, map[position.Pos]bool{}, map[position.Pos]bool{}, map[position.Pos]bool{},
	}
	br := bufio.NewReaderSize(in, 1<<20)
	var at position.Pos
	var open *Escape
	flow := ""
	done := func() {
		if open != nil {
			r.Escapes[at] = *open
			open = nil
		}
	}
	for {
		line, err := br.ReadString('\n')
		if p, text, ok := splitPos(strings.TrimRight(line, "\r\n"), dir); ok {
			switch {
			case strings.HasPrefix(text, "  flow: "):
				flow = strings.TrimSuffix(text[len("  flow: "):], ":")
			case strings.HasPrefix(text, "    from "):
				if open != nil {
					open.Steps = append(open.Steps, textStep(flow, text[len("    from "):], dir))
				}
			case strings.HasSuffix(text, " does not escape"):
				done()
				r.Kept[p] = strings.TrimSuffix(text, " does not escape")
			case strings.HasPrefix(text, "moved to heap: "):
				done()
				r.Moved[p] = true
			case strings.HasPrefix(text, "can inline "):
				done()
				r.Inlinable[p] = true
			case strings.HasPrefix(text, "zero-copy "):
				done()
				r.NoCopy[p] = true
			case strings.HasSuffix(text, ":") && strings.Contains(text, " escapes to heap in "):
				done()
				what, _, _ := strings.Cut(text, " escapes to heap in ")
				at, open = p, &Escape{What: what, Chain: []position.Pos{p}}
			default:
				done()
			}
		}
		if err == io.EOF {
			done()
			return r, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// splitPos splits FILE:LINE:COL: TEXT.
func splitPos(line, dir string) (p position.Pos, text string, ok bool) {
	// A Windows file name has a colon of its own.
	from := 0
	if len(line) > 2 && line[1] == ':' {
		from = 2
	}
	i := strings.Index(line[from:], ": ")
	if i < 0 || strings.HasPrefix(line, "#") {
		return p, "", false
	}
	p, ok = place(line[:from+i], dir)
	return p, line[from+i+2:], ok
}

func place(s, dir string) (p position.Pos, ok bool) {
	p, ok = position.Parse(s)
	if !ok || p.Col == 0 {
		return p, false
	}
	p.File = position.Abs(dir, filepath.FromSlash(p.File))
	return p, true
}

// textStep reads EXPR (KIND) at POS.
func textStep(flow, s, dir string) Step {
	st := Step{Flow: flow, Expr: s}
	if i := strings.LastIndex(s, " at "); i >= 0 {
		st.Pos, _ = place(s[i+4:], dir)
		s = s[:i]
	}
	st.Expr = s
	if i := strings.LastIndex(s, " ("); i >= 0 && strings.HasSuffix(s, ")") {
		st.Expr, st.Kind = s[:i], s[i+2:len(s)-1]
	}
	return st
}
