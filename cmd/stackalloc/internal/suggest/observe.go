package suggest

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/code"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/within"
)

// observers tells of functions what they may notice of a change: that there are
// more frames below them, or that a block moves when the stack grows.
type observers struct {
	local map[string]*observer       // with source, by full name
	decls map[string]funcDecl        // of the same functions
	files func(path string) []string // the Go files of a package without source here
	far   map[string]string          // by the path of such a package

	// What is called through an interface or a variable can be any function here of
	// the name or of the type.
	methods map[string]string // why not to call a method of the name
	values  map[string]string // why not to call a value of the type
	std     func(path string) bool

	ends   *within.Prover
	steady *steady
}

// funcDecl is the source of a function.
type funcDecl struct {
	decl ast.Node
	info *types.Info
	pkg  *packages.Package
}

type observer struct {
	key   string // of its type
	why   string
	calls []*types.Func
}

const (
	whyFrames  = "looks at the frames of its callers"
	whyUnsafe  = "what follows handles addresses (package unsafe or uintptr), and blocks on the stack move"
	whyUintptr = "makes numbers of addresses, and blocks on the stack move"
)

// observe reads the functions of the packages.
// others are the paths of what they depend on, of which there are no types.
func observe(pkgs []*packages.Package, others []string, files func(path string) []string, std func(path string) bool) *observers {
	st := newSteady()
	o := &observers{
		local: map[string]*observer{}, decls: map[string]funcDecl{}, files: files, far: map[string]string{}, std: std,
		methods: map[string]string{}, values: map[string]string{}, ends: &within.Prover{Fixed: fixed, Steady: st.integers, Sized: st.size}, steady: st,
	}
	f := observed{signature: map[*observer]string{}, receivers: map[*observer]string{}}
	for _, p := range pkgs {
		o.functions(p, f)
	}
	literals := o.literals(pkgs, f.signature)
	o.spread(f.signature)
	for _, x := range literals {
		if x.why != "" {
			o.value(f.signature[x], x.why)
		}
	}
	for name, x := range o.local {
		if x.why == "" {
			continue
		}
		if s := f.signature[x]; s != "" {
			o.value(s, x.why)
			if recv := f.receivers[x]; recv != "" {
				o.value(recv+s, x.why) // a method expression
			}
		}
		if name = name[strings.LastIndexByte(name, '.')+1:]; name != "" {
			o.methods[name] = x.why
		}
	}
	for _, path := range others {
		if o.read(path) != "" {
			o.methodsOf(path)
		}
	}
	return o
}

// observed are the types of functions that were read, and of the receivers of methods.
type observed struct{ signature, receivers map[*observer]string }

// functions reads the functions of a package.
func (o *observers) functions(p *packages.Package, out observed) {
	others := elsewhere(p)
	for _, f := range p.Syntax {
		some := constrained(p.Fset.Position(f.Package).Filename, f)
		for _, d := range f.Decls {
			fd, ok := d.(*ast.FuncDecl)
			if !ok || fd.Body == nil {
				continue
			}
			fn, ok := p.TypesInfo.Defs[fd.Name].(*types.Func)
			if !ok {
				continue
			}
			name := fd.Name.Name
			if name != "init" && name != "_" && !some {
				o.decls[fn.FullName()] = funcDecl{fd, p.TypesInfo, p}
			}
			x := o.local[fn.FullName()]
			if x == nil {
				x = &observer{}
				o.local[fn.FullName()] = x
			}
			if some && x.why == "" {
				x.why = others[name]
			}
			x.key = typeKey(fn.Signature())
			out.signature[x] = x.key
			if r := fn.Signature().Recv(); r != nil {
				out.receivers[x] = typeText(r.Type()) + ","
			}
			if name == "init" || name == "main" && p.Name == "main" {
				out.signature[x] = "" // never a value
			}
			x.scan(fd.Body, p.TypesInfo)
		}
	}
}

// scan notes what the body of a function does, and what it calls.
func (x *observer) scan(body *ast.BlockStmt, info *types.Info) {
	ast.Inspect(body, func(n ast.Node) bool {
		if e, ok := n.(ast.Expr); ok && x.why == "" && hides(e, info) {
			x.why = whyUintptr
		}
		if id, ok := n.(*ast.Ident); ok {
			if g, ok := info.Uses[id].(*types.Func); ok {
				x.calls = append(x.calls, g.Origin())
			}
		}
		return true
	})
}

