//go:build (amd64 || arm64) && gc && !purego && !stackalloc_cgo

package stackalloc

import (
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc/internal/build"
	"github.com/stackalloc/stackalloc/internal/gstack"
)

// The assumptions of the assembly.

// grow has every block that may be on the stack go there.
func grow(t *testing.T) {
	if unoptimized {
		t.Skip("nothing is proven in this build")
	}
	former := SetPatience(0)
	t.Cleanup(func() { SetPatience(former) })
}

func eachABI(t *testing.T, f func(t *testing.T)) {
	t.Run("abi=register", f)
	t.Run("abi=0", func(t *testing.T) {
		defer SetABI0()()
		f(t)
	})
}

func TestStackBoundsAreTheFirstTwoWordsOfTheGoroutine(t *testing.T) {
	onFreshStacks(func(depth int) {
		lo, hi := gstack.Bounds()
		var local byte
		at := uintptr(unsafe.Pointer(&local))
		if at < lo || at >= hi {
			t.Errorf("depth %d: %#x is not in [%#x, %#x)", depth, at, lo, hi)
		}
		if gstack.Contains(unsafe.Pointer(new(int))) && gstack.Contains(unsafe.Pointer(escape(new(int)))) {
			t.Errorf("depth %d: a heap object counts as on the stack", depth)
		}
		if hi-lo < uintptr(depth)*100 {
			t.Errorf("depth %d: a stack of %d bytes is too small to be true", depth, hi-lo)
		}
	})
}

func TestStacksArePowersOfTwoAndAlignedToTwoKiB(t *testing.T) {
	onFreshStacks(func(depth int) {
		lo, hi := gstack.Bounds()
		if size := hi - lo; size < 2<<10 || size&(size-1) != 0 || hi%(2<<10) != 0 {
			t.Errorf("depth %d: stack [%#x, %#x)", depth, lo, hi)
		}
	})
}

// X15 on amd64 is zero in Go code, which clears with it.
func TestCallbackFindsTheZeroRegisterZero(t *testing.T) {
	grow(t)
	eachABI(t, func(t *testing.T) {
		Uninit(100, func(s []byte) {
			var a [64]byte
			dirty(&a)
			a = [64]byte{}
			for i := range a {
				if a[i] != 0 {
					t.Error("a cleared array is not zero")
				}
			}
		})
	})
}

//go:noinline
func dirty(a *[64]byte) {
	for i := range a {
		a[i] = 0xff
	}
}

func TestCallbackReceivesPointerLengthAndCapacity(t *testing.T) {
	grow(t)
	eachABI(t, func(t *testing.T) {
		for _, n := range []int{33, 48, 100, 5000} {
			var at uintptr
			var length, capacity int
			a, b, c := 1, 2.5, "three"
			Do(n, func(s []byte) {
				at, length, capacity = uintptr(unsafe.Pointer(&s[0])), len(s), cap(s)
				a, b, c = a+1, b*2, c[1:]
			})
			assert.Zero(t, at%64)
			assert.Equal(t, n, length)
			assert.Equal(t, n, capacity)
			assert.Equal(t, 2, a)
			assert.Equal(t, 5.0, b)
			assert.Equal(t, "hree", c)
		}
	})
}

// A callback with a large frame grows the stack in its prologue, which spills the
// arguments to the caller's frame and restarts.
func TestArgumentsSurviveWhenTheCallbackGrowsTheStack(t *testing.T) {
	grow(t)
	eachABI(t, func(t *testing.T) {
		for _, n := range []int{33, 64, 1000, 20000} {
			done := make(chan struct{})
			go func() {
				defer close(done)
				Do(n, func(s []byte) {
					var frame [300 << 10]byte
					use(&frame)
					if len(s) != n || !gstack.Contains(unsafe.Pointer(&s[0])) {
						t.Error("the slice was lost")
					}
					for i := range s {
						if s[i] != 0 {
							t.Errorf("byte %d of %d was overwritten", i, n)
							return
						}
					}
				})
			}()
			<-done
		}
	})
}

//go:noinline
func use(a *[300 << 10]byte) {
	for i := 0; i < len(a); i += 512 {
		a[i] = 0xee
	}
}

