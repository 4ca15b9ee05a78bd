package try

import (
	"context"
	"os"
	"slices"
	"strings"

	"github.com/google/pprof/profile"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/overlay"
)

// unmeasured returns the packages that a change reaches and no benchmark of theirs
// tells of.
func (t *trial) unmeasured() (all []*unit) {
	for _, u := range t.units {
		if u.reached && !u.broken && !slices.ContainsFunc(t.groups, func(g *group) bool { return g.unit == u }) {
			all = append(all, u)
		}
	}
	return all
}

// profileTests asks what the tests of packages allocate, where nothing else tells
// what the changes bring.
func (t *trial) profileTests(ctx context.Context) error {
	t.bar.Phase("profiling tests")
	for _, u := range t.unmeasured() {
		var both []cost
		for _, b := range []*gotool.Build{t.before, t.after} {
			t.bar.Step(u.ImportPath, 2*len(t.unmeasured()))
			c, err := t.allocated(ctx, u, b)
			if err != nil {
				return err
			}
			if c != nil {
				both = append(both, *c)
			}
		}
		if len(both) == 2 {
			u.memory = both
		}
	}
	return nil
}

// allocated returns what the tests of a package allocate in the packages that are
// changed and below them, the library's own stock apart, or nil if that cannot be told: they fail, or take long when
// each allocation is noted.
func (t *trial) allocated(ctx context.Context, u *unit, b *gotool.Build) (*cost, error) {
	bin, err := t.binary(ctx, u, b)
	if err != nil {
		return nil, context.Cause(ctx)
	}
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	file := t.file("mem.out")
	os.Remove(file)
	args := []string{"-test.memprofile=" + file, "-test.memprofilerate=1"}
	if t.run != "" {
		args = append(args, "-test.run="+t.run)
	}
	if _, err := t.runBinary(limited, u, bin, args...); err != nil {
		return nil, context.Cause(ctx)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, nil
	}
	defer f.Close()
	p, err := profile.Parse(f)
	if err != nil {
		return nil, nil
	}
	var c cost
	pkgs := t.packages()
	// Where the library itself allocates, it is for its stock, once.
	inside := func(x *profile.Sample) bool {
		for _, l := range x.Location {
			for _, l := range l.Line {
				of := func(pkg string) bool { return strings.HasPrefix(l.Function.Name, pkg+".") }
				if slices.ContainsFunc(pkgs, of) {
					return true
				}
				if of(overlay.Path) || strings.HasPrefix(l.Function.Name, overlay.Path+"/") {
					return false
				}
			}
		}
		return false
	}
	for i, s := range p.SampleType {
		for _, x := range p.Sample {
			if !inside(x) {
				continue
			}
			switch s.Type {
			case "alloc_space":
				c.Bytes += float64(x.Value[i])
			case "alloc_objects":
				c.Allocs += float64(x.Value[i])
			}
		}
	}
	return &c, nil
}
