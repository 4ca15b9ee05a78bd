package check

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
)

// file is a source file as the compiler read it.
//
// Nearly always that is the file itself. For cgo and for -cover the go command writes
// another one, in which newlines are where they were and columns are not, and cuts the
// physical place out of what the compiler prints. There, what is printed follows the
// line directives, those in the source included; so a place is known by that.
type file struct {
	name       string // of the source
	pkg        *gotool.Package
	fset       *token.FileSet
	ast        *ast.File
	info       *types.Info       // nil for a file that was only parsed
	before     int               // lines that the go command put before the source
	undirected bool              // the source has no line directives: those that there are tell its lines
	dir        string            // where the written file is; empty for the source itself
	base       string            // its name in the compiler's log
	names      map[string]string // in its directives, as the compiler prints them, by what the parser makes of them
	reflow     reflow            // of the source

	nodes map[position.Pos][]ast.Node // by where the compiler has them
	calls map[int][]placed            // by their lines
}

// rewritten reports whether the compiler read another file than the source.
func (f *file) rewritten() bool { return f.dir != "" }

// key returns what the compiler prints of a place in the file.
func (f *file) key(p token.Pos) position.Pos {
	if !f.rewritten() {
		return position.Of(f.fset, p).Printed()
	}
	q := f.fset.PositionFor(p, true)
	name, ok := f.names[q.Filename]
	if !ok {
		name = q.Filename
	}
	return position.Pos{File: name, Line: q.Line, Col: q.Column}.Printed()
}

// logged returns what key has for a place in the compiler's log, which is physical.
func (f *file) logged(p position.Pos) position.Pos {
	t := f.fset.File(f.ast.FileStart)
	if p.Line < 1 || p.Line > t.LineCount() {
		return p
	}
	from := t.Offset(t.LineStart(p.Line))
	k := f.key(t.Pos(min(from+max(p.Col-1, 0), t.Size())))
	if p.Printed().Col == 0 {
		k.Col = 0
	}
	return k
}

// shown returns a place in the source. The column is 0 where it is not known.
func (f *file) shown(p token.Pos) position.Pos {
	q := position.Of(f.fset, p)
	if f.rewritten() {
		q = position.Pos{File: f.name, Line: f.sourceLine(f.fset.PositionFor(p, true).Line, q.Line)}
	}
	return f.reflow.back(q)
}

// sourceLine returns the line in the source for one in the file that the go command made
// of it, by its directives and physical. The latter is not the same below a call of C on
// several lines, of which cgo makes one.
func (f *file) sourceLine(directed, physical int) int {
	if f.undirected {
		return directed
	}
	return max(physical-f.before, 1)
}

// node returns the statement or call that the compiler has at a place, that of the
// operator or the parenthesis, and for which is, which may be nil, is true. Several are
// at one place where the compiler prints no column.
func (f *file) node(at position.Pos, is func(ast.Node) bool) ast.Node {
	if f.nodes == nil {
		f.nodes = map[position.Pos][]ast.Node{}
		begins := map[position.Pos][]ast.Node{}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			var t token.Pos
			switch n := n.(type) {
			case *ast.AssignStmt:
				t = n.TokPos
			case *ast.CallExpr:
				t = n.Lparen
			case *ast.SendStmt:
				t = n.Arrow
			default:
				return true
			}
			f.nodes[f.key(t)] = append(f.nodes[f.key(t)], n)
			begins[f.key(n.Pos())] = append(begins[f.key(n.Pos())], n)
			return true
		})
		for k, n := range begins {
			if f.nodes[k] == nil || k.Col == 0 {
				f.nodes[k] = append(f.nodes[k], n...)
			}
		}
	}
	for _, n := range f.nodes[at] {
		if is == nil || is(n) {
			return n
		}
	}
	return nil
}

// addFiles makes the files of a package that was loaded known, by the names of the
// source. Those that are known from another variant of the package are left.
func (s *source) addFiles(p *gotool.Package, x *packages.Package) {
	sources := map[string]string{} // by the name in a directive
	for _, name := range x.GoFiles {
		sources[name] = name
	}
	for i, syntax := range x.Syntax {
		f := &file{name: x.CompiledGoFiles[i], pkg: p, fset: x.Fset, ast: syntax, info: x.TypesInfo}
		if sources[f.name] == "" {
			f.dir = filepath.Dir(f.name)
			f.names = s.directives(f.name)
			f.name, f.before, f.base = s.origin(f.name, sources)
			if f.name == "" {
				continue // of the go command's own making
			}
			if text, err := s.user.ReadFile(f.name); err == nil {
				f.undirected = !position.HasDirectives(text)
			}
		}
		f.reflow = s.reflows[f.name]
		if known := s.byName[f.name]; known == nil || known.info == nil {
			s.byName[f.name] = f
			if f.rewritten() {
				s.written = append(s.written, f)
			}
		}
	}
}

// directives returns the names in the line directives of a file, by what the parser makes of
// them: it cleans them, and has one that is relative follow the file that it read. For an empty one
// the compiler prints question marks.
func (s *source) directives(written string) map[string]string {
	text, err := s.build.ReadFile(written)
	if err != nil {
		return nil
	}
	names := map[string]string{"": "??"}
	for _, d := range lineDirective.FindAllSubmatch(text, -1) {
		if at, ok := position.Parse(string(d[1]) + string(d[2])); ok {
			name := filepath.Clean(at.File)
			if !filepath.IsAbs(name) {
				name = filepath.Join(filepath.Dir(written), name)
			}
			names[name] = at.File
		}
	}
	return names
}