func TestWrongArgumentsAreRefusedByTheAssembly(t *testing.T) {
	f := func([]byte) { t.Error("ran") }
	var probe [0]byte
	p := unsafe.Pointer(&probe)
	defer SetLimit(SetLimit(1000))
	eachABI(t, func(t *testing.T) {
		lo, hi := gstack.Bounds()
		for _, c := range []struct {
			name string
			n    int
			size uintptr
			p    unsafe.Pointer
		}{
			{"negative length", -1, ^uintptr(0), p},
			{"more elements than fit", 1 << 20, 99, p},
			{"nothing", 0, 0, p},
			{"wrapped product", 1 << 62, 64, p},
			{"above the ladder", maxRung + 1, maxRung + 1, p},
			{"probe on the heap", 100, 100, probeHeap},
			{"probe is no stack address", 100, 100, unsafe.Pointer(&control)},
			{"probe below the stack", 100, 100, unsafe.Add(p, lo-uintptr(p)-1)},
			{"probe above the stack", 100, 100, unsafe.Add(p, hi-uintptr(p))},
		} {
			assert.False(t, onAnyRung(c.p, c.n, noescapeFunc(f), c.size, false), c.name)
			assert.False(t, onAnyRung(c.p, c.n, noescapeFunc(f), c.size, true), c.name)
			assert.False(t, onFillRung(fillRungs[rungIndex(c.n, c.size)], c.p, c.n, f, c.size, 1), c.name)
		}
	})
	defer SetLimit(SetLimit(0))
	former := spares
	spares = [len(spares)]*spareSet{}
	assert.False(t, onAnyRung(p, 100, noescapeFunc(f), 100, false), "above the limit")
	spares = former
	runtime.KeepAlive(&probe)
	runtime.KeepAlive(f)
}

func TestEveryLadderIndexLeadsToARungThatHoldsTheBlock(t *testing.T) {
	grow(t)
	former := SetLimit(maxRung)
	defer SetLimit(former)
	for _, edge := range Ladder {
		for n := max(edge-2, 1); n <= min(edge+2, maxRung); n++ {
			canary := [3]uint64{0x1111, 0x2222, 0x3333}
			ran := false
			f := func(s []byte) {
				ran = true
				lo, hi := gstack.Bounds()
				at := uintptr(unsafe.Pointer(unsafe.SliceData(s)))
				if at < lo || at+uintptr(len(s)) > hi || at%64 != 0 {
					t.Errorf("block of %d at %#x is not within [%#x, %#x)", n, at, lo, hi)
				}
				for i := range s {
					s[i] = 0xff
				}
			}
			var probe [0]byte
			zero := n%2 == 0
			p := unsafe.Pointer(&probe)
			if !onAnyRung(p, n, noescapeFunc(f), uintptr(n), zero) {
				require.True(t, growFor(uintptr(n)))
				require.True(t, onAnyRung(p, n, noescapeFunc(f), uintptr(n), zero), "no room after growing for %d bytes", n)
			}
			require.True(t, ran)
			if build.Tested {
				ran = false
				inner := f
				f = func(s []byte) {
					for i := range s {
						if s[i] != 5 {
							t.Errorf("byte %d of %d is %d", i, n, s[i])
							return
						}
					}
					inner(s)
				}
				i, size := rungOf[byte](n)
				require.True(t, onFillRung(fillRungs[i], p, n, f, size, 0x0505050505050505))
				require.True(t, ran)
			}
			runtime.KeepAlive(f)
			require.Equal(t, [3]uint64{0x1111, 0x2222, 0x3333}, canary)
		}
	}
}

func TestRoomNeededIsWhatTheRuntimeKeepsFree(t *testing.T) {
	// A block for which there is just room must not move the stack.
	var moved, ran atomic.Int32
	onFreshStacks(func(depth int) {
		for n := 40; n < 6000; n += 8 {
			var before uintptr
			f := func(s []byte) {
				now, _ := gstack.Bounds()
				if !gstack.Contains(unsafe.Pointer(&s[0])) {
					return
				}
				ran.Add(1)
				if now != before {
					moved.Add(1)
				}
			}
			var probe [0]byte
			before, _ = gstack.Bounds()
			i, size := rungOf[byte](n)
			onRung(rungs[i], unsafe.Pointer(&probe), n, f, size)
			runtime.KeepAlive(f)
		}
	})
	assert.Zero(t, moved.Load(), "stacks moved for blocks that were to fit")
	assert.NotZero(t, ran.Load())
}

