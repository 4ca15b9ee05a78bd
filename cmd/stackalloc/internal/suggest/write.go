package suggest

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/edit"
)

const (
	// longBody is the number of lines from which the body becomes a function of its
	// own, so that none of them is indented.
	longBody = 25

	// smallArray is the size in bytes up to which clearing an array costs no more
	// than a call of the library.
	smallArray = 128

	// ownFrame is the size in bytes up to which the compiler has a slice of variable
	// length on the stack by itself.
	ownFrame = 32
)

// change is a change of one file that serves one or more findings.
type change struct {
	*unit
	found    []*finding
	use      string // what it uses
	from, to int    // the statements it is about, with what follows them
	fromLine int
	toLine   int
	edits    []edit.Edit
	decl     *ast.FuncDecl
	gone     [2]token.Pos // the statements that are replaced
	line     int          // of the call, or the array, in the text that replaces them; from 0
	library  bool         // calls it
	array    bool         // has an array instead of a call
	noinline bool         // decl must not be inlined
	support  bool         // of no use by itself
	needs    *change      // without which this one does not compile
	failed   string
}

// draft is the text of a change while it is put together.
type draft struct {
	*site
	lib    string
	pre    []string // before the call
	head   []string // at the beginning of the callback
	foot   []string // at its end
	names  []string // of the language, that the text uses
	lens   []string // of the pieces, as int
	n      string   // of the block
	block  string   // the callback's parameter
	typ    string   // its type
	uninit bool
}

// changes returns the ways in which a place can be written, the best first, or why
// there is none.
func (s *site) changes() (out []*change, why string) {
	s.made = map[string]bool{}
	if s.pieces[0].f.Kind == result {
		array, why := s.resultArray()
		if why != "" {
			return nil, why
		} else if array != nil {
			return []*change{array}, ""
		}
	}
	if array, why := s.array(); why != "" {
		return nil, why
	} else if array != nil {
		return []*change{array}, ""
	}
	if why := s.gates(); why != "" {
		return nil, why
	}
	d, why := s.draft()
	if why != "" {
		return nil, why
	}
	for _, form := range []func(*draft) (*change, string){(*draft).helper, (*draft).callback, (*draft).scope} {
		c, w := form(d.clone())
		if c == nil {
			if why == "" {
				why = w
			}
			continue
		}
		out = append(out, c)
	}
	if len(out) > 0 {
		return out, ""
	}
	return nil, why
}

func (d *draft) clone() *draft {
	c := *d
	c.pre, c.head, c.foot, c.names = slices.Clone(d.pre), slices.Clone(d.head), slices.Clone(d.foot), slices.Clone(d.names)
	return &c
}

// draft writes the operands and the beginning of the callback.
func (s *site) draft() (*draft, string) {
	d := &draft{site: s}
	d.lib, _ = s.libraryName()
	if obj := s.lookup(d.lib, s.at()); obj != nil {
		if p, ok := obj.(*types.PkgName); !ok || p.Imported().Path() != library {
			return nil, "a variable hides the name of the library"
		}
	}
	kind := s.pieces[0].f.Kind
	elem, ok := s.elemText()
	if !ok {
		return nil, "the type of its elements has no name here"
	}
	for _, p := range s.pieces {
		if why := d.operand(p, kind); why != "" {
			return nil, why
		}
	}
	d.typ = "[]" + elem
	d.n = sum(d.lens)
	if kind == result {
		d.block = s.local("room")
		d.head = append(d.head, s.pieces[0].id.Name+" := "+s.into(d.block))
	} else if len(s.pieces) == 1 && !s.named(s.pieces[0]) {
		d.block = s.pieces[0].id.Name
	} else {
		d.block = s.local(map[bool]string{true: "rows", false: "block"}[len(s.pieces) > 1])
		d.cut()
	}
	d.uninit = kind != variableMake && kind != result
	for _, p := range s.pieces {
		if why := d.fill(p, kind); why != "" {
			return nil, why
		}
	}
	if why := d.redeclared(); why != "" {
		return nil, why
	}
	for _, n := range d.names {
		if !s.universal(s.at(), n) || slices.ContainsFunc(s.pieces, func(p *piece) bool { return p.id.Name == n }) {
			return nil, "the name " + n + " means something else here"
		}
	}
	return d, ""
}

// elemText writes the type of the elements, as the source does if it does.
func (s *site) elemText() (string, bool) {
	if s.pieces[0].f.Kind == result {
		return s.typeText(s.pieces[0].elem, s.at())
	}
	if s.pieces[0].call == nil {
		var t *ast.ArrayType
		ast.Inspect(s.first, func(n ast.Node) bool {
			if a, ok := n.(*ast.ArrayType); ok && t == nil {
				t = a
			}
			return t == nil
		})
		if t != nil && types.Identical(s.info().TypeOf(t.Elt), s.pieces[0].elem) {
			return s.text(t.Elt), true
		}
		return s.typeText(s.pieces[0].elem, s.at())
	}
	for _, p := range s.pieces {
		if a, ok := s.info().Types[p.call.Fun]; ok && a.IsType() {
			if t, ok := ast.Unparen(p.call.Fun).(*ast.ArrayType); ok {
				return s.text(t.Elt), true
			}
		}
		if builtinName(p.call, s.info()) == "make" {
			if t, ok := ast.Unparen(p.call.Args[0]).(*ast.ArrayType); ok {
				return s.text(t.Elt), true
			}
		}
	}
	return s.typeText(s.pieces[0].elem, s.at())
}

