package overlay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
)

// Tree is what the go command works on in a directory: one main module, or those of
// a workspace.
type Tree struct {
	Modules []*Module
	Work    string // the go.work file, or nothing

	build *gotool.Build
}

// Module is a main module.
type Module struct {
	Path, Dir string
	GoMod     string // the file that the go command reads, which -modfile may name
	file      *modfile.File
}

// FindTree asks the go command what the build works on.
func FindTree(ctx context.Context, b *gotool.Build) (*Tree, error) {
	if err := b.Prepare(ctx); err != nil {
		return nil, err
	}
	t := &Tree{build: b}
	var err error
	if t.Work, err = b.GoEnv(ctx, "GOWORK"); err != nil {
		return nil, err
	}
	if t.Work == "off" {
		t.Work = ""
	}
	args := []string{"list", "-m", "-json"}
	if b.Mod != "" {
		args = append(args, "-mod="+b.Mod)
	}
	out, err := b.Output(ctx, args...)
	if err != nil {
		return nil, err
	}
	for dec := json.NewDecoder(strings.NewReader(out)); ; {
		m := new(Module)
		if err := dec.Decode(m); err == io.EOF {
			return t, nil
		} else if err != nil {
			return nil, err
		}
		if m.Dir == "" {
			return nil, errors.New("there is no go.mod here: the library can be tried in a module only")
		}
		if f := b.Flag("modfile"); f != "" && t.Work == "" {
			m.GoMod = absolute(b.Dir, f)
		}
		text, err := b.ReadFile(m.GoMod)
		if err != nil {
			return nil, err
		}
		if m.file, err = modfile.Parse(m.GoMod, text, nil); err != nil {
			return nil, err
		}
		t.Modules = append(t.Modules, m)
	}
}

// absolute returns the absolute name of a file that is named relative to dir.
func absolute(dir, file string) string {
	if !filepath.IsAbs(file) {
		file = filepath.Join(dir, file)
	}
	if a, err := filepath.Abs(file); err == nil {
		return a
	}
	return file
}

// Of returns the main module that a directory is in, or nil.
func (t *Tree) Of(dir string) *Module {
	var best *Module
	for _, m := range t.Modules {
		rel, err := filepath.Rel(m.Dir, dir)
		if err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) && (best == nil || len(m.Dir) > len(best.Dir)) {
			best = m
		}
	}
	return best
}

// IsLibrary reports whether the library is one of the main modules: then all others
// may import it.
func (t *Tree) IsLibrary() bool {
	return slices.ContainsFunc(t.Modules, func(m *Module) bool { return m.Path == Path })
}

// Requires reports whether all of the modules may import the library already.
func (t *Tree) Requires(modules []*Module) bool {
	return t.IsLibrary() || !slices.ContainsFunc(modules, func(m *Module) bool { return requirement(m.file, Path) == "" })
}

// requirement returns the version of a module that a go.mod asks for, or nothing.
func requirement(f *modfile.File, path string) string {
	for _, r := range f.Require {
		if r.Mod.Path == path {
			return r.Mod.Version
		}
	}
	return ""
}

// Complete puts into the overlay the sums that the go.work.sum of a workspace lacks:
// the go command would write them there whenever it is run.
func (t *Tree) Complete(ctx context.Context, o *Overlay, dir string) error {
	if t.Work == "" {
		return nil
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(t.Work), "vendor", "modules.txt")); err == nil {
		return nil // it needs none
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	s := &skeleton{Tree: t, dir: dir}
	if err := s.make(ctx); err != nil {
		return err
	}
	if _, err := s.versions(ctx); err != nil {
		return err
	}
	return s.putFile(o, s.work()+".sum", t.Work+".sum")
}

// Want is what a tree is to be given.
type Want struct {
	Library Library           // nothing for the one that it requires already
	Modules []*Module         // those that are to require it
	Folders map[string]string // folders that stand for other modules, by their paths

	// Packages are patterns of those whose tests are to be built: what is raised for
	// the library may need more than what was there.
	Packages []string
}

// Apply puts what is wanted into the overlay: other contents of go.mod, go.sum,
// go.work and go.work.sum. It returns what has to move for it, besides the library:
// "go 1.21 to 1.25.0". dir is a directory of its own for temporary files.
func (t *Tree) Apply(ctx context.Context, w Want, o *Overlay, dir string) (moved []string, err error) {
	if w.Library == (Library{}) && !t.Requires(w.Modules) {
		return nil, fmt.Errorf("not all modules require %s", Path)
	}
	if w.Library == (Library{}) || t.IsLibrary() {
		w.Library, w.Modules = Library{}, nil
	}
	if len(w.Modules) == 0 && len(w.Folders) == 0 {
		return nil, nil
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	s := &skeleton{Tree: t, Want: w, dir: dir}
	for _, step := range []func(context.Context) error{s.make, s.change, s.complete, s.addSums} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return s.moved, s.put(o)
}
