package try

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchmath"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/suggest"
)

// series is one benchmark: runs before and after in turn, and beside them.
type series struct {
	group      *group
	name       string // BenchmarkX/size=1
	old, after []cost
	beside     []cost            // with the patch of -beside, if there is one
	ratio      benchmath.Summary // of the times after and before, pair by pair
	other      benchmath.Summary // beside and before

	idle        bool        // it reaches no change, while others of its function do
	iterations  int         // of the last run
	collections [2]*float64 // before and after, for a million operations
}

// cost is what one operation took, or the median of that.
type cost struct {
	NS     float64 `json:"ns"`
	Bytes  float64 `json:"bytes"`
	Allocs float64 `json:"allocs"`
}

const (
	confidence = 0.95
	// A ratio is known when its interval reaches no further than this to either
	// side, or than loose where it is wholly below gain.
	close95 = 0.02
	loose   = 0.05
	gain    = 0.95
	// Code that is moved in memory runs up to a percent faster or slower for it.
	slower = 1.01
)

func (s *series) add(old, after cost) {
	s.old, s.after = append(s.old, old), append(s.after, after)
	s.ratio = ratioOf(s.old, s.after)
}

// addBeside adds what was measured in turn with the last that add has.
func (s *series) addBeside(c cost) {
	s.beside = append(s.beside, c)
	s.other = ratioOf(s.old, s.beside)
}

// ratioOf is that of the times, pair by pair.
func ratioOf(old, after []cost) benchmath.Summary {
	var ratios []float64
	for i := range min(len(old), len(after)) {
		r := 1.0
		if old[i].NS > 0 {
			r = after[i].NS / old[i].NS
		}
		ratios = append(ratios, r)
	}
	return benchmath.AssumeNothing.Summary(benchmath.NewSample(ratios, &benchmath.DefaultThresholds), confidence)
}

// slow reports whether the benchmark is slower after, beyond doubt, and for what it
// runs.
func (s *series) slow() bool { return !s.idle && len(s.old) >= enough && s.ratio.Lo > slower }

// pattern is the value of -test.bench for this one alone.
func (s *series) pattern() string {
	var parts []string
	for _, p := range strings.Split(s.name, "/") {
		parts = append(parts, "^"+regexp.QuoteMeta(p)+"$")
	}
	return strings.Join(parts, "/")
}

// served reports whether the ratio is known well enough. That a benchmark is slower
// is said only after all the runs: of many that are not, one looks so for a while.
func (s *series) served(count int) bool {
	if len(s.old) < min(enough, count) {
		return false
	}
	if len(s.old) >= count {
		return true
	}
	return s.ratio.Lo <= 1 && known(s.ratio) && (s.beside == nil || known(s.other))
}

func known(r benchmath.Summary) bool {
	around := max(r.Hi-r.Center, r.Center-r.Lo) / r.Center
	return around <= close95 || around <= loose && r.Hi < gain
}

func median(of []cost) cost {
	pick := func(f func(cost) float64) float64 {
		var v []float64
		for _, c := range of {
			v = append(v, f(c))
		}
		return benchmath.AssumeNothing.Summary(benchmath.NewSample(v, &benchmath.DefaultThresholds), confidence).Center
	}
	return cost{
		pick(func(c cost) float64 { return c.NS }), pick(func(c cost) float64 { return c.Bytes }), pick(func(c cost) float64 { return c.Allocs }),
	}
}

// drop is a change that was taken out, and for what.
type drop struct {
	change *suggest.Change
	series *series // with it
}

// measure runs the benchmarks, and takes out the changes that make one slower.
func (t *trial) measure(ctx context.Context) error {
	t.setApart()
	if err := t.measureGroups(ctx, t.groups, t.after); err != nil {
		return err
	}
	given := map[*group]bool{} // up: slower, and for no change
	for t.patch == "" {
		var worst *series
		for _, g := range t.groups {
			for _, s := range g.series {
				if s.slow() && !given[g] && (worst == nil || s.ratio.Lo > worst.ratio.Lo) {
					worst = s
				}
			}
		}
		if worst == nil {
			break
		}
		if r, err := t.cover(ctx, worst.group.unit, worst.pattern()); err != nil {
			return err
		} else if r != nil && !slices.ContainsFunc(t.changes(), func(c *suggest.Change) bool { return r.functions[c] }) {
			worst.idle = true
			continue
		}
		bad, err := t.culprits(ctx, worst)
		if err != nil {
			return err
		}
		if len(bad) == 0 {
			given[worst.group] = true
			continue
		}
		if err := t.dropAll(ctx, bad, worst); err != nil {
			return err
		}
	}
	if len(t.drops) > 0 {
		return t.test(ctx) // of what is left
	}
	return nil
}

