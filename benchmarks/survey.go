package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/stackalloc/stackalloc/benchmarks/internal/programs"
	"github.com/stackalloc/stackalloc/benchmarks/internal/tables"
)

// A surveyRow is what suggest and try tell of one module now.
type surveyRow struct {
	Module, Version string
	Found, Changed  int  // places
	Quick           bool // nothing else was asked
	Error           string

	Changes    int // made, those that were dropped among them
	Tests      string
	Broken     []string
	Raised     []string // tests that the version of Go breaks which the library asks for
	Benchmarks int      // that reach a change
	Suspects   []suspect
	Again      bool // the suspects were measured once more
	Slower     []suspect
}

// patience is how long a command may take for one module.
const patience = 15 * time.Minute

// A suspect is a benchmark that is slower beyond its confidence, or was and has lost
// a change for it.
type suspect struct {
	Package, Name string
	Ratio         float64
	Dropped       string   // the place of the change
	Packages      []string // of the changes that it runs, relative to the module
}

func (s suspect) String() string {
	text := fmt.Sprintf("%s.%s %.2f", path.Base(s.Package), strings.TrimPrefix(s.Name, "Benchmark"), s.Ratio)
	if s.Dropped != "" {
		text += ", by " + s.Dropped
	}
	return text
}

// A survey asks suggest and try about many modules.
type survey struct {
	command, root string
	results       string // a file, or nothing
	quick         bool   // neither tests nor benchmarks
	rows          []surveyRow
}

// measureSurvey tries suggest in the modules of the survey, their tests and benchmarks
// before and after. What looks slower in a short run, one of hundreds, is measured
// again for longer.
func measureSurvey(w io.Writer, dir string, o options) error {
	wanted, command, root, err := begin(dir, o)
	if err != nil {
		return err
	}
	all, err := programs.Survey()
	if err != nil {
		return err
	}
	s := &survey{command: command, root: root, results: o.results, quick: o.quick}
	if err := s.read(); err != nil {
		return err
	}
	start := time.Now()
	for i, m := range all {
		if !wanted.MatchString(m.Module) {
			continue
		}
		tables.Progress("%d of %d, after %v: %s", i+1, len(all), time.Since(start).Round(time.Second), m.Module)
		if err := s.module(m, filepath.Join(dir, "survey", fmt.Sprint(i))); err != nil {
			return err
		}
	}
	s.write(w, all)
	return nil
}

// read reads what an earlier run has found.
func (s *survey) read() error {
	text, err := os.ReadFile(s.results)
	if s.results == "" || errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for line := range bytes.Lines(text) {
		var r surveyRow
		if err := json.Unmarshal(line, &r); err != nil {
			return fmt.Errorf("%s: %w", s.results, err)
		}
		s.put(r)
	}
	return nil
}

// put adds a row, or replaces an earlier one of the same module.
func (s *survey) put(r surveyRow) {
	s.rows = slices.DeleteFunc(s.rows, func(x surveyRow) bool { return x.Module == r.Module })
	s.rows = append(s.rows, r)
}

// keep is put that also adds to the file: the last line of a module counts. What was
// interrupted is not kept.
func (s *survey) keep(r surveyRow) error {
	if interrupted.Err() != nil {
		return errInterrupted
	}
	s.put(r)
	if s.results == "" {
		return nil
	}
	f, err := os.OpenFile(s.results, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return err
	}
	err = json.NewEncoder(f).Encode(r)
	return errors.Join(err, f.Close())
}

func (s *survey) of(module string) *surveyRow {
	if i := slices.IndexFunc(s.rows, func(r surveyRow) bool { return r.Module == module }); i >= 0 {
		return &s.rows[i]
	}
	return nil
}

// module does what is not done yet of a module.
func (s *survey) module(m programs.Surveyed, dir string) error {
	r := s.of(m.Module)
	if r != nil && r.Quick && !s.quick {
		r = nil
	}
	if r != nil && (r.Again || len(r.Suspects) == 0) {
		return nil
	}
	if err := m.Copy(dir); err != nil {
		return s.keep(surveyRow{Module: m.Module, Version: m.Version, Error: err.Error()})
	}
	defer os.RemoveAll(dir)
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); errors.Is(err, os.ErrNotExist) {
		if err := output(inModule(dir, "go", "mod", "init", m.Module)); err != nil {
			return err
		}
	}
	if r == nil {
		first := surveyRow{Module: m.Module, Version: m.Version}
		if err := s.first(m, dir, &first); err != nil {
			first.Error = err.Error()
		}
		if err := s.keep(first); err != nil {
			return err
		}
		r = &first
	}
	if len(r.Suspects) == 0 {
		return nil
	}
	again := *r
	if err := s.again(dir, &again); err != nil {
		again.Error = err.Error()
	}
	return s.keep(again)
}

