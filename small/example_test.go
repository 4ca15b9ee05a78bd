package small_test

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/small"
)

// Breadth-first search: the length of the shortest way through a graph.
func Example_breadthFirstSearch() {
	graph := [][]int32{{1, 2}, {3}, {3, 4}, {5}, {5}, {0}, {}}
	fmt.Println(steps(graph, 0, 5), steps(graph, 0, 6))
	// Output: 3 -1
}

// steps returns how many steps lead from one node to another, or -1.
func steps(next [][]int32, from, to int32) (n int) {
	stackalloc.Fill(len(next), -1, func(distance []int) {
		n = search(next, from, to, distance)
	})
	return n
}

func search(next [][]int32, from, to int32, distance []int) int {
	stackalloc.Uninit(len(next), func(block []int32) {
		queue := small.DequeOver(block)
		queue.PushBack(from)
		distance[from] = 0
		for distance[to] < 0 {
			at, ok := queue.PopFront()
			if !ok {
				break // there is no way
			}
			for _, n := range next[at] {
				if distance[n] < 0 {
					distance[n] = distance[at] + 1
					queue.PushBack(n)
				}
			}
		}
	})
	return distance[to]
}

// The words of a text, each once, in the order in which they come.
func Example_distinctWords() {
	text := "the cat and the dog and the mouse"
	stackalloc.Do(small.SlotsFor(1+strings.Count(text, " ")), func(block []small.Slot[string, int]) {
		count := small.MapOver(block)
		for w := range strings.FieldsSeq(text) {
			small.Add(&count, w, 1)
		}
		for w, n := range count.All() {
			fmt.Print(w, " ", n, ", ")
		}
	})
	// Output: the 3, cat 1, and 2, dog 1, mouse 1,
}

// The ten largest of many numbers: a heap that has the least of those on top.
func Example_topTen() {
	top := func(k int, numbers []int) (sum int) {
		stackalloc.Uninit(k, func(block []int) {
			best := small.HeapOver(block, func(a, b int) bool { return a < b })
			for _, x := range numbers {
				if best.TryPush(x) {
					continue
				}
				if least, _ := best.Peek(); x > least {
					best.Pop()
					best.Push(x)
				}
			}
			for x, ok := best.Pop(); ok; x, ok = best.Pop() {
				sum += x
			}
		})
		return sum
	}
	numbers := make([]int, 1000)
	for i := range numbers {
		numbers[i] = i * 7919 % 1000
	}
	fmt.Println(top(10, numbers))
	// Output: 9945
}

// What was done, to be undone in reverse order.
func Example_undoStack() {
	type edit struct {
		at  int
		was byte
	}
	text := []byte("stock")
	stackalloc.Do(16, func(block []edit) {
		done := small.VecOver(block)
		set := func(at int, c byte) {
			done.Push(edit{at, text[at]})
			text[at] = c
		}
		set(2, 'a')
		set(0, 'S')
		fmt.Println(string(text))
		for e, ok := done.Pop(); ok; e, ok = done.Pop() {
			text[e.at] = e.was
		}
		fmt.Println(string(text))
	})
	// Output:
	// Stack
	// stock
}

// The largest of every k numbers in a row, in one pass: the deque has the indices of
// those that may still become the largest.
func Example_slidingWindowMaximum() {
	maxima := func(numbers []int, k int) (all []int) {
		stackalloc.Uninit(k, func(block []int) {
			window := small.DequeOver(block)
			for i, x := range numbers {
				if window.Len() > 0 && window.At(0) == i-k {
					window.PopFront()
				}
				for window.Len() > 0 && numbers[window.At(window.Len()-1)] <= x {
					window.PopBack()
				}
				window.PushBack(i)
				if i >= k-1 {
					all = append(all, numbers[window.At(0)])
				}
			}
		})
		return all
	}
	fmt.Println(maxima([]int{1, 3, -1, -3, 5, 3, 6, 7}, 3))
	// Output: [3 3 5 5 6 7]
}

