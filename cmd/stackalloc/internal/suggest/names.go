package suggest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"
)

// unit is a file, with what questions about its names need.
type unit struct {
	pkg  *packages.Package
	file *ast.File
	src  []byte
	tok  *token.File

	idents map[string]bool // every identifier in the file
	left   bool            // generated, or for tests, and not named
	top    map[string]bool // what all files of the folder declare, those of other builds too
}

func (u *unit) info() *types.Info { return u.pkg.TypesInfo }

func (u *unit) offset(p token.Pos) int { return u.tok.Offset(p) }

func (u *unit) text(n ast.Node) string { return string(u.src[u.offset(n.Pos()):u.offset(n.End())]) }

// lookup returns what a name means at a position.
func (u *unit) lookup(name string, at token.Pos) types.Object {
	s := u.pkg.Types.Scope().Innermost(at)
	if s == nil {
		return nil
	}
	_, obj := s.LookupParent(name, at)
	return obj
}

// universal reports whether the names mean at a position what the language says.
func (u *unit) universal(at token.Pos, names ...string) bool {
	for _, n := range names {
		if obj := u.lookup(n, at); obj == nil || obj != types.Universe.Lookup(n) {
			return false
		}
	}
	return true
}

// sameNames reports whether every name in an expression means at a position what
// it means where it stands.
func (u *unit) sameNames(e ast.Node, at token.Pos) bool {
	same := true
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			same = same && u.sameNames(n.X, at)
			return false
		case *ast.Field:
			same = same && u.sameNames(n.Type, at) // its names are declared by it
			return false
		case *ast.Ident:
			if obj := u.info().Uses[n]; obj != nil && u.lookup(n.Name, at) != obj {
				same = false
			}
		}
		return same
	})
	return same
}

// typeText writes a type with the names that it has at a position.
func (u *unit) typeText(t types.Type, at token.Pos) (string, bool) {
	list := func(l *types.TypeList) (string, bool) {
		var out []string
		for i := range l.Len() {
			s, ok := u.typeText(l.At(i), at)
			if !ok {
				return "", false
			}
			out = append(out, s)
		}
		if len(out) == 0 {
			return "", true
		}
		return "[" + strings.Join(out, ", ") + "]", true
	}
	named := func(obj *types.TypeName, args *types.TypeList) (string, bool) {
		name, ok := u.objectText(obj, at)
		if !ok {
			return "", false
		}
		a, ok := list(args)
		return name + a, ok
	}
	switch t := t.(type) {
	case *types.Basic:
		return t.Name(), t.Info()&types.IsUntyped == 0 && t.Kind() != types.UnsafePointer && t.Kind() != types.Invalid && u.universal(at, t.Name())
	case *types.Named:
		return named(t.Obj(), t.TypeArgs())
	case *types.Alias:
		return named(t.Obj(), t.TypeArgs())
	case *types.TypeParam:
		return named(t.Obj(), nil)
	case *types.Pointer:
		s, ok := u.typeText(t.Elem(), at)
		return "*" + s, ok
	case *types.Slice:
		s, ok := u.typeText(t.Elem(), at)
		return "[]" + s, ok
	case *types.Array:
		return "", false // its length may be another one on other platforms
	case *types.Map:
		k, ok1 := u.typeText(t.Key(), at)
		v, ok2 := u.typeText(t.Elem(), at)
		return "map[" + k + "]" + v, ok1 && ok2
	case *types.Interface:
		return "any", t.Empty() && u.universal(at, "any")
	case *types.Struct:
		return "struct{}", t.NumFields() == 0
	case *types.Signature:
		return u.signatureText(t, at)
	}
	return "", false
}

func (u *unit) signatureText(t *types.Signature, at token.Pos) (string, bool) {
	if t.TypeParams().Len() > 0 {
		return "", false
	}
	in, ok1 := u.tupleText(t.Params(), t.Variadic(), at)
	out, ok2 := u.tupleText(t.Results(), false, at)
	if t.Results().Len() != 1 {
		out = "(" + out + ")"
	}
	if t.Results().Len() == 0 {
		out = ""
	}
	return strings.TrimSpace("func(" + in + ") " + out), ok1 && ok2
}