// first asks what is found and changed, and runs tests and benchmarks for a short time.
func (s *survey) first(m programs.Surveyed, dir string, r *surveyRow) error {
	text, err := answer(inModule(dir, s.command, append([]string{"suggest", "-why", "-json"}, m.Patterns...)...))
	if err != nil {
		return err
	}
	var doc struct{ Suggestions []struct{ Rewrite bool } }
	if err := json.Unmarshal(text, &doc); err != nil {
		return err
	}
	for _, f := range doc.Suggestions {
		r.Found++
		if f.Rewrite {
			r.Changed++
		}
	}
	if r.Quick = s.quick && r.Changed > 0; r.Quick || r.Changed == 0 {
		return nil
	}
	args := []string{"-count=8", "-benchtime=50ms"}
	if m.Run != "" {
		args = append(args, "-run="+m.Run)
	}
	d, err := s.try(dir, append(args, m.Patterns...)...)
	if err != nil {
		return err
	}
	r.Changes = len(d.Changes) + len(d.Dropped)
	r.Tests = d.Tests.Before + " → " + d.Tests.After
	if m.Run != "" {
		r.Tests += " (those that match " + m.Run + ")"
	}
	for _, b := range d.Tests.Broken {
		text := b.Package + "." + b.Test + ": " + b.Cause
		if strings.HasPrefix(b.Cause, "no change of the source") {
			r.Raised = append(r.Raised, text)
		} else {
			r.Broken = append(r.Broken, text)
		}
	}
	r.Benchmarks = len(d.Benchmarks)
	r.Suspects = d.suspects(m.Module)
	return nil
}

// again measures for longer what looks slower.
func (s *survey) again(dir string, r *surveyRow) error {
	var names, packages []string
	for _, x := range r.Suspects {
		name, _, _ := strings.Cut(x.Name, "/")
		names = append(names, name)
		packages = append(append(packages, within(r.Module, x.Package)), x.Packages...)
	}
	slices.Sort(packages)
	d, err := s.try(dir, append([]string{"-count=20", "-benchtime=100ms", "-run=^$", "-bench=^(" + strings.Join(names, "|") + ")$"}, slices.Compact(packages)...)...)
	if err != nil {
		return err
	}
	r.Again, r.Slower = true, d.suspects(r.Module)
	return nil
}

// within is the pattern of a package inside its module.
func within(module, pkg string) string { return "." + strings.TrimPrefix(pkg, module) }

// tried is what try -json prints.
type tried struct {
	Changes []triedChange
	Tests   struct {
		Before, After string
		Broken        []struct{ Package, Test, Cause string }
	}
	Benchmarks []struct {
		Package, Name string
		Ratio         float64
		Slower        bool
	}
	Dropped []struct {
		triedChange
		Benchmark string
		Ratio     float64
	}
}

type triedChange struct {
	File, Function string
	Line           int
	Benchmarks     []string
}

func (c triedChange) folder() string { return "./" + path.Dir(filepath.ToSlash(c.File)) }

func (d *tried) suspects(module string) (all []suspect) {
	for _, x := range d.Dropped {
		i := strings.LastIndex(x.Benchmark, ".Benchmark")
		all = append(all, suspect{x.Benchmark[:i], x.Benchmark[i+1:], x.Ratio, fmt.Sprintf("%s:%d", x.File, x.Line), []string{x.folder()}})
	}
	for _, b := range d.Benchmarks {
		if !b.Slower {
			continue
		}
		name, _, _ := strings.Cut(b.Name, "/")
		y := suspect{Package: b.Package, Name: b.Name, Ratio: b.Ratio}
		for _, c := range d.Changes {
			if slices.Contains(c.Benchmarks, b.Package+"."+name) {
				y.Packages = append(y.Packages, c.folder())
			}
		}
		all = append(all, y)
	}
	return all
}

func (s *survey) try(dir string, args ...string) (*tried, error) {
	text, err := answer(inModule(dir, s.command, append([]string{"try", "-json", "-library", s.root}, args...)...))
	if err != nil {
		return nil, err
	}
	d := new(tried)
	return d, json.Unmarshal(text, d)
}

