package suggest

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"math"

	"golang.org/x/tools/go/packages"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/within"
)

// bound is a range in which an integer lies.
type bound struct{ lo, hi int64 }

const large = math.MaxInt64 // nothing is known

var unknown = bound{-large, large}

// word is what the size of an int decides.
type word struct {
	// memory is more bytes than a slice can have, most what make refuses no elements
	// for, and limit what lengths and sums of them stay below without a doubt.
	memory, most, limit int64
	int, uint           bound
	sizes               types.Sizes
}

var words = []word{
	{1 << 48, large, 1 << 55, unknown, bound{0, large}, types.SizesFor("gc", "amd64")},
	{1<<32 - 1<<16, 1<<32 - 1, math.MaxInt32, bound{math.MinInt32, math.MaxInt32}, bound{0, math.MaxUint32}, types.SizesFor("gc", "386")},
}

// counted is more than a program can count to, one by one.
const counted = 1 << 48

// length returns how long a string, or a slice with elements of a size, can be.
func (w word) length(size int64) int64 {
	if size <= 0 {
		return w.int.hi // any number of them
	}
	return min(w.memory/size, w.int.hi)
}

// bounds answers questions about the values of expressions in one declaration.
type bounds struct {
	word
	pkg   *packages.Package
	info  *types.Info
	vars  map[*types.Var]*variable
	busy  map[*types.Var]bool
	jumps bool // there are goto statements, past conditions too

	steady *steady
	varies bool // some integers have other types on other platforms
}

func newBounds(p *packages.Package, root ast.Node, vars map[*types.Var]*variable, w word, st *steady) *bounds {
	b := &bounds{word: w, pkg: p, info: p.TypesInfo, vars: vars, busy: map[*types.Var]bool{}, steady: st, varies: !st.integers(root, p)}
	ast.Inspect(root, func(n ast.Node) bool {
		if s, ok := n.(*ast.BranchStmt); ok && s.Tok == token.GOTO {
			b.jumps = true
		}
		return true
	})
	return b
}

// sized reports whether the size of a type is known, for one size of words.
func (b *bounds) sized(t types.Type) bool { return !within.HasTypeParam(t) && b.steady.size(t, b.pkg) }

// takes reports whether make and the library take every number of a range for elements of
// a type, other than for want of memory.
func (b *bounds) takes(r bound, elem types.Type) bool {
	size := int64(1)
	if b.sized(elem) {
		size = max(size, b.sizes.Sizeof(elem))
	}
	return r.lo >= 0 && r.hi <= min(b.limit, b.most/size)
}

// of returns the range of an expression, where stack is the way to it from the
// top of the file: conditions on the way count.
func (b *bounds) of(e ast.Expr, stack []ast.Node) bound {
	t, ok := b.info.TypeOf(e).Underlying().(*types.Basic)
	if !ok {
		return unknown // a type parameter stands for integers of any size
	}
	if b.varies && b.info.Types[ast.Unparen(e)].Value == nil {
		return unknown
	}
	r := b.value(e, stack)
	if t.Info()&types.IsUntyped == 0 {
		if room := b.typeBound(t); r.lo < room.lo || r.hi > room.hi {
			return room // it may have wrapped around
		}
	}
	return r
}

func (b *bounds) typeBound(t *types.Basic) bound {
	switch t.Kind() {
	case types.Int:
		return b.int
	case types.Int8:
		return bound{math.MinInt8, math.MaxInt8}
	case types.Int16:
		return bound{math.MinInt16, math.MaxInt16}
	case types.Int32:
		return bound{math.MinInt32, math.MaxInt32}
	case types.Uint8:
		return bound{0, math.MaxUint8}
	case types.Uint16:
		return bound{0, math.MaxUint16}
	case types.Uint32:
		return bound{0, math.MaxUint32}
	case types.Uint, types.Uintptr:
		return b.uint
	case types.Uint64:
		return bound{0, large}
	}
	return unknown
}

func (b bound) meet(c bound) bound {
	r := bound{max(b.lo, c.lo), min(b.hi, c.hi)}
	if r.lo > r.hi {
		return b // unreachable code
	}
	return r
}

func (b bound) join(c bound) bound { return bound{min(b.lo, c.lo), max(b.hi, c.hi)} }

// small reports whether a range is fit for sums without a thought of wrapping.
func (b *bounds) small(r bound) bool { return r.lo >= -b.limit && r.hi <= b.limit }

