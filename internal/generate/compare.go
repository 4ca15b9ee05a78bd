package generate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Failure is a program that did with the library what it did not do with make.
type Failure struct {
	Program Program
	Variant Variant
	Trial   string // length, and whether the stack was large: as the program prints it
	Want    string
	Got     string
	Stderr  string // of a crash
}

// A Module is a folder with programs, see Write, and the go command that builds it.
type Module struct {
	Dir      string
	Go       string // a toolchain, as in GOTOOLCHAIN; "" is the go command's own
	Programs []Program
	wanted   map[string]map[string]string // by architecture and trial
	profile  string
}

// NewModule writes programs into dir.
func NewModule(dir, library, toolchain string, programs []Program) (*Module, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	return &Module{Dir: dir, Go: toolchain, Programs: programs, wanted: map[string]map[string]string{}}, Write(dir, library, programs)
}

func (m *Module) environment(v Variant) []string {
	env := append(os.Environ(), "GOFLAGS=-mod=mod -buildvcs=false", "GOWORK=off")
	if m.Go != "" {
		env = append(env, "GOTOOLCHAIN="+m.Go)
	}
	return append(env, v.Env...)
}

// Build builds the programs with the library, and returns the file.
func (m *Module) Build(ctx context.Context, v Variant) (string, error) {
	if v.PGO && m.profile == "" {
		at := filepath.Join(m.Dir, "cpu.pprof")
		file, err := m.build(ctx, "profiled", Variant{Flags: []string{"-tags=generated_profile"}})
		if err != nil {
			return "", err
		}
		if out, stderr, err := m.execute(ctx, file, Variant{Run: []string{"GENERATED_PROFILE=" + at}}); err != nil {
			return "", fmt.Errorf("profiling: %w\n%s%s", err, tail(out), tail(stderr))
		}
		m.profile = at
	}
	if v.PGO {
		v.Flags = append(slices.Clone(v.Flags), "-pgo="+m.profile)
	}
	return m.build(ctx, v.Name, v)
}

func (m *Module) build(ctx context.Context, name string, v Variant) (string, error) {
	file := filepath.Join(m.Dir, name+".exe")
	cmd := exec.CommandContext(ctx, "go", append(append([]string{"build", "-o", file}, v.Flags...), ".")...)
	cmd.Dir, cmd.Env = m.Dir, m.environment(v)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building %s: %w\n%s", name, err, tail(string(out)))
	}
	return file, nil
}

// runTime is how long all programs of a module may take.
const runTime = 10 * time.Minute

func (m *Module) execute(ctx context.Context, file string, v Variant, env ...string) (stdout, stderr string, err error) {
	ctx, cancel := context.WithTimeout(ctx, runTime)
	defer cancel()
	args := []string{file}
	for _, e := range v.Env {
		if arch, ok := strings.CutPrefix(e, "GOARCH="); ok && emulators[arch] != "" && arch != runtime.GOARCH {
			args = []string{emulators[arch], file}
		}
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = m.Dir
	cmd.Env = slices.Concat(os.Environ(), v.Run, env)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return out.String(), errs.String(), err
}

// emulators run what is built for another architecture.
var emulators = map[string]string{
	"arm64": "qemu-aarch64", "riscv64": "qemu-riscv64", "arm": "qemu-arm", "s390x": "qemu-s390x", "ppc64": "qemu-ppc64", "ppc64le": "qemu-ppc64le",
	"mips": "qemu-mips", "mipsle": "qemu-mipsel", "mips64": "qemu-mips64", "mips64le": "qemu-mips64el", "loong64": "qemu-loongarch64",
}

// Implementation asks the library of a build what blocks run on.
func (m *Module) Implementation(ctx context.Context, v Variant, file string) (string, error) {
	out, stderr, err := m.execute(ctx, file, v, "GENERATED_ASK=implementation")
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", v.Name, err, tail(stderr))
	}
	return strings.TrimSpace(out), nil
}

// HeapSites builds and runs the programs with the library, and returns the places,
// file:line, of calls whose blocks came from the heap.
func (m *Module) HeapSites(ctx context.Context, v Variant) (places []string, err error) {
	file, err := m.Build(ctx, v)
	if err != nil {
		return nil, err
	}
	out, stderr, err := m.execute(ctx, file, v, "GENERATED_ASK=sites")
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, tail(stderr))
	}
	for line := range strings.Lines(out) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "site" {
			places = append(places, f[1])
		}
	}
	return places, nil
}

// architecture is the setting of GOARCH in a variant.
func architecture(v Variant) string {
	for _, e := range v.Env {
		if strings.HasPrefix(e, "GOARCH=") {
			return e
		}
	}
	return ""
}

