package programs

import "slices"

// All are modules of other people in which a look at the code, or suggest, found
// something to gain, and some where it gains nothing: README.md says why.
var All = []Program{{
	Module: "github.com/mr-tron/base58", Version: "v1.3.0", Packages: ".", Bench: "^BenchmarkFastBase58Encoding(32|64|256)$",
	// It prepares five million inputs before it starts.
	Both: []Edit{{"base58_test.go", "var n = 5000000\n", "var n = 5000\n"}},
	// The digits, and the long numbers of inputs above 64 bytes.
	Edits: []Edit{
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
	Module: "github.com/agnivade/levenshtein", Version: "v1.2.2", Packages: ".", Bench: "^BenchmarkSimple$",
	// The code points of both strings and the row of the matrix, in one block.
	Edits: []Edit{
		{"levenshtein.go", "import \"unicode/utf8\"\n", "import (\n\t\"unicode/utf8\"\n\n\t\"" + library + "\"\n)\n"},
		{"levenshtein.go", "\ts1 := []rune(a)\n\ts2 := []rune(b)\n", `	var d int
	stackalloc.Uninit(len(a)+len(b)+min(len(a), len(b))+1, func(block []rune) {
		s1, block := decode(block, a)
		s2, block := decode(block, b)
		d = distanceOfRunes(s1, s2, block)
	})
	return d
}

` + decode("rune", "r") + `
func distanceOfRunes(s1, s2, row []rune) int {
`},
		{"levenshtein.go", "\t// A uint16 row…distance[uint16](s1, s2))\n", `	if len(s2) > 65535 {
		return distance(s1, s2, make([]int, len(s1)+1))
	}
	row[0] = 0
	return int(distance(s1, s2, row[:len(s1)+1]))
`},
		{"levenshtein.go", "func distance[T uint16 | int](s1, s2 []rune) T {\n", "func distance[T rune | int](s1, s2 []rune, x []T) T {\n"},
		{"levenshtein.go", "\t// Init the row.…x = x[:lenS1+1]\n\t}\n", ""},
	},
}, {
	Module: "github.com/adrg/strutil", Version: "v0.3.1", Packages: "./metrics", Bench: "^Benchmark(Levenshtein|SmithWatermanGotoh)(Words)?$",
	// Levenshtein as in the module above. SmithWatermanGotoh has its two rows in one block, as
	// the command makes it; the code points go to an interface method.
	Edits: slices.Concat([]Edit{
		{"metrics/levenshtein.go", "internal/mathutil\"\n", "internal/mathutil\"\n\t\"" + library + "\"\n"},
		{"metrics/levenshtein.go", "\trunesA, runesB := []rune(a), []rune(b)\n", `	var distance, maxLen int
	stackalloc.Uninit(len(a)+3*len(b)+2, func(block []int) { distance, maxLen = m.distanceOver(block, a, b) })
	return distance, maxLen
}

` + decode("int", "int(r)") + `
func (m *Levenshtein) distanceOver(block []int, a, b string) (int, int) {
	runesA, block := decode(block, a)
	runesB, block := decode(block, b)
`},
		{"metrics/levenshtein.go", "prevCol := make([]int, lenB+1)\n", "prevCol := block[:lenB+1]\n"},
		{"metrics/levenshtein.go", "\tcol := make([]int, lenB+1)\n", "\tcol := block[lenB+1 : 2*(lenB+1)]\n"},
	}, twoRows("Uninit")),
	Added: `package metrics

import "testing"

var (
	sentences = [2]string{"the quick brown fox jumps over the lazy dog", "the slick brown dog jumped over a crazy fox"}
	words     = [2]string{"Winchester", "Westminster"}
)

func benchmarkLevenshtein(b *testing.B, of [2]string) {
	m := NewLevenshtein()
	for i := 0; i < b.N; i++ {
		m.Distance(of[0], of[1])
	}
}

func benchmarkSmithWatermanGotoh(b *testing.B, of [2]string) {
	m := NewSmithWatermanGotoh()
	for i := 0; i < b.N; i++ {
		m.Compare(of[0], of[1])
	}
}

func BenchmarkLevenshtein(b *testing.B)             { benchmarkLevenshtein(b, sentences) }
func BenchmarkLevenshteinWords(b *testing.B)        { benchmarkLevenshtein(b, words) }
func BenchmarkSmithWatermanGotoh(b *testing.B)      { benchmarkSmithWatermanGotoh(b, sentences) }
func BenchmarkSmithWatermanGotohWords(b *testing.B) { benchmarkSmithWatermanGotoh(b, words) }
`,
}, {
	Module: "github.com/ethereum/go-ethereum", Version: "v1.17.10", Packages: "./common/hexutil", Bench: "^BenchmarkEncode(32|1000)$",
	Added: `package hexutil

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
	// Its own benchmarks of it spend most of their time in testify.
	Module: "github.com/prometheus/common", Version: "v0.73.1", Packages: "./model", Bench: "^Benchmark(LabelsToSignature|LabelSetStringMethod)$",
	Added: `package model

import "testing"

func BenchmarkLabelsToSignature(b *testing.B) {
	labels := map[string]string{"instance": "host:9100", "job": "node", "cpu": "3", "mode": "idle", "zone": "eu-west-1"}
	for i := 0; i < b.N; i++ {
		LabelsToSignature(labels)
	}
}
`,
}, {
	Module: "github.com/prometheus/client_golang", Version: "v1.25.0", Packages: "./prometheus", Bench: "^BenchmarkConstrained$",
	// The values after their constraints, which are compared and not kept. Do has up to
	// four strings in the frame, where Call2 takes a block.
	Edits: constrained("\tvar metric Metric\n\tvar err error\n\tstackalloc.Do(len(lvs), func(block []string) {\n"+
		"\t\tmetric, err = m.metricWithLabelValues(constrainInto(block, m.desc, lvs, m.curry))\n\t})\n\treturn metric, err\n", library),
	Added: `package prometheus

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
	Module: "github.com/miekg/dns", Version: "v1.1.73", Packages: ".", Bench: "^Benchmark(CompareDomainName|IsSubDomain)$", Run: dnsTests,
	// Where the labels of both names begin. A label and its dot have two bytes at least,
	// so that nothing has to be appended.
	Edits: dnsBlock("Uninit"),
}, {
	// The same with what is simpler and faster than this library, where most names have few labels.
	Module: "github.com/miekg/dns", Version: "v1.1.73", Packages: ".", Bench: "^Benchmark(CompareDomainName|IsSubDomain)$", Run: dnsTests,
	Changed: "arrays",
	Edits:   dnsArrays,
}, {
	Module: "github.com/lib/pq", Version: "v1.12.3", Packages: ".", Bench: "^Benchmark(ByteaArray|Int64Array)Value$", Run: "^TestArray(Parse|ParseError|Func|Scan|Value)$",
	// Its other tests want a server, and so does what it does at the end.
	Both: []Edit{{"pq_test.go", "\tif debugProto {", "\tif true || debugProto {"}},
	Added: `package pq

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
	Module: "github.com/vmihailenco/msgpack/v5", Version: "v5.4.1", Packages: ".", Bench: "^BenchmarkSortedMap(ToBuffer)?$",
	// The keys, for a function of its own, since a value of the map may be a map again.
	Edits: []Edit{
		{"encode_map.go", "\t\"sort\"\n\n", "\t\"sort\"\n\n\t\"" + library + "\"\n"},
		{"encode_map.go", "\tkeys := make([]string, 0, len(m))\n\n\tfor k := range m {\n",
			"\treturn stackalloc.Call(len(m), func(keys []string) error { return e.encodeSorted(m, keys[:0]) })\n}\n\n" +
				"func (e *Encoder) encodeSorted(m map[string]interface{}, keys []string) error {\n\tfor k := range m {\n"},
	},
	Added: `package msgpack

import (
	"bytes"
	"io"
	"testing"
)

var sorted = map[string]interface{}{"name": 1, "other": 2, "third": 3, "fourth": 4, "fifth": 5, "last": 6}

func BenchmarkSortedMap(b *testing.B) {
	e := NewEncoder(io.Discard)
	e.SetSortMapKeys(true)
	for i := 0; i < b.N; i++ {
		e.Encode(sorted)
	}
}

// A writer that takes single bytes.
func BenchmarkSortedMapToBuffer(b *testing.B) {
	var buf bytes.Buffer
	e := NewEncoder(&buf)
	e.SetSortMapKeys(true)
	for i := 0; i < b.N; i++ {
		buf.Reset()
		e.Encode(sorted)
	}
}
`,
}, {
	Module: "github.com/tidwall/gjson", Version: "v1.20.2", Packages: ".", Bench: "^BenchmarkEscape$",
	Added: `package gjson

import "testing"

func BenchmarkEscape(b *testing.B) {
	path := "a.path|with*signs?and.so.on.that.must.be.escaped"
	for i := 0; i < b.N; i++ {
		Escape(path)
	}
}
`,
}, {
	Module: "github.com/sergi/go-diff", Version: "v1.4.0", Packages: "./diffmatchpatch", Bench: "^BenchmarkDiff(CleanupSemantic|MainRunesLargeDiffLines)$",
}, {
	Module: "github.com/btcsuite/btcd/btcutil", Version: "v1.2.0", Packages: "./base58", Bench: "^BenchmarkBase58(En|De)code_5K$",
}, {
	Module: "golang.org/x/image", Version: "v0.48.0", Packages: "./draw", Bench: "^BenchmarkTformCRSrc(Gray|RGBA)$",
}}

// decode is a function that puts the code points of a string at the beginning of a block
// and returns them, and what is left of the block.
func decode(element, value string) string {
	return "func decode(block []" + element + ", s string) (runes, rest []" + element + ") {\n\ti := 0\n\tfor _, r := range s {\n\t\tblock[i] = " + value + "\n\t\ti++\n\t}\n\treturn block[:i], block[i:]\n}\n"
}

// twoRows has both rows of SmithWatermanGotoh in one block, cut in two.
func twoRows(form string) []Edit {
	return []Edit{
		{"metrics/smith_waterman_gotoh.go", "internal/mathutil\"\n", "internal/mathutil\"\n\t\"" + library + "\"\n"},
		{"metrics/smith_waterman_gotoh.go", "\tv0 := make([]float64, lenB)\n\tv1 := make([]float64, lenB)\n",
			"\tvar similarity float64\n\tstackalloc." + form + "(2*lenB, func(rows []float64) {\n\tsubst, v0, v1 := subst, rows[:lenB:lenB], rows[lenB:]\n"},
		{"metrics/smith_waterman_gotoh.go", "\treturn distance / maxDistance\n", "\tsimilarity = distance / maxDistance\n\t})\n\treturn similarity\n"},
	}
}

// dnsTests leaves out tests with a server on loopback, which fail on a busy machine.
const dnsTests = "Domain|Label|Name|Parse|Compress|RR|TXT|Zone|NSEC|Dot|Escape|Generate|Split|Fqdn|Canonical"

// dnsBlock has the labels of both names in one block, cut in two.
func dnsBlock(form string) []Edit {
	return []Edit{
		{"labels.go", "package dns\n", "package dns\n\nimport \"" + library + "\"\n"},
		{"labels.go", "\tl1 := Split(s1)\n\tl2 := Split(s2)\n",
			"\tmost := len(s1)/2 + 1\n\tstackalloc." + form + "(most+len(s2)/2+1, func(block []int) {\n" +
				"\t\tn = commonLabels(s1, s2, labels(block[:most], s1), labels(block[most:], s2))\n\t})\n\treturn n\n}\n\n" +
				"func labels(block []int, s string) []int {\n\tn, off, end := 0, 0, false\n\tfor !end && n < len(block) {\n\t\tblock[n] = off\n\t\tn++\n\t\toff, end = NextLabel(s, off)\n\t}\n\treturn block[:n]\n}\n\n" + dnsCommonLabels},
	}
}

var dnsArrays = []Edit{
	{"labels.go", "\tl1 := Split(s1)\n\tl2 := Split(s2)\n",
		"\tvar a1, a2 [16]int\n\treturn commonLabels(s1, s2, appendLabels(a1[:0], s1), appendLabels(a2[:0], s2))\n}\n\n" +
			"func appendLabels(idx []int, s string) []int {\n\tidx = append(idx, 0)\n\tfor off, end := NextLabel(s, 0); !end; off, end = NextLabel(s, off) {\n\t\tidx = append(idx, off)\n\t}\n\treturn idx\n}\n\n" + dnsCommonLabels},
}

// dnsCommonLabels begins the rest of CompareDomainName.
const dnsCommonLabels = "func commonLabels(s1, s2 string, l1, l2 []int) (n int) {\n"

// constrained has the values after their constraints where body says, for which a
// package may have to be imported.
func constrained(body, imports string) []Edit {
	if imports != "" {
		imports = "\t\"" + imports + "\"\n"
	}
	return []Edit{
		{"prometheus/vec.go", "\t\"github.com/prometheus/common/model\"\n", "\t\"github.com/prometheus/common/model\"\n" + imports},
		{"prometheus/vec.go", "func (m *MetricVec) GetMetricWithLabelValues(lvs ...string) (Metric, error) {\n\tlvs = constrainLabelValues(m.desc, lvs, m.curry)\n",
			"func (m *MetricVec) GetMetricWithLabelValues(lvs ...string) (Metric, error) {\n\tif len(m.desc.variableLabels.labelConstraints) == 0 {\n\t\treturn m.metricWithLabelValues(lvs)\n\t}\n" +
				body + "}\n\nfunc (m *MetricVec) metricWithLabelValues(lvs []string) (Metric, error) {\n"},
		{"prometheus/vec.go", "\tconstrainedValues := make([]string, len(lvs))\n",
			"\treturn constrainInto(make([]string, len(lvs)), desc, lvs, curry)\n}\n\nfunc constrainInto(constrainedValues []string, desc *Desc, lvs []string, curry []curriedLabelValue) []string {\n"},
	}
}
