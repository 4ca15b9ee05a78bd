package suggest

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/code"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/explain"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
)

// kind is what was found.
type kind string

const (
	variableMake kind = "make"       // make with a length known at run time
	conversion   kind = "conversion" // []byte(s) and the like
	clone        kind = "copy"       // append to an empty slice, slices.Clone, bytes.Clone
	growth       kind = "append"     // append that grows a slice of the function's own
	largeArray   kind = "array"      // an array larger than what is used of it
	throughIO    kind = "io"         // make that escapes only into a Read or Write
	result       kind = "result"     // a slice that a function of the package makes for its caller alone
)

// finding is a place that the library could serve.
type finding struct {
	Kind    kind    `json:"kind"`
	File    string  `json:"file"`
	Line    int     `json:"line"`
	Col     int     `json:"col"`
	Code    string  `json:"code"`
	Why     string  `json:"why"`
	Use     string  `json:"use"`
	Func    string  `json:"func"`              // the function that contains it
	Cost    int64   `json:"cost,omitempty"`    // from the profile
	Unit    string  `json:"unit,omitempty"`    // of Cost
	Share   float64 `json:"share,omitempty"`   // of the profile's total, from 0 to 1
	Rewrite bool    `json:"rewrite,omitempty"` // Diff holds it
	Change  string  `json:"change,omitempty"`  // what it uses there
	WhyNot  string  `json:"whyNot,omitempty"`  // why it does not, as far as that was asked

	left  bool   // not of interest, unless it is asked why
	maybe bool   // of interest only if it can be changed: nothing else tells
	giver *giver // of a result
	pos   position.Pos
	pkg   *packages.Package
	file  *ast.File
	node  ast.Expr
	path  []ast.Node // from the file to the node
}

// minArray is the size in bytes from which clearing an array costs more than a
// call of the library.
const minArray = 512

// find returns what a package's files hold.
func find(p *packages.Package, rep *explain.Report) []*finding {
	var out []*finding
	made := givers(p, rep)
	for _, f := range p.Syntax {
		if name := p.Fset.PositionFor(f.Pos(), false).Filename; ast.IsGenerated(f) && strings.HasSuffix(name, "_gotypes.go") {
			continue // of cgo
		}
		s := &finder{pkg: p, file: f, rep: rep, givers: made}
		ast.Inspect(f, s.visit)
		out = append(out, s.out...)
	}
	return out
}

type finder struct {
	pkg  *packages.Package
	file *ast.File
	rep  *explain.Report
	path []ast.Node
	out  []*finding

	givers map[*types.Func]*giver
}

func (s *finder) position(p token.Pos) position.Pos { return position.Of(s.pkg.Fset, p) }

func (s *finder) visit(n ast.Node) bool {
	if n == nil {
		s.path = s.path[:len(s.path)-1]
		return false
	}
	s.path = append(s.path, n)
	switch n := n.(type) {
	case *ast.CallExpr:
		s.call(n)
	case *ast.ValueSpec:
		s.array(n)
	}
	return true
}

func (s *finder) add(k kind, e ast.Expr, why, use string) {
	pos := s.position(e.Pos())
	f := &finding{
		Kind: k, File: pos.File, Line: pos.Line, Col: pos.Col, Code: code.Text(e), Why: why, Use: use,
		Func: s.function(), pos: pos, pkg: s.pkg, file: s.file, node: e, path: append([]ast.Node(nil), s.path...),
	}
	s.out = append(s.out, f)
}

// function returns the name of the declared function around the node.
func (s *finder) function() string {
	for _, n := range s.path {
		if d, ok := n.(*ast.FuncDecl); ok {
			if d.Recv != nil && len(d.Recv.List) > 0 {
				return "(" + code.Text(d.Recv.List[0].Type) + ")." + d.Name.Name
			}
			return d.Name.Name
		}
	}
	return ""
}

// inFunction reports whether the node is in the body of a function, and not in
// the library's own package, whose blocks have to come from somewhere.
func (s *finder) inFunction() bool {
	for _, n := range s.path {
		switch n.(type) {
		case *ast.FuncDecl, *ast.FuncLit:
			return true
		}
	}
	return false
}

func (s *finder) constant(e ast.Expr) bool { return s.pkg.TypesInfo.Types[e].Value != nil }

func (s *finder) builtin(c *ast.CallExpr) string {
	if id, ok := ast.Unparen(c.Fun).(*ast.Ident); ok {
		if b, ok := s.pkg.TypesInfo.Uses[id].(*types.Builtin); ok {
			return b.Name()
		}
	}
	return ""
}

