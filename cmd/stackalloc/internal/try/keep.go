package try

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/overlay"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/suggest"
)

// prepareKeep makes the directory that is kept, which is to be a new or an empty one.
func (t *trial) prepareKeep() (err error) {
	if t.keep == "" {
		return nil
	}
	dir := t.keep
	t.keep = "" // not yet ours to remove
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	if list, err := os.ReadDir(dir); err == nil && len(list) > 0 {
		return fmt.Errorf("-keep: %s is not empty", dir)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("-keep: %w", err)
	}
	t.keep = dir
	return nil
}

// writeKeep writes the overlay with all that it is made of, and the changes as a
// patch.
func (t *trial) writeKeep(context.Context) error {
	if t.keep == "" {
		return nil
	}
	o := overlay.New(filepath.Join(t.keep, "files"), nil)
	for _, name := range slices.Sorted(maps.Keys(t.after.Replaced)) {
		if t.after.Replaced[name] == "" {
			o.Hide(name)
			continue
		}
		text, err := t.after.ReadFile(name)
		if err != nil {
			return err
		}
		if err := o.Put(name, text); err != nil {
			return err
		}
	}
	// The copies in vain went out of the overlay.
	for _, d := range t.unused {
		if err := os.RemoveAll(d.folder); err != nil {
			return err
		}
	}
	if err := o.Write(filepath.Join(t.keep, "overlay.json")); err != nil {
		return err
	}
	diff, err := t.diff()
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(t.keep, "changes.diff"), []byte(diff), 0o666)
}

// diff returns the changes in the main modules as a patch for the root.
func (t *trial) diff() (string, error) {
	drop := maps.Clone(t.dropped)
	for _, c := range t.all {
		if t.dependency(c) != nil {
			drop[c] = true
		}
	}
	if len(t.all) == 0 {
		return "", nil
	}
	return t.plan.Diff(drop, t.root())
}

// root is the directory that a patch of all changes is for: the current one, where
// they are all below it.
func (t *trial) root() string {
	if t.patch != "" {
		return t.tree.Of(t.pkgs[0].Dir).Dir
	}
	inside := func(dir string) bool {
		return !slices.ContainsFunc(t.changes(), func(c *suggest.Change) bool {
			rel, err := filepath.Rel(dir, c.File)
			return t.dependency(c) == nil && (err != nil || strings.HasPrefix(rel, ".."))
		})
	}
	if inside(t.wd) {
		return t.wd
	}
	dir := t.tree.Modules[0].Dir
	for !inside(dir) && dir != filepath.Dir(dir) {
		dir = filepath.Dir(dir)
	}
	return dir
}

// dependency returns the copied module that a change is in, or nil.
func (t *trial) dependency(c *suggest.Change) *dependency {
	for _, d := range t.copies {
		if d.has(c.File) {
			return d
		}
	}
	return nil
}
