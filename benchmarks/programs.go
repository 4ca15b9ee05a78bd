package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchmath"

	"github.com/stackalloc/stackalloc/benchmarks/internal/tables"
	"github.com/stackalloc/stackalloc/internal/measure"
)

// An edit replaces text that a file has exactly once.
type edit struct{ file, old, new string }

// A program is a module of other people that has a hot buffer whose length is
// known at run time. It is fetched when needed; only our edit of it is here.
type program struct {
	module, version string
	bench           string // regular expression
	edits           []edit
	both            []edit // made before and after: what makes the benchmarks usable
}

const library = "github.com/stackalloc/stackalloc"

var programs = []program{{
	module: "github.com/mr-tron/base58", version: "v1.3.0", bench: "^BenchmarkFastBase58Encoding(32|64|256)$",
	// It prepares five million inputs before it starts.
	both: []edit{{"base58_test.go", "var n = 5000000\n", "var n = 5000\n"}},
	// The digits, and the long numbers of inputs above 64 bytes.
	edits: []edit{
		{"base58.go", "\t\"math/bits\"\n", "\t\"math/bits\"\n\n\t\"" + library + "\"\n"},
		{"base58.go", "\t\twords = make([]uint64, wordCount)\n\t\tscratch = make([]uint64, wordCount)\n\t}\n",
			"\t\tvar s string\n\t\tstackalloc.Uninit(2*wordCount+len(payload)*555/406/base58EncodeChunkDigits+1, func(block []uint64) {\n\t\t\ts = encodeWords(payload, zcount, block[:wordCount], block[wordCount:2*wordCount], block[2*wordCount:], alphabet)\n\t\t})\n\t\treturn s\n\t}\n" +
				"\treturn encodeWords(payload, zcount, words, scratch, nil, alphabet)\n}\n\n" +
				"func encodeWords(payload []byte, zcount int, words, scratch, digits []uint64, alphabet *Alphabet) string {\n"},
		{"base58.go", "\t\tchunks = make([]uint64, 0, chunkEstimate)\n", "\t\tchunks = digits[:0]\n"},
		{"base58.go", "\tout := make([]byte, zcount+msDigits+(len(chunks)-1)*base58EncodeChunkDigits)\n",
			"\tvar s string\n\tstackalloc.Uninit(zcount+msDigits+(len(chunks)-1)*base58EncodeChunkDigits, func(out []byte) {\n"},
		{"base58.go", "\t\tpos--\n\t\tout[pos] = alphabet.encode[chunk%58]\n\t\tchunk /= 58\n\t}\n\n\treturn string(out)\n",
			"\t\tpos--\n\t\tout[pos] = alphabet.encode[chunk%58]\n\t\tchunk /= 58\n\t}\n\n\ts = string(out)\n\t})\n\treturn s\n"},
	},
}, {
	module: "github.com/agnivade/levenshtein", version: "v1.2.2", bench: "^BenchmarkSimple$",
	// The code points of both strings, and the row of the matrix.
	edits: []edit{
		{"levenshtein.go", "import \"unicode/utf8\"\n", "import (\n\t\"unicode/utf8\"\n\n\t\"" + library + "\"\n)\n"},
		{"levenshtein.go", "\ts1 := []rune(a)\n\ts2 := []rune(b)\n",
			"\tvar d int\n\tstackalloc.Uninit(len(a)+len(b), func(block []rune) {\n\t\td = distanceOfRunes(runes(block[:len(a)], a), runes(block[len(a):], b))\n\t})\n\treturn d\n}\n\n" +
				"func runes(block []rune, s string) []rune {\n\ti := 0\n\tfor _, r := range s {\n\t\tblock[i] = r\n\t\ti++\n\t}\n\treturn block[:i]\n}\n\n" +
				"func distanceOfRunes(s1, s2 []rune) int {\n"},
		{"levenshtein.go", "\t\treturn distance[int](s1, s2)\n\t}\n\treturn int(distance[uint16](s1, s2))\n",
			"\t\treturn distance(s1, s2, make([]int, len(s1)+1))\n\t}\n\tvar d int\n\tstackalloc.Do(len(s1)+1, func(row []uint16) { d = int(distance(s1, s2, row)) })\n\treturn d\n"},
		{"levenshtein.go", "func distance[T uint16 | int](s1, s2 []rune) T {\n", "func distance[T uint16 | int](s1, s2 []rune, x []T) T {\n"},
		{"levenshtein.go", "\tvar x []T\n\tif lenS1+1 > minLengthThreshold {\n\t\tx = make([]T, lenS1+1)\n\t} else {\n", "\tif false {\n"},
		{"levenshtein.go", "\t\tx = make([]T, minLengthThreshold)\n\t\tx = x[:lenS1+1]\n", "\t\t_ = minLengthThreshold\n"},
	},
}}