func (s *finder) call(c *ast.CallExpr) {
	if !s.inFunction() {
		return
	}
	s.result(c)
	at := s.position(c.Lparen)
	info := s.pkg.TypesInfo
	kept, isKept := s.rep.Kept[at]
	switch s.builtin(c) {
	case "make":
		if _, ok := info.TypeOf(c).Underlying().(*types.Slice); !ok || len(c.Args) < 2 || s.constant(c.Args[len(c.Args)-1]) || s.extends(c) || s.discarded(c) {
			return
		}
		if isKept && strings.HasPrefix(kept, "make(") {
			s.add(variableMake, c, "does not escape, and is on the heap when longer than 32 bytes because its length is not constant", "stackalloc.Do")
		} else if e, ok := s.rep.Escapes[at]; ok && strings.HasPrefix(e.What, "make(") {
			if m := s.onlyIO(&e); m != "" && s.staysLocal(c) {
				s.add(throughIO, c, "escapes into "+m+", whose contract forbids keeping it", "scratch.Do")
			}
		}
		return
	case "append":
		if !isKept || !isAppend(kept) {
			return
		}
		switch {
		case c.Ellipsis.IsValid() && len(c.Args) == 2 && s.emptySlice(c.Args[0]):
			s.add(clone, c, "is a copy that does not escape, and is on the heap when longer than 32 bytes because its length is not constant", "stackalloc.Copy")
		case s.inLoop() && s.startsEmpty(c.Args[0]):
			s.add(growth, c, "grows a slice that does not escape", "stackalloc.Do with the largest length, and s = s[:0]")
		}
		return
	}
	if tv, ok := info.Types[c.Fun]; ok && tv.IsType() && len(c.Args) == 1 {
		if _, ok := tv.Type.Underlying().(*types.Slice); !ok || s.constant(c.Args[0]) || !isString(info.TypeOf(c.Args[0])) {
			return
		}
		if s.conversionKept(c) && s.assigned(c) {
			s.add(conversion, c, "does not escape, and is on the heap when longer than 32 bytes", "stackalloc.Uninit and copy")
		}
		return
	}
	if isKept && isAppend(kept) && len(c.Args) == 1 {
		if sel, ok := ast.Unparen(c.Fun).(*ast.SelectorExpr); ok && sel.Sel.Name == "Clone" {
			if fn, ok := info.Uses[sel.Sel].(*types.Func); ok && fn.Pkg() != nil && (fn.Pkg().Path() == "slices" || fn.Pkg().Path() == "bytes") {
				s.add(clone, c, "is a copy that does not escape, and is on the heap when longer than 32 bytes because its length is not constant", "stackalloc.Copy")
			}
		}
	}
}

// extends reports whether the expression is the last argument of an append, as in
// append(s, make([]T, n)...), for which the compiler makes nothing.
func (s *finder) extends(e ast.Expr) bool {
	if len(s.path) < 2 {
		return false
	}
	c, ok := s.path[len(s.path)-2].(*ast.CallExpr)
	return ok && c.Ellipsis.IsValid() && s.builtin(c) == "append" && c.Args[len(c.Args)-1] == e
}

// isAppend reports whether an allocation is that of an append: the compiler
// prints the whole expression or only the word.
func isAppend(what string) bool { return what == "append" || strings.HasPrefix(what, "append(") }

// conversionKept reports whether a conversion allocates and does not escape. The
// compiler has it at its operand.
func (s *finder) conversionKept(c *ast.CallExpr) bool {
	from, to := s.position(c.Lparen), s.position(c.Rparen)
	if from.Line != to.Line {
		return false
	}
	for at := from; at.Col < to.Col; at.Col++ {
		if s.rep.NoCopy[at] {
			return false
		}
		if strings.HasPrefix(s.rep.Kept[at], "([]") {
			return true
		}
	}
	return false
}

func isString(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsString != 0
}

// assigned reports whether the expression is the whole value of a variable: in other
// places the compiler often needs no copy.
func (s *finder) assigned(e ast.Expr) bool {
	if len(s.path) < 2 {
		return false
	}
	switch a := s.path[len(s.path)-2].(type) {
	case *ast.AssignStmt:
		return len(a.Lhs) == len(a.Rhs) && slices.Contains(a.Rhs, e)
	case *ast.ValueSpec:
		return slices.Contains(a.Values, e)
	}
	return false
}

// discarded reports whether the expression is assigned to the blank identifier.
func (s *finder) discarded(e ast.Expr) bool {
	a, ok := s.path[len(s.path)-2].(*ast.AssignStmt)
	if !ok || len(a.Lhs) != len(a.Rhs) {
		return false
	}
	id, ok := a.Lhs[max(0, slices.Index(a.Rhs, e))].(*ast.Ident)
	return ok && id.Name == "_"
}

