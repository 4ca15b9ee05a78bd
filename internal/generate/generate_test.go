package generate

import (
	"context"
	"go/ast"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const library = "../.."

func some(seed uint64, from, to int) (all []Program) {
	for id := from; id < to; id++ {
		all = append(all, New(seed, id))
	}
	return all
}

func needGo(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil || runtime.GOOS == "js" || runtime.GOOS == "wasip1" {
		t.Skip("no go command here")
	}
}

func TestASeedMakesTheSamePrograms(t *testing.T) {
	a, b, c := some(3, 0, 50), some(3, 0, 50), some(4, 0, 50)
	assert.Equal(t, a, b)
	assert.NotEqual(t, a, c)
	// Whatever version of Go runs this.
	all := ""
	for _, p := range a {
		all += p.Text
	}
	var sum uint64
	for _, b := range []byte(all) {
		sum = sum*31 + uint64(b)
	}
	t.Logf("%d bytes, digest %x", len(all), sum)
	zero := dice(0)
	assert.Equal(t, uint64(0xe220a8397b1dcdaf), zero.next(), "not splitmix64")
}

// What the programs are to be made of stands in them, and often enough.
func TestProgramsHaveEveryFormOfACall(t *testing.T) {
	const n = 400
	in := map[string]int{}
	for _, p := range some(1, 0, n) {
		for _, part := range []string{
			"stackalloc.Do(", "stackalloc.Uninit(", "stackalloc.Fill(", "stackalloc.Init(", "stackalloc.Collect(", "stackalloc.Copy(", "stackalloc.Call(",
			"stackalloc.Call2(", "range stackalloc.Scope[", "stackalloc.Aligned(", "stackalloc.Bounded(", "stackalloc.Closing(",
			"[]byte)", "[]int)", "[]string)", "[]*int)", "[][]byte)", "[]any)", "[]kit.Rec)", "[]kit.Pair)", "[]func() int)", "[]*kit.File)",
			"defer func()", "go func(", "chan ", "iter.Pull(", "range func(yield", "[E any]", "panic(", "map[int]", "kit.Taker", "func(yield", ".Wait()", "recv.",
			"d-1", "//go:noinline", "feed", "way", "sync.Once", "unsafe.Slice", "iter.Pull2(", "kit.Through[", "defer stackalloc.", "kit.Edge[",
			"[]bool)", "[]kit.Flags)", "[]kit.Gaps)", "[]kit.None)", "[]kit.Late)", "[]kit.Ptrs)", "[]kit.Texts)", "[]kit.Page)", "[]kit.Wide)", "[]map[int]int)",
		} {
			if strings.Contains(p.Text, part) {
				in[part]++
			} else {
				in[part] += 0
			}
		}
	}
	for part, programs := range in {
		assert.Greater(t, programs, n/100, part)
	}
}

func TestProgramsDoWithTheLibraryWhatTheyDoWithMake(t *testing.T) {
	needGo(t)
	if testing.Short() {
		t.Skip("builds programs; the command run does too")
	}
	m, err := NewModule(t.TempDir(), library, "", some(1, 0, 50))
	require.NoError(t, err)
	failures, err := m.Compare(context.Background(), Variants[0])
	require.NoError(t, err)
	for _, f := range failures {
		t.Errorf("seed 1, program %d, trial %s: with make %s, with the library %s\n%s\n%s", f.Program.ID, f.Trial, f.Want, f.Got, f.Stderr, f.Program.Text)
	}
}

// A generator that finds no fault tells nothing unless it finds faults that are there.
func TestMutantsAreFound(t *testing.T) {
	needGo(t)
	for _, mutant := range Mutants {
		t.Run(mutant.Name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, Mutate(dir, library, mutant))
			if testing.Short() {
				t.Skip("builds programs with each mutant")
			}
			ctx := context.Background()
			m, err := NewModule(t.TempDir(), dir, "", some(1, 0, 50))
			require.NoError(t, err)
			file, err := m.Build(ctx, Variants[0])
			require.NoError(t, err)
			implementation, err := m.Implementation(ctx, Variants[0], file)
			require.NoError(t, err)
			require.NotContains(t, implementation, "off: ", "the checks at start-up see the mutant, so programs cannot")
			failures, err := m.Compare(ctx, Variants[0])
			require.NoError(t, err)
			require.NotEmpty(t, failures, "not found by %d programs", len(m.Programs))
			t.Logf("found by %d of %d programs, first by the %d-th: length, large stack: %s, with make %s, with the mutant %s", len(failures), len(m.Programs),
				failures[0].Program.ID+1, failures[0].Trial, failures[0].Want, failures[0].Got)
		})
	}
}

func TestAMutantThatCannotBeMadeSaysSo(t *testing.T) {
	err := Mutate(t.TempDir(), library, Mutant{Name: "nothing", edit: func(*ast.FuncDecl) int { return 0 }})
	require.ErrorContains(t, err, "the form of their body has changed")
}

func TestFailingProgramsAreMadeSmaller(t *testing.T) {
	needGo(t) // which says where the standard library's types are
	const fault = "stackalloc.Aligned("
	id := 0
	for !strings.Contains(New(1, id).Text, fault) || len(New(1, id).Text) < 5000 {
		id++
	}
	p := New(1, id)
	small, err := shrink(p, func(tried []Program) (failing []Program, err error) {
		for _, p := range tried {
			if strings.Contains(p.Text, fault) {
				failing = append(failing, p)
			}
		}
		return failing, nil
	})
	require.NoError(t, err)
	assert.Less(t, len(small.Text), len(p.Text)/3)
	assert.NotContains(t, small.Text, "errors.Is\n", "the header of the package")
	t.Logf("%d bytes of %d:\n%s", len(small.Text), len(p.Text), small.Text)
}