func (u *unit) tupleText(t *types.Tuple, variadic bool, at token.Pos) (string, bool) {
	var out []string
	for i := range t.Len() {
		typ, dots := t.At(i).Type(), ""
		if s, ok := typ.(*types.Slice); ok && variadic && i == t.Len()-1 {
			typ, dots = s.Elem(), "..."
		}
		s, ok := u.typeText(typ, at)
		if !ok {
			return "", false
		}
		out = append(out, dots+s)
	}
	return strings.Join(out, ", "), true
}

// objectText writes the name of a type.
func (u *unit) objectText(obj types.Object, at token.Pos) (string, bool) {
	if obj.Pkg() == nil || obj.Pkg() == u.pkg.Types {
		return obj.Name(), u.lookup(obj.Name(), at) == obj
	}
	if !obj.Exported() {
		return "", false
	}
	if u.lookup(obj.Name(), at) == obj {
		return obj.Name(), true // by a dot import
	}
	for _, i := range u.file.Imports {
		var p *types.PkgName
		if i.Name != nil {
			p, _ = u.info().Defs[i.Name].(*types.PkgName)
		} else {
			p, _ = u.info().Implicits[i].(*types.PkgName)
		}
		if p != nil && p.Imported() == obj.Pkg() && u.lookup(p.Name(), at) == p {
			return p.Name() + "." + obj.Name(), true
		}
	}
	return "", false
}

// libraryName is what the file calls the library, and whether it imports it by
// that name already.
func (u *unit) libraryName() (name string, imported bool) {
	for _, i := range u.file.Imports {
		if path, _ := strconv.Unquote(i.Path.Value); path == library {
			if i.Name == nil {
				return "stackalloc", true
			}
			if i.Name.Name != "_" && i.Name.Name != "." {
				return i.Name.Name, true
			}
		}
	}
	name = "stackalloc"
	for n := 2; u.taken(name); n++ {
		name = "stackalloc" + strconv.Itoa(n)
	}
	return name, false
}

// taken reports whether a name stands in the file or is declared in the folder.
func (u *unit) taken(name string) bool {
	if u.idents == nil {
		u.idents = map[string]bool{}
		ast.Inspect(u.file, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				u.idents[id.Name] = true
			}
			return true
		})
		for _, i := range u.file.Imports {
			if p, ok := u.info().Implicits[i].(*types.PkgName); ok {
				u.idents[p.Name()] = true
			}
		}
		u.top = declared(filepath.Dir(u.tok.Name()))
	}
	return u.idents[name] || u.top[name] || u.pkg.Types.Scope().Lookup(name) != nil || types.Universe.Lookup(name) != nil
}

// declared returns what the files of a folder declare, methods included.
func declared(dir string) map[string]bool {
	out := map[string]bool{}
	names, _ := filepath.Glob(filepath.Join(dir, "*.go"))
	fset := token.NewFileSet()
	for _, name := range names {
		src, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		f, _ := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
		if f == nil {
			continue
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				out[d.Name.Name] = true
			case *ast.GenDecl:
				for _, s := range d.Specs {
					switch s := s.(type) {
					case *ast.TypeSpec:
						out[s.Name.Name] = true
						if st, ok := s.Type.(*ast.StructType); ok {
							for _, f := range st.Fields.List {
								for _, n := range f.Names {
									out[n.Name] = true
								}
							}
						}
					case *ast.ValueSpec:
						for _, n := range s.Names {
							out[n.Name] = true
						}
					}
				}
			}
		}
	}
	return out
}

// fresh returns a name like base that stands nowhere in the file, and takes it.
func (u *unit) fresh(base string) string {
	name := base
	for n := 2; u.taken(name); n++ {
		name = base + strconv.Itoa(n)
	}
	u.idents[name] = true
	return name
}
