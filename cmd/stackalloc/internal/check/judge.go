package check

import (
	"cmp"
	"go/ast"
	"go/token"
	"slices"
	"strings"
	"sync"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/machine"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
)

// judge finds the copies of every site in what the compiler printed.
type judge struct {
	*source
	units    []*unit
	nameless bool              // it does not name variables in the frame
	built    []*gotool.Package // with all that they depend on
	counted  map[count]int
	loose    []looseMaker
	foreign  []foreignCall
}

// looseMaker is a function whose own code makes a loose iterator.
type looseMaker struct {
	found
	u    *unit
	from string
}

// count is what is counted of the code of calls on a line: verdicts.
type count struct {
	pkg  string
	file string
	line int
	fn   string
	verdict
}

type unit struct {
	*machine.Unit
	pkg    *gotool.Package
	funcs  map[string]*machine.Func
	living map[string]bool
	named  map[string]string // functions whose symbols are not named after them
}

func (j *judge) addUnit(u *machine.Unit, p *gotool.Package) {
	j.units = append(j.units, j.newUnit(u, p))
}

func (s *source) newUnit(u *machine.Unit, p *gotool.Package) *unit {
	x := &unit{Unit: u, pkg: p, funcs: map[string]*machine.Func{}, living: map[string]bool{}, named: map[string]string{}}
	for _, f := range u.Funcs {
		x.funcs[f.Name] = f
	}
	for _, l := range s.linknames(p) {
		if x.funcs[l[1]] != nil {
			x.named[l[1]] = l[0]
		}
	}
	return x
}

// run fills in the copies of all sites. A call through a variable that the
// compiler saw through is a site of its own.
func (j *judge) run() {
	referred, inlined := j.uses()
	hidden := sync.OnceValue(func() *hidden { return j.hiddenIn(j.built) })
	use := func(u *unit, symbol string) (aside, open bool) {
		name := u.linked(symbol)
		aside = u.alive(symbol, nil) && !closureLike(symbol) && !referred[name] && inlined[name] && !hidden().has(u, symbol)
		return aside, u.pkg.Name != "main" && exported(u.local(symbol))
	}
	for _, u := range j.units {
		for _, f := range u.Funcs {
			j.looseBodies(u, f, use)
			if j.ownCode(u, f) {
				continue
			}
			dead := !u.alive(f.Name, nil)
			aside, open := use(u, f.Name)
			found := j.copies(u, f)
			j.count(u, f, found)
			for _, c := range found {
				c.c.dead, c.c.aside, c.c.open = dead, aside, open
				c.site.copies = append(c.site.copies, c.c)
			}
		}
	}
	j.judgeForeign(use)
	for _, l := range j.loose {
		// A function that only returned the iterator, and nothing refers to: of its calls, all
		// inlined, nothing is left but the loops over what it returned.
		if !referred[l.u.linked(l.from)] && !closureLike(l.from) && !hidden().has(l.u, l.from) && slices.ContainsFunc(l.site.copies, func(c *copyOf) bool { return !c.dead && len(c.chain) > 1 }) {
			l.c.aside = true
		}
	}
	j.findValues()
	for _, s := range j.all() {
		slices.SortStableFunc(s.copies, compareCopies)
	}
}

// compareCopies orders the copies of a call by where they are: packages, and functions in
// a listing, come in no order that means anything.
func compareCopies(a, b *copyOf) int {
	return cmp.Or(
		slices.CompareFunc(a.chain[:len(a.chain)-1], b.chain[:len(b.chain)-1], position.Compare),
		strings.Compare(a.pkg.ImportPath, b.pkg.ImportPath),
		strings.Compare(a.symbol, b.symbol),
	)
}

// count counts what is found in a function, and the calls that are left in it.
func (j *judge) count(u *unit, f *machine.Func, list []found) {
	if j.counted == nil {
		return
	}
	for _, x := range list {
		if !x.more {
			at := j.back(x.site.call)
			j.counted[count{u.pkg.ImportPath, at.File, at.Line, x.site.fn, x.c.verdict}]++
		}
	}
	for _, e := range f.Events {
		if e.Kind == machine.Call && e.File != "" {
			at := j.back(j.real(position.Pos{File: e.File, Line: e.Line}))
			j.counted[count{u.pkg.ImportPath, at.File, at.Line, stripTypeArgs(e.Func), called}]++
		}
	}
}

