package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stackalloc/stackalloc/benchmarks/internal/tables"
)

// An edit replaces text that a file has exactly once.
type edit struct{ file, old, new string }

// A program is a module of other people. It is fetched when needed; only our edits
// of it are here.
type program struct {
	module, version string
	packages        string // of the module, with ./
	bench           string // regular expression
	run             string // the tests, a regular expression; all of them if it is empty
	added           string // a test file of ours, with benchmarks where the package has none
	both            []edit // made before and after: what makes the benchmarks usable
	edits           []edit // our patch; without one, what stackalloc suggest makes
	note            string // why it gains nothing, for instance
}

const library = "github.com/stackalloc/stackalloc"

var programs = []program{{
	module: "github.com/mr-tron/base58", version: "v1.3.0", packages: ".", bench: "^BenchmarkFastBase58Encoding(32|64|256)$",
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
	module: "github.com/agnivade/levenshtein", version: "v1.2.2", packages: ".", bench: "^BenchmarkSimple$",
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
}, {
	module: "github.com/adrg/strutil", version: "v0.3.1", packages: "./metrics", bench: "^Benchmark(Levenshtein|SmithWatermanGotoh)$",
	added: `package metrics

import "testing"

var sentences = [2]string{"the quick brown fox jumps over the lazy dog", "the slick brown dog jumped over a crazy fox"}

func BenchmarkLevenshtein(b *testing.B) {
	m := NewLevenshtein()
	for i := 0; i < b.N; i++ {
		m.Distance(sentences[0], sentences[1])
	}
}

func BenchmarkSmithWatermanGotoh(b *testing.B) {
	m := NewSmithWatermanGotoh()
	for i := 0; i < b.N; i++ {
		m.Compare(sentences[0], sentences[1])
	}
}
`,
}, {
	module: "github.com/ethereum/go-ethereum", version: "v1.17.10", packages: "./common/hexutil", bench: "^BenchmarkEncode(32|1000)$",
	added: `package hexutil

import "testing"

func benchmarkEncode(b *testing.B, n int) {
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(i)
	}
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		Encode(data)
	}
}

func BenchmarkEncode32(b *testing.B)   { benchmarkEncode(b, 32) }
func BenchmarkEncode1000(b *testing.B) { benchmarkEncode(b, 1000) }
`,
}, {
	module: "github.com/prometheus/common", version: "v0.73.1", packages: "./model", bench: "^Benchmark(LabelToSignature(Single|Double|Triple)|LabelSetStringMethod)$",
}, {
	module: "github.com/prometheus/client_golang", version: "v1.25.0", packages: "./prometheus", bench: "^BenchmarkConstrained$", run: "Vec|Label",
	// The values after their constraints, which are compared and not kept.
	edits: []edit{
		{"prometheus/vec.go", "\t\"github.com/prometheus/common/model\"\n", "\t\"github.com/prometheus/common/model\"\n\t\"" + library + "\"\n"},
		{"prometheus/vec.go", "func (m *MetricVec) GetMetricWithLabelValues(lvs ...string) (Metric, error) {\n\tlvs = constrainLabelValues(m.desc, lvs, m.curry)\n",
			"func (m *MetricVec) GetMetricWithLabelValues(lvs ...string) (Metric, error) {\n\tif len(m.desc.variableLabels.labelConstraints) == 0 {\n\t\treturn m.metricWithLabelValues(lvs)\n\t}\n" +
				"\treturn stackalloc.Call2(len(lvs), func(block []string) (Metric, error) {\n\t\treturn m.metricWithLabelValues(constrainInto(block, m.desc, lvs, m.curry))\n\t})\n}\n\n" +
				"func (m *MetricVec) metricWithLabelValues(lvs []string) (Metric, error) {\n"},
		{"prometheus/vec.go", "\tconstrainedValues := make([]string, len(lvs))\n",
			"\treturn constrainInto(make([]string, len(lvs)), desc, lvs, curry)\n}\n\nfunc constrainInto(constrainedValues []string, desc *Desc, lvs []string, curry []curriedLabelValue) []string {\n"},
	},
	added: `package prometheus

import (
	"strings"
	"testing"
)

func BenchmarkConstrained(b *testing.B) {
	vec := V2.NewCounterVec(CounterVecOpts{
		CounterOpts:    CounterOpts{Name: "requests", Help: "help"},
		VariableLabels: ConstrainedLabels{{Name: "method", Constraint: strings.ToLower}, {Name: "code"}, {Name: "path"}},
	})
	for i := 0; i < b.N; i++ {
		vec.WithLabelValues("get", "200", "/index").Inc()
	}
}
`,
}, {
	module: "github.com/miekg/dns", version: "v1.1.73", packages: ".", bench: "^Benchmark(CompareDomainName|IsSubDomain)$", run: "Domain|Label|Name",
	// Where the labels of both names begin. A label and its dot have two bytes at least.
	edits: []edit{
		{"labels.go", "package dns\n", "package dns\n\nimport \"" + library + "\"\n"},
		{"labels.go", "\tl1 := Split(s1)\n\tl2 := Split(s2)\n",
			"\tmost := len(s1)/2 + 1\n\treturn stackalloc.Call(most+len(s2)/2+1, func(block []int) int {\n" +
				"\t\treturn commonLabels(s1, s2, appendLabels(block[:0:most], s1), appendLabels(block[most:most], s2))\n\t})\n}\n\n" +
				"func appendLabels(idx []int, s string) []int {\n\tidx = append(idx, 0)\n\tfor off, end := NextLabel(s, 0); !end; off, end = NextLabel(s, off) {\n\t\tidx = append(idx, off)\n\t}\n\treturn idx\n}\n\n" +
				"func commonLabels(s1, s2 string, l1, l2 []int) (n int) {\n"},
	},
	note: "two arrays of constant length, with make for names of more labels, gain more than a block.",
}, {
	module: "github.com/lib/pq", version: "v1.12.3", packages: ".", bench: "^Benchmark(ByteaArray|Int64Array)Value$", run: "^TestArray(Parse|ParseError|Func|Parameter|Scan|Value)$",
	// Its tests ask for a server at the end.
	both: []edit{{"pq_test.go", "\tif debugProto {", "\tif true || debugProto {"}},
	added: `package pq

import "testing"

func BenchmarkByteaArrayValue(b *testing.B) {
	a := ByteaArray{[]byte("a first value"), []byte("another one"), []byte("and a third, which is longer than the others")}
	for i := 0; i < b.N; i++ {
		a.Value()
	}
}

func BenchmarkInt64ArrayValue(b *testing.B) {
	a := Int64Array{1, 22, 333, 4444, 55555, 666666, 7777777, 88888888}
	for i := 0; i < b.N; i++ {
		a.Value()
	}
}
`,
}, {
	module: "github.com/vmihailenco/msgpack/v5", version: "v5.4.1", packages: ".", bench: "^BenchmarkSortedMap$",
	added: `package msgpack

import (
	"io"
	"testing"
)

func BenchmarkSortedMap(b *testing.B) {
	m := map[string]interface{}{"name": 1, "other": 2, "third": 3, "fourth": 4, "fifth": 5, "last": 6}
	e := NewEncoder(io.Discard)
	e.SetSortMapKeys(true)
	for i := 0; i < b.N; i++ {
		e.Encode(m)
	}
}
`,
}, {
	module: "github.com/tidwall/gjson", version: "v1.20.2", packages: ".", bench: "^BenchmarkEscape$",
	added: `package gjson

import "testing"

func BenchmarkEscape(b *testing.B) {
	path := "a.path|with*signs?and.so.on.that.must.be.escaped"
	for i := 0; i < b.N; i++ {
		Escape(path)
	}
}
`,
}, {
	module: "github.com/sergi/go-diff", version: "v1.4.0", packages: "./diffmatchpatch", bench: "^BenchmarkDiff(HalfMatch|CommonPrefix|MainRunesLargeDiffLines)$",
}, {
	module: "github.com/btcsuite/btcd/btcutil", version: "v1.1.6", packages: "./base58", bench: "^BenchmarkBase58(En|De)code_5K$",
}, {
	module: "golang.org/x/image", version: "v0.48.0", packages: "./draw", bench: "^BenchmarkSimpleTransform(Copy|Scale)$", run: "Interp|Alias|Transform|Clip",
}}

