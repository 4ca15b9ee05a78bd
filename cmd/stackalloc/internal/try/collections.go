package try

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
)

// longer is how many times as many operations as in one run are done to count
// collections, which are few.
const longer = 5

// countCollections counts the collections of the garbage collector that each
// benchmark causes, before and after.
func (t *trial) countCollections(ctx context.Context) error {
	if !t.json {
		return nil
	}
	t.bar.Phase("counting collections")
	for _, g := range t.groups {
		for _, s := range g.series {
			t.bar.Step(s.name, len(t.groups))
			for i, b := range []*gotool.Build{t.old, t.after} {
				n, err := t.collections(ctx, s, b)
				if err != nil {
					return err
				}
				s.collections[i] = n
			}
		}
	}
	return nil
}

// collections returns the collections for a million operations, or nil if the
// benchmark does not run.
func (t *trial) collections(ctx context.Context, s *series, b *gotool.Build) (*float64, error) {
	bin, err := t.binary(ctx, s.group.unit, b)
	if err != nil {
		return nil, err
	}
	count := func(n int) (int, error) {
		text, err := t.runWith(ctx, s.group.unit, withTrace, bin, "-test.run=^$", "-test.bench="+s.pattern(), fmt.Sprintf("-test.benchtime=%dx", n), "-test.timeout=2h")
		return len(collection.FindAllString(text, -1)), err
	}
	n := longer * max(s.iterations, 1)
	all, err := count(n)
	if err == nil && all > 0 {
		// Package testing runs one operation first, which is prepared as well.
		var preparing int
		preparing, err = count(1)
		all = max(all-2*preparing, 0)
	}
	if failed(err) {
		return nil, nil
	}
	per := float64(all) * 1e6 / float64(n)
	return &per, err
}

// collection is what the runtime prints of a collection that nobody asked for.
var collection = regexp.MustCompile(`(?m)gc \d+ @[\d.]+s \d+%:[^\n]*?\d+ P$`)

// withTrace is the environment in which the runtime prints its collections.
func withTrace(env []string) []string {
	const name = "GODEBUG="
	settings := "gctrace=1"
	if i := slices.IndexFunc(env, func(v string) bool { return strings.HasPrefix(v, name) }); i >= 0 {
		settings = strings.TrimPrefix(env[i], name) + "," + settings
	}
	return append(env, name+settings)
}