// Where the assembler puts a check of its own in front of a large rung, all are entered at
// the same distance behind it, and the small ones at their beginning.
func TestLargeRungsAreEnteredBehindTheAssemblersCheck(t *testing.T) {
	smallRungs := map[int]bool{}
	for i := range 4 {
		smallRungs[i], smallRungs[ladderSteps+i], smallRungs[len(rungEntries)-ladderSteps+i] = true, true, true
	}
	for words := range pointerRungs {
		smallRungs[2*ladderSteps+words*pointerSteps], smallRungs[2*ladderSteps+words*pointerSteps+1] = true, true
	}
	ahead := uintptr(0)
	for i, entry := range rungEntries {
		f := runtime.FuncForPC(entry)
		require.NotNil(t, f)
		switch distance := entry - f.Entry(); {
		case smallRungs[i] || runtime.GOARCH != "amd64":
			assert.Zero(t, distance, f.Name())
		case ahead == 0:
			ahead = distance
			fallthrough
		default:
			assert.NotZero(t, distance, f.Name())
			assert.Equal(t, ahead, distance, f.Name())
		}
	}
}

// The spill space for the arguments is the caller's, and rungs may write to it. Were
// there none, these variables would lie there.
func TestCallerOfARungKeepsSpillSpace(t *testing.T) {
	grow(t)
	for _, n := range []int{40, 500, 1000, 5000, 60000} {
		require.True(t, aroundARung(n, 1), "a rung of %d bytes wrote to its caller's variables", n)
	}
}

//go:noinline
func aroundARung(n, seed int) bool {
	ran := 0
	f := func(s []byte) { ran++ }
	a, b, c, d, e, g := seed+1, seed+2, seed+3, seed+4, seed+5, seed+6
	var probe [0]byte
	growFor(uintptr(n))
	i, size := rungOf[byte](n)
	ok := onRung(rungs[i], unsafe.Pointer(&probe), n, f, size)
	ok = ok && onRung(zeroRungs[i], unsafe.Pointer(&probe), n, f, size)
	ok = ok && onFillRung(fillRungs[i], unsafe.Pointer(&probe), n, f, size, 1<<63) == build.Tested
	if !build.Tested {
		ran++
	}
	runtime.KeepAlive(f)
	return ok && ran == 3 && a == seed+1 && b == seed+2 && c == seed+3 && d == seed+4 && e == seed+5 && g == seed+6
}

// The scheduler may ask a goroutine to give way wherever it checks its stack, and
// the collector shrinks its stack there. What was on the way to a block (the
// callback, the length, the block itself) has to follow.
func TestBlocksSurviveGivingWay(t *testing.T) {
	grow(t)
	for name, round := range givingWay {
		t.Run(name, func(t *testing.T) { untilCollected(t, round) })
	}
}

type pair struct{ a, b int32 }

// givingWay are calls on various ways to a block, each with a length chosen by k, which
// tell whether the callback got its block.
var givingWay = map[string]func(k int) bool{
	"small": func(k int) bool {
		n, sum := 100+k%400, 0
		Do(n, func(s []byte) { sum = checkZero(s) })
		return sum == 2*n
	},
	"large": func(k int) bool {
		n, sum := 1000+k%4000, 0
		Uninit(n, func(s []uint16) { sum = len(s) + cap(s); s[0], s[n-1] = 1, 1 })
		return sum == 2*n
	},
	"of a type unknown at the call": func(k int) bool {
		n, sum := 10+k%400, 0
		Do(n, func(s []pair) { sum = checkZero(s) })
		return sum == 2*n
	},
	"with pointers": func(k int) bool {
		n, sum := 5+k%120, 0
		Do(n, func(s []string) { sum = checkZero(s) })
		return sum == 2*n
	},
	"filled": func(k int) bool {
		n, sum := 50+k%4000, 0
		Fill(n, 1, func(s []byte) { sum = len(s) + cap(s) + int(s[0]) + int(s[n-1]) - 2 })
		return sum == 2*n
	},
	"with a closure": func(k int) bool {
		n, sum := 50+k%4000, 0
		Copy(ones[:n], func(s []byte) { sum = len(s) + cap(s) + int(s[0]) + int(s[n-1]) - 2 })
		return sum == 2*n
	},
}