// measurePrograms puts the library into each program and compares tests and
// benchmarks of its own before and after.
func measurePrograms(w io.Writer, dir string, quick bool) error {
	rounds := 20
	if quick {
		rounds = 6
	}
	root, err := filepath.Abs("..")
	if err != nil {
		return err
	}
	checker := filepath.Join(dir, "stackalloc.exe")
	build := exec.Command("go", "build", "-o", checker, "./cmd/stackalloc")
	build.Dir = root
	if err := output(build); err != nil {
		return err
	}
	fmt.Fprintf(w, "%s. Medians of %d runs in turn, ± half of the 95 %% confidence interval in percent.\n", tables.Machine(), rounds)
	for _, p := range programs {
		if err := p.measure(w, filepath.Join(dir, filepath.Base(p.module)), root, checker, rounds); err != nil {
			return fmt.Errorf("%s: %w", p.module, err)
		}
	}
	return nil
}

func (p program) measure(w io.Writer, dir, root, checker string, rounds int) error {
	source, err := p.fetch()
	if err != nil {
		return err
	}
	variants := [2]string{filepath.Join(dir, "before"), filepath.Join(dir, "after")}
	for i, d := range variants {
		if err := os.CopyFS(d, os.DirFS(source)); err != nil {
			return err
		}
		if err := writable(d); err != nil {
			return err
		}
		if err := apply(d, p.both); err != nil {
			return err
		}
		args := []string{"mod", "edit", "-go=1.25.0"} // the same for both
		if i == 1 {
			if err := errors.Join(apply(d, p.edits), addSums(d, root)); err != nil {
				return err
			}
			args = append(args, "-require="+library+"@v0.0.0", "-replace="+library+"="+root)
		}
		for _, args := range [][]string{args, {"test", "-mod=mod", "."}, {"test", "-mod=mod", "-c", "-o", "bench.exe", "."}} {
			cmd := exec.Command("go", args...)
			cmd.Dir = d
			if err := output(cmd); err != nil {
				return fmt.Errorf("%s, go %s: %w", filepath.Base(d), strings.Join(args, " "), err)
			}
		}
	}
	check := exec.Command(checker, "check", "-mod=mod", ".")
	check.Dir = variants[1]
	proven, err := check.CombinedOutput()
	if err != nil {
		return fmt.Errorf("stackalloc check: %v\n%s", err, proven)
	}
	fmt.Fprintf(w, "\n%s %s, %d calls, all proven; its tests pass before and after.\n", p.module, p.version, bytes.Count(proven, []byte(": proven")))
	var runs [2]map[string]*measured
	for i := range runs {
		runs[i] = map[string]*measured{}
	}
	var order []string
	for range rounds {
		for i, d := range variants {
			names, err := p.run(d, runs[i])
			if err != nil {
				return err
			}
			order = names
		}
	}
	fmt.Fprintf(w, "\n| %s | ns before | ns after | ratio | allocs | B | collections per million |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n", filepath.Base(p.module))
	for _, name := range order {
		b, a := runs[0][name], runs[1][name]
		before, after := summary(b.ns), summary(a.ns)
		var gcs [2]float64
		for i, d := range variants {
			if gcs[i], err = p.collections(d, name); err != nil {
				return err
			}
		}
		fmt.Fprintf(w, "| %s | %s | %s | %.2f | %.0f → %.0f | %.0f → %.0f | %.1f → %.1f |\n", name, interval(before), interval(after),
			after.Center/before.Center, b.allocs, a.allocs, b.bytes, a.bytes, gcs[0], gcs[1])
	}
	return nil
}

