package suggest

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/format"
	"go/token"
	"go/types"
	"math"
	"slices"
	"strconv"
	"strings"
)

// draft is the text of a change while it is put together.
type draft struct {
	*site
	lib    string
	pre    []string // before the call
	head   []string // at the beginning of the callback
	foot   []string // at its end
	names  []string // of the language, that the text uses
	lens   []string // of the pieces, as int
	srcs   []string // what they are copies of
	n      string   // of the block
	block  string   // the callback's parameter
	typ    string   // its type
	uninit bool

	before, after []string // of the declaration of several lines around it

	explicit bool // returns without values are to have them
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
	var ok bool
	if d.before, d.after, ok = s.others(); !ok {
		return nil, inTheWay
	}
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
		runes := kind == conversion && !isByte(p.elem)
		if len(d.pieces) > 1 && (!runes || len(d.pieces) > maxRunePieces) {
			return "it is declared together with another one, and the sum of their lengths may be too large"
		}
		text := d.text(from)
		if !simple(from) || !d.visible(from) || d.ordered() {
			name := d.local("src")
			d.pre = append(d.pre, hoist(name, text))
			text = name
		}
		d.srcs = append(d.srcs, text)
		d.names = append(d.names, "len")
		d.lens[len(d.lens)-1] = "len(" + text + ")"
		if runes {
			// They may be many fewer than the bytes, and append has room for more.
			d.lens[len(d.lens)-1] = d.atMost("len("+text+")", maxRunes)
		}
		return ""
	}
	return "a change of this kind is not mechanical"
}

// atMost writes the lesser of two numbers.
func (d *draft) atMost(n, most string) string {
	if d.universal(d.at(), "min") && !slices.ContainsFunc(d.pieces, func(p *piece) bool { return p.id.Name == "min" }) {
		d.names = append(d.names, "min")
		return "min(" + n + ", " + most + ")"
	}
	v := d.local("n")
	d.pre = append(d.pre, hoist(v, n), "if "+v+" > "+most+" {", "	"+v+" = "+most, "}")
	return v
}

// maxRunes is the number of elements of a block for runes from which a sum of a few, in
// bytes too, is no length on 32 bits.
const (
	maxRunes      = "1<<28"
	maxRunePieces = 7
)

// ordered reports whether operands are to be read before the block is asked for, in the
// order in which they stand: one of them calls something, which may change others.
func (d *draft) ordered() bool {
	return len(d.pieces) > 1 && slices.ContainsFunc(d.pieces, func(p *piece) bool {
		return p.call != nil && slices.ContainsFunc(p.call.Args, func(a ast.Expr) bool { return calls(a, d.info()) })
	})
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
	first, ok := d.starts(p)
	if !ok {
		return "its length and its capacity differ"
	}
	if first > 0 && len(d.pieces) > 1 {
		return "its length and its capacity differ, and it shares a block"
	}
	t, ok := d.info().TypeOf(n).Underlying().(*types.Basic)
	if !ok || t.Info()&types.IsInteger == 0 {
		return "its length is not of an integer type"
	}
	text := d.text(n)
	safe := d.safeLength(n, p.elem) && !slices.ContainsFunc(d.ranges(n), func(r bound) bool { return r.lo < first })
	if !safe || len(d.pieces) > 1 && !d.simpleLength(n) || d.ordered() {
		if _, isVar := ast.Unparen(n).(*ast.Ident); !isVar || d.ordered() {
			if len(d.lens) > 0 && d.pure(n) && !d.ordered() && d.lastHoist(text) {
				d.lens = append(d.lens, d.lens[len(d.lens)-1])
				return ""
			}
			name := d.local("n")
			d.pre = append(d.pre, hoist(name, text))
			text = name
		}
	}
	if !safe {
		guard, why := d.guard(p, t, text, first)
		if why != "" {
			return why
		}
		if !slices.Contains(d.pre, guard[0]) {
			d.pre = append(d.pre, guard...)
		}
	}
	if (d.info().TypeOf(n) != types.Typ[types.Int] || d.wide[0].varies) && t.Kind() != types.UntypedInt {
		d.names = append(d.names, "int")
		text = "int(" + text + ")"
	}
	d.lens = append(d.lens, text)
	return ""
}

// starts returns the length of a slice that has more room than that: a constant, which is
// 0 where there is no such room.
func (d *draft) starts(p *piece) (int64, bool) {
	if p.call == nil || p.f.Kind != variableMake || len(p.call.Args) < 3 {
		return 0, true
	}
	v := d.info().Types[p.call.Args[1]].Value
	if v == nil {
		return 0, false
	}
	n, ok := constant.Int64Val(constant.ToInt(v))
	return n, ok && fixed(p.call.Args[1], d.pkg) && n >= 0 && n <= math.MaxInt16
}

// lastHoist reports whether the piece before has the same length, written before the
// call.
func (d *draft) lastHoist(text string) bool {
	last := d.lens[len(d.lens)-1]
	return slices.Contains(d.pre, hoist(last, text))
}

// hoist declares a variable with a value that stood in a call.
func hoist(name, value string) string {
	return formatted(name + " := " + value)
}

