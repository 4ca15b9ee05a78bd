package suggest

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/edit"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/within"
)

// redeclared makes variables of the callback's own of those that what follows assigns
// to with :=. It would declare new ones there, of the type that happens to come.
func (d *draft) redeclared() string {
	for _, st := range d.rest {
		for {
			l, ok := st.(*ast.LabeledStmt)
			if !ok {
				break
			}
			st = l.Stmt
		}
		a, ok := st.(*ast.AssignStmt)
		if !ok || a.Tok != token.DEFINE {
			continue
		}
		for _, l := range a.Lhs {
			id, ok := l.(*ast.Ident)
			if !ok {
				continue
			}
			v, ok := d.info().Uses[id].(*types.Var)
			if !ok || d.moved(v.Pos()) {
				continue
			}
			if !d.own(v) || d.isResult(v) {
				return "what follows assigns to " + v.Name() + " with :=, which would be another variable in a callback"
			}
			d.shadow(v, false)
		}
	}
	return ""
}

// own reports whether nothing but this function's own statements, in order, can see a
// variable.
func (s *site) own(v *types.Var) bool {
	x := s.vars[v]
	if x == nil || x.address || x.owner != s.fn || x.captured(s.at(), s.end) {
		return false
	}
	for _, a := range x.assigned {
		if s.moved(a.id.Pos()) && a.in != s.fn {
			return false
		}
	}
	return true
}

// shadow declares a variable of the callback's own with the value of an outer one.
func (d *draft) shadow(v *types.Var, out bool) {
	line := v.Name() + " := " + v.Name()
	if slices.ContainsFunc(d.head, func(l string) bool { return l == line || strings.HasPrefix(l, v.Name()+", ") }) {
		return
	}
	if out {
		ptr := d.local(v.Name() + "Out")
		line = fmt.Sprintf("%s, %s := %s, &%s", v.Name(), ptr, v.Name(), v.Name())
		d.foot = append(d.foot, "*"+ptr+" = "+v.Name())
	}
	d.head = slices.Insert(d.head, 0, line)
}

// shadows keeps the variables of the outside that loops work on in registers: a
// callback has them by reference if they ever change. resultsInside says that the
// callback declares the results of the function itself.
func (d *draft) shadows(resultsInside bool) {
	var list []*types.Var
	for v, x := range d.vars {
		if d.moved(v.Pos()) || x.captured(0, 0) || !d.own(v) || !small(v.Type(), d.pkg.TypesSizes) || len(x.assigned) == 0 {
			continue
		}
		if slices.ContainsFunc(x.uses, func(u use) bool { return d.moved(u.id.Pos()) && u.in == d.fn && d.inLoop(u) }) {
			list = append(list, v)
		}
	}
	slices.SortFunc(list, func(a, b *types.Var) int { return int(b.Pos() - a.Pos()) })
	for _, v := range list {
		if slices.ContainsFunc(d.pieces, func(p *piece) bool { return p.obj == v }) {
			continue
		}
		changed := slices.ContainsFunc(d.vars[v].assigned, func(u use) bool { return d.moved(u.id.Pos()) })
		result := d.isResult(v)
		if result && (resultsInside || d.hasDefer() || !changed && d.flow.bare) {
			continue
		}
		if result && d.flow.bare {
			if !d.allNamed() {
				continue
			}
			d.explicit = true
		}
		d.shadow(v, changed && !d.flow.ends && (result || !d.dead(v)))
	}
}

// allNamed reports whether every result has a name by which it can be returned.
func (d *draft) allNamed() bool {
	return d.resultCount() == len(d.results()) && !slices.ContainsFunc(d.results(), func(v *types.Var) bool { return v.Name() == "_" })
}

// bareReturns writes out what return statements without values return, where a result
// has a variable of the callback's own in its place.
func (d *draft) bareReturns() (out []edit.Edit) {
	if !d.explicit {
		return nil
	}
	var names []string
	for _, v := range d.results() {
		names = append(names, v.Name())
	}
	for _, st := range d.rest {
		inspectFunc(st, func(n ast.Node) {
			if r, ok := n.(*ast.ReturnStmt); ok && len(r.Results) == 0 {
				at := d.offset(r.End())
				out = append(out, edit.Edit{From: at, To: at, Text: " " + strings.Join(names, ", ")})
			}
		})
	}
	return out
}

// dead reports whether a variable is gone where the block ends.
func (d *draft) dead(v *types.Var) bool {
	if d.top {
		return !d.isResult(v)
	}
	block := d.path[len(d.path)-1]
	return v.Pos() >= block.Pos() && v.Pos() < block.End()
}

// small reports whether a value can be in registers.
func small(t types.Type, sizes types.Sizes) bool {
	if within.HasTypeParam(t) || isArray(t) {
		return false
	}
	return sizes.Sizeof(t) <= 4*sizes.Sizeof(types.Typ[types.Uintptr])
}

// shadowNames returns why the text of the callback cannot stand, if a variable that it
// declares has the name of something of the language that it uses, or "".
func (d *draft) shadowNames() string {
	for _, n := range d.names {
		for _, l := range d.head {
			if strings.HasPrefix(l, n+" := ") || strings.HasPrefix(l, n+", ") {
				return "the name " + n + " means something else here"
			}
		}
	}
	return ""
}
