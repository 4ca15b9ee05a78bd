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

// A slice that begins empty and is appended to in loops can begin with room for all
// of it, if the number of elements is bounded by lengths that are known before. If it
// is exceeded all the same, append does what it always does.

// growthSite returns the place where the slice of an append is declared.
func (s *site) growthSite(f *finding) string {
	id, ok := ast.Unparen(f.node.(*ast.CallExpr).Args[0]).(*ast.Ident)
	if !ok {
		return "it is not a variable that grows"
	}
	v, ok := s.info().Uses[id].(*types.Var)
	if !ok || s.vars[v] == nil {
		return "it is not a variable that grows"
	}
	if s.path, s.shared = s.declaring(v); s.path == nil {
		return "its variable is not declared empty"
	}
	s.first = s.path[len(s.path)-1].(ast.Stmt)
	s.last = s.first
	s.path = s.path[:len(s.path)-1]
	s.pieces = []*piece{{f: f, obj: v, id: s.declared(v)}}
	s.pieces[0].elem = v.Type().Underlying().(*types.Slice).Elem()
	if why := s.surround(); why != "" {
		return why
	}
	if s.shared && s.mentioned(s.first, v) {
		return "its variable is used in the statement that declares it"
	}
	return ""
}

// declaring returns the way to the statement that declares a variable without elements,
// and whether it declares others too.
func (s *site) declaring(v *types.Var) (way []ast.Node, shared bool) {
	var stack, out []ast.Node
	ast.Inspect(s.root, func(n ast.Node) bool {
		if n == nil {
			stack = stack[:len(stack)-1]
			return false
		}
		stack = append(stack, n)
		switch x := n.(type) {
		case *ast.AssignStmt:
			for i, l := range x.Lhs {
				if x.Tok == token.DEFINE && len(x.Lhs) == len(x.Rhs) && s.declares(l, v) && s.startsEmpty(x.Rhs[i]) {
					out, shared = slices.Clone(stack), len(x.Lhs) > 1
					s.value = x.Rhs[i]
				}
			}
		case *ast.DeclStmt:
			g, ok := x.Decl.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				return true
			}
			for _, spec := range g.Specs {
				d := spec.(*ast.ValueSpec)
				for i, id := range d.Names {
					if !s.declares(id, v) || len(d.Values) > 0 && (len(d.Names) != len(d.Values) || !s.startsEmpty(d.Values[i])) {
						continue
					}
					out, shared = slices.Clone(stack), len(g.Specs) > 1 || len(d.Names) > 1
					if len(d.Values) > 0 {
						s.value = d.Values[i]
					}
				}
			}
		}
		return true
	})
	if out == nil {
		return nil, false
	}
	return append([]ast.Node{s.file}, out...), shared
}

// mentioned reports whether a statement uses a variable.
func (s *site) mentioned(st ast.Node, v *types.Var) (yes bool) {
	ast.Inspect(st, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		yes = yes || ok && s.info().Uses[id] == v
		return !yes
	})
	return yes
}

func (s *site) declares(e ast.Expr, v *types.Var) bool {
	id, ok := e.(*ast.Ident)
	return ok && s.info().Defs[id] == v
}

func (s *site) declared(v *types.Var) (out *ast.Ident) {
	for id, obj := range s.info().Defs {
		if obj == v {
			return id
		}
	}
	return nil
}

// startsEmpty matches []T{} and []T(nil).
func (s *site) startsEmpty(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.CompositeLit:
		return len(e.Elts) == 0
	case *ast.CallExpr:
		return isNilConversion(e, s.info())
	}
	return false
}

// startsNil reports whether the variable is nil at first.
func (s *site) startsNil() bool {
	_, lit := ast.Unparen(s.value).(*ast.CompositeLit)
	return !lit
}

// roomUnseen returns what might notice that a slice has room from the beginning, or "".
func (s *site) roomUnseen() string {
	p := s.pieces[0]
	if !s.spareUnseen(p.obj) {
		return "its capacity, or that it begins as nil, could be seen"
	}
	if s.startsNil() {
		if why := s.nilSeen(p.obj); why != "" {
			return why
		}
	}
	return s.movingSeen(p.obj)
}