// answer runs the command and returns what it prints; that it found something is no
// error.
func answer(cmd *exec.Cmd) ([]byte, error) {
	var out, diag bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &diag
	err := cmd.Start()
	if err == nil {
		// Interrupted, the command ends what it started.
		late := time.AfterFunc(patience, func() { cmd.Process.Signal(syscall.SIGTERM) })
		err = cmd.Wait()
		if !late.Stop() {
			return nil, fmt.Errorf("not done in %v", patience)
		}
	}
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() > 1 || cmd.ProcessState.ExitCode() < 0 {
		return nil, fmt.Errorf("%v: %s", err, lastLine(diag.String()))
	}
	return out.Bytes(), nil
}

func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndex(text, "\n")+1:]
}

func (s *survey) write(w io.Writer, all []programs.Surveyed) {
	fmt.Fprintf(w, "%s. What `suggest` and `try` tell of the modules that suggest was tried in at an early state: places found and calls\n"+
		"written then, and places found and changed now (the changes may be fewer, since some serve several places). Calls then were in generated files too,\n"+
		"which suggest now leaves out unless they are named. *Slower* was measured twice. – was not run. Reproduce: `cd benchmarks && go run . -survey`\n\n", tables.Machine())
	fmt.Fprint(w, "| module | found then | now | calls then | places changed now | changes | tests before → after | broken | benchmarks that reach a change | slower |\n"+
		"| --- | ---: | ---: | ---: | ---: | ---: | --- | ---: | ---: | --- |\n")
	var sum surveyRow // lengths of its lists are sums
	var notes []string
	modules, tried, found, callsThen, changed := 0, 0, 0, 0, 0
	for _, m := range all {
		r := s.of(m.Module)
		if r == nil || r.Error != "" && r.Found == 0 {
			notes = append(notes, fmt.Sprintf("%s was not asked to the end.", m.Module))
			continue
		}
		fmt.Fprintf(w, "| %s %s | %d | %s |\n", m.Module, m.Version, m.Found, strings.Join(r.cells(m.Calls), " | "))
		modules, found = modules+1, found+m.Found
		sum.Found, sum.Changed, sum.Changes, sum.Benchmarks = sum.Found+r.Found, sum.Changed+r.Changed, sum.Changes+r.Changes, sum.Benchmarks+r.Benchmarks
		sum.Broken, sum.Slower = append(sum.Broken, r.Broken...), append(sum.Slower, r.Slower...)
		if m.Calls >= 0 {
			callsThen, changed = callsThen+m.Calls, changed+r.Changed
		}
		if r.Tests != "" || r.Changed == 0 {
			tried++
		}
		for _, b := range r.Broken {
			notes = append(notes, "Broken: "+b)
		}
		for _, b := range r.Raised {
			notes = append(notes, "Broken without a change: "+b)
		}
		if r.Error != "" {
			notes = append(notes, fmt.Sprintf("%s, tests and benchmarks: %s", m.Module, r.Error))
		}
	}
	fmt.Fprintf(w, "| **%d modules** | %d | %d | %d | %d | %d | of %d | %d | %d | %d |\n", modules, found, sum.Found, callsThen, sum.Changed, sum.Changes, tried, len(sum.Broken), sum.Benchmarks, len(sum.Slower))
	fmt.Fprintf(w, "\nWhere the calls were counted then, they were %d, and %d places are changed now.\n", callsThen, changed)
	for _, n := range notes {
		fmt.Fprintf(w, "\n%s\n", n)
	}
}

// cells are those of a row after what was found then.
func (r *surveyRow) cells(callsThen int) []string {
	then := "–"
	if callsThen >= 0 {
		then = fmt.Sprint(callsThen)
	}
	c := []string{fmt.Sprint(r.Found), then, fmt.Sprint(r.Changed)}
	switch {
	case r.Changed == 0:
		return append(c, "0", "", "", "", "")
	case r.Tests == "":
		return append(c, "–", "–", "–", "–", "–")
	}
	var slow []string
	for _, x := range r.Slower {
		slow = append(slow, x.String())
	}
	return append(c, fmt.Sprint(r.Changes), r.Tests, fmt.Sprint(len(r.Broken)), fmt.Sprint(r.Benchmarks), strings.Join(slow, "; "))
}