// spread gives functions the reasons of those that they call.
func (o *observers) spread(signature map[*observer]string) {
	for again := true; again; {
		again = false
		for x := range signature {
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
}

// methodsOf reads the methods of a package without types that look at the frames of
// their callers, themselves or through others of the package: an interface may hide
// them. Functions are told apart by their names only.
func (o *observers) methodsOf(path string) {
	calls, methods, sees := map[string][]string{}, map[string]bool{}, map[string]bool{}
	fset := token.NewFileSet()
	for _, name := range o.files(path) {
		f, _ := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if f == nil {
			continue
		}
		for _, d := range f.Decls {
			fd, ok := d.(*ast.FuncDecl)
			if !ok || fd.Body == nil {
				continue
			}
			name := fd.Name.Name
			methods[name] = methods[name] || fd.Recv != nil
			ast.Inspect(fd.Body, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.SelectorExpr:
					calls[name] = append(calls[name], n.Sel.Name)
					if x, ok := n.X.(*ast.Ident); ok && (x.Name == "runtime" && frameFuncs[n.Sel.Name] || x.Name == "debug" && strings.HasSuffix(n.Sel.Name, "Stack")) || n.Sel.Name == "Output" {
						sees[name] = true
					}
				case *ast.Ident:
					calls[name] = append(calls[name], n.Name)
				}
				return true
			})
		}
	}
	for again := true; again; {
		again = false
		for name, list := range calls {
			if !sees[name] && slices.ContainsFunc(list, func(g string) bool { return g != name && sees[g] }) {
				sees[name], again = true, true
			}
		}
	}
	for name := range sees {
		if methods[name] && o.methods[name] == "" {
			o.methods[name] = whyFrames
		}
	}
}

// frameFuncs are the functions of package runtime that look at frames.
var frameFuncs = map[string]bool{"Caller": true, "Callers": true, "CallersFrames": true, "Stack": true, "FuncForPC": true, "GoroutineProfile": true}

// literals reads the function literals of the packages.
func (o *observers) literals(pkgs []*packages.Package, signature map[*observer]string) (out []*observer) {
	for _, p := range pkgs {
		for _, f := range p.Syntax {
			ast.Inspect(f, func(n ast.Node) bool {
				l, ok := n.(*ast.FuncLit)
				if !ok {
					return true
				}
				x := new(observer)
				signature[x] = typeKey(p.TypesInfo.TypeOf(l))
				out = append(out, x)
				x.scan(l.Body, p.TypesInfo)
				return true
			})
		}
	}
	return out
}

// anyType stands for a type parameter in the text of a type, which may be every type.
const anyType = "?"

// value says why not to call values of functions of a type.
func (o *observers) value(key, why string) {
	if old := o.values[key]; old == "" || why < old { // the same in every run
		o.values[key] = why
	}
}

// ofValue returns why a value of a function must not be called, or "".
func (o *observers) ofValue(t types.Type) string {
	key := typeKey(t)
	if why := o.values[key]; why != "" {
		return why
	}
	out := ""
	for k, why := range o.values {
		if strings.Contains(key+k, anyType) && sameKey(key, k) && (out == "" || why < out) {
			out = why
		}
	}
	return out
}

// sameKey reports whether two types may be the same for some type arguments.
func sameKey(a, b string) bool {
	if strings.Contains(a, anyType) {
		a, b = b, a
	}
	if strings.Contains(a, anyType) {
		return true
	}
	any := strings.ReplaceAll(regexp.QuoteMeta(b), regexp.QuoteMeta(anyType), ".+")
	return regexp.MustCompile("^" + any + "$").MatchString(a)
}

// typeKey is the same for identical types of functions, receivers and the names of
// parameters apart.
func typeKey(t types.Type) string {
	sig, ok := t.Underlying().(*types.Signature)
	if !ok {
		return anyType // of a type parameter
	}
	list := func(tuple *types.Tuple) (s string) {
		for v := range tuple.Variables() {
			s += typeText(v.Type()) + ","
		}
		return s
	}
	return fmt.Sprint(list(sig.Params()), sig.Variadic(), list(sig.Results()))
}

// typeText is the same for identical types.
func typeText(t types.Type) string {
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		return types.Typ[t.Kind()].Name()
	case *types.Named:
		s := types.TypeString(t.Origin().Obj().Type(), (*types.Package).Path)
		s, _, _ = strings.Cut(s, "[")
		for i := range t.TypeArgs().Len() {
			s += "[" + typeText(t.TypeArgs().At(i)) + "]"
		}
		return s
	case *types.Pointer:
		return "*" + typeText(t.Elem())
	case *types.Slice:
		return "[]" + typeText(t.Elem())
	case *types.Array:
		return fmt.Sprintf("[%d]%s", t.Len(), typeText(t.Elem()))
	case *types.Map:
		return "map[" + typeText(t.Key()) + "]" + typeText(t.Elem())
	case *types.Chan:
		return fmt.Sprint("chan ", t.Dir(), typeText(t.Elem()))
	case *types.Signature:
		return "func(" + typeKey(t) + ")"
	case *types.Interface:
		return fmt.Sprint("interface", t.NumMethods())
	case *types.Struct:
		return fmt.Sprint("struct", t.NumFields())
	}
	return anyType
}

