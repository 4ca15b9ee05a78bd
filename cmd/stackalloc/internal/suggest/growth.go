package suggest

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
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
	s.path = s.declaring(v)
	if s.path == nil {
		return "its variable is not declared empty in a statement of its own"
	}
	s.first = s.path[len(s.path)-1].(ast.Stmt)
	s.last = s.first
	s.path = s.path[:len(s.path)-1]
	s.pieces = []*piece{{f: f, obj: v, id: s.declared(v)}}
	s.pieces[0].elem = v.Type().Underlying().(*types.Slice).Elem()
	return s.surround()
}

// declaring returns the way to the statement that declares a variable and nothing else,
// without elements.
func (s *site) declaring(v *types.Var) []ast.Node {
	var stack, out []ast.Node
	ast.Inspect(s.root, func(n ast.Node) bool {
		if n == nil {
			stack = stack[:len(stack)-1]
			return false
		}
		stack = append(stack, n)
		switch x := n.(type) {
		case *ast.AssignStmt:
			if x.Tok == token.DEFINE && len(x.Lhs) == 1 && len(x.Rhs) == 1 && s.declares(x.Lhs[0], v) && s.startsEmpty(x.Rhs[0]) {
				out = slices.Clone(stack)
			}
		case *ast.DeclStmt:
			g, ok := x.Decl.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR || len(g.Specs) != 1 {
				return true
			}
			if d := g.Specs[0].(*ast.ValueSpec); len(d.Names) == 1 && s.declares(d.Names[0], v) && (len(d.Values) == 0 || s.startsEmpty(d.Values[0])) {
				out = slices.Clone(stack)
			}
		}
		return true
	})
	if out == nil {
		return nil
	}
	return append([]ast.Node{s.file}, out...)
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
		return len(e.Args) == 1 && s.info().Types[e.Args[0]].IsNil()
	}
	return false
}

// startsNil reports whether the variable is nil at first.
func (s *site) startsNil() bool {
	lit := false
	ast.Inspect(s.first, func(n ast.Node) bool {
		_, l := n.(*ast.CompositeLit)
		lit = lit || l
		return true
	})
	return !lit
}

// worst returns the number of elements that the variable can have, as terms of a sum,
// or why it is not bounded.
func (s *site) worst() (terms []string, why string) {
	const unbounded = "the number of elements is not bounded by lengths that are known before"
	p := s.pieces[0]
	v := s.vars[p.obj]
	if v.address || !s.own(p.obj) {
		return nil, unbounded
	}
	if !s.appendOnly(p.obj) {
		return nil, "its capacity, or that it begins as nil, could be seen"
	}
	if s.startsNil() {
		if why := s.nilSeen(p.obj); why != "" {
			return nil, why
		}
	}
	constant := 0
	for _, u := range v.uses {
		c, ok := u.stack[len(u.stack)-2].(*ast.CallExpr)
		if !ok {
			continue
		}
		switch builtinName(c, s.info()) {
		case "cap":
			return nil, "its capacity is used, which is up to the runtime"
		case "append":
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
		case trips == "":
			constant += len(c.Args) - 1
		case len(c.Args) == 2:
			terms = append(terms, trips)
		default:
			terms = append(terms, fmt.Sprintf("%d*%s", len(c.Args)-1, trips))
		}
	}
	if constant > 0 {
		terms = append(terms, fmt.Sprint(constant))
	}
	return terms, ""
}

// trips returns how often the place of a use is reached at most after the declaration:
// "" for once, or the length of what the one loop around it ranges over.
func (s *site) trips(u use) (text string, ok bool) {
	loops := 0
	for _, n := range u.stack {
		if !s.moved(n.Pos()) {
			continue
		}
		switch n := n.(type) {
		case *ast.ForStmt, *ast.FuncLit, *ast.LabeledStmt:
			return "", false // a label may be jumped to
		case *ast.RangeStmt:
			loops++
			text = s.rounds(n.X)
			if loops > 1 || text == "" {
				return "", false
			}
		}
	}
	return text, true
}

// rounds returns how often a loop over e runs at most, as it can be written before the
// declaration, or "".
func (s *site) rounds(e ast.Expr) string {
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
		return ""
	}
	t := s.info().TypeOf(e).Underlying()
	if b, isBasic := t.(*types.Basic); isBasic && b.Kind() == types.Int {
		_, isCall := e.(*ast.CallExpr)
		if _, isID := e.(*ast.Ident); (isID || isCall) && s.pure(e) && s.safeLength(e) {
			return s.text(e)
		}
		return ""
	}
	id, isID := e.(*ast.Ident)
	if !isID {
		return ""
	}
	switch t := t.(type) {
	case *types.Slice, *types.Map, *types.Array:
		return "len(" + id.Name + ")"
	case *types.Basic:
		if t.Info()&types.IsString != 0 {
			return "len(" + id.Name + ")"
		}
	}
	return ""
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
	return ""
}
