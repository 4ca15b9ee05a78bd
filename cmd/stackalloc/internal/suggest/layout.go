package suggest

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/edit"
)

// change makes the edits: the call in place of the declarations, its beginning and
// its end, and what is between one step to the right.
func (d *draft) change(open, closing string, after []string) *change {
	c := d.newChange()
	from, to := d.span()
	in := d.indent(from)
	end := d.lineEnd(to)
	c.line = len(d.before) + len(d.pre)
	c.edits = append(c.edits, edit.Edit{From: from, To: to, Text: join(append(slices.Concat(d.before, d.pre), open), in)})
	head := ""
	for _, l := range slices.Concat(d.comments(d.ownLines()), d.head, d.after) {
		head += strings.TrimRight(in+"\t"+l, "\t ") + "\n"
	}
	if d.alone(to, end) {
		skip := end
		for head == "" && strings.TrimSpace(string(d.src[skip:d.lineEnd(skip)])) == "" && d.lineEnd(skip) > skip {
			skip = d.lineEnd(skip) // a blank line would be the first of the callback
		}
		c.edits = append(c.edits, edit.Edit{From: end, To: skip, Text: head})
		end = skip
	} else {
		c.edits = append(c.edits, edit.Edit{From: to, To: to, Text: "\n" + head})
	}
	foot := ""
	for _, l := range d.foot {
		foot += in + "\t" + l + "\n"
	}
	foot += in + closing + "\n"
	for _, l := range after {
		foot += in + l + "\n"
	}
	stop, ownLine := d.stop()
	switch {
	case ownLine:
		c.edits = append(c.edits, edit.Edit{From: stop, To: stop, Text: foot})
	default:
		c.edits = append(c.edits, edit.Edit{From: stop, To: stop, Text: "\n" + strings.TrimSuffix(foot, "\n") + map[bool]string{true: "\n", false: ""}[d.braced()]})
	}
	c.apart = d.remove()
	c.edits = append(append(c.edits, c.apart...), d.shift(end, stop)...)
	c.to = stop
	c.toLine = d.tok.Line(d.tok.Pos(stop))
	return c
}

func (d *draft) newChange() *change {
	c := &change{unit: d.unit, library: true}
	for _, p := range d.pieces {
		if p.f != nil {
			c.found = append(c.found, p.f)
			if p.f.giver != nil {
				c.needs = p.f.giver.room
			}
		}
	}
	for _, n := range d.path {
		if f, ok := n.(*ast.FuncDecl); ok {
			c.decl = f
		}
	}
	c.from, c.to = d.span()
	c.gone = [2]token.Pos{d.tok.Pos(c.from), d.tok.Pos(c.to)}
	c.fromLine, c.toLine = d.tok.Line(c.gone[0]), d.tok.Line(c.gone[1])
	return c
}

func join(lines []string, indent string) string {
	return strings.ReplaceAll(strings.Join(lines, "\n"+indent), "\n"+indent+"\n", "\n\n")
}

// indent returns the white space at the beginning of the line of an offset.
func (u *unit) indent(at int) string {
	i := at
	for i > 0 && u.src[i-1] != '\n' {
		i--
	}
	j := i
	for j < at && (u.src[j] == ' ' || u.src[j] == '\t') {
		j++
	}
	return string(u.src[i:j])
}

// lineEnd returns the offset of the next line.
func (u *unit) lineEnd(at int) int {
	for at < len(u.src) && u.src[at] != '\n' {
		at++
	}
	return min(at+1, len(u.src))
}

// alone reports whether only a comment follows on the line.
func (u *unit) alone(from, to int) bool {
	rest := strings.TrimSpace(string(u.src[from:to]))
	return to > from && u.src[to-1] == '\n' && (rest == "" || strings.HasPrefix(rest, "//") || strings.HasPrefix(rest, "/*") && strings.HasSuffix(rest, "*/") && strings.Count(rest, "*/") == 1)
}

func (d *draft) braced() bool {
	_, ok := d.path[len(d.path)-1].(*ast.BlockStmt)
	return ok
}

// stop returns where the callback ends, and whether that is the beginning of a line.
func (d *draft) stop() (int, bool) {
	if d.braced() {
		at := d.offset(d.end)
		i := at
		for i > 0 && (d.src[i-1] == ' ' || d.src[i-1] == '\t') {
			i--
		}
		if i > 0 && d.src[i-1] == '\n' {
			return i, true
		}
		return at, false
	}
	at := d.offset(d.end)
	if end := d.lineEnd(at); d.alone(at, end) {
		return end, true
	}
	return at, false
}

// comments returns the comments between the declarations, which would be lost.
func (d *draft) comments(from, to int) (out []string) {
	for _, g := range d.file.Comments {
		for _, c := range g.List {
			if p := d.offset(c.Pos()); p >= from && p < to {
				out = append(out, strings.ReplaceAll(c.Text, "\r", ""))
			}
		}
	}
	return out
}

// remove takes away the declarations that are apart from the others, with their lines
// where nothing else is on them.
func (d *draft) remove() (out []edit.Edit) {
	for _, st := range d.apart {
		from, to := d.offset(st.Pos()), d.offset(st.End())
		if end := d.lineEnd(to); d.indentOnly(from) && strings.TrimSpace(string(d.src[to:end])) == "" {
			from, to = d.lineStart(from), end
		}
		out = append(out, edit.Edit{From: from, To: to})
	}
	return out
}

// shift puts a tab before the lines from one offset to another, those in raw strings
// and in comments that began before them apart.
func (d *draft) shift(from, to int) (out []edit.Edit) {
	skip := map[int]bool{}
	for _, e := range d.remove() {
		for i := e.From; i < e.To; i++ {
			skip[i] = true
		}
	}
	inside := func(n ast.Node) {
		a, b := d.offset(n.Pos()), d.offset(n.End())
		for i := a; i < b; i++ {
			if d.src[i] == '\n' {
				skip[i+1] = true
			}
		}
	}
	for _, s := range d.list {
		ast.Inspect(s, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				inside(l)
			}
			return true
		})
	}
	for _, g := range d.file.Comments {
		for _, c := range g.List {
			inside(c)
		}
	}
	for i := from; i < to; i = d.lineEnd(i) {
		if d.src[i] != '\n' && d.src[i] != '\r' && !skip[i] {
			out = append(out, edit.Edit{From: i, To: i, Text: "\t"})
		}
		if d.lineEnd(i) == i {
			break
		}
	}
	return out
}
