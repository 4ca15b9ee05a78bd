package within

import (
	"go/token"
	"slices"

	"golang.org/x/tools/go/ssa"
)

// place is one before an instruction of a block, by its index.
type place struct {
	b  *ssa.BasicBlock
	i  int
	to *ssa.BasicBlock // at the end of b on the way there; nil in b
}

func before(i ssa.Instruction) place {
	b := i.Block()
	for k, x := range b.Instrs {
		if x == i {
			return place{b: b, i: k}
		}
	}
	return place{b: b}
}

// facts returns forms that are at most 0 at a place: what the branches to it say, and
// what was indexed and cut without a panic on every way to it.
func (s *search) facts(at place) []form {
	out, ok := s.facty[at]
	if !ok {
		out = s.shown(at)
		if s.asking == 0 { // or less may be known than later
			s.facty[at] = out
		}
	}
	return append(slices.Clip(out), s.assumed(at)...)
}

func (s *search) shown(at place) (out []form) {
	if at.to != nil {
		out = s.branch(at.b, at.to)
	}
	for b, n := at.b, at.i; b != nil; b = b.Idom() {
		if b != at.b {
			n = len(b.Instrs)
		}
		out = append(out, s.indexed(b, n)...)
		if len(b.Preds) == 1 {
			out = append(out, s.branch(b.Preds[0], b)...)
		}
	}
	return out
}

// indexed returns what the first instructions of a block have shown. Those of the
// statement itself are left out: in what order it does things, other than what needs
// another, is up to the compiler.
func (s *search) indexed(b *ssa.BasicBlock, n int) (out []form) {
	for _, i := range b.Instrs[:n] {
		if p := i.Pos(); p >= s.from && p < s.to {
			continue
		}
		switch x := i.(type) {
		case *ssa.IndexAddr:
			if isSlice(x.X.Type()) {
				i := s.number(x.Index)
				out = append(out, i.plus(s.length(x.X), -1).plus(exactly(1), 1), exactly(0).plus(i, -1))
			}
		case *ssa.Slice:
			if x.Low == nil {
				if x.High != nil {
					out = append(out, exactly(0).plus(s.number(x.High), -1))
				}
				continue
			}
			low := s.number(x.Low)
			out = append(out, exactly(0).plus(low, -1))
			switch {
			case x.High != nil:
				out = append(out, low.plus(s.number(x.High), -1))
			case isSlice(x.X.Type()) || isText(x.X.Type()):
				out = append(out, low.plus(s.length(x.X), -1))
			}
		}
	}
	return out
}

// branch returns what the way from a block to one of its successors says.
func (s *search) branch(from, to *ssa.BasicBlock) []form {
	if len(from.Instrs) == 0 {
		return nil
	}
	i, ok := from.Instrs[len(from.Instrs)-1].(*ssa.If)
	if !ok || from.Succs[0] == from.Succs[1] {
		return nil
	}
	return s.condition(i.Cond, from.Succs[0] == to)
}

// condition returns what a condition says when it is met or not.
func (s *search) condition(v ssa.Value, yes bool) []form {
	switch c := v.(type) {
	case *ssa.UnOp:
		if c.Op == token.NOT {
			return s.condition(c.X, !yes)
		}
	case *ssa.BinOp:
		if !isInteger(c.X.Type()) || !isInteger(c.Y.Type()) {
			return nil
		}
		op := c.Op
		if !yes {
			op = opposite[op]
		}
		x, y := s.number(c.X), s.number(c.Y)
		switch op {
		case token.LSS:
			return []form{x.plus(y, -1).plus(exactly(1), 1)}
		case token.LEQ:
			return []form{x.plus(y, -1)}
		case token.GTR:
			return []form{y.plus(x, -1).plus(exactly(1), 1)}
		case token.GEQ:
			return []form{y.plus(x, -1)}
		case token.EQL:
			return []form{x.plus(y, -1), y.plus(x, -1)}
		}
	}
	return nil
}

var opposite = map[token.Token]token.Token{
	token.LSS: token.GEQ, token.GEQ: token.LSS, token.LEQ: token.GTR, token.GTR: token.LEQ, token.EQL: token.NEQ, token.NEQ: token.EQL,
}
