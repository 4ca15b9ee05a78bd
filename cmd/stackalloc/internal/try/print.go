package try

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"golang.org/x/perf/benchmath"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/overlay"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/suggest"
)

// bad reports whether the exit status is to say that something was found.
func (t *trial) bad() bool {
	return len(t.tests.broken) > 0 || len(t.slower()) > 0 || slices.ContainsFunc(t.groups, func(g *group) bool { return g.broken })
}

// slower returns the benchmarks that are slower, beyond their confidence.
func (t *trial) slower() (all []*series) {
	for _, g := range t.groups {
		for _, s := range g.series {
			if s.slow() {
				all = append(all, s)
			}
		}
	}
	return all
}

func (t *trial) print(w io.Writer) error {
	b := bufio.NewWriter(w)
	if t.json {
		if err := t.printJSON(b); err != nil {
			return err
		}
		return b.Flush()
	}
	t.printText(b)
	return b.Flush()
}

// show names a file as people know it.
func (t *trial) show(c *suggest.Change) string {
	if d := t.dependency(c); d != nil {
		return d.show(c.File)
	}
	return position.Rel(t.wd, c.File)
}

func (t *trial) place(c *suggest.Change) string {
	if c.Func == "" {
		return fmt.Sprintf("%s:%d: %s", t.show(c), c.Line, c.Use)
	}
	return fmt.Sprintf("%s:%d: %s: %s", t.show(c), c.Line, c.Func, c.Use)
}

func (t *trial) printText(w io.Writer) {
	said, paragraph := false, ""
	say := func(format string, args ...any) {
		fmt.Fprintf(w, "%s"+format+"\n", append([]any{paragraph}, args...)...)
		said, paragraph = true, ""
	}
	part := func() {
		if said {
			paragraph = "\n"
		}
	}
	for _, n := range t.notes {
		say("%s", n)
	}
	if len(t.moved) > 0 {
		say("the library asks for: %s", strings.Join(t.moved, ", "))
	}
	if len(t.changes()) == 0 && len(t.drops) == 0 {
		say("nothing to change: no make, conversion or copy here that is on the heap for its length alone can be rewritten")
		return
	}
	part()
	t.printTests(say)
	part()
	t.printTable(w, say)
	part()
	t.printPlaces(say, part)
	part()
	t.printNext(say)
}

