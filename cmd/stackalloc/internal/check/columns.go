package check

import (
	"context"
	"go/ast"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/machine"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/progress"
)

// The object file has the line of an inlined call and no column. Nearly always the source
// has one call on the line that it can be. Where it has several, or the line is not one of a
// file that can be read, the package is compiled once more, with the listing that has
// columns.

// addColumns completes the places of inlined calls in what the runs compiled.
func (j *judge) addColumns(ctx context.Context, bar *progress.Bar, runs []*run) error {
	c := &columns{judge: j, known: map[calledAt]column{}, directed: map[string]bool{}}
	for _, r := range runs {
		var open []*gotool.Package
		for _, u := range j.units {
			if (u.Lines || u.Unread != "") && slices.Contains(r.pkgs, u.pkg) && !(r.addNames(u) && c.complete(u)) {
				open = append(open, u.pkg)
			}
		}
		if len(open) == 0 {
			continue
		}
		bar.Phase("asking the compiler for columns")
		if err := r.readAgain(ctx, j, open); err != nil {
			return err
		}
	}
	return nil
}

// addNames names the functions of other packages that were inlined in a unit.
func (r *run) addNames(u *unit) bool {
	names := map[string]map[string]string{}
	for _, f := range u.Funcs {
		for i := range f.Nodes {
			n := &f.Nodes[i]
			pkg, is := machine.Foreign(n.Func)
			if !is {
				continue
			}
			if names[pkg] == nil {
				names[pkg] = r.namesOf(u.pkg, pkg)
			}
			var known bool
			if n.Func, known = names[pkg][n.Func]; !known {
				return false
			}
		}
	}
	return true
}

// namesOf returns the names of a package that another one depends on.
func (r *run) namesOf(by *gotool.Package, path string) map[string]string {
	for _, p := range r.listed {
		if p.Path() != path || p.ImportPath != path && !slices.Contains(by.Deps, p.ImportPath) {
			continue
		}
		if p.ImportPath == path && slices.ContainsFunc(by.Deps, func(d string) bool { return strings.HasPrefix(d, path+" [") }) {
			continue // a variant for tests is meant
		}
		if text, err := os.ReadFile(p.Export); err == nil {
			if names, err := machine.Names(path, text); err == nil {
				return names
			}
		}
	}
	return map[string]string{}
}

// readAgain compiles packages with the listing that has columns.
func (r *run) readAgain(ctx context.Context, j *judge, pkgs []*gotool.Package) error {
	again := map[string]int{} // the numbers of their units
	for i, u := range j.units {
		if slices.Contains(pkgs, u.pkg) {
			again[u.pkg.ImportPath] = i
		}
	}
	keep := func(path string) bool { _, yes := again[path]; return yes }
	_, err := readUnits(ctx, &r.Build, r.names(pkgs), withColumns(&r.Build), keep, func(m *machine.Unit) {
		i := again[m.ImportPath]
		j.units[i] = j.newUnit(m, j.units[i].pkg)
	})
	return err
}

// columns finds the columns of inlined calls in the source.
type columns struct {
	*judge
	known    map[calledAt]column
	directed map[string]bool // directories that have sources with line directives
	seqs     []string        // the functions that return iterators, as they are in a symbol
}

// calledAt is a function that was inlined on a line.
type calledAt struct {
	file string
	line int
	fn   string
}

// column is where; 0 where the compiler would print none.
type column struct {
	col int
	ok  bool
}

// complete adds the columns of all calls in a unit that bear on a verdict, and reports
// whether they are known.
func (c *columns) complete(u *unit) bool {
	if u.Unread != "" {
		return false
	}
	// What an iterator or a function value is used for is followed through calls of all kinds.
	all := slices.ContainsFunc(c.sites, func(s *site) bool {
		return s.pkg == u.pkg.Path() && (s.value || s.seq && s.scope.Line == 0)
	})
	for _, f := range u.Funcs {
		need := c.needed(f)
		for i := range f.Nodes {
			at := &f.Nodes[i].Call
			needed := need != nil && need[i]
			if !needed && !all || strings.HasPrefix(at.File, "<") {
				continue // of no concern, or of no file
			}
			x := c.of(at.File, at.Line, f.Nodes[i].Func)
			at.Col = x.col
			// In the library, that a call is there is enough.
			if !x.ok && needed && (!c.api.files[at.File] || c.under[c.realName(at.File)]) {
				return false
			}
		}
	}
	return true
}