// untilCollected does rounds, some for each of many collections.
func untilCollected(t *testing.T, round func(k int) bool) {
	collections := 200
	if testing.Short() {
		collections = 50
	}
	var rounds atomic.Int64
	var enough atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		for k := 0; !enough.Load(); k++ {
			rounds.Store(int64(k))
			if !round(k) {
				t.Errorf("round %d: the callback wrote somewhere else", k)
				rounds.Store(1 << 60)
				return
			}
		}
	}()
	for at := range collections {
		for rounds.Load() < int64(at)*100 {
			runtime.Gosched()
		}
		runtime.GC() // asks every goroutine to stop, more than once
	}
	enough.Store(true)
	<-done
}

var ones = slices.Repeat([]byte{1}, 5000)

// checkZero returns twice the length of s, unless s is not zeroed or not as it
// should be.
func checkZero[T comparable](s []T) int {
	var a [32]byte // cleared with the zero register
	var zero T
	if s[0] != zero || s[len(s)-1] != zero || a != [32]byte{} {
		return -1
	}
	return len(s) + cap(s)
}

// Whether the processor has AVX is unknown at first, and on some it has not.
func TestBlocksAreZeroOrFilledInEveryWayOfWriting(t *testing.T) {
	former := avx
	defer func() { avx = former }()
	for _, has := range []uint8{0, avxNo, former} {
		for n := smallBlock + 1; n < 2*clearRep; n++ {
			avx = has
			Do(n, func(s []byte) {
				for i := range s {
					if s[i] != 0 {
						t.Errorf("AVX %d: byte %d of %d is %#x", has, i, n, s[i])
						break
					}
				}
				for i := range s {
					s[i] = 0xff
				}
			})
		}
		for n := smallBlock/2 + 1; n < 2*clearRep; n++ {
			avx = has
			Fill(n, 0x0102, func(s []uint16) {
				for i := range s {
					if s[i] != 0x0102 {
						t.Errorf("AVX %d: element %d of %d is %#x", has, i, n, s[i])
						break
					}
				}
				if checkZero(make([]byte, 99)) != 2*99 {
					t.Errorf("AVX %d: the zero register after %d elements", has, n)
				}
			})
		}
		for n := 1; n <= maxTypedFrame/8; n++ {
			avx = has
			Do(n, func(s []*uint8) {
				for i := range s {
					if s[i] != nil {
						t.Errorf("AVX %d: pointer %d of %d is %p", has, i, n, s[i])
						break
					}
				}
				for i := range s {
					s[i] = &avx
				}
			})
		}
	}
}

// What is around the bytes stays as it is.
func TestFillWords(t *testing.T) {
	bytes := [8]byte{1, 2, 3, 4, 5, 6, 7, 8}
	word8 := *(*uint64)(unsafe.Pointer(&bytes))
	for size := range 700 {
		s := make([]byte, size+32)
		fillWords(unsafe.Pointer(&s[16]), uintptr(size&^7), word8)
		for i, b := range s {
			want := byte(0)
			if i >= 16 && i < 16+size&^7 {
				want = byte(i&7) + 1
			}
			if b != want {
				t.Fatalf("size %d: byte %d is %d", size, i, b)
			}
		}
	}
	for size := range 700 {
		s := make([]byte, size+32)
		fillWords(unsafe.Pointer(&s[16]), uintptr(size), 0x0505050505050505)
		for i, b := range s {
			if in := i >= 16 && i < 16+size; in != (b == 5) {
				t.Fatalf("size %d: byte %d is %d", size, i, b)
			}
		}
	}
}
