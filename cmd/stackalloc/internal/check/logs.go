package check

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/explain"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/machine"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/overlay"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
)

// logs are where the compiler writes its logs in the course of the compilation that
// prints the machine code: one compilation serves verdicts and reasons.
//
// The go command keeps what is printed in its build cache, and not the logs. So they are
// in a directory of the user's cache, named after what the package is made of: that name
// is a flag of the compiler, and what the build cache has under that flag has its log
// there. Where a log is missing for all that, the package is compiled once more.
type logs struct {
	dirs map[string]string // by import path
	temp string            // where there is no cache, the directory of all, removed at the end
}

// unused is how long a log is kept that nobody asked for.
const unused = 5 * 24 * time.Hour

// most is the number of packages from which the command line would get too long.
const most = 2000

// keepLogs prepares the logs of the packages that are concerned, if each can have a
// directory of its own. A package and its variant for tests cannot.
func (o *options) keepLogs(pkgs, concerned []*gotool.Package) *logs {
	l := &logs{dirs: map[string]string{}}
	if o.Tests || !o.Uniform() || len(concerned) > most {
		return l
	}
	base, err := cacheDir()
	if err != nil {
		if base, err = os.MkdirTemp("", "stackalloc-check-"); err != nil {
			return l
		}
		l.temp = base
	}
	sums := o.sums(pkgs)
	for _, p := range concerned {
		if !p.NamedByFiles() {
			l.dirs[p.Path()] = filepath.Join(base, sums[p.ImportPath])
		}
	}
	return l
}

// flags returns the flags that print the listings and write the logs. The listings have no
// columns where they are not known to be needed.
func (l *logs) flags(b *gotool.Build) gotool.Extra {
	x := withColumns(b)
	if x.Tool != "" && !machine.NamelessFrames(b.Var("GOARCH")) {
		// In the code of wasm an offset is that of several instructions.
		x.All = strings.Replace(x.All, machine.Flags, machine.LineFlags, 1)
	}
	x.Per = map[string]string{}
	for path, dir := range l.dirs {
		x.Per[path] = explain.Flags(dir)
	}
	return x
}

// withColumns returns the flags that print the listings with the columns of inlined calls.
func withColumns(b *gotool.Build) gotool.Extra {
	x := gotool.Extra{All: machine.Flags}
	if tool, flag := machine.Tool(); tool != "" && b.Flag("toolexec") == "" {
		x.Tool, x.All = tool, x.All+" "+flag
	}
	return x
}

// has reports whether there is a log of the package, and marks it as used.
func (l *logs) has(p *gotool.Package) bool {
	dir := l.dirs[p.Path()]
	now := time.Now()
	return dir != "" && os.Chtimes(dir, now, now) == nil
}

func (l *logs) close() {
	if l.temp != "" {
		os.RemoveAll(l.temp)
	}
}

// cacheDir returns the directory of all logs, without those that were not used lately.
func cacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir = filepath.Join(dir, "stackalloc", "logs")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	// A compiler that cannot write its log fails.
	f, err := os.CreateTemp(dir, "writable")
	if err != nil {
		return "", err
	}
	f.Close()
	os.Remove(f.Name())
	list, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	for _, e := range list {
		if i, err := e.Info(); err == nil && time.Since(i.ModTime()) > unused {
			os.RemoveAll(filepath.Join(dir, e.Name()))
		}
	}
	return dir, nil
}

// sums returns, for each package, a name for all that it is made of, as far as the
// compiler's log depends on it. Packages follow those that they depend on.
func (o *options) sums(pkgs []*gotool.Package) map[string]string {
	sums := map[string]string{}
	build := o.Build
	build.Overlay = o.user.Overlay // what reflow put in its place is known by the files
	flags := build.Flags()
	for _, p := range pkgs {
		h := sha256.New()
		for _, v := range []string{"GOVERSION", "GOOS", "GOARCH", "GOEXPERIMENT", "GOFLAGS", "GOROOT", "CGO_ENABLED",
			"GO386", "GOAMD64", "GOARM", "GOARM64", "GOMIPS", "GOMIPS64", "GOPPC64", "GORISCV64", "GOWASM"} {
			fmt.Fprintf(h, "%s=%s\n", v, o.Var(v))
		}
		fmt.Fprintf(h, "%q\n%s\n%s\n", flags, p.ImportPath, p.Dir)
		if !p.Standard {
			o.sumFiles(h, p)
			for _, d := range p.Deps {
				fmt.Fprintln(h, sums[d])
			}
		}
		sums[p.ImportPath] = fmt.Sprintf("%x", h.Sum(nil)[:12])
	}
	return sums
}

func (o *options) sumFiles(h hash.Hash, p *gotool.Package) {
	m := p.Module
	if m != nil {
		fmt.Fprintln(h, m.Path, m.Version, m.GoVersion)
		if m.Version != "" && m.Replace == nil && strings.Contains(filepath.ToSlash(p.Dir), "@") {
			return // of the module cache, which does not change
		}
	}
	for _, name := range append(p.GoFiles[:len(p.GoFiles):len(p.GoFiles)], p.CgoFiles...) {
		text, err := o.ReadFile(position.Abs(p.Dir, name))
		fmt.Fprintln(h, name, len(text), err)
		h.Write(text)
	}
}

// lostLogs reports whether the log of a file of the package was written over.
func (s *source) lostLogs(p *gotool.Package, dir string) bool {
	for _, name := range p.GoFiles {
		path := position.Abs(p.Dir, name)
		if f := s.byName[path]; f != nil && f.rewritten() {
			continue // its log has a name of its own kind
		}
		if explain.Lost(dir, path, s.realName) {
			return true
		}
	}
	return false
}

// renamed is put before the names of files, so that no file that is inlined from
// elsewhere has the same.
const renamed = "stackalloc_log_"

// renameForLog writes an overlay in which the files of the packages have other names, and
// returns its own name.
func (s *source) renameForLog(dir string, pkgs []*gotool.Package) (string, error) {
	files := overlay.New(dir, s.build.Replaced)
	for _, p := range pkgs {
		if p.NamedByFiles() || p.Module != nil && !p.Module.Main {
			continue // named by its files; not to be replaced
		}
		for _, name := range p.GoFiles {
			if filepath.IsAbs(name) {
				continue
			}
			from := filepath.Join(p.Dir, name)
			if f := s.byName[from]; f != nil && f.rewritten() {
				continue
			}
			text, err := s.build.ReadFile(from)
			if err != nil {
				return "", err
			}
			files.Hide(from)
			// A copy: with -trimpath the compiler would know the file itself again.
			if err := files.Put(filepath.Join(p.Dir, renamed+name), text); err != nil {
				return "", err
			}
			for _, form := range fileForms(p, renamed+name) {
				s.alias[form] = from
			}
		}
	}
	name := filepath.Join(dir, "overlay.json")
	return name, files.Write(name)
}