func (t *trial) printTests(say func(string, ...any)) {
	switch {
	case t.tests.ran == 0:
		say("tests: none that a change reaches")
	default:
		beside := ""
		if t.other != nil {
			beside = ", beside " + passFail(t.tests.beside)
		}
		say("tests of %s: before %s, after %s%s", plural(t.tests.ran, "package"), passFail(t.tests.before), passFail(t.tests.after), beside)
	}
	for _, b := range t.tests.broken {
		verb := "passes before and fails"
		if len(b.names) > 1 {
			verb = "pass before and fail"
		}
		say("%s: %s %s after. The cause: %s", b.pkg, list(b.names), verb, b.cause)
		for _, l := range strings.Split(b.output, "\n") {
			say("\t%s", l)
		}
	}
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func passFail(ok bool) string {
	if ok {
		return "pass"
	}
	return "fail"
}

func (t *trial) printTable(w io.Writer, say func(string, ...any)) {
	t.printRows(w, say)
	for _, g := range t.groups {
		for _, s := range g.series {
			if s.idle {
				say("%s.%s runs nothing that was changed: it is slower for where it came to lie in memory", g.ImportPath, s.name)
			}
		}
	}
	for _, s := range t.slower() {
		why := "; no change that it reaches is the cause, for it is as slow without them"
		if t.patch != "" {
			why = ""
		}
		say("%s.%s is slower: %.3f ± %s%s", s.group.ImportPath, s.name, s.ratio.Center, around(s.ratio), why)
	}
	if n := len(t.apart); n > 0 {
		say("left out, since they reach no change (-bench runs them): %s", list(t.apart))
	}
	for _, u := range t.unmeasured() {
		t.printUnmeasured(u, say)
	}
}

// printRows prints the figures of the benchmarks, a table for each package.
func (t *trial) printRows(w io.Writer, say func(string, ...any)) {
	pkg, rows := "", 0
	var tw *tabwriter.Writer
	flush := func() {
		if tw != nil {
			tw.Flush()
		}
	}
	var product float64
	for _, g := range t.groups {
		if g.failure != "" {
			flush()
			g.printFailure(say)
			continue
		}
		for _, s := range g.series {
			if tw == nil || pkg != g.ImportPath {
				flush()
				pkg = g.ImportPath
				say("%s", pkg)
				tw = tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
				head := "\tns/op\tafter\tratio\t\tB/op\tafter\tallocs/op\tafter\t"
				if t.other != nil {
					head += "beside\tratio\t\tB/op\tallocs/op\t"
				}
				fmt.Fprintln(tw, head)
			}
			old, after := median(s.old), median(s.after)
			fmt.Fprintf(tw, "%s\t%s\t%s\t%.3f\t± %s\t%s\t%s\t%s\t%s\t", strings.TrimPrefix(s.name, "Benchmark"),
				number(old.NS), number(after.NS), s.ratio.Center, around(s.ratio), number(old.Bytes), number(after.Bytes), number(old.Allocs), number(after.Allocs))
			if len(s.beside) > 0 {
				beside := median(s.beside)
				fmt.Fprintf(tw, "%s\t%.3f\t± %s\t%s\t%s\t", number(beside.NS), s.other.Center, around(s.other), number(beside.Bytes), number(beside.Allocs))
			}
			fmt.Fprintln(tw)
			product += math.Log(s.ratio.Center)
			rows++
		}
	}
	flush()
	if rows > 1 {
		say("geometric mean of the %d ratios: %.3f", rows, math.Exp(product/float64(rows)))
	}
}

func (g *group) printFailure(say func(string, ...any)) {
	what := "does not run"
	if g.broken {
		what = "runs before and fails " + g.where
	}
	say("%s.%s %s:", g.ImportPath, g.name, what)
	for _, l := range strings.Split(g.failure, "\n") {
		say("\t%s", l)
	}
}

// printUnmeasured tells of a package that a change reaches and no benchmark tells of.
func (t *trial) printUnmeasured(u *unit, say func(string, ...any)) {
	if u.benchmarks == 0 {
		say("%s has no benchmarks%s", u.ImportPath, t.matching())
	} else {
		say("no benchmark of %s reaches a change", u.ImportPath)
	}
	switch {
	case u.memory == nil:
	case u.memory[0] == cost{} && u.memory[1] == cost{}:
		say("\tits tests allocate nothing in what is changed, or below it")
	default:
		before, after := u.memory[0], u.memory[1]
		say("\tits tests allocate there %s in %s before, and %s in %s after", size(before.Bytes), plural(int(before.Allocs), "object"), size(after.Bytes), plural(int(after.Allocs), "object"))
	}
	say("\twhere: go test -memprofile mem.out -memprofilerate 1 -o /dev/null %s && stackalloc try -profile mem.out %s", u.ImportPath, u.ImportPath)
}

func (t *trial) matching() string {
	if t.benchGiven {
		return fmt.Sprintf(" that match %q", t.bench)
	}
	return ""
}

// size prints a number of bytes.
func size(v float64) string {
	for _, unit := range []string{"B", "KiB", "MiB"} {
		if v < 1000 {
			return number(math.Round(v*10)/10) + " " + unit
		}
		v /= 1024
	}
	return number(v) + " GiB"
}

// list names some of many things.
func list(all []string) string {
	const most = 8
	if len(all) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(all[:most], ", "), len(all)-most)
	}
	return strings.Join(all, ", ")
}