// named reports whether the variable is of a slice type with a name.
func (s *site) named(p *piece) bool {
	_, ok := types.Unalias(p.obj.Type()).(*types.Slice)
	return !ok
}

// operand writes the length of a piece as an int, and before the call what makes it
// one that the library takes as make does.
func (d *draft) operand(p *piece, kind kind) string {
	switch kind {
	case variableMake:
		return d.makeLength(p)
	case growth:
		return d.growth()
	case result:
		return d.resultLength(p)
	case conversion, clone:
		d.lens = append(d.lens, "")
		from := p.call.Args[len(p.call.Args)-1]
		if b := d.info().TypeOf(from); b == nil || types.Identical(b, types.Typ[types.UntypedString]) {
			return "its operand has no type"
		}
		text := d.text(from)
		if !simple(from) || !d.visible(from) {
			name := d.local("src")
			d.pre = append(d.pre, name+" := "+text)
			text = name
		}
		d.names = append(d.names, "len")
		d.lens[len(d.lens)-1] = "len(" + text + ")"
		return ""
	}
	return "a change of this kind is not mechanical"
}

// visible reports whether the names in an expression mean the same in the callback.
func (d *draft) visible(e ast.Expr) bool {
	ok := true
	ast.Inspect(e, func(n ast.Node) bool {
		if id, isID := n.(*ast.Ident); isID && slices.ContainsFunc(d.pieces, func(p *piece) bool { return p.id.Name == id.Name }) {
			ok = false
		}
		return true
	})
	return ok
}

func (d *draft) makeLength(p *piece) string {
	args := p.call.Args
	n := args[len(args)-1]
	if len(args) == 3 {
		if v := d.info().Types[args[1]].Value; v == nil || v.String() != "0" {
			return "its length and its capacity differ"
		}
	}
	t, ok := d.info().TypeOf(n).Underlying().(*types.Basic)
	if !ok || t.Info()&types.IsInteger == 0 {
		return "its length is not of an integer type"
	}
	text := d.text(n)
	safe := d.safeLength(n)
	if !safe || len(d.pieces) > 1 && !d.simpleLength(n) {
		if _, isVar := ast.Unparen(n).(*ast.Ident); !isVar {
			if len(d.lens) > 0 && d.pure(n) && d.lastHoist(text) {
				d.lens = append(d.lens, d.lens[len(d.lens)-1])
				return ""
			}
			name := d.local("n")
			d.pre = append(d.pre, name+" := "+text)
			text = name
		}
	}
	if !safe {
		guard, why := d.guard(p, t, text)
		if why != "" {
			return why
		}
		if !slices.Contains(d.pre, guard[0]) {
			d.pre = append(d.pre, guard...)
		}
	}
	if d.info().TypeOf(n) != types.Typ[types.Int] && t.Kind() != types.UntypedInt {
		d.names = append(d.names, "int")
		text = "int(" + text + ")"
	}
	d.lens = append(d.lens, text)
	return ""
}

// lastHoist reports whether the piece before has the same length, written before the
// call.
func (d *draft) lastHoist(text string) bool {
	last := d.lens[len(d.lens)-1]
	return slices.Contains(d.pre, last+" := "+text)
}

// pure reports whether an expression has the same value when it is computed again.
func (s *site) pure(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident, *ast.BasicLit:
		return true
	case *ast.SelectorExpr:
		return s.pure(e.X)
	case *ast.BinaryExpr:
		return s.pure(e.X) && s.pure(e.Y)
	case *ast.CallExpr:
		if b := builtinName(e, s.info()); b == "len" || b == "cap" || b == "min" || b == "max" || s.info().Types[e.Fun].IsType() {
			return !slices.ContainsFunc(e.Args, func(a ast.Expr) bool { return !s.pure(a) })
		}
	}
	return false
}

// simpleLength matches a variable.
func (d *draft) simpleLength(e ast.Expr) bool {
	_, ok := ast.Unparen(e).(*ast.Ident)
	return ok
}

