package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// module writes a program of one file, in a module that requires the library of
// this tree, and builds it.
func module(dir, name, source string) (binary string, err error) {
	dir = filepath.Join(dir, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	library, err := filepath.Abs("..")
	if err != nil {
		return "", err
	}
	sums, err := os.ReadFile(filepath.Join(library, "go.sum"))
	if err != nil {
		return "", err
	}
	gomod := fmt.Sprintf("module example.com/%s\n\ngo 1.25.0\n\nrequire github.com/stackalloc/stackalloc v0.0.0\n\nreplace github.com/stackalloc/stackalloc => %s\n", name, library)
	for file, text := range map[string]string{"go.mod": gomod, "go.sum": string(sums), "main.go": source} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			return "", err
		}
	}
	binary = filepath.Join(dir, name+".exe")
	cmd := program("go", "build", "-mod=mod", "-o", binary, ".")
	cmd.Dir = dir
	return binary, output(cmd)
}

const maxSites = 1000

var siteKinds = []struct{ name, function, body string }{
	{"stackalloc.Uninit", "uninit", "stackalloc.Uninit(n, func(s []byte) { touch(s) })"},
	{"stackalloc.Do", "do", "stackalloc.Do(n, func(s []byte) { touch(s) })"},
	{"sync.Pool, dirty", "pool", "b := blocks.Get().(*[]byte); touch((*b)[:n]); blocks.Put(b)"},
	{"make", "makes", "s := make([]byte, n); touch(s)"},
}

// callSites builds and runs a program with a thousand calls of each kind. It
// tells what a call costs when so many of them take turns, and how much code it is.
func callSites(w io.Writer, dir string, rounds int) error {
	var src strings.Builder
	src.WriteString(sitesHead)
	for _, k := range siteKinds {
		for i := range maxSites {
			fmt.Fprintf(&src, "\n//go:noinline\nfunc %s_%d(n int) { %s }\n", k.function, i, k.body)
		}
		fmt.Fprintf(&src, "\nvar %ss = []func(n int){\n", k.function)
		for i := range maxSites {
			fmt.Fprintf(&src, "\t%s_%d,\n", k.function, i)
		}
		src.WriteString("}\n")
	}
	var lists []string
	for _, k := range siteKinds {
		lists = append(lists, k.function+"s")
	}
	fmt.Fprintf(&src, "\nvar kinds = [][]func(n int){%s}\n", strings.Join(lists, ", "))
	binary, err := module(dir, "sites", src.String())
	if err != nil {
		return err
	}
	counts := []int{1, 10, 100, maxSites}
	p, err := start([]string{binary})
	if err != nil {
		return err
	}
	defer p.stop()
	const calls = 20_000
	names := []string{}
	for _, k := range siteKinds {
		names = append(names, k.name)
	}
	var failed error
	table(w, "ns for each block of 200 B, so many call sites in turn", names, counts, rounds, func(i, j int) float64 {
		d, err := p.run(strconv.Itoa(i), counts[j], calls)
		failed = errors.Join(failed, err)
		return float64(d.Nanoseconds()) / calls
	})
	if failed != nil {
		return failed
	}
	nm, err := program("go", "tool", "nm", "-size", binary).Output()
	if err != nil {
		return err
	}
	fmt.Fprint(w, "\n| code of a function with one call, in bytes | |\n| --- | ---: |\n")
	for _, k := range siteKinds {
		size := 0
		line := regexp.MustCompile(`(?m)^\s*[0-9a-f]+\s+(\d+) [tT] main\.` + k.function + `_\d+\b.*$`)
		for _, m := range line.FindAllSubmatch(nm, -1) {
			n, _ := strconv.Atoi(string(m[1]))
			size += n
		}
		fmt.Fprintf(w, "| %s | %d |\n", k.name, size/maxSites)
	}
	return nil
}

const sitesHead = `// Code generated for a measurement. DO NOT EDIT.
package main

import (
	"bufio"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/stackalloc/stackalloc"
)

var blocks = sync.Pool{New: func() any { b := make([]byte, 256); return &b }}

//go:noinline
func touch(s []byte) { s[0], s[len(s)-1] = 1, 2 }

func main() {
	stackalloc.OnStack([]byte(nil))
	in := bufio.NewReader(os.Stdin)
	for {
		var kind, sites, calls int
		if _, err := fmt.Fscan(in, &kind, &sites, &calls); err != nil {
			return
		}
		list := kinds[kind][:sites]
		for _, f := range list { // pages and caches
			f(200)
		}
		start := time.Now()
		for i := 0; i < calls; i += sites {
			for _, f := range list {
				f(200)
			}
		}
		fmt.Println(time.Since(start).Nanoseconds())
	}
}
`

// startUp tells what importing the library adds to a program: the runtime's own
// account of each package's initialisation, and the size of the program.
func startUp(w io.Writer, dir string, rounds int) error {
	const text = "package main\n\n%s\nfunc main() { println() }\n"
	without, err := module(dir, "without", fmt.Sprintf(text, ""))
	if err != nil {
		return err
	}
	with, err := module(dir, "with", fmt.Sprintf(text, "import (\n\t_ \"github.com/stackalloc/stackalloc\"\n\t_ \"github.com/stackalloc/stackalloc/scratch\"\n)\n"))
	if err != nil {
		return err
	}
	times := map[string][]float64{}
	line := regexp.MustCompile(`(?m)^init (github\.com/stackalloc/stackalloc\S*) @\S+ ms, (\S+) ms clock, (\d+) bytes, (\d+) allocs`)
	for range max(rounds, 20) {
		cmd := program(with)
		cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
		var trace bytes.Buffer
		cmd.Stderr = &trace
		if err := cmd.Run(); err != nil {
			return err
		}
		for _, m := range line.FindAllSubmatch(trace.Bytes(), -1) {
			ms, err := strconv.ParseFloat(string(m[2]), 64)
			if err != nil {
				return err
			}
			times[string(m[1])] = append(times[string(m[1])], ms*1e3)
		}
	}
	if len(times) == 0 {
		return errors.New("the runtime's inittrace says nothing of the library")
	}
	fmt.Fprint(w, "\n| start-up added by importing | µs |\n| --- | ---: |\n")
	for _, name := range slices.Sorted(maps.Keys(times)) {
		fmt.Fprintf(w, "| %s | %.1f |\n", name, median(times[name]))
	}
	var sizes [2]int64
	for i, f := range []string{without, with} {
		st, err := os.Stat(f)
		if err != nil {
			return err
		}
		sizes[i] = st.Size()
	}
	fmt.Fprintf(w, "\nThe program is %d KiB larger with both packages than without (reflect and sync included).\n", (sizes[1]-sizes[0])>>10)
	return nil
}
