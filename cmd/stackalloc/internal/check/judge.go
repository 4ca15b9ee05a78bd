package check

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/machine"
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
	symbol  string        // of the function that holds it, as linked
	local   string        // symbol without the package and type arguments
	chain   []machine.Pos // calls it was inlined through, outermost first; the last is the site
	full    []machine.Pos // the same with the calls inside the library, as the compiler prints them
	helper  string        // the outermost function inlined on the way, if any
	verdict verdict
	small   bool // the length is a constant, and small
	nested  bool // in the callback of another call, inlined
	dead    bool // nothing refers to the function
	aside   bool // every use of the function is inlined, so its own code does not run
	open    bool // packages that are not checked can call the function
	why     *reason
}

// judge finds the copies of every site in what the compiler printed.
type judge struct {
	*source
	units    []*unit
	full     bool // the listing has references, which tell what code runs
	nameless bool // it does not name variables in the frame
	unplaced bool // a call is left whose position was not printed
}

type unit struct {
	*machine.Unit
	pkg    *gotool.Package
	funcs  map[string]*machine.Func
	living map[string]bool
}

func (j *judge) addUnit(u *machine.Unit, p *gotool.Package) {
	x := &unit{Unit: u, pkg: p, funcs: map[string]*machine.Func{}, living: map[string]bool{}}
	for _, f := range u.Funcs {
		x.funcs[f.Name] = f
	}
	j.units = append(j.units, x)
}

