package generate

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A Mutant is the library with one fault, which programs must find.
type Mutant struct {
	Name string
	Text string // added to the package
	edit func(f *ast.FuncDecl) (edits int)
}

// Mutants are edits of the public functions alone: the checks at start-up would turn
// off a library in which their own copy of the body is wrong. They know the body by
// its form, not by names: a variable of type [0]T in a loop without a condition, its
// address as an unsafe.Pointer, and closures that recover.
var Mutants = []Mutant{
	{
		Name: "the proof is ignored",
		Text: "package stackalloc\n\nimport \"unsafe\"\n\n" +
			"func mutantUnseen(p unsafe.Pointer) unsafe.Pointer {\n\tx := uintptr(p) ^ mutantZero\n\treturn *(*unsafe.Pointer)(unsafe.Pointer(&x))\n}\n\nvar mutantZero uintptr\n",
		edit: hideProbe,
	},
	{
		Name: "the body has no loop",
		edit: dropLoop,
	},
	{
		Name: "the callback is called in the body instead of being shown",
		edit: unseal,
	},
}

// probes returns the names of variables of type [0]T in f.
func probes(n ast.Node) map[string]bool {
	names := map[string]bool{}
	ast.Inspect(n, func(n ast.Node) bool {
		if s, ok := n.(*ast.ValueSpec); ok {
			if a, ok := s.Type.(*ast.ArrayType); ok {
				if l, ok := a.Len.(*ast.BasicLit); ok && l.Value == "0" {
					names[s.Names[0].Name] = true
				}
			}
		}
		return true
	})
	return names
}

// hideProbe hides where the probe's address goes from escape analysis, so that the
// probe stays on the stack.
func hideProbe(f *ast.FuncDecl) (edits int) {
	names := probes(f)
	ast.Inspect(f, func(n ast.Node) bool {
		c, ok := n.(*ast.CallExpr)
		if !ok || len(c.Args) != 1 {
			return true
		}
		if s, ok := c.Fun.(*ast.SelectorExpr); !ok || s.Sel.Name != "Pointer" {
			return true
		}
		if u, ok := c.Args[0].(*ast.UnaryExpr); ok && u.Op == token.AND {
			if x, ok := u.X.(*ast.Ident); ok && names[x.Name] {
				c.Args[0] = &ast.CallExpr{Fun: c.Fun, Args: []ast.Expr{u}}
				c.Fun = ast.NewIdent("mutantUnseen")
				edits++
				return false
			}
		}
		return true
	})
	return edits
}

// dropLoop makes a plain block of the loop around the probe.
func dropLoop(f *ast.FuncDecl) (edits int) {
	ast.Inspect(f, func(n ast.Node) bool {
		b, ok := n.(*ast.BlockStmt)
		if !ok {
			return true
		}
		for i, s := range b.List {
			if l, ok := s.(*ast.ForStmt); ok && l.Init == nil && l.Cond == nil && l.Post == nil && len(probes(l)) > 0 {
				b.List[i] = l.Body
				edits++
			}
		}
		return true
	})
	return edits
}

// unseal lets closures that recover, and so are not inlined, be inlined into the
// body, and the callback into them.
func unseal(f *ast.FuncDecl) (edits int) {
	if len(probes(f)) == 0 {
		return 0
	}
	ast.Inspect(f, func(n ast.Node) bool {
		b, ok := n.(*ast.BlockStmt)
		if !ok {
			return true
		}
		for i := 0; i < len(b.List); i++ {
			if s, ok := b.List[i].(*ast.IfStmt); ok && s.Else == nil && len(s.Body.List) == 1 && isCallOf(s.Body.List[0], "recover") {
				b.List = append(b.List[:i:i], b.List[i+1:]...)
				edits++
				i--
			}
		}
		return true
	})
	return edits
}

func isCallOf(s ast.Stmt, name string) bool {
	e, ok := s.(*ast.ExprStmt)
	if !ok {
		return false
	}
	c, ok := e.X.(*ast.CallExpr)
	if !ok {
		return false
	}
	f, ok := c.Fun.(*ast.Ident)
	return ok && f.Name == name
}

// MutantEdits is the least number of public functions that a mutant must be in. All
// of Do, Uninit, Fill, Init, Collect, Copy, Call, Call2, Scope, Aligned, Bounded and
// Closing have the body, and the last of these has a seal of another kind.
const MutantEdits = 11

// Mutate copies the library into a folder, with a fault.
func Mutate(dir, library string, m Mutant) error {
	functions := 0
	err := copyLibrary(dir, library, func(name string, text []byte) ([]byte, error) {
		if filepath.Dir(name) != "." || !strings.HasSuffix(name, ".go") {
			return text, nil
		}
		files := token.NewFileSet()
		f, err := parser.ParseFile(files, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		edits := 0
		for _, d := range f.Decls {
			if d, ok := d.(*ast.FuncDecl); ok && d.Name.IsExported() {
				if n := m.edit(d); n > 0 {
					edits += n
					functions++
				}
			}
		}
		if edits == 0 {
			return text, nil
		}
		var b bytes.Buffer
		err = format.Node(&b, files, f)
		return b.Bytes(), err
	})
	if err != nil {
		return err
	}
	if functions < MutantEdits {
		return fmt.Errorf("the mutant %q could be made in %d public functions only, of at least %d: the form of their body has changed, so internal/generate/mutant.go must learn the new one", m.Name, functions, MutantEdits)
	}
	if m.Text == "" {
		return nil
	}
	return os.WriteFile(filepath.Join(dir, "mutant.go"), []byte(m.Text), 0o666)
}

// copyLibrary copies what the root package is built from.
func copyLibrary(dir, library string, change func(name string, text []byte) ([]byte, error)) error {
	return filepath.WalkDir(library, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(library, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != "." && name != "internal" && filepath.Dir(name) != "internal" && filepath.Dir(filepath.Dir(name)) != "internal" {
				return fs.SkipDir
			}
			return os.MkdirAll(filepath.Join(dir, name), 0o777)
		}
		switch ext := filepath.Ext(name); {
		case strings.HasSuffix(name, "_test.go"):
			return nil
		case ext == ".go" || ext == ".s" || ext == ".h" || ext == ".c" || name == "go.mod" || name == "go.sum":
		default:
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if text, err = change(name, text); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, name), text, 0o666)
	})
}
