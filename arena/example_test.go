package arena_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/arena"
)

// A packet is put together from pieces that are sized as they come, and all of
// them are gone with one Reset.
func ExampleBump() {
	a := arena.NewBump(1500)
	for _, payload := range []string{"hello", "a longer payload"} {
		packet, ok := a.Alloc(4+len(payload), 4)
		if !ok {
			fmt.Println("the packet does not fit")
			continue
		}
		binary.BigEndian.PutUint16(packet, 0xCAFE)
		binary.BigEndian.PutUint16(packet[2:], uint16(len(payload)))
		copy(packet[4:], payload)
		fmt.Printf("%x %d of %d bytes used\n", packet[:6], a.Used(), a.Cap())
		a.Reset()
	}
	// Output:
	// cafe00056865 9 of 1500 bytes used
	// cafe00106120 20 of 1500 bytes used
}

// Full is an answer, not a failure: the arena is as it was.
func ExampleBump_Alloc() {
	a := arena.NewBump(100)
	a.Alloc(90, 1)
	_, ok := a.Alloc(20, 1)
	fmt.Println(ok, a.Used())
	b, ok := a.Alloc(10, 1)
	fmt.Println(ok, len(b), a.Used())
	// Output:
	// false 90
	// true 10 100
}

// A mark frees what one step needed for itself and keeps what came before.
func ExampleBump_Rewind() {
	a := arena.NewBump(1 << 10)
	result, _ := arena.Slice[int32](a, 3)
	for i := range result {
		m := a.Mark()
		scratch, _ := arena.Slice[int32](a, 100)
		scratch[i] = int32(i * i)
		result[i] = scratch[i]
		a.Rewind(m)
	}
	fmt.Println(result, a.Used())
	// Output: [0 1 4] 12
}

// An arena over a block on the stack: the memory, the arena and what is in it
// are gone when the callback returns, and the heap is not touched.
func ExampleOver() {
	parts := []string{"GET", "/index.html", "HTTP/1.1"}
	lengths := make([]int, 0, 3)
	stackalloc.Uninit(256, func(buf []byte) {
		a := arena.Over(buf)
		for _, p := range parts {
			b, ok := a.Alloc(len(p), 1)
			if !ok {
				return
			}
			lengths = append(lengths, copy(b, p))
		}
	})
	fmt.Println(lengths)
	// Output: [3 11 8]
}

func ExampleNew() {
	type point struct{ x, y float64 }
	a := arena.NewBump(1 << 10)
	p, ok := arena.New[point](a)
	fmt.Println(*p, ok)

	defer func() { fmt.Println(recover()) }()
	arena.New[string](a)
	// Output:
	// {0 0} true
	// arena: New: string has pointers, which the garbage collector would not see in an arena of bytes; use Typed[string] or LazyTyped[string]
}

func ExampleSlice() {
	a := arena.NewBump(1 << 10)
	s, ok := arena.Slice[uint16](a, 4)
	fmt.Println(s, cap(s), ok)
	_, ok = arena.Slice[uint16](a, 1<<20)
	fmt.Println(ok)
	// Output:
	// [0 0 0 0] 4 true
	// false
}

// A table of unknown length, built row by row and sorted, without garbage: while
// nothing else is allocated in between, it grows in place.
func ExampleAppend() {
	a := arena.NewBump(1 << 10)
	var squares []uint32
	for i := range uint32(10) {
		grown, ok := arena.Append(a, squares, i*i)
		if !ok {
			break // full: squares is as it was
		}
		squares = grown
	}
	fmt.Println(squares, a.Used())
	// Output: [0 1 4 9 16 25 36 49 64 81] 40
}

// What a reader overwrites with its next line is kept in the arena, for as long as
// the request lasts.
func ExampleString() {
	a := arena.NewBump(1 << 10)
	lines := bufio.NewScanner(strings.NewReader("GET / HTTP/1.1\nHost: example.org\nAccept: */*"))
	header := map[string]string{}
	for lines.Scan() {
		if key, value, ok := bytes.Cut(lines.Bytes(), []byte(": ")); ok {
			k, ok1 := arena.String(a, string(key))
			v, ok2 := arena.String(a, string(value))
			if ok1 && ok2 {
				header[k] = v
			}
		}
	}
	fmt.Println(header["Host"], header["Accept"], a.Used())
	clear(header) // before the strings are gone
	a.Reset()
	// Output: example.org */* 24
}

