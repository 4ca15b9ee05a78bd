// Package programs has modules of other people, and what we change in them. They are
// fetched when needed; only our edits of them are here.
package programs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// An Edit replaces text that a file has exactly once. In old, "…" stands for any text
// up to the first place where what follows it stands.
type Edit struct{ file, old, new string }

// A Program is a module of other people.
type Program struct {
	Module, Version string
	Packages        string // of the module, with ./
	Bench           string // regular expression
	Run             string // the tests, a regular expression; all of them if it is empty
	Without         string // which tests Run leaves out, and why
	Added           string // a test file of ours, with benchmarks where the package has none
	Both            []Edit // made before and after: what makes the benchmarks usable
	Edits           []Edit // our patch; without one, what stackalloc suggest makes
	Arrays          []Edit // fixed arrays in place of this library, which keep short ones only: what there is to gain; may be nil
}

const library = "github.com/stackalloc/stackalloc"

// String names a program like no other: its module, and whether a patch of ours or the
// command changes it.
func (p Program) String() string {
	if p.Edits != nil {
		return p.Module + ", patch"
	}
	return p.Module + ", command"
}

// Find returns the program of a name, or the first of a module.
func Find(name string) (Program, error) {
	for _, p := range All {
		if p.String() == name || p.Module == name {
			return p, nil
		}
	}
	return Program{}, fmt.Errorf("no program is %s", name)
}

// Copy fetches the module and makes a copy that can be changed, with what is changed
// before and after.
func (p Program) Copy(dir string) error {
	source, err := p.fetch()
	if err != nil {
		return err
	}
	if err := os.CopyFS(dir, os.DirFS(source)); err != nil {
		return err
	}
	if err := writable(dir); err != nil {
		return err
	}
	if p.Added != "" {
		if err := os.WriteFile(filepath.Join(dir, p.Packages, "stackalloc_bench_test.go"), []byte(p.Added), 0o644); err != nil {
			return err
		}
	}
	return apply(dir, p.Both)
}

// CopyChanged is Copy with our patch.
func (p Program) CopyChanged(dir string) error { return p.copyWith(p.Edits, dir) }

// CopyArrays is Copy with fixed arrays.
func (p Program) CopyArrays(dir string) error { return p.copyWith(p.Arrays, dir) }

func (p Program) copyWith(edits []Edit, dir string) error {
	if err := p.Copy(dir); err != nil {
		return err
	}
	return apply(dir, edits)
}

// fetch returns the folder of the module's source, which is read-only.
func (p Program) fetch() (string, error) {
	out, err := exec.Command("go", "mod", "download", "-json", p.Module+"@"+p.Version).Output()
	var info struct{ Dir, Error string }
	if jsonErr := json.Unmarshal(out, &info); jsonErr != nil {
		return "", errors.Join(err, jsonErr)
	}
	if info.Error != "" {
		return "", errors.New(info.Error)
	}
	return info.Dir, err
}

func writable(dir string) error {
	return filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.Chmod(path, 0o755)
		}
		return os.Chmod(path, 0o644)
	})
}

// apply makes edits in a folder.
func apply(dir string, edits []Edit) error {
	for _, e := range edits {
		file := filepath.Join(dir, e.file)
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		first, last, gap := strings.Cut(e.old, "…")
		if n := bytes.Count(text, []byte(first)); n != 1 {
			return fmt.Errorf("%s has %d times what is to be replaced: %q", e.file, n, first)
		}
		head, tail, _ := bytes.Cut(text, []byte(first))
		if gap {
			if _, tail, gap = bytes.Cut(tail, []byte(last)); !gap {
				return fmt.Errorf("%s has nothing to be replaced up to %q", e.file, last)
			}
		}
		if err := os.WriteFile(file, slices.Concat(head, []byte(e.new), tail), 0o644); err != nil {
			return err
		}
	}
	return nil
}
