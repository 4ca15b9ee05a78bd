package within

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ssa"
)

// search is the search for proofs with one size of ints.
type search struct {
	word
	sized       func(types.Type) bool // whether the size of a type is the same everywhere
	order       map[atom]int          // in which they were met, so that every search goes the same way
	exacts      map[*ssa.BinOp]bool
	asking      int // depth of questions for exacts
	facty       map[place][]form
	assumptions []assumption
	steps       int       // left
	from, to    token.Pos // the statement that the question is of
}

// assumption is what is to be shown at the beginning of a block, and held in all rounds
// before.
type assumption struct {
	b *ssa.BasicBlock
	f form
}

const (
	allSteps   = 4000
	exactSteps = 400
	allDepth   = 9
	exactDepth = 6
)

func newSearch(w word, stmt ast.Node, sized func(types.Type) bool) *search {
	return &search{word: w, sized: sized, from: stmt.Pos(), to: stmt.End(), order: map[atom]int{}, exacts: map[*ssa.BinOp]bool{}, facty: map[place][]form{}}
}

func (s *search) endsWithin(x *ssa.Slice) bool {
	f := s.number(x.High).plus(s.length(x.X), -1)
	for depth := 1; depth <= allDepth; depth++ {
		if s.steps = allSteps; s.prove(f, before(x), depth) {
			return true
		}
	}
	return false
}

// prove reports whether a sum is at most 0 at a place.
func (s *search) prove(f form, at place, depth int) bool {
	if s.steps--; s.steps < 0 || !f.modest() {
		return false
	}
	if n, ok := s.highest(f); ok && n <= 0 {
		return true
	}
	if depth == 0 {
		return false
	}
	return s.byParts(f, at, depth-1) || s.byFacts(f, at, depth-1) || s.byRounds(f, depth-1)
}

// highest returns the most that a sum can be for all that its types say.
func (s *search) highest(f form) (int64, bool) {
	sum := f.c
	for a, k := range f.terms {
		b := bound{0, 0}
		if a.len {
			b.hi = s.longest(a.v.Type())
		} else {
			room, ok := s.room(a.v.Type())
			if !ok {
				return 0, false
			}
			b = room
		}
		if k < 0 {
			sum += k * b.lo
		} else {
			sum += k * b.hi
		}
	}
	return sum, true
}

// atoms returns the atoms of a sum in order.
func (s *search) atoms(f form) (out []atom) {
	for a := range f.terms {
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b atom) int { return s.order[a] - s.order[b] })
	return out
}

// byParts takes an atom apart: a sum that does not wrap around in the wrong direction, and
// the least and the most of some numbers.
func (s *search) byParts(f form, at place, depth int) bool {
	for _, a := range s.atoms(f) {
		switch x := a.v.(type) {
		case *ssa.BinOp:
			sum, ok := s.sum(x)
			room, isNumber := s.room(x.Type())
			if !ok || !isNumber || a.len || !sum.near() {
				continue
			}
			// A sum that wraps around at the top is less than it would be, and more at the bottom.
			wraps := exactly(room.lo).plus(sum, -1)
			if f.terms[a] < 0 {
				wraps = sum.plus(exactly(room.hi), -1)
			}
			if s.prove(wraps, at, min(depth, exactDepth)) && s.prove(f.with(a, sum), at, depth) {
				return true
			}
		case *ssa.Call:
			name := builtin(x)
			if a.len || (name != "min" || f.terms[a] > 0) && (name != "max" || f.terms[a] < 0) || !isInteger(x.Type()) {
				continue
			}
			// It is one of them.
			return !slices.ContainsFunc(x.Call.Args, func(arg ssa.Value) bool { return !s.prove(f.with(a, s.number(arg)), at, depth) })
		}
	}
	return false
}

// byFacts subtracts what is at most 0.
func (s *search) byFacts(f form, at place, depth int) bool {
	var list []form
	for _, a := range s.atoms(f) {
		list = append(list, s.known(a)...)
	}
	list = append(list, s.facts(at)...)
	for _, g := range list {
		if !shares(f, g) {
			continue
		}
		if rest := f.plus(g, -1); len(rest.terms) <= len(f.terms)+1 && s.prove(rest, at, depth) {
			return true
		}
	}
	return false
}

// shares reports whether two sums have an atom in common that goes when one is subtracted.
func shares(f, g form) bool {
	for a, k := range g.terms {
		if k*f.terms[a] > 0 {
			return true
		}
	}
	return false
}

// byRounds shows what is to hold at the beginning of a block, where values of several
// ways come together, on each of these ways. What comes from further down was there
// before.
func (s *search) byRounds(f form, depth int) bool {
	tried := map[*ssa.BasicBlock]bool{}
	for _, a := range s.atoms(f) {
		phi, ok := a.v.(*ssa.Phi)
		if !ok || tried[phi.Block()] {
			continue
		}
		b := phi.Block()
		tried[b] = true
		if !s.above(f, b) {
			continue
		}
		s.assumptions = append(s.assumptions, assumption{b, f})
		all := true
		for k, pred := range b.Preds {
			g := f
			for _, a := range s.atoms(f) {
				if p, ok := a.v.(*ssa.Phi); ok && p.Block() == b {
					by := s.number
					if a.len {
						by = s.length
					}
					g = g.plus(of(a), -f.terms[a]).plus(by(p.Edges[k]), f.terms[a])
				}
			}
			if all = s.prove(g, place{b: pred, i: len(pred.Instrs), to: b}, depth); !all {
				break
			}
		}
		s.assumptions = s.assumptions[:len(s.assumptions)-1]
		if all {
			return true
		}
	}
	return false
}

// above reports whether the atoms of a sum, other than those that come together in a
// block, are there before every way to it, and so the same in every round.
func (s *search) above(f form, b *ssa.BasicBlock) bool {
	for a := range f.terms {
		i, ok := a.v.(ssa.Instruction)
		if !ok {
			continue // a parameter, a constant
		}
		if i.Block() == b {
			if _, phi := a.v.(*ssa.Phi); !phi {
				return false
			}
			continue
		}
		if !i.Block().Dominates(b) {
			return false
		}
	}
	return true
}

// assumed returns what was assumed of blocks on every way to a place.
func (s *search) assumed(at place) (out []form) {
	for _, x := range s.assumptions {
		if x.b.Dominates(at.b) {
			out = append(out, x.f)
		}
	}
	return out
}