// guard is the statement that panics as make does where the library would panic in
// its own words.
func (d *draft) guard(p *piece, t *types.Basic, n string) ([]string, string) {
	if hasTypeParam(p.elem) {
		return nil, "its length may be one that make refuses, and the size of its elements is not known"
	}
	size := d.pkg.TypesSizes.Sizeof(p.elem)
	if size <= 0 {
		return nil, "its elements have no size"
	}
	limit := fmt.Sprintf("^uint(0)>>1/%d", size)
	if size == 1 {
		limit = "^uint(0)>>1"
	}
	var cond string
	switch t.Kind() {
	case types.Int, types.Int8, types.Int16, types.Int32, types.Uint, types.Uint8, types.Uint16, types.UntypedInt:
		cond = fmt.Sprintf("uint(%s) > %s", n, limit)
		if t.Kind() == types.Uint {
			cond = fmt.Sprintf("%s > %s", n, limit)
		}
		d.names = append(d.names, "uint")
	default:
		cond = fmt.Sprintf("uint64(%s) > uint64(%s)", n, limit)
		d.names = append(d.names, "uint", "uint64")
	}
	args := ""
	if len(p.call.Args) == 3 {
		args = "0, "
	}
	d.names = append(d.names, "make")
	return []string{
		"if " + cond + " {",
		fmt.Sprintf("\t_ = make(%s, %s%s) // panics", d.text(p.call.Args[0]), args, n),
		"}",
	}, ""
}

func hasTypeParam(t types.Type) bool {
	switch t := types.Unalias(t).(type) {
	case *types.TypeParam:
		return true
	case *types.Pointer, *types.Slice, *types.Map, *types.Chan, *types.Signature, *types.Interface, *types.Basic:
		return false // of a size that does not depend on it
	case *types.Array:
		return hasTypeParam(t.Elem())
	case *types.Struct:
		for f := range t.Fields() {
			if hasTypeParam(f.Type()) {
				return true
			}
		}
	case *types.Named:
		for i := range t.TypeArgs().Len() {
			if hasTypeParam(t.TypeArgs().At(i)) {
				return true
			}
		}
	}
	return false
}

// sum adds lengths up.
func sum(lens []string) string {
	if len(lens) == 1 {
		return lens[0]
	}
	same := true
	for _, l := range lens {
		same = same && l == lens[0]
	}
	if same {
		return fmt.Sprintf("%d*%s", len(lens), lens[0])
	}
	return strings.Join(lens, "+")
}

// cut makes the variables out of the block.
func (d *draft) cut() {
	var names, values []string
	before := ""
	for i, p := range d.pieces {
		names = append(names, p.id.Name)
		v := d.block
		if len(d.pieces) > 1 {
			to := d.lens[i]
			if before != "" {
				to = before + "+" + to
			}
			high := to
			if d.empty(p) {
				high = before
				if before == "" {
					high = "0"
				}
			}
			v = fmt.Sprintf("%s[%s:%s:%s]", d.block, before, high, to)
			if i == len(d.pieces)-1 {
				v = fmt.Sprintf("%s[%s:%s]", d.block, before, map[bool]string{true: before, false: ""}[d.empty(p)])
			}
			before = to
		} else if d.empty(p) {
			v += "[:0]"
		}
		if d.named(p) {
			name, _ := d.typeText(p.obj.Type(), d.at())
			v = name + "(" + v + ")"
		}
		values = append(values, v)
	}
	d.head = append(d.head, strings.Join(names, ", ")+" := "+strings.Join(values, ", "))
}

// empty reports whether a variable begins with nothing in its piece of the block.
func (d *draft) empty(p *piece) bool {
	return p.call == nil || p.f.Kind == variableMake && len(p.call.Args) == 3 || p.f.Kind == conversion && !isByte(p.elem)
}

// fill writes the contents of a piece.
func (d *draft) fill(p *piece, kind kind) string {
	x := p.id.Name
	if d.empty(p) && d.block == x {
		d.head = append(d.head, x+" = "+x+"[:0]")
	}
	if d.named(p) {
		if _, ok := d.typeText(p.obj.Type(), d.at()); !ok {
			return "its type has no name here"
		}
	}
	switch kind {
	case growth, result:
		return ""
	case variableMake:
		d.uninit = len(p.call.Args) == 3 && len(d.pieces) == 1 && d.appendOnly(p.obj)
		return ""
	case clone:
		if why := d.nilSeen(p.obj); why != "" {
			return why
		}
	}
	if why := d.roomSeen(p.obj); why != "" {
		return why
	}
	i := slices.Index(d.pieces, p)
	src := strings.TrimSuffix(strings.TrimPrefix(d.lens[i], "len("), ")")
	if isString(d.info().TypeOf(p.call.Args[len(p.call.Args)-1])) && !isByte(p.elem) {
		r := "r"
		for slices.ContainsFunc(d.pieces, func(p *piece) bool { return p.id.Name == r }) || !d.runeName(r) {
			r += "r"
		}
		d.names = append(d.names, "append")
		d.head = append(d.head, "for _, "+r+" := range "+src+" {", "\t"+x+" = append("+x+", "+r+")", "}")
		if !types.Identical(p.elem, types.Typ[types.Rune]) {
			return "its elements are not plain runes"
		}
		return ""
	}
	d.names = append(d.names, "copy")
	d.head = append(d.head, "copy("+x+", "+src+")")
	return ""
}

