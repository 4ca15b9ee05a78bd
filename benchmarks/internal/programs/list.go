package programs

import (
	"fmt"
	"slices"
)

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
	Arrays: []Edit{
		{"base58.go", "\t} else {\n\t\twords = make([]uint64, wordCount)\n", "\t} else if wordCount <= 32 {\n\t\tvar room [2][32]uint64\n\t\twords, scratch = room[0][:wordCount], room[1][:wordCount]\n\t} else {\n\t\twords = make([]uint64, wordCount)\n"},
		{"base58.go", "\t} else {\n\t\tchunks = make([]uint64, 0, chunkEstimate)\n", "\t} else if chunkEstimate <= 40 {\n\t\tvar room [40]uint64\n\t\tchunks = room[:0]\n\t} else {\n\t\tchunks = make([]uint64, 0, chunkEstimate)\n"},
		{"base58.go", "\tout := make([]byte, zcount+msDigits+(len(chunks)-1)*base58EncodeChunkDigits)\n", `	var out []byte
	if n := zcount + msDigits + (len(chunks)-1)*base58EncodeChunkDigits; n <= 96 {
		var room [96]byte
		out = room[:n]
	} else if n <= 400 {
		var room [400]byte
		out = room[:n]
	} else {
		out = make([]byte, n)
	}
`},
	},
}, {
	Module: "github.com/agnivade/levenshtein", Version: "v1.2.2", Packages: ".", Bench: "^BenchmarkSimple$",
	// The code points of both strings and the row of the matrix, in one block.
	Edits: oneBlock("stackalloc.Uninit(len(a)+len(b)+min(len(a), len(b))+1, func(block []rune) { d = distanceInBlock(block, a, b) })", library),
	Arrays: oneBlock(`if n := len(a) + len(b) + min(len(a), len(b)) + 1; n <= 96 {
		var room [96]rune
		d = distanceInBlock(room[:], a, b)
	} else if n <= 256 {
		var room [256]rune
		d = distanceInBlock(room[:], a, b)
	} else {
		d = distanceInBlock(make([]rune, n), a, b)
	}`, "unicode/utf8"),
}, {
	Module: "github.com/adrg/strutil", Version: "v0.3.1", Packages: "./metrics", Bench: "^Benchmark(Levenshtein|SmithWatermanGotoh)(Words)?$",
	// Levenshtein as in the module above. SmithWatermanGotoh has its two rows in one block, as
	// the command makes it; the code points go to an interface method, so that their block is
	// one of package scratch.
	Edits: slices.Concat(levenshteinOver("\tvar distance, maxLen int\n\tstackalloc.Uninit(len(a)+3*len(b)+2, func(block []int) { distance, maxLen = m.distanceOver(block, a, b) })\n\treturn distance, maxLen\n"), []Edit{
		{"metrics/levenshtein.go", "internal/mathutil\"\n", "internal/mathutil\"\n\t\"" + library + "\"\n"},
		{"metrics/smith_waterman_gotoh.go", "internal/mathutil\"\n", "internal/mathutil\"\n\t\"" + library + "/scratch\"\n"},
		{"metrics/smith_waterman_gotoh.go", "\trunesA, runesB := []rune(a), []rune(b)\n", `	return scratch.Call(len(a)+len(b), func(block []rune) float64 {
		runesA, block := decodeRunes(block, a)
		runesB, _ := decodeRunes(block, b)
		return m.compare(runesA, runesB, gap)
	})
}

` + decode("decodeRunes", "rune", "r") + `
func (m *SmithWatermanGotoh) compare(runesA, runesB []rune, gap float64) float64 {
`},
	}, twoRows("Uninit")),
	// Any Substitution may be given, so that its code points are on the heap wherever the
	// compiler has to prove that they are not kept; an array for one goroutine only does without.
	Arrays: slices.Concat(levenshteinOver(`	n := len(a) + 3*len(b) + 2
	if n <= 64 {
		var room [64]int
		return m.distanceOver(room[:], a, b)
	}
	if n <= 256 {
		var room [256]int
		return m.distanceOver(room[:], a, b)
	}
	return m.distanceOver(make([]int, n), a, b)
`), []Edit{
		{"metrics/smith_waterman_gotoh.go", "func (m *SmithWatermanGotoh) Compare(", decode("decodeRunes", "rune", "r") + "\nvar forRunes [256]rune\n\nfunc (m *SmithWatermanGotoh) Compare("},
		{"metrics/smith_waterman_gotoh.go", "\trunesA, runesB := []rune(a), []rune(b)\n", `	block := forRunes[:]
	if len(a)+len(b) > len(block) {
		block = make([]rune, len(a)+len(b))
	}
	runesA, block := decodeRunes(block, a)
	runesB, _ := decodeRunes(block, b)
`},
		{"metrics/smith_waterman_gotoh.go", "\tv0 := make([]float64, lenB)\n\tv1 := make([]float64, lenB)\n",
			inArray("rows", "float64", 128, "2*lenB") + "\tv0, v1 := rows[:lenB:lenB], rows[lenB:]\n"},
	}),
	Added: `package metrics

import "testing"

var (
	sentences = [2]string{"the quick brown fox jumps over the lazy dog", "the slick brown dog jumped over a crazy fox"}
	// those of its examples
	words = [2]string{"graph", "giraffe"}
	pets  = [2]string{"a pink kitten", "a kitten"}
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
func BenchmarkSmithWatermanGotohWords(b *testing.B) { benchmarkSmithWatermanGotoh(b, pets) }
`,
}, {
	Module: "github.com/ethereum/go-ethereum", Version: "v1.17.10", Packages: "./common/hexutil", Bench: "^BenchmarkEncode(32|1000)$",
	Arrays: hexutilArrays,
	Added:  hexutilBenchmarks,
}, {
	// Every byte is written, so that none has to be cleared.
	Module: "github.com/ethereum/go-ethereum", Version: "v1.17.10", Packages: "./common/hexutil", Bench: "^BenchmarkEncode(32|1000)$",
	Edits:  hexutilBlock("Uninit"),
	Arrays: hexutilArrays,
	Added:  hexutilBenchmarks,
}, {
	Module: "github.com/prometheus/common", Version: "v0.73.1", Packages: "./model", Bench: "^Benchmark(LabelsToSignature|LabelSetStringMethod)$",
	Arrays: []Edit{{"model/signature.go", labelNames, "\tvar room [8]string\n\tlabelNames := room[:0]\n\tfor labelName := range labels"}},
	Added:  labelsBenchmark,
}, {
	Module: "github.com/prometheus/client_golang", Version: "v1.25.0", Packages: "./prometheus", Bench: "^BenchmarkConstrained$",
	// The values after their constraints, which are compared and not kept. Do has up to
	// four strings in the frame, where Call2 takes a block.
	Edits: constrained("\tvar metric Metric\n\tvar err error\n\tstackalloc.Do(len(lvs), func(block []string) {\n"+
		"\t\tmetric, err = m.metricWithLabelValues(constrainInto(block, m.desc, lvs, m.curry))\n\t})\n\treturn metric, err\n", library),
	Arrays: constrained(inArray("block", "string", 8, "len(lvs)")+"\treturn m.metricWithLabelValues(constrainInto(block, m.desc, lvs, m.curry))\n", ""),
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
	Without: "that have a server on loopback, which fail on a busy machine",
	// Where the labels of both names begin. A name has no more of them than bytes.
	Edits: []Edit{
		{"labels.go", "package dns\n", "package dns\n\nimport \"" + library + "\"\n"},
		{"labels.go", splitBoth, `	stackalloc.Uninit(len(s1)+len(s2)+2, func(block []int) {
		l1 := labels(block, s1)
		n = commonLabels(s1, s2, l1, labels(block[len(l1):], s2))
	})
	return n
}

` + dnsLabels},
	},
	Arrays: []Edit{
		{"labels.go", splitBoth, `	if len(s1) > 16 || len(s2) > 16 {
		return commonLabels(s1, s2, Split(s1), Split(s2))
	}
	var a1, a2 [16]int
	return commonLabels(s1, s2, labels(a1[:], s1), labels(a2[:], s2))
}

` + dnsLabels},
	},
}, {
	Module: "github.com/lib/pq", Version: "v1.12.3", Packages: ".", Bench: "^Benchmark(ByteaArray|Int64Array)Value$", Run: pqTests,
	Without: "that want a server",
	Both:    []Edit{pqMain},
	Arrays: []Edit{
		{"array.go", "\t\tb := make([]byte, size)\n\n\t\tfor i, s := 0, b; i < n; i++ {\n\t\t\to := copy(s, `,\"\\\\x`)\n", inArray("b", "byte", 256, "size") + "\t\tfor i, s := 0, b; i < n; i++ {\n\t\t\to := copy(s, `,\"\\\\x`)\n"},
		int64Array("\t\tvar room [256]byte\n\t\tb := room[:0]\n", "string(append(b, '}')), nil\n"),
	},
	Added: pqBenchmarks,
}, {
	// The most that n numbers, n-1 commas and two brackets can take, in place of the least.
	Module: "github.com/lib/pq", Version: "v1.12.3", Packages: ".", Bench: "^BenchmarkInt64ArrayValue$", Run: pqTests,
	Without: "that want a server",
	Both:    []Edit{pqMain},
	Edits: []Edit{
		{"array.go", "\t\"strings\"\n)", "\t\"strings\"\n\n\t\"" + library + "\"\n)"},
		int64Array("\t\treturn stackalloc.Call(21*n+1, func(b []byte) string {\n\t\tb = b[:0]\n", "string(append(b, '}'))\n\t\t}), nil\n"),
	},
	Arrays: []Edit{int64Array("\t\tvar room [256]byte\n\t\tb := room[:0]\n", "string(append(b, '}')), nil\n")},
	Added:  pqBenchmarks,
}, {
	Module: "github.com/vmihailenco/msgpack/v5", Version: "v5.4.1", Packages: ".", Bench: "^BenchmarkSortedMap(ToBuffer)?$",
	// The keys, for a function of its own, since a value of the map may be a map again.
	Edits: []Edit{
		{"encode_map.go", "\t\"sort\"\n\n", "\t\"sort\"\n\n\t\"" + library + "\"\n"},
		{"encode_map.go", "\tkeys := make([]string, 0, len(m))\n\n\tfor k := range m {\n",
			"\tvar err error\n\tstackalloc.Do(len(m), func(keys []string) { err = e.encodeSorted(m, keys[:0]) })\n\treturn err\n}\n\n" +
				"func (e *Encoder) encodeSorted(m map[string]interface{}, keys []string) error {\n\tfor k := range m {\n"},
	},
	Arrays: []Edit{{"encode_map.go", "\tkeys := make([]string, 0, len(m))\n\n\tfor k := range m {\n", "\tvar room [8]string\n\tkeys := room[:0]\n\n\tfor k := range m {\n"}},
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
	Arrays: gjsonArrays,
	Added:  gjsonBenchmark,
}, {
	// Room for a path of which each byte is escaped.
	Module: "github.com/tidwall/gjson", Version: "v1.20.2", Packages: ".", Bench: "^BenchmarkEscape$",
	Edits:  gjsonBlock("2*len(comp)"),
	Arrays: gjsonArrays,
	Added:  gjsonBenchmark,
}, {
	Module: "github.com/sergi/go-diff", Version: "v1.4.0", Packages: "./diffmatchpatch", Bench: "^BenchmarkDiff(CleanupSemantic|MainRunesLargeDiffLines)$",
}, {
	Module: "github.com/btcsuite/btcd/btcutil", Version: "v1.2.0", Packages: "./base58", Bench: "^BenchmarkBase58(En|De)code_5K$",
}, {
	Module: "golang.org/x/image", Version: "v0.48.0", Packages: "./draw", Bench: "^BenchmarkTformCRSrc(Gray|RGBA)$",
}}

