package within

import (
	"go/constant"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"
)

func isText(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsString != 0
}

func isBytes(t types.Type) bool {
	s, ok := t.Underlying().(*types.Slice)
	if !ok {
		return false
	}
	b, ok := s.Elem().Underlying().(*types.Basic)
	return ok && b.Kind() == types.Byte
}

// atom returns the sum of one atom.
func (s *search) atom(v ssa.Value, length bool) form {
	a := atom{v, length}
	if _, ok := s.order[a]; !ok {
		s.order[a] = len(s.order)
	}
	return of(a)
}

// number returns the value of an integer as a sum: sums are taken apart where they
// surely do not wrap around.
func (s *search) number(v ssa.Value) form {
	switch x := v.(type) {
	case *ssa.Const:
		if x.Value != nil {
			if n, ok := constant.Int64Val(constant.ToInt(x.Value)); ok && n >= -constants && n <= constants {
				return exactly(n)
			}
		}
	case *ssa.ChangeType:
		if isInteger(x.X.Type()) {
			return s.number(x.X)
		}
	case *ssa.Convert:
		if s.keeps(x.X.Type(), x.Type()) {
			return s.number(x.X)
		}
	case *ssa.BinOp:
		if sum, ok := s.sum(x); ok && sum.near() && s.exact(x, sum) {
			return sum
		}
	case *ssa.Call:
		if builtin(x) == "len" && (isSlice(x.Call.Args[0].Type()) || isText(x.Call.Args[0].Type())) {
			return s.length(x.Call.Args[0])
		}
	}
	return s.atom(v, false)
}

func exactly(n int64) form { return form{c: n} }

// keeps reports whether a conversion keeps every number.
func (s *search) keeps(from, to types.Type) bool {
	a, ok := from.Underlying().(*types.Basic)
	b, isBasic := to.Underlying().(*types.Basic)
	if !ok || !isBasic || a.Info()&types.IsInteger == 0 || b.Info()&types.IsInteger == 0 {
		return false
	}
	m, n := s.sizes.Sizeof(a), s.sizes.Sizeof(b)
	switch unsigned := a.Info()&types.IsUnsigned != 0; {
	case unsigned == (b.Info()&types.IsUnsigned != 0):
		return m <= n
	default:
		return unsigned && m < n
	}
}

// sum returns an addition or a subtraction as a sum, as if there were numbers of any size.
func (s *search) sum(x *ssa.BinOp) (form, bool) {
	if !isInteger(x.Type()) {
		return form{}, false
	}
	switch x.Op {
	case token.ADD:
		return s.number(x.X).plus(s.number(x.Y), 1), true
	case token.SUB:
		return s.number(x.X).plus(s.number(x.Y), -1), true
	}
	return form{}, false
}

// exact reports whether a sum is surely a number of its type, wherever it is computed.
func (s *search) exact(x *ssa.BinOp, sum form) bool {
	if known, ok := s.exacts[x]; ok {
		return known // false while it is being asked
	}
	s.exacts[x] = false
	steps, assumptions := s.steps, s.assumptions
	s.steps, s.assumptions = exactSteps, nil
	s.asking++
	room, ok := s.room(x.Type())
	ok = ok && s.prove(sum.plus(exactly(room.hi), -1), before(x), exactDepth) && s.prove(exactly(room.lo).plus(sum, -1), before(x), exactDepth)
	s.asking--
	s.steps, s.assumptions = steps, assumptions
	s.exacts[x] = ok
	return ok
}

// length returns the length of a slice or a string as a sum.
func (s *search) length(v ssa.Value) form {
	switch x := v.(type) {
	case *ssa.Const:
		if x.Value == nil {
			return exactly(0)
		}
	case *ssa.ChangeType:
		return s.length(x.X)
	case *ssa.Convert:
		if isText(x.X.Type()) && (isBytes(x.Type()) || isText(x.Type())) || isBytes(x.X.Type()) && isText(x.Type()) {
			return s.length(x.X)
		}
	case *ssa.MakeSlice:
		return s.number(x.Len)
	case *ssa.Slice:
		if f, ok := s.part(x); ok && f.near() {
			return f
		}
	case *ssa.Call:
		if builtin(x) == "append" {
			if f := s.length(x.Call.Args[0]).plus(s.length(x.Call.Args[1]), 1); f.near() {
				return f
			}
		}
	}
	return s.atom(v, true)
}

