// Package gotool runs the go command for the subcommands of stackalloc: it lists
// and compiles packages and hands on what the compiler printed.
package gotool

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
)

// Build is how packages are compiled. The zero value is what a plain go build
// does in the current directory.
type Build struct {
	Dir     string   // where the go command runs; empty means the current directory
	Tags    string   // as for go build -tags
	Gcflags []string // each as for go build -gcflags: [pattern=]flags
	Race    bool     // as for go build -race
	Mod     string   // as for go build -mod
	Overlay string   // as for go build -overlay
	Tests   bool     // test files and packages as well
	PGO     string   // as for go build -pgo; auto is left to the caller, see Profile
	More    []string // further flags of go build, as -trimpath

	// Replaced is what Overlay holds: the file that stands for another, or nothing
	// for one that is to be seen as missing. Names are absolute. Prepare fills it.
	Replaced map[string]string

	Env []string // added to the environment

	vars map[string]string // of go env
}

// Package is what the go command tells of one package.
type Package struct {
	ImportPath string // with " [p.test]" for the variant that a test of p uses
	Dir        string
	Name       string
	ForTest    string
	Standard   bool
	DepOnly    bool // not matched by the patterns, only a dependency
	GoFiles    []string
	CgoFiles   []string
	SFiles     []string // assembly
	Deps       []string
	ImportMap  map[string]string

	TestGoFiles, XTestGoFiles []string

	// Of packages that were compiled:
	CompiledGoFiles []string // what the compiler read
	Export          string   // the file of export data

	Module *struct {
		Path, Version, Dir, GoVersion string
		Main                          bool
		Replace                       *struct{ Path, Version string }
	}
}

// Path returns the import path without the name of a test variant.
func (p *Package) Path() string {
	path, _, _ := strings.Cut(p.ImportPath, " ")
	return path
}

// NamedByFiles reports whether the package is that of files on the command line, or its
// test. It has no import path of its own.
func (p *Package) NamedByFiles() bool {
	return strings.TrimSuffix(cmp.Or(p.ForTest, p.Path()), ".test") == "command-line-arguments"
}

const fields = "-json=ImportPath,Dir,Name,ForTest,Standard,DepOnly,GoFiles,CgoFiles,SFiles,Deps,ImportMap,TestGoFiles,XTestGoFiles,Module"

// List returns the packages that the patterns match, and all they depend on.
// What the go command prints on standard error is part of the error, if there is
// one.
func (b *Build) List(ctx context.Context, patterns []string) ([]*Package, error) {
	args := append([]string{"list", "-deps", fields}, b.Flags()...)
	var out, diag bytes.Buffer
	err := b.run(ctx, append(append(args, "--"), patterns...), &out, &diag)
	if err != nil {
		return nil, failure(err, diag.String())
	}
	for _, l := range strings.Split(diag.String(), "\n") {
		if strings.Contains(l, "matched no packages") {
			return nil, errors.New(strings.TrimPrefix(l, "go: "))
		}
	}
	return decode(&out)
}

func decode(in io.Reader) (pkgs []*Package, err error) {
	for dec := json.NewDecoder(in); ; {
		p := new(Package)
		if err := dec.Decode(p); err == io.EOF {
			return pkgs, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list printed JSON that cannot be read: %v", err)
		}
		pkgs = append(pkgs, p)
	}
}

// Extra is what is added to the flags of the build: All for the compiler of each package
// that is compiled, Per for that of some, by their import paths. Per may be used where
// Uniform is true. Tool is the value of -toolexec, if there is one, and Parallel the number
// of compilers at a time, 0 for the go command's choice.
type Extra struct {
	All      string
	Per      map[string]string
	Tool     string
	Parallel int
}

// Compile compiles the packages and writes what the compiler prints to w: for each package
// that prints anything, a line "# " with its import path and then its output. The output of
// packages that need no compilation comes from the build cache.
func (b *Build) Compile(ctx context.Context, patterns []string, more Extra, w io.Writer) error {
	return b.compile(ctx, []string{"list", "-export"}, patterns, more, io.Discard, w)
}

// CompileList is Compile that returns the packages, and all they depend on, with
// their export data.
func (b *Build) CompileList(ctx context.Context, patterns []string, more Extra, w io.Writer) ([]*Package, error) {
	var out bytes.Buffer
	args := []string{"list", "-export", "-compiled", "-deps", fields + ",CompiledGoFiles,Export"}
	if err := b.compile(ctx, args, patterns, more, &out, w); err != nil {
		return nil, err
	}
	return decode(&out)
}

