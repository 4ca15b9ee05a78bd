package main

import (
	"container/heap"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emirpasic/gods/lists/arraylist"
	"github.com/emirpasic/gods/maps/hashmap"
	"github.com/emirpasic/gods/queues/linkedlistqueue"
	"github.com/emirpasic/gods/sets/hashset"
	"github.com/emirpasic/gods/trees/binaryheap"
	"github.com/emirpasic/gods/utils"
	"github.com/gammazero/deque"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/benchmarks/internal/tables"
	"github.com/stackalloc/stackalloc/small"
)

// The collections of package small beside others. What is measured is a whole
// program: it makes the collection, for n elements, uses it and drops it. Each time
// it has other data, since the processor would learn the branches of the same data by
// heart.

// data has random numbers for programs of n elements, one after the other: six tenths of
// those of a program differ. texts has words of such numbers.
var (
	data  = map[int][]int{}
	texts = map[int][]string{}
)

// So many numbers a processor does not learn: with 16,000 a set of 64 took half the time.
// The words are fewer, since the collections that the others ask for have to mark them.
const (
	dataNumbers = 1 << 18
	dataTexts   = 1 << 16
)

func collectionSizes() (few, many []int) { return []int{4, 16, 64, 100}, []int{1000, 10_000} }

func makeData() {
	few, many := collectionSizes()
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range append(few, many...) {
		numbers, ends := make([]int, dataNumbers), make([]int, 0, dataTexts)
		var all strings.Builder
		for i := range numbers {
			numbers[i] = r.IntN(n) * 1_000_003
			if i < dataTexts {
				fmt.Fprintf(&all, "word %d", numbers[i])
				ends = append(ends, all.Len())
			}
		}
		data[n] = numbers
		// Parts of one text are one object for the collector.
		words, from := make([]string, len(ends)), 0
		for i, end := range ends {
			words[i], from = all.String()[from:end], end
		}
		texts[n] = words
	}
}

// found is where programs leave what they found, so that none is left out.
var found int

func overNumbers(program func(numbers []int) int) func(n, times int) { return over(data, program) }
func overTexts(program func(words []string) int) func(n, times int)  { return over(texts, program) }

// over returns the loop of a program, which goes on in the data where it stopped.
func over[T any](data map[int][]T, program func([]T) int) func(n, times int) {
	at := 0
	return func(n, times int) {
		all := data[n]
		for range times {
			if at+n > len(all) {
				at = 0
			}
			found += program(all[at : at+n])
			at += n
		}
	}
}

// A collectionContest is a program with each of the collections.
type collectionContest struct {
	title     string
	ways      []*way
	few, many float64 // targets for the ratio to the second way, at up to 100 elements and above
}

var collectionContests = []collectionContest{
	{"a set: add n integers, of which 6 of 10 differ", []*way{
		{name: "**small.Set**", loop: overNumbers(distinctSmall)},
		{name: "map", loop: overNumbers(distinctMap)},
		{name: "map made for n", loop: overNumbers(distinctMapSized)},
		{name: "gods hashset", loop: overNumbers(distinctGods)},
	}, 0.3, 1.1},
	{"a map: put n integers, get them and as many that are not there", []*way{
		{name: "**small.Map**", loop: overNumbers(lookSmall)},
		{name: "map", loop: overNumbers(lookMap)},
		{name: "map made for n", loop: overNumbers(lookMapSized)},
		{name: "gods hashmap", loop: overNumbers(lookGods)},
	}, 0.3, 1.1},
	{"a map: count n words (Add, where a map has m[w]++)", []*way{
		{name: "**small.Map**", loop: overTexts(countSmall)},
		{name: "map", loop: overTexts(countMap)},
		{name: "map made for n", loop: overTexts(countMapSized)},
		{name: "small.Map, Get and Put", loop: overTexts(countSmallTwice)},
		{name: "gods hashmap", loop: overTexts(countGods)},
	}, 0.3, 1.1},
	{"a queue: push n, pop n", []*way{
		{name: "**small.Deque**", loop: overNumbers(queueSmall)},
		{name: "gammazero/deque", loop: overNumbers(queueGammazero)},
		{name: "append and s[1:]", loop: overNumbers(queueAppend)},
		{name: "gods linkedlistqueue", loop: overNumbers(queueGods)},
	}, 0.5, 0.5},
	{"a search: breadth first, over a tree of n nodes", []*way{
		{name: "**small.Deque**", loop: overNumbers(searchSmall)},
		{name: "gammazero/deque", loop: overNumbers(searchGammazero)},
	}, 0.5, 0.5},
	{"a heap: push n, pop n", []*way{
		{name: "**small.Heap**", loop: overNumbers(heapSmall)},
		{name: "container/heap", loop: overNumbers(heapContainer)},
		{name: "gods binaryheap", loop: overNumbers(heapGods)},
	}, 0.5, 0.5},
	{"a stack: push n, pop n", []*way{
		{name: "**small.Vec**", loop: overNumbers(stackSmall)},
		{name: "append on make(n)", loop: overNumbers(stackMade)},
		{name: "append on nil", loop: overNumbers(stackNil)},
		{name: "gods arraylist", loop: overNumbers(stackGods)},
	}, 1.1, 1.1},
}

