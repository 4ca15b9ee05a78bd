package check

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/code"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
)

// Library is the import path of the package whose calls are judged.
const Library = "github.com/stackalloc/stackalloc"

// site is a call of the library in the source, or another use of one of its
// functions.
type site struct {
	pkg     string       // import path
	fn      string       // the library's function
	pos     position.Pos // where the call begins, in the source
	call    position.Pos // where the compiler has it: its parenthesis, as printed
	scope   position.Pos // for an iterator in a range clause: the for; for one that is called: the second parenthesis
	seq     bool         // the function returns an iterator
	value   bool         // not called, but used as a value
	held    bool         // such a value of the function is in the machine code, of this use or one like it
	args    string       // type arguments, of a value whose are basic types
	file    *file        // of a value
	expr    ast.Expr     // the same
	local   bool         // a value that is called, at calls, or assigned to _, and nothing else
	calls   []position.Pos
	scratch bool           // of package scratch, which needs no proof
	loop    bool           // directly in a loop over testing.B.Loop
	accept  *acceptance    // the comment that accepts it, or nil
	decl    string         // the function that contains it, as in a symbol: f, T.f, (*T).f; empty for a variable, ? for one that is not known
	object  *types.Func    // the same
	generic bool           // decl has type parameters
	literal bool           // the callback is a function literal
	params  []position.Pos // of the callback, where the compiler has them; nil where it is not known
	lines   [2]int         // first and last line of the call, without the literal's body, as printed

	copies []*copyOf
}

// source holds the sites of the packages under test, by position.
type source struct {
	build  *gotool.Build // with the overlay of reflow
	user   *gotool.Build // without
	api    *api
	sites  []*site
	byCall map[position.Pos][]*site // several where the compiler does not tell them apart
	byLine map[lineKey][]*site
	others []*site // calls that were not found in the source
	seqs   []*site // those of iterators that are made outside of a range clause

	alias    map[string]string // name of a file as -trimpath prints it, to its real name
	under    map[string]bool   // the files of the packages under test
	byName   map[string]*file  // by the name of the source; nil for what cannot be read
	written  []*file           // those that the go command rewrote
	accepts  map[lineKey]*acceptance
	warnings []*warning                    // of calls that would be unproven elsewhere
	listed   []*gotool.Package             // as compiled
	types    map[string]*types.Package     // of those that were loaded, by the same path
	flags    gotool.Extra                  // with which the packages were compiled
	nameless bool                          // machine.NamelessFrames of the target
	loaded   map[string]bool               // with types, by the path that the go command prints
	tried    map[string]bool               // directories whose types were asked for
	ctx      context.Context               // of the run
	scanned  map[string]bool               // files whose comments are known
	places   map[position.Pos]position.Pos // of rewritten files: what is printed, to the source
	reflows  map[string]reflow             // by the name of the source
	origins  map[string]*file              // of rewritten files, as they are
}

type lineKey struct {
	file string
	line int
	fn   string
}

func newSource(ctx context.Context, b *gotool.Build, a *api) *source {
	return &source{
		ctx: ctx, build: b, api: a, byCall: map[position.Pos][]*site{}, byLine: map[lineKey][]*site{}, alias: map[string]string{},
		under: map[string]bool{}, byName: map[string]*file{}, accepts: map[lineKey]*acceptance{}, places: map[position.Pos]position.Pos{}, scanned: map[string]bool{}, tried: map[string]bool{},
	}
}

func (s *source) realName(name string) string {
	if f, ok := s.alias[name]; ok {
		return f
	}
	return name
}

// real returns the position with the name of the file on disk.
func (s *source) real(p position.Pos) position.Pos {
	p.File = s.realName(p.File)
	return p
}

// where returns a place in the source for one that the compiler printed.
func (s *source) where(p position.Pos) position.Pos {
	for _, f := range s.written {
		if n := f.node(p, nil); n != nil {
			at := f.shown(n.Pos())
			at.Col = s.columnOf(at, n)
			return at
		}
	}
	if at, ok := s.places[p]; ok {
		return at
	}
	return s.back(p)
}

