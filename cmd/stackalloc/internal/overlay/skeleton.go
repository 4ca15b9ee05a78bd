package overlay

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/version"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
)

// skeleton is a copy of the go.mod, go.sum, go.work and go.work.sum of a tree, and of
// nothing else, in which the go command may change them. Neither -modfile would do,
// which does not work in a workspace, nor the overlay itself, to whose files the go
// command does not write.
type skeleton struct {
	*Tree
	Want
	dir   string
	build gotool.Build // of the copy

	version string            // of the library
	goLine  string            // that it asks for
	before  map[string]string // versions of modules
	moved   []string
}

func (s *skeleton) member(m *Module) string {
	return filepath.Join(s.dir, fmt.Sprint("m", slices.Index(s.Tree.Modules, m)))
}

func (s *skeleton) work() string { return filepath.Join(s.dir, "go.work") }

func sumOf(mod string) string { return strings.TrimSuffix(mod, ".mod") + ".sum" }

// make writes the copy, with the names of folders absolute, since it is somewhere
// else.
func (s *skeleton) make(context.Context) error {
	for _, m := range s.Tree.Modules {
		if err := os.MkdirAll(s.member(m), 0o777); err != nil {
			return err
		}
		f, err := modfile.Parse(m.GoMod, modfile.Format(m.file.Syntax), nil)
		if err != nil {
			return err
		}
		if err := writeOut(f, f.Replace, m.Dir); err != nil {
			return err
		}
		if f.Go == nil {
			// The go command would write its own.
			if err := f.AddGoStmt(goLine(nil)); err != nil {
				return err
			}
		}
		if err := s.writeMod(m, f); err != nil {
			return err
		}
		if err := s.copy(sumOf(m.GoMod), filepath.Join(s.member(m), "go.sum")); err != nil {
			return err
		}
	}
	env := append(slices.Clone(s.Tree.build.Env), "GO111MODULE=on")
	if s.Work == "" {
		s.build = gotool.Build{Dir: s.member(s.Tree.Modules[0]), Env: append(env, "GOWORK=off", "GOFLAGS=-mod=mod")}
		return nil
	}
	s.build = gotool.Build{Dir: s.dir, Env: append(env, "GOWORK="+s.work(), "GOFLAGS=")}
	w, err := s.readWork(s.Work)
	if err != nil {
		return err
	}
	if err := writeOut(w, w.Replace, filepath.Dir(s.Work)); err != nil {
		return err
	}
	var use []*modfile.Use
	for _, m := range s.Tree.Modules {
		use = append(use, &modfile.Use{Path: "./" + filepath.Base(s.member(m))})
	}
	w.SetUse(use)
	if err := s.writeWork(w); err != nil {
		return err
	}
	return s.copy(s.Work+".sum", s.work()+".sum")
}

// replacer is a go.mod or a go.work file.
type replacer interface {
	AddReplace(oldPath, oldVers, newPath, newVers string) error
	DropReplace(oldPath, oldVers string) error
}

