package check

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/machine"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
)

// An iterator that is made outside of the range clause that uses it, in a variable, for a
// parameter, or by a function that returns it, is loose: the machine code has the call that
// makes it at one place, and its body, where that is inlined, at the loop. What ties them
// together is the source.

// tie is where a loose iterator that a loop uses is made.
type tie struct {
	site *site
	via  []position.Pos // calls of functions that return it, outermost first
	by   string         // the outermost of these functions
}

// looseBody returns where the iterator is made whose inlined body is the node i of f: of
// several that the compiler does not tell apart, for it prints no column, where each is. It
// returns nothing if the node is no such body, or if that is not known.
func (j *judge) looseBody(u *unit, f *machine.Func, i int) []*tie {
	n := f.Nodes[i]
	name := stripTypeArgs(n.Func)
	for fn, seq := range j.api.funcs {
		if seq && isBodyOf(name, fn) && len(j.byCall[j.real(n.Call).Printed()]) == 0 && !j.api.files[n.Call.File] {
			t := &tracer{judge: j, unit: u, f: f, fn: fn}
			if list := t.body(i); len(list) > 0 {
				return list
			}
			if s := j.onlyLoose(u, u.local(f.Name), fn); s != nil {
				return []*tie{{site: s}}
			}
		}
	}
	return nil
}

// tracer follows an iterator in the source to the call that makes it, by what was inlined
// into a function.
type tracer struct {
	*judge
	unit  *unit
	f     *machine.Func
	fn    string
	value bool // what is followed is the library's function itself, not the iterator that it makes
}

// use is a loop over an iterator, or a call of it.
type use struct {
	file *file
	of   ast.Expr
}

// body follows the iterator whose body was inlined as a node.
func (t *tracer) body(i int) (out []*tie) {
	n := t.f.Nodes[i]
	for _, x := range t.usesAt(t.real(n.Call).Printed()) {
		made := t.expr(x.file, x.of, n.Parent, 8)
		if made == nil {
			return nil // it may be this one
		}
		out = append(out, made)
	}
	return out
}

// usesAt returns the iterators of the loops, or of the calls, at a place.
func (t *tracer) usesAt(at position.Pos) (out []use) {
	for _, f := range append(slices.Clone(t.written), t.byName[at.File]) {
		if f == nil || f.info == nil {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.RangeStmt:
				if f.key(n.For) == at && f.mayIterate(n.X) {
					out = append(out, use{f, n.X})
				}
			case *ast.CallExpr:
				if f.key(n.Lparen) == at && f.mayIterate(n.Fun) {
					out = append(out, use{f, n.Fun})
				}
			}
			return true
		})
	}
	return out
}

// mayIterate reports whether an expression can be an iterator: it is no variable or result
// of another type, and not the name of a function.
func (f *file) mayIterate(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		v, ok := f.info.Uses[e].(*types.Var)
		return ok && isFunc(v.Type())
	case *ast.CallExpr:
		fn, ok := f.info.Uses[calledName(e)].(*types.Func)
		return !ok || fn.Signature().Results().Len() == 1 && isFunc(fn.Signature().Results().At(0).Type())
	case *ast.SelectorExpr:
		v, ok := f.info.Uses[e.Sel].(*types.Var)
		return ok && isFunc(v.Type())
	case *ast.FuncLit, *ast.BasicLit:
		return false
	}
	return true
}

func isFunc(t types.Type) bool {
	_, ok := t.Underlying().(*types.Signature)
	return ok
}

// expr follows an expression in the code that was inlined as the node parent.
func (t *tracer) expr(f *file, e ast.Expr, parent, depth int) *tie {
	if depth == 0 {
		return nil
	}
	switch e := ast.Unparen(e).(type) {
	case *ast.CallExpr:
		at := f.key(e.Lparen)
		if s := t.maker(at); s != nil {
			return &tie{site: s}
		}
		if x := t.returned(at, parent); x != nil {
			return x
		}
		return t.declared(f, e, at, depth)
	case *ast.Ident:
		v, ok := f.info.Uses[e].(*types.Var)
		if !ok {
			return nil
		}
		if set := f.assigned(v); len(set) == 1 && set[0] != nil {
			return t.expr(f, set[0], parent, depth-1)
		} else if len(set) > 0 {
			return nil
		}
		return t.argument(f, v, parent, depth)
	}
	return nil
}