func (b *bounds) value(e ast.Expr, stack []ast.Node) bound {
	e = ast.Unparen(e)
	if v := b.info.Types[e].Value; v != nil {
		if v = constant.ToInt(v); v.Kind() == constant.Int {
			if n, ok := constant.Int64Val(v); ok && fixed(e, b.pkg) {
				return bound{n, n}
			}
		}
		return unknown
	}
	switch e := e.(type) {
	case *ast.CallExpr:
		return b.call(e, stack)
	case *ast.BinaryExpr:
		return b.binary(e, stack)
	case *ast.Ident:
		if v, ok := b.info.Uses[e].(*types.Var); ok {
			return b.variable(v, stack)
		}
	}
	return unknown
}

func (b *bounds) call(c *ast.CallExpr, stack []ast.Node) bound {
	switch builtinName(c, b.info) {
	case "len", "cap":
		t := b.info.TypeOf(c.Args[0]).Underlying()
		if p, ok := t.(*types.Pointer); ok {
			t = p.Elem().Underlying()
		}
		return bound{0, b.longest(t)}
	case "min":
		r := b.of(c.Args[0], stack)
		for _, a := range c.Args[1:] {
			x := b.of(a, stack)
			r = bound{min(r.lo, x.lo), min(r.hi, x.hi)}
		}
		return r
	case "max":
		r := b.of(c.Args[0], stack)
		for _, a := range c.Args[1:] {
			x := b.of(a, stack)
			r = bound{max(r.lo, x.lo), max(r.hi, x.hi)}
		}
		return r
	case "":
	default:
		return unknown
	}
	if tv := b.info.Types[c.Fun]; tv.IsType() && len(c.Args) == 1 {
		return b.conversion(c, stack)
	}
	fn := callee(c, b.info)
	if fn == nil || fn.Pkg() == nil {
		return unknown
	}
	switch fn.Pkg().Path() + "." + fn.Name() {
	case "encoding/hex.EncodedLen", "encoding/hex.DecodedLen", "encoding/base64.EncodedLen", "encoding/base64.DecodedLen",
		"encoding/base32.EncodedLen", "encoding/base32.DecodedLen":
		if x := b.of(c.Args[0], stack); x.lo >= 0 && x.hi <= b.limit/4 {
			return bound{0, 2*x.hi + 8}
		}
	case "unicode/utf8.RuneCountInString", "unicode/utf8.RuneCount":
		return bound{0, b.length(1)}
	case "strings.Count", "bytes.Count":
		return bound{0, b.length(1) + 1} // of the empty string
	case "math/bits.Len", "math/bits.Len8", "math/bits.Len16", "math/bits.Len32", "math/bits.Len64",
		"math/bits.OnesCount", "math/bits.OnesCount8", "math/bits.OnesCount16", "math/bits.OnesCount32", "math/bits.OnesCount64":
		return bound{0, 64}
	}
	return unknown
}

// conversion keeps the range of a number that fits its new type.
func (b *bounds) conversion(c *ast.CallExpr, stack []ast.Node) bound {
	to, ok := b.info.TypeOf(c).Underlying().(*types.Basic)
	if !ok || to.Info()&types.IsInteger == 0 {
		return unknown
	}
	room := b.typeBound(to)
	from, ok := b.info.TypeOf(c.Args[0]).Underlying().(*types.Basic)
	if !ok || from.Info()&types.IsInteger == 0 {
		return room
	}
	if x := b.of(c.Args[0], stack); x.lo >= room.lo && x.hi <= room.hi {
		return x
	}
	return room
}

func (b *bounds) binary(e *ast.BinaryExpr, stack []ast.Node) bound {
	x, y := b.of(e.X, stack), b.of(e.Y, stack)
	switch e.Op {
	case token.ADD:
		if b.small(x) && b.small(y) {
			return bound{x.lo + y.lo, x.hi + y.hi}
		}
	case token.SUB:
		if b.small(x) && b.small(y) {
			r := bound{x.lo - y.hi, x.hi - y.lo}
			if r.lo < 0 && isUnsigned(b.info.TypeOf(e)) {
				return unknown
			}
			return r
		}
	case token.MUL:
		if x.lo >= 0 && y.lo >= 0 && (x.hi == 0 || y.hi <= b.limit/x.hi) {
			return bound{x.lo * y.lo, x.hi * y.hi}
		}
	case token.QUO:
		if x.lo >= 0 && y.lo > 0 {
			if x.hi == large {
				return bound{0, large}
			}
			return bound{x.lo / y.hi, x.hi / y.lo}
		}
	case token.REM:
		if x.lo >= 0 && y.lo > 0 && y.hi < large {
			return bound{0, min(x.hi, y.hi-1)}
		}
	default:
		return b.bitwise(e.Op, x, y)
	}
	return unknown
}

