package suggest

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"
)

// declaration is what is known of one declaration at the top of a file.
type declaration struct {
	root ast.Node
	used map[string]bool // the names in it
	vars map[*types.Var]*variable
	wide []*bounds // one for each size of words

	parts map[*ast.DeclStmt][]ast.Stmt // of declarations of several lines
}

// site is a place where one or more neighbouring variables are declared, each with a
// slice that was found.
type site struct {
	*unit
	*declaration
	obs      *observers
	pieces   []*piece
	first    ast.Stmt // the declarations, which are next to each other
	last     ast.Stmt
	apart    []ast.Stmt // declarations that are not next to the others, and go
	group    *group     // the declaration of several lines around them; nil for none
	shared   bool       // the declaration has other variables too, and stays
	assigned bool       // it is not a declaration: the variable is an older one
	value    ast.Expr   // what a slice that grows is declared with; nil for nothing
	path     []ast.Node // from the file to the block
	list     []ast.Stmt // of the block
	rest     []ast.Stmt // what follows the declarations
	end      token.Pos  // of the block: what is before it is moved
	fn       ast.Node   // the function around it
	typ      *ast.FuncType
	body     *ast.BlockStmt
	top      bool            // the block is the body of fn
	loops    int             // around it
	gives    bool            // what it declares is what the function returns
	made     map[string]bool // the names that the change brings in
	flow     controlFlow
}

// piece is one variable.
type piece struct {
	f    *finding
	id   *ast.Ident
	obj  *types.Var
	call *ast.CallExpr
	elem types.Type
}

// at is where the moved code begins.
func (s *site) at() token.Pos { return s.first.Pos() }

// key tells places apart.
func (s *site) key() token.Pos {
	if s.shared {
		return s.pieces[0].id.Pos()
	}
	return s.first.Pos()
}

func (s *site) moved(p token.Pos) bool { return p >= s.first.Pos() && p < s.end }

// siteOf returns the place of a finding, or why there is none that could change.
func siteOf(u *unit, d *declaration, obs *observers, f *finding, byCall map[ast.Expr]*finding) (*site, string) {
	s := &site{unit: u, declaration: d, obs: obs}
	switch f.Kind {
	case largeArray:
		return nil, "an array is used in more ways than its length tells: by hand"
	case throughIO:
		return nil, "no proof is possible through an interface; package scratch relies on its contract: by hand"
	}
	if f.Kind == result {
		if why := s.resultSite(f); why != "" {
			return nil, why
		}
		return s, ""
	}
	if f.Kind == growth {
		if why := s.growthSite(f); why != "" {
			return nil, why
		}
		return s, ""
	}
	i := len(f.path) - 2
	for i > 0 {
		if _, ok := f.path[i].(*ast.ParenExpr); !ok {
			break
		}
		i--
	}
	var stmt ast.Stmt
	for j := i; j > 0 && stmt == nil; j-- {
		if x, ok := f.path[j].(ast.Stmt); ok {
			stmt, i = x, j
		}
	}
	if stmt == nil || i == 0 {
		return nil, "it is not in a statement of a function"
	}
	stmt = s.line(stmt, f.node)
	if why := s.take(stmt, f, byCall); why != "" {
		return nil, why
	}
	s.first, s.last = stmt, stmt
	s.path = f.path[:i]
	if why := s.surround(); why != "" {
		return nil, why
	}
	return s, ""
}

// take finds the variables of a statement that what was found is of.
func (s *site) take(stmt ast.Stmt, f *finding, byCall map[ast.Expr]*finding) string {
	const notWhole = "it is not the whole value of a new variable"
	ok := false
	if s.pieces, ok = piecesOf(s.unit, stmt); !ok {
		p := s.assigns(stmt, f)
		if p == nil {
			return notWhole
		}
		s.pieces, s.assigned = []*piece{p}, true
	}
	if !slices.ContainsFunc(s.pieces, func(p *piece) bool { return p.call == f.node }) {
		return notWhole
	}
	for _, p := range s.pieces {
		if p.f = byCall[p.call]; p.f == nil {
			return "it is declared together with another variable"
		}
		if p.f.Kind != s.pieces[0].f.Kind || !types.Identical(p.elem, s.pieces[0].elem) {
			return "it is declared together with one of another type"
		}
	}
	if len(s.pieces) > 1 && slices.ContainsFunc(s.pieces, func(p *piece) bool { return !s.sumSafe(p, len(s.pieces)) }) {
		return "it is declared together with another one, and the sum of their lengths may be too large"
	}
	return ""
}

