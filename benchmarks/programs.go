package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/stackalloc/stackalloc/benchmarks/internal/programs"
	"github.com/stackalloc/stackalloc/benchmarks/internal/tables"
)

// measurePrograms measures each program by stackalloc try, old against new in turn.
// One that cannot be had or built, or whose tests fail, is left out, and said so.
// Only those are measured whose name -only matches.
func measurePrograms(w io.Writer, dir string, o options) error {
	wanted, command, root, err := begin(dir, o)
	if err != nil {
		return err
	}
	chosen := slices.DeleteFunc(slices.Clone(programs.All), func(p programs.Program) bool { return !wanted.MatchString(p.String()) })
	flags := programFlags(o.quick)
	fmt.Fprintf(w, "%s"+afterMachine+" of each with `%s`: the median time of an operation before and after, and the median\n"+
		"ratio of runs in turn, ± half of its 95 %% confidence interval. Tests of their own pass in all forms. Changed by the command alone, or by a *patch*, some\n"+
		"lines of ours in internal/programs. *Fixed arrays* is the ratio of a patch that has arrays in this library's place, large enough for what is measured: what\n"+
		"there is to gain on this machine. All three take turns in one run, in all orders. Reproduce: `cd benchmarks && go run . -programs`, or one row by the `-only` beside\n"+
		"it, where the patch or the benchmark is ours. The ratio is not that of the medians, which drift apart on a busy machine.\n\n", tables.Machine(), strings.Join(flags, " "))
	fmt.Fprint(w, "| module, benchmark | ns before | after | ratio | fixed arrays | objects | bytes | collections per million | changed by |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n")
	start := time.Now()
	var rows []programRow
	var left []string
	for i, p := range chosen {
		tables.Progress("%d of %d, after %v: %s", i+1, len(chosen), time.Since(start).Round(time.Second), p)
		of, err := measureProgram(p, filepath.Join(dir, "programs", fmt.Sprint(i)), command, root, flags)
		if interrupted.Err() != nil {
			return errInterrupted
		}
		if err != nil {
			left = append(left, fmt.Sprintf("%s, %s: %v", p, p.Version, err))
			continue
		}
		rows = append(rows, of...)
	}
	slices.SortStableFunc(rows, func(a, b programRow) int { return cmp.Compare(a.Ratio, b.Ratio) })
	for _, r := range rows {
		io.WriteString(w, r.line(flags))
	}
	io.WriteString(w, besideArrays(rows))
	io.WriteString(w, sources(rows))
	if o.chart != "" && len(rows) > 0 {
		if err := writeRatios(o.chart, tables.Machine(), rows); err != nil {
			return err
		}
		fmt.Fprintf(w, "\n![Ratio of the times after and before, by program](%s)\n", filepath.ToSlash(o.chart))
	}
	for _, l := range left {
		fmt.Fprintf(w, "\nNot measured: %s\n", l)
	}
	if len(rows) == 0 {
		return errors.New("no program was measured")
	}
	if !o.write {
		return nil
	}
	tables.Progress("what stackalloc try prints, for ../README.md")
	if err := showTry(filepath.Join(dir, "try"), command, root); err != nil {
		tables.Progress("../README.md keeps the sample that it has: %v", err) // the table took ten minutes and is none the worse
	}
	return nil
}

// programFlags are those of stackalloc try.
func programFlags(quick bool) []string {
	if quick {
		return []string{"-count=6", "-benchtime=50ms"}
	}
	return []string{"-count=16", "-benchtime=150ms"}
}

// sources tells the versions of what was measured, and which of their own tests were
// not run.
func sources(rows []programRow) string {
	var versions, without []string
	for _, r := range rows {
		versions = append(versions, r.program.Module+"@"+r.program.Version)
		if r.program.Without != "" {
			without = append(without, fmt.Sprintf("of %s those %s", strings.TrimPrefix(r.program.Module, "github.com/"), r.program.Without))
		}
	}
	all := func(s []string, sep string) string { slices.Sort(s); return strings.Join(slices.Compact(s), sep) }
	out := "\nVersions: " + all(versions, ", ") + ".\n"
	if without != nil {
		out += "\nAll of their own tests were run, but not " + all(without, ", and not ") + ".\n"
	}
	return out
}

// afterMachine is what follows the machine at the head of the table.
const afterMachine = ". What `stackalloc try` tells"

// redrawPrograms draws the chart of the table that README.md has, without measuring.
func redrawPrograms(file string) error {
	text, err := tables.Read("programs")
	if err != nil {
		return err
	}
	machine, rows, err := readPrograms(string(text))
	if err != nil {
		return fmt.Errorf("the table of programs in README.md: %w", err)
	}
	return writeRatios(file, machine, rows)
}

