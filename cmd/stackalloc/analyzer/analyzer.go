// Package analyzer is the subcommand check as an analyzer in the form of
// golang.org/x/tools/go/analysis, for drivers such as go vet and golangci-lint.
//
// What is to be told is in the machine code, which an analyzer does not see. So it runs
// the compiler as check does, once for each package that depends on the library, by the
// go command in the package's directory. The build cache serves it.
//
// A driver does not tell an analyzer how the packages are built: tags, -race and the like
// are those of GOFLAGS and of [Settings]. Where the files of a package are others than
// those that this build has, the analyzer returns an error that says so.
//
// As a plugin of golangci-lint's module system it has the name stackalloc. It was run with
// golangci-lint v2.15.0, over tests too and with strict; scripts/golangci.sh does that again.
//
//	# .custom-gcl.yml
//	version: v2.15.0
//	plugins:
//	  - module: github.com/stackalloc/stackalloc/cmd/stackalloc
//	    import: github.com/stackalloc/stackalloc/cmd/stackalloc/analyzer
//	    version: latest
//
//	# .golangci.yml
//	linters:
//	  enable: [stackalloc]
//	  settings:
//	    custom:
//	      stackalloc:
//	        type: module
//	        settings: {strict: true}
package analyzer

import (
	"cmp"
	"context"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path/filepath"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/check"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
)

// Name is the name of the analyzer and of the plugin.
const Name = "stackalloc"

const doc = `tell whether every call of package stackalloc is proven

A call is proven if the compiler shows that the callback keeps nothing of its slice; the
block of any other comes from the heap. The analyzer runs the compiler and reads its
machine code. The comment // stackalloc:heap accepts a call as it is.`

// Settings say how packages are built, as far as GOFLAGS does not, and what is told.
type Settings struct {
	Strict  bool     `json:"strict"`  // tell warnings too: proofs that other packages would lose, stale comments
	Tags    string   `json:"tags"`    // as for go build -tags
	Race    bool     `json:"race"`    // as for go build -race
	PGO     string   `json:"pgo"`     // as for go build -pgo
	Mod     string   `json:"mod"`     // as for go build -mod
	Overlay string   `json:"overlay"` // as for go build -overlay
	Gcflags []string `json:"gcflags"` // as for go build -gcflags
	Flags   []string `json:"flags"`   // more flags of go build, as -trimpath

	Dir     string `json:"-"` // where the go command runs; empty for that of the package's files
	Package string `json:"-"` // the pattern of the package there; empty for the one of the directory
}

// New returns the analyzer. When ctx ends, the go command that it runs is interrupted.
// It is safe for concurrent use.
func New(ctx context.Context, s Settings) *analysis.Analyzer {
	a := &analysis.Analyzer{
		Name: Name, Doc: doc, URL: "https://github.com/stackalloc/stackalloc",
		Run: func(pass *analysis.Pass) (any, error) { return nil, run(ctx, &s, pass) },
	}
	a.Flags.BoolVar(&s.Strict, "strict", s.Strict, "tell warnings too")
	return a
}

func run(ctx context.Context, s *Settings, pass *analysis.Pass) error {
	if len(pass.Files) == 0 || !depends(pass.Pkg, map[*types.Package]bool{}) {
		return nil
	}
	files := map[string]*token.File{}
	b := &gotool.Build{Tags: s.Tags, Race: s.Race, PGO: s.PGO, Mod: s.Mod, Overlay: s.Overlay, Gcflags: s.Gcflags, More: s.Flags, Dir: s.Dir}
	for _, f := range pass.Files {
		t := pass.Fset.File(f.FileStart)
		files[t.Name()] = t
		b.Tests = b.Tests || strings.HasSuffix(t.Name(), "_test.go")
		if b.Dir == "" && imports(f) || filepath.IsAbs(t.Name()) && b.Dir == "" && !generated(t.Name()) {
			b.Dir = filepath.Dir(t.Name())
		}
	}
	if err := b.Prepare(ctx); err != nil {
		return err
	}
	for name, by := range b.Replaced {
		if t := files[by]; t != nil {
			files[name] = t
		}
	}
	found, judged, err := check.Find(ctx, b, []string{cmp.Or(s.Package, ".")})
	if err != nil {
		return err
	}
	for _, f := range pass.Files {
		if name := pass.Fset.File(f.FileStart).Name(); imports(f) && !judged[name] && !generated(name) && !replaces(b, name) {
			return fmt.Errorf("%s: not judged: this file is not in the build that the go command makes in %s; give the flags of yours in GOFLAGS or the settings", name, b.Dir)
		}
	}
	at := func(p position.Pos) (token.Pos, bool) {
		t := files[p.File]
		if t == nil {
			return written(pass, p)
		}
		if p.Line > t.LineCount() {
			return token.NoPos, false
		}
		return t.LineStart(max(p.Line, 1)) + token.Pos(max(p.Col-1, 0)), true
	}
	for _, f := range found {
		where, ok := at(f.Pos)
		if !ok || f.Rule != "unproven" && !s.Strict {
			continue
		}
		d := analysis.Diagnostic{Pos: where, Category: f.Rule, Message: f.Text}
		if f.Leak != nil {
			if leak, ok := at(*f.Leak); ok && leak != where {
				d.Related = []analysis.RelatedInformation{{Pos: leak, Message: "the slice gets away here"}}
			}
		}
		pass.Report(d)
	}
	return nil
}

// depends reports whether a package imports the library, through others too, which may
// be inlined.
func depends(p *types.Package, seen map[*types.Package]bool) bool {
	if p.Path() == check.Library {
		return true
	}
	if seen[p] {
		return false
	}
	seen[p] = true
	for _, i := range p.Imports() {
		if depends(i, seen) {
			return true
		}
	}
	return false
}

// imports reports whether a file imports the library.
func imports(f *ast.File) bool {
	for _, i := range f.Imports {
		if strings.Trim(i.Path.Value, "`\"") == check.Library {
			return true
		}
	}
	return false
}

// generated reports whether the go command made the file, for cgo or a test: it has no
// name in the source.
func generated(name string) bool {
	return filepath.Ext(name) != ".go" || strings.HasSuffix(name, ".cgo1.go") || filepath.Base(name) == "_cgo_gotypes.go"
}

// replaces reports whether a file stands for another one.
func replaces(b *gotool.Build, name string) bool {
	for _, by := range b.Replaced {
		if by == name {
			return true
		}
	}
	return false
}

// written returns a place of the source in the file that the go command made of it, which
// says in line directives where its lines and columns are from: the beginning of the line
// if the column is not known there.
func written(pass *analysis.Pass, p position.Pos) (token.Pos, bool) {
	for _, f := range pass.Files {
		t := pass.Fset.File(f.FileStart)
		if !generated(t.Name()) {
			continue
		}
		for line := 1; line <= t.LineCount(); line++ {
			from, to := t.LineStart(line), token.Pos(t.Base()+t.Size())
			if q := t.PositionFor(from, true); q.Line != p.Line || filepath.Base(q.Filename) != filepath.Base(p.File) {
				continue
			}
			if line < t.LineCount() {
				to = t.LineStart(line+1) - 1
			}
			for at := from; at < to; at++ {
				if q := t.PositionFor(at, true); q.Line == p.Line && q.Column == p.Col {
					return at, true
				}
			}
			return from, true
		}
	}
	return token.NoPos, false
}
