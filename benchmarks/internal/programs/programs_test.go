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
