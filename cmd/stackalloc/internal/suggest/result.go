package suggest

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/edit"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/explain"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/within"
)

// A function that makes a slice and returns it has it on the heap, also for callers
// that keep it to themselves. Such a function is cut in two: one that takes the room
// for its result, and the old one, which calls it without. A caller in the package that
// has room on its stack calls the new one.

// giver is a function that makes its result, once.
type giver struct {
	pkg  *packages.Package
	file *ast.File
	decl *ast.FuncDecl
	fn   *types.Func
	stmt *ast.AssignStmt // the declaration of the slice
	name string          // of the slice
	call *ast.CallExpr   // make
	elem types.Type

	room  *change // that cuts it in two, once it was written
	into  string  // the name of the new function
	spare bool    // it does not see whether its slice has more room than it asked for
}

// roomFor is the number of bytes of an array for a slice whose length is not known.
const roomFor = smallArray

// givers returns the functions of a package that make their result.
func givers(p *packages.Package, rep *explain.Report) map[*types.Func]*giver {
	out := map[*types.Func]*giver{}
	for _, f := range p.Syntax {
		for _, d := range f.Decls {
			decl, ok := d.(*ast.FuncDecl)
			if !ok || decl.Body == nil || decl.Type.Results.NumFields() != 1 {
				continue
			}
			fn, ok := p.TypesInfo.Defs[decl.Name].(*types.Func)
			if !ok || fn.Signature().TypeParams().Len() > 0 || fn.Signature().RecvTypeParams().Len() > 0 {
				continue
			}
			g := &giver{pkg: p, file: f, decl: decl, fn: fn}
			if g.find(rep) {
				out[fn] = g
			}
		}
	}
	return out
}

// find looks for the one make of a result among the statements of the body itself.
func (g *giver) find(rep *explain.Report) bool {
	info := g.pkg.TypesInfo
	for _, s := range g.decl.Body.List {
		a, ok := s.(*ast.AssignStmt)
		if !ok || a.Tok != token.DEFINE || len(a.Lhs) != 1 || len(a.Rhs) != 1 {
			continue
		}
		id, isID := a.Lhs[0].(*ast.Ident)
		c, isCall := a.Rhs[0].(*ast.CallExpr)
		if !isID || !isCall || builtinName(c, info) != "make" || len(c.Args) < 2 {
			continue
		}
		t, ok := types.Unalias(info.TypeOf(c)).(*types.Slice)
		e, escapes := rep.Escapes[position.Of(g.pkg.Fset, c.Lparen)]
		if !ok || !escapes || len(e.Steps) == 0 || within.HasTypeParam(t.Elem()) || !types.Identical(t, fnResult(g.fn)) {
			continue
		}
		if last := e.Steps[len(e.Steps)-1]; last.Kind != "return" || strings.HasPrefix(last.Flow, "{heap}") {
			continue
		}
		if g.stmt != nil {
			return false
		}
		g.stmt, g.call, g.elem, g.name = a, c, t.Elem(), id.Name
	}
	return g.stmt != nil
}

func fnResult(fn *types.Func) types.Type { return types.Unalias(fn.Signature().Results().At(0).Type()) }

// sizes returns the length and the capacity that the function asks for, if they are
// constants, or the parameter whose length they both are.
func (g *giver) sizes() (n, c int64, param *types.Var) {
	info := g.pkg.TypesInfo
	constant := func(e ast.Expr) int64 {
		if v := info.Types[e].Value; v != nil && fixed(e, g.pkg) {
			var n int64
			if _, err := fmt.Sscan(v.ExactString(), &n); err == nil {
				return n
			}
		}
		return -1
	}
	last := g.call.Args[len(g.call.Args)-1]
	if n, c = constant(g.call.Args[1]), constant(last); n >= 0 && c >= n {
		return n, c, nil
	}
	l, ok := ast.Unparen(last).(*ast.CallExpr)
	if !ok || len(g.call.Args) != 2 || builtinName(l, info) != "len" {
		return -1, -1, nil
	}
	id, ok := ast.Unparen(l.Args[0]).(*ast.Ident)
	v, isVar := info.Uses[id].(*types.Var)
	if !ok || !isVar || !g.unchanged(v) || !hasFixedLength(v.Type()) {
		return -1, -1, nil
	}
	return -1, -1, v
}

