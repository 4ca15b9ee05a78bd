package within

import (
	"maps"

	"golang.org/x/tools/go/ssa"
)

// atom is a number that is not taken apart: a value, or the length of one.
type atom struct {
	v   ssa.Value
	len bool
}

// form is a sum of atoms and a constant.
type form struct {
	terms map[atom]int64
	c     int64
}

func of(a atom) form { return form{terms: map[atom]int64{a: 1}} }

// plus returns f + k*g.
func (f form) plus(g form, k int64) form {
	r := form{terms: maps.Clone(f.terms), c: f.c + k*g.c}
	if r.terms == nil {
		r.terms = map[atom]int64{}
	}
	for a, n := range g.terms {
		if r.terms[a] += k * n; r.terms[a] == 0 {
			delete(r.terms, a)
		}
	}
	return r
}

// with returns f with an atom replaced by a sum.
func (f form) with(a atom, by form) form {
	k := f.terms[a]
	return f.plus(of(a), -k).plus(by, k)
}

// near reports whether the constant of a form is one that is reckoned with.
func (f form) near() bool { return f.c >= -sums && f.c <= sums }

// modest reports whether a form is small enough to be reckoned with exactly.
func (f form) modest() bool {
	if len(f.terms) > 6 || f.c < -8*far || f.c > 8*far {
		return false
	}
	if r := (f.c%far + far + far/2) % far; r < far/2-remainder || r > far/2+remainder {
		return false // constants must not add up to what stands for the end of ints
	}
	for _, n := range f.terms {
		if n < -4 || n > 4 {
			return false
		}
	}
	return true
}
