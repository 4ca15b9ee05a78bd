package gstack

import (
	"runtime"
	"sync"
	"testing"
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/measure"
)

var (
	global  [64]byte
	escaped *byte
)

func needBounds(t *testing.T) {
	if !Known {
		var b byte
		if Contains(unsafe.Pointer(&b)) {
			t.Error("Contains is true without access to the bounds")
		}
		t.Skip("this build does not read the bounds")
	}
}

func TestTheFirstTwoWordsOfGAreTheBounds(t *testing.T) {
	needBounds(t)
	if !Sound() {
		lo, hi := Bounds()
		t.Fatalf("bounds %#x to %#x are not those of a goroutine stack", lo, hi)
	}
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			for _, depth := range []int{0, 1, 7, 60, 300} {
				measure.Deepen(depth << 10)
				if !Sound() {
					t.Error("not sound on a goroutine whose stack grew")
				}
			}
		})
	}
	wg.Wait()
}

func TestContains(t *testing.T) {
	needBounds(t)
	var local [16]byte
	escaped = new(byte)
	check := func(name string, got, want bool) {
		t.Helper()
		if got != want {
			t.Errorf("Contains(%s) = %v", name, got)
		}
	}
	check("nil", Contains(nil), false)
	check("local", Contains(unsafe.Pointer(&local)), true)
	check("last byte of local", Contains(unsafe.Pointer(&local[15])), true)
	check("heap", Contains(unsafe.Pointer(escaped)), false)
	check("global", Contains(unsafe.Pointer(&global)), false)
	check("page one", containsNumber(4096), false)
	check("highest address", containsNumber(^uintptr(0)), false)
}

func TestContainsAtTheEdges(t *testing.T) {
	needBounds(t)
	measure.Deepen(32 << 10)
	for range 100 {
		lo, hi := Bounds()
		var got [6]bool
		for i, a := range [...]uintptr{lo - 1, lo, lo + 1, hi - 1, hi, hi + 1} {
			got[i] = containsNumber(a)
		}
		if l, h := Bounds(); l != lo || h != hi {
			continue // moved
		}
		if want := [6]bool{false, true, true, true, false, false}; got != want {
			t.Errorf("around both edges: %v, want %v", got, want)
		}
		return
	}
	t.Error("the stack moved every time")
}

//go:nocheckptr
func containsNumber(a uintptr) bool { return Contains(*(*unsafe.Pointer)(unsafe.Pointer(&a))) }

func TestContainsIsNotTrueOfAnotherGoroutine(t *testing.T) {
	needBounds(t)
	addr, done := make(chan uintptr), make(chan bool)
	go func() {
		var there byte
		addr <- uintptr(unsafe.Pointer(&there))
		<-done
		runtime.KeepAlive(&there)
	}()
	if containsNumber(<-addr) {
		t.Error("a local variable of another goroutine counts as on this stack")
	}
	close(done)
}

func TestAboveSurvivesAMoveOfTheStack(t *testing.T) {
	needBounds(t)
	result := make(chan string)
	for range 20 {
		go func() {
			var target int
			p := &target
			before, was := Above(unsafe.Pointer(&p)), uintptr(unsafe.Pointer(&p))
			moved := false
			for depth := 1; depth < 256; depth *= 2 {
				measure.Deepen(depth << 10)
				runtime.GC()
				moved = moved || uintptr(unsafe.Pointer(&p)) != was
				switch {
				case Above(unsafe.Pointer(&p)) != before:
					result <- "the distance from the top changed"
					return
				case Load(before) != unsafe.Pointer(&target):
					result <- "Load did not find the pointer"
					return
				}
				*(*int)(Load(before))++
			}
			switch {
			case !moved:
				result <- "the stack did not move"
			case target != 8:
				result <- "a write through a loaded pointer was lost"
			default:
				result <- ""
			}
		}()
		if msg := <-result; msg != "" {
			t.Fatal(msg)
		}
	}
}

func BenchmarkContains(b *testing.B) {
	var local byte
	for b.Loop() {
		Contains(unsafe.Pointer(&local))
	}
}
