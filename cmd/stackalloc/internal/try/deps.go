package try

import (
	"context"
	"fmt"
	"go/version"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/overlay"
)

// language is the version of Go whose language the changes are written in: it has
// range over functions, for Scope.
const language = "1.23"

// dependency is a module that is not a main one.
type dependency struct {
	path, version string
	folder        string // where it can be changed by an overlay
	copied        bool   // the folder is a copy
	pkgs          []*gotool.Package
}

// copyDependencies copies the modules that the packages depend on: the go command
// refuses an overlay of files in the module cache. What a replacement has in a folder
// already stays there.
func (t *trial) copyDependencies(ctx context.Context) error {
	b := *t.before
	b.Mod = "readonly" // not those in a vendor directory
	all, err := b.List(ctx, t.patterns)
	if err != nil {
		return err
	}
	byPath := map[string]*dependency{}
	for _, p := range all {
		if !p.DepOnly || p.Standard || p.Module == nil || p.Module.Main || p.Module.Path == overlay.Path {
			continue
		}
		d := byPath[p.Module.Path]
		if d == nil {
			if d, err = t.newDependency(p, len(byPath)); err != nil {
				return err
			}
			byPath[p.Module.Path] = d
			t.copies = append(t.copies, d)
		}
		d.pkgs = append(d.pkgs, p)
	}
	return nil
}

func (t *trial) newDependency(p *gotool.Package, n int) (*dependency, error) {
	d := &dependency{path: p.Module.Path, version: p.Module.Version, folder: p.Module.Dir}
	if r := p.Module.Replace; r != nil && r.Version == "" {
		d.version = ""
		return d, nil
	}
	parent := t.file("deps")
	if t.keep != "" {
		parent = filepath.Join(t.keep, "deps")
	}
	t.bar.Step(d.path, n+1)
	d.folder, d.copied = filepath.Join(parent, fmt.Sprintf("%d_%s", n, filepath.Base(d.path))), true
	return d, copyModule(p.Module.Dir, d.folder)
}

// copyModule copies what a module's packages are built from.
func copyModule(from, to string) error {
	return filepath.WalkDir(from, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		switch {
		case e.IsDir():
			return os.MkdirAll(target, 0o777)
		case strings.HasSuffix(name, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(target, text, 0o666)
	})
}

// raise lets the module's go.mod ask for a version of Go that has what the changes
// are written in.
func (d *dependency) raise(o *overlay.Overlay, b *gotool.Build) error {
	name := filepath.Join(d.folder, "go.mod")
	text, err := b.ReadFile(name)
	if os.IsNotExist(err) {
		text = []byte("module " + modfile.AutoQuote(d.path) + "\n")
	} else if err != nil {
		return err
	}
	f, err := modfile.ParseLax(name, text, nil)
	if err != nil {
		return err
	}
	if f.Go != nil && version.Compare("go"+f.Go.Version, "go"+language) >= 0 {
		return nil
	}
	if err := f.AddGoStmt(language); err != nil {
		return err
	}
	f.Cleanup()
	text = modfile.Format(f.Syntax)
	if d.copied {
		return os.WriteFile(name, text, 0o666)
	}
	return o.Put(name, text)
}

// has reports whether a file is in the module.
func (d *dependency) has(file string) bool {
	return strings.HasPrefix(file, d.folder+string(filepath.Separator))
}

// show names a file of the module, whose folder says nothing.
func (d *dependency) show(file string) string {
	name := d.path
	if d.version != "" {
		name += "@" + d.version
	}
	return name + filepath.ToSlash(strings.TrimPrefix(file, d.folder))
}