// pqTests and pqMain leave out what wants a server: most tests of lib/pq, and what it
// does after them.
const pqTests = "^TestArray(Parse|ParseError|Func|Scan|Value)$"

var pqMain = Edit{"pq_test.go", "\tif debugProto {", "\tif true || debugProto {"}

const pqBenchmarks = `package pq

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
`

// int64Array has the text of an Int64Array of lib/pq in an empty slice b that begin
// makes, and returns what end says.
func int64Array(begin, end string) Edit {
	return Edit{"array.go", "\t\tb := make([]byte, 1, 1+2*n)\n\t\tb[0] = '{'\n\n\t\tb = strconv.AppendInt(b, a[0], 10)\n…\t\treturn string(append(b, '}')), nil\n",
		begin + "\t\tb = append(b, '{')\n\t\tb = strconv.AppendInt(b, a[0], 10)\n\t\tfor i := 1; i < n; i++ {\n\t\t\tb = append(b, ',')\n\t\t\tb = strconv.AppendInt(b, a[i], 10)\n\t\t}\n\n\t\treturn " + end}
}

const gjsonBenchmark = `package gjson

import "testing"

func BenchmarkEscape(b *testing.B) {
	path := "a.path|with*signs?and.so.on.that.must.be.escaped"
	for i := 0; i < b.N; i++ {
		Escape(path)
	}
}
`

