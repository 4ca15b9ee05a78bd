package suggest

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/edit"
)

const (
	// longBody is the number of lines from which the body becomes a function of its
	// own, so that none of them is indented.
	longBody = 25

	// smallArray is the size in bytes up to which clearing an array costs no more
	// than a call of the library.
	smallArray = 128

	// ownFrame is the size in bytes up to which the compiler has a slice of variable
	// length on the stack by itself.
	ownFrame = 32
)

// change is a change of one file that serves one or more findings.
type change struct {
	*unit
	found    []*finding
	use      string // what it uses
	from, to int    // the statements it is about, with what follows them
	fromLine int
	toLine   int
	edits    []edit.Edit
	decl     *ast.FuncDecl
	gone     [2]token.Pos // the statements that are replaced
	line     int          // of the call, or the array, in the text that replaces them; from 0
	library  bool         // calls it
	array    bool         // has an array instead of a call
	apart    []edit.Edit  // declarations that go, besides those at its beginning
	noinline bool         // decl must not be inlined
	support  bool         // of no use by itself
	needs    *change      // without which this one does not compile
	failed   string
}

// changes returns the ways in which a place can be written, the best first, or why
// there is none.
func (s *site) changes() (out []*change, why string) {
	s.made = map[string]bool{}
	for _, p := range s.pieces {
		if p.f.Kind == variableMake && s.shiftsOther(p.call.Args[len(p.call.Args)-1]) {
			return nil, "its length shifts a constant that would not be an int elsewhere"
		}
	}
	if s.pieces[0].f.Kind == result {
		array, why := s.resultArray()
		if why != "" {
			return nil, why
		} else if array != nil {
			return []*change{array}, ""
		}
	}
	if s.assigned {
		c, why := s.spill()
		if c == nil {
			return nil, why
		}
		return []*change{c}, ""
	}
	if array, why := s.array(); why != "" {
		return nil, why
	} else if array != nil {
		return []*change{array}, ""
	}
	kind := s.pieces[0].f.Kind
	if kind == growth {
		return s.grown()
	}
	if out, why = s.blocks(); why == "" {
		return out, ""
	}
	if kind == variableMake || kind == conversion || kind == clone {
		if c, _ := s.spill(); c != nil {
			return []*change{c}, ""
		}
	}
	return nil, why
}

// grown returns the ways in which a slice that is appended to can be written: with a block
// for the worst case where that is to be expected, and with room on the stack.
func (s *site) grown() (out []*change, why string) {
	rare, early := s.rare(), s.leftEarly()
	if s.pieces[0].f.Cost == 0 && rare {
		return nil, "it may stay empty, which costs nothing: all that is appended is under conditions"
	}
	room, why := s.room()
	made := s.made
	s.made = map[string]bool{}
	defer func() {
		s.made = made
		if room != nil {
			out, why = append(out, room), ""
		}
	}()
	switch {
	case s.shared, s.pieces[0].f.Cost == 0 && early:
		return nil, why // a block for the worst case is more than is to be expected
	case (rare || early) && hasPointers(s.pieces[0].elem):
		return nil, why // it would be cleared
	case rare || early:
		// It is known to allocate, and a block that is not cleared costs little.
		blocks, whyNot := s.blocks()
		return slices.DeleteFunc(blocks, func(c *change) bool { return !strings.HasSuffix(c.use, ".Uninit") }), cmp.Or(why, whyNot)
	}
	return s.blocks()
}

// blocks returns the ways to have what follows run with a block, the best first, or why
// there is none.
func (s *site) blocks() (out []*change, why string) {
	if why := s.gates(); why != "" {
		return nil, why
	}
	d, why := s.draft()
	if why != "" {
		return nil, why
	}
	for _, form := range []func(*draft) (*change, string){(*draft).helper, (*draft).callback, (*draft).scope} {
		c, w := form(d.clone())
		if c == nil {
			if why == "" {
				why = w
			}
			continue
		}
		out = append(out, c)
	}
	if len(out) > 0 {
		return out, ""
	}
	return nil, why
}

// callback writes the form in which what follows is the callback.
func (d *draft) callback() (*change, string) {
	fn := "Do"
	if d.uninit {
		fn = "Uninit"
	}
	var open string
	var after []string
	param := "func(" + d.block + " " + d.typ + ")"
	switch {
	case d.flow.returns && !d.top && !d.flow.ends:
		return nil, "it returns from inside of a block"
	case !d.flow.returns && d.top && d.resultCount() > 0:
		return nil, "the function does not end with a return"
	case !d.flow.returns || d.resultCount() == 0:
		d.shadows(false)
		if d.flow.returns && !d.top {
			after = []string{"return"}
		}
		if src := d.copied(); src != "" {
			fn, d.n, d.head = "Copy", src, d.head[:len(d.head)-1]
		}
		open = fmt.Sprintf("%s.%s(%s, %s {", d.lib, fn, d.n, param)
	case d.resultCount() <= 2:
		text, why := d.callbackResults()
		if why != "" {
			return nil, why
		}
		fn = "Call"
		if d.resultCount() == 2 {
			fn = "Call2"
		}
		open = fmt.Sprintf("return %s.%s(%s, %s %s {", d.lib, fn, d.n, param, text)
	default:
		return nil, "it has more than two results"
	}
	if why := d.shadowNames(); why != "" {
		return nil, why
	}
	c := d.change(open, "})", after)
	c.use = "stackalloc." + fn
	return c, ""
}