// runeName reports whether a name for the runes of a string hides none that the loop
// over them uses.
func (d *draft) runeName(r string) bool {
	for _, l := range d.lens {
		if slices.Contains(identifiers(l), r) {
			return false
		}
	}
	return d.lib != r
}

func isByte(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Kind() == types.Byte
}

// redeclared makes variables of the callback's own of those that what follows assigns
// to with :=. It would declare new ones there, of the type that happens to come.
func (d *draft) redeclared() string {
	for _, st := range d.rest {
		for {
			l, ok := st.(*ast.LabeledStmt)
			if !ok {
				break
			}
			st = l.Stmt
		}
		a, ok := st.(*ast.AssignStmt)
		if !ok || a.Tok != token.DEFINE {
			continue
		}
		for _, l := range a.Lhs {
			id, ok := l.(*ast.Ident)
			if !ok {
				continue
			}
			v, ok := d.info().Uses[id].(*types.Var)
			if !ok || d.moved(v.Pos()) {
				continue
			}
			if !d.own(v) || d.isResult(v) {
				return "what follows assigns to " + v.Name() + " with :=, which would be another variable in a callback"
			}
			d.shadow(v, false)
		}
	}
	return ""
}

// own reports whether nothing but this function's own statements, in order, can see a
// variable.
func (s *site) own(v *types.Var) bool {
	x := s.vars[v]
	if x == nil || x.address || x.owner != s.fn || x.captured(s.at(), s.end) {
		return false
	}
	for _, a := range x.assigned {
		if s.moved(a.id.Pos()) && a.in != s.fn {
			return false
		}
	}
	return true
}

// shadow declares a variable of the callback's own with the value of an outer one.
func (d *draft) shadow(v *types.Var, out bool) {
	line := v.Name() + " := " + v.Name()
	if slices.ContainsFunc(d.head, func(l string) bool { return l == line || strings.HasPrefix(l, v.Name()+", ") }) {
		return
	}
	if out {
		ptr := d.local(v.Name() + "Out")
		line = fmt.Sprintf("%s, %s := %s, &%s", v.Name(), ptr, v.Name(), v.Name())
		d.foot = append(d.foot, "*"+ptr+" = "+v.Name())
	}
	d.head = slices.Insert(d.head, 0, line)
}

// shadows keeps the variables of the outside that loops work on in registers: a
// callback has them by reference if they ever change.
func (d *draft) shadows(resultsInside, returnsToFn bool) {
	var list []*types.Var
	for v, x := range d.vars {
		if d.moved(v.Pos()) || x.captured(0, 0) || !d.own(v) || !small(v.Type(), d.pkg.TypesSizes) || len(x.assigned) == 0 {
			continue
		}
		if slices.ContainsFunc(x.uses, func(u use) bool { return d.moved(u.id.Pos()) && u.in == d.fn && d.inLoop(u) }) {
			list = append(list, v)
		}
	}
	slices.SortFunc(list, func(a, b *types.Var) int { return int(b.Pos() - a.Pos()) })
	for _, v := range list {
		if slices.ContainsFunc(d.pieces, func(p *piece) bool { return p.obj == v }) {
			continue
		}
		changed := slices.ContainsFunc(d.vars[v].assigned, func(u use) bool { return d.moved(u.id.Pos()) })
		result := d.isResult(v)
		if result && (resultsInside || d.hasDefer() || changed && (d.flow.returns || d.flow.ends)) {
			continue
		}
		d.shadow(v, changed && !d.flow.ends && (result || !d.dead(v)))
	}
}

// dead reports whether a variable is gone where the block ends.
func (d *draft) dead(v *types.Var) bool {
	if d.top {
		return !d.isResult(v)
	}
	block := d.path[len(d.path)-1]
	return v.Pos() >= block.Pos() && v.Pos() < block.End()
}

// small reports whether a value can be in registers.
func small(t types.Type, sizes types.Sizes) bool {
	if hasTypeParam(t) || isArray(t) {
		return false
	}
	return sizes.Sizeof(t) <= 4*sizes.Sizeof(types.Typ[types.Uintptr])
}

