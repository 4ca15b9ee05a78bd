package bench

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/klauspost/cpuid/v2"

	"github.com/stackalloc/stackalloc"
)

// A machine is what the figures hold for.
type machine struct {
	cpu, caches, build, blocks string
}

func thisMachine() machine {
	var caches []string
	for _, c := range []struct {
		name string
		size int
	}{{"L1d", cpuid.CPU.Cache.L1D}, {"L2", cpuid.CPU.Cache.L2}, {"L3", cpuid.CPU.Cache.L3}} {
		if c.size > 0 {
			caches = append(caches, c.name+" "+sizeName(c.size))
		}
	}
	cpu := cmp.Or(strings.Join(strings.Fields(cpuid.CPU.BrandName), " "), "unknown CPU")
	if cpuid.CPU.Family != 0 { // the name may be that of a whole line
		cpu += fmt.Sprintf(" (%v, family %d, model %d)", cpuid.CPU.VendorID, cpuid.CPU.Family, cpuid.CPU.Model)
	}
	return machine{
		cpu:    cpu,
		caches: cmp.Or(strings.Join(caches, ", "), "caches unknown"),
		build:  fmt.Sprintf("%s %s/%s, GOMAXPROCS %d of %d cores", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), runtime.NumCPU()),
		blocks: stackalloc.Implementation(),
	}
}

func (m machine) print(w io.Writer) {
	fmt.Fprintf(w, "%s; %s\n%s; stackalloc: %s\n\n", m.cpu, m.caches, m.build, m.blocks)
}

// sizeName returns a size in bytes as people write it.
func sizeName(n int) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}