func (s *finder) inLoop() bool {
	for i := len(s.path) - 1; i >= 0; i-- {
		switch s.path[i].(type) {
		case *ast.ForStmt, *ast.RangeStmt:
			return true
		case *ast.FuncDecl, *ast.FuncLit:
			return false
		}
	}
	return false
}

// startsEmpty reports whether an expression is a variable of the function that is
// declared without room.
func (s *finder) startsEmpty(e ast.Expr) (yes bool) {
	id, ok := ast.Unparen(e).(*ast.Ident)
	if !ok {
		return false
	}
	obj := s.pkg.TypesInfo.Uses[id]
	ast.Inspect(s.path[1], func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ValueSpec:
			for i, name := range n.Names {
				if s.pkg.TypesInfo.Defs[name] == obj && obj != nil {
					yes = len(n.Values) == 0 || i < len(n.Values) && s.emptySlice(n.Values[i])
				}
			}
		case *ast.AssignStmt:
			for i, l := range n.Lhs {
				if name, ok := l.(*ast.Ident); ok && obj != nil && s.pkg.TypesInfo.Defs[name] == obj && len(n.Lhs) == len(n.Rhs) {
					yes = s.emptySlice(n.Rhs[i])
				}
			}
		}
		return true
	})
	return yes
}

// emptySlice matches []T(nil), []T{} and nil.
func (s *finder) emptySlice(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.CompositeLit:
		return len(e.Elts) == 0
	case *ast.CallExpr:
		return isNilConversion(e, s.pkg.TypesInfo)
	}
	return false
}

// isNilConversion matches []T(nil).
func isNilConversion(c *ast.CallExpr, info *types.Info) bool {
	return info.Types[c.Fun].IsType() && len(c.Args) == 1 && info.Types[c.Args[0]].IsNil()
}

// onlyIO returns the method of io.Reader, io.Writer or their kin into which the
// slice escapes, if that is the end of the flow.
func (s *finder) onlyIO(e *explain.Escape) string {
	if len(e.Steps) == 0 {
		return ""
	}
	last := e.Steps[len(e.Steps)-1]
	if last.Kind != "call parameter" || !strings.HasPrefix(last.Flow, "{heap} ") {
		return ""
	}
	found := ""
	ast.Inspect(s.file, func(n ast.Node) bool {
		c, ok := n.(*ast.CallExpr)
		if !ok || s.position(c.Lparen) != last.Pos {
			return true
		}
		sel, ok := ast.Unparen(c.Fun).(*ast.SelectorExpr)
		if !ok {
			return false
		}
		fn, ok := s.pkg.TypesInfo.Uses[sel.Sel].(*types.Func)
		if !ok {
			return false
		}
		switch sig := fn.Signature(); {
		case sig.Recv() != nil && types.IsInterface(sig.Recv().Type()) && ioMethods[fn.Name()] && takesBytes(sig):
			found = types.TypeString(sig.Recv().Type(), (*types.Package).Name) + "." + fn.Name()
		case sig.Recv() == nil && fn.Pkg() != nil && fn.Pkg().Path() == "io" && (fn.Name() == "ReadFull" || fn.Name() == "ReadAtLeast"):
			found = "io." + fn.Name()
		}
		return false
	})
	return found
}

// staysLocal reports whether the variable that the expression is assigned to has
// no use by which the slice could get away, calls with plain results aside. The
// compiler names only the first of the ways that a slice escapes.
func (s *finder) staysLocal(e ast.Expr) bool {
	a, ok := s.path[len(s.path)-2].(*ast.AssignStmt)
	if !ok || len(a.Lhs) != 1 || a.Rhs[0] != e {
		return false
	}
	id, ok := a.Lhs[0].(*ast.Ident)
	if !ok {
		return false
	}
	obj := s.pkg.TypesInfo.Defs[id]
	if obj == nil {
		return false
	}
	stays := true
	var stack []ast.Node
	ast.Inspect(s.path[1], func(n ast.Node) bool {
		if n == nil {
			stack = stack[:len(stack)-1]
			return false
		}
		stack = append(stack, n)
		if id, ok := n.(*ast.Ident); ok && s.pkg.TypesInfo.Uses[id] == obj {
			stays = stays && s.harmless(stack, obj)
		}
		return true
	})
	return stays
}

