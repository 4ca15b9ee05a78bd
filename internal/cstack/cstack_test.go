//go:build cgo && gc && !purego

package cstack

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/gstack"
	"github.com/stackalloc/stackalloc/internal/measure"
)

func bytes(b unsafe.Pointer, n int) []byte { return unsafe.Slice((*byte)(b), n) }

func TestTheBlockIsOnNoGoroutineStackAndAligned(t *testing.T) {
	for size := 0; size <= 64<<10; size = size*3/2 + 1 {
		runs := 0
		ok := Call(uintptr(size), func(b unsafe.Pointer) {
			runs++
			if uintptr(b)%16 != 0 {
				t.Errorf("size %d: block at %p", size, b)
			}
			if gstack.Contains(b) {
				t.Errorf("size %d: the block is on the goroutine's stack", size)
			}
			s := bytes(b, size)
			for i := range s {
				s[i] = byte(i)
			}
			measure.Deepen(8 << 10)
			for i := range s {
				if s[i] != byte(i) {
					t.Fatalf("size %d: byte %d changed", size, i)
				}
			}
		})
		if !ok || runs != 1 {
			t.Errorf("size %d: ok %v after %d runs", size, ok, runs)
		}
	}
}

func TestTheCallbackIsFoundAfterTheStackMoved(t *testing.T) {
	done := make(chan string)
	for depth := 1; depth <= 256; depth *= 2 {
		go func() {
			var local int
			before := uintptr(unsafe.Pointer(&local))
			sum := 0
			ok := Call(1000, func(b unsafe.Pointer) {
				s := bytes(b, 1000)
				s[999] = 7
				measure.Deepen(depth << 10) // with C's frames active
				local++
				runtime.GC() // and shrunk
				Call(1000, func(unsafe.Pointer) {
					measure.Deepen(2 * depth << 10)
					local++
					sum += int(s[999])
				})
				runtime.GC()
			})
			switch {
			case !ok || local != 2 || sum != 7:
				done <- fmt.Sprint("after the move: ", ok, local, sum)
			case depth >= 64 && uintptr(unsafe.Pointer(&local)) == before:
				done <- "the stack did not move"
			default:
				done <- ""
			}
		}()
		if msg := <-done; msg != "" {
			t.Errorf("depth %d: %s", depth, msg)
		}
	}
}

func nest(levels int, size uintptr, at func(level int)) (served int) {
	ok := Call(size, func(b unsafe.Pointer) {
		s := bytes(b, int(size))
		s[0], s[size-1] = byte(levels), byte(levels)
		if levels > 0 {
			served = nest(levels-1, size, at)
		}
		at(levels)
		if s[0] != byte(levels) || s[size-1] != byte(levels) {
			panic("block overwritten")
		}
	})
	if ok {
		served++
	}
	return served
}

func TestPanicPassesThroughC(t *testing.T) {
	for range 1000 { // the room must come back every time
		func() {
			defer func() {
				if r := recover(); r != "through" {
					t.Errorf("recovered %v", r)
				}
			}()
			nest(3, 4096, func(level int) {
				if level == 0 {
					panic("through")
				}
			})
			t.Error("returned")
		}()
	}
}

func TestPanicRecoveredInsideC(t *testing.T) {
	for range 1000 {
		outer, inner := 0, 0
		Call(64, func(b unsafe.Pointer) {
			func() {
				defer func() { recover() }()
				Call(8192, func(unsafe.Pointer) { inner++; panic("inner") })
			}()
			Call(64, func(unsafe.Pointer) { outer++ })
		})
		if outer != 1 || inner != 1 {
			t.Fatal(outer, inner)
		}
	}
}

func TestGoexitPassesThroughC(t *testing.T) {
	for range 200 {
		deferred, returned := 0, false
		var wg sync.WaitGroup
		wg.Go(func() {
			defer func() { deferred++ }()
			Call(4096, func(unsafe.Pointer) {
				defer func() { deferred++ }()
				Call(4096, func(unsafe.Pointer) {
					defer func() { deferred++ }()
					runtime.Goexit()
				})
				returned = true
			})
			returned = true
		})
		wg.Wait()
		if deferred != 3 || returned {
			t.Fatal(deferred, returned)
		}
	}
}

func TestNestingStopsBeforeTheStackEnds(t *testing.T) {
	room := Room()
	if room == 0 {
		t.Skip("the bounds of the thread's stack are unknown on this system")
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for _, size := range []uintptr{16, 1000, 10_000, 100_000} {
		room = Room()
		served := nest(50_000, size, func(int) {})
		if uintptr(served)*size > room || served < 1 {
			t.Errorf("%d blocks of %d bytes in %d bytes", served, size, room)
		}
		if served > 50_000 {
			t.Errorf("blocks of %d bytes: never refused", size)
		}
		if after := Room(); after != room {
			t.Errorf("room was %d, is %d", room, after)
		}
	}
}

func TestRefusesWhatDoesNotFit(t *testing.T) {
	for _, size := range []uintptr{1 << 20, 1 << 30, ^uintptr(0) / 2, ^uintptr(0) - 15, ^uintptr(0)} {
		if Call(size, func(unsafe.Pointer) { t.Errorf("ran on %d bytes", size) }) {
			t.Errorf("served %d bytes", size)
		}
	}
}

func TestManyGoroutines(t *testing.T) {
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			for j := range 20 {
				Call(3000, func(b unsafe.Pointer) {
					s := bytes(b, 3000)
					for k := range s {
						s[k] = byte(i + j)
					}
					if j%4 == 0 {
						measure.Deepen(j << 10)
					}
					runtime.Gosched()
					for k := range s {
						if s[k] != byte(i+j) {
							t.Errorf("byte %d changed", k)
							return
						}
					}
				})
			}
		})
	}
	wg.Wait()
}

func TestCallDoesNotAllocate(t *testing.T) {
	n := 0
	if a := testing.AllocsPerRun(100, func() { Call(100, func(unsafe.Pointer) { n++ }) }); a != 0 {
		t.Errorf("%v allocations", a)
	}
}

var sink []byte

func BenchmarkBlock(b *testing.B) {
	for _, size := range []int{256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10} {
		f := func(p unsafe.Pointer) { *(*byte)(p) = 1 }
		b.Run(fmt.Sprintf("impl=c99/size=%d", size), func(b *testing.B) {
			for b.Loop() {
				Call(uintptr(size), f)
			}
		})
		b.Run(fmt.Sprintf("impl=pool/size=%d", size), func(b *testing.B) {
			pool := sync.Pool{New: func() any { s := make([]byte, size); return &s }}
			for b.Loop() {
				p := pool.Get().(*[]byte)
				f(unsafe.Pointer(unsafe.SliceData(*p)))
				pool.Put(p)
			}
		})
		b.Run(fmt.Sprintf("impl=make/size=%d", size), func(b *testing.B) {
			for b.Loop() {
				sink = make([]byte, size)
				f(unsafe.Pointer(unsafe.SliceData(sink)))
			}
		})
	}
}
