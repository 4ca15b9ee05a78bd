package check

import (
	"fmt"
	"go/ast"
	"regexp"
	"slices"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/explain"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
)

// A reason says why a copy is not proven.
type reason struct {
	text    string        // without its place
	at      *position.Pos // the leak, if there is one
	cure    string
	unknown bool     // the callback was not known
	flow    []string // the compiler's own lines
}

// reasons finds and words the reasons of unproven copies.
type reasons struct {
	*source
	log       *explain.Log
	optimised bool
	flags     string

	escapes  map[position.Pos][]*explain.Escape // by the outermost place
	refusals map[position.Pos]string
}

func newReasons(s *source, log *explain.Log) *reasons {
	r := &reasons{
		source: s, log: log, optimised: s.build.Optimised(), flags: strings.Join(s.build.Gcflags, " "),
		escapes: map[position.Pos][]*explain.Escape{}, refusals: map[position.Pos]string{},
	}
	for i := range log.Escapes {
		e := &log.Escapes[i]
		r.escapes[e.Chain[0]] = append(r.escapes[e.Chain[0]], e)
	}
	for _, x := range log.Refusals {
		if r.refusals[x.Pos] == "" {
			r.refusals[x.Pos] = x.Why
		}
	}
	return r
}

var (
	notInRange = &reason{text: "the iterator is not made in the range clause that uses it",
		cure: "write the call into the range clause", unknown: true}
	keptAlive = &reason{text: "in a loop over testing.B.Loop, which keeps the callback alive",
		cure: "move the call to a function of its own, or loop over b.N; since Go 1.26 x = stackalloc.Call(…) is proven there too"}
	instrumented = &reason{text: "in this build (-asan, -d=checkptr=2) the compiler puts on the heap what an unsafe.Pointer is made of, the probe too",
		cure: "check the build without it"}
	tooWide = &reason{text: fmt.Sprintf("the line is wider than the %d columns that the compiler tells apart, and it inlines less there", position.MaxCol-1),
		cure: "break the line"}
	unexplained = &reason{text: "the compiler moved the probe to the heap and does not say why"}
)

// of returns the reason of a copy, or nil if the compiler lets nothing of it out after all:
// then the block has no elements.
func (r *reasons) of(s *site, c *copyOf) *reason {
	switch {
	case c.wide:
		return tooWide
	case c.verdict == called && s.loop && r.optimised:
		return keptAlive
	case c.verdict == called:
		return r.notInlined(s, c)
	case s.value:
		return &reason{text: "used as a function value, whose callback is not known here", unknown: true,
			cure: "call it"}
	case s.seq && s.scope.Line == 0 && len(c.full) == 0:
		return notInRange
	case c.verdict == unclear:
		return &reason{text: "neither a probe nor a call is in the machine code"}
	}
	e := r.escape(c)
	if e == nil && c.empty {
		return nil
	}
	if e == nil {
		// The probe is in a function of its own, whose place is that of the library.
		e = new(explain.Escape)
	}
	w := r.leak(s, c, e)
	if w.unknown && (s.loop || len(c.chain) > 1 && r.inLoop(c.chain[0])) {
		return keptAlive
	}
	return w
}

func (r *reasons) notInlined(s *site, c *copyOf) *reason {
	in := c.local
	if !r.optimised {
		return &reason{text: "the call was not inlined: built without optimisation (" + r.flags + ")"}
	}
	if c.remade || !c.home(s) && len(c.chain) == 1 {
		by, name := s.decl, s.decl
		switch into := c.into(s); {
		case c.remade:
			by, name = c.helper, c.helper
		case by == "":
			by, name = "the function around it", "that function"
		case into != "":
			by += " into " + into
		}
		return &reason{
			text: "this closure is a copy made by inlining " + by + ", and the compiler inlines nothing into such a copy",
			cure: "move the closure's body to a named function, or put //go:noinline on " + name,
		}
	}
	why := r.refusals[s.call]
	if why == "" {
		why = r.refusals[c.chain[0]]
	}
	if c.nested {
		return &reason{
			text: "the call was not inlined in the path for small blocks of the enclosing call, at most 32 bytes: the compiler inlines no function into itself",
			cure: "move the inner call to a function with //go:noinline",
			flow: []string{why},
		}
	}
	switch {
	case strings.Contains(why, "exceeds max caller cost"):
		return &reason{
			text: "the call was not inlined: the enclosing function " + strings.TrimSuffix(in, ".") + " is too big",
			cure: "move the call to a function of its own",
			flow: []string{why},
		}
	case why != "":
		return &reason{text: "the call was not inlined: " + why}
	}
	if s.value {
		return &reason{text: "used as a function value, whose callback is not known here", unknown: true, cure: "call it"}
	}
	return &reason{text: "the call was not inlined: a call of " + Library + "." + s.fn + " is in " + in}
}