// ownCode reports whether f is a function of the library, whose callbacks are
// unknown by design.
func (j *judge) ownCode(u *unit, f *machine.Func) bool {
	local, ok := strings.CutPrefix(stripTypeArgs(f.Name), Library+".")
	if !ok {
		return false
	}
	head, _, _ := strings.Cut(local, ".")
	_, public := j.api.funcs[head]
	return public || u.pkg.Path() != Library
}

// entries returns the sites of the nodes of f that are inlined calls of the library.
// Where the compiler gives several calls the same place, for it prints no column, they
// are told apart by their order; and if a call is missing among them, or they are not in
// a row, what is found is said of each, in also. Their order is that of the code, for that
// of the nodes is not always the one in the source.
func (j *judge) entries(u *unit, f *machine.Func) (entries []*site, also map[int][]*site, ties map[int]*tie) {
	entries = make([]*site, len(f.Nodes))
	type group struct {
		parent int
		at     position.Pos
		fn     string
	}
	var groups map[group][]int
	candidates := map[group][]*site{}
	for i, n := range f.Nodes {
		sites := j.candidates(u, n)
		switch len(sites) {
		case 0:
			list := j.looseBody(u, f, i)
			if len(list) == 0 {
				continue
			}
			if ties == nil {
				ties = map[int]*tie{}
			}
			entries[i], ties[i] = list[0].site, list[0]
			for _, t := range list[1:] {
				also = alsoOf(also, i, entries[i], t.site)
			}
		case 1:
			entries[i] = sites[0]
		default:
			if groups == nil {
				groups = map[group][]int{}
			}
			g := group{n.Parent, n.Call, stripTypeArgs(n.Func)}
			groups[g] = append(groups[g], i)
			candidates[g] = sites
		}
	}
	for g, nodes := range groups {
		sites := candidates[g]
		slices.SortStableFunc(nodes, func(a, b int) int { return f.Nodes[a].PC - f.Nodes[b].PC })
		for k, i := range nodes {
			entries[i] = sites[min(k, len(sites)-1)]
			if len(nodes) != len(sites) || j.branches(sites[0].call) {
				also = alsoOf(also, i, entries[i], sites...)
			}
		}
	}
	return entries, also, ties
}

// alsoOf adds the sites, without the node's own, to what is said of it.
func alsoOf(also map[int][]*site, node int, own *site, sites ...*site) map[int][]*site {
	if also == nil {
		also = map[int][]*site{}
	}
	for _, s := range sites {
		if s != own && !slices.Contains(also[node], s) {
			also[node] = append(also[node], s)
		}
	}
	return also
}

// branches reports whether there is code on the line of a place that runs only at times.
func (s *source) branches(at position.Pos) (yes bool) {
	for _, f := range append(slices.Clone(s.written), s.byName[at.File]) {
		if f == nil {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if n == nil || yes {
				return false
			}
			switch x := n.(type) {
			case *ast.IfStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt, *ast.ForStmt, *ast.RangeStmt, *ast.BranchStmt, *ast.LabeledStmt, *ast.CaseClause, *ast.CommClause:
			case *ast.BinaryExpr:
				if x.Op != token.LAND && x.Op != token.LOR {
					return true
				}
			default:
				return true
			}
			k := f.key(n.Pos())
			yes = k.File == at.File && k.Line == at.Line
			return true
		})
	}
	return yes
}

// candidates returns the sites that an inlined call of the library can be.
func (j *judge) candidates(u *unit, n machine.Node) (out []*site) {
	name := stripTypeArgs(n.Func)
	pos := j.real(n.Call).Printed()
	fn, ok := strings.CutPrefix(name, Library+".")
	if _, public := j.api.funcs[fn]; ok && public {
		for _, s := range j.byCall[pos] {
			if s.fn == fn && s.call == pos {
				out = append(out, s)
			}
		}
		if len(out) > 0 || j.api.files[n.Call.File] {
			return out
		}
		// A function value whose origin the compiler knew, or a call in a
		// package that is not one of those under test.
		if s := j.valueOn(pos, fn); s != nil {
			return []*site{s}
		}
		return []*site{j.unknown(u, fn, pos)}
	}
	// The body of an iterator, called by the loop.
	for _, s := range j.byCall[pos] {
		if s.seq && s.scope == pos && isBodyOf(name, s.fn) {
			out = append(out, s)
		}
	}
	return out
}

