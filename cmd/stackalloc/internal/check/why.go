package check

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/code"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/explain"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/machine"
)

// A reason says why a copy is not proven.
type reason struct {
	text    string       // without its place
	at      *machine.Pos // the leak, if there is one
	cure    string
	unknown bool     // the callback was not known
	flow    []string // the compiler's own lines
}

// reasons finds and words the reasons of unproven copies.
type reasons struct {
	*source
	log       *explain.Log
	optimised bool
	flags     string
	show      func(string) string // a file name for people
	files     map[string]*parsed
	concrete  func(machine.Pos) string // what types say of the call there, or ""
}

type parsed struct {
	fset *token.FileSet
	file *ast.File
}

func (r *reasons) place(p machine.Pos) string {
	return fmt.Sprintf("%s:%d", r.show(p.File), p.Line)
}

var (
	notInRange = &reason{text: "the iterator is not made in the range clause that uses it",
		cure: "write the call into the range clause"}
	unexplained = &reason{text: "the compiler moved the probe to the heap and does not say why"}
)

func (r *reasons) of(s *site, c *copyOf) *reason {
	switch {
	case c.verdict == called:
		return r.notInlined(s, c)
	case s.value:
		return &reason{text: "used as a function value, whose callback is not known here", unknown: true,
			cure: "call it"}
	case s.seq && s.scope.Line == 0:
		return notInRange
	case c.verdict == unclear:
		return &reason{text: "neither a probe nor a call is in the machine code"}
	}
	e := r.escape(c)
	if e == nil {
		return unexplained
	}
	return r.leak(s, c, e)
}

func (r *reasons) notInlined(s *site, c *copyOf) *reason {
	in := c.local
	if !r.optimised {
		return &reason{text: "the call was not inlined: built without optimisation (" + r.flags + ")"}
	}
	if !c.home(s) && len(c.chain) == 1 {
		into := c.into(s)
		by := s.decl
		switch {
		case by == "":
			by = "the function around it"
		case into != "":
			by += " into " + into
		}
		name := s.decl
		if name == "" {
			name = "that function"
		}
		return &reason{
			text: "this closure is a copy made by inlining " + by + ", and the compiler inlines nothing into such a copy",
			cure: "move the closure's body to a named function, or put //go:noinline on " + name,
		}
	}
	why := ""
	for _, x := range r.log.Refusals {
		if r.real(x.Pos) == s.call || r.real(x.Pos) == c.chain[0] {
			why = x.Why
			break
		}
	}
	if c.nested {
		return &reason{
			text: "the call was not inlined in the path for small blocks of the enclosing call, at most 32 bytes: the compiler inlines no function into itself",
			cure: "move the inner call to a function with //go:noinline",
			flow: []string{why},
		}
	}
	switch {
	case strings.Contains(why, "exceeds max caller cost"):
		return &reason{
			text: "the call was not inlined: the enclosing function " + strings.TrimSuffix(in, ".") + " is too big",
			cure: "move the call to a function of its own",
			flow: []string{why},
		}
	case why != "":
		return &reason{text: "the call was not inlined: " + why}
	}
	if s.value {
		return &reason{text: "used as a function value, whose callback is not known here", unknown: true, cure: "call it"}
	}
	return &reason{text: "the call was not inlined: a call of " + Library + "." + s.fn + " is in " + in}
}

// into returns the function that a copy of a closure was made in, from the
// copy's symbol: f.ctor.func1 for a closure of ctor copied into f.
func (c *copyOf) into(s *site) string {
	if i := strings.Index(c.local, "."+s.decl+"."); s.decl != "" && i > 0 {
		return c.local[:i]
	}
	// The hash that tells copies apart since Go 1.27 is the compiler's own.
	return ""
}

// escape returns the log of the copy's probe. The log does not name the function,
// but the chain of calls leads to it.
func (r *reasons) escape(c *copyOf) *explain.Escape {
	var best *explain.Escape
	for i := range r.log.Escapes {
		e := &r.log.Escapes[i]
		if (strings.HasSuffix(e.What, ".probe") || e.What == "probe" || c.small && strings.HasPrefix(e.What, "make(")) && len(e.Chain) >= len(c.full) && slices.Equal(e.Chain[:len(c.full)], c.full) &&
			(best == nil || len(e.Chain) < len(best.Chain)) {
			best = e
		}
	}
	return best
}