// number prints a number with three digits or more.
func number(v float64) string {
	switch {
	case v == math.Trunc(v) || v >= 1000:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 100:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// around is the half width of the interval around the ratio, as benchstat prints it.
func around(ratio benchmath.Summary) string {
	return strings.TrimSpace(ratio.PctRangeString())
}

func (t *trial) printPlaces(say func(string, ...any), part func()) {
	var touched, untouched []*suggest.Change
	by := map[*suggest.Change][]string{}
	for _, c := range t.changes() {
		for _, g := range t.groups {
			if g.runs(c) {
				by[c] = append(by[c], strings.TrimPrefix(g.name, "Benchmark"))
			}
		}
		if len(by[c]) > 0 {
			touched = append(touched, c)
		} else {
			untouched = append(untouched, c)
		}
	}
	cost := func(c *suggest.Change) string {
		if t.profile == "" {
			return ""
		}
		return fmt.Sprintf(" (%.1f %% of the profile)", 100*c.Share)
	}
	if len(touched) > 0 {
		say("changed, with the benchmarks that run it:")
		for _, c := range touched {
			say("\t%s%s: %s", t.place(c), cost(c), list(by[c]))
		}
		part()
	}
	if len(untouched) > 0 {
		say("changed, and run by no benchmark:")
		for _, c := range untouched {
			say("\t%s%s", t.place(c), cost(c))
		}
		part()
	}
	if len(t.drops) > 0 {
		say("dropped, since a benchmark is slower with it:")
		for _, d := range t.drops {
			say("\t%s: %s, %.3f ± %s", t.place(d.change), d.series.name, d.series.ratio.Center, around(d.series.ratio))
		}
		part()
	}
}

func (t *trial) printNext(say func(string, ...any)) {
	if t.keep != "" {
		mod := ""
		if t.otherMode() {
			mod = " -mod=" + t.full.Mod
		}
		say("to build with the changes:")
		say("\tgo build -overlay %s%s %s", quote(t.keep+"/overlay.json"), mod, strings.Join(t.patterns, " "))
	}
	if len(t.changes()) == 0 || len(t.changes()) == t.inDependencies() {
		return
	}
	say("to make the changes:")
	if t.lib != (overlay.Library{}) {
		if t.lib.Dir != "" {
			say("\tgo mod edit -require %s@v0.0.0 -replace %s=%s", overlay.Path, overlay.Path, quote(t.lib.Dir))
		} else {
			say("\tgo get %s", t.lib)
		}
	}
	switch {
	case t.keep != "" || t.patch != "":
		cd := ""
		if t.root() != t.wd {
			cd = " -C " + quote(t.root())
		}
		say("\tgit%s apply %s", cd, quote(cmp.Or(t.patch, t.keep+"/changes.diff")))
	case len(t.drops) > 0:
		say("\tstackalloc try -keep DIR %s    # and then: git apply DIR/changes.diff, which leaves out what was dropped", strings.Join(t.asked, " "))
	default:
		profile := ""
		if t.profile != "" {
			profile = fmt.Sprintf(" -profile %s -min %g", quote(t.profile), max(t.min, 1e-9))
		}
		say("\tstackalloc suggest -diff%s %s | git apply", profile, strings.Join(t.asked, " "))
	}
	say("\tgo mod tidy && stackalloc check %s", strings.Join(t.patterns, " "))
}

// otherMode reports whether the overlay needs another -mod than a plain build has.
func (t *trial) otherMode() bool {
	if t.full.Mod == "" {
		return false
	}
	if mode := t.Flag("mod"); mode != "" || t.givenMod != "" {
		return cmp.Or(t.givenMod, mode) != t.full.Mod
	}
	root := t.tree.Modules[0].Dir
	if t.tree.Work != "" {
		root = filepath.Dir(t.tree.Work)
	}
	_, err := os.Stat(filepath.Join(root, "vendor", "modules.txt"))
	return err == nil
}

func (t *trial) inDependencies() (n int) {
	for _, c := range t.changes() {
		if t.dependency(c) != nil {
			n++
		}
	}
	return n
}

// quote quotes a name for a shell where that is needed.
func quote(s string) string {
	if strings.ContainsAny(s, " \t\n'\"\\$`*?[]{}()<>|&;~#") {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}

type jsonChange struct {
	File     string   `json:"file"`
	Line     int      `json:"line"`
	Function string   `json:"function"`
	Use      string   `json:"use"`
	Share    *float64 `json:"share,omitempty"` // of the profile
	Runs     []string `json:"benchmarks"`      // that run it
}

func (t *trial) jsonChange(c *suggest.Change) jsonChange {
	j := jsonChange{File: t.show(c), Line: c.Line, Function: c.Func, Use: c.Use, Runs: []string{}}
	if t.profile != "" {
		j.Share = &c.Share
	}
	for _, g := range t.groups {
		if g.runs(c) {
			j.Runs = append(j.Runs, g.ImportPath+"."+g.name)
		}
	}
	return j
}

type jsonCost struct {
	cost
	Collections *float64 `json:"collections"` // for a million operations
}

type jsonBenchmark struct {
	Package string      `json:"package"`
	Name    string      `json:"name"`
	Before  jsonCost    `json:"before"`
	After   jsonCost    `json:"after"`
	Ratio   float64     `json:"ratio"`
	Low     *float64    `json:"low"` // the interval, where there are enough runs
	High    *float64    `json:"high"`
	Runs    int         `json:"runs"`
	Slower  bool        `json:"slower"`
	Beside  *jsonBeside `json:"beside,omitempty"`
}

// jsonBeside is what the patch of -beside makes of a benchmark.
type jsonBeside struct {
	cost
	Ratio float64  `json:"ratio"`
	Low   *float64 `json:"low"`
	High  *float64 `json:"high"`
}

func finite(v float64) *float64 {
	if math.IsInf(v, 0) || math.IsNaN(v) {
		return nil
	}
	return &v
}

func (t *trial) printJSON(w io.Writer) error {
	type failing struct {
		Package string `json:"package"`
		Test    string `json:"test"`
		Cause   string `json:"cause"`
	}
	type dropped struct {
		jsonChange
		Benchmark string  `json:"benchmark"`
		Ratio     float64 `json:"ratio"`
	}
	doc := struct {
		Changes []jsonChange `json:"changes"`
		Tests   struct {
			Before   string    `json:"before"`
			After    string    `json:"after"`
			Beside   string    `json:"beside,omitempty"`
			Packages int       `json:"packages"` // whose tests were run
			Broken   []failing `json:"broken"`   // pass before and fail after, benchmarks too
		} `json:"tests"`
		Benchmarks []jsonBenchmark `json:"benchmarks"`
		Unreached  []string        `json:"unreached"` // benchmarks that reach no change
		Dropped    []dropped       `json:"dropped"`
		Moved      []string        `json:"moved"`
		Notes      []string        `json:"notes"`
	}{Changes: []jsonChange{}, Benchmarks: []jsonBenchmark{}, Dropped: []dropped{}, Unreached: append([]string{}, t.apart...), Moved: append([]string{}, t.moved...), Notes: append([]string{}, t.notes...)}
	for _, c := range t.changes() {
		doc.Changes = append(doc.Changes, t.jsonChange(c))
	}
	doc.Tests.Before, doc.Tests.After, doc.Tests.Broken = passFail(t.tests.before), passFail(t.tests.after), []failing{}
	doc.Tests.Packages = t.tests.ran
	if t.other != nil {
		doc.Tests.Beside = passFail(t.tests.beside)
	}
	for _, b := range t.tests.broken {
		for _, n := range b.names {
			doc.Tests.Broken = append(doc.Tests.Broken, failing{b.pkg, n, b.cause})
		}
	}
	for _, g := range t.groups {
		if g.broken {
			doc.Tests.Broken = append(doc.Tests.Broken, failing{g.ImportPath, g.name, ""})
		}
		for _, s := range g.series {
			var beside *jsonBeside
			if len(s.beside) > 0 {
				beside = &jsonBeside{median(s.beside), s.other.Center, finite(s.other.Lo), finite(s.other.Hi)}
			}
			doc.Benchmarks = append(doc.Benchmarks, jsonBenchmark{g.ImportPath, s.name, jsonCost{median(s.old), s.collections[0]}, jsonCost{median(s.after), s.collections[1]}, s.ratio.Center, finite(s.ratio.Lo), finite(s.ratio.Hi), len(s.old), s.slow(), beside})
		}
	}
	for _, d := range t.drops {
		doc.Dropped = append(doc.Dropped, dropped{t.jsonChange(d.change), d.series.group.ImportPath + "." + d.series.name, d.series.ratio.Center})
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "\t")
	e.SetEscapeHTML(false)
	return e.Encode(doc)
}
