package overlay

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"

	"github.com/stackalloc/stackalloc"
)

// Path is the library's module and import path.
const Path = "github.com/stackalloc/stackalloc"

// Library says where the library comes from: one of the two is set.
type Library struct {
	Version string // as for go get
	Dir     string // of its go.mod, absolute
}

func (l Library) String() string {
	if l.Dir != "" {
		return l.Dir
	}
	return Path + "@" + l.Version
}

// ParseLibrary reads what a user writes: a version, as for go get, or the folder of
// a clone.
func ParseLibrary(s string) (Library, error) {
	st, err := os.Stat(s)
	switch {
	case err == nil && st.IsDir():
		return folder(s)
	case s == "" || s == "." || s == ".." || strings.ContainsAny(s, `/\`):
		return Library{}, fmt.Errorf("%q is neither a version of %s nor a folder", s, Path)
	}
	return Library{Version: s}, nil
}

// folder is the library in a folder.
func folder(dir string) (Library, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Library{}, err
	}
	text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return Library{}, err
	}
	if p := modfile.ModulePath(text); p != Path {
		return Library{}, fmt.Errorf("%s has the module %s, not %s", dir, p, Path)
	}
	return Library{Dir: dir}, nil
}

// BuiltFrom returns what this program was built from.
func BuiltFrom() (Library, error) {
	if info, ok := debug.ReadBuildInfo(); ok {
		if v := versionIn(info); v != "" {
			return Library{Version: v}, nil
		}
	}
	// From a clone or a replacement: a function knows the file it was compiled from.
	f := runtime.FuncForPC(reflect.ValueOf(stackalloc.ReadStats).Pointer())
	if file, _ := f.FileLine(f.Entry()); filepath.IsAbs(file) {
		if l, err := folder(filepath.Dir(file)); err == nil {
			return l, nil
		}
	}
	return Library{}, errors.New("this command does not know which version of " + Path + " it was built with: -library says which to use")
}

// versionIn returns the library's version that others can get as well, or nothing.
func versionIn(info *debug.BuildInfo) string {
	for _, d := range info.Deps {
		if d.Path != Path {
			continue
		}
		if d.Replace != nil {
			d = d.Replace
		}
		if d.Path == Path && semver.IsValid(d.Version) && !strings.HasSuffix(d.Version, "+dirty") {
			return d.Version
		}
	}
	return ""
}
