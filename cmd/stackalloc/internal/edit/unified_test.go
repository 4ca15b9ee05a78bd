package edit

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestUnifiedOfEqualTextsIsEmpty(t *testing.T) {
	require.Empty(t, Unified("a.go", "x\ny\n", "x\ny\n"))
	require.Empty(t, Unified("a.go", "", ""))
}

// patch, a program of others, must turn the one text into the other.
func TestUnifiedIsWhatPatchReads(t *testing.T) {
	patch, err := exec.LookPath("patch")
	if err != nil {
		t.Skip("needs patch")
	}
	rng := rand.New(rand.NewPCG(1, 2))
	text := func() string {
		var b strings.Builder
		for range rng.IntN(30) {
			fmt.Fprintf(&b, "%d\n", rng.IntN(6))
		}
		if rng.IntN(4) == 0 {
			b.WriteString("no newline")
		}
		return b.String()
	}
	for range 60 {
		before, after := text(), text()
		d := Unified("a name", before, after)
		if before == after || before == "" || after == "" {
			continue // patch removes and creates files
		}
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "a name"), []byte(before), 0o666))
		cmd := exec.Command(patch, "-p1")
		cmd.Dir = dir
		cmd.Stdin = strings.NewReader(d)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s\n%s", out, d)
		require.NotContains(t, string(out), "fuzz")
		got, err := os.ReadFile(filepath.Join(dir, "a name"))
		require.NoError(t, err)
		require.Equal(t, after, string(got), d)
	}
}

// The lines between changes are not touched, however many changes there are.
func TestUnifiedOfManyChangesTouchesNoOtherLine(t *testing.T) {
	var before, after strings.Builder
	changed := 0
	for i := range 3000 {
		fmt.Fprintf(&before, "line %d\n", i)
		if i%7 != 0 {
			fmt.Fprintf(&after, "line %d\n", i)
			continue
		}
		fmt.Fprintf(&after, "\tline %d\n", i)
		changed++
	}
	d := Unified("a.go", before.String(), after.String())
	require.Equal(t, changed, strings.Count(d, "\n-line"))
	require.Equal(t, changed, strings.Count(d, "\n+\tline"))
	require.Zero(t, strings.Count(d, "\n+line"))
}