// harmless judges one use of a slice, the last node of the stack.
func (s *finder) harmless(stack []ast.Node, obj types.Object) bool {
	i := len(stack) - 1
	for i > 0 {
		switch p := stack[i-1].(type) {
		case *ast.ParenExpr:
			i--
			continue
		case *ast.SliceExpr:
			if p.X == stack[i] {
				i--
				continue
			}
		}
		break
	}
	if i == 0 {
		return false
	}
	switch p := stack[i-1].(type) {
	case *ast.IndexExpr, *ast.RangeStmt, *ast.BinaryExpr:
		return true
	case *ast.AssignStmt:
		return s.onlyAssigns(p, obj)
	case *ast.CallExpr:
		switch s.builtin(p) {
		case "len", "cap", "copy", "clear":
			return true
		case "append":
			if a, ok := stack[i-2].(*ast.AssignStmt); ok && p.Args[0] == stack[i] {
				return s.onlyAssigns(a, obj)
			}
			return p.Ellipsis.IsValid() && p.Args[0] != stack[i] && isBasicSlice(obj.Type())
		}
		return p.Fun != stack[i] && cannotHold(s.pkg.TypesInfo.TypeOf(p))
	}
	return false
}

// onlyAssigns reports whether an assignment changes the variable and no other.
func (s *finder) onlyAssigns(a *ast.AssignStmt, obj types.Object) bool {
	for _, l := range a.Lhs {
		id, ok := l.(*ast.Ident)
		if !ok || s.pkg.TypesInfo.Uses[id] != obj {
			return false
		}
	}
	return true
}

func isBasicSlice(t types.Type) bool {
	s, ok := t.Underlying().(*types.Slice)
	return ok && cannotHold(s.Elem())
}

// cannotHold reports whether a value of the type, a result of a call, cannot hold the
// slice: numbers, strings, errors and nothing.
func cannotHold(t types.Type) bool {
	if tuple, ok := t.(*types.Tuple); ok {
		for v := range tuple.Variables() {
			if !cannotHold(v.Type()) {
				return false
			}
		}
		return true
	}
	_, basic := t.Underlying().(*types.Basic)
	return basic || types.Identical(t, types.Universe.Lookup("error").Type())
}

var ioMethods = map[string]bool{"Read": true, "Write": true, "ReadAt": true, "WriteAt": true}

func takesBytes(sig *types.Signature) bool {
	if sig.Params().Len() == 0 {
		return false
	}
	sl, ok := sig.Params().At(0).Type().Underlying().(*types.Slice)
	if !ok {
		return false
	}
	b, ok := sl.Elem().Underlying().(*types.Basic)
	return ok && b.Kind() == types.Byte
}

// array finds var b [N]T of which only a part of variable length is used.
func (s *finder) array(v *ast.ValueSpec) {
	if len(v.Values) > 0 || !s.inFunction() {
		return
	}
	for _, name := range v.Names {
		obj := s.pkg.TypesInfo.Defs[name]
		if obj == nil {
			continue
		}
		arr, ok := obj.Type().Underlying().(*types.Array)
		if !ok || s.pkg.TypesSizes.Sizeof(arr) < minArray || s.rep.Moved[s.position(name.Pos())] {
			continue
		}
		if part := s.partUsed(obj); part != "" {
			s.add(largeArray, name, "is cleared whole, and only "+part+" is used", "stackalloc.Uninit with the length that is used")
		}
	}
}

// partUsed returns a slice expression with a variable bound, if every use of the
// array is such a one, or a target of copy or append that it bounds.
func (s *finder) partUsed(obj types.Object) (part string) {
	whole := false
	var stack []ast.Node
	ast.Inspect(s.path[1], func(n ast.Node) bool {
		if n == nil {
			stack = stack[:len(stack)-1]
			return false
		}
		stack = append(stack, n)
		id, ok := n.(*ast.Ident)
		if !ok || s.pkg.TypesInfo.Uses[id] != obj || len(stack) < 2 {
			return true
		}
		parent := stack[len(stack)-2]
		switch x := parent.(type) {
		case *ast.SliceExpr:
			switch {
			case x.High != nil && !s.constant(x.High):
				part = code.Text(x)
			case x.High != nil && s.constantZero(x.High):
			case len(stack) > 2 && s.isCopyTarget(stack[len(stack)-3], x):
			default:
				whole = true
			}
		case *ast.CallExpr:
			if b := s.builtin(x); b != "len" && b != "cap" {
				whole = true
			}
		case *ast.IndexExpr:
		default:
			whole = true
		}
		return true
	})
	if whole {
		return ""
	}
	return part
}

func (s *finder) constantZero(e ast.Expr) bool {
	v := s.pkg.TypesInfo.Types[e].Value
	return v != nil && v.Kind() == constant.Int && constant.Sign(v) == 0
}

func (s *finder) isCopyTarget(n ast.Node, e ast.Expr) bool {
	c, ok := n.(*ast.CallExpr)
	return ok && s.builtin(c) == "copy" && len(c.Args) == 2 && c.Args[0] == e
}
