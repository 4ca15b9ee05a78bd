package try

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/suggest"
)

// testResults are those of all packages.
type testResults struct {
	before, after bool // passed
	beside        bool // with the patch of -beside
	ran           int  // packages
	broken        []brokenTest
}

// brokenTest is what passes before and fails after in a package.
type brokenTest struct {
	pkg    string
	names  []string
	output string
	cause  string // what it comes of
}

// outcome is what the tests of one package did.
type outcome struct {
	fails  map[string]bool // by name; "" is the package as a whole
	output string
}

func (o outcome) passed() bool { return len(o.fails) == 0 }

// beyond returns the tests that fail here and not before.
func (o outcome) beyond(before outcome) (names []string) {
	if before.fails[""] {
		return nil // whatever comes after it was not reached
	}
	for _, n := range slices.Sorted(maps.Keys(o.fails)) {
		if !before.fails[n] {
			names = append(names, n)
		}
	}
	if len(names) > 1 && names[0] == "" {
		return names[1:] // a test that ends them all has its name
	}
	return names
}

// The tests of a package end with this line where one of them failed, and else with
// a panic, an exit or a timeout.
var (
	failedTest = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)
	ended      = regexp.MustCompile(`(?m)^FAIL\s*\z`)
)

// test runs the tests before and after.
func (t *trial) test(ctx context.Context) error {
	t.bar.Phase("testing")
	t.tests = testResults{before: true, after: true, beside: true}
	changed := len(t.changes()) > 0
	for _, u := range t.units {
		if changed && !u.reached {
			continue
		}
		t.bar.Step(u.ImportPath, len(t.units))
		if err := t.testUnit(ctx, u, changed); err != nil {
			return err
		}
		t.tests.ran++
	}
	return nil
}

func (t *trial) testUnit(ctx context.Context, u *unit, changed bool) error {
	if u.before == nil {
		o, err := t.outcome(ctx, u, t.before)
		if err != nil {
			return err
		}
		u.before = &o
	}
	t.tests.before = t.tests.before && u.before.passed()
	if !changed || u.broken {
		t.tests.after = t.tests.after && u.before.passed()
		t.tests.beside = t.tests.beside && u.before.passed()
		return nil
	}
	if err := t.compare(ctx, u, t.after, &t.tests.after, t.causeOfFailure); err != nil || t.other == nil {
		return err
	}
	return t.compare(ctx, u, t.other, &t.tests.beside, func(context.Context, *unit, []string) (string, error) {
		return "the patch of -beside", nil
	})
}

// compare runs the tests of a package in a build, notes whether all of them pass, and
// those that do so before only with their cause.
func (t *trial) compare(ctx context.Context, u *unit, b *gotool.Build, pass *bool, causeOf func(context.Context, *unit, []string) (string, error)) error {
	after, err := t.outcome(ctx, u, b)
	if err != nil {
		return err
	}
	names := after.beyond(*u.before)
	if len(names) > 0 {
		if names, err = t.again(ctx, u, b, names); err != nil {
			return err
		}
		if len(names) == 0 {
			// What else fails did so before.
			*pass = *pass && u.before.passed()
			return nil
		}
	}
	*pass = *pass && after.passed()
	if len(names) == 0 {
		return nil
	}
	cause, err := causeOf(ctx, u, names)
	if err != nil {
		return err
	}
	broken := brokenTest{pkg: u.ImportPath, output: tail(after.output), cause: cause}
	for _, n := range names {
		broken.names = append(broken.names, testName(n))
	}
	t.tests.broken = append(t.tests.broken, broken)
	return nil
}

// again runs tests once more, before and in a build, and returns those that are broken
// for sure: a test may fail now and then by itself.
func (t *trial) again(ctx context.Context, u *unit, b *gotool.Build, names []string) ([]string, error) {
	before, err := t.outcome(ctx, u, t.before)
	if err != nil {
		return nil, err
	}
	after, err := t.outcome(ctx, u, b)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(names, func(n string) bool {
		flaky := before.fails[n] || !after.fails[n]
		if flaky {
			t.note("%s of %s fails now and then: it is not counted", testName(n), u.ImportPath)
		}
		return flaky
	}), nil
}

func testName(n string) string {
	if n == "" {
		return "the test binary"
	}
	return n
}

// outcome runs the tests of a package in a build.
func (t *trial) outcome(ctx context.Context, u *unit, b *gotool.Build) (outcome, error) {
	o := outcome{fails: map[string]bool{}}
	bin, err := t.binary(ctx, u, b)
	if err != nil {
		if ctx.Err() != nil {
			return o, context.Cause(ctx)
		}
		if b == t.before {
			u.broken = true
			t.note("the tests of %s do not build as they are: %s", u.ImportPath, tail(err.Error()))
		}
		o.fails[""], o.output = true, err.Error()
		return o, nil
	}
	args := []string{"-test.timeout=10m"}
	if t.run != "" {
		args = append(args, "-test.run="+t.run)
	}
	o.output, err = t.runBinary(ctx, u, bin, args...)
	if err == nil {
		return o, nil
	}
	if !failed(err) {
		return o, err
	}
	for _, m := range failedTest.FindAllStringSubmatch(o.output, -1) {
		o.fails[m[1]] = true
	}
	if len(o.fails) == 0 || !ended.MatchString(o.output) {
		o.fails[""] = true
	}
	return o, nil
}

// causeOfFailure looks for the change, or else for what had to move for the library.
func (t *trial) causeOfFailure(ctx context.Context, u *unit, names []string) (string, error) {
	t.bar.Phase("looking for the change that breaks " + testName(names[0]))
	breaks := func(b *gotool.Build) (bool, error) {
		o, err := t.outcome(ctx, u, b)
		return slices.ContainsFunc(names, func(n string) bool { return o.fails[n] }), err
	}
	if bad, err := breaks(t.full); err != nil || bad {
		if len(t.moved) == 0 {
			return "no change of the source: requiring the library alone", err
		}
		return "no change of the source: " + strings.Join(t.moved, ", "), err
	}
	if t.patch != "" {
		return "the patch", nil
	}
	c, err := t.bisect(t.changes(), breaks)
	if err != nil || c == nil {
		return "several changes together", err
	}
	return t.place(c), nil
}

// bisect looks for one of the changes without which the others do no longer have an
// effect that all of them have. It returns nil where it takes more than one.
func (t *trial) bisect(among []*suggest.Change, bad func(*gotool.Build) (bool, error)) (*suggest.Change, error) {
	without := func(some []*suggest.Change) (bool, error) {
		drop := maps.Clone(t.dropped)
		for _, c := range some {
			drop[c] = true
		}
		t.variants++
		b, err := t.variant(drop, fmt.Sprint("variant", t.variants))
		if err != nil {
			return false, err
		}
		return bad(b)
	}
	for len(among) > 1 {
		t.bar.Step("", 0)
		half := among[:len(among)/2]
		still, err := without(half)
		if err != nil {
			return nil, err
		}
		if still {
			among = among[len(among)/2:]
		} else {
			among = half
		}
	}
	if len(among) == 0 {
		return nil, nil
	}
	still, err := without(among)
	if err != nil || still {
		return nil, err
	}
	return among[0], nil
}

// tail is the end of what a program printed.
func tail(s string) string {
	const most = 12
	lines := strings.Split(strings.TrimSpace(s), "\n")
	if len(lines) > most {
		lines = append([]string{"…"}, lines[len(lines)-most:]...)
	}
	return strings.Join(lines, "\n")
}