// piecesOf returns the variables that a statement declares, if each gets the value of
// a call of its own.
func piecesOf(u *unit, stmt ast.Stmt) (out []*piece, ok bool) {
	var names, values []ast.Expr
	switch x := stmt.(type) {
	case *ast.AssignStmt:
		if x.Tok != token.DEFINE {
			return nil, false
		}
		names, values = x.Lhs, x.Rhs
	case *ast.DeclStmt:
		g, ok := x.Decl.(*ast.GenDecl)
		if !ok || g.Tok != token.VAR || len(g.Specs) != 1 {
			return nil, false
		}
		v := g.Specs[0].(*ast.ValueSpec)
		for _, n := range v.Names {
			names = append(names, n)
		}
		values = v.Values
	default:
		return nil, false
	}
	if len(names) != len(values) {
		return nil, false
	}
	for i, n := range names {
		id, ok := n.(*ast.Ident)
		if !ok || id.Name == "_" {
			return nil, false
		}
		obj, ok := u.info().Defs[id].(*types.Var)
		if !ok {
			return nil, false
		}
		call, ok := ast.Unparen(values[i]).(*ast.CallExpr)
		if !ok {
			return nil, false
		}
		if u.info().Types[call.Fun].IsType() && len(call.Args) == 1 {
			// A type with a name for what make makes.
			if m, ok := ast.Unparen(call.Args[0]).(*ast.CallExpr); ok && builtinName(m, u.info()) == "make" {
				call = m
			}
		}
		sl, ok := obj.Type().Underlying().(*types.Slice)
		if !ok {
			return nil, false
		}
		out = append(out, &piece{id: id, obj: obj, call: call, elem: sl.Elem()})
	}
	return out, true
}

// surround finds the block, the function and what follows.
func (s *site) surround() string {
	const notOfBlock = "its statement is not one of a block"
	block := s.path[len(s.path)-1]
	switch b := block.(type) {
	case *ast.BlockStmt:
		s.list, s.end = b.List, b.Rbrace
	case *ast.CaseClause:
		s.list = b.Body
	case *ast.CommClause:
		s.list = b.Body
	}
	if len(s.list) == 0 {
		return notOfBlock
	}
	end := s.list[len(s.list)-1].End()
	s.list = s.ungroup(s.list)
	i := slices.Index(s.list, s.first)
	if i < 0 {
		return notOfBlock
	}
	if !s.linesAlone() {
		return "its statement shares a line with others"
	}
	for j := len(s.path) - 2; j >= 0 && s.fn == nil; j-- {
		switch f := s.path[j].(type) {
		case *ast.FuncDecl:
			s.fn, s.typ, s.body = f, f.Type, f.Body
		case *ast.FuncLit:
			s.fn, s.typ, s.body = f, f.Type, f.Body
		case *ast.ForStmt, *ast.RangeStmt:
			s.loops++
		}
	}
	if s.fn == nil {
		return "it is not in a function"
	}
	s.top = s.body == block
	if !s.end.IsValid() {
		s.end = end
	}
	s.rest = s.list[i+1:]
	return ""
}

// local returns a name like base that stands nowhere in the declaration, and takes it
// for this place.
func (s *site) local(base string) string {
	if s.used == nil {
		s.used = map[string]bool{}
		ast.Inspect(s.root, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				s.used[id.Name] = true
			}
			return true
		})
	}
	lib, _ := s.libraryName()
	name := base
	for n := 2; s.used[name] || s.made[name] || name == lib || types.Universe.Lookup(name) != nil; n++ {
		name = base + strconv.Itoa(n)
	}
	s.made[name] = true
	return name
}

// gates returns why the statements that follow cannot be moved into a function
// literal, or "". What only looks at addresses concerns an array too.
func (s *site) gates() string {
	if len(s.rest) == 0 {
		return "nothing follows that uses it"
	}
	if s.flow = flowOf(s.rest, s.info()); s.flow.stuck != "" {
		return s.flow.stuck
	}
	if s.pieces[0].f.Kind == result {
		// Its declaration is moved too.
		here := []ast.Stmt{s.first}
		if flow := flowOf(here, s.info()); flow.stuck != "" {
			return flow.stuck
		}
		if why := s.obs.in(here, s.info()); why != "" {
			return why
		}
	}
	if why := s.addresses(); why != "" {
		return why
	}
	if why := s.pragma(); why != "" {
		return why
	}
	if s.marksItself() {
		return "the function tells package testing of itself (Helper)"
	}
	if s.recursive(s.obs.reaches) {
		return whyRecursive
	}
	return ""
}