// hasFixedLength reports whether a variable of the type must change for its length to.
func hasFixedLength(t types.Type) bool {
	if _, ok := t.Underlying().(*types.Slice); ok {
		return true
	}
	return isString(t)
}

// unchanged reports whether a parameter is what the caller gave when the slice is made.
func (g *giver) unchanged(param *types.Var) bool {
	v := variables(g.decl, g.pkg.TypesInfo)[param]
	return v != nil && !v.address && !slices.ContainsFunc(v.assigned, func(u use) bool {
		return u.in != v.owner || u.id.Pos() < g.stmt.Pos()
	})
}

// result finds x := f(…) and x = f(…) where f makes its result.
func (s *finder) result(c *ast.CallExpr) {
	g := s.givers[callee(c, s.pkg.TypesInfo)]
	if g == nil || len(s.path) < 2 || c.Ellipsis.IsValid() != g.fn.Signature().Variadic() {
		return
	}
	a, ok := s.path[len(s.path)-2].(*ast.AssignStmt)
	if !ok || len(a.Lhs) != 1 || a.Rhs[0] != ast.Expr(c) {
		return
	}
	id, ok := a.Lhs[0].(*ast.Ident)
	if !ok || id.Name == "_" || a.Tok != token.DEFINE && a.Tok != token.ASSIGN {
		return
	}
	v, ok := s.pkg.TypesInfo.ObjectOf(id).(*types.Var)
	if !ok || !types.Identical(types.Unalias(v.Type()), fnResult(g.fn)) {
		return
	}
	if n, _, param := g.sizes(); n < 0 && param == nil {
		return
	}
	s.add(result, c, "is made in "+g.fn.Name()+", and does not leave this function", "room for it on the stack")
	f := s.out[len(s.out)-1]
	f.giver, f.maybe = g, a.Tok == token.ASSIGN || !s.staysLocal(c)
}

// resultSite returns the place of a call whose result has room.
func (s *site) resultSite(f *finding) string {
	a := f.path[len(f.path)-2].(*ast.AssignStmt)
	id := a.Lhs[0].(*ast.Ident)
	v := s.info().ObjectOf(id).(*types.Var)
	s.path = f.path[:len(f.path)-2]
	s.first, s.last = a, a
	s.pieces = []*piece{{f: f, id: id, obj: v, call: f.node.(*ast.CallExpr), elem: f.giver.elem}}
	if s.tok.Line(a.Pos()) != s.tok.Line(a.End()) {
		return "its call takes more than one line"
	}
	if why := s.surround(); why != "" {
		return why
	}
	if a.Tok == token.ASSIGN {
		d := &draft{site: s}
		if !s.own(v) || s.isResult(v) || !d.dead(v) || slices.ContainsFunc(s.results(), func(r *types.Var) bool { return r == v }) {
			return "its variable is seen after the block"
		}
	}
	return ""
}

