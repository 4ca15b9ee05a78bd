package check

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/machine"
)

// Library is the import path of the package whose calls are judged.
const Library = "github.com/stackalloc/stackalloc"

// accept is the comment that accepts an unproven call on its line.
const accept = "stackalloc:heap"

// api is the exported functions that take a callback.
type api struct {
	funcs map[string]bool // name, and whether it returns an iterator
	files map[string]bool // the library's source files, in every form the compiler prints
}

// readAPI takes the list from the library's own source, so that it is that of
// the version that the module under test uses.
func readAPI(p *gotool.Package) (*api, error) {
	a := &api{funcs: map[string]bool{}, files: map[string]bool{}}
	fset := token.NewFileSet()
	for _, name := range append(p.GoFiles, p.CgoFiles...) {
		for _, form := range fileForms(p, name) {
			a.files[form] = true
		}
		f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range f.Decls {
			if d, ok := d.(*ast.FuncDecl); ok && d.Recv == nil && d.Name.IsExported() {
				if seq := returnsSeq(d.Type); seq || takesFunc(d.Type) {
					a.funcs[d.Name.Name] = seq
				}
			}
		}
	}
	return a, nil
}

func takesFunc(t *ast.FuncType) bool {
	for _, p := range t.Params.List {
		if _, ok := p.Type.(*ast.FuncType); ok || isSeq(p.Type) {
			return true
		}
	}
	return false
}

func returnsSeq(t *ast.FuncType) bool {
	if t.Results == nil {
		return false
	}
	return slices.ContainsFunc(t.Results.List, func(r *ast.Field) bool { return isSeq(r.Type) })
}

func isSeq(e ast.Expr) bool {
	switch x := e.(type) {
	case *ast.IndexExpr:
		e = x.X
	case *ast.IndexListExpr:
		e = x.X
	}
	s, ok := e.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	p, ok := s.X.(*ast.Ident)
	return ok && p.Name == "iter" && (s.Sel.Name == "Seq" || s.Sel.Name == "Seq2")
}

// fileForms returns the names under which a file of p can appear in what the
// compiler prints: as it is, and as -trimpath makes it.
func fileForms(p *gotool.Package, name string) []string {
	forms := []string{filepath.Join(p.Dir, name), p.Path() + "/" + name}
	if m := p.Module; m != nil {
		if rel, err := filepath.Rel(m.Dir, p.Dir); err == nil {
			rel = filepath.ToSlash(filepath.Join(rel, name))
			for _, v := range []string{m.Path + "@" + m.Version, m.Path} {
				forms = append(forms, v+"/"+rel)
			}
			if r := m.Replace; r != nil && r.Version != "" {
				forms = append(forms, r.Path+"@"+r.Version+"/"+rel)
			}
		}
	}
	return forms
}

// site is a call of the library in the source, or another use of one of its
// functions.
type site struct {
	pkg      string      // import path
	fn       string      // the library's function
	pos      machine.Pos // where the call begins
	call     machine.Pos // where the compiler has it: its parenthesis
	scope    machine.Pos // for an iterator in a range clause: the for; for one that is called: the second parenthesis
	seq      bool        // the function returns an iterator
	value    bool        // not called, but used as a value
	scratch  bool        // of package scratch, which needs no proof
	accepted bool        // by a comment
	decl     string      // the function that contains it, as in a symbol: f, T.f, (*T).f; empty for a variable
	generic  bool        // decl has type parameters
	literal  bool        // the callback is a function literal
	lines    [2]int      // first and last line of the call, without the literal's body

	copies []*copyOf
}

// A source holds the sites of the packages under test, by position.
type source struct {
	sites  []*site
	byCall map[machine.Pos]*site
	byLine map[lineKey][]*site
	alias  map[string]string // name of a file as -trimpath prints it, to its real name
	api    *api
	files  map[string]bool // those read
}

type lineKey struct {
	file string
	line int
	fn   string
}

// real returns the position with the name of the file on disk.
func (s *source) real(p machine.Pos) machine.Pos {
	if f, ok := s.alias[p.File]; ok {
		p.File = f
	}
	return p
}