const whyRecursive = "the function calls itself, and blocks of all its calls would be on the stack at a time"

// recursive reports whether what follows calls a function around it, as reaches says, or a
// variable that has one of its literals.
func (s *site) recursive(reaches func(list []ast.Stmt, info *types.Info, fn *types.Func) bool) bool {
	for i, n := range s.path {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if fn, ok := s.info().Defs[n.Name].(*types.Func); ok && reaches(s.rest, s.info(), fn) {
				return true
			}
		case *ast.FuncLit:
			var names []ast.Expr
			switch p := s.path[i-1].(type) {
			case *ast.AssignStmt:
				names = p.Lhs
			case *ast.ValueSpec:
				for _, id := range p.Names {
					names = append(names, id)
				}
			}
			for _, e := range names {
				if id, ok := ast.Unparen(e).(*ast.Ident); ok && s.mentions(s.info().ObjectOf(id)) {
					return true
				}
			}
		}
	}
	return false
}

// mentions reports whether what follows uses an object.
func (s *site) mentions(obj types.Object) (yes bool) {
	for _, st := range s.rest {
		ast.Inspect(st, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			yes = yes || ok && obj != nil && s.info().Uses[id] == obj
			return !yes
		})
	}
	return yes
}

func (s *site) addresses() string { return s.obs.in(s.rest, s.info()) }

// pragma returns the directives that hold for a function, and not for a literal in it.
func (s *site) pragma() string {
	for _, n := range s.path {
		d, ok := n.(*ast.FuncDecl)
		if !ok || d.Doc == nil {
			continue
		}
		for _, c := range d.Doc.List {
			if t, ok := strings.CutPrefix(c.Text, "//go:"); ok {
				switch word, _, _ := strings.Cut(t, " "); word {
				case "noinline", "inline", "fix", "generate", "build", "linkname":
				default:
					return "//go:" + word + " holds for the function, and not for a callback in it"
				}
			}
		}
	}
	return ""
}

// marksItself reports whether the function calls a method named Helper.
func (s *site) marksItself() (yes bool) {
	inspectFunc(s.body, func(n ast.Node) {
		if c, ok := n.(*ast.CallExpr); ok {
			if fn := callee(c, s.info()); fn != nil && fn.Name() == "Helper" && fn.Signature().Recv() != nil {
				yes = true
			}
		}
	})
	return yes
}

// hasDefer reports whether the function has a defer statement.
func (s *site) hasDefer() (yes bool) {
	inspectFunc(s.body, func(n ast.Node) {
		if _, ok := n.(*ast.DeferStmt); ok {
			yes = true
		}
	})
	return yes
}

// results returns the named results of the function.
func (s *site) results() (out []*types.Var) {
	if s.typ.Results == nil {
		return nil
	}
	for _, f := range s.typ.Results.List {
		for _, n := range f.Names {
			if v, ok := s.info().Defs[n].(*types.Var); ok {
				out = append(out, v)
			}
		}
	}
	return out
}

func (s *site) isResult(v *types.Var) bool { return slices.Contains(s.results(), v) }

// in reports whether a place is in a loop that is in the moved statements.
func (s *site) inLoop(u use) bool {
	loop := false
	for _, n := range u.stack {
		switch n.(type) {
		case *ast.ForStmt, *ast.RangeStmt:
			loop = loop || s.moved(n.Pos())
		}
	}
	return loop
}

// narrow returns the range of a length on every size of words.
func (s *site) ranges(e ast.Expr) (out []bound) {
	for _, b := range s.wide {
		out = append(out, b.of(e, append(slices.Clone(s.path), s.whole())))
	}
	return out
}

// safeLength reports whether make and the library take every value of a length, other
// than for want of memory.
func (s *site) safeLength(e ast.Expr, elem types.Type) bool {
	if c, ok := ast.Unparen(e).(*ast.CallExpr); ok && builtinName(c, s.info()) == "len" {
		if x, ok := s.info().TypeOf(c.Args[0]).Underlying().(*types.Slice); ok && types.Identical(x.Elem(), elem) {
			return true // there are as many already
		}
	}
	for i, r := range s.ranges(e) {
		if !s.wide[i].takes(r, elem) {
			return false
		}
	}
	return true
}