// Text needs nothing of this package.
func Example_text() {
	name, values := "speed", []float64{1.5, 299792458}
	stackalloc.Uninit(len(name)+25*len(values), func(block []byte) {
		b := append(block[:0], name...)
		for _, v := range values {
			b = append(b, ' ')
			b = strconv.AppendFloat(b, v, 'g', -1, 64)
		}
		fmt.Println(string(b))

		w := bytes.NewBuffer(block[:0])
		w.WriteString(strings.ToUpper(name))
		w.WriteByte('!')
		fmt.Println(w.String())
	})
	// Output:
	// speed 1.5 2.99792458e+08
	// SPEED!
}

func ExampleMapOver() {
	stackalloc.Do(small.SlotsFor(2), func(block []small.Slot[string, int]) {
		m := small.MapOver(block)
		m.Put("one", 1)
		m.Put("two", 2)
		fmt.Println(m.TryPut("three", 3), m.TryPut("two", 22))
		m.Put("three", 3) // moves to the heap
		n, ok := m.Get("two")
		fmt.Println(n, ok, m.Len())
	})
	// Output:
	// false true
	// 22 true 3
}

// Numbers for names, in the order in which they come.
func ExampleMap_GetOrPut() {
	stackalloc.Do(small.SlotsFor(8), func(block []small.Slot[string, int]) {
		ids := small.MapOver(block)
		for _, name := range []string{"x", "y", "x", "z"} {
			id, seen := ids.GetOrPut(name, ids.Len())
			fmt.Println(name, id, seen)
		}
	})
	// Output:
	// x 0 false
	// y 1 false
	// x 0 true
	// z 2 false
}

func ExampleAdd() {
	stackalloc.Do(small.SlotsFor(8), func(block []small.Slot[rune, int]) {
		letters := small.MapOver(block)
		for _, r := range "banana" {
			small.Add(&letters, r, 1)
		}
		for r, n := range letters.All() {
			fmt.Printf("%c%d ", r, n)
		}
	})
	// Output: b1 a3 n2
}

func ExampleSetOver() {
	stackalloc.Do(small.SlotsFor(100), func(block []small.Slot[int, struct{}]) {
		s := small.SetOver(block)
		fmt.Println(s.Add(7), s.Add(7), s.Has(8), s.Len())
		for x := range s.All() {
			fmt.Println(x)
		}
	})
	// Output:
	// true false false 1
	// 7
}

func ExampleDequeOver() {
	stackalloc.Do(4, func(block []string) {
		d := small.DequeOver(block)
		d.PushBack("b")
		d.PushBack("c")
		d.PushFront("a")
		for i, v := range d.All() {
			fmt.Print(i, v, " ")
		}
		last, _ := d.PopBack()
		fmt.Println(last, d.Len(), d.Cap())
	})
	// Output: 0a 1b 2c c 2 4
}

func ExampleHeapOver() {
	type job struct {
		name string
		due  int
	}
	stackalloc.Do(8, func(block []job) {
		h := small.HeapOver(block, func(a, b job) bool { return a.due < b.due })
		h.Push(job{"write", 3})
		h.Push(job{"read", 1})
		h.Push(job{"think", 2})
		for j, ok := h.Pop(); ok; j, ok = h.Pop() {
			fmt.Println(j.due, j.name)
		}
	})
	// Output:
	// 1 read
	// 2 think
	// 3 write
}

func ExampleVecOver() {
	stackalloc.Do(8, func(block []int) {
		v := small.VecOver(block)
		v.Push(3)
		v.Push(4)
		v.Slice()[0] = 2
		for _, x := range v.Slice() {
			fmt.Print(x, " ")
		}
	})
	// Output: 2 4
}

// The collections need not be on the stack: here one slice serves many calls.
func ExampleSlotsFor() {
	block := make([]small.Slot[string, struct{}], small.SlotsFor(100))
	for _, line := range []string{"a b a", "c c c c"} {
		s := small.SetOver(block)
		for w := range strings.FieldsSeq(line) {
			s.Add(w)
		}
		fmt.Println(s.Len())
		s.Clear()
	}
	// Output:
	// 2
	// 1
}
