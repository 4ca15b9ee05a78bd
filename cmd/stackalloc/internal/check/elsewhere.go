package check

import (
	"context"
	"fmt"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/machine"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/overlay"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/progress"
)

// warning is a proven call that would not be where the function around it is inlined.
type warning struct {
	at         position.Pos
	text, cure string
}

// outside is the last element of the import path of a package that exists in an overlay
// only, below the package whose functions it calls.
const outside = "stackalloc_outside"

// askElsewhere finds the proven calls that another package would lose: where it inlines
// the function around the call, the callback is made anew, and the compiler may know
// less of it there. It asks the compiler, by a package that calls the functions.
func (o *options) askElsewhere(ctx context.Context, src *source, bar *progress.Bar) error {
	ask := src.callersFromOutside()
	if len(ask) == 0 {
		return nil
	}
	bar.Phase("asking what other packages get")
	dir, err := os.MkdirTemp("", "stackalloc-check-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	build := o.Build
	// Coverage is no part of the question, and the go command cannot have it in an overlay.
	build.More = append(slices.DeleteFunc(slices.Clone(build.More), func(f string) bool { return strings.HasPrefix(f, "-cover") }), "-cover=false")
	build.Overlay = filepath.Join(dir, "overlay.json")
	if err := writeCallers(ask, overlay.New(dir, o.Replaced), build.Overlay); err != nil {
		return err
	}
	byPath := map[string]*callers{}
	var paths []string
	for _, c := range ask {
		src.byName[c.file()] = parse(c.file(), []byte(c.source()))
		paths = append(paths, c.path())
		if src.flags.Per[c.pkg.Path()] == "" {
			// It is named too, so that it is compiled with the flags with which it is in
			// the cache.
			paths = append(paths, c.pkg.Path())
		}
		byPath[c.path()] = c
	}
	j := &judge{source: src, nameless: src.nameless}
	r := &run{options: &options{Build: build, patterns: o.patterns}}
	r.listed, err = readUnits(ctx, &build, paths, src.flags, func(path string) bool { return byPath[path] != nil }, func(u *machine.Unit) {
		r.pkgs = append(r.pkgs, &gotool.Package{ImportPath: u.ImportPath, Name: outside})
		j.addUnit(u, r.pkgs[len(r.pkgs)-1])
	})
	if err == nil {
		err = j.addColumns(ctx, bar, []*run{r})
	}
	if err != nil {
		return fmt.Errorf("a package that calls the functions from outside: %w", err)
	}
	before := len(src.others)
	for _, u := range j.units {
		for _, f := range u.Funcs {
			if j.ownCode(u, f) || !u.alive(f.Name, nil) {
				continue
			}
			for _, x := range j.copies(u, f) {
				byPath[u.ImportPath].judge(src, x)
			}
		}
	}
	src.others = src.others[:before]
	return nil
}

// writeCallers writes the packages, and the overlay that has them in their places.
func writeCallers(ask []*callers, files *overlay.Overlay, name string) error {
	for _, c := range ask {
		if err := files.Put(c.file(), []byte(c.source())); err != nil {
			return err
		}
	}
	return files.Write(name)
}

// judge warns of a copy in a function of the package outside, if it is not proven.
func (c *callers) judge(src *source, x found) {
	number := c.caller(x.c.local)
	if x.c.verdict == proven || number < 0 || x.site.accept != nil {
		return
	}
	name := declOf(c.funcs[number])
	if !x.site.provenIn(c.pkg, name) {
		return
	}
	at := x.site.pos
	if len(x.c.chain) > 2 && !x.site.provenIn(c.pkg, x.site.decl) {
		at = src.where(x.c.chain[1]) // the callback is made there
	}
	w := &warning{
		at:   at,
		text: fmt.Sprintf("stackalloc.%s is proven here, and unproven where another package inlines %s: the callback is made anew there, and the compiler knows less of it", x.site.fn, name),
		cure: "put //go:noinline on " + name,
	}
	if !slices.ContainsFunc(src.warnings, func(y *warning) bool { return *y == *w }) {
		src.warnings = append(src.warnings, w)
	}
}

// caller returns the number of the caller that a symbol is, or has the literal of; -1 if it
// is another one.
func (c *callers) caller(local string) int {
	name, _, _ := strings.Cut(local, ".")
	i, err := strconv.Atoi(strings.TrimPrefix(name, "F"))
	if err != nil || i < 0 || i >= len(c.funcs) {
		return -1
	}
	return i
}

// provenIn reports whether all copies of the call in a function of a package are proven.
func (s *site) provenIn(p *gotool.Package, decl string) bool {
	live := 0
	for _, c := range s.copies {
		if c.dead || c.pkg.Path() != p.Path() || !within(c.local, decl) || c.setAside() {
			continue
		}
		if live++; c.verdict != proven {
			return false
		}
	}
	return live > 0 && !s.scratch
}

// callers is a package that calls functions of another one.
type callers struct {
	pkg     *gotool.Package
	self    *types.Package
	funcs   []*types.Func
	texts   []string
	imports map[string]string // path to name
	reached *reach            // nil until it is asked for
}

func (c *callers) path() string { return c.pkg.Path() + "/" + outside }

func (c *callers) file() string { return filepath.Join(c.pkg.Dir, outside, outside+".go") }

// callersFromOutside returns what calls the functions that other packages can call and
// that have proven calls in them.
func (s *source) callersFromOutside() (out []*callers) {
	byPath := map[string]*callers{}
	for _, x := range s.all() {
		if x.scratch || x.accept != nil {
			continue
		}
		for _, c := range x.copies {
			if c.dead || c.verdict != proven {
				continue
			}
			p := c.pkg
			self := s.types[p.ImportPath]
			if p.Name == "main" || p.NamedByFiles() || p.ForTest != "" || p.Module != nil && !p.Module.Main || self == nil {
				continue
			}
			f := declared(self, c.local)
			if f == nil {
				continue
			}
			k := byPath[p.ImportPath]
			if k == nil {
				k = &callers{pkg: p, self: self, imports: map[string]string{}}
				byPath[p.ImportPath] = k
			}
			if k.add(f); len(k.funcs) > 0 && !slices.Contains(out, k) {
				out = append(out, k)
			}
		}
	}
	return out
}

// declared returns the function or method of a package that a symbol names, or that has the
// literal which it names; nil if there is none.
func declared(self *types.Package, local string) *types.Func {
	pointer, rest := false, local
	if after, ok := strings.CutPrefix(local, "(*"); ok {
		pointer, rest = true, strings.Replace(after, ")", "", 1)
	}
	parts := strings.SplitN(rest, ".", 3)
	switch o := self.Scope().Lookup(parts[0]).(type) {
	case *types.Func:
		return o
	case *types.TypeName:
		named, ok := o.Type().(*types.Named)
		if !ok || len(parts) < 2 {
			return nil
		}
		for m := range named.Methods() {
			if _, is := m.Signature().Recv().Type().(*types.Pointer); m.Name() == parts[1] && is == pointer {
				return m
			}
		}
	}
	return nil
}

// add adds the callers of f that another package can write.
func (c *callers) add(f *types.Func) {
	if !f.Exported() || slices.Contains(c.funcs, f) {
		return
	}
	sig := f.Signature()
	if sig.TypeParams() != nil || sig.RecvTypeParams() != nil {
		// An instance is compiled where it is used, with all that it calls, and is inlined into
		// a wrapper of its own in every package: what it would lose elsewhere it loses here.
		return
	}
	if sig.Recv() == nil {
		c.addCaller(f, c.name(f.Pkg())+"."+f.Name(), nil)
		return
	}
	if t := sig.Recv().Type(); nameable(t) {
		c.addCaller(f, "r."+f.Name(), []string{"r " + types.TypeString(t, c.name)})
		return
	}
	for _, r := range c.reach().receivers(f) {
		c.addCaller(f, r+"."+f.Name(), nil)
	}
}

// addCaller adds a caller of f, which is called as fun, if its arguments can be had; and one
// that calls the function which f returns, for that one's calls are inlined too.
func (c *callers) addCaller(f *types.Func, fun string, params []string) {
	sig := f.Signature()
	for range 2 { // a type of functions may return itself
		args, more, ok := c.arguments(sig, len(params))
		if !ok {
			return
		}
		fun, params = fun+"("+strings.Join(args, ", ")+")", append(params, more...)
		c.texts = append(c.texts, fmt.Sprintf("func F%d(%s) %s", len(c.texts), strings.Join(params, ", "), c.body(fun, sig)))
		c.funcs = append(c.funcs, f)
		if sig.Results().Len() != 1 {
			return
		}
		if sig, ok = sig.Results().At(0).Type().Underlying().(*types.Signature); !ok {
			return
		}
	}
}

// arguments returns arguments for a function, and the parameters that they are, named from a
// number on.
func (c *callers) arguments(sig *types.Signature, from int) (args, params []string, ok bool) {
	for i := range sig.Params().Len() {
		t := sig.Params().At(i).Type()
		arg, rest := fmt.Sprintf("a%d", from+i), ""
		if sig.Variadic() && i == sig.Params().Len()-1 {
			rest = "..."
		}
		if nameable(t) {
			params = append(params, arg+" "+types.TypeString(t, c.name))
		} else if arg, ok = c.reach().value(t); !ok && rest == "" {
			return nil, nil, false
		} else if !ok {
			continue // may be left out
		}
		args = append(args, arg+rest)
	}
	return args, params, true
}

// body returns the results and the body of a function that only calls another one.
func (c *callers) body(call string, sig *types.Signature) string {
	var results []string
	n := sig.Results().Len()
	for i := range n {
		t := sig.Results().At(i).Type()
		if !nameable(t) {
			return "{ " + strings.Join(slices.Repeat([]string{"sink"}, n), ", ") + " = " + call + " }"
		}
		results = append(results, types.TypeString(t, c.name))
	}
	if n == 0 {
		return "{ " + call + " }"
	}
	return "(" + strings.Join(results, ", ") + ") { return " + call + " }"
}

// name returns the name under which a package is imported.
func (c *callers) name(p *types.Package) string {
	if c.imports[p.Path()] == "" {
		c.imports[p.Path()] = fmt.Sprintf("p%d", len(c.imports))
	}
	return c.imports[p.Path()]
}

// source returns the text.
func (c *callers) source() string {
	lines := append(slices.Clone(c.texts), "var sink any")
	if c.reached != nil {
		lines = slices.Concat(lines, c.reached.vars)
	}
	text := strings.Join(lines, "\n") + "\n"
	var imports []string
	for path, name := range c.imports {
		if strings.Contains(text, name+".") {
			imports = append(imports, fmt.Sprintf("%s %q", name, path))
		}
	}
	slices.Sort(imports)
	return "package " + outside + "\nimport (" + strings.Join(imports, "; ") + ")\n" + text
}

// nameable reports whether another package can write the type.
func nameable(t types.Type) bool {
	switch t := t.(type) {
	case *types.Basic:
		return t.Kind() != types.Invalid
	case *types.Alias:
		return (t.Obj().Exported() || t.Obj().Pkg() == nil) && all(t.TypeArgs())
	case *types.Named:
		return (t.Obj().Exported() || t.Obj().Pkg() == nil) && t.Obj().Parent() != nil && all(t.TypeArgs())
	case *types.Pointer:
		return nameable(t.Elem())
	case *types.Slice:
		return nameable(t.Elem())
	case *types.Array:
		return nameable(t.Elem())
	case *types.Chan:
		return nameable(t.Elem())
	case *types.Map:
		return nameable(t.Key()) && nameable(t.Elem())
	case *types.Signature:
		return tuple(t.Params()) && tuple(t.Results())
	case *types.Struct:
		for i := range t.NumFields() {
			if !t.Field(i).Exported() || !nameable(t.Field(i).Type()) {
				return false
			}
		}
		return true
	case *types.Interface:
		for i := range t.NumMethods() {
			if !t.Method(i).Exported() || !nameable(t.Method(i).Type()) {
				return false
			}
		}
		return t.IsMethodSet()
	}
	return false
}

func all(list *types.TypeList) bool {
	for i := range list.Len() {
		if !nameable(list.At(i)) {
			return false
		}
	}
	return true
}

func tuple(t *types.Tuple) bool {
	for i := range t.Len() {
		if !nameable(t.At(i).Type()) {
			return false
		}
	}
	return true
}

// declOf returns a function for people: F, T.M, (*T).M.
func declOf(f *types.Func) string {
	r := f.Signature().Recv()
	if r == nil {
		return f.Name()
	}
	none := func(*types.Package) string { return "" }
	if _, ok := r.Type().(*types.Pointer); ok {
		return "(" + types.TypeString(r.Type(), none) + ")." + f.Name()
	}
	return types.TypeString(r.Type(), none) + "." + f.Name()
}