// splitting writes the change that cuts the function in two, or returns why there is none.
func (g *giver) splitting(u *unit, obs *observers) string {
	if g.room != nil {
		return ""
	}
	if why := g.whole(u, obs); why != "" {
		return why
	}
	info, d := g.pkg.TypesInfo, g.decl
	args, why := g.arguments()
	if why != "" {
		return why
	}
	g.into = u.fresh(unexported(g.fn.Name()) + "Into")
	room := "room"
	for n := 2; usesName(d, room); n++ {
		room = fmt.Sprint("room", n)
	}
	wrapper, why := g.wrapper(u, args, room)
	if why != "" {
		return why
	}
	in := u.indent(u.offset(g.stmt.Pos()))
	c := &change{unit: u, decl: d, support: true}
	c.from, c.to = u.offset(d.Pos()), u.offset(d.End())
	c.fromLine, c.toLine = u.tok.Line(d.Pos()), u.tok.Line(d.End())
	c.gone = [2]token.Pos{g.stmt.Pos(), g.stmt.End()}
	c.edits = []edit.Edit{
		{From: u.offset(d.Type.Func), To: u.offset(d.Type.Params.Opening) + 1, Text: wrapper},
		{From: u.offset(g.stmt.Pos()), To: u.offset(g.stmt.End()), Text: join([]string{
			g.name + " := " + room, "if " + g.name + " == nil {", "\t" + g.name + " = " + u.text(g.call), "}"}, in)},
	}
	g.room = c
	v := info.Defs[g.stmt.Lhs[0].(*ast.Ident)].(*types.Var)
	body := &site{unit: u, declaration: &declaration{root: d, vars: variables(d, info)}, obs: obs, first: g.stmt, last: g.stmt, end: d.Body.Rbrace, fn: d, gives: true}
	g.spare = body.spareUnseen(v) && body.movingSeen(v) == ""
	return ""
}

// whole returns why the function must stay in one piece, or "".
func (g *giver) whole(u *unit, obs *observers) string {
	info, d, name := g.pkg.TypesInfo, g.decl, g.fn.Name()
	if constrained(u.tok.Name(), u.file) {
		return name + " is in a file that not every build has"
	}
	if u.tok.Line(g.stmt.Pos()) == u.tok.Line(d.Pos()) {
		return name + " is one line"
	}
	if d.Doc != nil && slices.ContainsFunc(d.Doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:") }) {
		return name + " has directives"
	}
	if flow := flowOf(d.Body.List, info); strings.Contains(flow.stuck, "recover") {
		return name + " calls recover"
	}
	if why := obs.in(d.Body.List, info); why != "" {
		return name + ": " + why
	}
	again := false
	inspectFunc(d.Body, func(n ast.Node) {
		if _, ok := n.(*ast.LabeledStmt); ok {
			again = true
		}
	})
	if again {
		return name + " has labels"
	}
	return ""
}

// arguments returns what the function passes on of its own parameters, or why it cannot.
func (g *giver) arguments() (args []string, why string) {
	params := g.fn.Signature().Params()
	for i := range params.Len() {
		v := params.At(i)
		if v.Name() == "" || v.Name() == "_" {
			return nil, g.fn.Name() + " has parameters without names"
		}
		arg := v.Name()
		if g.fn.Signature().Variadic() && i == params.Len()-1 {
			arg += "..."
		}
		args = append(args, arg)
	}
	if recv := g.fn.Signature().Recv(); recv != nil && (recv.Name() == "" || recv.Name() == "_") {
		return nil, g.fn.Name() + " has a receiver without a name"
	}
	return args, ""
}

// wrapper writes the function as it is called, and the beginning of the one that takes
// the room.
func (g *giver) wrapper(u *unit, args []string, room string) (text, why string) {
	d, name, recv := g.decl, g.fn.Name(), g.fn.Signature().Recv()
	elem, ok := u.typeText(g.elem, u.file.Name.End())
	if !ok || !u.universal(g.stmt.Pos(), "nil", "make") {
		return "", "the type of its elements has no name here"
	}
	target, recvText := g.into, ""
	if recv != nil {
		target, recvText = recv.Name()+"."+g.into, u.text(d.Recv)+" "
	}
	signature := strings.TrimRight(string(u.src[u.offset(d.Type.Func):u.offset(d.Body.Lbrace)]), " ")
	if strings.ContainsAny(signature, "\n\r") {
		return "", name + " has parameters on more than one line"
	}
	text = signature + " {\n\treturn " + target + "(" + strings.Join(append([]string{"nil"}, args...), ", ") + ")\n}\n\n" +
		"// " + g.into + " is " + name + " with room for its result, or nil.\n" +
		"func " + recvText + g.into + "(" + room + " []" + elem
	if len(args) > 0 {
		text += ", "
	}
	return text, ""
}