// run fills in the copies of all sites. A call through a variable that the
// compiler saw through is a site of its own.
func (j *judge) run() {
	referred, inlined := j.uses()
	for _, u := range j.units {
		for _, f := range u.Funcs {
			j.looseBodies(u, f)
			if j.ownCode(u, f) {
				continue
			}
			dead := j.full && !u.alive(f.Name, nil)
			name := u.linked(f.Name)
			aside := j.full && !dead && !closureLike(f.Name) && !referred[name] && inlined[name]
			open := u.pkg.Name != "main" && exported(u.local(f.Name))
			for _, c := range j.copies(u, f) {
				c.c.dead, c.c.aside, c.c.open = dead, aside, open
				c.site.copies = append(c.site.copies, c.c)
			}
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

type found struct {
	site *site
	c    *copyOf
}

// copies finds the library's calls in f.
func (j *judge) copies(u *unit, f *machine.Func) []found {
	if len(f.Events) == 0 && len(f.Nodes) == 0 {
		return nil
	}
	entries := make([]*site, len(f.Nodes))
	for i, n := range f.Nodes {
		if entries[i] = j.entry(u, n); entries[i] == nil {
			entries[i] = j.looseBody(u, f, n)
		}
	}
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
		if s != nil && !(s.seq && j.real(f.Nodes[i].Call) == s.call) {
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
		case machine.Call:
			name := stripTypeArgs(e.Func)
			if _, ok := j.api.funcs[name]; !ok {
				continue
			}
			s := j.siteOfCall(f, entries, e, name)
			switch {
			case e.File == "":
				j.unplaced = true
				continue
			case s == nil && j.api.files[e.File]:
				ev.call = true
				continue
			case s == nil:
				if s = j.siteWithoutSource(u, e, name); s == nil {
					continue
				}
			}
			if remaining[s] {
				continue
			}
			remaining[s] = true
			c := j.newCopy(u, f, entries, e.Node, -1, s.call)
			c.verdict, c.nested = called, at >= 0
			out = append(out, found{s, c})
		}
	}
	for i, s := range entries {
		ev := seen[i]
		if ev == nil {
			continue
		}
		if !ev.call && !ev.stack && !ev.heap {
			j.outlined(u, ev)
		}
		// Where no variable of the frame is named, the way past the probe tells: what
		// takes it is called, and it is no object on the heap.
		ev.stack = ev.stack || j.nameless && !ev.heap && !ev.small()
		c := j.newCopy(u, f, entries, f.Nodes[i].Parent, i, s.call)
		switch {
		case ev.call:
			c.verdict = called
		case ev.stack:
			c.verdict = proven
		case ev.heap:
			c.verdict = onHeap
		case ev.small():
			// The length is known to be small, so that only the path with make
			// is left.
			if c.small = true; ev.alloc {
				c.verdict = onHeap
			}
		default:
			c.verdict = unclear
		}
		out = append(out, found{s, c})
	}
	return out
}

// evidence is what the instructions of one inlined call tell.
type evidence struct {
	stack, heap, call bool
	alloc             bool     // the library's make allocates
	refs              []string // functions that it refers to
}

// small reports whether nothing is left of the path for larger blocks, which calls
// functions of the library. Bounded calls one, refuse, before that.
func (ev *evidence) small() bool {
	return !slices.ContainsFunc(ev.refs, func(name string) bool {
		return strings.HasPrefix(name, Library+".") && !closureLike(name) && stripTypeArgs(name) != Library+".refuse"
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
			for inner >= 0 && inner < len(x.Nodes) && j.entry(u, x.Nodes[inner]) == nil {
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

// entry returns the site of an inlined call of the library, or nil.
func (j *judge) entry(u *unit, n machine.Node) *site {
	name := stripTypeArgs(n.Func)
	pos := j.real(n.Call)
	if fn, ok := strings.CutPrefix(name, Library+"."); ok {
		if _, ok := j.api.funcs[fn]; ok {
			if s := j.byCall[pos]; s != nil {
				return s
			}
			if j.api.files[n.Call.File] {
				return nil
			}
			// A function value whose origin the compiler knew, or a call in a
			// package that is not one of those under test.
			if s := j.valueOn(pos, fn); s != nil {
				return s
			}
			s := &site{pkg: u.pkg.Path(), fn: fn, pos: pos, call: pos, lines: [2]int{pos.Line, pos.Line}, decl: "?"}
			j.byCall[pos] = s
			return s
		}
	}
	// The body of an iterator, called by the loop.
	if s := j.byCall[pos]; s != nil && s.seq && s.scope == pos && isBodyOf(name, s.fn) {
		return s
	}
	return nil
}

// looseBody returns the site of an inlined iterator's body that is not called by
// the loop over the call itself: the only such call in the same function.
func (j *judge) looseBody(u *unit, f *machine.Func, n machine.Node) *site {
	name := stripTypeArgs(n.Func)
	for fn, seq := range j.api.funcs {
		if seq && isBodyOf(name, fn) && j.byCall[j.real(n.Call)] == nil && !j.api.files[n.Call.File] {
			return j.onlyLoose(u, u.local(f.Name), fn)
		}
	}
	return nil
}

// onlyLoose returns the only iterator in a function that is made outside of a
// range clause.
func (j *judge) onlyLoose(u *unit, local, fn string) *site {
	var only *site
	for _, s := range j.sites {
		if s.seq && s.fn == fn && s.scope.Line == 0 && s.pkg == u.pkg.Path() && within(local, s.decl) {
			if only != nil {
				return nil
			}
			only = s
		}
	}
	return only
}

// looseBodies finds the bodies of iterators that are called as functions.
func (j *judge) looseBodies(u *unit, f *machine.Func) {
	name := stripTypeArgs(f.Name)
	for fn, seq := range j.api.funcs {
		if !seq || !isBodyOf(name, fn) || !u.alive(f.Name, nil) {
			continue
		}
		for _, from := range append(slices.Clone(u.Refs[f.Name]), u.Refs[f.Name+"·f"]...) {
			if s := j.onlyLoose(u, u.local(from), fn); s != nil {
				c := &copyOf{pkg: u.pkg, symbol: f.Name, local: u.local(f.Name), chain: []machine.Pos{s.call}, verdict: onHeap}
				s.copies = append(s.copies, c)
			}
		}
	}
}

// within reports whether a symbol is that of the declared function, or of a
// literal in it.
func within(local, decl string) bool {
	rest, ok := strings.CutPrefix(local, decl)
	return ok && decl != "" && (rest == "" || rest[0] == '.' || rest[0] == '-' || rest[0] == '#')
}

// valueOn returns the use of fn as a value on the line of pos: the compiler puts
// a function around it, with a call of its own.
func (j *judge) valueOn(pos machine.Pos, fn string) *site {
	for _, s := range j.byLine[lineKey{pos.File, pos.Line, fn}] {
		if s.value {
			return s
		}
	}
	return nil
}

// isBodyOf reports whether name is that of the function literal that fn returns.
func isBodyOf(name, fn string) bool {
	i := strings.LastIndexByte(name, '.')
	return i >= 0 && strings.HasSuffix(name[:i], "."+fn) && strings.TrimLeft(strings.TrimPrefix(name[i+1:], "func"), "0123456789") == ""
}

// siteOfCall returns the site of a call that was not inlined. The listing gives
// only its line: of several sites there the ones that were inlined are out.
func (j *judge) siteOfCall(f *machine.Func, entries []*site, e machine.Event, name string) *site {
	pos := j.real(machine.Pos{File: e.File, Line: e.Line})
	var last *site
	for _, s := range j.byLine[lineKey{pos.File, pos.Line, name}] {
		gone := false
		for i, x := range entries {
			gone = gone || x == s && f.Nodes[i].Parent == e.Node
		}
		if !gone {
			return s
		}
		last = s
	}
	return last
}

// siteWithoutSource makes a site for a call that the source of the packages under
// test does not show on its line, and returns nil if it is of another package.
func (j *judge) siteWithoutSource(u *unit, e machine.Event, name string) *site {
	pos := j.real(machine.Pos{File: e.File, Line: e.Line, Col: 1})
	if !j.files[pos.File] {
		return nil
	}
	s := j.byCall[pos]
	if s == nil {
		s = &site{pkg: u.pkg.Path(), fn: name, pos: pos, call: pos, lines: [2]int{pos.Line, pos.Line}, decl: "?"}
		j.byCall[pos] = s
	}
	return s
}

// newCopy describes a copy of a call. node is the innermost call that it was
// inlined through, and entry the node of the call itself, or -1 if it is not
// inlined.
func (j *judge) newCopy(u *unit, f *machine.Func, entries []*site, node, entry int, at machine.Pos) *copyOf {
	c := &copyOf{pkg: u.pkg, symbol: f.Name, local: u.local(f.Name)}
	for i := entry; i >= 0 && i < len(f.Nodes); i = f.Nodes[i].Parent {
		c.full = append([]machine.Pos{f.Nodes[i].Call}, c.full...)
	}
	for i := node; i >= 0 && i < len(f.Nodes); i = f.Nodes[i].Parent {
		// A call inside a callback was not inlined through the call around it.
		n := f.Nodes[i]
		if entries[i] == nil && !j.api.files[n.Call.File] {
			c.chain = append([]machine.Pos{j.real(n.Call)}, c.chain...)
			c.helper = u.shown(n.Func)
		}
	}
	c.chain = append(c.chain, at)
	return c
}

// exported reports whether a function or method is known outside its package.
func exported(local string) bool {
	for _, part := range strings.FieldsFunc(local, func(r rune) bool { return strings.ContainsRune(".()*", r) }) {
		if r, _ := utf8.DecodeRuneInString(part); !unicode.IsUpper(r) {
			return false
		}
	}
	return true
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

// linked returns the name of a symbol that is the same in every package.
func (u *unit) linked(symbol string) string {
	if u.pkg.Name == "main" {
		if local, ok := strings.CutPrefix(symbol, "main."); ok {
			return symbolPath(u.pkg.Path()) + "." + local
		}
	}
	return symbol
}

// local returns a symbol of the package without the package's name and type
// arguments.
func (u *unit) local(symbol string) string {
	s := stripTypeArgs(symbol)
	for _, p := range []string{symbolPath(u.pkg.Path()) + ".", "main."} {
		if l, ok := strings.CutPrefix(s, p); ok {
			return l
		}
	}
	return s
}

// shown is local for people: the name of another package without its path.
func (u *unit) shown(symbol string) string {
	l := u.local(symbol)
	return strings.ReplaceAll(l[strings.LastIndexByte(l, '/')+1:], "%2e", ".")
}

// closureLike reports whether a function has no name in the source: a literal,
// the body of a loop over an iterator, the wrapper of a deferred call or of an
// instance of a generic function.
func closureLike(symbol string) bool {
	if strings.Contains(symbol, "[") && !strings.Contains(symbol, "go.shape.") {
		return true
	}
	s := stripTypeArgs(symbol)
	s = s[strings.LastIndexByte(s, '/')+1:]
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return r == '.' || r == '-' }) {
		for _, p := range []string{"func", "range", "gowrap", "deferwrap"} {
			if d, ok := strings.CutPrefix(part, p); ok && d != "" && d[0] >= '0' && d[0] <= '9' {
				return true
			}
		}
		if strings.Trim(part, "0123456789") == "" {
			return true // a literal in a literal
		}
	}
	return false
}

// stripTypeArgs removes everything in brackets, and the hash with which the
// compiler tells copies of a closure apart.
func stripTypeArgs(s string) string {
	if i := strings.IndexByte(s, '#'); i >= 0 {
		s = s[:i]
	}
	if !strings.Contains(s, "[") {
		return s
	}
	var b strings.Builder
	depth := 0
	for _, r := range s {
		switch r {
		case '[':
			depth++
		case ']':
			depth--
		default:
			if depth == 0 {
				b.WriteRune(r)
			}
		}
	}
	return b.String()
}

// symbolPath returns an import path as symbols have it.
func symbolPath(path string) string {
	slash := strings.LastIndexByte(path, '/')
	var b strings.Builder
	for i := range len(path) {
		c := path[i]
		if c <= ' ' || c == '%' || c == '"' || c >= 0x7f || c == '.' && i > slash {
			const hex = "0123456789abcdef"
			b.WriteString("%" + string(hex[c>>4]) + string(hex[c&15]))
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
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
	return within(c.local, s.decl) && !strings.Contains(c.symbol, "#")
}
