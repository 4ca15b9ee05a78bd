package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchmath"

	"github.com/stackalloc/stackalloc/benchmarks/internal/programs"
	"github.com/stackalloc/stackalloc/benchmarks/internal/tables"
	"github.com/stackalloc/stackalloc/internal/measure"
)

// The forms of a program that stand in a table, in the order of its columns.
var formsOfProgram = []string{"before", "ours", "hand", "arrays"}

// layouts is how many orders of the functions each form is linked in. Where a loop
// lies moves some programs by a tenth, which is nobody's gain.
const layouts = 5

// measureByHand measures what the command or our patch makes of a program beside the
// plain change by hand, all forms in turn.
func measureByHand(w io.Writer, dir string, o options) error {
	wanted, command, root, err := begin(dir, o)
	if err != nil {
		return err
	}
	rounds, benchtime := 5*layouts, "50ms"
	if o.quick {
		rounds, benchtime = 2*layouts, "20ms"
	}
	fmt.Fprintf(w, "%s. Medians of %d runs of %s of each form in turn, in %d orders of the functions (`-ldflags=-randlayout`): the time before, and its\n"+
		"ratio after what is in the table above (*ours*), after the plain change by hand (make replaced by `Do`, two by one block cut in two), and with\n"+
		"fixed arrays, which keep short ones only: what there is to gain. ± half of the 95 %% confidence interval. *By order* is from the lowest to the\n"+
		"highest median of an order: what the order alone does to the code before, and to the ratio of ours. *Then* is what was found by hand, on another\n"+
		"machine. Reproduce: `cd benchmarks && go run . -by-hand`\n\n", tables.Machine(), rounds, benchtime, layouts)
	fmt.Fprint(w, "| module, benchmark | ns before | by order | ours | by order | by hand | fixed arrays | ours ÷ by hand | then |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	var left []string
	measured := 0
	for i, s := range programs.Studies {
		if !wanted.MatchString(s.Module) {
			continue
		}
		tables.Progress("%d of %d: %s", i+1, len(programs.Studies), s.Module)
		rows, err := measureStudy(s, filepath.Join(dir, "studies", fmt.Sprint(i)), command, root, rounds, benchtime)
		if interrupted.Err() != nil {
			return errInterrupted
		}
		if err != nil {
			left = append(left, fmt.Sprintf("%s: %v", s.Module, err))
			continue
		}
		for _, r := range rows {
			measured++
			module, _, _ := strings.Cut(strings.TrimPrefix(s.Module, "github.com/"), ",")
			fmt.Fprintf(w, "| %s %s | %s | %s |\n", module, r.name, r.cells(s.Hand == nil), s.Said[r.name])
		}
	}
	for _, l := range left {
		fmt.Fprintf(w, "\nNot measured: %s\n", l)
	}
	if measured == 0 {
		return errors.New("no program was measured")
	}
	return nil
}

// A studyRow has the times of one benchmark, by form, each round one.
type studyRow struct {
	name  string
	times map[string][]float64
}

func (r studyRow) cells(same bool) string {
	hand, against := r.ratio("hand", "before"), r.ratio("ours", "hand")
	if same {
		hand, against = "the same code", ""
	}
	before := tables.Number(summaryOf(r.times["before"]).Center)
	return strings.Join([]string{before, byOrder(r.times["before"], tables.Number), r.ratio("ours", "before"),
		byOrder(r.pairs("ours", "before"), func(x float64) string { return fmt.Sprintf("%.2f", x) }), hand, r.ratio("arrays", "before"), against}, " | ")
}

// byOrder returns the lowest and the highest median of one order of the functions, of
// figures that are one for each round.
func byOrder(x []float64, text func(float64) string) string {
	var medians []float64
	for layout := range layouts {
		var of []float64
		for round := layout; round < len(x); round += layouts {
			of = append(of, x[round])
		}
		if len(of) > 0 {
			medians = append(medians, summaryOf(of).Center)
		}
	}
	return text(slices.Min(medians)) + " to " + text(slices.Max(medians))
}

// pairs returns the ratios of two forms in each round, or nil without one of them.
func (r studyRow) pairs(form, to string) (pairs []float64) {
	a, b := r.times[form], r.times[to]
	if a == nil || b == nil {
		return nil
	}
	for i := range a {
		pairs = append(pairs, a[i]/b[i])
	}
	return pairs
}

// ratio is that of two forms, by pairs of runs of one round.
func (r studyRow) ratio(form, to string) string {
	pairs := r.pairs(form, to)
	if pairs == nil {
		return ""
	}
	s := summaryOf(pairs)
	return fmt.Sprintf("%.2f ±%.0f %%", s.Center, 50*(s.Hi-s.Lo)/s.Center)
}

func summaryOf(x []float64) benchmath.Summary {
	return benchmath.AssumeNothing.Summary(benchmath.NewSample(slices.Clone(x), &benchmath.DefaultThresholds), measure.Confidence)
}

// measureStudy builds the forms and runs them in turn.
func measureStudy(s programs.Study, dir, command, root string, rounds int, benchtime string) (rows []studyRow, err error) {
	p, err := programs.Find(s.Module)
	if err != nil {
		return nil, err
	}
	var forms []string
	for _, form := range formsOfProgram {
		made, err := makeForm(p, s, form, filepath.Join(dir, form), command, root)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", form, err)
		}
		if made {
			forms = append(forms, form)
		}
	}
	for round := range rounds {
		for i := range forms {
			form := forms[(i+round)%len(forms)] // none is always the first
			results, err := runForm(p, filepath.Join(dir, form), round%layouts, s.Bench, benchtime)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", form, err)
			}
			for _, r := range results {
				at := slices.IndexFunc(rows, func(row studyRow) bool { return row.name == r.name })
				if at < 0 {
					at, rows = len(rows), append(rows, studyRow{r.name, map[string][]float64{}})
				}
				rows[at].times[form] = append(rows[at].times[form], r.ns)
			}
		}
	}
	for _, r := range rows {
		for _, form := range forms {
			if len(r.times[form]) != rounds {
				return nil, fmt.Errorf("%s of %s: %d runs, want %d", r.name, form, len(r.times[form]), rounds)
			}
		}
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("no benchmark matches %s", s.Bench)
	}
	return rows, nil
}