// measureCollections measures all programs at all sizes.
func measureCollections(w io.Writer, quick bool) error {
	makeData()
	fmt.Fprintf(w, "%s. Each time is that of a whole program: it makes the collection, uses it and drops it, and has other data each time. Blocks are as\n"+
		"long as the data. Ratios in bold miss the target. Reproduce: `cd benchmarks && go run . -small`\n", tables.Machine())
	var least []string
	few, many := collectionSizes()
	duration := 24 * time.Second
	if quick {
		duration = 3 * time.Second
	}
	for _, c := range collectionContests {
		for _, part := range []struct {
			sizes []int
			most  float64
		}{{few, c.few}, {many, c.many}} {
			t := &contest{
				text:  fmt.Sprintf("Time in ns for the whole program, %s", c.title),
				title: "elements", ratio: "the first ÷ the second", rivals: 1, most: part.most,
			}
			for _, n := range part.sizes {
				t.rows = append(t.rows, contestRow{name: strconv.Itoa(n), cells: cellsOf(c.ways, []int{n})})
			}
			if err := t.measure(w, duration/2); err != nil {
				return err
			}
			least = append(least, leastRatios(c, t)...)
		}
	}
	fmt.Fprint(w, "\nThe same ratios of the fastest samples instead of the medians. Neighbours on the machine slow down what allocates more than what does\n"+
		"not, so these are nearer to what an idle one gives.\n\n| program | elements | ours | the second | ratio | target |\n| --- | ---: | ---: | ---: | ---: | ---: |\n")
	for _, line := range least {
		fmt.Fprintln(w, line)
	}
	return nil
}

// leastRatios returns a line for each row of a contest that was measured.
func leastRatios(c collectionContest, t *contest) (lines []string) {
	for _, row := range t.rows {
		a, b := slices.Min(row.cells[0].samples), slices.Min(row.cells[1].samples)
		lines = append(lines, fmt.Sprintf("| %s ÷ %s: %s | %s | %s | %s | %s | ≤ %v |", c.ways[0].name, c.ways[1].name, c.title, row.name,
			tables.Number(a), tables.Number(b), ratioText(a/b, t.most), t.most))
	}
	return lines
}

func distinctSmall(numbers []int) (n int) {
	stackalloc.Uninit(small.SlotsFor(len(numbers)), func(block []small.Slot[int, struct{}]) {
		s := small.SetOver(block)
		for _, x := range numbers {
			s.Add(x)
		}
		n = s.Len()
	})
	return n
}

func distinctMap(numbers []int) int {
	s := map[int]struct{}{}
	for _, x := range numbers {
		s[x] = struct{}{}
	}
	return len(s)
}

func distinctMapSized(numbers []int) int {
	s := make(map[int]struct{}, len(numbers))
	for _, x := range numbers {
		s[x] = struct{}{}
	}
	return len(s)
}

func distinctGods(numbers []int) int {
	s := hashset.New()
	for _, x := range numbers {
		s.Add(x)
	}
	return s.Size()
}

func lookSmall(numbers []int) (sum int) {
	stackalloc.Uninit(small.SlotsFor(len(numbers)), func(block []small.Slot[int, int]) {
		m := small.MapOver(block)
		for i, x := range numbers {
			m.Put(x, i)
		}
		for _, x := range numbers {
			v, _ := m.Get(x)
			if _, ok := m.Get(x + 1); ok {
				v = 0
			}
			sum += v
		}
	})
	return sum
}

func lookMap(numbers []int) int { return lookInto(map[int]int{}, numbers) }

func lookMapSized(numbers []int) int { return lookInto(make(map[int]int, len(numbers)), numbers) }

func lookInto(m map[int]int, numbers []int) (sum int) {
	for i, x := range numbers {
		m[x] = i
	}
	for _, x := range numbers {
		v := m[x]
		if _, ok := m[x+1]; ok {
			v = 0
		}
		sum += v
	}
	return sum
}

func lookGods(numbers []int) (sum int) {
	m := hashmap.New()
	for i, x := range numbers {
		m.Put(x, i)
	}
	for _, x := range numbers {
		v, _ := m.Get(x)
		if _, ok := m.Get(x + 1); !ok {
			sum += v.(int)
		}
	}
	return sum
}

func countSmall(words []string) (n int) {
	stackalloc.Do(small.SlotsFor(len(words)), func(block []small.Slot[string, int]) {
		m := small.MapOver(block)
		for _, w := range words {
			small.Add(&m, w, 1)
		}
		n = m.Len()
	})
	return n
}