func writeOut(f replacer, all []*modfile.Replace, dir string) error {
	for _, r := range slices.Clone(all) {
		if r.New.Version == "" && !filepath.IsAbs(r.New.Path) {
			if err := f.AddReplace(r.Old.Path, r.Old.Version, absolute(dir, r.New.Path), ""); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *skeleton) copy(from, to string) error {
	text, err := s.Tree.build.ReadFile(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o666)
}

func (s *skeleton) readMod(m *Module) (*modfile.File, error) {
	name := filepath.Join(s.member(m), "go.mod")
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return modfile.Parse(name, text, nil)
}

func (s *skeleton) writeMod(m *Module, f *modfile.File) error {
	f.Cleanup()
	return os.WriteFile(filepath.Join(s.member(m), "go.mod"), modfile.Format(f.Syntax), 0o666)
}

func (s *skeleton) readWork(name string) (*modfile.WorkFile, error) {
	text, err := s.Tree.build.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return modfile.ParseWork(name, text, nil)
}

func (s *skeleton) writeWork(w *modfile.WorkFile) error {
	w.Cleanup()
	return os.WriteFile(s.work(), modfile.Format(w.Syntax), 0o666)
}

// change adds what is wanted.
func (s *skeleton) change(ctx context.Context) (err error) {
	if s.before, err = s.versions(ctx); err != nil {
		return err
	}
	if s.Library != (Library{}) {
		if err := s.resolve(ctx); err != nil {
			return err
		}
	}
	if err := s.replace(); err != nil {
		return err
	}
	if s.Library == (Library{}) {
		return nil
	}
	for _, m := range s.Want.Modules {
		if s.Work == "" {
			_, err = s.build.Output(ctx, "get", Path+"@"+s.version)
		}
		// go get looks at its module alone, not at a workspace, and where nothing
		// imports the library yet it is an indirect requirement.
		if err == nil {
			err = s.require(m)
		}
		if err != nil {
			return err
		}
		f, err := s.readMod(m)
		if err != nil {
			return err
		}
		if was, is := goLine(m.file.Go), goLine(f.Go); was != is {
			s.moved = append(s.moved, fmt.Sprintf("go %s to %s in %s", was, is, m.Path))
		}
	}
	return nil
}

// goLine returns the version of Go that a go.mod or go.work asks for, which is an
// old one where it says none.
func goLine(g *modfile.Go) string {
	if g == nil {
		return "1.16"
	}
	return g.Version
}

func older(a, b string) bool { return version.Compare("go"+a, "go"+b) < 0 }

// resolve learns the version of the library, and of the Go that it asks for.
func (s *skeleton) resolve(ctx context.Context) error {
	mod := filepath.Join(s.Library.Dir, "go.mod")
	if s.Library.Dir == "" {
		d, err := s.download(ctx, Path+"@"+s.Library.Version)
		if err != nil {
			return fmt.Errorf("%s: %w\n-library names another version of the library, or the folder of a clone", s.Library, err)
		}
		mod, s.version = d[0].GoMod, d[0].Version
	} else {
		// What is in a folder has any version, so that it can have the one that the
		// modules ask for.
		s.version = "v0.0.0"
		for _, m := range s.Tree.Modules {
			if v := requirement(m.file, Path); semver.Compare(v, s.version) > 0 {
				s.version = v
			}
		}
	}
	text, err := os.ReadFile(mod)
	if err != nil {
		return err
	}
	f, err := modfile.ParseLax(mod, text, nil)
	if err != nil {
		return err
	}
	s.goLine = goLine(f.Go)
	return nil
}

// replace lets folders stand for modules: in go.work, if there is one, since its
// members must not contradict each other.
func (s *skeleton) replace() error {
	folders := maps.Clone(s.Folders)
	if s.Library != (Library{}) {
		if folders == nil {
			folders = map[string]string{}
		}
		folders[Path] = s.Library.Dir
	}
	set := func(f replacer, old []*modfile.Replace, add bool) error {
		var drop []module.Version
		for _, r := range old {
			if _, ok := folders[r.Old.Path]; ok {
				drop = append(drop, r.Old)
			}
		}
		for _, v := range drop {
			if err := f.DropReplace(v.Path, v.Version); err != nil {
				return err
			}
		}
		for _, path := range slices.Sorted(maps.Keys(folders)) {
			if dir := folders[path]; add && dir != "" {
				if err := f.AddReplace(path, "", dir, ""); err != nil {
					return err
				}
			}
		}
		return nil
	}
	for _, m := range s.Tree.Modules {
		f, err := s.readMod(m)
		if err != nil {
			return err
		}
		if err := set(f, f.Replace, s.Work == ""); err != nil {
			return err
		}
		if err := s.writeMod(m, f); err != nil {
			return err
		}
	}
	if s.Work == "" {
		return nil
	}
	w, err := s.readWork(s.work())
	if err != nil {
		return err
	}
	if err := set(w, w.Replace, true); err != nil {
		return err
	}
	if s.goLine != "" && older(goLine(w.Go), s.goLine) {
		if err := w.AddGoStmt(s.goLine); err != nil {
			return err
		}
	}
	return s.writeWork(w)
}

// require makes a go.mod require the library.
func (s *skeleton) require(m *Module) error {
	f, err := s.readMod(m)
	if err != nil {
		return err
	}
	if err := f.DropRequire(Path); err != nil {
		return err
	}
	f.Cleanup()
	if err := f.AddRequire(Path, s.version); err != nil {
		return err
	}
	if older(goLine(f.Go), s.goLine) {
		if err := f.AddGoStmt(s.goLine); err != nil {
			return err
		}
	}
	return s.writeMod(m, f)
}

// versions returns the versions of the modules that packages may come from.
func (s *skeleton) versions(ctx context.Context) (map[string]string, error) {
	all := map[string]string{}
	if s.Work == "" {
		// A go.mod since 1.17 names them all. Others need the go.mod of each, which
		// may not be at hand.
		f, err := s.readMod(s.Tree.Modules[0])
		if err != nil {
			return nil, err
		}
		if s.before != nil || !older(goLine(f.Go), "1.17") {
			for _, r := range f.Require {
				all[r.Mod.Path] = r.Mod.Version
			}
			return all, nil
		}
	}
	out, err := s.listAll(ctx)
	if err != nil {
		return nil, err
	}
	for dec := json.NewDecoder(strings.NewReader(out)); ; {
		var m struct {
			Path, Version string
			Main          bool
		}
		if err := dec.Decode(&m); err == io.EOF {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		if !m.Main {
			all[m.Path] = m.Version
		}
	}
}

// listAll lists all modules. For that the go command reads the go.mod of whatever
// version of a member of the workspace another module asks for, which a build does
// not, so that it need not be published: then the member stands for it, here and in
// the overlay.
func (s *skeleton) listAll(ctx context.Context) (string, error) {
	for {
		out, err := s.build.Output(ctx, "list", "-m", "-json=Path,Version,Main", "all")
		if err == nil || s.Work == "" || ctx.Err() != nil {
			return out, err
		}
		w, werr := s.readWork(s.work())
		if werr != nil {
			return "", werr
		}
		m, v := s.unpublished(err.Error())
		if m == nil || slices.ContainsFunc(w.Replace, func(r *modfile.Replace) bool { return r.Old == v }) {
			return "", err
		}
		if err := w.AddReplace(v.Path, v.Version, m.Dir, ""); err != nil {
			return "", err
		}
		if err := s.writeWork(w); err != nil {
			return "", err
		}
	}
}

// unpublished returns the member of the workspace that an error of the go command is
// about, with the version, or nil if it is about something else.
func (s *skeleton) unpublished(text string) (*Module, module.Version) {
	for _, word := range strings.Fields(text) {
		path, v, _ := strings.Cut(strings.TrimRight(word, ":,"), "@")
		for _, m := range s.Tree.Modules {
			if m.Path == path && semver.IsValid(v) {
				return m, module.Version{Path: path, Version: v}
			}
		}
	}
	return nil, module.Version{}
}

// complete lets the go command add to the copy of a go.mod what the packages and their
// tests need besides. Of a workspace it knows no copy. What cannot be had here, the
// build tells in its own words.
func (s *skeleton) complete(ctx context.Context) error {
	if s.Work != "" || len(s.Packages) == 0 {
		return nil
	}
	args := []string{"list", "-e", "-deps", "-test", "-mod=mod", "-modfile=" + filepath.Join(s.member(s.Tree.Modules[0]), "go.mod")}
	if b := s.Tree.build; b.Tags != "" {
		args = append(args, "-tags="+b.Tags)
	}
	s.Tree.build.Output(ctx, append(append(args, "--"), s.Packages...)...)
	return context.Cause(ctx)
}

// addSums adds the sums of modules whose version moved, the library's among them: go
// get adds only those of what the library itself needs.
func (s *skeleton) addSums(ctx context.Context) error {
	after, err := s.versions(ctx)
	if err != nil {
		return err
	}
	raised := false
	for path, was := range s.before {
		raised = raised || path != Path && after[path] != "" && after[path] != was
	}
	var need []string
	for _, path := range slices.Sorted(maps.Keys(after)) {
		was, is := s.before[path], after[path]
		if s.Folders[path] != "" || path == Path && s.Library.Dir != "" || was == is || was == "" && path != Path && !raised {
			continue
		}
		need = append(need, path+"@"+is) // also what the raised ones need
		if path != Path && was != "" {
			s.moved = append(s.moved, fmt.Sprintf("%s %s to %s", path, was, is))
		}
	}
	if len(need) == 0 {
		return nil
	}
	sums, err := s.download(ctx, need...)
	if err != nil {
		return err
	}
	file := s.work() + ".sum"
	if s.Work == "" {
		file = filepath.Join(s.member(s.Tree.Modules[0]), "go.sum")
	}
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	lines := strings.SplitAfter(string(text), "\n")
	for _, d := range sums {
		for _, l := range []string{fmt.Sprintf("%s %s %s\n", d.Path, d.Version, d.Sum), fmt.Sprintf("%s %s/go.mod %s\n", d.Path, d.Version, d.GoModSum)} {
			if !slices.Contains(lines, l) {
				lines = append(lines, l)
			}
		}
	}
	return os.WriteFile(file, []byte(strings.Join(lines, "")), 0o666)
}

// download is what go mod download prints of a module.
type download struct{ Path, Version, Error, GoMod, Sum, GoModSum string }

func (s *skeleton) download(ctx context.Context, modules ...string) (all []download, err error) {
	// Not in one of the modules: what they replace is not asked for.
	b := gotool.Build{Dir: filepath.Join(s.dir, "none"), Env: append(slices.Clone(s.build.Env), "GOWORK=off", "GOFLAGS=")}
	if err := os.MkdirAll(b.Dir, 0o777); err != nil {
		return nil, err
	}
	out, err := b.Output(ctx, append([]string{"mod", "download", "-json"}, modules...)...)
	for dec := json.NewDecoder(strings.NewReader(out)); ; {
		var d download
		if derr := dec.Decode(&d); derr != nil {
			return all, cmp.Or(err, ignoreEOF(derr))
		}
		if d.Error != "" {
			return nil, errors.New(d.Error)
		}
		all = append(all, d)
	}
}

func ignoreEOF(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// put puts the copy's files into the overlay, where they differ.
func (s *skeleton) put(o *Overlay) error {
	for _, m := range s.Tree.Modules {
		if err := s.putFile(o, filepath.Join(s.member(m), "go.mod"), m.GoMod); err != nil {
			return err
		}
		if err := s.putFile(o, filepath.Join(s.member(m), "go.sum"), sumOf(m.GoMod)); err != nil {
			return err
		}
	}
	if s.Work == "" {
		return nil
	}
	// The members are where they were.
	w, err := s.readWork(s.work())
	if err != nil {
		return err
	}
	original, err := s.readWork(s.Work)
	if err != nil {
		return err
	}
	w.SetUse(original.Use)
	if err := s.writeWork(w); err != nil {
		return err
	}
	if err := s.putFile(o, s.work(), s.Work); err != nil {
		return err
	}
	return s.putFile(o, s.work()+".sum", s.Work+".sum")
}

func (s *skeleton) putFile(o *Overlay, from, to string) error {
	text, err := os.ReadFile(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if was, err := s.Tree.build.ReadFile(to); err == nil && bytes.Equal(was, text) {
		return nil
	}
	return o.Put(to, text)
}