// measurePrograms measures each program by stackalloc try, old against new in turn.
// One that cannot be had or built is left out, and said so.
func measurePrograms(w io.Writer, dir string, quick bool, chart string) error {
	count, benchtime := "20", "200ms"
	if quick {
		count, benchtime = "6", "50ms"
	}
	root, err := filepath.Abs("..")
	if err != nil {
		return err
	}
	command := filepath.Join(dir, "stackalloc.exe")
	build := exec.Command("go", "build", "-o", command, "./cmd/stackalloc")
	build.Dir = root
	if err := output(build); err != nil {
		return err
	}
	fmt.Fprintf(w, "%s. What `stackalloc try` tells of each: the median time of an operation before and after, and the median ratio of pairs of\n"+
		"runs in turn, ± half of its 95 %% confidence interval. Their own tests pass before and after. Changed by the\n"+
		"command alone, or by a *patch*, some lines of ours in programs.go. Reproduce: `cd benchmarks && go run . -programs`\n\n", tables.Machine())
	fmt.Fprint(w, "| module, benchmark | ns before | after | ratio | objects | bytes | collections per million | changed by |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n")
	var rows []programRow
	var left []string
	for i, p := range programs {
		tables.Progress("%d of %d: %s", i+1, len(programs), p.module)
		of, err := p.measure(filepath.Join(dir, "programs", fmt.Sprint(i)), command, root, "-count="+count, "-benchtime="+benchtime)
		if err != nil {
			left = append(left, fmt.Sprintf("%s %s: %v", p.module, p.version, err))
			continue
		}
		rows = append(rows, of...)
	}
	slices.SortStableFunc(rows, func(a, b programRow) int { return cmp.Compare(a.Ratio, b.Ratio) })
	for _, r := range rows {
		fmt.Fprintf(w, "| %s %s | %s | %s | %.2f ±%.0f %% | %.0f → %.0f | %.0f → %.0f | %.0f → %.0f | %s |\n", r.program.module, strings.TrimPrefix(r.Name, "Benchmark"),
			tables.Number(r.Before.NS), tables.Number(r.After.NS), r.Ratio, 50*(r.High-r.Low)/r.Ratio,
			r.Before.Allocs, r.After.Allocs, r.Before.Bytes, r.After.Bytes, r.Before.Collections, r.After.Collections, r.program.by())
	}
	if chart != "" && len(rows) > 0 {
		if err := writeRatios(chart, rows); err != nil {
			return err
		}
		fmt.Fprintf(w, "\n![Ratio of the times after and before, by program](%s)\n", filepath.ToSlash(chart))
	}
	for _, p := range programs {
		if p.note != "" {
			fmt.Fprintf(w, "\n%s %s: %s\n", p.module, p.version, p.note)
		}
	}
	for _, l := range left {
		fmt.Fprintf(w, "\nNot measured: %s\n", l)
	}
	if len(rows) == 0 {
		return errors.New("no program was measured")
	}
	return nil
}