// maker returns the site of a call that makes an iterator.
func (t *tracer) maker(at position.Pos) *site {
	var only *site
	for _, s := range t.byCall[at] {
		if s.seq && s.fn == t.fn && s.call == at {
			if only != nil {
				return nil
			}
			only = s
		}
	}
	return only
}

// returned returns the only iterator that is made in a call that was inlined.
func (t *tracer) returned(at position.Pos, parent int) (only *tie) {
	for i, n := range t.f.Nodes {
		if n.Parent != parent || t.real(n.Call).Printed() != at {
			continue
		}
		for k, m := range t.f.Nodes {
			if stripTypeArgs(m.Func) != Library+"."+t.fn {
				continue
			}
			var via []position.Pos
			up := m.Parent
			for ; up >= 0 && up != i; up = t.f.Nodes[up].Parent {
				via = append(via, t.real(t.f.Nodes[up].Call))
			}
			if up != i {
				continue
			}
			s := t.maker(t.real(t.f.Nodes[k].Call).Printed())
			if s == nil || only != nil {
				return nil
			}
			via = append(via, t.real(n.Call))
			slices.Reverse(via)
			only = &tie{site: s, via: via, by: t.unit.shown(n.Func)}
		}
	}
	return only
}

// declared follows what a function returns, which is all that is left of it.
func (t *tracer) declared(f *file, call *ast.CallExpr, at position.Pos, depth int) *tie {
	fn, _ := f.info.Uses[calledName(call)].(*types.Func)
	if fn == nil || fn.Pkg() == nil {
		return nil
	}
	in, d := t.declaration(fn)
	if d == nil {
		return nil
	}
	result := onlyResult(d.Body)
	if result == nil {
		return nil
	}
	x := t.expr(in, result, -1, depth-1)
	if x == nil {
		return nil
	}
	name := declOf(fn.Origin())
	if fn.Pkg().Path() != t.unit.pkg.Path() {
		name = fn.Pkg().Name() + "." + name
	}
	return &tie{site: x.site, via: append([]position.Pos{at}, x.via...), by: name}
}

// declaration returns where a function is declared with a body, or nil.
func (s *source) declaration(fn *types.Func) (*file, *ast.FuncDecl) {
	for _, in := range s.byName {
		if in == nil || in.info == nil || fn.Pkg() == nil || in.pkg.Path() != fn.Pkg().Path() {
			continue
		}
		for _, d := range in.ast.Decls {
			d, ok := d.(*ast.FuncDecl)
			if !ok || d.Body == nil || d.Name.Name != fn.Name() {
				continue
			}
			if o, ok := in.info.Defs[d.Name].(*types.Func); ok && o.FullName() == fn.Origin().FullName() {
				return in, d
			}
		}
	}
	return nil, nil
}

// onlyResult returns what a function returns that has one return statement and one result.
func onlyResult(body *ast.BlockStmt) (result ast.Expr) {
	n := 0
	ast.Inspect(body, func(x ast.Node) bool {
		switch x := x.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt:
			if n++; len(x.Results) == 1 {
				result = x.Results[0]
			}
		}
		return true
	})
	if n != 1 {
		return nil
	}
	return result
}

// argument follows a parameter to the call of the function, which was inlined.
func (t *tracer) argument(f *file, v *types.Var, parent, depth int) *tie {
	if parent < 0 {
		return nil
	}
	index := f.parameter(v)
	if index < 0 {
		return nil
	}
	at := t.real(t.f.Nodes[parent].Call).Printed()
	in, n := t.nodeAt(at, func(n ast.Node) bool {
		c, ok := n.(*ast.CallExpr)
		return ok && in(c, index)
	})
	c, ok := n.(*ast.CallExpr)
	if !ok || in == nil || in.info == nil || at.Col == 0 {
		return nil
	}
	return t.expr(in, c.Args[index], t.f.Nodes[parent].Parent, depth-1)
}

func in(c *ast.CallExpr, index int) bool { return index < len(c.Args) }

