// Package overlay shows the go command other files than there are, so that a module
// can be built as if it were changed, and required the library, while nothing is
// written to it.
package overlay

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
)

// Overlay is a set of files that stand for others.
type Overlay struct {
	dir   string // where they are
	files map[string]string
}

// New returns an overlay that keeps its files in dir, and begins with those that
// replaced says: the file that stands for another, or nothing for one that is to be
// seen as missing. All names are absolute.
func New(dir string, replaced map[string]string) *Overlay {
	o := &Overlay{dir: dir, files: map[string]string{}}
	maps.Copy(o.files, replaced)
	return o
}

// Put lets text stand for the file name, which need not exist.
func (o *Overlay) Put(name string, text []byte) error {
	if err := os.MkdirAll(o.dir, 0o777); err != nil {
		return err
	}
	for i := len(o.files); ; i++ {
		// The go command takes no notice of names that begin with an underscore, in
		// case the directory is in a module.
		file := filepath.Join(o.dir, fmt.Sprintf("_%d_%s", i, filepath.Base(name)))
		f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if os.IsExist(err) {
			continue
		}
		if err != nil {
			return err
		}
		_, err = f.Write(text)
		if cerr := f.Close(); err == nil {
			err = cerr
		}
		o.files[name] = file
		return err
	}
}

// Hide lets the file name be seen as missing.
func (o *Overlay) Hide(name string) { o.files[name] = "" }

// Files returns the file that stands for each, as New takes them.
func (o *Overlay) Files() map[string]string { return maps.Clone(o.files) }

// Write writes the overlay as the go command's flag -overlay takes it.
func (o *Overlay) Write(file string) error {
	j, err := json.MarshalIndent(map[string]any{"Replace": o.files}, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(j, '\n'), 0o666)
}