// A programRow is one benchmark, as stackalloc try -json writes it.
type programRow struct {
	program       program
	Name          string
	Before, After struct{ NS, Bytes, Allocs, Collections float64 }
	Ratio         float64
	Low, High     float64
}

// by says who changed it, and the command that measures it in the module's folder.
func (p program) by() string {
	if p.edits != nil {
		return "patch"
	}
	return fmt.Sprintf("`stackalloc try -bench '%s' %s`", strings.ReplaceAll(p.bench, "|", "\\|"), p.packages)
}

// measure fetches the module into dir and tries the library in it.
func (p program) measure(dir, command, root string, flags ...string) ([]programRow, error) {
	source, err := p.fetch()
	if err != nil {
		return nil, err
	}
	before := filepath.Join(dir, "a")
	if err := p.copy(before, source); err != nil {
		return nil, err
	}
	args := append([]string{"try", "-json", "-library", root, "-bench", p.bench, "-run", cmp.Or(p.run, ".")}, flags...)
	if p.edits != nil {
		after := filepath.Join(dir, "b")
		if err := errors.Join(p.copy(after, source), apply(after, p.edits)); err != nil {
			return nil, err
		}
		patch := filepath.Join(dir, "patch.diff")
		diff := exec.Command("git", "diff", "--no-index", "--no-prefix", "a", "b")
		diff.Dir = dir
		text, _ := diff.Output() // its status says whether there is a difference
		if err := os.WriteFile(patch, text, 0o644); err != nil {
			return nil, err
		}
		args = append(args, "-patch", patch)
	}
	cmd := exec.Command(command, append(args, p.packages)...)
	cmd.Dir = before
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-buildvcs=false")
	var out, diag bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &diag
	err = cmd.Run()
	var doc struct {
		Tests      struct{ Before, After string }
		Benchmarks []programRow
		Notes      []string
	}
	switch jsonErr := json.Unmarshal(out.Bytes(), &doc); {
	case cmd.ProcessState == nil:
		return nil, err
	case cmd.ProcessState.ExitCode() == 2 || jsonErr != nil:
		return nil, fmt.Errorf("stackalloc try: %s", bytes.TrimSpace(diag.Bytes()))
	case doc.Tests.After != "pass":
		return nil, fmt.Errorf("tests: before %s, after %s: %s", doc.Tests.Before, doc.Tests.After, strings.Join(doc.Notes, "; "))
	case len(doc.Benchmarks) == 0:
		return nil, fmt.Errorf("no benchmark matches %s: %s", p.bench, strings.Join(doc.Notes, "; "))
	}
	for i := range doc.Benchmarks {
		doc.Benchmarks[i].program = p
	}
	return doc.Benchmarks, nil
}

// copy makes a module that can be changed, with what is changed before and after.
func (p program) copy(dir, source string) error {
	if err := os.CopyFS(dir, os.DirFS(source)); err != nil {
		return err
	}
	if err := writable(dir); err != nil {
		return err
	}
	if p.added != "" {
		if err := os.WriteFile(filepath.Join(dir, p.packages, "stackalloc_bench_test.go"), []byte(p.added), 0o644); err != nil {
			return err
		}
	}
	return apply(dir, p.both)
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