// unknown makes a site for a call that the source of the packages under test does not
// show.
func (j *judge) unknown(u *unit, fn string, pos position.Pos) *site {
	s := &site{pkg: u.pkg.Path(), fn: fn, pos: j.where(pos), call: pos, lines: [2]int{pos.Line, pos.Line}, decl: "?"}
	j.addCall(pos, s)
	j.others = append(j.others, s)
	return s
}

// valueOn returns the use of fn as a value on the line of pos: the compiler puts
// a function around it, with a call of its own.
func (j *judge) valueOn(pos position.Pos, fn string) *site {
	for _, s := range j.byLine[lineKey{pos.File, pos.Line, fn}] {
		if s.value {
			return s
		}
	}
	return nil
}

// sitesOfCall returns the sites of a call that was not inlined. The listing gives
// only its line: of several sites there the ones that were inlined are out.
func (j *judge) sitesOfCall(f *machine.Func, entries []*site, e machine.Event, name string) (left []*site) {
	pos := j.real(position.Pos{File: e.File, Line: e.Line})
	// The code around it, in which a call that was inlined is another one: that of e's own
	// node, and that around the callback which e is in.
	around := map[int]bool{-1: true}
	for i := e.Node; i >= 0 && i < len(f.Nodes); i = f.Nodes[i].Parent {
		around[i] = true
	}
	all := j.byLine[lineKey{pos.File, pos.Line, name}]
	for _, s := range all {
		gone := false
		for i, x := range entries {
			gone = gone || x == s && around[f.Nodes[i].Parent]
		}
		if !gone {
			left = append(left, s)
		}
	}
	if len(left) == 0 && len(all) > 0 {
		return all[len(all)-1:]
	}
	return left
}

// siteWithoutSource makes a site for a call that the source of the packages under
// test does not show on its line, and returns nil if it is of another package.
func (j *judge) siteWithoutSource(u *unit, e machine.Event, name string) *site {
	pos := j.real(position.Pos{File: e.File, Line: e.Line, Col: 1})
	if !j.under[pos.File] {
		return nil
	}
	if known := j.byCall[pos]; len(known) > 0 {
		return known[0]
	}
	return j.unknown(u, name, pos)
}

// uses returns the functions that live code refers to other than by inlining
// them, and those that were inlined into live code.
func (j *judge) uses() (referred, inlined map[string]bool) {
	referred, inlined = map[string]bool{}, map[string]bool{}
	for _, u := range j.units {
		for to, froms := range u.Refs {
			fn := strings.TrimSuffix(to, "·f")
			for _, from := range froms {
				if from != fn && from != fn+"·f" && !strings.HasPrefix(from, fn+".") && u.alive(from, nil) {
					referred[u.linked(fn)] = true
				}
			}
		}
		for _, f := range u.Funcs {
			if !u.alive(f.Name, nil) {
				continue
			}
			for _, n := range f.Nodes {
				if n.Func != f.Name && !strings.HasPrefix(n.Call.File, "<") {
					inlined[u.linked(n.Func)] = true
				}
			}
		}
	}
	return referred, inlined
}

// alive reports whether a symbol can be reached. Only closures and the wrappers
// of generic instances can be seen not to be: what refers to them is in the same
// package.
func (u *unit) alive(symbol string, on map[string]bool) bool {
	if v, ok := u.living[symbol]; ok {
		return v
	}
	fn, isValue := strings.CutSuffix(symbol, "·f")
	if !isValue && (u.funcs[symbol] == nil || !closureLike(symbol)) {
		return true
	}
	if on[symbol] {
		return false
	}
	if on == nil {
		on = map[string]bool{}
	}
	on[symbol] = true
	v := false
	for _, from := range u.Refs[symbol] {
		if from != fn && u.alive(from, on) {
			v = true
			break
		}
	}
	delete(on, symbol)
	if len(on) == 0 || v {
		u.living[symbol] = v
	}
	return v
}