// lineDirective matches a line directive in either form.
var lineDirective = regexp.MustCompile(`(?m)^//line (.*?)\r?$|/\*line (.*?)\*/`)

// origin returns the source that a file of the go command was made from: it says so in
// the line directives before the text.
func (s *source) origin(written string, sources map[string]string) (name string, before int, base string) {
	text, err := s.build.ReadFile(written)
	if err != nil {
		return "", 0, ""
	}
	for n := 1; len(text) > 0; n++ {
		line, rest, _ := bytes.Cut(text, []byte("\n"))
		text = rest
		d, ok := bytes.CutPrefix(bytes.TrimSuffix(line, []byte("\r")), []byte("//line "))
		if !ok {
			if name != "" || n > 20 {
				break
			}
			continue
		}
		if at, ok := position.Parse(string(d)); ok {
			if from := sources[s.realName(at.File)]; from != "" {
				name, before = from, n
			}
		}
	}
	stem := strings.TrimSuffix(filepath.Base(name), ".go")
	return name, before, stem
}

// logged returns what the compiler prints of a place in its log of a package, where
// places are physical.
func (s *source) logged(pkgs []*gotool.Package, path string, p position.Pos) position.Pos {
	base := filepath.Base(p.File)
	stem := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(base, ".go"), ".cgo1"), ".cover")
	if stem != strings.TrimSuffix(base, ".go") {
		stem = strings.TrimPrefix(stem, renamed)
		var found, other *file
		for _, f := range s.written {
			switch own := f.pkg.Path() == path || path == "main" && slices.ContainsFunc(pkgs, func(p *gotool.Package) bool { return p.ImportPath == f.pkg.ImportPath }); {
			case f.base == stem && own:
				found = f
			case f.base == stem:
				other = f // of a package whose function was inlined
			}
		}
		if found == nil {
			found = other
		}
		if found != nil {
			k := found.logged(p)
			s.places[k] = s.back(position.Pos{File: found.name, Line: found.sourceLine(k.Line, p.Line)})
			return k
		}
	}
	return s.real(p).Printed()
}

// typed returns a file with its types where they can be had: that of a package which was
// only depended on is loaded then, but not one of the standard library.
func (s *source) typed(name string) *file {
	if f, ok := s.byName[name]; ok && (f == nil || f.info != nil) || s.tried[filepath.Dir(name)] {
		return s.parsed(name)
	}
	s.tried[filepath.Dir(name)] = true
	for _, p := range s.listed {
		if p.Dir == filepath.Dir(name) && !p.Standard && !s.loaded[p.ImportPath] {
			// Without them the words are fewer.
			if s.load(s.ctx, s.listed, func(x *gotool.Package) bool { return x == p }) != nil {
				break
			}
		}
	}
	return s.parsed(name)
}

// parsed returns a file that is not one of the packages under test, without types, or
// nil.
func (s *source) parsed(name string) *file {
	if f, ok := s.byName[name]; ok {
		return f
	}
	var f *file
	if filepath.IsAbs(name) {
		if text, err := s.build.ReadFile(name); err == nil {
			if f = parse(name, text); f != nil {
				f.reflow = s.reflows[name]
			}
		}
	}
	s.byName[name] = f
	return f
}

// parse returns a file without types, or nil if it is none of Go.
func parse(name string, text []byte) *file {
	fset := token.NewFileSet()
	a, err := parser.ParseFile(fset, name, text, parser.SkipObjectResolution)
	if err != nil {
		return nil
	}
	return &file{name: name, fset: fset, ast: a}
}

// functionType returns the type of a function in the source of the file's package: a
// literal, or what a name stands for, a variable that begins as a literal included.
func (f *file) functionType(e ast.Expr) *ast.FuncType {
	switch e := ast.Unparen(e).(type) {
	case *ast.FuncLit:
		return e.Type
	case *ast.Ident:
		if f.info == nil || f.info.Uses[e] == nil {
			return nil
		}
		return f.declared(f.info.Uses[e])
	}
	return nil
}

// declared returns the type of the function that an object of the file is.
func (f *file) declared(o types.Object) (found *ast.FuncType) {
	if o.Pos() < f.ast.FileStart || o.Pos() > f.ast.FileEnd {
		return nil
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		if n == nil || found != nil || o.Pos() < n.Pos() || o.Pos() >= n.End() {
			return false
		}
		switch n := n.(type) {
		case *ast.FuncDecl:
			if f.info.Defs[n.Name] == o {
				found = n.Type
			}
		case *ast.AssignStmt:
			for i, l := range n.Lhs {
				if x, ok := l.(*ast.Ident); ok && f.info.Defs[x] == o && i < len(n.Rhs) {
					if l, ok := ast.Unparen(n.Rhs[i]).(*ast.FuncLit); ok {
						found = l.Type
					}
				}
			}
		}
		return true
	})
	return found
}

// callbackParams returns where the compiler has the parameters of the functions among
// the arguments: literals, functions of the package, and variables that begin as a
// literal.
func (f *file) callbackParams(args []ast.Expr) (out []position.Pos) {
	for _, a := range args {
		if t := f.functionType(a); t != nil {
			for _, p := range t.Params.List {
				for _, n := range p.Names {
					out = append(out, f.key(n.Pos()))
				}
			}
		}
	}
	return out
}