// callbackResults returns the results that the callback of a Call has, as they are written,
// or why it cannot have those of the function.
func (d *draft) callbackResults() (text, why string) {
	named := d.resultsUsed()
	if !d.sameNames(d.site.typ.Results, d.at()) {
		return "", "a variable hides the type of a result"
	}
	if named {
		for _, v := range d.results() {
			if !d.inside(v) {
				return "", "its named results are used before"
			}
		}
		for _, v := range d.results() {
			if slices.ContainsFunc(d.pieces, func(p *piece) bool { return p.id.Name == v.Name() }) || v.Name() == d.block {
				return "", "it has the name of a result"
			}
		}
	}
	d.shadows(named)
	text = d.text(d.site.typ.Results)
	if !named {
		text = d.plainResults()
	}
	if strings.Contains(text, "\n") {
		return "", "its results take more than one line"
	}
	return text, ""
}

// copied returns the slice that the last line before the statements copies into the
// block, if it is one that stackalloc.Copy takes, or "".
func (d *draft) copied() string {
	p := d.pieces[0]
	if p.f.Kind != clone || d.block != p.id.Name || isString(d.info().TypeOf(p.call.Args[len(p.call.Args)-1])) {
		return ""
	}
	return d.srcs[0]
}

// resultsUsed reports whether what follows uses named results of the function: in its
// own words, or by returning without values.
func (d *draft) resultsUsed() bool {
	if len(d.results()) == 0 {
		return false
	}
	return d.flow.bare || slices.ContainsFunc(d.results(), func(v *types.Var) bool {
		return slices.ContainsFunc(d.vars[v].uses, func(u use) bool { return d.moved(u.id.Pos()) && u.id.Pos() >= d.last.End() })
	})
}

// hasLoop reports whether there is a loop in what follows.
func (d *draft) hasLoop() (yes bool) {
	for _, st := range d.rest {
		inspectFunc(st, func(n ast.Node) {
			switch n.(type) {
			case *ast.ForStmt, *ast.RangeStmt:
				yes = true
			}
		})
	}
	return yes
}

// inside reports whether a result of the function is used in the statements that
// follow only, so that one of the callback's own can take its place.
func (d *draft) inside(v *types.Var) bool {
	x := d.vars[v]
	return !d.hasDefer() && !x.address && !slices.ContainsFunc(x.uses, func(u use) bool {
		return u.id.Pos() < d.last.End() || u.id.Pos() >= d.end
	})
}

// resultCount is the number of results of the function.
func (d *draft) resultCount() int {
	if d.site.typ.Results == nil {
		return 0
	}
	return d.site.typ.Results.NumFields()
}

// scope writes the form in which what follows is the body of a loop.
func (d *draft) scope() (*change, string) {
	if !d.flow.returns {
		return nil, ""
	}
	if d.hasDefer() && d.hasLoop() {
		return nil, "the function has a defer statement, under which loops in a Scope are slower"
	}
	elem := strings.TrimPrefix(d.typ, "[]")
	d.shadows(false)
	if why := d.shadowNames(); why != "" {
		return nil, why
	}
	var after []string
	if d.top && d.resultCount() > 0 {
		after = []string{`panic("unreachable")`}
		if len(d.results()) > 0 {
			after = []string{"return"}
		} else if !d.universal(d.at(), "panic") {
			return nil, "the name panic means something else here"
		}
		if !d.flow.ends {
			return nil, "the function does not end with a return"
		}
	} else if d.flow.ends && !d.top && d.resultCount() > 0 && d.lastInFunction() && d.universal(d.at(), "panic") {
		after = []string{`panic("unreachable")`}
	}
	open := fmt.Sprintf("for %s := range %s.Scope[%s](%s) {", d.block, d.lib, elem, d.n)
	c := d.change(open, "}", after)
	c.edits = append(c.edits, d.bareReturns()...)
	c.use = "stackalloc.Scope"
	return c, ""
}

// lastInFunction reports whether nothing follows the block in the function, which then
// relies on its last statement not to run through.
func (d *draft) lastInFunction() bool {
	child := d.path[len(d.path)-1]
	for i := len(d.path) - 2; i >= 0; i-- {
		switch p := d.path[i].(type) {
		case *ast.BlockStmt:
			if isClause(child) {
				break // of a switch: any of them may be the one
			}
			if p.List[len(p.List)-1] != child {
				return false
			}
			if p == d.body {
				return true
			}
		case *ast.CaseClause:
			if p.Body[len(p.Body)-1] != child {
				return false
			}
		case *ast.CommClause:
			if p.Body[len(p.Body)-1] != child {
				return false
			}
		}
		child = d.path[i]
	}
	return true
}

func isClause(n ast.Node) bool {
	switch n.(type) {
	case *ast.CaseClause, *ast.CommClause:
		return true
	}
	return false
}
