package main

import (
	"testing"

	"github.com/stackalloc/stackalloc/benchmarks/internal/programs"
)

// TestReadPrograms has a chart of the table that README.md has drawn as it was when the
// table was measured.
func TestReadPrograms(t *testing.T) {
	rows := []programRow{
		{program: programs.Program{Module: "example.com/a", Edits: []programs.Edit{}}, Name: "BenchmarkX", Ratio: 0.5},
		{program: programs.Program{Module: "example.com/a", Edits: []programs.Edit{}, Changed: "arrays"}, Name: "BenchmarkX", Ratio: 0.6},
		{program: programs.Program{Module: "example.com/b", Added: "package b"}, Name: "BenchmarkY/z", Ratio: 0.7},
		{program: programs.Program{Module: "example.com/c", Bench: "^Benchmark(Z|W)$", Packages: "./c"}, Name: "BenchmarkZ", Ratio: 1.1},
	}
	text := "1 May 2026.\n\nA CPU, L1d 32 KiB" + afterMachine + " of each.\n\n| module, benchmark | a | b | c | d | e | f | g |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n"
	for _, r := range rows {
		text += r.line()
	}
	machine, got, err := readPrograms(text + "\n![a chart](a.svg)\n")
	if err != nil || machine != "A CPU, L1d 32 KiB" || len(got) != len(rows) {
		t.Fatalf("%q, %d rows, %v", machine, len(got), err)
	}
	for i, r := range got {
		if r.label() != rows[i].label() || r.Ratio != rows[i].Ratio {
			t.Errorf("%q %v, want %q %v", r.label(), r.Ratio, rows[i].label(), rows[i].Ratio)
		}
	}
	if _, _, err := readPrograms("1 May 2026.\n\nMedians of 20 runs.\n\n| base58 | 1 |\n"); err == nil {
		t.Error("a table of another form has rows")
	}
}
