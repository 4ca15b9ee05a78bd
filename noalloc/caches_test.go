package noalloc_test

import (
	crand "crypto/rand"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc/noalloc"
)

// The list in caches.go knows all functions of the runtime that allocate.
func TestRuntimeAllocatorsAreKnown(t *testing.T) {
	if testing.Short() || runtime.GOARCH != "amd64" || noalloc.RaceEnabled || !optimised || testing.CoverMode() != "" {
		t.Skip("takes the machine code of a plain build for amd64")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip(err)
	}
	exe := filepath.Join(t.TempDir(), "noalloc.test") // the running one has no symbols
	if out, err := exec.Command("go", "test", "-c", "-o", exe, ".").CombinedOutput(); err != nil {
		t.Fatalf("go test -c: %v\n%s", err, out)
	}
	code, err := exec.Command("go", "tool", "objdump", "-s", `^runtime\.`, exe).Output()
	require.NoError(t, err, "go tool objdump")
	list, err := os.ReadFile("testdata/allocators.txt")
	require.NoError(t, err)
	known := make(map[string]string)
	for line := range strings.SplitSeq(string(list), "\n") {
		if f := strings.Fields(line); len(f) == 2 {
			known[f[1]] = f[0]
		}
	}
	allocates := regexp.MustCompile(`CALL runtime\.(newobject|newarray|mallocgc\w*|makeslice\w*|growslice\w*|makechan|makemap\w*|mapassign\w*)\(SB\)`)
	function, seen := "", 0
	for line := range strings.SplitSeq(string(code), "\n") {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "TEXT" {
			function = strings.TrimSuffix(f[1], "(SB)")
			continue
		}
		if !allocates.MatchString(line) || strings.Contains(function, "[") {
			continue
		}
		seen++
		if known[function] == "" {
			t.Errorf("%s: %s allocates and is not in testdata/allocators.txt: is it a cache?", runtime.Version(), function)
			known[function] = "told"
		}
	}
	assert.GreaterOrEqual(t, seen, 50, "%d calls of the allocator are found: the test shows nothing", seen)
}

// onceOnly are functions that allocate nothing, but have the runtime, or the
// standard library on its first use, allocate something for itself.
var onceOnly = map[string]func(){
	"collection":      runtime.GC,
	"template thread": func() { runtime.LockOSThread(); runtime.UnlockOSThread() },
	"more workers": func() {
		n := runtime.GOMAXPROCS(0)
		runtime.GOMAXPROCS(n + 2)
		runtime.GC()
		runtime.GOMAXPROCS(n)
	},
	"sleep": func() { time.Sleep(time.Microsecond) },
	"timers": func() {
		for i := range heldTimers {
			heldTimers[i].Reset(time.Hour)
		}
		for i := range heldTimers {
			heldTimers[i].Stop()
		}
	},
	"blocked": func() {
		go send1()
		<-unbuffered
	},
	"mutex": func() {
		mutex.Lock()
		go unlockMutex()
		mutex.Lock()
		mutex.Unlock()
	},
	"defer in a loop": func() { deferNothing(50) },
	"type assertion":  func() { _, sinkBool = anything.(fmt.Stringer) },
	"type switch": func() {
		switch anything.(type) {
		case fmt.Stringer, fmt.Formatter:
			sinkBool = true
		case error:
			sinkBool = false
		}
	},
	"conversion":  func() { sinkBool = aShape.(any) != nil },
	"pinner":      func() { var p runtime.Pinner; p.Pin(&numbers[0]); p.Unpin() },
	"thread":      func() { go lockedGoroutine(); <-channel },
	"local time":  func() { sinkInt = time.Unix(0, 0).Hour() },
	"pool":        func() { aPool.Put(pooled); pooled = aPool.Get() },
	"reflection":  func() { sinkInt = int(reflect.TypeFor[func(int, string) bool]().NumIn()) },
	"environment": func() { sinkString = os.Getenv("HOME") },
	"goroutines": func() {
		for range 20 {
			go plainGoroutine()
			<-channel
		}
	},
	"broadcast":   func() { cond.L.Lock(); go signalWhenWaiting(); cond.Wait(); cond.L.Unlock() },
	"select":      func() { go send1(); selectTwo() },
	"wait group":  func() { waitGroup.Add(1); go waitGroupDone(); waitGroup.Wait() },
	"user's Once": func() { emptyOnce.Do(sinkCount) },
	"math/rand":   func() { sinkInt = rand.Intn(5) },
	"crypto/rand": func() { _, _ = crand.Read(random) },
}

var (
	heldTimers = func() (timers [100]*time.Timer) {
		for i := range timers {
			timers[i] = time.AfterFunc(time.Hour, func() {})
			timers[i].Stop()
		}
		return timers
	}()
	aPool     sync.Pool
	pooled    any = new(node)
	cond          = sync.NewCond(new(sync.Mutex))
	waitGroup sync.WaitGroup
	emptyOnce sync.Once
	random    = make([]byte, 16)
)

func send1()         { unbuffered <- 1 }
func unlockMutex()   { mutex.Unlock() }
func waitGroupDone() { waitGroup.Done() }
func lockedGoroutine() {
	runtime.LockOSThread() // and the thread ends with it
	channel <- 1
}
func signalWhenWaiting() {
	cond.L.Lock()
	defer cond.L.Unlock()
	cond.Broadcast()
}

//go:noinline
func selectTwo() {
	select {
	case <-unbuffered:
	case <-wakeUp:
	}
}

//go:noinline
func deferNothing(n int) {
	for range n {
		defer sinkCount()
	}
}

// Each passes whether it is the first to run in its process, the last or the only one.
func TestVerdictDoesNotDependOnTheOrder(t *testing.T) {
	if name := os.Getenv("NOALLOC_FIRST"); name != "" {
		noalloc.Check(t, onceOnly[name])
	}
	for name, f := range onceOnly {
		t.Run(name, func(t *testing.T) { noalloc.Check(t, f) })
	}
	if testing.Short() || os.Getenv("NOALLOC_FIRST") != "" {
		return
	}
	exe, err := os.Executable()
	if err != nil {
		t.Skip(err)
	}
	for name := range onceOnly {
		cmd := exec.Command(exe, "-test.run=^TestVerdictDoesNotDependOnTheOrder$", "-test.short")
		cmd.Env = append(os.Environ(), "NOALLOC_FIRST="+name)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s first: %v\n%s", name, err, out)
		}
	}
}
