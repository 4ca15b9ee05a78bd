package stackalloc_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unsafe"

	"github.com/stackalloc/stackalloc"
)

func Example() {
	// A key of run-time length, hashed without a heap allocation.
	key := func(table string, id uint64) (sum [32]byte) {
		stackalloc.Uninit(len(table)+1+8, func(buf []byte) {
			k := copy(buf, table)
			buf[k] = 0
			binary.BigEndian.PutUint64(buf[k+1:], id)
			sum = sha256.Sum256(buf)
		})
		return sum
	}
	fmt.Printf("%x\n", key("users", 42))
	// Output: b054e64ae215f0533ef79d7e30387f37cedc6ffce43ad7f5e45d8d8d34f4e034
}

func ExampleDo() {
	// A histogram whose number of classes is known only at run time.
	grades, classes := []int{3, 1, 4, 1, 5, 1}, 6
	stackalloc.Do(classes, func(count []int) {
		for _, g := range grades {
			count[g]++
		}
		fmt.Println(count[1], count[5])
	})
	// Output: 3 1
}

func ExampleUninit() {
	data := []byte("stack")
	stackalloc.Uninit(hex.EncodedLen(len(data)), func(text []byte) {
		n := hex.Encode(text, data)
		fmt.Println(string(text[:n]))
	})
	// Output: 737461636b
}

func ExampleFill() {
	// Distances that start at "unreachable".
	stackalloc.Fill(4, 1<<30, func(distance []int) {
		distance[0] = 0
		fmt.Println(distance[0], distance[3] == 1<<30)
	})
	// Output: 0 true
}

func ExampleInit() {
	stackalloc.Init(5, func(i int) int { return i * i }, func(squares []int) {
		fmt.Println(len(squares), squares[4])
	})
	// Output: 5 16
}

func ExampleCollect() {
	stock := map[string]int{"pears": 3, "apples": 5, "plums": 2}
	stackalloc.Collect(len(stock), maps.Keys(stock), func(names []string) {
		slices.Sort(names)
		for i := range names {
			fmt.Print(names[i], " ")
		}
	})
	// Output: apples pears plums
}

func ExampleCopy() {
	// A median without changing the caller's slice.
	median := func(values []float64) (m float64) {
		stackalloc.Copy(values, func(v []float64) {
			slices.Sort(v)
			m = v[len(v)/2]
		})
		return m
	}
	values := []float64{9, 1, 5, 7, 3}
	fmt.Println(median(values), values[0])
	// Output: 5 9
}

func ExampleCall() {
	palindrome := func(text string) bool {
		return stackalloc.Call(len(text), func(letters []rune) bool {
			n := 0
			for _, r := range text {
				letters[n] = r
				n++
			}
			for i := range n / 2 {
				if letters[i] != letters[n-1-i] {
					return false
				}
			}
			return true
		})
	}
	fmt.Println(palindrome("été"), palindrome("eté"))
	// Output: true false
}

func ExampleCall2() {
	lo, hi := stackalloc.Call2(100, func(seen []bool) (lo, hi int) {
		for _, i := range []int{17, 4, 80} {
			seen[i] = true
		}
		for lo = 0; !seen[lo]; lo++ {
		}
		for hi = len(seen) - 1; !seen[hi]; hi-- {
		}
		return lo, hi
	})
	fmt.Println(lo, hi)
	// Output: 4 80
}

func ExampleScope() {
	// The first number up to n that has no divisor among the smaller ones, and
	// is greater than 90: with a return out of the block.
	next := func(n int) int {
		for composite := range stackalloc.Scope[bool](n + 1) {
			for i := 2; i <= n; i++ {
				if composite[i] {
					continue
				}
				if i > 90 {
					return i
				}
				for k := i * i; k <= n; k += i {
					composite[k] = true
				}
			}
		}
		return -1
	}
	fmt.Println(next(100))
	// Output: 97
}

func ExampleAligned() {
	// One cache line for each of n counters.
	stackalloc.Aligned(4*8, 64, func(counters []uint64) {
		fmt.Println(uintptr(unsafe.Pointer(&counters[0]))%64, len(counters))
	})
	// Output: 0 32
}

func ExampleOnStack() {
	var kept []byte
	stackalloc.Do(1000, func(s []byte) { kept = s }) // leaks: from the heap
	fmt.Println(stackalloc.OnStack(kept), len(kept))
	// Output: false 1000
}

func ExampleBounded() {
	// A length read from the network.
	receive := func(n int) error {
		return stackalloc.Bounded(n, 64<<10, func(packet []byte) {
			fmt.Println("room for", len(packet))
		})
	}
	fmt.Println(receive(512))
	err := receive(-5)
	fmt.Println(err, errors.Is(err, stackalloc.ErrLength))
	// Output:
	// room for 512
	// <nil>
	// stackalloc: length refused: -5 is negative true
}

type part string

func (p part) Close() error {
	fmt.Println("closing", p)
	return nil
}

func ExampleClosing() {
	names := []string{"index", "data", "journal"}
	open := func(i int) (part, error) { return part(names[i]), nil }
	err := stackalloc.Closing(len(names), open, func(parts []part) error {
		fmt.Println("working with", len(parts))
		return io.ErrUnexpectedEOF
	})
	fmt.Println(err)
	// Output:
	// working with 3
	// closing journal
	// closing data
	// closing index
	// unexpected EOF
}

func ExampleHeapSites() {
	// In a running service, behind a debug handler for instance:
	defer stackalloc.TraceHeap(stackalloc.TraceHeap(true))

	var kept []byte
	stackalloc.Do(1000, func(s []byte) { kept = s })
	_ = kept

	for _, site := range stackalloc.HeapSites() {
		if strings.HasSuffix(site.Function, "ExampleHeapSites") {
			fmt.Println(site.Blocks, "block,", site.Bytes, "bytes")
		}
	}
	// Output: 1 block, 1000 bytes
}

func ExampleReadStats() {
	before := stackalloc.ReadStats()
	stackalloc.Do(100, func(s []byte) { s[0] = 1 })
	after := stackalloc.ReadStats()
	fmt.Println("from the heap:", after.Heap-before.Heap)
}

func ExampleSetLimit() {
	// Blocks above 4 KiB are recycled from now on, stacks stay small.
	defer stackalloc.SetLimit(stackalloc.SetLimit(4 << 10))
	stackalloc.Uninit(8<<10, func(s []byte) { fmt.Println(len(s), stackalloc.OnStack(s)) })
	// Output: 8192 false
}