// readPrograms reads what measurePrograms wrote: the machine, and of the rows what the
// chart shows.
func readPrograms(text string) (machine string, rows []programRow, err error) {
	_, text, _ = strings.Cut(text, ".\n\n") // the date
	machine, rest, ok := strings.Cut(text, afterMachine)
	if !ok {
		return "", nil, errors.New("not of the present form")
	}
	for line := range strings.Lines(rest) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if len(cells) != 9 || strings.HasPrefix(cells[0], " module") || strings.HasPrefix(cells[0], " ---") {
			continue
		}
		var r programRow
		name, byCommand := strings.CutSuffix(strings.TrimSpace(cells[0]), commandSuffix)
		if !byCommand {
			r.program.Edits = []programs.Edit{}
		}
		if r.program.Module, r.Name, ok = strings.Cut(name, " "); !ok {
			return "", nil, fmt.Errorf("%q: not of the present form", line)
		}
		if _, err := fmt.Sscan(cells[3], &r.Ratio); err != nil {
			return "", nil, fmt.Errorf("%q: %w", line, err)
		}
		if strings.TrimSpace(cells[4]) != "" {
			if _, err := fmt.Sscan(cells[4], &r.Beside.Ratio); err != nil {
				return "", nil, fmt.Errorf("%q: %w", line, err)
			}
		}
		rows = append(rows, r)
	}
	if len(rows) == 0 {
		return "", nil, errors.New("no rows")
	}
	return machine, rows, nil
}

// showTry puts what the command prints for one module, changed by itself, into the
// README of the library.
func showTry(dir, command, root string) error {
	p, err := programs.Find("github.com/ethereum/go-ethereum")
	if err != nil {
		return err
	}
	if err := p.Copy(dir); err != nil {
		return err
	}
	cmd := inModule(dir, command, append(append([]string{"try", "-library", root}, programFlags(false)...), "-bench", p.Bench, p.Packages)...)
	out, err := cmd.Output()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() == 2 {
		return fmt.Errorf("stackalloc try: %w", err)
	}
	_, text, ok := strings.Cut(string(out), "tests of ")
	text, _, ok2 := strings.Cut(text, "\nto make the changes:")
	if !ok || !ok2 {
		return fmt.Errorf("stackalloc try printed %q", out)
	}
	return tables.Show("try", []byte("```\ntests of "+strings.TrimRight(text, "\n")+"\n```\n"))
}

// begin does what all that is measured in modules of other people begins with: it reads
// -only, finds the folder of the library, and builds the command into dir.
func begin(dir string, o options) (wanted *regexp.Regexp, command, root string, err error) {
	if wanted, err = regexp.Compile(o.only); err != nil {
		return nil, "", "", fmt.Errorf("-only: %w", err)
	}
	if root, err = filepath.Abs(".."); err != nil {
		return nil, "", "", err
	}
	command = filepath.Join(dir, "stackalloc.exe")
	build := program("go", "build", "-o", command, "./cmd/stackalloc")
	build.Dir = root
	return wanted, command, root, output(build)
}