// bitwise returns the range of an operation on the bits of numbers.
func (b *bounds) bitwise(op token.Token, x, y bound) bound {
	switch op {
	case token.AND:
		if x.lo >= 0 && y.lo >= 0 {
			return bound{0, min(x.hi, y.hi)}
		}
		if x.lo >= 0 {
			return bound{0, x.hi}
		}
		if y.lo >= 0 {
			return bound{0, y.hi}
		}
	case token.AND_NOT:
		if x.lo >= 0 {
			return bound{0, x.hi}
		}
	case token.OR, token.XOR:
		if x.lo >= 0 && y.lo >= 0 && x.hi <= b.limit && y.hi <= b.limit {
			n := int64(1)
			for n <= max(x.hi, y.hi) {
				n <<= 1
			}
			return bound{0, n - 1}
		}
	case token.SHR:
		if x.lo >= 0 {
			hi := x.hi
			if y.lo == y.hi && y.lo >= 0 && y.lo < 63 && hi < large {
				hi >>= y.lo
			}
			return bound{0, hi}
		}
	case token.SHL:
		if x.lo >= 0 && y.lo == y.hi && y.lo >= 0 && y.lo <= 30 && x.hi <= b.limit>>y.lo {
			return bound{x.lo << y.lo, x.hi << y.lo}
		}
	}
	return unknown
}

func isUnsigned(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsUnsigned != 0
}

// variable returns the range of a variable: that of all that is assigned to it,
// narrowed by the conditions on the way if it does not change.
func (b *bounds) variable(o *types.Var, stack []ast.Node) bound {
	v := b.vars[o]
	if v == nil || v.address || b.busy[o] {
		return unknown
	}
	b.busy[o] = true
	defer delete(b.busy, o)
	r := unknown
	switch {
	case v.rangeOf != nil && v.key:
		r = b.key(v.rangeOf)
	case v.value != nil:
		r = b.of(v.value, nil)
	}
	if b.counter(v) && r.lo >= 0 && b.counts(v, r.hi, stack) {
		r.hi = max(r.hi, counted) // narrowed by the loop if its type does not hold it
	} else {
		for _, a := range v.assigned {
			s, ok := a.stack[len(a.stack)-2].(*ast.AssignStmt)
			if !ok || s.Tok != token.ASSIGN || len(s.Lhs) != len(s.Rhs) {
				return unknown
			}
			for i, l := range s.Lhs {
				if l == a.id {
					r = r.join(b.of(s.Rhs[i], nil))
				}
			}
		}
	}
	switch len(v.assigned) {
	case 0:
	case 1:
		stack = b.loopOf(v, stack)
	default:
		stack = nil
	}
	for _, c := range b.conditions(stack) {
		r = r.meet(b.narrow(c, o))
	}
	return r
}

// key is the range of the key of a loop.
func (b *bounds) key(r *ast.RangeStmt) bound {
	t := b.info.TypeOf(r.X)
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	switch t := t.Underlying().(type) {
	case *types.Array, *types.Slice:
		return bound{0, b.longest(t)}
	case *types.Basic:
		if t.Info()&types.IsString != 0 {
			return bound{0, b.longest(t)}
		}
		if t.Info()&types.IsInteger != 0 {
			return bound{0, max(0, b.of(r.X, nil).hi-1)}
		}
	}
	return unknown
}

// longest returns how long a value of a type can be.
func (b *bounds) longest(t types.Type) int64 {
	var elem types.Type
	switch t := t.(type) {
	case *types.Basic:
		return b.length(1)
	case *types.Slice:
		elem = t.Elem()
	case *types.Array:
		elem = t.Elem() // its length may be another one on this size of words
	case *types.Map:
		size := int64(1)
		for _, x := range []types.Type{t.Key(), t.Elem()} {
			if b.sized(x) {
				size += b.sizes.Sizeof(x)
			}
		}
		return b.length(size)
	default:
		return b.int.hi
	}
	if !b.sized(elem) {
		return b.int.hi
	}
	return b.length(b.sizes.Sizeof(elem))
}

// counter reports whether a variable changes by v++ only.
func (b *bounds) counter(v *variable) bool {
	for _, a := range v.assigned {
		s, ok := a.stack[len(a.stack)-2].(*ast.IncDecStmt)
		if !ok || s.Tok != token.INC {
			return false
		}
	}
	return len(v.assigned) > 0
}