func (s *source) addPackage(p *gotool.Package, b *gotool.Build) error {
	for _, name := range append(slices.Clone(p.GoFiles), p.CgoFiles...) {
		path := filepath.Join(p.Dir, name)
		for _, form := range fileForms(p, name)[1:] {
			s.alias[form] = path
		}
		if s.files[path] {
			continue
		}
		s.files[path] = true
		text, err := b.ReadFile(path)
		if err != nil {
			return err
		}
		if p.Path() == Library || bytes.Contains(text, []byte(Library)) {
			if err := s.addFile(p, path, text); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *source) addFile(p *gotool.Package, path string, text []byte) error {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, path, text, parser.ParseComments)
	if err != nil {
		return err
	}
	w := &walker{source: s, pkg: p.Path(), fset: fset, names: map[string]string{}, heap: map[int]bool{}}
	for _, i := range f.Imports {
		path, _ := strconv.Unquote(i.Path.Value)
		if path != Library && path != Library+"/scratch" {
			continue
		}
		switch {
		case i.Name == nil:
			w.names[path[strings.LastIndexByte(path, '/')+1:]] = path
		case i.Name.Name == ".":
			w.dot = append(w.dot, path)
		case i.Name.Name != "_":
			w.names[i.Name.Name] = path
		}
	}
	if p.Path() == Library {
		w.dot = append(w.dot, Library)
		w.inside = true
	}
	for _, g := range f.Comments {
		for _, c := range g.List {
			if t := strings.TrimLeft(c.Text, "/* \t"); t == accept || strings.HasPrefix(t, accept+" ") || strings.HasPrefix(t, accept+":") {
				w.heap[w.position(c.Pos()).Line] = true
			}
		}
	}
	for _, d := range f.Decls {
		w.decl, w.generic, w.public = "", false, false
		if d, ok := d.(*ast.FuncDecl); ok {
			w.decl = declName(d)
			w.generic = d.Type.TypeParams != nil || d.Recv != nil && strings.ContainsRune(recvText(d), '[')
			if w.inside && d.Recv == nil {
				_, w.public = s.api.funcs[d.Name.Name]
			}
		}
		w.parents = w.parents[:0]
		ast.Inspect(d, w.visit)
	}
	return nil
}

type walker struct {
	*source
	pkg     string
	fset    *token.FileSet
	names   map[string]string // package name to import path
	dot     []string          // import paths whose names need no qualifier
	inside  bool              // the library itself
	heap    map[int]bool      // lines that accept
	decl    string
	generic bool
	public  bool // decl is one of the functions of api
	parents []ast.Node
}

func (w *walker) position(p token.Pos) machine.Pos {
	q := w.fset.Position(p)
	return machine.Pos{File: q.Filename, Line: q.Line, Col: q.Column}
}

func (w *walker) visit(n ast.Node) bool {
	if n == nil {
		w.parents = w.parents[:len(w.parents)-1]
		return false
	}
	if e, ok := n.(ast.Expr); ok && !w.public {
		if path, fn := w.function(e); path != "" {
			w.add(e, path, fn)
		}
	}
	w.parents = append(w.parents, n)
	return true
}

// function returns the library's function that e names.
func (w *walker) function(e ast.Expr) (path, fn string) {
	switch e := e.(type) {
	case *ast.SelectorExpr:
		x, ok := e.X.(*ast.Ident)
		if !ok || x.Obj != nil {
			return "", ""
		}
		path, fn = w.names[x.Name], e.Sel.Name
	case *ast.Ident:
		if len(w.dot) == 0 || w.declares(e) || e.Obj != nil && (!w.inside || e.Obj.Kind != ast.Fun) {
			return "", ""
		}
		path, fn = w.dot[0], e.Name
	}
	if path == "" {
		return "", ""
	}
	if _, ok := w.api.funcs[fn]; !ok {
		return "", ""
	}
	return path, fn
}

// declares reports whether the identifier is not a use: a field, a method, a
// selector's right side or the name of a declaration.
func (w *walker) declares(id *ast.Ident) bool {
	if len(w.parents) == 0 {
		return true
	}
	switch p := w.parents[len(w.parents)-1].(type) {
	case *ast.SelectorExpr:
		return p.Sel == id
	case *ast.FuncDecl:
		return p.Name == id
	case *ast.KeyValueExpr:
		return p.Key == id
	case *ast.Field:
		return true
	}
	return false
}

func (w *walker) add(e ast.Expr, path, fn string) {
	s := &site{
		pkg: w.pkg, fn: fn, seq: w.api.funcs[fn], scratch: path != Library,
		decl: w.decl, generic: w.generic, pos: w.position(e.Pos()), value: true,
	}
	s.call = s.pos
	s.lines = [2]int{s.pos.Line, w.position(e.End()).Line}
	// Past type arguments and parentheses to the call, if it is one.
	i := len(w.parents) - 1
	var inner ast.Node = e
up:
	for ; i >= 0; i-- {
		switch p := w.parents[i].(type) {
		case *ast.IndexExpr:
			if p.X != inner {
				break up
			}
		case *ast.IndexListExpr:
			if p.X != inner {
				break up
			}
		case *ast.ParenExpr:
		case *ast.CallExpr:
			if p.Fun == inner {
				s.value = false
				s.pos = w.position(p.Pos())
				s.call = w.position(p.Lparen)
				s.lines = [2]int{s.pos.Line, s.call.Line}
				if n := len(p.Args); n > 0 {
					_, s.literal = ast.Unparen(p.Args[n-1]).(*ast.FuncLit)
				}
				if i > 0 {
					switch r := w.parents[i-1].(type) {
					case *ast.RangeStmt:
						if r.X == ast.Expr(p) {
							s.scope = w.position(r.For)
						}
					case *ast.CallExpr:
						if s.seq && r.Fun == ast.Expr(p) {
							s.scope = w.position(r.Lparen)
						}
					}
				}
			}
			break up
		default:
			break up
		}
		inner = w.parents[i]
	}
	// A comment on the line before counts if it is alone there.
	for l := s.lines[0] - 1; l <= s.lines[1]; l++ {
		if w.heap[l] && (l >= s.lines[0] || w.alone(l)) {
			s.accepted = true
		}
	}
	w.register(s)
}

// alone reports whether no code is on the line: what a comment there says is
// about the next.
func (w *walker) alone(line int) bool {
	var code bool
	ast.Inspect(w.parents[0], func(n ast.Node) bool {
		if n == nil || code {
			return false
		}
		switch n.(type) {
		case *ast.Comment, *ast.CommentGroup:
			return false
		}
		from, to := w.position(n.Pos()).Line, w.position(n.End()).Line
		code = from == line || to == line
		return from <= line && line <= to
	})
	return !code
}

func (s *source) register(x *site) {
	s.sites = append(s.sites, x)
	s.byCall[x.call] = x
	if x.scope.Line > 0 {
		s.byCall[x.scope] = x
	}
	for l := x.lines[0]; l <= x.lines[1]; l++ {
		k := lineKey{x.pos.File, l, x.fn}
		s.byLine[k] = append(s.byLine[k], x)
	}
}

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