// culprits returns the changes that make a benchmark slower: one where one alone
// does, and otherwise all that it reaches, or none if it is slower without them too.
func (t *trial) culprits(ctx context.Context, s *series) ([]*suggest.Change, error) {
	t.bar.Phase("looking for the change that makes " + s.name + " slower")
	among := slices.DeleteFunc(t.changes(), func(c *suggest.Change) bool { return !s.group.reaches(c) })
	if len(among) == 0 {
		return nil, nil
	}
	slowIn := func(b *gotool.Build) (bool, error) {
		g := *s.group
		g.series = nil
		if err := t.measureGroups(ctx, []*group{&g}, b); err != nil {
			return false, err
		}
		i := slices.IndexFunc(g.series, func(x *series) bool { return x.name == s.name })
		// A quarter of it, since what is left may be noise, and the rest another's.
		return i >= 0 && g.series[i].slow() && g.series[i].ratio.Center-1 > (s.ratio.Center-1)/4, nil
	}
	drop := maps.Clone(t.dropped)
	for _, c := range among {
		drop[c] = true
	}
	t.variants++
	without, err := t.variant(drop, fmt.Sprint("variant", t.variants))
	if err != nil {
		return nil, err
	}
	if still, err := slowIn(without); err != nil || still {
		return nil, err
	}
	c, err := t.bisect(among, slowIn)
	if err != nil {
		return nil, err
	}
	if c != nil {
		among = []*suggest.Change{c}
	}
	return among, nil
}

// dropAll takes changes out, and measures again what reaches them.
func (t *trial) dropAll(ctx context.Context, bad []*suggest.Change, why *series) (err error) {
	was := *why
	for _, c := range bad {
		t.dropped[c] = true
		t.drops = append(t.drops, drop{c, &was})
	}
	t.variants++
	if t.after, err = t.variant(t.dropped, fmt.Sprint("after", t.variants)); err != nil {
		return err
	}
	t.setApart()
	again := slices.DeleteFunc(slices.Clone(t.groups), func(g *group) bool { return !slices.ContainsFunc(bad, g.reaches) })
	return t.measureGroups(ctx, again, t.after)
}

// Where a benchmark prepares more than it measures, and for longer than this, all of
// its package share one process and what it prepares, several runs in a row.
const (
	preparing = 5 * time.Second
	inARow    = 3
)

// measureGroups runs benchmarks as they were and in a build, in turn, and where that has
// the changes, also with the patch of -beside.
func (t *trial) measureGroups(ctx context.Context, groups []*group, b *gotool.Build) error {
	for _, g := range groups {
		g.series, g.failure, g.broken = nil, "", false
	}
	for i, g := range groups {
		if i > 0 && g.unit == groups[i-1].unit && g.prepares {
			continue // measured with that one
		}
		together := []*group{g}
		if !g.prepares {
			if err := t.measureTogether(ctx, together, 1, b); err != nil {
				return err
			}
		}
		if g.prepares {
			for _, x := range groups[i+1:] {
				if x.unit == g.unit {
					together = append(together, x)
				}
			}
			if err := t.measureTogether(ctx, together, inARow, b); err != nil {
				return err
			}
		}
	}
	return nil
}

// measureTogether runs benchmarks of one package, each row times in a row. It returns
// early when it finds that they prepare a lot.
func (t *trial) measureTogether(ctx context.Context, groups []*group, row int, b *gotool.Build) error {
	u := groups[0].unit
	old, err := t.binary(ctx, u, t.old)
	if err != nil {
		return err
	}
	after, err := t.binary(ctx, u, b)
	if err != nil {
		return err
	}
	all := []string{old, after}
	if b == t.after && t.other != nil {
		beside, err := t.binary(ctx, u, t.other)
		if err != nil {
			return err
		}
		all = append(all, beside)
	}
	var patterns []string
	for _, g := range groups {
		patterns = append(patterns, g.pattern)
	}
	if i := slices.Index(t.groups, groups[0]); i >= 0 {
		t.bar.Phase(fmt.Sprintf("measuring %s, %d of %d", groups[0].name, i+1, len(t.groups)))
	}
	for n := 0; n < t.count; n += row {
		t.bar.Step("", t.count)
		row = min(row, t.count-n)
		runs := make([]*benchmarkRun, len(all))
		for _, k := range turn(n/row, len(all)) {
			r, err := t.runBenchmarks(ctx, u, all[k], strings.Join(patterns, "|"), row)
			if err != nil {
				return err
			}
			runs[k] = r
			if !u.prepares && n == 0 && r.took-r.measured > max(preparing, r.measured) {
				u.prepares = true
				return nil
			}
		}
		if ended := addRuns(groups, runs); ended || !slices.ContainsFunc(groups, func(g *group) bool { return !g.served(t.count) }) {
			return nil
		}
	}
	return nil
}

