package suggest

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/edit"
)

// helper writes the form in which what follows becomes a function of its own, whose
// lines stay as they are.
func (d *draft) helper() (*change, string) {
	decl, ok := d.ofItsOwn()
	if !ok {
		return nil, ""
	}
	at := d.file.Name.End()                                  // where nothing local is known
	d.head = slices.DeleteFunc(d.head, func(l string) bool { // its parameters already
		to, from, _ := strings.Cut(l, " := ")
		return to == from
	})
	free, ok := d.free()
	if !ok || d.localNames() || !d.sameNames(d.site.typ, at) {
		return nil, ""
	}
	recv := d.info().Defs[decl.Name].(*types.Func).Signature().Recv()
	recvText := ""
	if recv != nil && slices.Contains(free, recv) {
		recvText = d.text(decl.Recv) + " "
	}
	free = slices.DeleteFunc(free, func(v *types.Var) bool { return v == recv })
	params, args, ok := d.parameters(free, at)
	if !ok {
		return nil, ""
	}
	name := d.fresh(unexported(decl.Name.Name) + "Body")
	call := name
	if recvText != "" {
		call = recv.Name() + "." + name
	}
	call += "(" + strings.Join(append([]string{d.block}, args...), ", ") + ")"
	form, results, ok := d.helperForm()
	if !ok {
		return nil, ""
	}
	open := fmt.Sprintf("%s.%s(%s, func(%s %s) {", d.lib, form, d.n, d.block, d.typ)
	if d.resultCount() > 0 {
		// Names of the results would hide parameters of the outer function.
		open = fmt.Sprintf("return %s.%s(%s, func(%s %s) %s {", d.lib, form, d.n, d.block, d.typ, d.plainResults())
		call = "return " + call
	}
	params = append([]string{d.block + " " + d.typ}, params...)
	text := join(append(slices.Concat(d.before, d.pre), open, "\t"+call, "})"), "\t") + "\n}\n\n" +
		"// " + name + " is " + decl.Name.Name + " with its block.\n" +
		"func " + recvText + name + "(" + strings.Join(params, ", ") + ")" + results + " {"
	return d.twoFunctions(text, form), ""
}

// ofItsOwn returns the function around, if what follows is long and can be the body of
// another one.
func (d *draft) ofItsOwn() (*ast.FuncDecl, bool) {
	lines := d.tok.Line(d.end) - d.tok.Line(d.last.End()) - 1
	decl, ok := d.fn.(*ast.FuncDecl)
	if lines <= longBody || !ok || !d.top || len(d.foot) > 0 || !d.alone(d.offset(d.last.End()), d.lineEnd(d.offset(d.last.End()))) {
		return nil, false
	}
	fn, ok := d.info().Defs[decl.Name].(*types.Func)
	if !ok || fn.Signature().TypeParams().Len() > 0 || fn.Signature().RecvTypeParams().Len() > 0 {
		return nil, false
	}
	if d.resultCount() > 2 || d.resultCount() > 0 && !d.flow.ends {
		return nil, false
	}
	return decl, !slices.ContainsFunc(d.results(), func(v *types.Var) bool { return !d.inside(v) })
}

// free returns the variables of the function that what follows uses, unless it shares one
// that changes.
func (d *draft) free() (free []*types.Var, ok bool) {
	for v, x := range d.vars {
		if d.moved(v.Pos()) || d.isResult(v) || slices.ContainsFunc(d.pieces, func(p *piece) bool { return p.obj == v }) {
			continue
		}
		if !slices.ContainsFunc(x.uses, func(u use) bool { return d.moved(u.id.Pos()) && u.id.Pos() >= d.last.End() }) {
			continue
		}
		if !d.own(v) && (len(x.assigned) > 0 || x.address) {
			return nil, false
		}
		free = append(free, v)
	}
	// The contents are written in the new function, which must know the operands.
	for _, l := range d.head {
		for _, w := range identifiers(l) {
			if slices.ContainsFunc(d.pre, func(p string) bool { return strings.HasPrefix(p, w+" := ") }) {
				return nil, false
			}
			v, isVar := d.lookup(w, d.at()).(*types.Var)
			if isVar && d.vars[v] != nil && !slices.Contains(free, v) && !d.moved(v.Pos()) {
				free = append(free, v)
			}
		}
	}
	slices.SortFunc(free, func(a, b *types.Var) int { return int(a.Pos() - b.Pos()) })
	return free, true
}

// parameters writes variables as parameters and as arguments.
func (d *draft) parameters(free []*types.Var, at token.Pos) (params, args []string, ok bool) {
	for _, v := range free {
		t, ok := d.typeText(v.Type(), at)
		if !ok || v.Name() == "_" {
			return nil, nil, false
		}
		params, args = append(params, v.Name()+" "+t), append(args, v.Name())
	}
	for _, p := range d.pieces {
		if _, ok := d.typeText(p.obj.Type(), at); !ok {
			return nil, nil, false
		}
	}
	return params, args, true
}

// helperForm returns the function of the library that calls the helper, and what the
// helper returns.
func (d *draft) helperForm() (form, results string, ok bool) {
	switch n := d.resultCount(); {
	case n > 0:
		results = " " + d.text(d.site.typ.Results)
		return map[int]string{1: "Call", 2: "Call2"}[n], results, !strings.Contains(results, "\n") && d.sameNames(d.site.typ.Results, d.at())
	case d.uninit:
		return "Uninit", "", true
	}
	return "Do", "", true
}

// twoFunctions is the change that writes the end of one function and the head of the
// other in the place of the declaration.
func (d *draft) twoFunctions(text, form string) *change {
	c := d.newChange()
	from, to := d.span()
	end := d.lineEnd(to)
	c.line = len(d.before) + len(d.pre)
	c.edits = append(c.edits, edit.Edit{From: from, To: to, Text: text})
	head := ""
	for _, l := range slices.Concat(d.comments(d.ownLines()), d.head, d.after) {
		head += strings.TrimRight("\t"+l, "\t ") + "\n"
	}
	c.apart = d.remove()
	c.edits = append(append(c.edits, edit.Edit{From: end, To: end, Text: head}), c.apart...)
	c.to = d.offset(d.end)
	c.toLine = d.tok.Line(d.end)
	c.use = "stackalloc." + form
	return c
}

// unexported returns a name that begins with a small letter.
func unexported(name string) string {
	first, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToLower(first)) + name[size:]
}

// plainResults are the results of the function without their names.
func (d *draft) plainResults() string {
	var out []string
	for _, f := range d.site.typ.Results.List {
		for range max(1, len(f.Names)) {
			out = append(out, d.text(f.Type))
		}
	}
	if len(out) == 1 {
		return out[0]
	}
	return "(" + strings.Join(out, ", ") + ")"
}

// localNames reports whether what follows uses constants, types or labels that the
// function declares before.
func (d *draft) localNames() (yes bool) {
	for _, s := range d.rest {
		ast.Inspect(s, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if !ok {
				return true
			}
			switch obj := d.info().Uses[id].(type) {
			case *types.Const, *types.TypeName:
				if obj.Pkg() == d.pkg.Types && obj.Parent() != d.pkg.Types.Scope() && !d.moved(obj.Pos()) {
					yes = true
				}
			}
			return true
		})
	}
	return yes
}