// callback writes the form in which what follows is the callback.
func (d *draft) callback() (*change, string) {
	at := d.at()
	fn := "Do"
	if d.uninit {
		fn = "Uninit"
	}
	open, closing := "", "})"
	param := "func(" + d.block + " " + d.typ + ")"
	switch {
	case d.flow.returns && !d.top:
		return nil, "it returns from inside of a block"
	case !d.flow.returns && d.top && d.resultCount() > 0:
		return nil, "the function does not end with a return"
	case !d.flow.returns || d.top && d.resultCount() == 0:
		d.shadows(false, false)
		if d.pieces[0].f.Kind == clone && len(d.pieces) == 1 && len(d.head) > 0 && strings.HasPrefix(d.head[len(d.head)-1], "copy(") && d.block == d.pieces[0].id.Name && !isString(d.info().TypeOf(d.pieces[0].call.Args[len(d.pieces[0].call.Args)-1])) {
			src := strings.TrimSuffix(strings.TrimPrefix(d.lens[0], "len("), ")")
			fn, d.head = "Copy", d.head[:len(d.head)-1]
			d.n = strings.TrimSuffix(d.n, d.lens[0]) + src
		}
		open = fmt.Sprintf("%s.%s(%s, %s {", d.lib, fn, d.n, param)
	case d.resultCount() <= 2:
		results := d.site.typ.Results
		named := len(d.results()) > 0
		if !d.sameNames(results, at) {
			return nil, "a variable hides the type of a result"
		}
		if named {
			for _, v := range d.results() {
				if !d.inside(v) {
					return nil, "its named results are used before"
				}
			}
			for _, v := range d.results() {
				if slices.ContainsFunc(d.pieces, func(p *piece) bool { return p.id.Name == v.Name() }) || v.Name() == d.block {
					return nil, "it has the name of a result"
				}
			}
		}
		d.shadows(named, false)
		fn = "Call"
		if d.resultCount() == 2 {
			fn = "Call2"
		}
		text := d.text(results)
		if strings.Contains(text, "\n") {
			return nil, "its results take more than one line"
		}
		open = fmt.Sprintf("return %s.%s(%s, %s %s {", d.lib, fn, d.n, param, text)
	default:
		return nil, "it has more than two results"
	}
	if why := d.shadowNames(); why != "" {
		return nil, why
	}
	c := d.change(open, closing, nil)
	c.use = "stackalloc." + fn
	return c, ""
}

// inside reports whether a result of the function is used in the statements that
// follow only, so that one of the callback's own can take its place.
func (d *draft) inside(v *types.Var) bool {
	x := d.vars[v]
	return !d.hasDefer() && !x.address && !slices.ContainsFunc(x.uses, func(u use) bool {
		return u.id.Pos() < d.last.End() || u.id.Pos() >= d.end
	})
}

func (d *draft) shadowNames() string {
	for _, n := range d.names {
		for _, l := range d.head {
			if strings.HasPrefix(l, n+" := ") || strings.HasPrefix(l, n+", ") {
				return "the name " + n + " means something else here"
			}
		}
	}
	return ""
}

func (d *draft) resultCount() int {
	if d.site.typ.Results == nil {
		return 0
	}
	return d.site.typ.Results.NumFields()
}

// scope writes the form in which what follows is the body of a loop.
func (d *draft) scope() (*change, string) {
	if !d.flow.returns {
		return nil, ""
	}
	elem := strings.TrimPrefix(d.typ, "[]")
	d.shadows(false, true)
	if why := d.shadowNames(); why != "" {
		return nil, why
	}
	var after []string
	if d.top && d.resultCount() > 0 {
		after = []string{`panic("unreachable")`}
		if len(d.results()) > 0 {
			after = []string{"return"}
		} else if !d.universal(d.at(), "panic") {
			return nil, "the name panic means something else here"
		}
		if !d.flow.ends {
			return nil, "the function does not end with a return"
		}
	} else if d.flow.ends && !d.top && d.resultCount() > 0 && d.lastInFunction() && d.universal(d.at(), "panic") {
		after = []string{`panic("unreachable")`}
	}
	open := fmt.Sprintf("for %s := range %s.Scope[%s](%s) {", d.block, d.lib, elem, d.n)
	c := d.change(open, "}", after)
	c.use = "stackalloc.Scope"
	return c, ""
}

// lastInFunction reports whether nothing follows the block in the function, which then
// relies on its last statement not to run through.
func (d *draft) lastInFunction() bool {
	child := d.path[len(d.path)-1]
	for i := len(d.path) - 2; i >= 0; i-- {
		switch p := d.path[i].(type) {
		case *ast.BlockStmt:
			if p.List[len(p.List)-1] != child {
				return false
			}
			if p == d.body {
				return true
			}
		case *ast.CaseClause:
			if p.Body[len(p.Body)-1] != child {
				return false
			}
		case *ast.CommClause:
			if p.Body[len(p.Body)-1] != child {
				return false
			}
		}
		child = d.path[i]
	}
	return true
}

