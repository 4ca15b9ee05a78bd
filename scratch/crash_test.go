//go:build stackalloc_debug

package scratch_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc/internal/vm"
	"github.com/stackalloc/stackalloc/scratch"
)

var sink any

// here prints the caller's line, for the parent to find it in the trace.
func here() int {
	_, _, line, _ := runtime.Caller(1)
	fmt.Fprintf(os.Stderr, "guilty: crash_test.go:%d\n", line)
	return 0
}

func kept(n int) (s []byte) {
	scratch.Do(n, func(b []byte) { s = b })
	return s
}

func end[T any](s []T, beyond int) *T {
	return (*T)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(s)), (len(s)+beyond)*int(unsafe.Sizeof(s[0]))))
}

// guilty programs crash, with the line that calls here in the trace.
var guilty = map[string]func(){
	"late read": func() {
		s := kept(100)
		sink = s[here()]
	},
	"late write": func() {
		s := kept(100)
		s[here()] = 1
	},
	"late read of the last byte of many pages": func() {
		s := kept(1 << 20)
		sink = s[here()+1<<20-1]
	},
	"late read after a thousand scopes": func() {
		s := kept(100)
		for range 1000 {
			kept(100)
		}
		sink = s[here()]
	},
	"late write by another goroutine": func() {
		in, out := make(chan []byte), make(chan bool)
		go func() {
			s := <-in
			<-out
			s[here()] = 1
			close(in)
		}()
		scratch.Uninit(10, func(s []byte) { in <- s })
		out <- true
		<-in
	},
	"late read after a panic": func() {
		var s []byte
		func() {
			defer func() { _ = recover() }()
			scratch.Do(10, func(b []byte) { s = b; panic("leave") })
		}()
		sink = s[here()]
	},
	"late read of a result": func() {
		s := scratch.Call(10, func(b []uint32) []uint32 { return b })
		sink = s[here()]
	},
	"write past the end": func() {
		scratch.Do(77, func(s []byte) { *end(s, here()) = 1 })
	},
	"write past the end of words": func() {
		scratch.Do(77, func(s []uint64) { *end(s, here()) = 1 })
	},
	"read past the end": func() {
		scratch.Uninit(4096, func(s []byte) { sink = *end(s, here()) })
	},
	"read before whole pages": func() {
		scratch.Uninit(vm.PageSize(), func(s []byte) { sink = *end(s, here()-len(s)-1) })
	},
	"late read of a buffer's bytes": func() {
		var s []byte
		scratch.Buffer(10, func(b *bytes.Buffer) {
			b.WriteString("text")
			s = b.Bytes()
		})
		sink = s[here()]
	},
	"late write to a buffer": func() {
		var late *bytes.Buffer
		scratch.Buffer(10, func(b *bytes.Buffer) { late = b })
		late.Write([]byte{byte(here())})
	},
	"late use of a pointer": func() {
		var s []*int
		scratch.Do(3, func(p []*int) { p[1] = new(int); s = p })
		sink = *s[here()+1]
	},
	"late use of a string": func() {
		var s []string
		scratch.Do(3, func(p []string) { p[1] = "text"; s = p })
		sink = s[1][here()]
	},
	"late use of a slice in a struct": func() {
		type rec struct {
			n int
			b []byte
		}
		var s []rec
		scratch.Do(3, func(p []rec) { p[2].b = make([]byte, 1); s = p })
		s[2].b[here()] = 1
	},
	"late use of an interface": func() {
		var s []fmt.Stringer
		scratch.Do(3, func(p []fmt.Stringer) { s = p })
		sink = s[here()].String()
	},
}

const crashEnv = "SCRATCH_TEST_CRASH"

// run starts this program again, as a child that is guilty of what.
func run(t *testing.T, what string) string {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestGuiltyProgramsCrash$")
	cmd.Env = append(os.Environ(), crashEnv+"="+what)
	out, err := cmd.CombinedOutput()
	require.Error(t, err, "the child got away with it: %s", out)
	return string(out)
}

func TestGuiltyProgramsCrash(t *testing.T) {
	if what := os.Getenv(crashEnv); what != "" {
		guilty[what]()
		return
	}
	if !vm.CanProtect {
		t.Skip("pages cannot be protected here")
	}
	for what := range guilty {
		t.Run(what, func(t *testing.T) {
			out := run(t, what)
			require.Contains(t, out, "fault")
			_, rest, ok := strings.Cut(out, "guilty: ")
			require.True(t, ok, out)
			line, trace, _ := strings.Cut(rest, "\n")
			require.Contains(t, trace, line+" ", "the guilty line is not in the trace")
		})
	}
}

func TestInnocentProgramsDoNot(t *testing.T) {
	for n := range 9000 {
		scratch.Uninit(n, func(s []byte) {
			for i := range s {
				s[i] = 1
			}
			scratch.Do(n%50, func(s []any) {
				for i := range s {
					s[i] = "x"
				}
			})
		})
		if n%1000 == 0 {
			runtime.GC()
		}
	}
}

func TestUninitIsFilledWithRubbish(t *testing.T) {
	scratch.Uninit(1000, func(s []byte) {
		for _, b := range s {
			require.NotZero(t, b)
		}
	})
}