// loggers are names of methods that may be those of a logger, which says where it was
// called.
var loggers = func() map[string]bool {
	m := map[string]bool{"Output": true}
	for _, level := range []string{"Trace", "Debug", "Info", "Warn", "Warning", "Error", "Fatal", "Panic", "Print", "Log"} {
		for _, form := range []string{"", "f", "w", "ln", "Context", "Depth"} {
			m[level+form] = true
		}
	}
	return m
}()

// dynamic returns why a call of something that is not known must not be moved, or "".
func (o *observers) dynamic(c *ast.CallExpr, info *types.Info) string {
	fn := callee(c, info)
	if isDynamic(c, info) {
		return o.ofValue(info.TypeOf(c.Fun))
	}
	if fn == nil {
		return ""
	}
	if fn.Pkg() != nil && fn.Pkg().Path() == "fmt" {
		for _, name := range []string{"String", "GoString", "Format"} {
			if why := o.methods[name]; why != "" {
				return why
			}
		}
	}
	r := fn.Signature().Recv()
	if r == nil || !types.IsInterface(r.Type()) {
		return ""
	}
	if why := o.methods[fn.Name()]; why != "" {
		return why
	}
	if loggers[fn.Name()] && fn.Signature().Params().Len() > 0 {
		return "may be that of a logger, which " + whyFrames
	}
	return ""
}

// isDynamic reports whether a call is that of a value. A literal is looked at itself.
func isDynamic(c *ast.CallExpr, info *types.Info) bool {
	_, lit := ast.Unparen(c.Fun).(*ast.FuncLit)
	return !lit && callee(c, info) == nil && builtinName(c, info) == "" && !info.Types[c.Fun].IsType() && info.TypeOf(c.Fun) != nil
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
		if frameFuncs[name] {
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
		if why := sign(src); why != "" {
			return why
		}
	}
	return ""
}

// sign returns what the text of a file says that it may do, or "".
func sign(src []byte) string {
	for _, s := range signs {
		if bytes.Contains(src, []byte(s.text)) {
			return s.why
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
				if w := o.dynamic(n, info); w != "" && why == "" {
					why = "what " + code.Text(n.Fun) + " calls " + w
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
					switch t := tv.Type.Underlying().(type) {
					case *types.Basic:
						if t.Kind() == types.UnsafePointer || t.Kind() == types.Uintptr {
							why = whyUnsafe
						}
					case *types.Signature:
						// It may be called by others, or ranged over.
						if _, isLit := e.(*ast.FuncLit); !isLit && !isStatic(e, info) {
							if w := o.ofValue(t); w != "" {
								why = "what " + code.Text(e) + " stands for " + w
							}
						}
					}
				}
			}
			return true
		})
	}
	return why
}

// isStatic reports whether an expression names a function or a method.
func isStatic(e ast.Expr, info *types.Info) bool {
	return callee(&ast.CallExpr{Fun: e}, info) != nil
}

// reaches reports whether statements call a function, through others of the packages
// too. A method of an interface may be every one of the name, and a variable every function
// of the type.
func (o *observers) reaches(list []ast.Stmt, info *types.Info, fn *types.Func) bool {
	target, seen := fn.FullName(), map[string]bool{}
	var visit func(name string) bool
	var throughInterface func(g *types.Func) bool
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
				if visit(g.FullName()) || throughInterface(g) {
					return true
				}
			}
		}
		return false
	}
	throughInterface = func(g *types.Func) bool {
		if r := g.Signature().Recv(); r == nil || !types.IsInterface(r.Type()) {
			return false
		}
		for name, x := range o.local {
			if strings.HasPrefix(name, "(") && strings.HasSuffix(name, ")."+g.Name()) && sameKey(x.key, typeKey(g.Signature())) && visit(name) {
				return true
			}
		}
		return false
	}
	found := false
	for _, s := range list {
		ast.Inspect(s, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && !found {
				if g, ok := info.Uses[id].(*types.Func); ok {
					found = visit(g.Origin().FullName()) || throughInterface(g)
				}
			}
			if c, ok := n.(*ast.CallExpr); ok && !found && isDynamic(c, info) {
				found = sameKey(typeKey(info.TypeOf(c.Fun)), typeKey(fn.Signature()))
			}
			return !found
		})
	}
	return found
}