// counts reports whether a counter that begins with no more than from surely does not wrap
// around: its type holds more than a program can count to, or the loop that counts ends
// before.
func (b *bounds) counts(v *variable, from int64, stack []ast.Node) bool {
	t, ok := v.obj.Type().Underlying().(*types.Basic)
	if !ok || from > counted {
		return false
	}
	holds := b.typeBound(t).hi
	if holds > 2*counted {
		return true
	}
	loop := b.loopOf(v, stack)
	if len(v.assigned) != 1 || len(loop) < 2 {
		return false
	}
	r := bound{0, holds}
	for _, c := range b.conditions(loop[:2]) { // of the loop itself
		r = r.meet(b.narrow(c, v.obj))
	}
	return r.hi < holds
}

// loopOf returns the part of stack inside of the for statement whose post statement
// is the only change of a variable, or nil.
func (b *bounds) loopOf(v *variable, stack []ast.Node) []ast.Node {
	for i, n := range stack {
		if f, ok := n.(*ast.ForStmt); ok && f.Post != nil && i+1 < len(stack) && stack[i+1] == f.Body {
			if p, ok := f.Post.(*ast.IncDecStmt); ok && p.X == v.assigned[0].id {
				return stack[i:]
			}
		}
	}
	return nil
}

// condition is an expression that has a value at a place.
type condition struct {
	e   ast.Expr
	yes bool
}

// conditions returns what holds on the way to a node: the conditions of statements
// around it, and of statements before it that leave the block.
func (b *bounds) conditions(stack []ast.Node) (out []condition) {
	if b.jumps {
		return nil
	}
	for i := 0; i+1 < len(stack); i++ {
		child := stack[i+1]
		switch n := stack[i].(type) {
		case *ast.IfStmt:
			if child == n.Body {
				out = append(out, condition{n.Cond, true})
			} else if child == n.Else {
				out = append(out, condition{n.Cond, false})
			}
		case *ast.ForStmt:
			if child == n.Body && n.Cond != nil {
				out = append(out, condition{n.Cond, true})
			}
		case *ast.FuncLit:
			out = nil // it may run later
		}
		var list []ast.Stmt
		switch n := stack[i].(type) {
		case *ast.BlockStmt:
			list = n.List
		case *ast.CaseClause:
			list = n.Body
		case *ast.CommClause:
			list = n.Body
		}
		for _, s := range list {
			if s == child {
				break
			}
			if f, ok := s.(*ast.IfStmt); ok && f.Else == nil && leaves(f.Body, b.info) {
				out = append(out, condition{f.Cond, false})
			}
		}
	}
	return out
}

// leaves reports whether a block surely leaves the one around it.
func leaves(b *ast.BlockStmt, info *types.Info) bool {
	if len(b.List) == 0 {
		return false
	}
	switch s := b.List[len(b.List)-1].(type) {
	case *ast.ReturnStmt:
		return true
	case *ast.BranchStmt:
		return s.Tok != token.GOTO
	case *ast.ExprStmt:
		c, ok := s.X.(*ast.CallExpr)
		return ok && builtinName(c, info) == "panic"
	}
	return false
}

// narrow is the range of a variable that a condition allows.
func (b *bounds) narrow(c condition, o *types.Var) bound {
	e, ok := ast.Unparen(c.e).(*ast.BinaryExpr)
	if !ok {
		return unknown
	}
	switch {
	case e.Op == token.LAND && c.yes, e.Op == token.LOR && !c.yes:
		return b.narrow(condition{e.X, c.yes}, o).meet(b.narrow(condition{e.Y, c.yes}, o))
	}
	op := e.Op
	var other ast.Expr
	switch {
	case b.is(e.X, o):
		other = e.Y
	case b.is(e.Y, o):
		other = e.X
		op = map[token.Token]token.Token{token.LSS: token.GTR, token.GTR: token.LSS, token.LEQ: token.GEQ, token.GEQ: token.LEQ}[op]
		if e.Op == token.EQL || e.Op == token.NEQ {
			op = e.Op
		}
	default:
		return unknown
	}
	if !c.yes {
		op = map[token.Token]token.Token{
			token.LSS: token.GEQ, token.GEQ: token.LSS, token.GTR: token.LEQ, token.LEQ: token.GTR, token.EQL: token.NEQ, token.NEQ: token.EQL,
		}[op]
	}
	x := b.of(other, nil)
	switch op {
	case token.LSS:
		if x.hi < large {
			return bound{-large, x.hi - 1}
		}
	case token.LEQ:
		return bound{-large, x.hi}
	case token.GTR:
		if x.lo > -large {
			return bound{x.lo + 1, large}
		}
	case token.GEQ:
		return bound{x.lo, large}
	case token.EQL:
		return x
	}
	return unknown
}

func (b *bounds) is(e ast.Expr, o *types.Var) bool {
	id, ok := ast.Unparen(e).(*ast.Ident)
	return ok && b.info.Uses[id] == o
}
