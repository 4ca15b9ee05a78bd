package main

import (
	"testing"

	"github.com/stackalloc/stackalloc/benchmarks/internal/programs"
)

// TestReadPrograms has a chart of the table that README.md has drawn as it was when the
// table was measured.
func TestReadPrograms(t *testing.T) {
	rows := []programRow{
		{program: programs.Program{Module: "example.com/a", Edits: []programs.Edit{}}, Name: "BenchmarkX", ratio: ratio{Ratio: 0.5}, arrays: ratio{Ratio: 0.4}},
		{program: programs.Program{Module: "example.com/a"}, Name: "BenchmarkX", ratio: ratio{Ratio: 0.6}},
		{program: programs.Program{Module: "example.com/b", Added: "package b"}, Name: "BenchmarkY/z", ratio: ratio{Ratio: 0.7}},
		{program: programs.Program{Module: "example.com/c", Bench: "^Benchmark(Z|W)$", Packages: "./c"}, Name: "BenchmarkZ", ratio: ratio{Ratio: 1.1}},
	}
	text := "1 May 2026.\n\nA CPU, L1d 32 KiB" + afterMachine + " of each.\n\n| module, benchmark | a | b | c | d | e | f | g | h |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
	for _, r := range rows {
		text += r.line()
	}
	machine, got, err := readPrograms(text + "\n![a chart](a.svg)\n")
	if err != nil || machine != "A CPU, L1d 32 KiB" || len(got) != len(rows) {
		t.Fatalf("%q, %d rows, %v", machine, len(got), err)
	}
	for i, r := range got {
		if r.label() != rows[i].label() || r.Ratio != rows[i].Ratio || r.arrays.Ratio != rows[i].arrays.Ratio {
			t.Errorf("%q %v %v, want %q %v %v", r.label(), r.ratio, r.arrays, rows[i].label(), rows[i].ratio, rows[i].arrays)
		}
	}
	if _, _, err := readPrograms("1 May 2026.\n\nMedians of 20 runs.\n\n| base58 | 1 |\n"); err == nil {
		t.Error("a table of another form has rows")
	}
}

// TestBesideArrays leaves nothing out that has a figure for fixed arrays.
func TestBesideArrays(t *testing.T) {
	row := func(name string, r, arrays float64) programRow {
		return programRow{program: programs.Program{Module: "github.com/a/b", Edits: []programs.Edit{}}, Name: "Benchmark" + name, ratio: ratio{Ratio: r}, arrays: ratio{Ratio: arrays}}
	}
	got := besideArrays([]programRow{row("X", 0.5, 0.6), row("Y", 0.63, 0.6), row("Z", 0.64, 0.6), row("None", 0.7, 0)})
	want := "\nAs good as fixed arrays, or at most 5 % behind: a/b X 0.50 (arrays 0.60), a/b Y 0.63 (arrays 0.60).\n\nFurther behind: a/b Z 0.64 (arrays 0.60).\n"
	if got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := besideArrays([]programRow{row("None", 0.7, 0)}); got != "" {
		t.Errorf("%q without arrays", got)
	}
}