// joined returns the place of two declarations of a block, if one block serves both:
// they are of one kind and type, the second does not depend on the first, and what is
// between them neither calls anything nor changes the second's length.
func (s *site) joined(t *site) *site {
	i, k := slices.Index(s.list, s.last), slices.Index(s.list, t.first)
	if i < 0 || k <= i || s.assigned || t.assigned || s.path[len(s.path)-1] != t.path[len(t.path)-1] {
		return nil
	}
	a, b := s.pieces[0], t.pieces[0]
	if a.f.Kind != b.f.Kind || a.f.Kind == clone || a.f.Kind == growth || a.f.Kind == result || !types.Identical(a.elem, b.elem) || len(a.call.Args) != len(b.call.Args) {
		return nil
	}
	for _, p := range t.pieces {
		for _, q := range s.pieces {
			for _, u := range s.vars[q.obj].uses {
				if u.id.Pos() >= p.call.Pos() && u.id.Pos() < p.call.End() {
					return nil
				}
			}
		}
		if k > i+1 && !s.early(p, s.list[i+1:k]) {
			return nil
		}
	}
	j := *s
	j.pieces = append(slices.Clone(s.pieces), t.pieces...)
	if slices.ContainsFunc(j.pieces, func(p *piece) bool { return !s.sumSafe(p, len(j.pieces)) }) {
		return nil // the sum may wrap around where each of them is a length that make takes
	}
	j.apart = append(slices.Clone(s.apart), t.first)
	if t.group != nil && (k != i+1 || len(s.apart) > 0) {
		return nil
	}
	if k == i+1 && len(s.apart) == 0 {
		j.apart, j.last, j.rest = nil, t.last, t.rest
	}
	return &j
}

// sumSafe reports whether the length of a piece may be added to those of others, count in
// all: it is far from what an int holds, or make refuses elements of their size before.
func (s *site) sumSafe(p *piece, count int) bool {
	if p.f.Kind == conversion {
		return true // draft.operand sees to it
	}
	for i, r := range s.ranges(p.call.Args[len(p.call.Args)-1]) {
		b := s.wide[i]
		if r.lo >= 0 && r.hi <= b.limit/int64(count) {
			continue
		}
		if !b.sized(p.elem) || int64(2*count) > b.sizes.Sizeof(p.elem) {
			return false
		}
	}
	return true
}

// early reports whether a slice can be made before the statements that are before it.
func (s *site) early(p *piece, between []ast.Stmt) bool {
	n := p.call.Args[len(p.call.Args)-1]
	if p.f.Kind != variableMake || !s.safeLength(n, p.elem) || !s.pure(n) {
		return false
	}
	ok := true
	for _, b := range between {
		ast.Inspect(b, func(x ast.Node) bool {
			switch x := x.(type) {
			case *ast.CallExpr:
				switch builtinName(x, s.info()) {
				case "len", "cap", "min", "max":
				default:
					ok = ok && s.info().Types[x.Fun].IsType()
				}
			case *ast.FuncLit, *ast.GoStmt, *ast.DeferStmt, *ast.SendStmt, *ast.ReturnStmt, *ast.BranchStmt, *ast.LabeledStmt, *ast.SelectStmt:
				ok = false
			case *ast.UnaryExpr:
				ok = ok && x.Op != token.ARROW
			case *ast.Ident:
				ok = ok && x.Name != p.id.Name // another one, that it would hide
			}
			return ok
		})
	}
	// The operands are variables of the function that nothing changes meanwhile.
	ast.Inspect(n, func(x ast.Node) bool {
		switch x := x.(type) {
		case *ast.SelectorExpr, *ast.IndexExpr, *ast.StarExpr:
			ok = false
		case *ast.Ident:
			obj := s.info().Uses[x]
			if obj != nil && s.moved(obj.Pos()) {
				ok = false
			}
			v, isVar := obj.(*types.Var)
			if !isVar {
				return ok
			}
			d := s.vars[v]
			if d == nil || d.address {
				ok = false
				return ok
			}
			for _, a := range d.assigned {
				if a.in != s.fn || a.id.Pos() >= s.first.Pos() && a.id.Pos() < p.call.Pos() {
					ok = false
				}
			}
		}
		return ok
	})
	return ok
}
