package check

import (
	"context"
	"fmt"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"slices"
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
		paths = append(paths, c.path())
		if src.flags.Per[c.pkg.Path()] == "" {
			// It is named too, so that it is compiled with the flags with which it is in
			// the cache.
			paths = append(paths, c.pkg.Path())
		}
		byPath[c.path()] = c
	}
	units, err := compileCallers(ctx, &build, paths, src.flags)
	if err != nil {
		return fmt.Errorf("a package that calls the functions from outside: %w", err)
	}
	j := &judge{source: src, nameless: src.nameless}
	for _, u := range units {
		if byPath[u.ImportPath] != nil {
			j.addUnit(u, &gotool.Package{ImportPath: u.ImportPath, Name: outside})
		}
	}
	before := len(src.others)
	for _, u := range j.units {
		for _, f := range u.Funcs {
			if j.ownCode(u, f) {
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

// compileCallers returns what the compiler prints of the packages.
func compileCallers(ctx context.Context, b *gotool.Build, paths []string, flags gotool.Extra) (units []*machine.Unit, err error) {
	pr, pw := io.Pipe()
	done := make(chan error, 1)
	go func() {
		r := &machine.Reader{Library: Library}
		err := r.Read(pr, func(u *machine.Unit) { units = append(units, u) })
		pr.CloseWithError(err)
		done <- err
	}()
	err = b.CompileWith(ctx, paths, flags, pw)
	pw.Close()
	if rerr := <-done; err == nil {
		err = rerr
	}
	return units, err
}

// judge warns of a copy in a function of the package outside, if it is not proven.
func (c *callers) judge(src *source, x found) {
	line := x.c.chain[0].Line - firstCaller
	if x.c.verdict == proven || len(x.c.chain) < 2 || line < 0 || line >= len(c.funcs) || !x.site.provenAtHome() || x.site.accept != nil {
		return
	}
	name := declOf(c.funcs[line])
	w := &warning{
		at:   x.site.pos,
		text: fmt.Sprintf("stackalloc.%s is proven here, and unproven where another package inlines %s: the callback is made anew there, and the compiler knows less of it", x.site.fn, name),
		cure: "put //go:noinline on " + name,
	}
	if !slices.ContainsFunc(src.warnings, func(y *warning) bool { return *y == *w }) {
		src.warnings = append(src.warnings, w)
	}
}

// provenAtHome reports whether all copies of the call are proven.
func (s *site) provenAtHome() bool {
	live := 0
	for _, c := range s.copies {
		if c.dead {
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

// firstCaller is the line of the first function in the source of callers.
const firstCaller = 3

func (c *callers) path() string { return c.pkg.Path() + "/" + outside }

func (c *callers) file() string { return filepath.Join(c.pkg.Dir, outside, outside+".go") }

// callersFromOutside returns what calls the functions that other packages can call and
// that have proven calls in them.
func (s *source) callersFromOutside() (out []*callers) {
	byPath := map[string]*callers{}
	for _, x := range s.sites {
		if !x.provenAtHome() || x.accept != nil {
			continue
		}
		for _, c := range x.copies {
			p := c.pkg
			self := s.types[p.ImportPath]
			if p.Name == "main" || p.NamedByFiles() || p.ForTest != "" || p.Module != nil && !p.Module.Main || self == nil {
				continue
			}
			f := functionAround(self, x, c)
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

// functionAround returns the function or method that a copy is in, or nil.
func functionAround(self *types.Package, x *site, c *copyOf) *types.Func {
	if c.home(x) {
		if x.object != nil && x.object.Pkg().Path() == self.Path() {
			return x.object
		}
		return nil
	}
	return declared(self, c.local)
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

// addCaller adds a caller of f, which is called as fun, if its arguments can be had.
func (c *callers) addCaller(f *types.Func, fun string, params []string) {
	sig := f.Signature()
	var args []string
	for i := range sig.Params().Len() {
		t := sig.Params().At(i).Type()
		last := sig.Variadic() && i == sig.Params().Len()-1
		if !nameable(t) {
			v, ok := c.reach().value(t)
			switch {
			case ok && last:
				v += "..."
			case last:
				continue // may be left out
			case !ok:
				return
			}
			args = append(args, v)
			continue
		}
		text, arg := types.TypeString(t, c.name), fmt.Sprintf("a%d", i)
		if last {
			arg += "..."
		}
		params, args = append(params, fmt.Sprintf("a%d %s", i, text)), append(args, arg)
	}
	var results []string
	for i := range sig.Results().Len() {
		t := sig.Results().At(i).Type()
		if !nameable(t) {
			results = nil
			break
		}
		results = append(results, types.TypeString(t, c.name))
	}
	ret := ""
	if len(results) > 0 {
		ret = "return "
	}
	c.texts = append(c.texts, fmt.Sprintf("func F%d(%s) (%s) { %s%s(%s) }", len(c.texts), strings.Join(params, ", "), strings.Join(results, ", "), ret, fun, strings.Join(args, ", ")))
	c.funcs = append(c.funcs, f)
}

// name returns the name under which a package is imported.
func (c *callers) name(p *types.Package) string {
	if c.imports[p.Path()] == "" {
		c.imports[p.Path()] = fmt.Sprintf("p%d", len(c.imports))
	}
	return c.imports[p.Path()]
}

// source returns the text. Each caller has one line, from firstCaller on.
func (c *callers) source() string {
	lines := c.texts
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
