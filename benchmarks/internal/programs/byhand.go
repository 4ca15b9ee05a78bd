package programs

import "slices"

// A Study is a program that was first changed by hand, on another machine. The plain
// change by hand is measured beside what All has: make replaced by Do and its result
// captured, or two makes by one block cut in two.
type Study struct {
	Module string            // of the first program of it, or the name of a program
	Bench  string            // regular expression
	Said   map[string]string // ratio of time by benchmark, as it was found then
	Hand   []Edit            // nil: it is the code that All has
}

// Studies are those of which there is a figure, without those of Simple/… that are
// like the others.
var Studies = []Study{{
	Module: "github.com/miekg/dns", Bench: "^Benchmark(CompareDomainName|IsSubDomain)$",
	Said: map[string]string{"CompareDomainName": "0.54, arrays 0.45", "IsSubDomain": "0.58"},
	Hand: []Edit{
		{"labels.go", "package dns\n", "package dns\n\nimport \"" + library + "\"\n"},
		{"labels.go", splitBoth, "\tstackalloc.Do(len(s1)+len(s2)+2, func(block []int) {\n" +
			"\t\tn = commonLabels(s1, s2, labels(block[:len(s1)+1], s1), labels(block[len(s1)+1:], s2))\n\t})\n\treturn n\n}\n\n" + dnsLabels},
	},
}, {
	Module: "github.com/prometheus/client_golang", Bench: "^BenchmarkConstrained$",
	Said: map[string]string{"Constrained": "0.71"},
}, {
	Module: "github.com/prometheus/common", Bench: "^Benchmark(LabelsToSignature|LabelSetStringMethod)$",
	Said: map[string]string{"LabelsToSignature": "0.76"},
	Hand: []Edit{
		{"model/signature.go", "import (\n\t\"slices\"\n", "import (\n\t\"slices\"\n\n\t\"" + library + "\"\n"},
		{"model/signature.go", labelNames, "\tvar sum uint64\n\tstackalloc.Do(len(labels), func(block []string) { sum = signature(labels, block[:0]) })\n\treturn sum\n}\n\n" +
			"func signature(labels map[string]string, labelNames []string) uint64 {\n\tfor labelName := range labels"},
	},
}, {
	Module: "github.com/adrg/strutil", Bench: "^Benchmark(Levenshtein|SmithWatermanGotoh)(Words)?$",
	Said: map[string]string{"Levenshtein": "0.78", "SmithWatermanGotoh": "0.78"}, // of strings that are not known
	Hand: slices.Concat([]Edit{
		{"metrics/levenshtein.go", "internal/mathutil\"\n", "internal/mathutil\"\n\t\"" + library + "\"\n"},
		{"metrics/levenshtein.go", "\tprevCol := make([]int, lenB+1)\n", "\tvar last int\n\tstackalloc.Do(2*(lenB+1), func(rows []int) {\n\tprevCol, col := rows[:lenB+1:lenB+1], rows[lenB+1:]\n"},
		{"metrics/levenshtein.go", "\tcol := make([]int, lenB+1)\n", ""},
		{"metrics/levenshtein.go", "\treturn prevCol[lenB], maxLen\n", "\tlast = prevCol[lenB]\n\t})\n\treturn last, maxLen\n"},
	}, twoRows("Do")),
}, {
	Module: "github.com/ethereum/go-ethereum", Bench: "^BenchmarkEncode(32|1000)$",
	Said: map[string]string{"Encode32": "0.73 to 0.82", "Encode1000": "0.73 to 0.82"},
	Hand: hexutilBlock("Do"),
}, {
	Module: "github.com/lib/pq", Bench: "^Benchmark(ByteaArray|Int64Array)Value$",
	Said: map[string]string{"ByteaArrayValue": "0.89", "Int64ArrayValue": "1.07 to 1.15"},
	Hand: []Edit{
		{"array.go", "\t\"reflect\"\n", "\t\"reflect\"\n\n\t\"" + library + "\"\n"},
		{"array.go", "\t\tb := make([]byte, size)\n\n\t\tfor i, s := 0, b; i < n; i++ {\n\t\t\to := copy(s, `,\"\\\\x`)\n", "\t\tvar text string\n\t\tstackalloc.Do(size, func(b []byte) {\n\t\tfor i, s := 0, b; i < n; i++ {\n\t\t\to := copy(s, `,\"\\\\x`)\n"},
		{"array.go", "\t\tb[size-1] = '}'\n\n\t\treturn string(b), nil\n", "\t\tb[size-1] = '}'\n\t\ttext = string(b)\n\t\t})\n\t\treturn text, nil\n"},
		{"array.go", "\t\tb := make([]byte, 1, 1+2*n)\n\t\tb[0] = '{'\n\n\t\tb = strconv.AppendInt(b, a[0], 10)\n", "\t\tvar text string\n\t\tstackalloc.Do(1+2*n, func(b []byte) {\n\t\tb = append(b[:0], '{')\n\t\tb = strconv.AppendInt(b, a[0], 10)\n"},
		{"array.go", "\t\t\tb = strconv.AppendInt(b, a[i], 10)\n\t\t}\n\n\t\treturn string(append(b, '}')), nil\n", "\t\t\tb = strconv.AppendInt(b, a[i], 10)\n\t\t}\n\t\ttext = string(append(b, '}'))\n\t\t})\n\t\treturn text, nil\n"},
	},
}, {
	Module: "github.com/vmihailenco/msgpack/v5", Bench: "^BenchmarkSortedMap(ToBuffer)?$",
	Said: map[string]string{"SortedMap": "0.83"},
}, {
	Module: "github.com/agnivade/levenshtein", Bench: "^BenchmarkSimple$/^(ASCII|Nordic|Long_lead|Long_diff)$",
	Said: map[string]string{"Simple/ASCII": "0.90", "Simple/Nordic": "0.83", "Simple/Long_lead": "0.38", "Simple/Long_diff": "0.92"},
	// The code points counted first, as a conversion to []rune does.
	Hand: oneBlock("stackalloc.Do(utf8.RuneCountInString(a)+utf8.RuneCountInString(b)+min(len(a), len(b))+1, func(block []rune) { d = distanceInBlock(block, a, b) })", library),
}, {
	Module: "github.com/tidwall/gjson, patch", Bench: "^BenchmarkEscape$",
	Said: map[string]string{"Escape": "0.90"},
	Hand: gjsonBlock("len(comp) + 1"),
}}