func usesName(n ast.Node, name string) (yes bool) {
	ast.Inspect(n, func(x ast.Node) bool {
		id, ok := x.(*ast.Ident)
		yes = yes || ok && id.Name == name
		return !yes
	})
	return yes
}

// into writes the call of the function that takes the room.
func (s *site) into(room string) string {
	p := s.pieces[0]
	g := p.f.giver
	fun := g.into
	if sel, ok := ast.Unparen(p.call.Fun).(*ast.SelectorExpr); ok {
		fun = s.text(sel.X) + "." + g.into
	}
	args := strings.TrimSpace(string(s.src[s.offset(p.call.Lparen)+1 : s.offset(p.call.Rparen)]))
	if args != "" {
		args = ", " + args
	}
	return formatted(fun + "(" + room + args + ")")
}

// resultArray returns the change that gives the result of a function, of a length that
// is small at first, an array for room.
func (s *site) resultArray() (*change, string) {
	p := s.pieces[0]
	n, most, param := p.f.giver.sizes()
	size := s.pkg.TypesSizes.Sizeof(p.elem)
	if param != nil || size <= 0 || most*size > roomFor {
		return nil, ""
	}
	if why := s.addresses(); why != "" {
		return nil, why
	}
	elem, ok := s.elemText()
	if !ok {
		return nil, "the type of its elements has no name here"
	}
	room := s.local(p.id.Name + "Room")
	s.used[room] = true
	op := ":="
	if s.first.(*ast.AssignStmt).Tok == token.ASSIGN {
		op = "="
	}
	// Without spare room its capacity is what the function asks for.
	count := most
	if p.f.giver.spare && s.spareUnseen(p.obj) && s.movingSeen(p.obj) == "" {
		count = max(most, roomFor/size)
	}
	if count == 0 {
		return nil, "its result has no room at first"
	}
	c := (&draft{site: s}).newChange()
	c.library, c.array, c.needs = false, true, p.f.giver.room
	c.use = fmt.Sprintf("[%d]%s", count, elem)
	c.edits = []edit.Edit{{From: s.offset(s.first.Pos()), To: s.offset(s.first.End()), Text: join([]string{
		fmt.Sprintf("var %s [%d]%s", room, count, elem),
		fmt.Sprintf("%s %s %s", p.id.Name, op, s.into(fmt.Sprintf("%s[:%d]", room, n))),
	}, s.indent(s.offset(s.first.Pos())))}}
	return c, ""
}

// resultLength writes the length of a result that is that of an argument.
func (d *draft) resultLength(p *piece) string {
	_, _, param := p.f.giver.sizes()
	if param == nil {
		return "its result is larger than an array for it"
	}
	if calls(p.call.Fun, d.info()) || slices.ContainsFunc(p.call.Args, func(a ast.Expr) bool { return calls(a, d.info()) }) {
		return "its arguments call functions, which may change the one that its length is of"
	}
	params := p.f.giver.fn.Signature().Params()
	for i := range params.Len() {
		if params.At(i) != param || i >= len(p.call.Args) {
			continue
		}
		id, ok := ast.Unparen(p.call.Args[i]).(*ast.Ident)
		if _, isVar := d.info().Uses[id].(*types.Var); !ok || !isVar {
			break
		}
		for _, b := range d.wide {
			if !b.takes(bound{0, b.longest(param.Type().Underlying())}, p.elem) {
				return "make may refuse its length"
			}
		}
		d.names = append(d.names, "len")
		d.lens = append(d.lens, "len("+id.Name+")")
		return ""
	}
	return "the length of its result is not that of a variable here"
}
