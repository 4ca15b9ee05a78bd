package generate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	shrinkTime       = 4 * time.Minute
	shrinkCandidates = 60 // in one build
)

// Shrink makes a failing program smaller, by leaving out statements as long as it
// fails in the same way of building it.
func (m *Module) Shrink(ctx context.Context, library string, f Failure) (Program, error) {
	v := f.Variant
	length, _, _ := strings.Cut(f.Trial, " ")
	v.Run = append(slices.Clone(v.Run), "GENERATED_LENGTHS="+length)
	return shrink(f.Program, func(tried []Program) ([]Program, error) {
		dir, err := os.MkdirTemp("", "generated")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
		return m.failing(ctx, dir, library, v, tried)
	})
}

// shrink makes a program smaller, as long as failing says that it fails.
func shrink(p Program, failing func(tried []Program) ([]Program, error)) (Program, error) {
	begin := time.Now()
	check, err := newChecker()
	if err != nil {
		return p, err
	}
	for time.Since(begin) < shrinkTime {
		fail, err := failing(check.smaller(p, shrinkCandidates))
		if err != nil || len(fail) == 0 {
			return p, err
		}
		p = slices.MinFunc(fail, func(a, b Program) int { return len(a.Text) - len(b.Text) })
	}
	return p, nil
}

// failing returns those of the programs that fail in a process of their own, so that
// none is blamed for what another did to the heap.
func (m *Module) failing(ctx context.Context, dir, library string, v Variant, tried []Program) (all []Program, err error) {
	attempt, err := NewModule(dir, library, m.Go, tried)
	if err != nil {
		return nil, err
	}
	reference, with, err := attempt.buildMake(ctx, v)
	if err != nil {
		return nil, err
	}
	file, err := attempt.Build(ctx, v)
	if err != nil {
		return nil, err
	}
	for _, p := range tried {
		only := "GENERATED_ONLY=" + strconv.Itoa(p.ID)
		want, err := attempt.once(ctx, reference, with, append(v.Run, only)...)
		if err != nil {
			continue // without a statement it may wait for ever
		}
		if got, err := attempt.once(ctx, file, v, only); err != nil || got != want {
			all = append(all, p)
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return all, nil
}

// once is the output of a run that is short.
func (m *Module) once(ctx context.Context, file string, v Variant, env ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	out, _, err := m.execute(ctx, file, v, env...)
	return out, err
}

// A checker tells which programs compile.
type checker struct {
	files    *token.FileSet
	standard types.Importer
	own      map[string]*types.Package
}

func newChecker() (*checker, error) {
	files := token.NewFileSet()
	c := &checker{files: files, standard: importer.ForCompiler(files, "gc", nil), own: map[string]*types.Package{}}
	for _, p := range []struct{ dir, path string }{{"withmake", "github.com/stackalloc/stackalloc"}, {"kit", modulePath + "/kit"}} {
		var parsed []*ast.File
		entries, err := parts.ReadDir(p.dir)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			text, err := parts.ReadFile(p.dir + "/" + e.Name())
			if err != nil {
				return nil, err
			}
			if bytes.HasPrefix(text, []byte("//go:build ")) {
				continue // the profile
			}
			f, err := parser.ParseFile(files, e.Name(), text, parser.SkipObjectResolution)
			if err != nil {
				return nil, err
			}
			parsed = append(parsed, f)
		}
		pkg, err := (&types.Config{Importer: c}).Check(p.path, files, parsed, nil)
		if err != nil {
			return nil, err
		}
		c.own[p.path] = pkg
	}
	return c, nil
}

func (c *checker) Import(path string) (*types.Package, error) {
	if p := c.own[path]; p != nil {
		return p, nil
	}
	return c.standard.Import(path)
}

// mostRepairs is how many statements may go because of one.
const mostRepairs = 15

// repaired is a program that compiles, made from one that may not by leaving out the
// statements that are wrong: a variable that nothing uses, or that is gone.
func (c *checker) repaired(text []byte) ([]byte, bool) {
	for range mostRepairs {
		f, err := parser.ParseFile(c.files, "", text, parser.SkipObjectResolution)
		if err != nil {
			return nil, false
		}
		var wrong types.Error
		_, err = (&types.Config{Importer: c}).Check("candidate", c.files, []*ast.File{f}, nil)
		if err == nil {
			return text, true
		}
		if !errors.As(err, &wrong) {
			return nil, false
		}
		at := c.files.Position(wrong.Pos).Offset
		innermost := cut{}
		for _, s := range statements(c.files, f) {
			if s.from <= at && at < s.to && (innermost.to == 0 || s.to-s.from < innermost.to-innermost.from) {
				innermost = s
			}
		}
		if innermost.to == 0 {
			return nil, false
		}
		text = slices.Concat(text[:innermost.from], text[innermost.to:])
	}
	return nil, false
}

// A cut is a part of a text.
type cut struct{ from, to int }

// statements are those in lists, from which they can be left out.
func statements(files *token.FileSet, f *ast.File) (all []cut) {
	list := func(of []ast.Stmt) {
		for _, s := range of {
			all = append(all, cut{files.Position(s.Pos()).Offset, files.Position(s.End()).Offset})
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BlockStmt:
			list(n.List)
		case *ast.CaseClause:
			list(n.Body)
		case *ast.CommClause:
			list(n.Body)
		}
		return true
	})
	return all
}