// gjsonBlock has the text of Escape in a block of some bytes, from the first one that is
// to be escaped.
func gjsonBlock(length string) []Edit {
	return []Edit{
		{"gjson.go", "\t\"github.com/tidwall/match\"\n", "\t\"" + library + "\"\n\t\"github.com/tidwall/match\"\n"},
		{"gjson.go", "\t\t\tncomp := make([]byte, len(comp)+1)\n\t\t\tcopy(ncomp, comp[:i])\n\t\t\tncomp = ncomp[:i]\n\t\t\tfor ; i < len(comp); i++ {\n", `			first := i
			return stackalloc.Call(` + length + `, func(ncomp []byte) string {
				ncomp = append(ncomp[:0], comp[:first]...)
				for i := first; i < len(comp); i++ {
`},
		{"gjson.go", "\t\t\treturn string(ncomp)\n", "\t\t\treturn string(ncomp)\n\t\t\t})\n"},
	}
}

var gjsonArrays = []Edit{{"gjson.go", "\t\t\tncomp := make([]byte, len(comp)+1)\n\t\t\tcopy(ncomp, comp[:i])\n", inArray("ncomp", "byte", 128, "len(comp)+1") + "\t\t\tcopy(ncomp, comp[:i])\n"}}

// labelsBenchmark is ours: those of LabelsToSignature's own package spend most of their
// time in testify.
const labelsBenchmark = `package model

import "testing"

func BenchmarkLabelsToSignature(b *testing.B) {
	labels := map[string]string{"instance": "host:9100", "job": "node", "cpu": "3", "mode": "idle", "zone": "eu-west-1"}
	for i := 0; i < b.N; i++ {
		LabelsToSignature(labels)
	}
}
`