// buildMake builds the programs with make, for the architecture of v.
func (m *Module) buildMake(ctx context.Context, v Variant) (file string, with Variant, err error) {
	with = Variant{Flags: []string{"-modfile=make.mod"}}
	key := architecture(v)
	if key != "" {
		with.Env = []string{key, "CGO_ENABLED=0"}
	}
	file, err = m.build(ctx, "make"+key, with)
	return file, with, err
}

// Wanted returns what the programs print with make, by trial.
func (m *Module) Wanted(ctx context.Context, v Variant) (map[string]string, error) {
	key := architecture(v)
	if m.wanted[key] != nil {
		return m.wanted[key], nil
	}
	file, with, err := m.buildMake(ctx, v)
	if err != nil {
		return nil, err
	}
	out, stderr, err := m.execute(ctx, file, with)
	if err != nil {
		return nil, fmt.Errorf("with make: %w\n%s%s", err, tail(out), tail(stderr))
	}
	want, _, unfinished := digests(out)
	if unfinished != "" {
		return nil, errors.New("with make: unfinished: " + unfinished)
	}
	m.wanted[key] = want
	return want, nil
}

// digests are the lines of an output, by trial, the last trial, and the trial that did
// not end.
func digests(out string) (of map[string]string, last, unfinished string) {
	of = map[string]string{}
	for line := range strings.Lines(out) {
		f := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 4)
		if len(f) < 4 {
			continue
		}
		trial := strings.Join(f[:3], " ")
		if f[3] == "" || !strings.HasSuffix(line, "\n") {
			return of, trial, trial
		}
		of[trial], last = f[3], trial
	}
	return of, last, ""
}

// Compare builds and runs the programs in a way, and returns those that fail, at
// most one failure for each, in order.
func (m *Module) Compare(ctx context.Context, v Variant) ([]Failure, error) {
	want, err := m.Wanted(ctx, v)
	if err != nil {
		return nil, err
	}
	file, err := m.Build(ctx, v)
	if err != nil {
		return nil, err
	}
	var failures []Failure
	failed := map[int]bool{}
	fail := func(trial, got, stderr string) {
		f := m.failure(v, trial)
		if !failed[f.Program.ID] {
			failed[f.Program.ID] = true
			f.Want, f.Got, f.Stderr = want[trial], got, stderr
			failures = append(failures, f)
		}
	}
	for from := 0; ; {
		out, stderr, err := m.execute(ctx, file, v, "GENERATED_FROM="+strconv.Itoa(from))
		if ctx.Err() != nil {
			return failures, ctx.Err()
		}
		got, last, unfinished := digests(out)
		for _, trial := range inOrder(got) {
			if want[trial] == "" {
				return failures, errors.New("make did not run trial " + trial)
			}
			if got[trial] != want[trial] {
				fail(trial, got[trial], "")
			}
		}
		switch {
		case err == nil && unfinished == "" && last == "":
			return failures, errors.New("the programs of " + v.Name + " printed nothing")
		case err == nil && unfinished == "":
			return failures, nil
		case last == "":
			return failures, fmt.Errorf("%s: %w\n%s%s", v.Name, err, tail(out), tail(stderr))
		case err == nil:
			err = errors.New("ended in the middle")
		}
		// A crash between two trials, of the collector for instance, is that of the
		// last one, or of one before.
		fail(last, err.Error(), tail(stderr))
		id, _, _ := strings.Cut(last, " ")
		number, _ := strconv.Atoi(id)
		from = number + 1
		if !slices.ContainsFunc(m.Programs, func(p Program) bool { return p.ID >= from }) {
			return failures, nil
		}
	}
}

// failure returns that of a trial, with the program that it is of.
func (m *Module) failure(v Variant, trial string) Failure {
	id, rest, _ := strings.Cut(trial, " ")
	number, _ := strconv.Atoi(id)
	f := Failure{Variant: v, Trial: rest}
	f.Program.ID = number
	for _, p := range m.Programs {
		if p.ID == number {
			f.Program = p
		}
	}
	return f
}

// inOrder are the trials, by program and then as they are printed.
func inOrder(of map[string]string) []string {
	trials := make([]string, 0, len(of))
	for t := range of {
		trials = append(trials, t)
	}
	number := func(t string, field int) int {
		n, _ := strconv.Atoi(strings.Fields(t)[field])
		return n
	}
	slices.SortFunc(trials, func(a, b string) int {
		if d := number(a, 0) - number(b, 0); d != 0 {
			return d
		}
		if d := number(a, 1) - number(b, 1); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return trials
}

// tail is the end of a long text and, of a crash, its beginning.
func tail(text string) string {
	const most = 3000
	if len(text) <= most {
		return text
	}
	return text[:most/2] + "\n…\n" + text[len(text)-most/2:]
}