// inLoop reports whether the call at a place is directly in a loop over testing.B.Loop.
func (r *reasons) inLoop(at position.Pos) (yes bool) {
	f, call := r.nodeAt(at, func(n ast.Node) bool { _, ok := n.(*ast.CallExpr); return ok })
	if call == nil || f.info == nil {
		return false
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		if n == nil || call.Pos() < n.Pos() || call.Pos() >= n.End() {
			return false
		}
		switch n := n.(type) {
		case *ast.FuncLit:
			yes = false
		case *ast.ForStmt:
			yes = yes || f.overLoop(n)
		}
		return true
	})
	return yes
}

// into returns the function that a copy of a closure was made in, from the
// copy's symbol: f.ctor.func1 for a closure of ctor copied into f.
func (c *copyOf) into(s *site) string {
	if i := strings.Index(c.local, "."+s.decl+"."); s.decl != "" && i > 0 {
		return c.local[:i]
	}
	// The hash that tells copies apart since Go 1.27 is the compiler's own.
	return ""
}

// escape returns the log of the copy's probe. The log does not name the function,
// but the chain of calls leads to it.
func (r *reasons) escape(c *copyOf) *explain.Escape {
	if len(c.full) == 0 {
		return nil
	}
	var best *explain.Escape
	for _, e := range r.escapes[c.full[0]] {
		if !strings.HasSuffix(e.What, ".probe") && e.What != "probe" && !(c.small && strings.HasPrefix(e.What, "make(")) {
			continue
		}
		if len(e.Chain) >= len(c.full) && slices.EqualFunc(e.Chain[:len(c.full)], c.full, r.same) && (best == nil || len(e.Chain) < len(best.Chain)) {
			best = e
		}
	}
	return best
}

// same reports whether a place in the log is one in the code, which has no column if it is
// in the library.
func (r *reasons) same(log, code position.Pos) bool {
	if code.Col == 0 && r.inLibrary(code) {
		log.Col = 0
	}
	return log == code
}

func (r *reasons) inLibrary(p position.Pos) bool { return r.api.files[p.File] }

// leak words the flow of a probe, which is empty where it is not known.
func (r *reasons) leak(s *site, c *copyOf, e *explain.Escape) *reason {
	var final explain.Step
	if n := len(e.Steps); n > 0 {
		if final = e.Steps[n-1]; !r.inLibrary(final.Pos) {
			return r.wordsOf(s, c, e.Steps, e.Text)
		}
	}
	// The flow ends at the call of the callback. What that does with its
	// parameter has a flow of its own, if the callback is known.
	heap := len(e.Steps) == 0 || strings.HasPrefix(final.Flow, "{heap} ")
	params := r.params(s, c)
	var best *explain.Leak
	for _, p := range params {
		for i := range r.log.Leaks[p] {
			l := &r.log.Leaks[p][i]
			if rankLeak(l, heap) > rankLeak(best, heap) {
				best = l
			}
		}
	}
	switch {
	case best == nil && ownGeneric.MatchString(final.Expr):
		return &reason{
			text: "the compiler does not know the library's own code for this element type here, for the package uses it only by way of another",
			cure: "call stackalloc." + s.fn + " itself in this package",
			flow: e.Text,
		}
	case best == nil && final.Kind == "conversion to unsafe.Pointer":
		return &reason{text: instrumented.text, cure: instrumented.cure, flow: e.Text}
	case best == nil && len(e.Steps) == 0 && len(params) > 0:
		return unexplained
	case best == nil && final.Kind == "captured by a closure":
		// Of the library's functions, those that take an iterator hand it one that has the slice.
		return &reason{text: "the iterator is not known here: it may keep what it is called with", unknown: true, flow: e.Text,
			cure: "hand on one that the compiler knows, such as slices.Values(x)"}
	case best == nil && heap:
		return &reason{text: r.unknownText(s), unknown: true, flow: e.Text}
	case best == nil:
		return &reason{text: "returned by the callback", flow: e.Text}
	}
	w := r.wordsOf(s, c, best.Steps, append(slices.Clone(e.Text), best.Text...))
	if strings.HasPrefix(best.To, "~r") {
		w.text = "returned by the callback"
	}
	return w
}