// needed returns which nodes of a function are of calls that concern the library, or around
// one; nil if none is.
func (c *columns) needed(f *machine.Func) (need []bool) {
	mark := func(i int) {
		if need == nil {
			need = make([]bool, len(f.Nodes))
		}
		for ; i >= 0 && !need[i]; i = f.Nodes[i].Parent {
			need[i] = true
		}
	}
	for i, n := range f.Nodes {
		if strings.Contains(n.Func, Library) || slices.ContainsFunc(c.iterators(), func(s string) bool { return strings.Contains(n.Func, s) }) {
			mark(i)
		}
	}
	for _, e := range f.Events {
		if e.Kind == machine.Call && e.Node >= 0 {
			mark(e.Node)
		}
	}
	return need
}

// iterators returns the functions that return iterators, whose bodies may be named after
// another function too.
func (c *columns) iterators() []string {
	if c.seqs == nil {
		c.seqs = []string{}
		for fn, seq := range c.api.funcs {
			if seq {
				c.seqs = append(c.seqs, "."+fn)
			}
		}
	}
	return c.seqs
}

// of returns the column of the only call on a line that can be of a function.
func (c *columns) of(file string, line int, fn string) column {
	k := calledAt{file, line, fn}
	x, ok := c.known[k]
	if !ok {
		x = c.find(c.realName(file), line, fn)
		c.known[k] = x
	}
	return x
}

func (c *columns) find(name string, line int, fn string) column {
	f := c.typed(name)
	if f == nil || f.ast == nil || f.rewritten() || c.hasDirectives(filepath.Dir(name)) {
		return column{}
	}
	var found []position.Pos
	for _, x := range f.callsOn(line) {
		if f.mayCall(x.node, fn, c.api) {
			found = append(found, x.at)
		}
	}
	found = slices.Compact(found)
	if len(found) != 1 {
		return column{}
	}
	return column{found[0].Col, true}
}

// hasDirectives reports whether a source in a directory has line directives, which the
// places in an object file follow.
func (c *columns) hasDirectives(dir string) bool {
	yes, known := c.directed[dir]
	if known {
		return yes
	}
	for _, p := range c.listed {
		if p.Dir != dir || p.Standard {
			continue
		}
		yes = yes || slices.ContainsFunc(append(slices.Clone(p.GoFiles), p.CgoFiles...), func(name string) bool {
			text, err := c.build.ReadFile(position.Abs(p.Dir, name))
			return err != nil || position.HasDirectives(text)
		})
	}
	c.directed[dir] = yes
	return yes
}

// placed is a call, a loop, which calls its iterator, or a declaration, where the compiler
// has the call of an instance by its wrapper: at the place that it has of it.
type placed struct {
	at   position.Pos
	node ast.Node
}

// callsOn returns what may be called on a line.
func (f *file) callsOn(line int) []placed {
	if f.calls == nil {
		f.calls = map[int][]placed{}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				at := f.key(n.Lparen)
				f.calls[at.Line] = append(f.calls[at.Line], placed{at, n})
			case *ast.RangeStmt:
				at := f.key(n.For)
				f.calls[at.Line] = append(f.calls[at.Line], placed{at, n})
			case *ast.FuncDecl:
				at := f.key(n.Name.Pos())
				if n.Recv != nil {
					at = f.key(n.Recv.Pos())
				}
				f.calls[at.Line] = append(f.calls[at.Line], placed{at, n})
			}
			return true
		})
	}
	return f.calls[line]
}

// mayCall reports whether a node can be a call of the function that a symbol names.
func (f *file) mayCall(n ast.Node, symbol string, a *api) bool {
	name := stripTypeArgs(symbol)
	public, own := strings.CutPrefix(name, Library+".")
	if own {
		_, own = a.funcs[public]
	}
	last := strings.TrimSuffix(name[strings.LastIndexByte(name, '.')+1:], "-fm")
	switch n := n.(type) {
	case *ast.FuncDecl:
		return n.Name.Name == last
	case *ast.RangeStmt:
		return !own && f.mayIterate(n.X)
	case *ast.CallExpr:
		id := calledName(n)
		if id == nil {
			_, literal := callee(n.Fun).(*ast.FuncLit)
			return !literal || isLiteral(name[strings.LastIndexAny(name, ".-")+1:])
		}
		if f.info == nil {
			return types.Universe.Lookup(id.Name) == nil
		}
		switch o := f.info.Uses[id].(type) {
		case *types.Builtin, *types.TypeName:
			return false
		case *types.Func:
			return id.Name == last
		case *types.Var:
			return !own || isFunc(o.Type()) && handles(o.Type().Underlying().(*types.Signature))
		}
	}
	return true
}

// handles reports whether a function takes a function, or returns one, as those of the
// library do.
func handles(t *types.Signature) bool {
	for _, list := range []*types.Tuple{t.Params(), t.Results()} {
		for i := range list.Len() {
			if isFunc(list.At(i).Type()) || isTypeParam(list.At(i).Type()) {
				return true
			}
		}
	}
	return false
}