// columnOf returns the column in the source where the compiler has a node of the file that
// the go command made of it: that of the first such node on the line, or 0 if there is none.
func (s *source) columnOf(at position.Pos, node ast.Node) (col int) {
	if s.origins == nil {
		s.origins = map[string]*file{}
	}
	f, ok := s.origins[at.File]
	if !ok {
		if text, err := s.user.ReadFile(at.File); err == nil {
			fset := token.NewFileSet()
			if a, err := parser.ParseFile(fset, at.File, text, parser.SkipObjectResolution); err == nil {
				f = &file{name: at.File, fset: fset, ast: a}
			}
		}
		s.origins[at.File] = f
	}
	if f == nil {
		return 0
	}
	_, want := operator(node)
	ast.Inspect(f.ast, func(n ast.Node) bool {
		if n == nil || col > 0 {
			return false
		}
		if at0, text := operator(n); at0.IsValid() && text == want {
			if p := position.Of(f.fset, at0); p.Line == at.Line {
				col = p.Col
			}
		}
		return true
	})
	return col
}

// operator returns where the compiler has a call, an assignment or a send, and what stands
// before that as text that the go command does not change: of a literal, its type.
func operator(n ast.Node) (at token.Pos, text string) {
	switch n := n.(type) {
	case *ast.CallExpr:
		if l, ok := ast.Unparen(n.Fun).(*ast.FuncLit); ok {
			return n.Lparen, code.Text(l.Type) + "("
		}
		return n.Lparen, code.Text(n.Fun) + "("
	case *ast.AssignStmt:
		return n.TokPos, code.Text(n.Lhs[0]) + n.Tok.String()
	case *ast.SendStmt:
		return n.Arrow, code.Text(n.Chan) + "<-"
	}
	return token.NoPos, ""
}

// back returns the place in the source of one in what was compiled for it.
func (s *source) back(p position.Pos) position.Pos { return s.reflows[p.File].back(p) }

// nodeAt returns the statement or call at a place that the compiler printed and for
// which is is true, with its file, or nil.
func (s *source) nodeAt(at position.Pos, is func(ast.Node) bool) (*file, ast.Node) {
	for _, f := range s.written {
		if n := f.node(at, is); n != nil {
			return f, n
		}
	}
	f := s.typed(at.File)
	if f == nil || f.rewritten() {
		return nil, nil
	}
	return f, f.node(at, is)
}

// know makes the names of a package's files known.
func (s *source) know(p *gotool.Package) {
	for _, name := range append(slices.Clone(p.GoFiles), p.CgoFiles...) {
		path := position.Abs(p.Dir, name)
		for _, form := range fileForms(p, name)[1:] {
			s.alias[form] = path
		}
		s.under[path] = true
	}
}

// mentions reports whether a file of the package has the library's name in it.
func (s *source) mentions(p *gotool.Package) bool {
	return p.Path() == Library || slices.ContainsFunc(append(slices.Clone(p.GoFiles), p.CgoFiles...), func(name string) bool {
		text, err := s.build.ReadFile(position.Abs(p.Dir, name))
		return err == nil && strings.Contains(string(text), Library)
	})
}

// findAll finds the calls in the files that are known, in the order of their names.
func (s *source) findAll() error {
	for _, name := range slices.Sorted(maps.Keys(s.byName)) {
		if f := s.byName[name]; f.info != nil {
			if err := s.findCalls(f); err != nil {
				return err
			}
		}
	}
	return nil
}

// findCalls finds the calls in a file.
func (s *source) findCalls(f *file) error {
	w := &walker{source: s, file: f}
	if err := w.comments(); err != nil {
		return err
	}
	for _, d := range f.ast.Decls {
		w.decl, w.object, w.generic, w.public = "", nil, false, false
		if d, ok := d.(*ast.FuncDecl); ok {
			w.decl = declName(d)
			w.object, _ = f.info.Defs[d.Name].(*types.Func)
			w.generic = d.Type.TypeParams != nil || d.Recv != nil && strings.ContainsRune(recvText(d), '[')
			if f.pkg.Path() == Library && d.Recv == nil {
				_, w.public = s.api.funcs[d.Name.Name]
			}
		}
		if w.public {
			continue
		}
		w.parents = w.parents[:0]
		ast.Inspect(d, w.visit)
	}
	return nil
}