func (r *reasons) inLibrary(p machine.Pos) bool { return r.api.files[p.File] }

// leak words the flow of a probe.
func (r *reasons) leak(s *site, c *copyOf, e *explain.Escape) *reason {
	if len(e.Steps) == 0 {
		return unexplained
	}
	final := e.Steps[len(e.Steps)-1]
	if !r.inLibrary(final.Pos) {
		return r.wordsOf(e.Steps, e.Text)
	}
	// The flow ends at the call of the callback. What that does with its
	// parameter has a flow of its own, if the callback is known.
	heap := strings.HasPrefix(final.Flow, "{heap} ")
	var best *explain.Leak
	for _, p := range r.params(s, c) {
		for i := range r.log.Leaks[p] {
			l := &r.log.Leaks[p][i]
			if rankLeak(l, heap) > rankLeak(best, heap) {
				best = l
			}
		}
	}
	switch {
	case best == nil && ownGeneric.MatchString(final.Expr):
		return &reason{
			text: "the compiler does not know the library's own code for this element type here, for the package uses it only by way of another",
			cure: "call stackalloc." + s.fn + " itself in this package",
			flow: e.Text,
		}
	case best == nil && heap:
		return &reason{text: r.unknownText(s), unknown: true, flow: e.Text}
	case best == nil:
		return &reason{text: "returned by the callback", flow: e.Text}
	}
	w := r.wordsOf(best.Steps, append(slices.Clone(e.Text), best.Text...))
	if strings.HasPrefix(best.To, "~r") {
		w.text = "returned by the callback"
	}
	return w
}

// rankLeak is higher for a leak that says more: one of the kind that is looked
// for, and one that names a statement and not the call of a function that has it.
func rankLeak(l *explain.Leak, heap bool) int {
	if l == nil || len(l.Steps) == 0 {
		return 0
	}
	n := 1
	if (l.To == "{heap}") == heap {
		n += 4
	}
	if l.Steps[len(l.Steps)-1].Kind != "call parameter" {
		n += 2
	}
	return n
}

// wordsOf words the steps of a flow that ends outside of the library.
func (r *reasons) wordsOf(steps []explain.Step, text []string) *reason {
	last := len(steps) - 1
	heap := strings.HasPrefix(steps[last].Flow, "{heap} ")
	if !heap {
		// It outlives the iteration in a variable: the step before the ones that
		// say how the variable was captured.
		for last > 0 && (steps[last].Kind == "captured by a closure" || steps[last].Kind == "reference" || steps[last].Kind == "address-of") && !r.inLibrary(steps[last-1].Pos) {
			last--
		}
	}
	at := r.real(steps[last].Pos)
	return &reason{text: r.words(steps[last], at, heap), at: &at, flow: text}
}

// params returns the positions of the parameters of the callbacks that a copy can
// have: those of the call itself, or of the call of the function around it.
func (r *reasons) params(s *site, c *copyOf) (out []machine.Pos) {
	p := r.parse(c.chain[0].File)
	if p == nil {
		return nil
	}
	add := func(t *ast.FuncType) {
		for _, f := range t.Params.List {
			for _, n := range f.Names {
				out = append(out, p.pos(n.Pos()))
			}
		}
	}
	ast.Inspect(p.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.RangeStmt:
			if id, ok := n.Key.(*ast.Ident); ok && p.pos(n.For) == s.scope && len(c.chain) == 1 {
				out = append(out, p.pos(id.Pos()))
			}
		case *ast.CallExpr:
			if at := p.pos(n.Lparen); at != c.chain[0] && (len(c.chain) > 1 || at != s.scope) {
				return true
			}
			for _, a := range n.Args {
				switch a := ast.Unparen(a).(type) {
				case *ast.FuncLit:
					add(a.Type)
				case *ast.Ident:
					if t := r.declared(a); t != nil {
						add(t)
					}
				}
			}
		}
		return true
	})
	return out
}

