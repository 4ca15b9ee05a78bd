package tables

import (
	"bytes"
	"os"
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
		tablesFile:  {"blocks Intel", "blocks AMD", "scale Intel", "scale AMD", "programs Intel", "programs AMD", "small Intel", "small AMD", "service Intel", "service AMD", "dns Intel", "dns AMD"},
		summaryFile: {"blocks", "programs"},
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