type walker struct {
	*source
	file    *file
	decl    string
	object  *types.Func
	generic bool
	public  bool // decl is one of the functions of api
	parents []ast.Node
	origin  map[lineKey][]position.Pos // of a rewritten file: the uses in the source, by line
}

// uses returns where the uses of names in a file begin, which is where their calls do, by
// the line and the name.
func uses(fset *token.FileSet, f *ast.File) map[lineKey][]position.Pos {
	m := map[lineKey][]position.Pos{}
	begin := map[ast.Expr]token.Pos{} // of what is called
	add := func(e ast.Expr, name string) {
		k := lineKey{line: position.Of(fset, e.Pos()).Line, fn: name}
		from, called := begin[e]
		if !called {
			from = e.Pos()
		}
		m[k] = append(m[k], position.Of(fset, from))
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			begin[callee(n.Fun)] = n.Pos()
		case *ast.SelectorExpr:
			if _, ok := n.X.(*ast.Ident); ok {
				add(n, n.Sel.Name)
				return false
			}
		case *ast.Ident:
			add(n, n.Name)
		}
		return true
	})
	return m
}

// callee returns what is called, past type arguments and parentheses.
func callee(e ast.Expr) ast.Expr {
	for {
		switch x := e.(type) {
		case *ast.ParenExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.IndexListExpr:
			e = x.X
		default:
			return e
		}
	}
}

// begin returns where a use begins in the source.
func (w *walker) begin(e ast.Expr, fn string) position.Pos {
	at := w.file.shown(e.Pos())
	if w.origin == nil {
		return at
	}
	// Newlines are where they were, and the order on a line is the same.
	k := lineKey{line: at.Line, fn: fn}
	if list := w.origin[k]; len(list) > 0 {
		at, w.origin[k] = list[0], list[1:]
	}
	return at
}

func (w *walker) visit(n ast.Node) bool {
	if n == nil {
		w.parents = w.parents[:len(w.parents)-1]
		return false
	}
	if e, ok := n.(ast.Expr); ok {
		if path, fn := w.function(e); path != "" {
			w.add(e, path, fn)
		}
	}
	w.parents = append(w.parents, n)
	return true
}

// function returns the library's function that e names.
func (w *walker) function(e ast.Expr) (path, fn string) {
	var id *ast.Ident
	switch e := e.(type) {
	case *ast.SelectorExpr:
		id = e.Sel
	case *ast.Ident:
		if len(w.parents) > 0 {
			if s, ok := w.parents[len(w.parents)-1].(*ast.SelectorExpr); ok && s.Sel == e {
				return "", "" // the selector was it
			}
		}
		id = e
	default:
		return "", ""
	}
	f, ok := w.file.info.Uses[id].(*types.Func)
	if !ok || f.Pkg() == nil || f.Signature().Recv() != nil {
		return "", ""
	}
	path = f.Pkg().Path()
	if _, ok := w.api.funcs[f.Name()]; !ok || path != Library && path != Library+"/scratch" {
		return "", ""
	}
	return path, f.Name()
}

