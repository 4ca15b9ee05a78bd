package suggest

import (
	"bytes"
	"go/ast"
	"go/types"
	"os"
	"strings"

	"golang.org/x/tools/go/packages"
)

// observers tells of functions what they may notice of a change: that there are
// more frames below them, or that a block moves when the stack grows.
type observers struct {
	local map[string]*observer       // with source, by full name
	files func(path string) []string // the Go files of a package without source here
	far   map[string]string          // by the path of such a package
	std   func(path string) bool
}

type observer struct {
	why   string
	calls []*types.Func
}

const (
	whyFrames  = "looks at the frames of its callers"
	whyUnsafe  = "what follows handles addresses (package unsafe or uintptr), and blocks on the stack move"
	whyUintptr = "makes numbers of addresses, and blocks on the stack move"
)

// observe reads the functions of the packages.
func observe(pkgs []*packages.Package, files func(path string) []string, std func(path string) bool) *observers {
	o := &observers{local: map[string]*observer{}, files: files, far: map[string]string{}, std: std}
	for _, p := range pkgs {
		for _, f := range p.Syntax {
			for _, d := range f.Decls {
				fd, ok := d.(*ast.FuncDecl)
				if !ok || fd.Body == nil {
					continue
				}
				fn, ok := p.TypesInfo.Defs[fd.Name].(*types.Func)
				if !ok {
					continue
				}
				x := o.local[fn.FullName()]
				if x == nil {
					x = &observer{}
					o.local[fn.FullName()] = x
				}
				ast.Inspect(fd.Body, func(n ast.Node) bool {
					if e, ok := n.(ast.Expr); ok && x.why == "" && hides(e, p.TypesInfo) {
						x.why = whyUintptr
					}
					if c, ok := n.(*ast.CallExpr); ok {
						if g := callee(c, p.TypesInfo); g != nil {
							x.calls = append(x.calls, g)
						}
					}
					return true
				})
			}
		}
	}
	for again := true; again; {
		again = false
		for _, x := range o.local {
			for _, g := range x.calls {
				if x.why != "" {
					break
				}
				if x.why = o.of(g); x.why != "" {
					again = true
				}
			}
		}
	}
	return o
}

// hides matches conversions of unsafe.Pointer to a number.
func hides(e ast.Expr, info *types.Info) bool {
	c, ok := e.(*ast.CallExpr)
	if !ok || len(c.Args) != 1 || !info.Types[c.Fun].IsType() {
		return false
	}
	from, ok := info.TypeOf(c.Args[0]).Underlying().(*types.Basic)
	return ok && from.Kind() == types.UnsafePointer && !isUnsafe(info.TypeOf(c)) && !isPointer(info.TypeOf(c))
}

func isUnsafe(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Kind() == types.UnsafePointer
}

// of returns why a function must not be called from a moved place, or "".
func (o *observers) of(fn *types.Func) string {
	if x := o.local[fn.FullName()]; x != nil {
		return x.why
	}
	if fn.Pkg() == nil {
		return ""
	}
	path, name := fn.Pkg().Path(), fn.Name()
	switch path {
	case "runtime":
		switch name {
		case "Caller", "Callers", "CallersFrames", "Stack", "FuncForPC", "GoroutineProfile":
			return whyFrames
		}
		return ""
	case "runtime/debug":
		if name == "Stack" || name == "PrintStack" {
			return whyFrames
		}
		return ""
	case "log/slog", "testing", "testing/iotest", "testing/slogtest":
		return whyFrames
	}
	sig := fn.Signature()
	for i := range sig.Params().Len() {
		switch strings.ToLower(sig.Params().At(i).Name()) {
		case "calldepth", "skip", "depth", "callerskip", "skipframes":
			if isInt(sig.Params().At(i).Type()) {
				return whyFrames
			}
		}
	}
	if r := sig.Recv(); r != nil && types.IsInterface(r.Type()) {
		if obj, _, _ := types.LookupFieldOrMethod(r.Type(), true, fn.Pkg(), "Helper"); obj != nil {
			return whyFrames
		}
		return ""
	}
	if o.std(path) {
		return ""
	}
	why, ok := o.far[path]
	if !ok {
		why = o.read(path)
		o.far[path] = why
	}
	return why
}

func isInt(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsInteger != 0
}

var signs = []struct{ text, why string }{
	{"runtime.Caller", whyFrames},
	{"debug.Stack(", whyFrames},
	{"runtime.Stack(", whyFrames},
	{".Output(", whyFrames},
	{`"log/slog"`, whyFrames},
	{"uintptr(unsafe.Pointer(", whyUintptr},
}

// read looks into the source of a package without types: one that does such things
// anywhere counts whole.
func (o *observers) read(path string) string {
	for _, name := range o.files(path) {
		src, err := os.ReadFile(name)
		if err != nil {
			return "has source that cannot be read"
		}
		for _, s := range signs {
			if bytes.Contains(src, []byte(s.text)) {
				return s.why
			}
		}
	}
	return ""
}

// in returns why statements must not be moved into a function literal, or "".
func (o *observers) in(list []ast.Stmt, info *types.Info) (why string) {
	for _, s := range list {
		ast.Inspect(s, func(n ast.Node) bool {
			if why != "" {
				return false
			}
			switch n := n.(type) {
			case *ast.CallExpr:
				if fn := callee(n, info); fn != nil {
					if w := o.of(fn); w != "" {
						why = fn.Name() + " " + w
					}
				}
			case *ast.Ident:
				if p, ok := info.Uses[n].(*types.PkgName); ok && p.Imported() == types.Unsafe {
					why = whyUnsafe
				}
				// A function that is named without a call is called later.
				if fn, ok := info.Uses[n].(*types.Func); ok && why == "" {
					if w := o.of(fn.Origin()); w != "" {
						why = fn.Name() + " " + w
					}
				}
			}
			if e, ok := n.(ast.Expr); ok && why == "" {
				if tv := info.Types[e]; tv.IsValue() && tv.Value == nil && tv.Type != nil {
					if b, ok := tv.Type.Underlying().(*types.Basic); ok && (b.Kind() == types.UnsafePointer || b.Kind() == types.Uintptr) {
						why = whyUnsafe
					}
				}
			}
			return true
		})
	}
	return why
}

// reaches reports whether statements call a function, through others of the
// packages too.
func (o *observers) reaches(list []ast.Stmt, info *types.Info, fn *types.Func) bool {
	target, seen := fn.FullName(), map[string]bool{}
	var visit func(name string) bool
	visit = func(name string) bool {
		if name == target {
			return true
		}
		if seen[name] {
			return false
		}
		seen[name] = true
		if x := o.local[name]; x != nil {
			for _, g := range x.calls {
				if visit(g.FullName()) {
					return true
				}
			}
		}
		return false
	}
	found := false
	for _, s := range list {
		ast.Inspect(s, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && !found {
				if g, ok := info.Uses[id].(*types.Func); ok {
					found = visit(g.Origin().FullName())
				}
			}
			return !found
		})
	}
	return found
}