// inModule is a command to be run in a module that no workspace holds.
func inModule(dir, name string, args ...string) *exec.Cmd {
	cmd := program(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-buildvcs=false")
	return cmd
}

// A ratio is that of the times after and before, with its 95 % confidence interval.
type ratio struct{ Ratio, Low, High float64 }

func (r ratio) String() string {
	if r.Ratio == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f ±%.0f %%", r.Ratio, 50*(r.High-r.Low)/r.Ratio)
}

// A programRow is one benchmark, as stackalloc try -json writes it.
type programRow struct {
	program       programs.Program
	Name          string
	Before, After struct{ NS, Bytes, Allocs, Collections float64 }
	ratio
	Beside ratio // with fixed arrays, or 0
}

// commandSuffix ends the name of a row that the command alone has changed, which another
// has changed by a patch as well, perhaps.
const commandSuffix = ", by the command"

// name names the row like no other.
func (r programRow) name() string {
	name := r.program.Module + " " + strings.TrimPrefix(r.Name, "Benchmark")
	if r.program.Edits == nil {
		name += commandSuffix
	}
	return name
}

// label is the name in short.
func (r programRow) label() string { return strings.TrimPrefix(r.name(), "github.com/") }

// line is the row of the table.
func (r programRow) line(flags []string) string {
	return fmt.Sprintf("| %s | %s | %s | %v | %v | %.0f → %.0f | %.0f → %.0f | %.0f → %.0f | %s |\n", r.name(),
		tables.Number(r.Before.NS), tables.Number(r.After.NS), r.ratio, r.Beside,
		r.Before.Allocs, r.After.Allocs, r.Before.Bytes, r.After.Bytes, r.Before.Collections, r.After.Collections, by(r.program, flags))
}

// besideArrays says which rows gain what there is to gain, and which do not.
func besideArrays(rows []programRow) string {
	var near, behind []string
	for _, r := range rows {
		text := fmt.Sprintf("%s %.2f (arrays %.2f)", r.label(), r.Ratio, r.Beside.Ratio)
		switch {
		case r.Beside.Ratio == 0:
		case r.Ratio <= 1.05*r.Beside.Ratio:
			near = append(near, text)
		default:
			behind = append(behind, text)
		}
	}
	var out string
	if near != nil {
		out += "\nAs good as fixed arrays, or at most 5 % behind: " + strings.Join(near, ", ") + ".\n"
	}
	if behind != nil {
		out += "\nFurther behind: " + strings.Join(behind, ", ") + ".\n"
	}
	return out
}

// by says who changed it, and the command that measures it: one in a clean copy of the
// module, or where the change or the benchmark is ours, one here.
func by(p programs.Program, flags []string) string {
	here := fmt.Sprintf("`-programs -only '%s'`", p)
	switch {
	case p.Edits != nil:
		return "patch, " + here
	case p.Added != "":
		return "command, " + here
	}
	return fmt.Sprintf("`stackalloc try %s -bench '%s' %s` in %s@%s", strings.Join(flags, " "), strings.ReplaceAll(p.Bench, "|", "\\|"), p.Packages, p.Module, p.Version)
}

// measureProgram fetches the module into dir and tries the library in it, and fixed
// arrays beside it.
func measureProgram(p programs.Program, dir, command, root string, flags []string) ([]programRow, error) {
	before := filepath.Join(dir, "before")
	if err := p.Copy(before); err != nil {
		return nil, err
	}
	args := slices.Concat([]string{"-library", root}, flags)
	for _, form := range []struct {
		flag, name string
		edits      []programs.Edit
		copy       func(dir string) error
	}{{"-patch", "changed", p.Edits, p.CopyChanged}, {"-beside", "arrays", p.Arrays, p.CopyArrays}} {
		if form.edits == nil {
			continue
		}
		patch, err := writePatch(dir, form.name, form.copy)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", form.name, err)
		}
		args = append(args, form.flag, patch)
	}
	rows, err := tryProgram(p, before, command, args...)
	if errors.Is(err, errTests) {
		return tryProgram(p, before, command, args...) // a test may fail by itself on a busy machine
	}
	return rows, err
}

var errTests = errors.New("its own tests do not pass")

// writePatch writes the difference between the module in the folder before and a copy
// that changed makes.
func writePatch(dir, name string, changed func(dir string) error) (file string, err error) {
	if err := changed(filepath.Join(dir, name)); err != nil {
		return "", err
	}
	diff := program("git", "diff", "--no-index", "--src-prefix=", "--dst-prefix=", "before", name)
	diff.Dir = dir
	text, _ := diff.Output() // its status says whether there is a difference
	file = filepath.Join(dir, name+".diff")
	return file, os.WriteFile(file, text, 0o644)
}

// tryProgram runs stackalloc try in the module in a folder.
func tryProgram(p programs.Program, dir, command string, args ...string) ([]programRow, error) {
	args = append([]string{"try", "-json", "-bench", p.Bench, "-run", cmp.Or(p.Run, ".")}, args...)
	cmd := inModule(dir, command, append(args, p.Packages)...)
	var out, diag bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &diag
	err := cmd.Run()
	var doc triedProgram
	switch jsonErr := json.Unmarshal(out.Bytes(), &doc); {
	case cmd.ProcessState == nil:
		return nil, err
	case cmd.ProcessState.ExitCode() == 2 || jsonErr != nil:
		return nil, fmt.Errorf("stackalloc try: %s", bytes.TrimSpace(diag.Bytes()))
	}
	if err := doc.check(p); err != nil {
		return nil, err
	}
	for i := range doc.Benchmarks {
		doc.Benchmarks[i].program = p
	}
	return doc.Benchmarks, nil
}

// triedProgram is what try -json prints.
type triedProgram struct {
	Tests struct {
		Before, After, Beside string
		Packages              int
	}
	Benchmarks []programRow
	Notes      []string
}

// check requires that all that was asked for was run, and that its tests pass: those that
// fail before as well tell nothing. Which cannot pass here, a program leaves out.
func (d *triedProgram) check(p programs.Program) error {
	notes := strings.Join(d.Notes, "; ")
	t := d.Tests
	arrays := p.Arrays != nil
	switch {
	case t.Packages == 0:
		return fmt.Errorf("no tests: %s", notes)
	case t.Before != "pass" || t.After != "pass" || arrays && t.Beside != "pass":
		return fmt.Errorf("%w: before %s, after %s, with fixed arrays %s: %s", errTests, t.Before, t.After, cmp.Or(t.Beside, "not run"), notes)
	case len(d.Benchmarks) == 0:
		return fmt.Errorf("no benchmark matches %s: %s", p.Bench, notes)
	case arrays && slices.ContainsFunc(d.Benchmarks, func(r programRow) bool { return r.Beside.Ratio == 0 }):
		return fmt.Errorf("not measured with fixed arrays: %s", notes)
	}
	return nil
}
