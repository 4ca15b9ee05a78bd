// Package gotool runs the go command for the subcommands of stackalloc: it lists
// and compiles packages and hands on what the compiler printed.
package gotool

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
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

	// Replaced is what Overlay holds, for reading source files.
	Replaced map[string]string

	Env []string // added to the environment
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
	Deps       []string
	Module     *struct {
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

const fields = "-json=ImportPath,Dir,Name,ForTest,Standard,DepOnly,GoFiles,CgoFiles,Deps,Module"

// List returns the packages that the patterns match, and all they depend on.
// What the go command prints on standard error is part of the error, if there is
// one.
func (b *Build) List(ctx context.Context, patterns []string) ([]*Package, error) {
	args := append([]string{"list", "-deps", fields}, b.flags("")...)
	var out, diag bytes.Buffer
	err := b.run(ctx, append(append(args, "--"), patterns...), &out, &diag)
	if err != nil {
		return nil, failure(err, diag.String())
	}
	var pkgs []*Package
	for dec := json.NewDecoder(&out); ; {
		p := new(Package)
		if err := dec.Decode(p); err == io.EOF {
			break
		} else if err != nil {
			return nil, fmt.Errorf("go list printed JSON that cannot be read: %v", err)
		}
		pkgs = append(pkgs, p)
	}
	for _, l := range strings.Split(diag.String(), "\n") {
		if strings.Contains(l, "matched no packages") {
			return nil, errors.New(strings.TrimPrefix(l, "go: "))
		}
	}
	return pkgs, nil
}

// Compile compiles the packages with more compiler flags and writes what the
// compiler prints to w: for each package that prints anything, a line "# " with
// its import path and then its output. The output of packages that need no
// compilation comes from the build cache. parallel is the number of compilers at
// a time, 0 for the go command's choice.
func (b *Build) Compile(ctx context.Context, patterns []string, more string, parallel int, w io.Writer) error {
	args := append([]string{"list", "-export"}, b.flags(more)...)
	if parallel > 0 {
		args = append(args, fmt.Sprint("-p=", parallel))
	}
	err := b.run(ctx, append(append(args, "--"), patterns...), io.Discard, w)
	if err == nil || ctx.Err() != nil {
		return err
	}
	if more != "" {
		// The errors are somewhere in pages of output. Without the flags they
		// are all there is.
		var diag bytes.Buffer
		if err := b.Compile(ctx, patterns, "", parallel, &diag); err != nil {
			return failure(err, diag.String())
		}
		return fmt.Errorf("the packages compile, but not with -gcflags='%s': %w", more, err)
	}
	return err
}

// ReadFile reads a source file as the build sees it.
func (b *Build) ReadFile(name string) ([]byte, error) {
	if r, ok := b.Replaced[name]; ok {
		name = r
	}
	return os.ReadFile(name)
}

// GoList prints the import paths of packages without compiling them.
func (b *Build) GoList(ctx context.Context, patterns ...string) (string, error) {
	var out, diag bytes.Buffer
	args := []string{"list"}
	if b.Mod != "" {
		args = append(args, "-mod="+b.Mod)
	}
	if err := b.run(ctx, append(append(args, "--"), patterns...), &out, &diag); err != nil {
		return "", failure(err, diag.String())
	}
	return out.String(), nil
}

// GoEnv returns a variable of go env.
func (b *Build) GoEnv(ctx context.Context, name string) (string, error) {
	var out, diag bytes.Buffer
	if err := b.run(ctx, []string{"env", name}, &out, &diag); err != nil {
		return "", failure(err, diag.String())
	}
	return strings.TrimSpace(out.String()), nil
}

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

func (b *Build) flags(more string) []string {
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
	if b.Tests {
		args = append(args, "-test")
	}
	gc, _ := b.compilerFlags(more)
	for _, f := range gc {
		args = append(args, "-gcflags="+f)
	}
	return args
}

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
		pattern, flags, ok := strings.Cut(strings.TrimSpace(v), "=")
		switch {
		case !ok || strings.HasPrefix(pattern, "-") || strings.ContainsAny(pattern, " '\""):
			last = v
			values = append(values, join(v))
		case pattern == "all" || pattern == "...":
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

// FromEnv adds the -gcflags of the environment variable GOFLAGS, which the
// flags of the command line would otherwise replace.
func (b *Build) FromEnv(ctx context.Context) error {
	goflags, err := b.GoEnv(ctx, "GOFLAGS")
	if err != nil {
		return err
	}
	var from []string
	for _, f := range splitQuoted(goflags) {
		if v, ok := strings.CutPrefix(strings.TrimPrefix(f, "-"), "-gcflags="); ok {
			from = append(from, v)
		} else if v, ok := strings.CutPrefix(f, "-gcflags="); ok {
			from = append(from, v)
		}
	}
	b.Gcflags = append(from, b.Gcflags...)
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

func (b *Build) run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = b.Dir
	if len(b.Env) > 0 {
		cmd.Env = append(os.Environ(), b.Env...)
	}
	cmd.Stdout = stdout
	cmd.Stderr = stderr
	return cmd.Run()
}

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