func countSmallTwice(words []string) (n int) {
	stackalloc.Do(small.SlotsFor(len(words)), func(block []small.Slot[string, int]) {
		m := small.MapOver(block)
		for _, w := range words {
			c, _ := m.Get(w)
			m.Put(w, c+1)
		}
		n = m.Len()
	})
	return n
}

func countMap(words []string) int { return countInto(map[string]int{}, words) }

func countMapSized(words []string) int { return countInto(make(map[string]int, len(words)), words) }

func countInto(m map[string]int, words []string) int {
	for _, w := range words {
		m[w]++
	}
	return len(m)
}

func countGods(words []string) int {
	m := hashmap.New()
	for _, w := range words {
		c, _ := m.Get(w)
		n, _ := c.(int)
		m.Put(w, n+1)
	}
	return m.Size()
}

func queueSmall(numbers []int) (sum int) {
	stackalloc.Uninit(len(numbers), func(block []int) {
		q := small.DequeOver(block)
		for _, x := range numbers {
			q.PushBack(x)
		}
		for x, ok := q.PopFront(); ok; x, ok = q.PopFront() {
			sum += x
		}
	})
	return sum
}

func queueGammazero(numbers []int) (sum int) {
	var q deque.Deque[int]
	for _, x := range numbers {
		q.PushBack(x)
	}
	for q.Len() > 0 {
		sum += q.PopFront()
	}
	return sum
}

func queueAppend(numbers []int) (sum int) {
	var q []int
	for _, x := range numbers {
		q = append(q, x)
	}
	for len(q) > 0 {
		sum += q[0]
		q = q[1:]
	}
	return sum
}

func queueGods(numbers []int) (sum int) {
	q := linkedlistqueue.New()
	for _, x := range numbers {
		q.Enqueue(x)
	}
	for v, ok := q.Dequeue(); ok; v, ok = q.Dequeue() {
		sum += v.(int)
	}
	return sum
}

func searchSmall(numbers []int) (sum int) {
	n := len(numbers)
	stackalloc.Uninit(n, func(block []int) {
		q := small.DequeOver(block)
		q.PushBack(0)
		for at, ok := q.PopFront(); ok; at, ok = q.PopFront() {
			sum += numbers[at]
			for next := 2*at + 1; next <= 2*at+2 && next < n; next++ {
				q.PushBack(next)
			}
		}
	})
	return sum
}

func searchGammazero(numbers []int) (sum int) {
	n := len(numbers)
	var q deque.Deque[int]
	q.PushBack(0)
	for q.Len() > 0 {
		at := q.PopFront()
		sum += numbers[at]
		for next := 2*at + 1; next <= 2*at+2 && next < n; next++ {
			q.PushBack(next)
		}
	}
	return sum
}

func heapSmall(numbers []int) (sum int) {
	stackalloc.Uninit(len(numbers), func(block []int) {
		h := small.HeapOver(block, func(a, b int) bool { return a < b })
		for _, x := range numbers {
			h.Push(x)
		}
		for x, ok := h.Pop(); ok; x, ok = h.Pop() {
			sum = sum*31 + x
		}
	})
	return sum
}

type intHeap []int

func (h intHeap) Len() int           { return len(h) }
func (h intHeap) Less(i, j int) bool { return h[i] < h[j] }
func (h intHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *intHeap) Push(x any)        { *h = append(*h, x.(int)) }
func (h *intHeap) Pop() any {
	x := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return x
}

func heapContainer(numbers []int) (sum int) {
	var h intHeap
	for _, x := range numbers {
		heap.Push(&h, x)
	}
	for h.Len() > 0 {
		sum = sum*31 + heap.Pop(&h).(int)
	}
	return sum
}

func heapGods(numbers []int) (sum int) {
	h := binaryheap.NewWith(utils.IntComparator)
	for _, x := range numbers {
		h.Push(x)
	}
	for v, ok := h.Pop(); ok; v, ok = h.Pop() {
		sum = sum*31 + v.(int)
	}
	return sum
}

func stackSmall(numbers []int) (sum int) {
	stackalloc.Uninit(len(numbers), func(block []int) {
		s := small.VecOver(block)
		for _, x := range numbers {
			s.Push(x)
		}
		for x, ok := s.Pop(); ok; x, ok = s.Pop() {
			sum += x
		}
	})
	return sum
}

func stackMade(numbers []int) int { return stackOver(make([]int, 0, len(numbers)), numbers) }

func stackNil(numbers []int) int { return stackOver(nil, numbers) }

func stackOver(s, numbers []int) (sum int) {
	for _, x := range numbers {
		s = append(s, x)
	}
	for len(s) > 0 {
		sum += s[len(s)-1]
		s = s[:len(s)-1]
	}
	return sum
}

func stackGods(numbers []int) (sum int) {
	s := arraylist.New()
	for _, x := range numbers {
		s.Add(x)
	}
	for n := s.Size() - 1; n >= 0; n-- {
		v, _ := s.Get(n)
		s.Remove(n)
		sum += v.(int)
	}
	return sum
}
