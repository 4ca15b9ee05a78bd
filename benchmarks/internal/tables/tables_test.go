package tables

import (
	"bytes"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

func TestTablesReplaceThoseOfTheSameMake(t *testing.T) {
	text := []byte("a\n<!-- blocks AMD begin -->\nold\n<!-- blocks AMD end -->\nz\n")
	want := strings.Replace(string(text), "old", "new", 1)
	for range 2 { // the second finds the comments again
		var err error
		if text, err = replace(text, "blocks AMD", []byte("new\n")); err != nil || string(text) != want {
			t.Fatalf("%q, %v; want %q", text, err, want)
		}
	}
	if _, err := replace(text, "blocks Intel", nil); err == nil {
		t.Fatal("no error where there are no such comments")
	}
}

// TestReadmesHaveTheirPlaces sees to it that a long run can record what it found.
func TestReadmesHaveTheirPlaces(t *testing.T) {
	for file, names := range map[string][]string{
		tablesFile:  {"blocks Intel", "blocks AMD", "forms Intel", "forms AMD", "scale Intel", "scale AMD", "programs Intel", "programs AMD", "by-hand Intel", "by-hand AMD", "small Intel", "small AMD", "service Intel", "service AMD", "dns Intel", "dns AMD"},
		summaryFile: {"blocks", "programs", "try"},
	} {
		text, err := os.ReadFile("../../" + file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if _, err := replace(text, name, nil); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
}

// The rows in the README of the library are those of the tables: no number stands
// there that does not stand here.
func TestSummariesAreOfTheTables(t *testing.T) {
	tables, err := os.ReadFile("../../" + tablesFile)
	if err != nil {
		t.Fatal(err)
	}
	summary, err := os.ReadFile("../../" + summaryFile)
	if err != nil {
		t.Fatal(err)
	}
	for kind, summarise := range summaries {
		found := false
		for _, make := range []string{"Intel", "AMD"} {
			rows, err := summarise(between(tables, kind+" "+make))
			found = found || err == nil && bytes.Equal(rows, between(summary, kind))
		}
		if !found {
			t.Errorf("what %s shows of %s is in no table of %s", summaryFile, kind, tablesFile)
		}
	}
}

// between returns what is between the comments "NAME begin" and "NAME end".
func between(text []byte, name string) []byte {
	_, rest, _ := bytes.Cut(text, []byte("<!-- "+name+" begin -->\n"))
	inside, _, _ := bytes.Cut(rest, []byte("<!-- "+name+" end -->"))
	return inside
}

// The README of the library shows the best row of five modules and the two worst rows.
func TestSummaryOfPrograms(t *testing.T) {
	table := "1 May 2026.\n\nA CPU, L1d 32 KiB\n\n| module, benchmark | ratio | changed by |\n| --- | ---: | --- |\n| b X | 0.1 | patch |\n"
	for _, module := range []string{"b", "c", "d", "e", "f", "g", "h", "h"} {
		table += "| " + module + " Y | 0.5 | patch |\n"
	}
	rows, err := summarisePrograms([]byte(table))
	want := "| module, benchmark; A CPU, 1 May 2026 | ratio | changed by |\n| --- | ---: | --- |\n| b X | 0.1 | patch |\n"
	for _, module := range []string{"c", "d", "e", "f", "h", "h"} {
		want += "| " + module + " Y | 0.5 | patch |\n"
	}
	if err != nil || string(rows) != want {
		t.Fatalf("%v\n%s\nwant\n%s", err, rows, want)
	}
}

func TestMachineSaysItsClass(t *testing.T) {
	if m := Machine(); runtime.GOARCH == "amd64" && !regexp.MustCompile(`\(\w+, family \d+, model \d+\), .* \d+ cores, go`).MatchString(m) {
		t.Fatal(m)
	}
}

// What stands in the README of the library says where and when it was measured.
func TestSummariesSayTheirOrigin(t *testing.T) {
	tables := []byte("1 May 2026.\n\nA CPU (AMD, family 25, model 17), L1d 32 KiB, L2 1024 KiB, 2 cores\n")
	if got, want := origin(tables), "A CPU (AMD, family 25, model 17), 1 May 2026"; got != want {
		t.Fatalf("%q, want %q", got, want)
	}
	summary, err := os.ReadFile("../../" + summaryFile)
	if err != nil {
		t.Fatal(err)
	}
	for kind := range summaries {
		if text := between(summary, kind); !regexp.MustCompile(`; .+, \d+ \w+ 20\d\d \|`).Match(text) {
			t.Errorf("%s does not say its machine and date:\n%s", kind, text)
		}
	}
}