// smaller returns programs like p without one of its statements each, those without
// the longest first, numbered from 0.
func (c *checker) smaller(p Program, most int) (all []Program) {
	text, err := source("candidate", []Program{p})
	if err != nil {
		return nil
	}
	files := token.NewFileSet()
	f, err := parser.ParseFile(files, "", text, parser.SkipObjectResolution)
	if err != nil {
		return nil
	}
	cuts := statements(files, f)
	slices.SortStableFunc(cuts, func(a, b cut) int { return (b.to - b.from) - (a.to - a.from) })
	seen := map[string]bool{}
	for _, cut := range cuts {
		if len(all) == most {
			break
		}
		without, ok := c.repaired(slices.Concat(text[:cut.from], text[cut.to:]))
		if !ok || seen[string(without)] {
			continue
		}
		seen[string(without)] = true
		if short, err := programOf(without, p.ID, len(all)); err == nil {
			all = append(all, short)
		}
	}
	return all
}

// programOf is the program of a package, without declarations that nothing uses, and
// with another number.
func programOf(text []byte, id, number int) (Program, error) {
	name := fmt.Sprintf("p%d", id)
	files := token.NewFileSet()
	f, err := parser.ParseFile(files, "", text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return Program{}, err
	}
	of := map[string][]ast.Decl{} // by what they declare; methods belong to their type
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			of[declares(d)] = append(of[declares(d)], d)
		case *ast.GenDecl:
			switch s := d.Specs[0].(type) {
			case *ast.TypeSpec:
				of[s.Name.Name] = append(of[s.Name.Name], d)
			case *ast.ValueSpec:
				if s.Names[0].Name != "_" { // the header's
					of[s.Names[0].Name] = append(of[s.Names[0].Name], d)
				}
			}
		}
	}
	reached := map[ast.Decl]bool{}
	var reach func(name string)
	reach = func(name string) {
		for _, d := range of[name] {
			if !reached[d] {
				reached[d] = true
				ast.Inspect(d, func(n ast.Node) bool {
					if i, ok := n.(*ast.Ident); ok {
						reach(i.Name)
					}
					return true
				})
			}
		}
	}
	reach(name)
	reach(name + "after")
	var b bytes.Buffer
	for _, d := range f.Decls {
		if !reached[d] {
			continue
		}
		if err := format.Node(&b, files, d); err != nil {
			return Program{}, err
		}
		b.WriteString("\n\n")
	}
	text = regexp.MustCompile(`\b`+name+`([A-Za-z]\w*)?\b`).ReplaceAll(b.Bytes(), fmt.Appendf(nil, "p%d$1", number))
	text = regexp.MustCompile(`\n\n\t+`).ReplaceAllFunc(text, func(gap []byte) []byte { return gap[1:] })
	return Program{number, string(text)}, nil
}

// declares is the name of a function, or of a method's type.
func declares(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return d.Name.Name
	}
	name := ""
	ast.Inspect(d.Recv.List[0].Type, func(n ast.Node) bool {
		if i, ok := n.(*ast.Ident); ok && name == "" {
			name = i.Name
		}
		return true
	})
	return name
}