// turn is the order in which builds are run the nth time: each of them comes first,
// and before each other one, as often as any, so that none has the better place.
func turn(n, builds int) (order []int) {
	for i := range builds {
		order = append(order, (i+n)%builds)
	}
	if n/builds%2 == 1 {
		slices.Reverse(order)
	}
	return order
}

// addRuns adds what the runs of a turn printed, before, after and maybe beside, to the
// benchmarks of one package. It reports whether the only one did not end well.
func addRuns(groups []*group, runs []*benchmarkRun) (ended bool) {
	if slices.ContainsFunc(runs, func(r *benchmarkRun) bool { return r.failure != "" }) {
		for _, g := range groups {
			g.fail(runs)
		}
		if len(groups) == 1 {
			return true
		}
	}
	old, after := runs[0], runs[1]
	for _, name := range old.names {
		x, y := old.costs[name], after.costs[name]
		i := slices.IndexFunc(groups, func(g *group) bool { return g.has(name) })
		if i < 0 {
			continue
		}
		for k := range min(len(x), len(y)) {
			s := groups[i].add(name, x[k], y[k])
			s.iterations = old.iters[name]
			if len(runs) > 2 && k < len(runs[2].costs[name]) {
				s.addBeside(runs[2].costs[name][k])
			}
		}
	}
	return false
}

// runBenchmarks runs a test binary's benchmarks, each row times in a row.
func (t *trial) runBenchmarks(ctx context.Context, u *unit, bin, pattern string, row int) (*benchmarkRun, error) {
	start := time.Now()
	text, err := t.runBinary(ctx, u, bin, "-test.run=^$", "-test.bench="+pattern, "-test.benchmem",
		"-test.benchtime="+t.benchtime, fmt.Sprint("-test.count=", row), "-test.timeout=2h")
	if err != nil && !failed(err) {
		return nil, err
	}
	r, rerr := read(text)
	if rerr != nil {
		return nil, rerr
	}
	r.took = time.Since(start)
	if err != nil {
		r.failure = tail(text)
	}
	return r, nil
}

// fail notes that a benchmark did not end well in one of the runs, the first of which is
// that before.
func (g *group) fail(runs []*benchmarkRun) {
	for i, r := range runs {
		if r.failure != "" && !slices.ContainsFunc(r.names, g.has) {
			g.failure, g.broken, g.where = r.failure, i > 0, []string{"before", "after", "beside"}[i]
			return
		}
	}
}

// has reports whether a benchmark is this one, or a part of it.
func (g *group) has(name string) bool {
	return name == g.name || strings.HasPrefix(name, g.name+"/")
}

func (g *group) add(name string, old, after cost) *series {
	i := slices.IndexFunc(g.series, func(s *series) bool { return s.name == name })
	if i < 0 {
		i = len(g.series)
		g.series = append(g.series, &series{group: g, name: name})
	}
	g.series[i].add(old, after)
	return g.series[i]
}

func (g *group) served(count int) bool {
	return !slices.ContainsFunc(g.series, func(s *series) bool { return !s.served(count) })
}

// procs is what package testing adds to the names of benchmarks.
func procs() string {
	if n := runtime.GOMAXPROCS(0); n > 1 {
		return fmt.Sprint("-", n)
	}
	return ""
}

// benchmarkRun is what a test binary printed of its benchmarks.
type benchmarkRun struct {
	names    []string // in order
	costs    map[string][]cost
	iters    map[string]int
	measured time.Duration // of what took
	took     time.Duration
	failure  string // the end of what it printed, where it failed
}

func read(text string) (*benchmarkRun, error) {
	run := &benchmarkRun{costs: map[string][]cost{}, iters: map[string]int{}}
	r := benchfmt.NewReader(strings.NewReader(text), "benchmarks")
	for r.Scan() {
		x, ok := r.Result().(*benchfmt.Result)
		if !ok {
			continue // a line of something else
		}
		var c cost
		found := false
		for _, v := range x.Values {
			switch {
			case v.OrigUnit == "ns/op":
				c.NS, found = v.OrigValue, true
			case v.Unit == "B/op":
				c.Bytes = v.Value
			case v.Unit == "allocs/op":
				c.Allocs = v.Value
			}
		}
		if !found {
			continue
		}
		name := "Benchmark" + strings.TrimSuffix(x.Name.String(), procs())
		if run.costs[name] == nil {
			run.names = append(run.names, name)
		}
		run.costs[name] = append(run.costs[name], c)
		run.iters[name] = x.Iters
		run.measured += time.Duration(float64(x.Iters) * c.NS)
	}
	if err := r.Err(); err != nil {
		return nil, fmt.Errorf("what the benchmarks printed cannot be read: %w", err)
	}
	return run, nil
}