// part returns the length of a part of a slice, a string or an array.
func (s *search) part(x *ssa.Slice) (form, bool) {
	var high form
	switch {
	case x.High != nil:
		high = s.number(x.High)
	case isSlice(x.X.Type()) || isText(x.X.Type()):
		high = s.length(x.X)
	default:
		// Arrays may be of other lengths on other platforms, other than those of the last
		// arguments of a call.
		p, ok := x.X.Type().Underlying().(*types.Pointer)
		if !ok || x.Pos().IsValid() {
			return form{}, false
		}
		a, ok := p.Elem().Underlying().(*types.Array)
		if !ok {
			return form{}, false
		}
		high = exactly(a.Len())
	}
	if x.Low != nil {
		high = high.plus(s.number(x.Low), -1)
	}
	return high, true
}

// builtin returns the name of the function of the language that is called, or "".
func builtin(c *ssa.Call) string {
	if b, ok := c.Call.Value.(*ssa.Builtin); ok {
		return b.Name()
	}
	return ""
}

// known returns what is always at most 0 of an atom.
func (s *search) known(a atom) (out []form) {
	self := of(a)
	below := func(f form) { out = append(out, self.plus(f, -1)) }
	above := func(f form) { out = append(out, f.plus(self, -1)) }
	switch x := a.v.(type) {
	case *ssa.Convert:
		if a.len && isText(x.X.Type()) { // runes
			below(s.length(x.X))
		}
	case *ssa.Call:
		if a.len || !isInteger(x.Type()) {
			return out // the least of strings is not the shortest
		}
		switch builtin(x) {
		case "min":
			for _, arg := range x.Call.Args {
				below(s.number(arg))
			}
		case "max":
			for _, arg := range x.Call.Args {
				above(s.number(arg))
			}
		case "copy":
			above(exactly(0))
			for _, arg := range x.Call.Args {
				below(s.length(arg))
			}
		case "":
			if of, back := found(x); of != nil {
				above(exactly(-1))
				below(s.length(of).plus(exactly(back), -1))
			}
		}
	case *ssa.Extract:
		// The key of a loop over a string.
		b := x.Block()
		if n, ok := x.Tuple.(*ssa.Next); ok && n.IsString && x.Index == 1 && len(b.Preds) == 1 && b.Preds[0] == n.Block() {
			if r, ok := n.Iter.(*ssa.Range); ok {
				above(exactly(0))
				below(s.length(r.X).plus(exactly(1), -1))
			}
		}
	case *ssa.BinOp:
		out = s.knownOp(a, x)
	}
	return out
}

// knownOp is known for operations other than sums.
func (s *search) knownOp(a atom, x *ssa.BinOp) (out []form) {
	if !isInteger(x.Type()) {
		return nil
	}
	self, left, right := of(a), s.number(x.X), s.number(x.Y)
	positive := len(right.terms) == 0 && right.c > 0
	natural := func() bool { return s.prove(exactly(0).plus(left, -1), before(x), exactDepth) }
	switch x.Op {
	case token.AND:
		if positive {
			out = append(out, self.plus(right, -1), exactly(0).plus(self, -1))
		}
	case token.REM:
		if positive {
			out = append(out, self.plus(right, -1).plus(exactly(1), 1))
			if natural() {
				out = append(out, exactly(0).plus(self, -1))
			}
		}
	case token.QUO:
		if positive && natural() {
			out = append(out, self.plus(left, -1), exactly(0).plus(self, -1))
		}
	case token.SHR:
		if natural() {
			out = append(out, self.plus(left, -1), exactly(0).plus(self, -1))
		}
	}
	return out
}

// found returns the slice or string of a call of the standard library that returns an
// index in it or -1, and how far below the length the index stays.
func found(c *ssa.Call) (of ssa.Value, back int64) {
	fn, ok := c.Call.Value.(*ssa.Function)
	if !ok || len(c.Call.Args) < 2 || fn.Object() == nil || fn.Object().Pkg() == nil || fn.Signature.Recv() != nil {
		return nil, 0
	}
	name := strings.TrimPrefix(fn.Object().Name(), "Last")
	switch fn.Object().Pkg().Path() {
	case "bytes", "strings":
		switch name {
		case "IndexByte", "IndexAny", "IndexFunc":
			return c.Call.Args[0], 1
		case "Index":
			return c.Call.Args[0], 0
		}
	}
	return nil, 0
}