// labelNames is what LabelsToSignature begins with, up to the map that it is from.
const labelNames = "\tlabelNames := make([]string, 0, len(labels))\n\tfor labelName := range labels"

// decode is a function that puts the code points of a string at the beginning of a block
// and returns them, and what is left of the block.
func decode(name, element, value string) string {
	return "func " + name + "(block []" + element + ", s string) (runes, rest []" + element + ") {\n\ti := 0\n\tfor _, r := range s {\n\t\tblock[i] = " + value + "\n\t\ti++\n\t}\n\treturn block[:i], block[i:]\n}\n"
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

// splitBoth is what CompareDomainName of miekg/dns begins with.
const splitBoth = "\tl1 := Split(s1)\n\tl2 := Split(s2)\n"

// dnsLabels puts the indices of a name's labels at the beginning of a block, and begins
// the rest of CompareDomainName.
const dnsLabels = `func labels(block []int, s string) []int {
	n, off, end := 0, 0, false
	for !end && n < len(block) {
		block[n] = off
		n++
		off, end = NextLabel(s, off)
	}
	return block[:n]
}

func commonLabels(s1, s2 string, l1, l2 []int) (n int) {
`

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

// oneBlock has the code points and the row of agnivade/levenshtein in one block, which begin
// makes and hands on, and which a package may have to be imported for.
func oneBlock(begin, imports string) []Edit {
	if imports == library {
		imports = "unicode/utf8\"\n\n\t\"" + library
	}
	return []Edit{
		{"levenshtein.go", "import \"unicode/utf8\"\n", "import (\n\t\"" + imports + "\"\n)\n"},
		{"levenshtein.go", "\ts1 := []rune(a)\n\ts2 := []rune(b)\n", "\tvar d int\n\t" + begin + `
	return d
}

func distanceInBlock(block []rune, a, b string) int {
	s1, block := decode(block, a)
	s2, row := decode(block, b)
	return distanceOfRunes(s1, s2, row)
}

` + decode("decode", "rune", "r") + `
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
	}
}

// levenshteinOver has all that Levenshtein of adrg/strutil needs in one block, which begin
// makes and hands on.
func levenshteinOver(begin string) []Edit {
	return []Edit{
		{"metrics/levenshtein.go", "\trunesA, runesB := []rune(a), []rune(b)\n", begin + "}\n\n" + decode("decode", "int", "int(r)") + `
func (m *Levenshtein) distanceOver(block []int, a, b string) (int, int) {
	runesA, block := decode(block, a)
	runesB, block := decode(block, b)
`},
		{"metrics/levenshtein.go", "prevCol := make([]int, lenB+1)\n", "prevCol := block[:lenB+1]\n"},
		{"metrics/levenshtein.go", "\tcol := make([]int, lenB+1)\n", "\tcol := block[lenB+1 : 2*(lenB+1)]\n"},
	}
}

// inArray has a slice in an array of some size, or from make if it is longer. Nothing of the
// array is cleared twice.
func inArray(name, element string, size int, length string) string {
	return fmt.Sprintf("\tvar room [%d]%s\n\t%s := room[:]\n\tif n := %s; n <= len(room) {\n\t\t%[3]s = room[:n]\n\t} else {\n\t\t%[3]s = make([]%[2]s, n)\n\t}\n", size, element, name, length)
}

// hexutilBlock has the text of Encode in a block of a form.
func hexutilBlock(form string) []Edit {
	return []Edit{
		{"common/hexutil/hexutil.go", "\t\"strconv\"\n", "\t\"strconv\"\n\n\t\"" + library + "\"\n"},
		{"common/hexutil/hexutil.go", "\tenc := make([]byte, len(b)*2+2)\n", "\tvar s string\n\tstackalloc." + form + "(len(b)*2+2, func(enc []byte) {\n"},
		{"common/hexutil/hexutil.go", "\thex.Encode(enc[2:], b)\n\treturn string(enc)\n", "\thex.Encode(enc[2:], b)\n\ts = string(enc)\n\t})\n\treturn s\n"},
	}
}

var hexutilArrays = []Edit{{"common/hexutil/hexutil.go", "\tenc := make([]byte, len(b)*2+2)\n", `	if len(b) <= 32 {
		var enc [66]byte
		copy(enc[:], "0x")
		return string(enc[:2+hex.Encode(enc[2:], b)])
	}
` + inArray("enc", "byte", 2002, "len(b)*2+2")}}

const hexutilBenchmarks = `package hexutil

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
`