func (b *Build) compile(ctx context.Context, args, patterns []string, more Extra, stdout, w io.Writer) error {
	full := append(slices.Clone(args), b.flagsWith(more)...)
	if more.Parallel > 0 {
		full = append(full, fmt.Sprint("-p=", more.Parallel))
	}
	err := b.run(ctx, append(append(full, "--"), patterns...), stdout, w)
	if err == nil || ctx.Err() != nil {
		return err
	}
	// The errors are somewhere in pages of output. Without the flags they are all
	// there is.
	var diag bytes.Buffer
	alone := append(append([]string{"list", "-export"}, b.Flags()...), "--")
	if err := b.run(ctx, append(alone, patterns...), io.Discard, &diag); err != nil {
		return failure(err, diag.String())
	}
	return fmt.Errorf("the packages compile, but not with the compiler's flags %s: %w", more.All, err)
}

// Uniform reports whether the compiler's flags are the same for all packages named on
// the command line.
func (b *Build) Uniform() bool {
	return !slices.ContainsFunc(b.Gcflags, func(v string) bool { p, _ := splitPattern(v); return p != "" && !everything(p) })
}

// ReadFile reads a source file as the build sees it.
func (b *Build) ReadFile(name string) ([]byte, error) {
	if r, ok := b.Replaced[name]; ok {
		if r == "" {
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		}
		name = r
	}
	return os.ReadFile(name)
}

// GoList prints the import paths of packages without compiling them.
func (b *Build) GoList(ctx context.Context, patterns ...string) (string, error) {
	untested := *b
	untested.Tests = false
	return b.Output(ctx, append(append(append([]string{"list"}, untested.Flags()...), "--"), patterns...)...)
}

// GoEnv returns a variable of go env.
func (b *Build) GoEnv(ctx context.Context, name string) (string, error) {
	if v, ok := b.vars[name]; ok {
		return v, nil
	}
	v, err := b.Output(ctx, "env", name)
	return strings.TrimSpace(v), err
}

// Output runs the go command with the arguments alone, in the directory and the
// environment of the build, and returns what it prints, also where it fails.
func (b *Build) Output(ctx context.Context, args ...string) (string, error) {
	var out, diag bytes.Buffer
	if err := b.run(ctx, args, &out, &diag); err != nil {
		return out.String(), failure(err, diag.String())
	}
	return out.String(), nil
}

// CompileTest builds the test binary of one package as the file out, with further
// flags of go test.
func (b *Build) CompileTest(ctx context.Context, pkg, out string, more ...string) error {
	untested := *b
	untested.Tests = false // a flag of go list
	args := append(append([]string{"test", "-c", "-o", out}, untested.Flags()...), more...)
	_, err := b.Output(ctx, append(args, pkg)...) // without "--", after which it takes no packages
	return err
}

// Flag returns the value of a flag of the go command that the build has from its
// own flags or from GOFLAGS, without its dashes, or nothing.
func (b *Build) Flag(name string) string {
	value := ""
	for _, f := range append(splitQuoted(b.vars["GOFLAGS"]), b.More...) {
		if v, ok := strings.CutPrefix(strings.TrimLeft(f, "-"), name+"="); ok {
			value = v
		}
	}
	return value
}

// Var returns a variable of go env, once the build is prepared.
func (b *Build) Var(name string) string { return b.vars[name] }

// Optimised reports whether the packages named on the command line are compiled
// with inlining, as far as the flags tell.
func (b *Build) Optimised() bool {
	_, last := b.compilerFlags("")
	for _, f := range strings.Fields(last) {
		if f == "-l" || f == "-N" || f == "-l=1" || f == "-N=1" {
			return false
		}
	}
	return true
}

// Flags are those of go build, without -gcflags that are added.
func (b *Build) Flags() []string { return b.flagsWith(Extra{}) }

func (b *Build) flagsWith(more Extra) []string {
	var args []string
	if b.Tags != "" {
		args = append(args, "-tags="+b.Tags)
	}
	if b.Race {
		args = append(args, "-race")
	}
	if b.Mod != "" {
		args = append(args, "-mod="+b.Mod)
	}
	if b.Overlay != "" {
		args = append(args, "-overlay="+b.Overlay)
	}
	args = append(args, b.More...)
	if more.Tool != "" {
		args = append(args, "-toolexec="+more.Tool)
	}
	if b.Tests {
		args = append(args, "-test")
	}
	gc, last := b.compilerFlags(more.All)
	for _, path := range slices.Sorted(maps.Keys(more.Per)) {
		gc = append(gc, path+"="+strings.TrimSpace(last+" "+more.All+" "+more.Per[path]))
	}
	for _, f := range gc {
		args = append(args, "-gcflags="+f)
	}
	return args
}

