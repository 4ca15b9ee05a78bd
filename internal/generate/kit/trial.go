package kit

import (
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/stackalloc/stackalloc"
)

// A Program is run for a length, and After tells what it left behind, which it
// also lets go.
type Program struct {
	ID    int
	Run   func(n int, h uint64) uint64
	After func(h uint64) uint64
}

// profiled runs f, and writes a profile in a build that has pprof.
var profiled = func(f func()) { f() }

// Main runs the programs, or what the environment chooses of them: GENERATED_ONLY
// has their numbers, GENERATED_FROM the least number, and GENERATED_LENGTHS the
// lengths. It prints a line for each trial, with its digest. A line begins before its
// trial does, so that it names the program of a crash.
//
// With GENERATED_ASK=sites the places follow that took blocks from the heap, and
// with GENERATED_ASK=implementation nothing is run.
func Main(programs []Program) {
	switch os.Getenv("GENERATED_ASK") {
	case "implementation":
		os.Stdout.WriteString(stackalloc.Implementation() + "\n")
		return
	case "sites":
		stackalloc.TraceHeap(true)
	}
	lengths := numbers("GENERATED_LENGTHS")
	if lengths == nil {
		lengths = []int{1, 3, 9, 40, 130, 1000, 9000}
	}
	only := map[int]bool{}
	for _, k := range numbers("GENERATED_ONLY") {
		only[k] = true
	}
	from := 0
	if k := numbers("GENERATED_FROM"); k != nil {
		from = k[0]
	}
	if os.Getenv("GENERATED_COLLECT") != "" {
		go func() {
			for {
				runtime.GC()
			}
		}()
		go func() { // which interrupts all others
			var m runtime.MemStats
			for {
				runtime.ReadMemStats(&m)
			}
		}()
	}
	profiled(func() {
		for _, p := range programs {
			if p.ID < from || len(only) > 0 && !only[p.ID] {
				continue
			}
			for _, n := range lengths {
				for _, deep := range []bool{true, false} {
					write(strconv.Itoa(p.ID) + " " + strconv.Itoa(n) + " " + strconv.FormatBool(deep) + " ")
					write(trial(p, n, deep) + "\n")
				}
			}
		}
	})
	if os.Getenv("GENERATED_ASK") == "sites" {
		for _, s := range stackalloc.HeapSites() {
			write("site " + s.File + ":" + strconv.Itoa(s.Line) + " " + s.Function + "\n")
		}
	}
}

// trial runs p on a goroutine of its own, whose stack is large, or as small as
// they begin, and returns the digest.
func trial(p Program, n int, deep bool) string {
	done := make(chan string)
	go func() {
		var h uint64
		what := "Goexit"
		defer func() {
			if r := recover(); r != nil {
				what = said(r)
			}
			done <- strconv.FormatUint(h, 16) + " " + what
		}()
		if deep {
			overwrite(60 << 10 / 2048)
		}
		for k := range 2 {
			h = p.Run(n, uint64(n+k))
			Disturb(n)
			h = p.After(h)
		}
		what = "ok"
	}()
	return <-done
}

// said is the first line of a panic, without its numbers.
func said(r any) string {
	s := "panic"
	switch r := r.(type) {
	case error:
		s = r.Error()
	case string:
		s = r
	}
	s, _, _ = strings.Cut(s, "\n")
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return '#'
		}
		return r
	}, s)
}

func write(s string) { os.Stdout.WriteString(s) }

func numbers(name string) (all []int) {
	for _, f := range strings.Fields(os.Getenv(name)) {
		if k, err := strconv.Atoi(f); err == nil {
			all = append(all, k)
		}
	}
	return all
}