// change makes the edits: the call in place of the declarations, its beginning and
// its end, and what is between one step to the right.
func (d *draft) change(open, closing string, after []string) *change {
	c := d.newChange()
	in := d.indent(d.offset(d.first.Pos()))
	from, to := d.offset(d.first.Pos()), d.offset(d.last.End())
	end := d.lineEnd(to)
	comments := d.comments(from, to)
	c.line = len(d.pre)
	c.edits = append(c.edits, edit.Edit{From: from, To: to, Text: join(append(slices.Clone(d.pre), open), in)})
	head := ""
	for _, l := range append(comments, d.head...) {
		head += in + "\t" + l + "\n"
	}
	if d.alone(to, end) {
		skip := end
		for head == "" && strings.TrimSpace(string(d.src[skip:d.lineEnd(skip)])) == "" && d.lineEnd(skip) > skip {
			skip = d.lineEnd(skip) // a blank line would be the first of the callback
		}
		if skip < d.offset(d.end) {
			c.edits = append(c.edits, edit.Edit{From: end, To: skip, Text: head})
			end = skip
		}
	} else {
		c.edits = append(c.edits, edit.Edit{From: to, To: to, Text: "\n" + head})
	}
	foot := ""
	for _, l := range d.foot {
		foot += in + "\t" + l + "\n"
	}
	foot += in + closing + "\n"
	for _, l := range after {
		foot += in + l + "\n"
	}
	stop, ownLine := d.stop()
	switch {
	case ownLine:
		c.edits = append(c.edits, edit.Edit{From: stop, To: stop, Text: foot})
	default:
		c.edits = append(c.edits, edit.Edit{From: stop, To: stop, Text: "\n" + strings.TrimSuffix(foot, "\n") + map[bool]string{true: "\n", false: ""}[d.braced()]})
	}
	c.edits = append(append(c.edits, d.remove()...), d.shift(end, stop)...)
	c.to = stop
	c.toLine = d.tok.Line(d.tok.Pos(stop))
	return c
}

func (d *draft) newChange() *change {
	c := &change{unit: d.unit, library: true}
	for _, p := range d.pieces {
		if p.f != nil {
			c.found = append(c.found, p.f)
			if p.f.giver != nil {
				c.needs = p.f.giver.room
			}
		}
	}
	for _, n := range d.path {
		if f, ok := n.(*ast.FuncDecl); ok {
			c.decl = f
		}
	}
	c.from, c.to = d.offset(d.first.Pos()), d.offset(d.last.End())
	c.gone = [2]token.Pos{d.first.Pos(), d.last.End()}
	c.fromLine, c.toLine = d.tok.Line(d.first.Pos()), d.tok.Line(d.last.End())
	return c
}

func join(lines []string, indent string) string {
	return strings.Join(lines, "\n"+indent)
}

// indent returns the white space at the beginning of the line of an offset.
func (u *unit) indent(at int) string {
	i := at
	for i > 0 && u.src[i-1] != '\n' {
		i--
	}
	j := i
	for j < at && (u.src[j] == ' ' || u.src[j] == '\t') {
		j++
	}
	return string(u.src[i:j])
}

// lineEnd returns the offset of the next line.
func (u *unit) lineEnd(at int) int {
	for at < len(u.src) && u.src[at] != '\n' {
		at++
	}
	return min(at+1, len(u.src))
}

// alone reports whether only a comment follows on the line.
func (u *unit) alone(from, to int) bool {
	rest := strings.TrimSpace(string(u.src[from:to]))
	return to > from && u.src[to-1] == '\n' && (rest == "" || strings.HasPrefix(rest, "//") || strings.HasPrefix(rest, "/*") && strings.HasSuffix(rest, "*/") && strings.Count(rest, "*/") == 1)
}

func (d *draft) braced() bool {
	_, ok := d.path[len(d.path)-1].(*ast.BlockStmt)
	return ok
}

// stop returns where the callback ends, and whether that is the beginning of a line.
func (d *draft) stop() (int, bool) {
	if d.braced() {
		at := d.offset(d.end)
		i := at
		for i > 0 && (d.src[i-1] == ' ' || d.src[i-1] == '\t') {
			i--
		}
		if i > 0 && d.src[i-1] == '\n' {
			return i, true
		}
		return at, false
	}
	at := d.offset(d.end)
	if end := d.lineEnd(at); d.alone(at, end) {
		return end, true
	}
	return at, false
}

// comments returns the comments between the declarations, which would be lost.
func (d *draft) comments(from, to int) (out []string) {
	for _, g := range d.file.Comments {
		for _, c := range g.List {
			if p := d.offset(c.Pos()); p >= from && p < to {
				out = append(out, strings.ReplaceAll(c.Text, "\r", ""))
			}
		}
	}
	return out
}

// remove takes away the declarations that are apart from the others, with their lines
// where nothing else is on them.
func (d *draft) remove() (out []edit.Edit) {
	for _, st := range d.apart {
		from, to := d.offset(st.Pos()), d.offset(st.End())
		if end := d.lineEnd(to); d.indentOnly(from) && strings.TrimSpace(string(d.src[to:end])) == "" {
			from, to = d.lineStart(from), end
		}
		out = append(out, edit.Edit{From: from, To: to})
	}
	return out
}

