package suggest

import (
	"bytes"
	"cmp"
	"context"
	"go/ast"
	"go/token"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/edit"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/progress"
)

// Options say where to look, and how it is built.
type Options struct {
	gotool.Build
	Patterns []string
	Asked    []string      // the patterns as they were given, if Patterns are others: what they name is changed though it is generated or for tests
	Profile  string        // file of a CPU or heap profile; empty for none
	Min      float64       // with Profile: the least share of its total that is of interest
	Bar      *progress.Bar // nil for none
}

// Plan holds what was found, and the changes that compile and are proven.
type Plan struct {
	Changes []*Change // by cost where there is a profile, then by file and line

	found []*finding
}

// Change is one change of the source.
type Change struct {
	File     string  // absolute
	Line     int     // of the finding
	From, To int     // the lines that it is about
	Func     string  // the function around it
	Use      string  // what it uses: stackalloc.Do, or an array as [64]byte
	Package  string  // import path
	Share    float64 // of the profile's total, from 0 to 1

	*change
}

// NewPlan finds the places in the packages and tries the changes. It writes to
// temporary files only.
func NewPlan(ctx context.Context, o Options) (*Plan, error) {
	s, err := o.search(ctx)
	if err != nil {
		return nil, err
	}
	chosen, err := s.propose(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range chosen {
		c.done()
	}
	p := &Plan{found: s.certain()}
	for _, c := range chosen {
		f := c.found[0]
		x := &Change{
			File: f.pos.File, Line: f.pos.Line, From: c.fromLine, To: c.toLine, Func: f.Func, Use: c.use, Package: f.pkg.PkgPath, change: c,
		}
		for _, f := range c.found {
			x.Share += f.Share
		}
		p.Changes = append(p.Changes, x)
	}
	slices.SortStableFunc(p.Changes, func(a, b *Change) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return p, nil
}

// Files returns the text of the files with the changes that are not dropped, by
// their absolute names. Files without changes are left out.
func (p *Plan) Files(drop map[*Change]bool) (map[string][]byte, error) {
	var left []*change
	for _, c := range p.Changes {
		if !drop[c] {
			left = append(left, c.change)
		}
	}
	out := map[string][]byte{}
	for name, cs := range byFile(withNeeds(left)) {
		text, err := edit.Apply(cs[0].src, editsOf(cs))
		if err != nil {
			return nil, err
		}
		out[name] = text
	}
	return out, nil
}

// Diff returns the same as a difference in the unified form, with names relative
// to wd.
func (p *Plan) Diff(drop map[*Change]bool, wd string) (string, error) {
	files, err := p.Files(drop)
	if err != nil {
		return "", err
	}
	before := map[string][]byte{}
	for _, c := range p.Changes {
		before[c.File] = c.src
		if c.needs != nil {
			before[c.needs.tok.Name()] = c.needs.src
		}
	}
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	var out strings.Builder
	for _, name := range names {
		rel, err := filepath.Rel(wd, name)
		if err != nil {
			rel = name
		}
		out.WriteString(edit.Unified(filepath.ToSlash(rel), string(before[name]), string(files[name])))
	}
	return out.String(), nil
}

func byFile(cs []*change) map[string][]*change {
	out := map[string][]*change{}
	for _, c := range cs {
		out[c.tok.Name()] = append(out[c.tok.Name()], c)
	}
	return out
}

// propose returns the changes that compile, are proven, and do not overlap.
func (s *search) propose(ctx context.Context) ([]*change, error) {
	candidates := s.candidates()
	if len(candidates) == 0 {
		return nil, nil
	}
	if err := s.needLibrary(ctx); err != nil {
		return nil, err
	}
	return s.choose(ctx, candidates)
}

// splitting writes the change of a function that makes its result.
func (s *search) splitting(g *giver) (why string, err error) {
	u := s.units[g.file]
	if u == nil {
		if u, err = s.read(g.pkg, g.file); err != nil {
			return "the file of " + g.fn.Name() + " cannot be read", err
		}
	}
	if why := s.notInScope(u); why != "" {
		return g.fn.Name() + ": " + why, nil
	}
	return g.splitting(u, s.obs), nil
}

// candidate is a place with the ways to change it, the best first.
type candidate struct {
	ways  []*change
	found []*finding
	loops int
}

func (s *search) candidates() []*candidate {
	order, growing := s.sites()
	var out []*candidate
	add := func(x *site) {
		if c := x.candidate(growing[x.key()]); c != nil {
			out = append(out, c)
		}
	}
	member := map[*site]bool{}
	for i, x := range order {
		group := x
		for _, y := range order[i+1:] {
			if y.tok != x.tok || y.at() >= x.end {
				break
			}
			if j := group.joined(y); j != nil {
				group, member[y] = j, true
			}
		}
		if group != x && !member[x] {
			add(group)
		}
		add(x)
	}
	slices.SortStableFunc(out, func(a, b *candidate) int {
		return cmp.Or(cmp.Compare(b.cost(), a.cost()), cmp.Compare(a.rank(), b.rank()), cmp.Compare(len(b.found), len(a.found)), cmp.Compare(b.loops, a.loops))
	})
	return out
}

// sites returns the places of what was found, in order, and the appends that share one.
func (s *search) sites() (order []*site, growing map[token.Pos][]*finding) {
	byCall := map[ast.Expr]*finding{}
	for _, f := range s.found {
		byCall[f.node] = f
	}
	decls := map[ast.Node]*declaration{}
	sites := map[token.Pos]*site{}
	growing = map[token.Pos][]*finding{}
	for _, f := range s.found {
		if f.WhyNot != "" {
			continue
		}
		d := decls[f.path[1]]
		if d == nil {
			d = declarationOf(f, s.obs.steady)
			decls[f.path[1]] = d
		}
		if f.giver != nil {
			why, err := s.splitting(f.giver)
			if why == "" && slices.Contains(f.path, ast.Node(f.giver.decl)) {
				why = "the function calls itself"
			}
			if err != nil || why != "" {
				f.WhyNot = why
				continue
			}
		}
		place, why := siteOf(s.units[f.file], d, s.obs, f, byCall)
		if why != "" {
			f.WhyNot = why
			continue
		}
		if f.Kind == growth {
			growing[place.key()] = append(growing[place.key()], f)
		}
		if sites[place.key()] == nil {
			sites[place.key()] = place
			order = append(order, place)
		}
	}
	slices.SortStableFunc(order, func(a, b *site) int {
		return position.Compare(position.Of(a.pkg.Fset, a.at()), position.Of(b.pkg.Fset, b.at()))
	})
	return order, growing
}

// declarationOf reads the declaration around what was found.
func declarationOf(f *finding, st *steady) *declaration {
	d := &declaration{root: f.path[1], vars: variables(f.path[1], f.pkg.TypesInfo)}
	for _, w := range words {
		d.wide = append(d.wide, newBounds(f.pkg, d.root, d.vars, w, st))
	}
	return d
}

// candidate returns the ways to change a place, where appends share it if there are any,
// or says of what was found why there is none.
func (x *site) candidate(appends []*finding) *candidate {
	c := &candidate{loops: x.loops, found: appends}
	if len(appends) == 0 {
		for _, p := range x.pieces {
			c.found = append(c.found, p.f)
		}
	}
	ways, why := x.changes()
	c.ways = ways
	for _, w := range ways {
		w.found = c.found
	}
	if len(ways) > 0 {
		return c
	}
	for _, f := range c.found {
		if f.WhyNot == "" {
			f.WhyNot = why
		}
	}
	return nil
}

// rank is 0 for what saves most: of conversions, the compiler has those of up to 32
// elements on the stack.
func (c *candidate) rank() int {
	if c.found[0].Kind == conversion {
		return 1
	}
	return 0
}

func (c *candidate) cost() (sum int64) {
	for _, f := range c.found {
		sum += f.Cost
	}
	return sum
}

// choose tries changes together, takes out those that fail, and tries what they
// stood in the way of, until all that is left stands.
func (s *search) choose(ctx context.Context, candidates []*candidate) ([]*change, error) {
	v, err := newVerifier(s)
	if err != nil {
		return nil, err
	}
	defer v.close()
	for {
		var chosen []*change
		for _, c := range candidates {
			in := -1 // of the chosen, the one that is in the way
			stands := func(x *change) bool { return x.failed == "" && (x.needs == nil || x.needs.failed == "") }
			way := slices.IndexFunc(c.ways, func(x *change) bool {
				if !stands(x) {
					return false
				}
				i := slices.IndexFunc(chosen, x.collides)
				in = max(in, i)
				return i < 0
			})
			switch {
			case way >= 0:
				chosen = append(chosen, c.ways[way])
			case in >= 0:
				for _, f := range c.found {
					if !slices.Contains(chosen[in].found, f) && f.WhyNot == "" {
						f.WhyNot = "it is in the callback of the change above it, where one more costs more than it saves"
					}
				}
			default:
				for _, f := range c.found {
					if f.WhyNot == "" {
						if f.WhyNot = c.ways[0].failed; f.WhyNot == "" {
							f.WhyNot = c.ways[0].needs.failed
						}
					}
				}
			}
		}
		ok, err := v.try(ctx, chosen)
		if err != nil {
			return nil, err
		}
		if ok {
			return chosen, nil
		}
		for _, c := range candidates {
			for _, f := range c.found {
				if strings.HasPrefix(f.WhyNot, "it is in the callback") {
					f.WhyNot = ""
				}
			}
		}
	}
}

// certain returns what was found, without what would be of interest only if it could be
// changed.
func (s *search) certain() []*finding {
	return slices.DeleteFunc(slices.Clone(s.found), func(f *finding) bool { return f.maybe && f.Change == "" })
}

// done says of the findings that they are changed.
func (c *change) done() {
	for _, f := range c.found {
		f.Rewrite, f.Change, f.WhyNot = true, c.use, ""
	}
}

func (c *change) overlaps(d *change) bool {
	return c.tok == d.tok && c.from < d.to && d.from < c.to && !c.within(d) && !d.within(c)
}

// within reports whether a change is an array in what another one moves, where it costs
// nothing more.
func (c *change) within(d *change) bool {
	if !c.array || d.array || d.support || c.needs != nil || !d.gone[1].IsValid() || c.from < d.lineEnd(d.offset(d.gone[1])) || c.to > d.to {
		return false
	}
	if bytes.ContainsRune(c.src[c.from:c.to], '\n') {
		return false
	}
	return !slices.ContainsFunc(d.apart, func(e edit.Edit) bool { return c.from < e.To && e.From < max(c.to, c.from+1) })
}

// collides reports whether two changes, with what they need, cannot be made together.
func (c *change) collides(d *change) bool {
	for _, x := range []*change{c, c.needs} {
		for _, y := range []*change{d, d.needs} {
			if x != nil && y != nil && x != y && x.overlaps(y) {
				return true
			}
		}
	}
	return false
}

// withNeeds adds what changes need, each once.
func withNeeds(cs []*change) []*change {
	out := slices.Clone(cs)
	for _, c := range cs {
		if c.needs != nil && !slices.Contains(out, c.needs) {
			out = append(out, c.needs)
		}
	}
	return out
}
