package stackalloc_test

import (
	"runtime"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/internal/measure"
)

// Blocks of elements with pointers, word by word: the runtime must take for a
// pointer what is one, and nothing else, when it moves the stack and when it
// collects garbage. The assumption is that it reads the stack maps that the
// assembly defines (pointermaps.h) as it reads the compiler's.

// A pair is a pointer and a word that looks like one.
type pair struct {
	p *[2]int
	x uintptr
}

type triple struct {
	p    *[2]int
	x, y uintptr
}

// A quintet is no kind of element that the assembly knows, and neither is a late.
type quintet struct {
	p          *[2]int
	x, y, z, w uintptr
}

type late struct {
	x uintptr
	p *[2]int
}

// wordsOf returns the lengths around every edge of the frames for elements of so
// many words.
func wordsOf(words int) (lengths []int) {
	for n := 1; n <= 40; n++ {
		lengths = append(lengths, n)
	}
	for size := 256; size <= stackalloc.MaxTypedFrame; size *= 2 {
		for _, edge := range []int{size / 4 * 3, size} {
			n := edge / (8 * words)
			lengths = append(lengths, n-1, n, n+1)
		}
	}
	return lengths
}

// local returns p, a pointer to a variable that it keeps on the stack: by the
// compiler's rules, what is stored in a slice goes to the heap. It is for blocks on
// the stack only.
//
//go:nosplit
//go:nocheckptr
func local[T any](p *T) *T {
	x := uintptr(unsafe.Pointer(p))
	return *(**T)(unsafe.Pointer(&x))
}

// moved makes a larger stack, so that all of this one moves, and a collection.
func moved() {
	measure.Deepen(1 << 20)
	runtime.GC()
}

// onBlocks runs f for each length on a goroutine whose stack has room for it. Up to
// most elements the block must be on the stack.
func onBlocks(t *testing.T, words, most int, f func(n int) (bad, onStack bool)) {
	growAlways(t)
	if !stackalloc.RegisterABI {
		most = min(most, 128) // there are Go frames alone
	}
	for _, n := range wordsOf(words) {
		if testing.Short() && n%2 == 0 && n < 40 {
			continue
		}
		aside(func() {
			measure.Deepen(32 << 10)
			bad, on := f(n)
			assert.False(t, bad, "%d elements of %d words", n, words)
			if stackalloc.HasAssembly && !stackalloc.Unoptimized && n <= most {
				assert.True(t, on, "%d elements of %d words are not on the stack", n, words)
			}
		})
	}
}

func TestEveryPointerOfABlockIsMovedAndCollected(t *testing.T) {
	pointerBlocks(t, stackalloc.MaxTypedFrame/8)
}

// Without the assembly's frames, as on versions that were not tested.
func TestEveryPointerOfABlockInAGoFrame(t *testing.T) {
	defer stackalloc.SetABI0()()
	pointerBlocks(t, 128)
}

// An inlined copy of this would have no proof: its callback would be made anew.
//
//go:noinline
func pointerBlocks(t *testing.T, most int) {
	onBlocks(t, 1, most, func(n int) (bad, onStack bool) {
		stackalloc.Do(n, func(s []*[2]int) {
			onStack = stackalloc.OnStack(s)
			var here [2]int
			for i := range s {
				bad = bad || s[i] != nil
				if onStack {
					s[i] = local(&here)
				}
			}
			moved()
			for i := range s {
				bad = bad || onStack && s[i] != local(&here)
				s[i] = heapPair(i)
			}
			moved()
			for i := range s {
				bad = bad || s[i][0] != i || s[i][1] != ^i
			}
		})
		return bad, onStack
	})
}

func TestEveryStringOfABlockIsMovedAndCollected(t *testing.T) {
	onBlocks(t, 2, stackalloc.MaxTypedFrame/16, func(n int) (bad, onStack bool) {
		stackalloc.Do(n, func(s []string) {
			onStack = stackalloc.OnStack(s)
			var here [8]byte
			for i := range s {
				bad = bad || s[i] != ""
				if onStack {
					s[i] = unsafe.String(local(&here[i%8]), 8-i%8)
				}
			}
			moved()
			here = [8]byte{'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'}
			for i := range s {
				bad = bad || onStack && s[i] != "abcdefgh"[i%8:]
				s[i] = heapString(i)
			}
			moved()
			for i := range s {
				bad = bad || s[i] != heapString(i)
			}
		})
		return bad, onStack
	})
}

//go:noinline
func heapString(i int) string { return string(append(make([]byte, 0, 40), byte(i), byte(i>>8), 'x')) }

func TestEverySliceOfABlockIsMovedAndCollected(t *testing.T) {
	onBlocks(t, 3, stackalloc.MaxTypedFrame/24, func(n int) (bad, onStack bool) {
		stackalloc.Do(n, func(s [][]int) {
			onStack = stackalloc.OnStack(s)
			var here [8]int
			for i := range s {
				bad = bad || s[i] != nil
				if onStack {
					s[i] = local(&here)[i%8:]
				}
			}
			moved()
			for i := range s {
				bad = bad || onStack && (len(s[i]) != 8-i%8 || &s[i][0] != local(&here[i%8]))
				s[i] = heapPair(i)[:]
			}
			moved()
			for i := range s {
				bad = bad || len(s[i]) != 2 || s[i][0] != i || s[i][1] != ^i
			}
		})
		return bad, onStack
	})
}

func TestNumbersThatLookLikePointersStay(t *testing.T) {
	t.Run("pairs", func(t *testing.T) {
		numbers(t, 2, stackalloc.MaxTypedFrame/16, func(p *[2]int, x uintptr) pair { return pair{p, x} })
	})
	t.Run("triples", func(t *testing.T) {
		numbers(t, 3, stackalloc.MaxTypedFrame/24, func(p *[2]int, x uintptr) triple { return triple{p, x, x + 8} })
	})
	t.Run("quintets", func(t *testing.T) {
		numbers(t, 5, 128, func(p *[2]int, x uintptr) quintet { return quintet{p, x, x, x, x} })
	})
	t.Run("pointers in the second word", func(t *testing.T) {
		numbers(t, 2, 128, func(p *[2]int, x uintptr) late { return late{x, p} })
	})
}

// numbers fills blocks with elements that element makes of a pointer and a number
// that looks like it.
//
//go:noinline
func numbers[T comparable](t *testing.T, words, most int, element func(p *[2]int, x uintptr) T) {
	onBlocks(t, words, most, func(n int) (bad, onStack bool) {
		stackalloc.Do(n, func(s []T) {
			if onStack = stackalloc.OnStack(s); !onStack {
				return
			}
			var here [2]int
			was := uintptr(unsafe.Pointer(&here))
			e := element(local(&here), was)
			for i := range s {
				s[i] = e
			}
			moved()
			bad = uintptr(unsafe.Pointer(&here)) == was // or this tells nothing
			e = element(local(&here), was)
			for i := range s {
				bad = bad || s[i] != e
			}
		})
		return bad, onStack
	})
}