// shift puts a tab before the lines from one offset to another, those in raw strings
// and in comments that began before them apart.
func (d *draft) shift(from, to int) (out []edit.Edit) {
	skip := map[int]bool{}
	for _, e := range d.remove() {
		for i := e.From; i < e.To; i++ {
			skip[i] = true
		}
	}
	inside := func(n ast.Node) {
		a, b := d.offset(n.Pos()), d.offset(n.End())
		for i := a; i < b; i++ {
			if d.src[i] == '\n' {
				skip[i+1] = true
			}
		}
	}
	for _, s := range d.list {
		ast.Inspect(s, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				inside(l)
			}
			return true
		})
	}
	for _, g := range d.file.Comments {
		for _, c := range g.List {
			inside(c)
		}
	}
	for i := from; i < to; i = d.lineEnd(i) {
		if d.src[i] != '\n' && d.src[i] != '\r' && !skip[i] {
			out = append(out, edit.Edit{From: i, To: i, Text: "\t"})
		}
		if d.lineEnd(i) == i {
			break
		}
	}
	return out
}

// helper writes the form in which what follows becomes a function of its own, whose
// lines stay as they are.
func (d *draft) helper() (*change, string) {
	lines := d.tok.Line(d.end) - d.tok.Line(d.last.End()) - 1
	decl, ok := d.fn.(*ast.FuncDecl)
	if lines <= longBody || !ok || !d.top || len(d.foot) > 0 {
		return nil, ""
	}
	fn, ok := d.info().Defs[decl.Name].(*types.Func)
	if !ok || fn.Signature().TypeParams().Len() > 0 || fn.Signature().RecvTypeParams().Len() > 0 {
		return nil, ""
	}
	if d.resultCount() > 2 || d.resultCount() > 0 && !d.flow.ends {
		return nil, ""
	}
	for _, v := range d.results() {
		if !d.inside(v) {
			return nil, ""
		}
	}
	at := d.file.Name.End()                                                                                      // where nothing local is known
	d.head = slices.DeleteFunc(d.head, func(l string) bool { a, b, _ := strings.Cut(l, " := "); return a == b }) // parameters already
	var params, args []string
	var free []*types.Var
	for v, x := range d.vars {
		if d.moved(v.Pos()) || d.isResult(v) || slices.ContainsFunc(d.pieces, func(p *piece) bool { return p.obj == v }) {
			continue
		}
		if !slices.ContainsFunc(x.uses, func(u use) bool { return d.moved(u.id.Pos()) && u.id.Pos() >= d.last.End() }) {
			continue
		}
		if !d.own(v) && len(x.assigned)+btoi(x.address) > 0 {
			return nil, ""
		}
		free = append(free, v)
	}
	// The contents are written in the new function, which must know the operands.
	for _, l := range d.head {
		for _, w := range identifiers(l) {
			if slices.ContainsFunc(d.pre, func(p string) bool { return strings.HasPrefix(p, w+" := ") }) {
				return nil, ""
			}
			v, ok := d.lookup(w, d.at()).(*types.Var)
			if ok && d.vars[v] != nil && !slices.Contains(free, v) && !d.moved(v.Pos()) {
				free = append(free, v)
			}
		}
	}
	slices.SortFunc(free, func(a, b *types.Var) int { return int(a.Pos() - b.Pos()) })
	recv := fn.Signature().Recv()
	recvText := ""
	if recv != nil && slices.Contains(free, recv) {
		recvText = d.text(decl.Recv) + " "
	}
	if d.localNames() {
		return nil, ""
	}
	for _, v := range free {
		if v == recv {
			continue
		}
		t, ok := d.typeText(v.Type(), at)
		if !ok || v.Name() == "_" {
			return nil, ""
		}
		params, args = append(params, v.Name()+" "+t), append(args, v.Name())
	}
	if !d.sameNames(d.site.typ, at) {
		return nil, ""
	}
	name := d.fresh(unexported(decl.Name.Name) + "Body")
	for _, p := range d.pieces {
		if _, ok := d.typeText(p.obj.Type(), at); !ok {
			return nil, ""
		}
	}
	call := name
	if recvText != "" {
		call = recv.Name() + "." + name
	}
	call += "(" + strings.Join(append([]string{d.block}, args...), ", ") + ")"
	results, form, open := "", "Do", ""
	if d.uninit {
		form = "Uninit"
	}
	if n := d.resultCount(); n > 0 {
		results = " " + d.text(d.site.typ.Results)
		if strings.Contains(results, "\n") || !d.sameNames(d.site.typ.Results, d.at()) {
			return nil, ""
		}
		// Names of the results would hide parameters of the outer function.
		outer := " " + d.plainResults()
		form = map[int]string{1: "Call", 2: "Call2"}[n]
		open = fmt.Sprintf("return %s.%s(%s, func(%s %s)%s {", d.lib, form, d.n, d.block, d.typ, outer)
		call = "return " + call
	} else {
		open = fmt.Sprintf("%s.%s(%s, func(%s %s) {", d.lib, form, d.n, d.block, d.typ)
	}
	blockParam := d.block + " " + d.typ
	text := join(append(slices.Clone(d.pre), open, "\t"+call, "})"), "\t") + "\n}\n\n" +
		"// " + name + " is " + decl.Name.Name + " with its block.\n" +
		"func " + recvText + name + "(" + strings.Join(append([]string{blockParam}, params...), ", ") + ")" + results + " {"
	c := d.newChange()
	from, to := d.offset(d.first.Pos()), d.offset(d.last.End())
	end := d.lineEnd(to)
	if !d.alone(to, end) {
		return nil, ""
	}
	c.line = len(d.pre)
	c.edits = append(c.edits, edit.Edit{From: from, To: to, Text: text})
	head := ""
	for _, l := range append(d.comments(from, to), d.head...) {
		head += "\t" + l + "\n"
	}
	c.edits = append(append(c.edits, edit.Edit{From: end, To: end, Text: head}), d.remove()...)
	c.to = d.offset(d.end)
	c.toLine = d.tok.Line(d.end)
	c.use = "stackalloc." + form
	return c, ""
}

