package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestIntoReadme(t *testing.T) {
	file := filepath.Join(t.TempDir(), "README.md")
	const before = "a\n<!-- benchmarks:begin -->\nold\n<!-- benchmarks:end -->\nz\n"
	if err := os.WriteFile(file, []byte(before), 0o644); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second finds the markers again
		if err := intoReadme(file, "benchmarks", []byte("new\n")); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if want := strings.Replace(before, "old", "new", 1); err != nil || string(got) != want {
		t.Fatalf("%q, %v; want %q", got, err, want)
	}
	if err := intoReadme(file, "scale", nil); err == nil {
		t.Fatal("no error without markers")
	}
}

// TestWays runs every way that needs no program of its own once at each size.
func TestWays(t *testing.T) {
	for _, w := range ways {
		if (w.loop == nil) == (w.build == nil) {
			t.Errorf("%s: expected either a loop or a program", w.name)
		}
		if w.loop != nil {
			for _, n := range sizes {
				w.loop(n, 3)
			}
		}
	}
}

func TestTargetsNameWays(t *testing.T) {
	for _, target := range targets {
		ours, theirs := 0, 0
		for _, w := range ways {
			if w.name == target.ours {
				ours++
			}
			if target.against(w) {
				theirs++
			}
		}
		if ours != 1 || theirs == 0 {
			t.Errorf("%s: %d of ours, %d of theirs", target.name, ours, theirs)
		}
	}
}

func TestEditsNeedTheirText(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.go"), []byte("x y x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := apply(dir, []edit{{"a.go", "y", "z"}}); err != nil {
		t.Fatal(err)
	}
	if err := apply(dir, []edit{{"a.go", "x", "z"}}); err == nil || !strings.Contains(err.Error(), "2 times") {
		t.Fatalf("text that is there twice: %v", err)
	}
	if got, _ := os.ReadFile(filepath.Join(dir, "a.go")); string(got) != "x z x" {
		t.Fatalf("%q", got)
	}
}