// rankLeak is higher for a leak that says more: one of the kind that is looked
// for, and one that names a statement and not the call of a function that has it.
func rankLeak(l *explain.Leak, heap bool) int {
	if l == nil || len(l.Steps) == 0 {
		return 0
	}
	n := 1
	if (l.To == "{heap}") == heap {
		n += 4
	}
	if l.Steps[len(l.Steps)-1].Kind != "call parameter" {
		n += 2
	}
	return n
}

// wordsOf words the steps of a flow that ends outside of the library.
func (r *reasons) wordsOf(s *site, c *copyOf, steps []explain.Step, flow []string) *reason {
	last := len(steps) - 1
	heap := strings.HasPrefix(steps[last].Flow, "{heap} ")
	if !heap {
		// It outlives the iteration in a variable: the step before the ones that
		// say how the variable was captured.
		for last > 0 && howCaptured(steps[last]) && !r.inLibrary(steps[last-1].Pos) {
			last--
		}
	}
	at := steps[last].Pos
	shown := r.whereStep(steps[last], at)
	w := &reason{text: r.words(steps[last], at, heap), at: &shown, flow: flow}
	if fun, ok := strings.CutSuffix(w.text, ", "+generic); ok && len(c.chain) > 1 {
		// A package that inlines a function knows the generic functions that this calls
		// only where it calls them itself.
		if slices.ContainsFunc(s.copies, func(x *copyOf) bool { return len(x.chain) == 1 && x.verdict == proven }) {
			w.text = fun + ", a generic function, of which the compiler knows nothing in the copy of the callback that inlining " + c.helper + " makes"
		}
		w.cure = "put //go:noinline on " + c.helper
	}
	return w
}

// whereStep is where of a step's place. Without a column it is that of the first node on the
// line that the step can be about.
func (r *reasons) whereStep(st explain.Step, at position.Pos) position.Pos {
	f, n := r.nodeAt(at, func(n ast.Node) bool { return fitting(n, st) })
	if at.Col > 0 || n == nil {
		return r.where(at)
	}
	op, _ := operator(n)
	p := f.shown(op)
	if f.rewritten() {
		p.Col = r.columnOf(p, n)
	}
	return p
}

// howCaptured reports whether a step only says that a function literal has a variable.
func howCaptured(st explain.Step) bool {
	switch st.Kind {
	case "captured by a closure", "reference", "address-of":
		return true
	}
	return strings.Contains(st.Expr, "..dict") // arguments of the library's function
}

// params returns the positions of the parameters of the callbacks that a copy can
// have: those of the call itself, or of the call of the function around it.
func (r *reasons) params(s *site, c *copyOf) []position.Pos {
	if len(c.chain) > 1 {
		if out := r.paramsAt(c.chain[0]); len(out) > 0 {
			return out
		}
	}
	if s.params == nil && s.decl == "?" {
		return r.paramsAt(s.call)
	}
	return s.params
}

// paramsAt is callbackParams of the call at a place.
func (r *reasons) paramsAt(at position.Pos) []position.Pos {
	f, n := r.nodeAt(at, func(n ast.Node) bool { _, ok := n.(*ast.CallExpr); return ok })
	if call, ok := n.(*ast.CallExpr); ok {
		return f.callbackParams(call.Args)
	}
	return nil
}

func (r *reasons) unknownText(s *site) string {
	if s.value {
		return "used as a function value, whose callback is not known here"
	}
	t := "the callback is not known here"
	if s.decl != "" && s.decl != "?" && !s.literal {
		t += ": it is a function value, not a literal or a function by name"
	}
	return t
}

// ownGeneric matches a call of a generic function of the library.
var ownGeneric = regexp.MustCompile(`^stackalloc\.[a-z]\w*\[`)
