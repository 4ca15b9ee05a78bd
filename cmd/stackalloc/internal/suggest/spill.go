package suggest

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/edit"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/within"
)

// Where no callback can have what follows, a small array serves the short lengths, and make
// the others: the compiler does the same by itself up to 32 bytes. Nothing can tell it from
// make, other than its speed. Functions that call each other, as values are nested, have one
// for each call on the stack, which is why it is small. One that calls itself may do so as
// often as there is stack.

// assigns returns the piece of x = make(…), or of a copy, where x is a variable of the
// function.
func (s *site) assigns(stmt ast.Stmt, f *finding) *piece {
	a, ok := stmt.(*ast.AssignStmt)
	if !ok || a.Tok != token.ASSIGN || len(a.Lhs) != 1 || len(a.Rhs) != 1 || ast.Unparen(a.Rhs[0]) != f.node {
		return nil
	}
	id, ok := a.Lhs[0].(*ast.Ident)
	if !ok {
		return nil
	}
	v, ok := s.info().Uses[id].(*types.Var)
	if !ok || s.vars[v] == nil {
		return nil
	}
	t, ok := v.Type().Underlying().(*types.Slice)
	call, isCall := f.node.(*ast.CallExpr)
	if !ok || !isCall {
		return nil
	}
	return &piece{f: f, id: id, obj: v, call: call, elem: t.Elem()}
}

// names reports whether statements name a function.
func names(list []ast.Stmt, info *types.Info, fn *types.Func) (yes bool) {
	for _, s := range list {
		ast.Inspect(s, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if !ok {
				return !yes
			}
			g, ok := info.Uses[id].(*types.Func)
			yes = yes || ok && g.Origin() == fn
			return !yes
		})
	}
	return yes
}

// spill returns the change that has an array for short lengths, or why there is none.
func (s *site) spill() (*change, string) {
	p := s.pieces[0]
	first, why := s.spills(p)
	if why != "" {
		return nil, why
	}
	elem, ok := s.elemText()
	typ, hasName := s.typeText(p.obj.Type(), s.at())
	if !ok || !hasName {
		return nil, "its type has no name here"
	}
	d := &draft{site: s}
	name := s.local(p.id.Name + "Room")
	count := smallArray / s.pkg.TypesSizes.Sizeof(p.elem)
	if p.f.Kind != variableMake {
		return d.copySpill(name, fmt.Sprintf("[%d]%s", count, elem))
	}
	n := p.call.Args[len(p.call.Args)-1]
	var lines []string
	text, made := s.text(n), s.text(p.call)
	if !s.pure(n) || !d.visible(n) && !s.assigned {
		v := s.local("n")
		lines = append(lines, hoist(v, text))
		made = "make(" + s.text(p.call.Args[0]) + ", "
		if len(p.call.Args) == 3 {
			made += fmt.Sprint(first) + ", "
		}
		text, made = v, made+v+")"
	}
	c := d.newChange()
	c.library, c.array, c.use = false, true, fmt.Sprintf("[%d]%s", count, elem)
	hoisted := len(lines)
	lines = append(lines, fmt.Sprintf("var %s [%d]%s", name, count, elem))
	if !s.assigned {
		lines = append(lines, "var "+p.id.Name+" "+typ)
	}
	cond := fmt.Sprintf("%s <= %d", text, count)
	if slices.ContainsFunc(s.ranges(n), func(b bound) bool { return b.lo < first }) {
		cond = fmt.Sprintf("%s >= %d && %s", text, first, cond)
	}
	length := text
	if len(p.call.Args) == 3 {
		length = fmt.Sprint(first)
	}
	lines = append(lines, "if "+formatted(cond)+" {",
		"\t"+p.id.Name+" = "+formatted(fmt.Sprintf("%s[:%s:%s]", name, length, text)),
		"} else {", "\t"+p.id.Name+" = "+made, "}")
	e, above, why := s.inPlace(lines)
	if why != "" {
		return nil, why
	}
	c.edits, c.line = []edit.Edit{e}, above+hoisted
	for n := range s.made {
		s.used[n] = true // the rest of the block has them too
	}
	return c, ""
}

// copySpill is spill for a copy, which append makes in the array as long as there is room.
func (d *draft) copySpill(room, array string) (*change, string) {
	p := d.pieces[0]
	value := formatted("append(" + room + "[:0], " + d.text(p.call.Args[len(p.call.Args)-1]) + "...)")
	if d.named(p) && !d.assigned {
		typ, _ := d.typeText(p.obj.Type(), d.at())
		value = typ + "(" + value + ")"
	}
	op := " := "
	if d.assigned {
		op = " = "
	}
	e, above, why := d.inPlace([]string{"var " + room + " " + array, p.id.Name + op + value})
	if why != "" {
		return nil, why
	}
	c := d.newChange()
	c.library, c.array, c.use = false, true, array
	c.edits, c.line = []edit.Edit{e}, above
	for n := range d.made {
		d.used[n] = true
	}
	return c, ""
}

// copySpills returns why no array may serve a copy, or "".
func (s *site) copySpills(p *piece) string {
	from := s.info().TypeOf(p.call.Args[len(p.call.Args)-1])
	switch {
	case p.f.Kind != conversion && p.f.Kind != clone:
		return "it is neither a make nor a copy"
	case !s.universal(s.at(), "append"):
		return "the name append means something else here"
	case p.f.Kind == conversion && !isByte(p.elem):
		return "the compiler has room for 32 of its runes by itself"
	case from == nil || types.Identical(from, types.Typ[types.UntypedString]):
		return "its operand has no type"
	}
	if p.f.Kind == clone {
		if why := s.nilSeen(p.obj); why != "" {
			return why
		}
	}
	return s.roomSeen(p.obj)
}

// spills returns the length at first of a slice that an array may serve, or why none may.
func (s *site) spills(p *piece) (first int64, why string) {
	if len(s.pieces) != 1 || within.HasTypeParam(p.elem) {
		return 0, "the size of its elements is not known"
	}
	size := s.pkg.TypesSizes.Sizeof(p.elem)
	if size <= 0 || 2*ownFrame < size {
		return 0, "an array for a few of its elements would be large"
	}
	body := s.rest
	if s.assigned {
		body = s.body.List // it may be used anywhere
	}
	if why := s.obs.in(body, s.info()); why != "" {
		return 0, why
	}
	if s.recursive(names) {
		return 0, whyRecursive
	}
	if p.f.Kind != variableMake {
		return 0, s.copySpills(p)
	}
	first, ok := (&draft{site: s}).starts(p)
	t, isBasic := s.info().TypeOf(p.call.Args[len(p.call.Args)-1]).Underlying().(*types.Basic)
	if !ok || !isBasic || t.Info()&types.IsInteger == 0 || first > smallArray/size {
		return 0, "its length and its capacity differ"
	}
	if !s.universal(s.at(), "make") {
		return 0, "the name make means something else here"
	}
	return first, ""
}
