package try

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
)

// unit is a package with tests.
type unit struct {
	*gotool.Package
	number  int
	before  *outcome
	reached bool // by a change: the test binary has a package that was changed
	broken  bool // its tests do not build as it is
	slow    bool // what its benchmarks reach is not to be known soon

	benchmarks int  // that match the flag
	prepares   bool // they take longer to prepare than to measure

	memory []cost // that its tests allocate, before and after, where no benchmark tells
}

// reach finds the packages whose tests have something changed in them.
func (t *trial) reach(ctx context.Context) error {
	t.bar.Phase("listing tests")
	changed := t.packages()
	for _, c := range t.others {
		changed = append(changed, c.Package)
	}
	b := *t.full
	b.Tests = true
	var paths []string
	for _, p := range t.pkgs {
		if len(p.TestGoFiles)+len(p.XTestGoFiles) > 0 {
			paths = append(paths, p.ImportPath)
		}
	}
	if len(paths) == 0 {
		return nil
	}
	all, err := b.List(ctx, paths)
	if err != nil {
		return err
	}
	reached := map[string]bool{}
	for _, p := range all {
		if slices.ContainsFunc(p.Deps, func(d string) bool {
			d, _, _ = strings.Cut(d, " ")
			return slices.Contains(changed, d)
		}) {
			reached[p.ImportPath] = true
		}
	}
	for _, p := range t.pkgs {
		if slices.Contains(paths, p.ImportPath) {
			t.units = append(t.units, &unit{Package: p, number: len(t.units), reached: reached[p.ImportPath+".test"]})
		}
	}
	return nil
}

// binary returns the test binary of a build, which it makes if need be.
func (t *trial) binary(ctx context.Context, u *unit, b *gotool.Build, more ...string) (string, error) {
	name := strings.TrimSuffix(filepath.Base(b.Overlay), ".json")
	if b == t.before {
		name = "before"
	}
	if len(more) > 0 {
		name += "-cover"
	}
	out := t.file("bin", strconv.Itoa(u.number)+"-"+name+".test.exe")
	if _, err := os.Stat(out); err == nil {
		return out, nil
	}
	return out, b.CompileTest(ctx, u.ImportPath, out, more...)
}

// run runs a test binary in its package's directory, as go test does, and returns
// what it prints. An error that is an *exec.ExitError says that it failed.
func (t *trial) runBinary(ctx context.Context, u *unit, binary string, args ...string) (string, error) {
	return t.runWith(ctx, u, nil, binary, args...)
}

// runWith is runBinary in another environment.
func (t *trial) runWith(ctx context.Context, u *unit, change func(env []string) []string, binary string, args ...string) (string, error) {
	out, err := os.Create(t.file("output"))
	if err != nil {
		return "", err
	}
	defer out.Close()
	cmd := exec.CommandContext(ctx, binary, append([]string{"-test.paniconexit0"}, args...)...)
	cmd.Dir = u.Dir
	tmp := t.file("tmp")
	cmd.Env = append(os.Environ(), "PWD="+u.Dir, "TMPDIR="+tmp, "TMP="+tmp, "TEMP="+tmp, "GOTMPDIR="+tmp)
	if change != nil {
		cmd.Env = change(cmd.Env)
	}
	// A file, since what the tests start could hold a pipe open.
	cmd.Stdout, cmd.Stderr = out, out
	err = gotool.Run(cmd)
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	text, rerr := os.ReadFile(out.Name())
	return string(text), errors.Join(err, rerr)
}

// failed reports whether a program ran and failed.
func failed(err error) bool {
	var exit *exec.ExitError
	return errors.As(err, &exit)
}
