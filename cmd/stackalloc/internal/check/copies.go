package check

import (
	"go/ast"
	"slices"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/machine"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
)

// verdict is what the machine code says of one copy of a call.
type verdict int

const (
	proven  verdict = iota // the probe is on the stack
	onHeap                 // the probe was moved to the heap
	called                 // the library's function is still called
	unclear                // neither a probe nor a call was found
)

// copyOf is one place in the machine code where a call ended up: in the function
// that contains it, in one that this was inlined into, in an instance of a
// generic function, or in a copy of a closure.
type copyOf struct {
	pkg     *gotool.Package
	symbol  string         // of the function that holds it, as linked
	local   string         // symbol without the package and type arguments
	chain   []position.Pos // calls it was inlined through, outermost first; the last is the site
	full    []position.Pos // the same with the calls inside the library, as the compiler prints them
	helper  string         // the outermost function inlined on the way, if any
	verdict verdict
	small   bool // the length is a constant, and small
	empty   bool // it is zero: what has the address of objects without a size is the block
	nested  bool // in the callback of another call, inlined
	dead    bool // nothing refers to the function
	aside   bool // every use of the function is inlined, so its own code does not run
	wide    bool // proven only where a line is broken that is too wide
	open    bool // packages that are not checked can call the function
	remade  bool // in a copy of a closure, of a function of a package that is not checked
	why     *reason
}

// home reports whether the copy is in the function that contains the site, and
// not in one made by inlining that.
func (c *copyOf) home(s *site) bool {
	if len(c.chain) != 1 {
		return false
	}
	if s.decl == "" || s.decl == "?" {
		return true
	}
	return within(c.local, s.decl) && !hashed(c.symbol)
}

type found struct {
	site *site
	c    *copyOf
	more bool // a call that is left in the code, or said of another site too
}

// copies finds the library's calls in f.
func (j *judge) copies(u *unit, f *machine.Func) []found {
	if len(f.Events) == 0 && len(f.Nodes) == 0 {
		return nil
	}
	entries, also, ties := j.entries(u, f)
	nearest := func(i int) int {
		for ; i >= 0 && i < len(entries); i = f.Nodes[i].Parent {
			if entries[i] != nil {
				return i
			}
		}
		return -1
	}
	seen := map[int]*evidence{}
	for i, s := range entries {
		// The call that makes an iterator holds no probe: its body does.
		if s != nil && !(s.seq && stripTypeArgs(f.Nodes[i].Func) == Library+"."+s.fn) {
			seen[i] = &evidence{}
		}
	}
	var out []found
	remaining := map[*site]bool{}
	for _, e := range f.Events {
		at := nearest(e.Node)
		ev := seen[at]
		if ev == nil {
			ev = &evidence{}
		}
		if e.Kind != machine.Call {
			j.note(ev, e)
			continue
		}
		for _, s := range j.called(u, f, entries, ev, e) {
			if remaining[s] {
				continue
			}
			remaining[s] = true
			c := j.newCopy(u, f, entries, e.Node, -1, s.call)
			c.verdict, c.nested = called, at >= 0
			out = append(out, found{s, c, true})
		}
	}
	for i := range entries {
		if ev := seen[i]; ev != nil {
			own := j.inlined(u, f, entries, i, ev, ties[i])
			out = append(out, own)
			for _, twin := range also[i] {
				c := *own.c
				out = append(out, found{twin, &c, true})
			}
		}
	}
	return out
}

// inlined describes the copy of a call that was inlined as a node, and of an iterator with
// the calls of functions that returned it.
func (j *judge) inlined(u *unit, f *machine.Func, entries []*site, i int, ev *evidence, t *tie) found {
	s := entries[i]
	c := j.newCopy(u, f, entries, f.Nodes[i].Parent, i, s.call)
	c.verdict, c.small = j.verdict(u, ev)
	if c.verdict == onHeap && ev.empty(s.fn) {
		c.small, c.empty = true, true
	}
	if t != nil && len(t.via) > 0 {
		c.chain = slices.Concat(c.chain[:len(c.chain)-1], t.via, c.chain[len(c.chain)-1:])
		if c.helper == "" {
			c.helper = t.by
		}
	}
	return found{s, c, false}
}

// note takes an instruction into account that is not a call of the library's functions.
func (j *judge) note(ev *evidence, e machine.Event) {
	switch e.Kind {
	case machine.StackProbe:
		ev.stack = true
	case machine.HeapProbe:
		ev.heap = true
	case machine.Ref:
		ev.refs = append(ev.refs, e.Func)
	case machine.Alloc:
		// Without its position the call may be the library's.
		ev.alloc = ev.alloc || e.File == "" || j.api.files[e.File]
	}
}

// called returns the sites that a call of the library which is left in the code can be; if
// it is the library's own, that is noted of the call around it.
func (j *judge) called(u *unit, f *machine.Func, entries []*site, ev *evidence, e machine.Event) []*site {
	name := stripTypeArgs(e.Func)
	if _, ok := j.api.funcs[name]; !ok || e.File == "" {
		return nil
	}
	if list := j.sitesOfCall(f, entries, e, name); len(list) > 0 {
		return list
	}
	if j.api.files[e.File] {
		ev.call = true
		return nil
	}
	if s := j.siteWithoutSource(u, e, name); s != nil {
		return []*site{s}
	}
	j.foreign = append(j.foreign, foreignCall{u, f, entries, e, name})
	return nil
}

