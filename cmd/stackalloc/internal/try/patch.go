package try

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/overlay"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/suggest"
)

// plan is what is to be changed: the plan of suggest, or a patch.
type plan interface {
	// Files returns the text of the files that are changed, without some of the
	// changes.
	Files(drop map[*suggest.Change]bool) (map[string][]byte, error)
	// Diff returns the same as a patch relative to a directory.
	Diff(drop map[*suggest.Change]bool, wd string) (string, error)
}

// patched is a patch, which is one change as a whole: its pieces cannot be dropped.
type patched struct {
	text    string
	files   map[string][]byte
	changes []*suggest.Change
}

func (p *patched) Files(drop map[*suggest.Change]bool) (map[string][]byte, error) {
	for _, d := range drop {
		if d {
			return nil, nil
		}
	}
	return p.files, nil
}

func (p *patched) Diff(map[*suggest.Change]bool, string) (string, error) { return p.text, nil }

// readPatch reads the patch of a flag, relative to the root of a module, and applies it to what
// the build sees.
func readPatch(flag, name string, m *overlay.Module, b *gotool.Build, pkgs []*gotool.Package) (*patched, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	parsed, _, err := gitdiff.Parse(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("-%s: %s: %w", flag, name, err)
	}
	p := &patched{text: string(text), files: map[string][]byte{}}
	for _, f := range parsed {
		if f.IsDelete || f.IsRename || f.IsBinary {
			return nil, fmt.Errorf("-%s: %s: %s: only changes of text and new files can be tried", flag, name, f.OldName)
		}
		if err := p.add(f, m, b, pkgs); err != nil {
			return nil, fmt.Errorf("-%s: %s: %w", flag, name, err)
		}
	}
	if len(p.changes) == 0 {
		return nil, fmt.Errorf("-%s: %s changes nothing", flag, name)
	}
	return p, nil
}

func (p *patched) add(f *gitdiff.File, m *overlay.Module, b *gotool.Build, pkgs []*gotool.Package) error {
	file, before, err := find(f, m.Dir, b)
	if err != nil {
		return err
	}
	var after bytes.Buffer
	if err := gitdiff.Apply(&after, bytes.NewReader(before), f); err != nil {
		return fmt.Errorf("%s does not apply: %w", f.NewName, err)
	}
	p.files[file] = after.Bytes()
	pkg := ""
	for _, x := range pkgs {
		if x.Dir == filepath.Dir(file) && x.ForTest == "" {
			pkg = x.ImportPath
		}
	}
	for _, h := range f.TextFragments {
		if pkg == "" || onlyImports(h) {
			continue
		}
		line := h.OldPosition + h.LeadingContext
		c := &suggest.Change{File: file, Line: int(max(line, 1)), Use: "patch", Package: pkg}
		c.From, c.To = c.Line, c.Line+int(max(h.LinesDeleted-1, 0))
		c.Func, _, _ = function(before, c)
		p.changes = append(p.changes, c)
	}
	return nil
}

// find returns the file that a piece of a patch is for, and what it has. Its name may
// begin with what diff -u was called with, or with nothing, besides git's a and b.
func find(f *gitdiff.File, root string, b *gotool.Build) (file string, text []byte, err error) {
	names := []string{f.NewName}
	if _, rest, ok := strings.Cut(f.NewName, "/"); ok {
		names = append(names, rest)
	}
	for _, name := range names {
		if !fs.ValidPath(name) {
			return "", nil, fmt.Errorf("%s is not below the module's root", name)
		}
		file = filepath.Join(root, filepath.FromSlash(name))
		text, err = b.ReadFile(file)
		if err == nil || !os.IsNotExist(err) {
			return file, text, err
		}
		if st, err := os.Stat(filepath.Dir(file)); f.IsNew && err == nil && st.IsDir() {
			return file, nil, nil
		}
	}
	return "", nil, fmt.Errorf("there is no %s", f.NewName)
}

var importLine = regexp.MustCompile(`^\s*(import\b.*|[\w.]*\s*"[^"]+"|[()])?\s*$`)

// onlyImports reports whether a piece of a patch changes nothing but imports.
func onlyImports(h *gitdiff.TextFragment) bool {
	return !slices.ContainsFunc(h.Lines, func(l gitdiff.Line) bool { return l.Op != gitdiff.OpContext && !importLine.MatchString(l.Line) })
}