// splitPattern splits [pattern=]flags.
func splitPattern(v string) (pattern, flags string) {
	pattern, flags, ok := strings.Cut(strings.TrimSpace(v), "=")
	if !ok || strings.HasPrefix(pattern, "-") || strings.ContainsAny(pattern, " '\"") {
		return "", v
	}
	return pattern, flags
}

func everything(pattern string) bool { return pattern == "all" || pattern == "..." }

// compilerFlags returns the values of -gcflags with which the packages named on
// the command line get more, and what they get without it, as far as it does
// not depend on a pattern. The last value that matches a package wins, and one
// without a pattern matches the packages named on the command line.
func (b *Build) compilerFlags(more string) (values []string, last string) {
	join := func(a string) string { return strings.TrimSpace(a + " " + more) }
	if more != "" {
		values = append(values, more)
	}
	for _, v := range b.Gcflags {
		pattern, flags := splitPattern(v)
		switch {
		case pattern == "":
			last = v
			values = append(values, join(v))
		case everything(pattern):
			// Dependencies would print as well, so they get only what was asked.
			last = flags
			values = append(values, v)
			if more != "" {
				values = append(values, join(flags))
			}
		default:
			values = append(values, pattern+"="+join(flags))
		}
	}
	return values, last
}

// AddFlags adds the flags that say how packages are compiled: those of go build
// that change what the compiler makes, and what it is made of.
func (b *Build) AddFlags(fs *flag.FlagSet) {
	b.AddBuildFlags(fs)
	fs.BoolVar(&b.Tests, "test", false, "include tests")
	b.addValue(fs, "covermode", "`mode` of -cover, as for go build")
	b.addValue(fs, "coverpkg", "`packages` that -cover instruments, as for go build")
	b.addSwitch(fs, "cover", "the build with coverage instrumentation")
	b.addValue(fs, "buildmode", "`mode` of the build, as for go build")
}

// AddBuildFlags adds those of them that a build of tests and benchmarks may have.
func (b *Build) AddBuildFlags(fs *flag.FlagSet) {
	fs.StringVar(&b.Tags, "tags", "", "comma-separated build `tags`")
	fs.Func("gcflags", "compiler `flags`, as for go build; may be repeated", func(s string) error {
		b.Gcflags = append(b.Gcflags, s)
		return nil
	})
	fs.BoolVar(&b.Race, "race", false, "the build with the race detector")
	fs.StringVar(&b.Mod, "mod", "", "module download `mode`, as for go build")
	fs.StringVar(&b.PGO, "pgo", "", "`file` with a profile for the compiler, or auto or off, as for go build")
	fs.StringVar(&b.Overlay, "overlay", "", "`file` with replacements of source files, as for go build")
	b.addValue(fs, "modfile", "`file` to read in place of go.mod, as for go build")
	b.addSwitch(fs, "msan", "the build with the memory sanitizer")
	b.addSwitch(fs, "asan", "the build with the address sanitizer")
	b.addSwitch(fs, "trimpath", "the build without file system paths")
}

func (b *Build) addValue(fs *flag.FlagSet, name, usage string) {
	fs.Func(name, usage, func(s string) error {
		b.More = append(b.More, "-"+name+"="+s)
		return nil
	})
}

func (b *Build) addSwitch(fs *flag.FlagSet, name, usage string) {
	fs.BoolFunc(name, usage, func(s string) error {
		yes, err := strconv.ParseBool(s)
		if err == nil {
			b.More = append(b.More, fmt.Sprintf("-%s=%t", name, yes))
		}
		return err
	})
}