func (w *walker) add(e ast.Expr, path, fn string) {
	key := w.file.key
	s := &site{
		pkg: w.file.pkg.Path(), fn: fn, seq: w.api.funcs[fn], scratch: path != Library,
		decl: w.decl, object: w.object, generic: w.generic, pos: w.begin(e, fn), call: key(e.Pos()), value: true,
	}
	first, last := e.Pos(), e.End()
	if call, i := w.callOf(e); call != nil {
		first, last = call.Pos(), call.Lparen
		s.value, s.call = false, key(call.Lparen)
		if w.origin == nil {
			s.pos = w.file.shown(call.Pos())
		}
		if n := len(call.Args); n > 0 {
			_, s.literal = ast.Unparen(call.Args[n-1]).(*ast.FuncLit)
		}
		s.params = w.file.callbackParams(call.Args)
		if i > 0 {
			switch r := w.parents[i-1].(type) {
			case *ast.RangeStmt:
				if r.X == ast.Expr(call) {
					s.scope = key(r.For)
					if id, ok := r.Key.(*ast.Ident); ok {
						s.params = append(s.params, key(id.Pos()))
					}
				}
			case *ast.CallExpr:
				if s.seq && r.Fun == ast.Expr(call) {
					s.scope = key(r.Lparen)
					s.params = append(s.params, w.file.callbackParams(r.Args)...)
				}
			}
		}
		s.loop = w.inBenchmarkLoop()
	}
	if s.value {
		s.file, s.expr, s.args = w.file, e, w.file.basicArgs(e)
		s.calls, s.local = w.file.callsOf(e)
	}
	s.lines = [2]int{key(first).Line, key(last).Line}
	s.accept = w.acceptedAt(w.file.name, w.file.shown(first).Line, w.file.shown(last).Line)
	w.register(s)
}

// callOf returns the call of the function that e names, past type arguments and
// parentheses, with its index among the parents; nil if it is not called.
func (w *walker) callOf(e ast.Expr) (*ast.CallExpr, int) {
	var inner ast.Node = e
	for i := len(w.parents) - 1; i >= 0; i-- {
		switch p := w.parents[i].(type) {
		case *ast.IndexExpr:
			if p.X != inner {
				return nil, 0
			}
		case *ast.IndexListExpr:
			if p.X != inner {
				return nil, 0
			}
		case *ast.ParenExpr:
		case *ast.CallExpr:
			if p.Fun == inner {
				return p, i
			}
			return nil, 0
		default:
			return nil, 0
		}
		inner = w.parents[i]
	}
	return nil, 0
}

// inBenchmarkLoop reports whether the node is directly in a loop over b.Loop(), whose
// calls the compiler keeps alive.
func (w *walker) inBenchmarkLoop() bool {
	for i := len(w.parents) - 1; i >= 0; i-- {
		switch p := w.parents[i].(type) {
		case *ast.FuncLit, *ast.FuncDecl:
			return false
		case *ast.ForStmt:
			if w.file.overLoop(p) {
				return true
			}
		}
	}
	return false
}

// overLoop reports whether a loop is one over testing.B.Loop.
func (f *file) overLoop(n *ast.ForStmt) bool {
	c, ok := n.Cond.(*ast.CallExpr)
	if !ok {
		return false
	}
	s, ok := c.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	fn, ok := f.info.Uses[s.Sel].(*types.Func)
	return ok && fn.FullName() == "(*testing.B).Loop"
}

func (s *source) register(x *site) {
	s.sites = append(s.sites, x)
	s.addCall(x.call, x)
	if x.scope.Line > 0 {
		s.addCall(x.scope, x)
	} else if x.seq && !x.scratch {
		s.seqs = append(s.seqs, x)
	}
	for l := x.lines[0]; l <= x.lines[1]; l++ {
		k := lineKey{x.call.File, l, x.fn}
		s.byLine[k] = append(s.byLine[k], x)
	}
}

func (s *source) addCall(at position.Pos, x *site) { s.byCall[at] = append(s.byCall[at], x) }

// declName returns the name of the function in a symbol, without type arguments.
func declName(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return d.Name.Name
	}
	t, _, _ := strings.Cut(recvText(d), "[")
	if strings.HasPrefix(t, "*") {
		return "(" + t + ")." + d.Name.Name
	}
	return t + "." + d.Name.Name
}

// recvText returns the receiver's type, like *T[…].
func recvText(d *ast.FuncDecl) string {
	var text func(e ast.Expr) string
	text = func(e ast.Expr) string {
		switch e := e.(type) {
		case *ast.Ident:
			return e.Name
		case *ast.StarExpr:
			return "*" + text(e.X)
		case *ast.ParenExpr:
			return text(e.X)
		case *ast.IndexExpr:
			return text(e.X) + "[]"
		case *ast.IndexListExpr:
			return text(e.X) + "[]"
		}
		return ""
	}
	return text(d.Recv.List[0].Type)
}