// verdict is what the evidence says, and whether the length is a constant and small.
func (j *judge) verdict(u *unit, ev *evidence) (v verdict, small bool) {
	if !ev.call && !ev.stack && !ev.heap {
		j.outlined(u, ev)
	}
	switch {
	case ev.call:
		return called, false
	case ev.stack:
		return proven, false
	case ev.heap:
		return onHeap, false
	case ev.small() && ev.alloc:
		// The length is known to be small, so that only the path with make is left.
		return onHeap, true
	case ev.small():
		return proven, true
	case j.nameless:
		// Where no variable of the frame is named, the way past the probe tells: what
		// takes it is called, and it is no object on the heap.
		return proven, false
	}
	return unclear, false
}

// evidence is what the instructions of one inlined call tell.
type evidence struct {
	stack, heap, call bool
	alloc             bool     // the library's make allocates
	refs              []string // functions that it refers to
}

// small reports whether nothing is left of the path for larger blocks, which calls
// functions of the library. Bounded calls one, refuse, before that, and Fill has another
// for small blocks too.
func (ev *evidence) small() bool {
	return !slices.ContainsFunc(ev.refs, func(name string) bool {
		local, own := strings.CutPrefix(stripTypeArgs(name), Library+".")
		return own && !closureLike(name) && local != "refuse" && local != "fillWords"
	})
}

// empty reports whether nothing of the library is left but a make of no elements: elements
// that are larger than a small block leave that of the path for small blocks.
func (ev *evidence) empty(fn string) bool {
	return ev.heap && !ev.alloc && !ev.call && !slices.ContainsFunc(ev.refs, func(name string) bool {
		name = stripTypeArgs(name)
		return strings.HasPrefix(name, Library+".") || closureLike(name) && strings.Contains(name, "."+fn+".")
	})
}

// outlined looks for the probe in the functions that the inlined call refers to:
// a call inside a callback of the same function keeps the library's body in a
// literal of its own.
func (j *judge) outlined(u *unit, ev *evidence) {
	for _, name := range ev.refs {
		x := u.funcs[name]
		if x == nil || !closureLike(name) {
			continue
		}
		for _, e := range x.Events {
			inner := e.Node
			for inner >= 0 && inner < len(x.Nodes) && len(j.candidates(u, x.Nodes[inner])) == 0 {
				inner = x.Nodes[inner].Parent
			}
			if inner >= 0 {
				continue
			}
			switch e.Kind {
			case machine.StackProbe:
				ev.stack = true
			case machine.HeapProbe:
				ev.heap = true
			case machine.Ref:
				ev.refs = append(ev.refs, e.Func)
			}
		}
	}
}

// newCopy describes a copy of a call. node is the innermost call that it was
// inlined through, and entry the node of the call itself, or -1 if it is not
// inlined.
func (j *judge) newCopy(u *unit, f *machine.Func, entries []*site, node, entry int, at position.Pos) *copyOf {
	c := &copyOf{pkg: u.pkg, symbol: f.Name, local: u.local(f.Name)}
	for i := entry; i >= 0 && i < len(f.Nodes); i = f.Nodes[i].Parent {
		c.full = append([]position.Pos{j.real(f.Nodes[i].Call).Printed()}, c.full...)
	}
	for i := node; i >= 0 && i < len(f.Nodes); i = f.Nodes[i].Parent {
		// A call inside a callback was not inlined through the call around it.
		n := f.Nodes[i]
		if entries[i] == nil && !j.api.files[n.Call.File] {
			c.chain = append([]position.Pos{j.real(n.Call)}, c.chain...)
			c.helper = u.shown(n.Func)
		}
	}
	c.chain = append(c.chain, at)
	if outer := outermost(f, node); len(c.chain) > 1 && outer >= 0 && closureLike(f.Nodes[outer].Func) {
		// It has no name that anybody knows.
		if name := j.declarationAround(c.chain[1], u); name != "" {
			c.helper = name
		}
	}
	return c
}

// outermost returns the node that was inlined into f itself of those around a node.
func outermost(f *machine.Func, node int) int {
	for node >= 0 && node < len(f.Nodes) && f.Nodes[node].Parent >= 0 {
		node = f.Nodes[node].Parent
	}
	return node
}

// declarationAround returns the function or method that a place is in, for people, with its
// package if that is not the unit's; nothing if it is not known.
func (s *source) declarationAround(at position.Pos, u *unit) string {
	for _, f := range append(slices.Clone(s.written), s.typed(at.File)) {
		if f == nil || f.ast == nil {
			continue
		}
		for _, d := range f.ast.Decls {
			d, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			from, to := f.key(d.Pos()), f.key(d.End())
			if from.File != at.File || at.Line < from.Line || at.Line > to.Line {
				continue
			}
			if f.pkg == nil || f.pkg.Path() == u.pkg.Path() {
				return declName(d)
			}
			return f.pkg.Name + "." + declName(d)
		}
	}
	return ""
}
