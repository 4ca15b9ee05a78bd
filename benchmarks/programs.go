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
// One that cannot be had or built is left out, and said so.
// Only those are measured whose module -only matches.
func measurePrograms(w io.Writer, dir string, o options) error {
	wanted, command, root, err := begin(dir, o)
	if err != nil {
		return err
	}
	chosen := slices.DeleteFunc(slices.Clone(programs.All), func(p programs.Program) bool { return !wanted.MatchString(p.Module) })
	count, benchtime := "16", "150ms"
	if o.quick {
		count, benchtime = "6", "50ms"
	}
	fmt.Fprintf(w, "%s"+afterMachine+" of each: the median time of an operation before and after, and the median ratio of pairs of\n"+
		"runs in turn, ± half of its 95 %% confidence interval. Tests of their own, those that internal/programs names, pass before\n"+
		"and after. Changed by the command alone, or by a *patch*, some lines of ours in internal/programs. *Fixed arrays* is the ratio, measured right after, of a patch that\n"+
		"has arrays in this library's place, large enough for what is measured: what there is to gain on this machine. Reproduce:\n"+
		"`cd benchmarks && go run . -programs`, or one of them by `-only REGEXP`, which has to be so where benchmarks are ours too."+
		" The ratio is not that of the medians, which drift apart on a busy machine.\n\n", tables.Machine())
	fmt.Fprint(w, "| module, benchmark | ns before | after | ratio | fixed arrays | objects | bytes | collections per million | changed by |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n")
	start := time.Now()
	var rows []programRow
	var left []string
	for i, p := range chosen {
		tables.Progress("%d of %d, after %v: %s", i+1, len(chosen), time.Since(start).Round(time.Second), p.Module)
		of, err := measureProgram(p, filepath.Join(dir, "programs", fmt.Sprint(i)), command, root, "-count="+count, "-benchtime="+benchtime)
		if err != nil {
			left = append(left, fmt.Sprintf("%s %s: %v", p.Module, p.Version, err))
			continue
		}
		rows = append(rows, of...)
	}
	slices.SortStableFunc(rows, func(a, b programRow) int { return cmp.Compare(a.Ratio, b.Ratio) })
	for _, r := range rows {
		io.WriteString(w, r.line())
	}
	io.WriteString(w, besideArrays(rows))
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
		if _, err := fmt.Sscan(cells[0], &r.program.Module, &r.Name); err != nil {
			return "", nil, fmt.Errorf("%q: %w", line, err)
		}
		if _, err := fmt.Sscan(cells[3], &r.Ratio); err != nil {
			return "", nil, fmt.Errorf("%q: %w", line, err)
		}
		if strings.TrimSpace(cells[4]) != "" {
			if _, err := fmt.Sscan(cells[4], &r.arrays.Ratio); err != nil {
				return "", nil, fmt.Errorf("%q: %w", line, err)
			}
		}
		if strings.HasPrefix(cells[8], "patch") {
			r.program.Edits = []programs.Edit{}
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
	cmd := inModule(dir, command, "try", "-library", root, "-count=16", "-benchtime=150ms", "-bench", p.Bench, p.Packages)
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
	build := exec.Command("go", "build", "-o", command, "./cmd/stackalloc")
	build.Dir = root
	return wanted, command, root, output(build)
}

// inModule is a command to be run in a module that no workspace holds.
func inModule(dir, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
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
	arrays ratio // with fixed arrays, or 0
}

// line is the row of the table.
func (r programRow) line() string {
	return fmt.Sprintf("| %s %s | %s | %s | %v | %v | %.0f → %.0f | %.0f → %.0f | %.0f → %.0f | %s |\n", r.program.Module, strings.TrimPrefix(r.Name, "Benchmark"),
		tables.Number(r.Before.NS), tables.Number(r.After.NS), r.ratio, r.arrays,
		r.Before.Allocs, r.After.Allocs, r.Before.Bytes, r.After.Bytes, r.Before.Collections, r.After.Collections, by(r.program))
}

// besideArrays says which rows gain what there is to gain, and which do not.
func besideArrays(rows []programRow) string {
	var near, behind []string
	for _, r := range rows {
		text := fmt.Sprintf("%s %.2f (arrays %.2f)", r.label(), r.Ratio, r.arrays.Ratio)
		switch {
		case r.arrays.Ratio == 0:
		case r.Ratio <= 1.05*r.arrays.Ratio:
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
func by(p programs.Program) string {
	here := fmt.Sprintf("`-programs -only %s`", p.Module)
	switch {
	case p.Edits != nil:
		return "patch, " + here
	case p.Added != "":
		return "command, " + here
	}
	return fmt.Sprintf("`stackalloc try -bench '%s' %s`", strings.ReplaceAll(p.Bench, "|", "\\|"), p.Packages)
}

// measureProgram fetches the module into dir and tries the library in it, and fixed
// arrays.
func measureProgram(p programs.Program, dir, command, root string, flags ...string) ([]programRow, error) {
	before := filepath.Join(dir, "before")
	if err := p.Copy(before); err != nil {
		return nil, err
	}
	try := func(name string, changed func(dir string) error) ([]programRow, error) {
		args := append([]string{"-library", root}, flags...)
		if changed != nil {
			patch, err := writePatch(dir, name, changed)
			if err != nil {
				return nil, err
			}
			args = append(args, "-patch", patch)
		}
		return tryProgram(p, before, command, args...)
	}
	change := p.CopyChanged
	if p.Edits == nil {
		change = nil
	}
	rows, err := try("changed", change)
	if err != nil || p.Arrays == nil {
		return rows, err
	}
	arrays, err := try("arrays", p.CopyArrays)
	if err != nil {
		return nil, fmt.Errorf("fixed arrays: %w", err)
	}
	for i, r := range rows {
		for _, a := range arrays {
			if a.Name == r.Name {
				rows[i].arrays = a.ratio
			}
		}
	}
	return rows, nil
}

// writePatch writes the difference between the module in the folder before and a copy
// that changed makes.
func writePatch(dir, name string, changed func(dir string) error) (file string, err error) {
	if err := changed(filepath.Join(dir, name)); err != nil {
		return "", err
	}
	diff := exec.Command("git", "diff", "--no-index", "--src-prefix=", "--dst-prefix=", "before", name)
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
	var doc struct {
		Tests      struct{ Before, After string }
		Benchmarks []programRow
		Notes      []string
	}
	switch jsonErr := json.Unmarshal(out.Bytes(), &doc); {
	case cmd.ProcessState == nil:
		return nil, err
	case cmd.ProcessState.ExitCode() == 2 || jsonErr != nil:
		return nil, fmt.Errorf("stackalloc try: %s", bytes.TrimSpace(diag.Bytes()))
	case doc.Tests.After != "pass":
		return nil, fmt.Errorf("tests: before %s, after %s: %s", doc.Tests.Before, doc.Tests.After, strings.Join(doc.Notes, "; "))
	case len(doc.Benchmarks) == 0:
		return nil, fmt.Errorf("no benchmark matches %s: %s", p.Bench, strings.Join(doc.Notes, "; "))
	}
	for i := range doc.Benchmarks {
		doc.Benchmarks[i].program = p
	}
	return doc.Benchmarks, nil
}