// assigned returns what a variable is set to in the file: nil for what is no expression of
// its own.
func (f *file) assigned(v *types.Var) (out []ast.Expr) {
	is := func(e ast.Expr) bool {
		id, ok := ast.Unparen(e).(*ast.Ident)
		return ok && (f.info.Defs[id] == v || f.info.Uses[id] == v)
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for i, l := range n.Lhs {
				if is(l) {
					if len(n.Lhs) == len(n.Rhs) {
						out = append(out, n.Rhs[i])
					} else {
						out = append(out, nil)
					}
				}
			}
		case *ast.ValueSpec:
			for i, id := range n.Names {
				if is(id) {
					if len(n.Names) == len(n.Values) {
						out = append(out, n.Values[i])
					} else {
						out = append(out, nil)
					}
				}
			}
		case *ast.UnaryExpr:
			if n.Op == token.AND && is(n.X) {
				out = append(out, nil, nil) // through a pointer
			}
		case *ast.RangeStmt:
			if n.Key != nil && is(n.Key) || n.Value != nil && is(n.Value) {
				out = append(out, nil)
			}
		}
		return true
	})
	return out
}

// parameter returns the index of a variable among the parameters of its function, or -1.
func (f *file) parameter(v *types.Var) (index int) {
	index = -1
	ast.Inspect(f.ast, func(n ast.Node) bool {
		t, ok := n.(*ast.FuncType)
		if !ok {
			return true
		}
		i := 0
		for _, p := range t.Params.List {
			for _, id := range p.Names {
				if f.info.Defs[id] == v {
					index = i
				}
				i++
			}
		}
		return true
	})
	return index
}

// onlyLoose returns the only iterator in a function that is made outside of a
// range clause.
func (j *judge) onlyLoose(u *unit, local, fn string) *site {
	var only *site
	for _, s := range j.seqs {
		if s.fn == fn && s.pkg == u.pkg.Path() && within(local, s.decl) {
			if only != nil {
				return nil
			}
			only = s
		}
	}
	return only
}

// looseBodies finds the bodies of iterators that are called as functions.
func (j *judge) looseBodies(u *unit, f *machine.Func, use func(u *unit, name string) (aside, open bool)) {
	name := stripTypeArgs(f.Name)
	for fn, seq := range j.api.funcs {
		if !seq || !isBodyOf(name, fn) || !u.alive(f.Name, nil) {
			continue
		}
		for _, from := range append(slices.Clone(u.Refs[f.Name]), u.Refs[f.Name+"·f"]...) {
			for _, c := range j.makers(u, f, from, fn) {
				c.c.verdict = onHeap
				c.c.aside, c.c.open = use(u, from)
				j.loose = append(j.loose, looseMaker{c, u, from})
				c.site.copies = append(c.site.copies, c.c)
			}
		}
	}
}

// makers returns where a function makes loose iterators, whose body is another one.
func (j *judge) makers(u *unit, body *machine.Func, from, fn string) (out []found) {
	made := false
	if f := u.funcs[from]; f != nil {
		entries, _, _ := j.entries(u, f)
		for i, s := range entries {
			if s != nil && s.seq && s.fn == fn && s.scope.Line == 0 && stripTypeArgs(f.Nodes[i].Func) == Library+"."+fn {
				made = true
				if j.spent(u, f, i, fn) {
					continue
				}
				out = append(out, found{site: s, c: j.newCopy(u, f, entries, f.Nodes[i].Parent, -1, s.call)})
			}
		}
	}
	if made {
		return out
	}
	if s := j.onlyLoose(u, u.local(from), fn); s != nil {
		out = append(out, found{site: s, c: u.looseCopy(body, s)})
	}
	if len(out) > 0 {
		return out
	}
	// Nothing is left of the call of the function that returns the iterator but its name.
	for _, s := range j.seqs {
		if s.fn == fn && s.decl != "" && strings.Contains("."+u.local(body.Name), "."+s.decl+"."+fn+".") {
			out = append(out, found{site: s, c: u.looseCopy(body, s)})
		}
	}
	return out
}

func (u *unit) looseCopy(body *machine.Func, s *site) *copyOf {
	return &copyOf{pkg: u.pkg, symbol: body.Name, local: u.local(body.Name), chain: []position.Pos{s.call}}
}