// unexported returns a name that begins with a small letter.
func unexported(name string) string {
	first, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToLower(first)) + name[size:]
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// plainResults are the results of the function without their names.
func (d *draft) plainResults() string {
	var out []string
	for _, f := range d.site.typ.Results.List {
		for range max(1, len(f.Names)) {
			out = append(out, d.text(f.Type))
		}
	}
	if len(out) == 1 {
		return out[0]
	}
	return "(" + strings.Join(out, ", ") + ")"
}

// localNames reports whether what follows uses constants, types or labels that the
// function declares before.
func (d *draft) localNames() (yes bool) {
	for _, s := range d.rest {
		ast.Inspect(s, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if !ok {
				return true
			}
			switch obj := d.info().Uses[id].(type) {
			case *types.Const, *types.TypeName:
				if obj.Pkg() == d.pkg.Types && obj.Parent() != d.pkg.Types.Scope() && !d.moved(obj.Pos()) {
					yes = true
				}
			}
			return true
		})
	}
	return yes
}

// identifiers returns the identifiers in a line of code.
func identifiers(l string) []string {
	return strings.FieldsFunc(l, func(r rune) bool {
		return !(r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > 127)
	})
}

// array returns the change that declares an array of constant length, if one of
// moderate size surely holds what is asked for, and why nothing is to be done where
// the compiler does it already.
func (s *site) array() (*change, string) {
	if len(s.pieces) != 1 || s.pieces[0].f.Kind != variableMake || hasTypeParam(s.pieces[0].elem) {
		return nil, ""
	}
	p := s.pieces[0]
	n := p.call.Args[len(p.call.Args)-1]
	size := s.pkg.TypesSizes.Sizeof(p.elem)
	hi := int64(0)
	for _, r := range s.ranges(n) {
		if r.lo < 0 || r.hi > smallArray {
			return nil, ""
		}
		hi = max(hi, r.hi)
	}
	if hi == 0 || size <= 0 || hi*size > smallArray {
		return nil, ""
	}
	if hi*size <= ownFrame && p.f.Cost == 0 {
		return nil, fmt.Sprintf("it has at most %d bytes: the compiler has it on the stack when it has no more than %d", hi*size, ownFrame)
	}
	if len(p.call.Args) == 3 {
		if v := s.info().Types[p.call.Args[1]].Value; v == nil || v.String() != "0" {
			return nil, ""
		}
	}
	if s.named(p) || len(s.rest) == 0 {
		return nil, ""
	}
	if why := s.addresses(); why != "" {
		return nil, why
	}
	elem, ok := s.elemText()
	if !ok {
		return nil, ""
	}
	name := s.local(p.id.Name + "Array")
	in := s.indent(s.offset(s.first.Pos()))
	text := s.text(n)
	var pre []string
	if !simple(n) {
		v := s.local("n")
		pre = append(pre, v+" := "+text)
		text = v
	}
	low := ""
	if len(p.call.Args) == 3 {
		low = "0"
		text = ":" + text
	} else {
		text = text + ":" + text
	}
	pre = append(pre, fmt.Sprintf("var %s [%d]%s", name, hi, elem), fmt.Sprintf("%s := %s[:%s%s]", p.id.Name, name, low, text))
	d := &draft{site: s}
	c := d.newChange()
	c.library, c.array = false, true
	for n := range s.made {
		s.used[n] = true // the rest of the block has them too
	}
	c.use = "[" + strconv.FormatInt(hi, 10) + "]" + elem
	c.line = len(pre) - 2
	c.edits = []edit.Edit{{From: s.offset(s.first.Pos()), To: s.offset(s.last.End()), Text: join(pre, in)}}
	if len(d.comments(c.from, c.to)) > 0 {
		return nil, ""
	}
	return c, ""
}

// simple reports whether an expression can be written twice.
func simple(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		return true
	case *ast.SelectorExpr:
		return simple(e.X)
	}
	return false
}
