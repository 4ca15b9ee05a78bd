package arena_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc/arena"
	"github.com/stackalloc/stackalloc/internal/build"
)

// TestConcurrentUseIsNamed starts itself, since the race detector makes a
// program fail that it finds a race in. Without -race or the debug tag
// there is nothing to see.
func TestConcurrentUseIsNamed(t *testing.T) {
	const env = "ARENA_TEST_MISUSE"
	misuses := map[string]func(caught func()){
		"Bump":      misuseBump,
		"LazyBump":  misuseLazyBump,
		"Typed":     misuseTyped,
		"LazyTyped": misuseLazyTyped,
		"drop":      misuseInDrop,
	}
	if name := os.Getenv(env); name != "" {
		misuses[name](func() {
			if e := recover(); e != nil {
				fmt.Println("CAUGHT", e)
				os.Exit(3)
			}
		})
		return
	}
	if !build.Debug && !build.Race {
		t.Skip("needs -race or -tags stackalloc_debug")
	}
	for name := range misuses {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "-test.run=^TestConcurrentUseIsNamed$")
			cmd.Env = append(os.Environ(), env+"="+name)
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) {
				t.Skip(err)
			}
			require.Error(t, err, "%s", out)
			require.Regexp(t, `CAUGHT arena: concurrent use: \w+ \(called at .*misuse_test.go:\d+\) while [\w ]+ \(called at .*\) is running`, string(out))
			if build.Race && name != "drop" { // there channels order the calls
				require.Contains(t, string(out), "DATA RACE")
			}
		})
	}
}

// hammer runs f on two goroutines until the misuse is caught, or long enough
// to say that it never will be.
func hammer(caught func(), f func()) {
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			defer caught()
			for range 1_000_000 {
				f()
			}
		})
	}
	wg.Wait()
}

func misuseBump(caught func()) {
	a := arena.NewBump(1 << 10)
	hammer(caught, func() {
		if _, ok := a.Alloc(1, 1); !ok {
			a.Reset()
		}
	})
}

func misuseLazyBump(caught func()) {
	a, _ := arena.NewLazyBump(1 << 20)
	hammer(caught, func() {
		if _, ok := arena.New[int](a); !ok {
			a.Reset()
		}
	})
}

func misuseTyped(caught func()) {
	a := arena.NewTyped[string](1 << 10)
	hammer(caught, func() { a.Rewind(a.Mark()) })
}

func misuseLazyTyped(caught func()) {
	a, _ := arena.NewLazyTyped[int](1 << 10)
	hammer(caught, func() {
		if _, ok := a.Alloc(1); !ok {
			a.Reset()
		}
	})
}

// misuseInDrop needs no luck: one goroutine is inside of Reset for as long as it
// takes.
func misuseInDrop(caught func()) {
	a := arena.NewTyped[int](1)
	a.Alloc(1)
	dropping, done := make(chan bool), make(chan bool)
	a.OnDrop(func(*int) {
		close(dropping)
		<-done
	})
	go a.Reset()
	<-dropping
	defer caught()
	a.Alloc(2)
}

// Handing an arena over is not misuse.
func TestHandingOver(t *testing.T) {
	a := arena.NewBump(1 << 10)
	hand := make(chan *arena.Bump)
	for range 4 {
		go func() {
			for a := range hand {
				a.Reset()
				a.Alloc(10, 1)
				hand <- a
			}
		}()
	}
	for range 1000 {
		hand <- a
		a = <-hand
	}
	close(hand)
}

func TestVetSeesCopies(t *testing.T) {
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip(err)
	}
	if testing.Short() {
		t.Skip("runs go vet")
	}
	cmd := exec.Command(goTool, "vet", "-copylocks", ".")
	cmd.Dir = filepath.Join("testdata", "copies")
	out, err := cmd.CombinedOutput()
	require.Error(t, err, "%s", out)
	for _, name := range []string{"Bump", "LazyBump", "Typed", "LazyTyped"} {
		require.Regexp(t, `lock value.*arena\.`+name+`\b`, string(out))
	}
	require.NotContains(t, string(out), "over.go", "a Bump from Over is not a copy")
}