// spareUnseen reports whether nothing sees how much room a slice has, which statements in
// order append to.
func (s *site) spareUnseen(o *types.Var) bool {
	v := s.vars[o]
	return !v.address && s.appendOnly(o, false) && !slices.ContainsFunc(v.assigned, func(u use) bool {
		return u.in != v.owner // in the middle of anything
	})
}

// movingSeen returns what might notice whether an append moves the elements, or "".
func (s *site) movingSeen(o *types.Var) string {
	v := s.vars[o]
	for _, u := range v.uses {
		for i := len(u.stack) - 1; i > 0; i-- {
			switch n := u.stack[i].(type) {
			case *ast.IndexExpr:
				if n.X == u.stack[i+1] && addressed(u.stack[:i+1], s.info()) {
					return "the address of an element is taken, which append may leave behind"
				}
			case *ast.RangeStmt:
				if n.X == u.stack[i+1] && n.Value != nil && slices.ContainsFunc(v.assigned, func(a use) bool { return a.id.Pos() >= n.Body.Pos() && a.id.Pos() < n.Body.End() }) {
					return "it grows in a loop over it, which append may leave behind"
				}
			}
		}
	}
	return ""
}

// rare reports whether all that is appended is under conditions, or behind statements that
// may go elsewhere: then the slice may stay
// empty as a rule, which costs nothing as it is.
func (s *site) rare() bool {
	v := s.pieces[0].obj
	for _, u := range s.vars[v].uses {
		c, ok := u.stack[len(u.stack)-2].(*ast.CallExpr)
		if ok && (builtinName(c, s.info()) == "append" || extends(c, s.info())) && c.Args[0] == u.id && !s.conditional(u, v) && !s.passed(u) {
			return false
		}
	}
	return true
}

// conditional reports whether a use is in a branch of an if statement whose other way
// does not use the variable. The cases of a switch are ways that are taken as a rule.
func (s *site) conditional(u use, v *types.Var) bool {
	return slices.ContainsFunc(u.stack, func(n ast.Node) bool {
		i, ok := n.(*ast.IfStmt)
		return ok && s.moved(i.Pos()) && (i.Else == nil || !s.mentioned(i.Body, v) || !s.mentioned(i.Else, v))
	})
}

// leftEarly reports whether a loop that appends may end before its last round, so that
// its worst case is not what to expect.
func (s *site) leftEarly() bool {
	v := s.pieces[0].obj
	return slices.ContainsFunc(s.vars[v].assigned, func(u use) bool {
		return slices.ContainsFunc(u.stack, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ForStmt:
				return s.moved(n.Pos()) && s.goesElsewhere(n.Body, token.BREAK)
			case *ast.RangeStmt:
				return s.moved(n.Pos()) && s.goesElsewhere(n.Body, token.BREAK)
			}
			return false
		})
	})
}

// passed reports whether statements before a use may go elsewhere.
func (s *site) passed(u use) bool {
	for i, n := range u.stack[:len(u.stack)-1] {
		if b, ok := n.(*ast.BlockStmt); ok && s.passes(b.List, u.stack[i+1]) {
			return true
		}
		if b, ok := n.(*ast.CaseClause); ok && s.passes(b.Body, u.stack[i+1]) {
			return true
		}
	}
	return false
}

func (s *site) passes(list []ast.Stmt, to ast.Node) bool {
	for _, st := range list {
		if st == to {
			break
		}
		if s.moved(st.Pos()) && s.goesElsewhere(st, token.BREAK, token.CONTINUE) {
			return true
		}
	}
	return false
}

// goesElsewhere reports whether a statement may return, jump, or break or continue what
// is around it. To return an error is an exception.
func (s *site) goesElsewhere(st ast.Stmt, leave ...token.Token) (yes bool) {
	ast.Inspect(st, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt:
			yes = yes || !s.failure(n)
		case *ast.BranchStmt:
			yes = yes || n.Tok == token.GOTO || n.Label != nil || slices.Contains(leave, n.Tok)
		case *ast.ForStmt:
			yes = yes || s.goesElsewhere(n.Body)
			return false
		case *ast.RangeStmt:
			yes = yes || s.goesElsewhere(n.Body)
			return false
		case *ast.SwitchStmt:
			yes = yes || s.goesElsewhere(n.Body, others(leave)...)
			return false
		case *ast.TypeSwitchStmt:
			yes = yes || s.goesElsewhere(n.Body, others(leave)...)
			return false
		case *ast.SelectStmt:
			yes = yes || s.goesElsewhere(n.Body, others(leave)...)
			return false
		}
		return !yes
	})
	return yes
}

