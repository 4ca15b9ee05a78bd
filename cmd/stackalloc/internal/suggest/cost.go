package suggest

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/google/pprof/profile"
)

// costs is what a profile says of lines.
type costs struct {
	unit   string
	total  int64
	byLine map[lineKey][]*cost
	byCall map[lineKey][]*cost // of what a function costs that the line calls
}

// lineKey names a line without the folder of its file, which is another one in builds
// with -trimpath, in a module cache and on other machines.
type lineKey struct {
	base string
	line int64
}

// cost is what a line of one file costs.
type cost struct {
	pkg, file string // import path, "main" for main packages; file as it was built
	callee    string // for byCall: the function
	value     int64
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
	c := &costs{unit: p.SampleType[value].Unit, byLine: map[lineKey][]*cost{}, byCall: map[lineKey][]*cost{}}
	for _, s := range p.Sample {
		c.add(s, s.Value[value], heap)
	}
	return c, nil
}

// add counts a sample for the innermost line outside of the runtime, and of the
// functions that make copies in other packages.
func (c *costs) add(s *profile.Sample, v int64, heap bool) {
	c.total += v
	inRuntime, callee := heap, ""
	for _, l := range s.Location {
		for _, line := range l.Line {
			if line.Function == nil {
				continue
			}
			n := line.Function.Name
			x := &cost{pkg: packageOf(n), file: filepath.ToSlash(line.Function.Filename), value: v}
			switch {
			case callee != "":
				x.callee = callee
				count(c.byCall, x, line.Line)
				return
			case strings.HasPrefix(n, "runtime.") || strings.HasPrefix(n, "internal/runtime/"):
				inRuntime = true
			case !inRuntime:
				return
			case strings.HasPrefix(n, "slices.Clone[") || n == "slices.Clone" || n == "bytes.Clone":
			default:
				count(c.byLine, x, line.Line)
				callee = n
			}
		}
	}
}

func count(m map[lineKey][]*cost, x *cost, line int64) {
	key := lineKey{path.Base(x.file), line}
	for _, y := range m[key] {
		if y.pkg == x.pkg && y.file == x.file && y.callee == x.callee {
			y.value += x.value
			return
		}
	}
	m[key] = append(m[key], x)
}

// packageOf returns the import path in the name of a function. The linker writes dots
// in the last element of a path as %2e.
func packageOf(function string) string {
	from := strings.LastIndexByte(strings.SplitN(function, "[", 2)[0], '/') + 1
	dot := strings.IndexByte(function[from:], '.')
	if dot < 0 {
		return ""
	}
	name := function[:from+dot]
	if u, err := url.PathUnescape(name); err == nil {
		return u
	}
	return name
}

// of returns the costs of the line of a finding: in its file, or in one of its name
// and its package. Those of a result are in the function that makes it.
func (c *costs) of(f *finding) (sum int64) {
	file := filepath.ToSlash(f.pos.File)
	from := c.byLine
	if f.giver != nil {
		from = c.byCall
	}
	for _, x := range from[lineKey{path.Base(file), int64(f.pos.Line)}] {
		if f.giver != nil && !strings.HasSuffix(x.callee, "."+f.giver.fn.Name()) {
			continue
		}
		same := x.file == file || x.pkg == f.pkg.PkgPath
		if x.pkg == "main" && f.pkg.Name == "main" {
			dir, _, _ := strings.Cut(path.Base(path.Dir(x.file)), "@")
			same = same || dir == path.Base(path.Dir(file)) || dir == path.Base(f.pkg.PkgPath)
		}
		if same {
			sum += x.value
		}
	}
	return sum
}

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
func percent(share float64) string {
	if share >= 0.1 {
		return fmt.Sprintf("%.0f %%", 100*share)
	}
	return fmt.Sprintf("%.2g %%", 100*share)
}

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