// fetch returns the folder of the module's source, which is read-only.
func (p program) fetch() (string, error) {
	cmd := exec.Command("go", "mod", "download", "-json", p.module+"@"+p.version)
	out, err := cmd.Output()
	var info struct{ Dir, Error string }
	if jsonErr := json.Unmarshal(out, &info); jsonErr != nil {
		return "", errors.Join(err, jsonErr)
	}
	if info.Error != "" {
		return "", errors.New(info.Error)
	}
	return info.Dir, err
}

func writable(dir string) error {
	return filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.Chmod(path, 0o755)
		}
		return os.Chmod(path, 0o644)
	})
}

func apply(dir string, edits []edit) error {
	for _, e := range edits {
		file := filepath.Join(dir, e.file)
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if n := bytes.Count(text, []byte(e.old)); n != 1 {
			return fmt.Errorf("%s has %d times what is to be replaced: %q", e.file, n, e.old)
		}
		if err := os.WriteFile(file, bytes.Replace(text, []byte(e.old), []byte(e.new), 1), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// addSums gives the module in dir the sums of what the library requires.
func addSums(dir, root string) error {
	ours, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		return err
	}
	theirs, err := os.ReadFile(filepath.Join(dir, "go.sum"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "go.sum"), append(theirs, ours...), 0o644)
}

// operations is how many one run of a benchmark does.
const operations = 20_000

// measured is what a benchmark reported, run by run.
type measured struct {
	ns            []float64
	allocs, bytes float64
}

func (p program) run(dir string, into map[string]*measured) (names []string, err error) {
	cmd := exec.Command(filepath.Join(dir, "bench.exe"), "-test.run=^$", "-test.bench="+p.bench, "-test.benchmem", fmt.Sprintf("-test.benchtime=%dx", operations))
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	for read := benchfmt.NewReader(bytes.NewReader(out), "output"); read.Scan(); {
		r, ok := read.Result().(*benchfmt.Result)
		if !ok {
			continue
		}
		name := string(r.Name.Full())
		if i := strings.LastIndexByte(name, '-'); i > 0 {
			name = name[:i]
		}
		m := into[name]
		if m == nil {
			m = new(measured)
			into[name] = m
		}
		sec, _ := r.Value("sec/op")
		m.ns = append(m.ns, sec*1e9)
		m.allocs, _ = r.Value("allocs/op")
		m.bytes, _ = r.Value("B/op")
		names = append(names, name)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no benchmark matches %s", p.bench)
	}
	return names, nil
}

// collections returns how often the collector ran by itself for a million of the
// benchmark's operations.
func (p program) collections(dir, name string) (float64, error) {
	var exact []string
	for part := range strings.SplitSeq("Benchmark"+strings.TrimPrefix(name, "Benchmark"), "/") {
		exact = append(exact, "^"+regexp.QuoteMeta(part)+"$")
	}
	cmd := exec.Command(filepath.Join(dir, "bench.exe"), "-test.run=^$", "-test.bench="+strings.Join(exact, "/"), fmt.Sprintf("-test.benchtime=%dx", operations))
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GODEBUG=gctrace=1")
	var trace bytes.Buffer
	cmd.Stderr = &trace
	if err := cmd.Run(); err != nil {
		return 0, err
	}
	n := 0
	for line := range strings.Lines(trace.String()) {
		if strings.HasPrefix(line, "gc ") && !strings.Contains(line, "(forced)") {
			n++
		}
	}
	return float64(n) * 1e6 / operations, nil
}

func summary(ns []float64) benchmath.Summary {
	s := benchmath.NewSample(slices.Clone(ns), &benchmath.DefaultThresholds)
	return benchmath.AssumeNothing.Summary(s, measure.Confidence)
}

func interval(s benchmath.Summary) string {
	return fmt.Sprintf("%s ±%.0f", tables.Number(s.Center), 100*(s.Hi-s.Lo)/2/s.Center)
}