// others are the ways out of a switch that are none of what is around it.
func others(leave []token.Token) []token.Token {
	return slices.DeleteFunc(slices.Clone(leave), func(t token.Token) bool { return t == token.BREAK })
}

// failure matches the return of an error that is not nil.
func (s *site) failure(r *ast.ReturnStmt) bool {
	if len(r.Results) == 0 {
		return false
	}
	last := s.info().Types[r.Results[len(r.Results)-1]]
	return last.Type != nil && !last.IsNil() && types.Implements(last.Type, types.Universe.Lookup("error").Type().Underlying().(*types.Interface))
}

// hasPointers reports whether values of a type may have pointers, so that they are cleared.
func hasPointers(t types.Type) bool {
	switch t := t.Underlying().(type) {
	case *types.Basic:
		return t.Info()&types.IsString != 0 || t.Kind() == types.UnsafePointer
	case *types.Array:
		return hasPointers(t.Elem())
	case *types.Struct:
		for f := range t.Fields() {
			if hasPointers(f.Type()) {
				return true
			}
		}
		return false
	}
	return true
}

// room returns the change that gives a slice a small array to begin in, or why there is
// none. What is more than that goes where append puts it.
func (s *site) room() (*change, string) {
	p := s.pieces[0]
	elem := p.elem
	if within.HasTypeParam(elem) {
		return nil, "the size of its elements is not known"
	}
	size := s.pkg.TypesSizes.Sizeof(elem)
	if size <= 0 || size > roomFor/4 {
		return nil, "an array for a few of its elements would be large"
	}
	if why := s.roomUnseen(); why != "" {
		return nil, why
	}
	if why := s.addresses(); why != "" {
		return nil, why
	}
	if why := s.addressesHere(); why != "" {
		return nil, why
	}
	text, ok := s.elemText()
	if !ok {
		return nil, "the type of its elements has no name here"
	}
	if s.named(p) {
		return nil, "it is of a type with a name"
	}
	name := s.local(p.id.Name + "Room")
	s.used[name] = true
	n := roomFor / size
	array := fmt.Sprintf("[%d]%s", n, text)
	in := s.indent(s.offset(s.first.Pos()))
	c := (&draft{site: s}).newChange()
	c.library, c.array, c.use = false, true, array
	from, to := s.offset(s.first.Pos()), s.offset(s.last.End())
	if s.shared {
		// Behind the other declarations.
		at := s.lineEnd(to)
		c.from, c.to, c.gone = at, at, [2]token.Pos{}
		c.edits = []edit.Edit{{From: at, To: at, Text: in + "var " + name + " " + array + "\n" + in + p.id.Name + " = " + name + "[:0]\n"}}
		return c, ""
	}
	if len((&draft{site: s}).comments(from, to)) > 0 {
		return nil, "a comment stands in its declaration"
	}
	c.edits = []edit.Edit{{From: from, To: to, Text: join([]string{"var " + name + " " + array, p.id.Name + " := " + name + "[:0]"}, in)}}
	return c, ""
}

// addressesHere is addresses for the statement of the declaration itself.
func (s *site) addressesHere() string { return s.obs.in([]ast.Stmt{s.first}, s.info()) }

// worst returns the number of elements that the variable can have, as terms of a sum,
// or why it is not bounded.
func (s *site) worst() (terms []string, why string) {
	const unbounded = "the number of elements is not bounded by lengths that are known before"
	p := s.pieces[0]
	v := s.vars[p.obj]
	if why := s.roomUnseen(); why != "" {
		return nil, why
	}
	if !s.own(p.obj) {
		return nil, unbounded
	}
	var grow []rounds
	constant := 0
	for _, u := range v.uses {
		c, ok := u.stack[len(u.stack)-2].(*ast.CallExpr)
		if !ok {
			continue
		}
		switch builtinName(c, s.info()) {
		case "append":
		case "":
			if extends(c, s.info()) && c.Args[0] == u.id {
				return nil, unbounded
			}
			continue
		default:
			continue
		}
		if c.Args[0] != u.id {
			continue
		}
		trips, ok := s.trips(u)
		switch {
		case !ok || c.Ellipsis.IsValid():
			return nil, unbounded
		case trips.text == "":
			constant += len(c.Args) - 1
		default:
			trips.each = len(c.Args) - 1
			grow = append(grow, trips)
		}
	}
	most, ok := s.most(grow, constant)
	if !ok {
		return nil, unbounded
	}
	for _, g := range grow {
		text := g.text
		if g.hi > most {
			text = fmt.Sprintf("min(%s, %d)", text, most)
		}
		if g.each > 1 {
			text = fmt.Sprintf("%d*%s", g.each, text)
		}
		terms = append(terms, text)
	}
	if constant > 0 {
		terms = append(terms, fmt.Sprint(constant))
	}
	return terms, ""
}