// declared returns the type of a function that an identifier names: a function of
// the file, or a variable that begins as a literal.
func (r *reasons) declared(id *ast.Ident) *ast.FuncType {
	if id.Obj == nil {
		return nil
	}
	switch d := id.Obj.Decl.(type) {
	case *ast.FuncDecl:
		return d.Type
	case *ast.AssignStmt:
		for i, l := range d.Lhs {
			if x, ok := l.(*ast.Ident); ok && x.Name == id.Name && i < len(d.Rhs) {
				if f, ok := ast.Unparen(d.Rhs[i]).(*ast.FuncLit); ok {
					return f.Type
				}
			}
		}
	}
	return nil
}

func (r *reasons) unknownText(s *site) string {
	if s.value {
		return "used as a function value, whose callback is not known here"
	}
	t := "the callback is not known here"
	if s.decl != "" && s.decl != "?" && !s.literal {
		t += ": it is a function value, not a literal or a function by name"
	}
	return t
}

// ownGeneric matches a call of a generic function of the library.
var ownGeneric = regexp.MustCompile(`^stackalloc\.[a-z]\w*\[`)

var qualifier = regexp.MustCompile(`\b[A-Za-z_][A-Za-z_0-9]*\.\.`)

// words says what a step does with the slice.
func (r *reasons) words(st explain.Step, at machine.Pos, heap bool) string {
	node := r.node(at)
	switch st.Kind {
	case "send":
		if n, ok := node.(*ast.SendStmt); ok {
			return "sent on the channel " + code.Text(n.Chan)
		}
		return "sent on a channel"
	case "call parameter":
		return r.call(st, at, node)
	case "return":
		return "returned"
	case "captured by a closure", "reference":
		return "captured by a function literal that outlives the callback"
	case "interface-converted":
		return "converted to an interface value that outlives the callback"
	}
	if strings.Contains(st.Kind, "assign") || st.Kind == "star-dot-equals" || strings.Contains(st.Kind, "=") || strings.HasSuffix(st.Kind, "equals") {
		if a, ok := node.(*ast.AssignStmt); ok && len(a.Lhs) > 0 {
			lhs := a.Lhs[0]
			if len(a.Lhs) > 1 {
				for _, l := range a.Lhs {
					if strings.HasPrefix(st.Expr, code.Text(l)+" ") {
						lhs = l
					}
				}
			}
			return r.stored(lhs, at, heap)
		}
		if strings.Contains(st.Expr, ".autotmp_") && r.startsGoroutine(at) {
			return "handed to a goroutine"
		}
		lhs, _, _ := strings.Cut(st.Expr, " = ")
		lhs, _, _ = strings.Cut(lhs, " := ")
		return "stored in " + lhs
	}
	if st.Expr == "" {
		return "it escapes (" + st.Kind + ")"
	}
	return "it escapes by " + qualifier.ReplaceAllString(st.Expr, "") + " (" + st.Kind + ")"
}

// startsGoroutine reports whether there is a go statement on the line.
func (r *reasons) startsGoroutine(at machine.Pos) (yes bool) {
	p := r.parse(at.File)
	if p == nil {
		return false
	}
	ast.Inspect(p.file, func(n ast.Node) bool {
		if g, ok := n.(*ast.GoStmt); ok && p.pos(g.Go).Line <= at.Line && at.Line <= p.pos(g.End()).Line {
			yes = true
		}
		return !yes
	})
	return yes
}