func ExampleCopy() {
	a := arena.NewBump(1 << 10)
	sample := []float64{3, 1, 2}
	sorted, ok := arena.Copy(a, sample)
	if ok {
		slices.Sort(sorted)
	}
	fmt.Println(sample, sorted)
	// Output: [3 1 2] [1 2 3]
}

// Tokens are filled in place: nothing is copied, and the slots are zero.
func ExampleTyped_New() {
	type token struct {
		text string
		next *token
		line int
	}
	tokens := arena.NewTyped[token](100)
	var first, last *token
	for _, word := range strings.Fields("filled in place") {
		t, ok := tokens.New()
		if !ok {
			break
		}
		t.text = word
		if last == nil {
			first = t
		} else {
			last.next = t
		}
		last = t
	}
	for t := first; t != nil; t = t.next {
		fmt.Print(t.text, " ", t.line, "; ")
	}
	// Output: filled 0; in 0; place 0;
}

// expr is a node of a parse tree: nodes point to each other and to text, which
// the collector sees in a Typed arena.
type expr struct {
	op          byte
	left, right *expr
	text        string
}

func (e *expr) String() string {
	if e.op == 0 {
		return e.text
	}
	return fmt.Sprintf("(%v %c %v)", e.left, e.op, e.right)
}

// parse reads sums and products of names, right to left.
func parse(nodes *arena.Typed[expr], s string) (*expr, bool) {
	for _, op := range "+*" {
		if l, r, found := strings.Cut(s, string(op)); found {
			left, ok1 := parse(nodes, l)
			right, ok2 := parse(nodes, r)
			if !ok1 || !ok2 {
				return nil, false
			}
			return nodes.Alloc(expr{op: byte(op), left: left, right: right})
		}
	}
	return nodes.Alloc(expr{text: strings.TrimSpace(s)})
}

// A parse tree whose nodes are allocated one by one and dropped at once.
func ExampleTyped() {
	nodes := arena.NewTyped[expr](100)
	for _, input := range []string{"a + b*c", "x*y + z"} {
		tree, ok := parse(nodes, input)
		fmt.Println(tree, ok, nodes.Len(), "nodes")
		nodes.Reset()
	}
	// Output:
	// (a + (b * c)) true 5 nodes
	// ((x * y) + z) true 5 nodes
}

func ExampleTyped_OnDrop() {
	files := arena.NewTyped[string](10)
	files.OnDrop(func(name *string) { fmt.Println("close", *name) })
	files.Alloc("first")
	files.Alloc("second")
	m := files.Mark()
	files.Alloc("third")
	files.Rewind(m)
	files.Reset()
	// Output:
	// close third
	// close second
	// close first
}

func ExampleTyped_All() {
	a := arena.NewTyped[int](10)
	for i := range 3 {
		a.Alloc(i * 10)
	}
	for p := range a.All() {
		*p++
		fmt.Print(*p, " ")
	}
	// Output: 1 11 21
}

// Room for the worst case costs only addresses.
func ExampleLazyBump() {
	a, err := arena.NewLazyBump(64 << 20)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer a.Close()
	b, ok := a.Alloc(5<<20, 64)
	fmt.Println(len(b), ok, a.Used() <= a.Committed(), a.Committed() <= a.Cap())
	// Output: 5242880 true true true
}

// Retain bounds what an arena holds on to after a peak.
func ExampleLazyBump_Retain() {
	a, err := arena.NewLazyBump(64 << 20)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer a.Close()
	a.Retain(1 << 20)
	a.Alloc(10<<20, 1)
	a.Reset()
	fmt.Println(a.Used(), a.Cap())
	// Output: 0 67108864
}

func ExampleLazyTyped() {
	words, err := arena.NewLazyTyped[string](1 << 24)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer words.Close()
	for _, w := range strings.Fields("room for sixteen million") {
		words.Alloc(w)
	}
	fmt.Println(words.Len(), words.Cap(), words.Committed() < 1<<20)
	// Output: 4 16777216 true
}
