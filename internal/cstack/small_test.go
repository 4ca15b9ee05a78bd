//go:build cgo && gc && !purego && !windows

package cstack

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"

	"github.com/stackalloc/stackalloc/internal/cstack/cthread"
	"github.com/stackalloc/stackalloc/internal/measure"
)

// exercise fills the thread's stack with blocks as far as Call lets it, and works
// on top of them: printing, growing, collecting and unwinding use the same stack.
func exercise(t *testing.T) (served int) {
	for _, size := range []uintptr{100, 4000, 20_000, 60_000} {
		served += nest(10_000, size, func(level int) {
			if level%500 == 0 {
				measure.Deepen(50 << 10)
				debug.Stack()
				runtime.GC()
				_ = fmt.Sprint(level, runtime.NumGoroutine())
			}
		})
		func() {
			ran := false // not where the block does not fit
			defer func() {
				if r := recover(); ran != (r == size) {
					t.Errorf("recovered %v", r)
				}
			}()
			nest(3, size, func(level int) { ran = true; panic(size) })
		}()
	}
	return served
}

func TestThreadsOfCWithSmallStacks(t *testing.T) {
	for _, stack := range []int{64 << 10, 128 << 10, 256 << 10, 1 << 20} {
		var room uintptr
		served := 0
		err := cthread.Run(stack, func() {
			room = Room()
			if room > uintptr(stack)/2 {
				t.Errorf("%d bytes of room in a stack of %d", room, stack)
			}
			served = exercise(t)
			if again := Room(); again > room+1024 || room > again+1024 {
				t.Errorf("room was %d, is %d", room, again)
			}
		})
		if err != nil && stack <= 128<<10 {
			t.Log(err) // less than the least of this system
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("stack of %d bytes: %d of room, %d blocks", stack, room, served)
		if stack >= 128<<10 && served == 0 && Room() != 0 {
			t.Errorf("stack of %d bytes: no block was served", stack)
		}
	}
}

// With glibc the limit of the main thread's stack is the size of all others too.
// musl gives threads 128 KiB.
func TestProgramsWithSmallStacks(t *testing.T) {
	if os.Getenv("CSTACK_SMALL") != "" {
		t.Logf("%d bytes of room, %d blocks", Room(), exercise(t))
		done := make(chan int)
		for range 8 {
			go func() {
				runtime.LockOSThread() // and ends with its thread
				done <- exercise(t)
			}()
		}
		for range 8 {
			if <-done == 0 {
				t.Error("a thread served no block")
			}
		}
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Skip(err)
	}
	for _, kib := range []string{"128", "256", "unlimited"} {
		cmd := exec.Command("/bin/sh", "-c", "ulimit -s "+kib+` && exec "$0" -test.run='^TestProgramsWithSmallStacks$' -test.v`, self)
		cmd.Env = append(os.Environ(), "CSTACK_SMALL=1")
		out, err := cmd.CombinedOutput()
		if _, ran := err.(*exec.ExitError); err != nil && !ran || cmd.ProcessState.ExitCode() == 126 {
			t.Skip("this program cannot be run again from here: ", err)
		}
		assert.NoError(t, err, "stacks of %s KiB: %s", kib, out)
		t.Logf("stacks of %s KiB:\n%s", kib, out)
	}
}

// A block of C memory is no place for Go pointers, but its address may be one.
func TestTheCollectorPassesOverAddressesOfBlocks(t *testing.T) {
	Call(1000, func(b unsafe.Pointer) {
		keep := &struct{ p unsafe.Pointer }{b}
		for range 5 {
			runtime.GC()
			measure.Deepen(20 << 10)
		}
		if keep.p != b {
			t.Error("the address changed")
		}
	})
}
