package main

import (
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stackalloc/stackalloc/benchmarks/internal/programs"
)

// TestReadPrograms has a chart of the table that README.md has drawn as it was when the
// table was measured.
func TestReadPrograms(t *testing.T) {
	rows := []programRow{
		{program: programs.Program{Module: "example.com/a", Edits: []programs.Edit{}}, Name: "BenchmarkX", ratio: ratio{Ratio: 0.5}, Beside: ratio{Ratio: 0.4}},
		{program: programs.Program{Module: "example.com/a"}, Name: "BenchmarkX", ratio: ratio{Ratio: 0.6}},
		{program: programs.Program{Module: "example.com/b", Added: "package b"}, Name: "BenchmarkY/z", ratio: ratio{Ratio: 0.7}},
		{program: programs.Program{Module: "example.com/c", Bench: "^Benchmark(Z|W)$", Packages: "./c"}, Name: "BenchmarkZ", ratio: ratio{Ratio: 1.1}},
	}
	text := "1 May 2026.\n\nA CPU, L1d 32 KiB" + afterMachine + " of each.\n\n| module, benchmark | a | b | c | d | e | f | g | h |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
	for _, r := range rows {
		text += r.line(nil)
	}
	machine, got, err := readPrograms(text + "\n![a chart](a.svg)\n")
	if err != nil || machine != "A CPU, L1d 32 KiB" || len(got) != len(rows) {
		t.Fatalf("%q, %d rows, %v", machine, len(got), err)
	}
	for i, r := range got {
		if r.label() != rows[i].label() || r.Ratio != rows[i].Ratio || r.Beside.Ratio != rows[i].Beside.Ratio {
			t.Errorf("%q %v %v, want %q %v %v", r.label(), r.ratio, r.Beside, rows[i].label(), rows[i].ratio, rows[i].Beside)
		}
	}
	if _, _, err := readPrograms("1 May 2026.\n\nMedians of 20 runs.\n\n| base58 | 1 |\n"); err == nil {
		t.Error("a table of another form has rows")
	}
}

// TestBesideArrays leaves nothing out that has a figure for fixed arrays.
func TestBesideArrays(t *testing.T) {
	row := func(name string, r, arrays float64) programRow {
		return programRow{program: programs.Program{Module: "github.com/a/b", Edits: []programs.Edit{}}, Name: "Benchmark" + name, ratio: ratio{Ratio: r}, Beside: ratio{Ratio: arrays}}
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

// TestProgramsHaveNames sees to it that no two rows of the table have one name, and that
// what a row says of -only chooses the program that it is of.
func TestProgramsHaveNames(t *testing.T) {
	only := regexp.MustCompile("-only '(.*)'")
	for i, p := range programs.All {
		for _, q := range programs.All[i+1:] {
			if p.String() == q.String() {
				t.Errorf("%s is there twice", p)
			}
		}
		if (p.Run == "") != (p.Without == "") {
			t.Errorf("%s runs %q of its tests, and says of what it does not: %q", p, p.Run, p.Without)
		}
		found := only.FindStringSubmatch(by(p, nil))
		if found == nil {
			if p.Edits != nil || p.Added != "" || p.Both != nil || p.Run != "" || p.Arrays != nil {
				t.Errorf("%s cannot be measured by %s alone", p, by(p, nil))
			}
			continue
		}
		for _, q := range programs.All {
			if chosen := regexp.MustCompile(found[1]).MatchString(q.String()); chosen != (p.String() == q.String()) {
				t.Errorf("-only '%s' chooses %s: %v", found[1], q, chosen)
			}
		}
	}
}

// TestTriedPrograms leaves out what has tests that fail, before above all, and what was
// not measured in all forms.
func TestTriedPrograms(t *testing.T) {
	both, three := programs.Program{}, programs.Program{Arrays: []programs.Edit{{}}}
	const row = `{"name": "BenchmarkX", "ratio": 0.5, "beside": {"ratio": 0.4, "low": 0.3, "high": 0.5}}`
	for _, test := range []struct {
		program           programs.Program
		tests, benchmarks string
		want              string
	}{
		{both, `"before": "pass", "after": "pass", "packages": 1`, row, ""},
		{three, `"before": "pass", "after": "pass", "beside": "pass", "packages": 1`, row, ""},
		{both, `"before": "fail", "after": "pass", "packages": 1`, row, "before fail"},
		{both, `"before": "fail", "after": "fail", "packages": 1`, row, "before fail, after fail"},
		{both, `"before": "pass", "after": "fail", "packages": 1`, row, "after fail"},
		{three, `"before": "pass", "after": "pass", "beside": "fail", "packages": 1`, row, "with fixed arrays fail"},
		{three, `"before": "pass", "after": "pass", "packages": 1`, row, "with fixed arrays not run"},
		{three, `"before": "pass", "after": "pass", "beside": "pass", "packages": 1`, `{"name": "BenchmarkX", "ratio": 0.5}`, "not measured with fixed arrays"},
		{both, `"before": "pass", "after": "pass", "packages": 0`, row, "no tests"},
		{both, `"before": "pass", "after": "pass", "packages": 1`, "", "no benchmark"},
	} {
		var doc triedProgram
		if err := json.Unmarshal([]byte(`{"tests": {`+test.tests+`}, "benchmarks": [`+test.benchmarks+`]}`), &doc); err != nil {
			t.Fatal(err)
		}
		err := doc.check(test.program)
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v, want %q", test.tests, err, test.want)
		}
		if errors.Is(err, errTests) != strings.Contains(test.tests, "fail") && test.want != "with fixed arrays not run" {
			t.Errorf("%s: %v", test.tests, err)
		}
	}
}

// The text above the table shows how to measure one of its rows that need no patch and no
// benchmark of ours.
func TestRowsCanBePasted(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	p, err := programs.Find("golang.org/x/image")
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(strings.TrimPrefix(by(p, programFlags(false)), "`"), "`")
	for _, want := range []string{strings.ReplaceAll(line, "\\|", "|") + "\n", "go mod download " + p.Module + "@" + p.Version + "\n", "/" + p.Module + "@" + p.Version + "\" copy"} {
		if !strings.Contains(string(readme), want) {
			t.Errorf("README.md has no %q", want)
		}
	}
}

// TestSources names each module once, with its version.
func TestSources(t *testing.T) {
	row := func(module, without string) programRow {
		return programRow{program: programs.Program{Module: module, Version: "v1.2.3", Without: without}}
	}
	got := sources([]programRow{row("github.com/b/c", ""), row("github.com/a/b", "that want a server"), row("github.com/a/b", "that want a server")})
	want := "\nVersions: github.com/a/b@v1.2.3, github.com/b/c@v1.2.3.\n\nAll of their own tests were run, but not of a/b those that want a server.\n"
	if got != want {
		t.Errorf("%q, want %q", got, want)
	}
	p := programs.Program{Module: "example.com/c", Version: "v1.0.0", Bench: "^Benchmark(X|Y)$", Packages: "./c"}
	if got, want := by(p, programFlags(false)), "`stackalloc try -count=16 -benchtime=150ms -bench '^Benchmark(X\\|Y)$' ./c` in example.com/c@v1.0.0"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