// mostRoom is the number of bytes from which the worst case is left to append: an input
// of hundreds of megabytes may need little of it.
const mostRoom = 16 << 10

// rounds is a loop that appends.
type rounds struct {
	text string // how often it runs at most; "" for once
	hi   int64  // the largest value of it, as far as is known
	each int    // the elements that it appends each time
}

// most returns the number of rounds of every loop for which there is to be room.
func (s *site) most(grow []rounds, constant int) (int64, bool) {
	size := int64(16)
	if p := s.pieces[0]; !within.HasTypeParam(p.elem) {
		size = max(1, s.pkg.TypesSizes.Sizeof(p.elem))
	}
	each := int64(0)
	for _, g := range grow {
		each += int64(g.each)
	}
	if each == 0 {
		return 0, int64(constant)*size <= mostRoom
	}
	n := (mostRoom/size - int64(constant)) / each
	return n, n > 0
}

// trips returns how often the place of a use is reached at most after the declaration:
// once, or the length of what the one loop around it ranges over.
func (s *site) trips(u use) (r rounds, ok bool) {
	loops := 0
	for _, n := range u.stack {
		if !s.moved(n.Pos()) {
			continue
		}
		switch n := n.(type) {
		case *ast.ForStmt, *ast.FuncLit, *ast.LabeledStmt:
			return r, false // a label may be jumped to
		case *ast.RangeStmt:
			loops++
			r = s.rounds(n.X)
			if loops > 1 || r.text == "" {
				return r, false
			}
		}
	}
	return r, true
}

// rounds returns how often a loop over e runs at most, as it can be written before the
// declaration, or nothing.
func (s *site) rounds(e ast.Expr) (none rounds) {
	e = ast.Unparen(e)
	ok := true
	ast.Inspect(e, func(n ast.Node) bool {
		id, isID := n.(*ast.Ident)
		if !isID {
			return true
		}
		obj := s.info().Uses[id]
		if obj == nil || s.moved(obj.Pos()) || s.lookup(id.Name, s.at()) != obj {
			ok = false
		}
		if v := s.vars[asVar(obj)]; v != nil {
			ok = ok && !v.address && !slices.ContainsFunc(v.assigned, func(u use) bool { return s.moved(u.id.Pos()) || u.in != s.fn })
		}
		return true
	})
	if !ok {
		return none
	}
	t := s.info().TypeOf(e).Underlying()
	if b, isBasic := t.(*types.Basic); isBasic && b.Kind() == types.Int {
		_, isCall := e.(*ast.CallExpr)
		if _, isID := e.(*ast.Ident); (isID || isCall) && s.pure(e) && s.safeLength(e, types.Typ[types.Byte]) {
			r := rounds{text: s.text(e)}
			for _, x := range s.ranges(e) {
				r.hi = max(r.hi, x.hi)
			}
			return r
		}
		return none
	}
	id, isID := e.(*ast.Ident)
	if !isID {
		return none
	}
	r := rounds{text: "len(" + id.Name + ")", hi: large}
	switch t := t.(type) {
	case *types.Slice, *types.Map:
		return r
	case *types.Array:
		r.hi = t.Len()
		return r
	case *types.Basic:
		if t.Info()&types.IsString != 0 {
			return r
		}
	}
	return none
}

func asVar(obj types.Object) *types.Var {
	v, _ := obj.(*types.Var)
	return v
}

// growth writes the length and the beginning of a slice that grows.
func (d *draft) growth() string {
	terms, why := d.worst()
	if why != "" {
		return why
	}
	d.lens = []string{strings.Join(terms, "+")}
	d.names = append(d.names, "len")
	if strings.Contains(d.lens[0], "min(") {
		d.names = append(d.names, "min")
	}
	return ""
}