// formatted returns a line of code as gofmt has it.
func formatted(line string) string {
	if f, err := format.Source([]byte(line)); err == nil && !strings.Contains(line, "\n") {
		return string(f)
	}
	return line
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

// shiftsOther reports whether a length has a constant such as 'a' on the left of a shift.
// In a call of make it is an int; in a variable, or beside another constant, a rune.
func (s *site) shiftsOther(e ast.Expr) (yes bool) {
	ast.Inspect(e, func(n ast.Node) bool {
		b, ok := n.(*ast.BinaryExpr)
		if !ok || b.Op != token.SHL && b.Op != token.SHR || s.info().Types[b].Value != nil || s.info().Types[b.X].Value == nil {
			return !yes
		}
		ast.Inspect(b.X, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				yes = yes || n.Kind != token.INT && n.Kind != token.STRING
			case *ast.Ident:
				if c, ok := s.info().Uses[n].(*types.Const); ok {
					t, ok := c.Type().(*types.Basic)
					yes = yes || ok && t.Info()&types.IsUntyped != 0 && t.Kind() != types.UntypedInt && t.Kind() != types.UntypedString
				}
			}
			return true
		})
		return !yes
	})
	return yes
}

// calls reports whether the value of an expression runs code that is not in it, or
// waits: what variables hold may be another thing then.
func calls(e ast.Expr, info *types.Info) (yes bool) {
	inspectFunc(e, func(n ast.Node) {
		switch n := n.(type) {
		case *ast.CallExpr:
			switch builtinName(n, info) {
			case "len", "cap", "min", "max":
			default:
				yes = yes || !info.Types[n.Fun].IsType()
			}
		case *ast.UnaryExpr:
			yes = yes || n.Op == token.ARROW
		}
	})
	return yes
}

// simpleLength matches a variable.
func (d *draft) simpleLength(e ast.Expr) bool {
	_, ok := ast.Unparen(e).(*ast.Ident)
	return ok
}

// guard is the statement that panics as make does where the library would panic in
// its own words.
func (d *draft) guard(p *piece, t *types.Basic, n string, first int64) ([]string, string) {
	if !d.wide[0].sized(p.elem) {
		return nil, "its length may be one that make refuses, and the size of its elements is not known"
	}
	size := int64(0)
	for _, w := range words {
		size = max(size, w.sizes.Sizeof(p.elem))
	}
	if size <= 0 {
		return nil, "its elements have no size"
	}
	limit := fmt.Sprintf("^uint(0)>>1/%d", size)
	if size == 1 {
		limit = "^uint(0)>>1"
	}
	var cond string
	switch kind := t.Kind(); {
	case !d.wide[0].varies && slices.Contains([]types.BasicKind{types.Int, types.Int8, types.Int16, types.Int32, types.Uint, types.Uint8, types.Uint16, types.UntypedInt}, kind):
		cond = fmt.Sprintf("uint(%s) > %s", n, limit)
		if kind == types.Uint {
			cond = fmt.Sprintf("%s > %s", n, limit)
		}
		d.names = append(d.names, "uint")
	default:
		cond = fmt.Sprintf("uint64(%s) > uint64(%s)", n, limit)
		d.names = append(d.names, "uint", "uint64")
	}
	args := ""
	if len(p.call.Args) == 3 {
		args = strconv.FormatInt(first, 10) + ", "
		// What no machine has make refuses too, in words about the capacity, and the library's
		// own make in words about the length.
		cond += fmt.Sprintf(" || uint64(%s) > 1<<40/%d", n, size)
		d.names = append(d.names, "uint64")
	}
	if first > 0 {
		cond += fmt.Sprintf(" || %s < %d", n, first)
	}
	d.names = append(d.names, "make")
	return []string{
		"if " + cond + " {",
		fmt.Sprintf("\t_ = make(%s, %s%s) // panics", d.text(p.call.Args[0]), args, n),
		"}",
	}, ""
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
			v += d.begin(p)
		}
		if d.named(p) {
			name, _ := d.typeText(p.obj.Type(), d.at())
			v = name + "(" + v + ")"
		}
		values = append(values, v)
	}
	d.head = append(d.head, strings.Join(names, ", ")+" := "+strings.Join(values, ", "))
}

// begin cuts off what a variable does not have at first.
func (d *draft) begin(p *piece) string {
	n, _ := d.starts(p)
	return fmt.Sprintf("[:%d]", n)
}

// empty reports whether a variable begins with a part of its piece of the block only.
func (d *draft) empty(p *piece) bool {
	return p.call == nil || p.f.Kind == variableMake && len(p.call.Args) == 3 || p.f.Kind == conversion && !isByte(p.elem)
}

// fill writes the contents of a piece.
func (d *draft) fill(p *piece, kind kind) string {
	x := p.id.Name
	if d.empty(p) && d.block == x {
		d.head = append(d.head, x+" = "+x+d.begin(p))
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
		d.uninit = len(p.call.Args) == 3 && len(d.pieces) == 1 && d.appendOnly(p.obj, true)
		if first, _ := d.starts(p); d.uninit && first > 0 {
			d.names = append(d.names, "clear")
			d.head = append(d.head, "clear("+x+")")
		}
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
	src := d.srcs[i]
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
	for _, l := range append(slices.Clone(d.lens), d.names...) {
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

// identifiers returns the identifiers in a line of code.
func identifiers(l string) []string {
	return strings.FieldsFunc(l, func(r rune) bool {
		return !(r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > 127)
	})
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
