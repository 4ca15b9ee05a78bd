package check

import (
	"slices"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/machine"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
)

// A function of a package that is not checked leaves closures of its own where it is inlined:
// copies, in the package that is. Calls in them are unproven where the function itself may be
// proven, and are told of where it is inlined. That is found by who refers to the copy.

// foreignCall is a call of the library that was left in the code, at a place that is not in
// the packages checked.
type foreignCall struct {
	u       *unit
	f       *machine.Func
	entries []*site
	e       machine.Event
	name    string
}

// judgeForeign tells of what is unproven in copies of closures, and of calls that are left in
// what was inlined, once all sites are known.
func (j *judge) judgeForeign(use func(u *unit, symbol string) (aside, open bool)) {
	for _, x := range j.foreign {
		if !x.u.alive(x.f.Name, nil) {
			continue
		}
		pos := j.real(position.Pos{File: x.e.File, Line: x.e.Line, Col: 1})
		c := j.newCopy(x.u, x.f, x.entries, x.e.Node, -1, pos)
		if !x.u.remakes(x.f) && (len(c.chain) == 1 || !j.under[j.where(c.chain[0]).File]) {
			continue // in a function of the other package that was compiled here
		}
		c.verdict = called
		c.aside, c.open = use(x.u, x.f.Name)
		var list []*site
		for _, s := range j.others {
			if s.fn == x.name && s.call.File == pos.File && s.call.Line == pos.Line {
				list = append(list, s)
			}
		}
		if len(list) == 0 {
			list = []*site{j.unknown(x.u, x.name, pos)}
		}
		for _, s := range list {
			y := *c
			y.chain = append(slices.Clone(c.chain[:len(c.chain)-1]), s.call)
			s.copies = append(s.copies, &y)
		}
	}
	units := map[*gotool.Package]*unit{}
	for _, u := range j.units {
		units[u.pkg] = u
	}
	for _, s := range j.others {
		if j.under[s.pos.File] {
			continue
		}
		for _, c := range slices.Clone(s.copies) {
			u := units[c.pkg]
			if c.verdict == proven || c.dead || u == nil || u.funcs[c.symbol] == nil || j.under[j.where(c.chain[0]).File] || !u.remakes(u.funcs[c.symbol]) {
				continue
			}
			s.copies = append(s.copies, j.remade(u, s, c)...)
		}
	}
}

// remakes reports whether a function is a closure of a function that was inlined in the
// package: it is named after where that is, or has a hash.
func (u *unit) remakes(f *machine.Func) bool {
	return closureLike(f.Name) && (hashed(f.Name) || u.local(f.Name) != stripTypeArgs(f.Name))
}

// remade returns the copy once for each place where the function was inlined that it is of;
// if none is found, for the place of the call.
func (j *judge) remade(u *unit, s *site, c *copyOf) (out []*copyOf) {
	parts := strings.Split(stripTypeArgs(c.symbol), ".")
	seen := map[string]bool{c.symbol: true}
	for todo := []string{c.symbol}; len(todo) > 0; todo = todo[1:] {
		for _, from := range slices.Concat(u.Refs[todo[0]], u.Refs[todo[0]+"·f"]) {
			from = strings.TrimSuffix(from, "·f")
			f := u.funcs[from]
			if seen[from] || f == nil || !u.alive(from, nil) {
				continue
			}
			seen[from] = true
			entries, _, _ := j.entries(u, f)
			for i, n := range f.Nodes {
				name := stripTypeArgs(n.Func)
				if entries[i] != nil || closureLike(name) || !slices.Contains(parts, name[strings.LastIndexByte(name, '.')+1:]) {
					continue
				}
				at := j.newCopy(u, f, entries, i, -1, s.call)
				if len(at.chain) > 1 && j.under[j.where(at.chain[0]).File] {
					x := *c
					x.chain, x.helper, x.remade = at.chain, at.helper, true
					out = append(out, &x)
				}
			}
			todo = append(todo, from)
		}
	}
	if len(out) == 0 {
		x := *c
		x.chain, x.remade = slices.Concat(c.chain[:1], c.chain), true
		if x.helper = j.declarationAround(s.call, u); x.helper == "" {
			x.helper = "the function around it"
		}
		out = append(out, &x)
	}
	return out
}
