package programs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEditsNeedTheirText(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.go"), []byte("x y x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := apply(dir, []Edit{{"a.go", "y", "z"}}); err != nil {
		t.Fatal(err)
	}
	if err := apply(dir, []Edit{{"a.go", "x", "z"}}); err == nil || !strings.Contains(err.Error(), "2 times") {
		t.Fatalf("text that is there twice: %v", err)
	}
	if got, _ := os.ReadFile(filepath.Join(dir, "a.go")); string(got) != "x z x" {
		t.Fatalf("%q", got)
	}
}

func TestEditUpTo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.go")
	if err := os.WriteFile(file, []byte("a b c d c"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := apply(filepath.Dir(file), []Edit{{"a.go", "b…e", ""}}); err == nil || !strings.Contains(err.Error(), "up to") {
		t.Fatalf("an end that is not there: %v", err)
	}
	if err := apply(filepath.Dir(file), []Edit{{"a.go", "b…c", "x"}}); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(file); string(got) != "a x d c" {
		t.Fatalf("%q", got)
	}
}

func TestSurvey(t *testing.T) {
	all, err := Survey()
	if err != nil {
		t.Fatal(err)
	}
	seen, calls := map[string]bool{}, 0
	for _, s := range all {
		if seen[s.Module] {
			t.Errorf("%s stands there twice", s.Module)
		}
		seen[s.Module] = true
		if len(s.Patterns) == 0 || !strings.HasPrefix(s.Version, "v") {
			t.Errorf("%+v", s)
		}
		calls += max(s.Calls, 0)
	}
	if len(all) != 32 || calls != 108 {
		t.Errorf("%d modules, %d calls", len(all), calls)
	}
}

// TestEditsApply makes every edit, in the modules that this machine has already.
func TestEditsApply(t *testing.T) {
	if testing.Short() {
		t.Skip("copies some large modules")
	}
	t.Setenv("GOPROXY", "off")
	t.Setenv("GOFLAGS", "-mod=mod")
	made := 0
	try := func(p Program, what string, edits []Edit) {
		if _, err := p.fetch(); edits == nil || err != nil {
			return
		}
		dir := t.TempDir()
		if err := p.copyWith(edits, dir); err != nil {
			t.Errorf("%s, %s: %v", p, what, err)
		}
		made++
		os.RemoveAll(dir)
	}
	for _, p := range All {
		try(p, "patch", p.Edits)
		try(p, "fixed arrays", p.Arrays)
	}
	for _, s := range Studies {
		p, err := Find(s.Module)
		if err != nil {
			t.Fatal(err)
		}
		try(p, "by hand", s.Hand)
	}
	if made == 0 {
		t.Skip("none of the modules is here")
	}
}
