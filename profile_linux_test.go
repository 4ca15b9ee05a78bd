package stackalloc_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/internal/measure"
)

// A profile's signal comes at any instruction of a rung, and the runtime unwinds the stack
// from there. Thousands come in a second, on every thread, while callbacks on every rung
// move their stacks, and the tracer unwinds by frame pointers. Nothing is overwritten, and a
// sample in or below a rung goes back to where the goroutine began.
func TestSignalsAtEveryRungWhileStacksMove(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second")
	}
	growAlways(t)
	var profile bytes.Buffer
	require.NoError(t, pprof.StartCPUProfile(&profile))
	require.NoError(t, trace.Start(io.Discard))
	end := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { signalThreads(end) })
	bad := 0
	for start := time.Now(); time.Since(start) < time.Second; {
		for n := 40; n <= stackalloc.MaxRung; n *= 2 {
			aside(func() { bad += rungsUnderSignals(n) })
		}
	}
	close(end)
	wg.Wait()
	trace.Stop()
	pprof.StopCPUProfile()
	assert.Zero(t, bad, "blocks that were overwritten")

	file := filepath.Join(t.TempDir(), "profile")
	require.NoError(t, os.WriteFile(file, profile.Bytes(), 0o666))
	stacks, onRungs := 0, 0
	for _, sample := range strings.Split(goCommand(t, t.TempDir(), "tool", "pprof", "-traces", file), "-----------+") {
		stacks++
		// The runtime's own code may be about to move the stack.
		if aRungsFrame.MatchString(sample) && !theRuntimes.MatchString(sample) {
			onRungs++
			assert.Contains(t, sample, "rungsUnderSignals", "a sample that was not unwound to the end")
		}
	}
	t.Logf("%d different stacks, %d of them in or below a rung", stacks, onRungs)
	if stackalloc.HasAssembly && !stackalloc.Unoptimized {
		assert.NotZero(t, onRungs)
	}
}

var (
	aRungsFrame = regexp.MustCompile(`stackalloc\.(rung|one\d|two\d|three\d)`)
	theRuntimes = regexp.MustCompile(`\s(runtime|internal/runtime)[./]`)
)

// signalThreads sends each thread of the process the signal of a profile, over and over.
func signalThreads(end chan struct{}) {
	for {
		threads, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return
		}
		for range 20 {
			for _, thread := range threads {
				if id, err := strconv.Atoi(thread.Name()); err == nil {
					_ = unix.Tgkill(os.Getpid(), id, unix.SIGPROF) // it may have ended
				}
			}
			select {
			case <-end:
				return
			case <-time.After(20 * time.Microsecond):
			}
		}
	}
}

// rungsUnderSignals returns how many of its blocks, of n bytes, were overwritten.
//
//go:noinline
func rungsUnderSignals(n int) (bad int) {
	stackalloc.Uninit(n, func(s []byte) {
		pattern(s, n)
		runtime.Gosched()
		measure.Deepen(2*n + 16<<10)
		if firstSpoiled(s, n) != -1 {
			bad++
		}
	})
	stackalloc.Do(n, func(s []byte) {
		measure.Deepen(3*n + 32<<10)
		if s[0] != 0 || s[n-1] != 0 {
			bad++
		}
	})
	stackalloc.Fill(n/8, uint64(n), func(s []uint64) {
		measure.Deepen(4*n + 64<<10)
		if s[0] != uint64(n) || s[len(s)-1] != uint64(n) {
			bad++
		}
	})
	bad += pointersUnderSignals(n)
	return bad
}

// pointersUnderSignals is rungsUnderSignals for elements of one, two and three words with a
// pointer, to this stack.
//
//go:noinline
func pointersUnderSignals(n int) (bad int) {
	var local int
	check := func(p *int) {
		if p != &local {
			bad++
		}
	}
	stackalloc.Do(n/8, func(s []*int) {
		s[0], s[len(s)-1] = &local, &local
		measure.Deepen(5*n + 64<<10)
		check(s[0])
		check(s[len(s)-1])
	})
	stackalloc.Do(n/16, func(s []string) {
		s[len(s)-1] = "kept"
		measure.Deepen(6*n + 128<<10)
		if s[0] != "" || s[len(s)-1] != "kept" {
			bad++
		}
	})
	stackalloc.Do(n/24, func(s [][]int) {
		s[len(s)-1] = (&[1]int{n})[:]
		measure.Deepen(7*n + 128<<10)
		if s[len(s)-1][0] != n {
			bad++
		}
	})
	return bad
}