// Prepare completes the build from the environment: it adds the -gcflags of GOFLAGS,
// which those of the command line would otherwise replace, and reads the overlay.
// It is to be called after the fields are set; further calls do nothing.
func (b *Build) Prepare(ctx context.Context) error {
	if b.vars != nil {
		return nil
	}
	var out, diag bytes.Buffer
	if err := b.run(ctx, []string{"env", "-json"}, &out, &diag); err != nil {
		return failure(err, diag.String())
	}
	if err := json.Unmarshal(out.Bytes(), &b.vars); err != nil {
		return fmt.Errorf("go env printed JSON that cannot be read: %v", err)
	}
	var from []string
	overlay := b.Overlay
	for _, f := range splitQuoted(b.vars["GOFLAGS"]) {
		switch name, v, _ := strings.Cut(strings.TrimLeft(f, "-"), "="); {
		case name == "gcflags":
			from = append(from, v)
		case name == "overlay" && b.Overlay == "":
			overlay = v
		case name == "pgo" && b.PGO == "":
			b.PGO = v
		}
	}
	b.Gcflags = append(from, b.Gcflags...)
	if b.PGO != "" && b.PGO != "auto" && b.PGO != "off" {
		if err := b.Profile(b.PGO); err != nil {
			return err
		}
	}
	return b.readOverlay(overlay)
}

// Profile has everything compiled with a profile. The go command does that when it
// builds and not when it lists; so it is done by a flag of the compiler. The file's
// contents are made part of the flags, by one that changes nothing, because the build
// cache would not see that they change.
func (b *Build) Profile(file string) error {
	dir, err := filepath.Abs(b.Dir)
	if err != nil {
		return err
	}
	file = position.Abs(dir, file)
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("-pgo: %w", err)
	}
	flags := fmt.Sprintf("-I=%x '-pgoprofile=%s'", sha256.Sum256(text), file) // no value may begin with a quote
	for i, v := range b.Gcflags {
		pattern, had := splitPattern(v)
		if pattern != "" {
			pattern += "="
		}
		b.Gcflags[i] = pattern + had + " " + flags
	}
	b.Gcflags = slices.Concat([]string{"all=" + flags}, b.Gcflags)
	return nil
}

func (b *Build) readOverlay(file string) error {
	if file == "" {
		return nil
	}
	dir, err := filepath.Abs(b.Dir)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(position.Abs(dir, file))
	if err != nil {
		return fmt.Errorf("-overlay: %w", err)
	}
	var overlay struct{ Replace map[string]string }
	if err := json.Unmarshal(text, &overlay); err != nil {
		return fmt.Errorf("-overlay: %s: %w", file, err)
	}
	b.Replaced = map[string]string{}
	for from, to := range overlay.Replace {
		if to != "" {
			to = position.Abs(dir, to)
		}
		b.Replaced[filepath.Clean(position.Abs(dir, from))] = to
	}
	return nil
}

// splitQuoted splits at spaces outside of quotes around a whole field.
func splitQuoted(s string) []string {
	var out []string
	for {
		s = strings.TrimLeft(s, " \t\n\r")
		if s == "" {
			return out
		}
		if q := s[0]; q == '"' || q == '\'' {
			if i := strings.IndexByte(s[1:], q); i >= 0 {
				out = append(out, s[1:1+i])
				s = s[i+2:]
				continue
			}
		}
		i := strings.IndexAny(s, " \t\n\r")
		if i < 0 {
			i = len(s)
		}
		out = append(out, s[:i])
		s = s[i:]
	}
}

// run runs the go command. When ctx ends, the command and what it started are asked
// to end, and killed when they have not after a while. Its temporary files are in a
// directory that is gone in any case.
func (b *Build) run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = b.Dir
	cmd.Env = append(os.Environ(), b.Env...)
	cmd.Stdout = stdout
	cmd.Stderr = stderr
	return Run(cmd)
}

// Run runs a command made by [exec.CommandContext] that starts others in turn, as the
// go command does. When the context ends they are all interrupted, and killed when
// they have not ended after a few seconds. GOTMPDIR is a directory that is removed
// when Run returns.
func Run(cmd *exec.Cmd) error {
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	parent := ""
	for _, v := range cmd.Env {
		if dir, ok := strings.CutPrefix(v, "GOTMPDIR="); ok {
			parent = dir
		}
	}
	dir, err := os.MkdirTemp(parent, "stackalloc-go-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	cmd.Env = append(cmd.Env, "GOTMPDIR="+dir)
	group(cmd)
	cmd.WaitDelay = patience
	err = cmd.Run()
	killGroup(cmd)
	return err
}

// patience is how long what was interrupted has time to end.
const patience = 5 * time.Second

func failure(err error, diag string) error {
	var exit *exec.ExitError
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return errors.New("the go command is needed and is not in PATH")
	case errors.As(err, &exit) && strings.TrimSpace(diag) != "":
		return errors.New(strings.TrimSpace(diag))
	}
	return fmt.Errorf("the go command failed: %w", err)
}