// stored words an assignment to lhs.
func (r *reasons) stored(lhs ast.Expr, at machine.Pos, heap bool) string {
	text := code.Text(lhs)
	root, path := lhs, ""
	for {
		switch x := root.(type) {
		case *ast.ParenExpr:
			root = x.X
			continue
		case *ast.SelectorExpr:
			if id, ok := x.X.(*ast.Ident); ok && r.isPackage(id, at) {
				if path == "" {
					return "stored in the package variable " + text
				}
				return "stored in " + text + ", reached from the package variable " + code.Text(x)
			}
			path, root = "field", x.X
			continue
		case *ast.IndexExpr:
			path, root = "element", x.X
			continue
		case *ast.StarExpr:
			path, root = "pointer", x.X
			continue
		}
		break
	}
	id, ok := root.(*ast.Ident)
	switch {
	case !ok:
		return "stored in " + text
	case id.Obj == nil || r.packageLevel(id, at):
		if path == "" {
			return "stored in the package variable " + text
		}
		return "stored in " + text + ", reached from the package variable " + id.Name
	case path == "" && !heap:
		return "stored in the variable " + text + ", which outlives the callback"
	case path == "":
		return "stored in the variable " + text + ", which is on the heap"
	case path == "pointer":
		return "stored through the pointer " + id.Name
	case !heap:
		return "stored in " + text + ", which outlives the callback"
	}
	return "stored in " + text + ", which may be on the heap"
}

// call words a call that takes the slice.
func (r *reasons) call(st explain.Step, at machine.Pos, node ast.Node) string {
	fun, expr := st.Expr, ast.Expr(nil)
	if c, ok := node.(*ast.CallExpr); ok {
		fun, expr = code.Text(c.Fun), c.Fun
	} else if i := strings.IndexByte(fun, '('); i > 0 {
		fun = fun[:i]
	}
	if r.concrete != nil {
		if t := r.concrete(at); t != "" {
			return "passed to " + fun + ", " + t
		}
	}
	switch x := expr.(type) {
	case *ast.FuncLit:
		return "passed to a function literal that lets it go"
	case *ast.Ident:
		switch {
		case x.Name == "append" || x.Name == "copy":
			return "handed to " + x.Name
		case x.Name == "panic":
			return "passed to panic"
		case x.Obj != nil && x.Obj.Kind == ast.Var:
			return "passed to " + fun + ", a function value that is not known here"
		}
		return "passed to " + fun + ", which lets it go"
	case *ast.SelectorExpr:
		if id, ok := x.X.(*ast.Ident); ok && r.isPackage(id, at) {
			return "passed to " + fun + ", which lets it go"
		}
		return "passed to " + fun + ", a call the compiler does not see through"
	}
	return "passed to " + fun
}

func (r *reasons) parse(file string) *parsed {
	if p, ok := r.files[file]; ok {
		return p
	}
	var p *parsed
	if filepath.IsAbs(file) {
		fset := token.NewFileSet()
		if f, err := parser.ParseFile(fset, file, nil, 0); err == nil {
			p = &parsed{fset, f}
		}
	}
	r.files[file] = p
	return p
}

func (p *parsed) pos(x token.Pos) machine.Pos {
	q := p.fset.Position(x)
	return machine.Pos{File: q.Filename, Line: q.Line, Col: q.Column}
}

// node returns the statement or call at a position of the compiler: that of the
// operator or the parenthesis.
func (r *reasons) node(at machine.Pos) (found ast.Node) {
	p := r.parse(at.File)
	if p == nil {
		return nil
	}
	ast.Inspect(p.file, func(n ast.Node) bool {
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
		if p.pos(t) == at || p.pos(n.Pos()) == at && found == nil {
			found = n
		}
		return true
	})
	return found
}

func (r *reasons) isPackage(id *ast.Ident, at machine.Pos) bool {
	if id.Obj != nil {
		return false
	}
	p := r.parse(at.File)
	if p == nil {
		return false
	}
	for _, i := range p.file.Imports {
		path := strings.Trim(i.Path.Value, `"`)
		name := path[strings.LastIndexByte(path, '/')+1:]
		if i.Name != nil {
			name = i.Name.Name
		}
		if name == id.Name || strings.HasPrefix(name, "v") && strings.HasSuffix(strings.TrimSuffix(path, "/"+name), "/"+id.Name) || strings.HasPrefix(name, id.Name+".") {
			return true
		}
	}
	return false
}

// packageLevel reports whether the identifier, resolved within its file, is
// declared outside of functions.
func (r *reasons) packageLevel(id *ast.Ident, at machine.Pos) bool {
	p := r.parse(at.File)
	return p != nil && p.file.Scope != nil && p.file.Scope.Lookup(id.Name) == id.Obj
}
