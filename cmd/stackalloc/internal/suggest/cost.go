package suggest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/google/pprof/profile"
)

// costs is what a profile says of lines.
type costs struct {
	unit   string
	total  int64
	byLine map[lineKey]int64
}

// lineKey names a line by the last two elements of its file's path: profiles of
// builds with -trimpath have no more in common with the source.
type lineKey struct {
	file string
	line int64
}

func keyOf(file string, line int64) lineKey {
	file = filepath.ToSlash(file)
	dir, base := filepath.Split(file)
	return lineKey{filepath.Base(dir) + "/" + base, line}
}

// readCosts reads a profile of the CPU or the heap. Of a heap profile it counts
// the bytes allocated, of a CPU profile the time in the runtime called from a
// line.
func readCosts(file string) (*costs, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	p, err := profile.Parse(f)
	if err != nil {
		return nil, fmt.Errorf("%s is not a profile: %v", file, err)
	}
	value, heap := -1, false
	for i, t := range p.SampleType {
		switch t.Type {
		case "alloc_space":
			value, heap = i, true
		case "cpu":
			value, heap = i, false
		}
	}
	if value < 0 {
		return nil, fmt.Errorf("%s is a profile of neither the CPU nor the heap", file)
	}
	c := &costs{unit: p.SampleType[value].Unit, byLine: map[lineKey]int64{}}
	for _, s := range p.Sample {
		c.add(s, s.Value[value], heap)
	}
	return c, nil
}

// add counts a sample for the innermost line outside of the runtime.
func (c *costs) add(s *profile.Sample, v int64, heap bool) {
	c.total += v
	inRuntime := heap
	for _, l := range s.Location {
		for _, line := range l.Line {
			if line.Function == nil {
				continue
			}
			if n := line.Function.Name; strings.HasPrefix(n, "runtime.") || strings.HasPrefix(n, "internal/runtime/") {
				inRuntime = true
				continue
			}
			if inRuntime {
				c.byLine[keyOf(line.Function.Filename, line.Line)] += v
			}
			return
		}
	}
}

func (c *costs) of(f *finding) int64 { return c.byLine[keyOf(f.pos.File, int64(f.pos.Line))] }

// amount words a value of a profile.
func amount(v int64, unit string) string {
	switch unit {
	case "bytes":
		switch {
		case v >= 1<<30:
			return fmt.Sprintf("%.1f GiB", float64(v)/(1<<30))
		case v >= 1<<20:
			return fmt.Sprintf("%.1f MiB", float64(v)/(1<<20))
		case v >= 1<<10:
			return fmt.Sprintf("%.1f KiB", float64(v)/(1<<10))
		}
		return fmt.Sprintf("%d B", v)
	case "nanoseconds":
		return fmt.Sprintf("%.2f s", float64(v)/1e9)
	}
	return fmt.Sprintf("%d %s", v, unit)
}

// percent words a share.
func percent(share float64) string { return fmt.Sprintf("%.2g %%", 100*share) }

// share reads 1% or 0.01.
func share(s string) (float64, error) {
	text, percent := strings.CutSuffix(strings.TrimSpace(s), "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if percent {
		v /= 100
	}
	if err != nil || !(v >= 0 && v <= 1) {
		return 0, errors.New("it is a share of the whole, from 0% to 100%")
	}
	return v, nil
}