// makeForm makes the copy of the module and its tests' binaries, one for each layout.
// It is false for a form that the study does not have.
func makeForm(p programs.Program, s programs.Study, form, dir, command, root string) (bool, error) {
	switch form {
	case "before":
		p.Edits = nil
	case "hand":
		if s.Hand == nil {
			return false, nil
		}
		p.Edits = s.Hand
	case "arrays":
		if p.Arrays == nil {
			return false, nil
		}
		p.Edits = p.Arrays
	}
	if err := p.CopyChanged(dir); err != nil {
		return false, err
	}
	const library = "github.com/stackalloc/stackalloc"
	if err := output(inModule(dir, "go", "mod", "edit", "-require="+library+"@v0.1.0", "-replace="+library+"="+root)); err != nil {
		return false, err
	}
	if form == "ours" && p.Edits == nil {
		if err := changeByCommand(p, dir, command); err != nil {
			return false, err
		}
	}
	build := func(layout int) error {
		binary := filepath.Join(dir, fmt.Sprintf("layout%d.test.exe", layout))
		return output(inModule(dir, "go", "test", "-mod=mod", "-trimpath", "-c", fmt.Sprintf("-ldflags=-randlayout=%d", layout+1), "-o", binary, p.Packages))
	}
	if err := build(0); err != nil {
		return false, err
	}
	var wg sync.WaitGroup
	var errs [layouts]error
	for layout := 1; layout < layouts; layout++ { // what is compiled by now is only linked
		wg.Go(func() { errs[layout] = build(layout) })
	}
	wg.Wait()
	return true, errors.Join(errs[:]...)
}

// changeByCommand makes the changes of stackalloc suggest -diff.
func changeByCommand(p programs.Program, dir, command string) error {
	suggest := inModule(dir, command, "suggest", "-mod=mod", "-diff", p.Packages)
	var diag bytes.Buffer
	suggest.Stderr = &diag
	diff, _ := suggest.Output() // its status says whether something was found
	if suggest.ProcessState == nil || suggest.ProcessState.ExitCode() != 1 || len(diff) == 0 {
		return fmt.Errorf("stackalloc suggest -diff found nothing: %s", bytes.TrimSpace(diag.Bytes()))
	}
	apply := inModule(dir, "git", "apply")
	apply.Stdin = bytes.NewReader(diff)
	return output(apply)
}

type timed struct {
	name string
	ns   float64
}

// runForm runs one binary of a form in the folder of the package.
func runForm(p programs.Program, dir string, layout int, bench, benchtime string) (results []timed, err error) {
	cmd := program(filepath.Join(dir, fmt.Sprintf("layout%d.test.exe", layout)), "-test.run=^$", "-test.bench="+bench, "-test.benchtime="+benchtime)
	cmd.Dir = filepath.Join(dir, p.Packages)
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, text)
	}
	reader := benchfmt.NewReader(bytes.NewReader(text), "")
	for reader.Scan() {
		if r, ok := reader.Result().(*benchfmt.Result); ok {
			name, _, _ := strings.Cut(r.Name.String(), "-") // the number of cores
			sec, ok := r.Value("sec/op")
			if !ok {
				return nil, fmt.Errorf("%s has no time", name)
			}
			results = append(results, timed{name, 1e9 * sec})
		}
	}
	return results, reader.Err()
}
