package small_test

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/internal/build"
	"github.com/stackalloc/stackalloc/internal/measure"
	"github.com/stackalloc/stackalloc/small"
)

// Each function uses a collection over a block for n elements, to which it adds
// more if n is odd, and reports whether the result was right.
var proofs = map[string]func(n int) bool{
	"Deque":                   proveDeque,
	"Deque of strings":        proveDequeOfStrings,
	"Deque, helper":           proveDequeHelper,
	"Deque, generic":          proveGeneric[point],
	"Deque, two":              proveTwo,
	"Deque, of indices":       proveLinked,
	"Map":                     proveMap,
	"Map of strings":          proveMapOfStrings,
	"Map of structs":          proveMapOfStructs,
	"Map of pointers":         proveMapOfPointers,
	"Map of interfaces":       proveMapOfInterfaces,
	"Map, helper":             proveMapHelper,
	"Map, counting":           proveCounting,
	"Map, generic":            proveGenericMap[string, *int],
	"copies of callbacks":     proveCopies,
	"Map, deferred":           proveDeferred,
	"Map, closure":            proveClosure,
	"Set":                     proveSet,
	"Set, text of a block":    proveSetOfParts,
	"Heap":                    proveHeap,
	"Heap, less of a block":   proveHeapOfIndices,
	"Heap, helper":            proveHeapHelper,
	"Heap, generic":           proveGenericHeap[string],
	"Vec":                     proveVec,
	"Vec, helper":             proveVecHelper,
	"Vec of slices":           proveVecOfSlices,
	"Scope":                   proveScope,
	"Call":                    proveCall,
	"all in a struct of ours": proveStruct,
}

type point struct {
	x, y int
	name string
	next *point
}

// stacked says whether the block was on the stack.
var stacked bool

// more is how many elements go into a block for n.
func more(n int) int {
	if n%2 == 1 {
		return 3 * n
	}
	return n
}

// TestBlocksStayOnTheStack is about every use of the collections that a program may
// be expected to make of them, also of one that moves to the heap.
func TestBlocksStayOnTheStack(t *testing.T) {
	measure.Deepen(300 << 10)
	if !provable() {
		t.Skip("this build proves nothing, or cannot tell where a block is")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection would shrink the stack
	for name, f := range proofs {
		t.Run(name, func(t *testing.T) {
			measure.Deepen(300 << 10)
			for _, n := range []int{3, 5, 8, 31, 100, 101, 1000} {
				before := stackalloc.ReadStats()
				require.True(t, f(n), "the result, at %d", n)
				require.Equal(t, before.Heap, stackalloc.ReadStats().Heap, "blocks from the heap, at %d", n)
				require.True(t, stacked || n > 31, "on the stack, at %d", n) // larger ones may be recycled
			}
			if build.Race {
				return
			}
			for _, n := range []int{8, 100} {
				require.Zero(t, testing.AllocsPerRun(10, func() { f(n) }), "allocations at %d", n)
			}
		})
	}
}

func proveDeque(n int) (on bool) {
	stackalloc.Uninit(n, func(block []int) {
		on, stacked = true, stackalloc.OnStack(block)
		d := small.DequeOver(block)
		for i := range more(n) {
			if !d.TryPushBack(i) && !d.TryPushFront(i) {
				d.PushFront(i)
				d.PushBack(i)
			}
			if i%3 == 0 {
				d.PopFront()
				d.PopBack()
			}
		}
		sum := d.Len() + d.Cap()
		for i, v := range d.All() {
			sum += v - d.At(i)
		}
		d.Clear()
		on = on && sum != 0
	})
	return on
}

var words = []string{"alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda"}

// word returns one of a thousand strings.
func word(i int) string { return table[i%len(table)] }

var table = func() (t []string) {
	for _, a := range words {
		for _, b := range words {
			for _, c := range words[:9] {
				t = append(t, a+b+c)
			}
		}
	}
	return t
}()

func proveDequeOfStrings(n int) (on bool) {
	stackalloc.Do(n, func(block []string) {
		on, stacked = true, stackalloc.OnStack(block)
		d := small.DequeOver(block)
		for i := range more(n) {
			d.PushBack(word(i))
		}
		longest := ""
		for {
			s, ok := d.PopFront()
			if !ok {
				break
			}
			if len(s) > len(longest) {
				longest = s
			}
		}
		on = on && longest != ""
	})
	return on
}

func proveDequeHelper(n int) (on bool) {
	stackalloc.Do(n, func(block []int) {
		on, stacked = true, stackalloc.OnStack(block)
		d := small.DequeOver(block)
		fillDeque(&d, more(n))
		on = on && drainDeque(&d) >= 0
	})
	return on
}

//go:noinline
func fillDeque(d *small.Deque[int], n int) {
	for i := range n {
		d.PushBack(i)
	}
}

//go:noinline
func drainDeque(d *small.Deque[int]) (sum int) {
	for _, v := range d.All() {
		sum += v
	}
	for d.Len() > 0 {
		v, _ := d.PopBack()
		sum -= v
	}
	return sum
}

func proveGeneric[T any](n int) (on bool) {
	stackalloc.Do(n, func(block []T) {
		on, stacked = true, stackalloc.OnStack(block)
		d := small.DequeOver(block)
		fillGeneric(&d, more(n))
		for d.Len() > 1 {
			v, _ := d.PopFront()
			if d.TryPushBack(v) {
				d.PopBack()
			}
		}
	})
	return on
}

//go:noinline
func fillGeneric[T any](d *small.Deque[T], n int) {
	var v T
	for range n {
		d.PushFront(v)
	}
}

// Two blocks, elements of one go to the other.
func proveTwo(n int) (on bool) {
	stackalloc.Do(n, func(block []point) {
		on, stacked = true, stackalloc.OnStack(block)
		from := small.DequeOver(block)
		for i := range more(n) {
			from.PushBack(point{x: i, name: word(i)})
		}
		on = reversed(&from, n) == more(n)
	})
	return on
}

//go:noinline
func reversed(from *small.Deque[point], n int) (count int) {
	stackalloc.Do(n, func(block []point) {
		to := small.DequeOver(block)
		for from.Len() > 0 {
			v, _ := from.PopBack()
			to.PushBack(v)
		}
		count = to.Len()
	})
	return count
}

// A list linked by indices, its free places in a Vec.
func proveLinked(n int) (on bool) {
	type node struct {
		name string
		next int
	}
	stackalloc.Do(n, func(nodes []node) {
		stackalloc.Do(n, func(block []int) {
			on, stacked = true, stackalloc.OnStack(nodes) && stackalloc.OnStack(block)
			free := small.VecOver(block)
			for i := range nodes {
				free.Push(i)
			}
			head := -1
			for i := range n {
				at, _ := free.Pop()
				nodes[at] = node{word(i), head}
				head = at
			}
			count := 0
			for ; head >= 0; head = nodes[head].next {
				count++
			}
			on = on && count == n
		})
	})
	return on
}

func proveMap(n int) (on bool) {
	stackalloc.Uninit(small.SlotsFor(n), func(block []small.Slot[int, int]) {
		on, stacked = true, stackalloc.OnStack(block)
		m := small.MapOver(block)
		for i := range more(n) {
			if !m.TryPut(i, i) {
				m.Put(i, i)
			}
			v, _ := m.Get(i)
			m.Put(i, v+1)
		}
		sum := 0
		for k, v := range m.All() {
			sum += v - k
			if k%2 == 1 {
				m.Delete(k)
			}
		}
		on = on && sum == more(n) && m.Len() == (more(n)+1)/2
		m.Clear()
	})
	return on
}

func proveMapOfStrings(n int) (on bool) {
	stackalloc.Do(n, func(block []small.Slot[string, []byte]) {
		on, stacked = true, stackalloc.OnStack(block)
		m := small.MapOver(block)
		for i := range more(n) {
			m.Put(word(i), nil)
		}
		var key [64]byte
		for i := range n {
			k := key[:copy(key[:], word(i))]
			if _, ok := m.Get(string(k[:min(len(k), 32)])); !ok {
				m.Delete(string(k[:3]))
			}
		}
		on = on && m.Len() > 0
	})
	return on
}

func proveMapOfStructs(n int) (on bool) {
	type key struct {
		name string
		at   [2]int
	}
	stackalloc.Do(n, func(block []small.Slot[key, point]) {
		on, stacked = true, stackalloc.OnStack(block)
		m := small.MapOver(block)
		for i := range more(n) {
			m.Put(key{word(i), [2]int{i, 1}}, point{x: i})
		}
		for k, v := range m.All() {
			if v.x != k.at[0] {
				on = false
			}
		}
		p, ok := m.Get(key{word(1), [2]int{1, 1}})
		on = on && ok && p.x == 1
	})
	return on
}

var points = make([]point, 5000)

func proveMapOfPointers(n int) (on bool) {
	stackalloc.Do(n, func(block []small.Slot[*point, *point]) {
		on, stacked = true, stackalloc.OnStack(block)
		m := small.MapOver(block)
		for i := range more(n) {
			m.Put(&points[i], &points[i+1])
		}
		p, steps := &points[0], 0
		for {
			next, ok := m.Get(p)
			if !ok {
				break
			}
			m.Delete(p)
			p = next
			steps++
		}
		on = on && steps == more(n)
	})
	return on
}

var anything = func() (s []any) {
	for i := range 3000 {
		switch i % 3 {
		case 0:
			s = append(s, i)
		case 1:
			s = append(s, word(i))
		default:
			s = append(s, float64(i))
		}
	}
	return s
}()

func proveMapOfInterfaces(n int) (on bool) {
	stackalloc.Do(n, func(block []small.Slot[any, error]) {
		on, stacked = true, stackalloc.OnStack(block)
		m := small.MapOver(block)
		for _, k := range anything[:more(n)] {
			m.Put(k, nil)
		}
		for _, k := range anything[:more(n)] {
			_, ok := m.Get(k)
			on = on && ok
		}
	})
	return on
}

func proveMapHelper(n int) (on bool) {
	stackalloc.Do(n, func(block []small.Slot[string, int]) {
		on, stacked = true, stackalloc.OnStack(block)
		m := small.MapOver(block)
		countWords(&m, more(n))
		on = on && total(&m) == more(n)
	})
	return on
}

func proveCounting(n int) (on bool) {
	stackalloc.Do(n, func(block []small.Slot[string, int]) {
		on, stacked = true, stackalloc.OnStack(block)
		m := small.MapOver(block)
		for i := range more(n) {
			if _, there := m.GetOrPut(word(i), 1); !there {
				small.Add(&m, word(i), 1)
			}
		}
		addWords(&m, more(n))
		on = on && total(&m) >= more(n)
	})
	return on
}

//go:noinline
func addWords(m *small.Map[string, int], n int) {
	for i := range n {
		small.Add(m, word(i), 1)
	}
}

//go:noinline
func countWords(m *small.Map[string, int], n int) {
	for i := range n {
		c, _ := m.Get(word(i % 70))
		m.Put(word(i%70), c+1)
	}
}

//go:noinline
func total(m *small.Map[string, int]) (sum int) {
	for _, c := range m.All() {
		sum += c
	}
	return sum
}

func proveGenericMap[K comparable, V any](n int) (on bool) {
	stackalloc.Do(n, func(block []small.Slot[K, V]) {
		on, stacked = true, stackalloc.OnStack(block)
		m := small.MapOver(block)
		var k K
		var v V
		m.Put(k, v)
		putGeneric(&m, k)
		for k := range m.Each {
			m.Delete(k)
		}
		on = on && m.Len() == 0
	})
	return on
}

// What the compiler inlines has its callback made anew, and there it inlines nothing, so
// that All would have its own closure, with the Map in it, on the heap.
//
//go:noinline
func proveCopies(n int) bool {
	return copyOfDeque(n) && copyOfMap(n) && copyOfSet(n) && copyOfHeap(n) && copyOfVec(n) && proveGenericMap[*point, string](n)
}

func copyOfDeque(n int) (on bool) {
	stackalloc.Do(n, func(block []int) {
		d := small.DequeOver(block)
		fillDeque(&d, more(n))
		d.PopBack()
		d.PushFront(0)
		sum := 0
		for i, v := range d.Each {
			sum += v - d.At(i)
		}
		on = sum == 0 && drainDeque(&d) == 0
		d.Clear()
	})
	return on
}

func copyOfMap(n int) (on bool) {
	stackalloc.Do(n, func(block []small.Slot[string, int]) {
		m := small.MapOver(block)
		countWords(&m, more(n))
		sum := total(&m)
		for k, v := range m.Each {
			if w, ok := m.Get(k); ok {
				sum -= v + w - v
			}
			m.Delete(k)
		}
		on = sum == 0 && m.TryPut("", 1)
		m.Clear()
	})
	return on
}

func copyOfSet(n int) (on bool) {
	stackalloc.Do(n, func(block []small.Slot[int, struct{}]) {
		s := small.SetOver(block)
		for i := range more(n) {
			s.Add(i)
		}
		for k := range s.Each {
			s.Delete(k)
		}
		on = s.TryAdd(1) && s.Has(1) && s.Len() == 1
		s.Clear()
	})
	return on
}

func copyOfHeap(n int) (on bool) {
	stackalloc.Do(n, func(block []point) {
		h := small.HeapOver(block, lower)
		fillHeap(&h, more(n))
		_, on = h.Peek()
		h.Pop()
		on = on && h.TryPush(point{})
		h.Clear()
	})
	return on
}

func copyOfVec(n int) (on bool) {
	stackalloc.Do(n, func(block []*point) {
		v := small.VecOver(block)
		fillVec(&v, more(n))
		v.Pop()
		on = v.TryPush(nil) && len(v.Slice()) == v.Len()
		v.Clear()
	})
	return on
}

//go:noinline
func putGeneric[K comparable, V any](m *small.Map[K, V], k K) {
	v, _ := m.Get(k)
	m.Put(k, v)
}

func proveDeferred(n int) (on bool) {
	stackalloc.Do(n, func(block []small.Slot[int, string]) {
		on, stacked = true, stackalloc.OnStack(block)
		m := small.MapOver(block)
		defer m.Clear()
		for i := range more(n) {
			m.Put(i, word(i))
		}
	})
	return on
}

func proveClosure(n int) (on bool) {
	stackalloc.Do(n, func(block []small.Slot[int, int]) {
		on, stacked = true, stackalloc.OnStack(block)
		memo := small.MapOver(block)
		var fib func(i int) int
		fib = func(i int) int {
			if i < 2 {
				return i
			}
			if v, ok := memo.Get(i); ok {
				return v
			}
			v := fib(i-1) + fib(i-2)
			memo.Put(i, v)
			return v
		}
		on = on && fib(min(more(n), 40)) > 0
	})
	return on
}

func proveSet(n int) (on bool) {
	stackalloc.Do(n, func(block []small.Slot[string, struct{}]) {
		on, stacked = true, stackalloc.OnStack(block)
		s := small.SetOver(block)
		added := 0
		for i := range more(n) {
			if s.Add(word(i)) {
				added++
			}
		}
		for k := range s.All() {
			if !s.Has(k) || !s.TryAdd(k) || !s.Delete(k) {
				on = false
			}
			added--
		}
		on = on && added == 0 && s.Len() == 0
		s.Clear()
	})
	return on
}

// Keys that are parts of a text.
func proveSetOfParts(n int) (on bool) {
	const text = "the cat and the dog"
	stackalloc.Do(n, func(block []small.Slot[string, struct{}]) {
		on, stacked = true, stackalloc.OnStack(block)
		s := small.SetOver(block)
		start := 0
		for i := range len(text) {
			if text[i] == ' ' {
				s.Add(text[start:i])
				start = i + 1
			}
		}
		on = on && s.Len() == 3
	})
	return on
}

func proveHeap(n int) (on bool) {
	stackalloc.Uninit(n, func(block []int) {
		on, stacked = true, stackalloc.OnStack(block)
		h := small.HeapOver(block, func(a, b int) bool { return a < b })
		for i := range more(n) {
			if v := i * 7919 % 101; !h.TryPush(v) {
				h.Push(v)
			}
		}
		last, _ := h.Peek()
		for h.Len() > 0 {
			v, _ := h.Pop()
			on = on && v >= last
			last = v
		}
		h.Clear()
	})
	return on
}

// The order is that of what is in another block.
func proveHeapOfIndices(n int) (on bool) {
	stackalloc.Init(n, func(i int) int { return i * 7919 % 101 }, func(cost []int) {
		stackalloc.Do(n, func(block []int32) {
			on, stacked = true, stackalloc.OnStack(block) && stackalloc.OnStack(cost)
			h := small.HeapOver(block, func(a, b int32) bool { return cost[a] < cost[b] })
			for i := range more(n) {
				h.Push(int32(i % n))
			}
			last := 0
			for h.Len() > 0 {
				i, _ := h.Pop()
				on = on && cost[i] >= last
				last = cost[i]
			}
		})
	})
	return on
}

func proveHeapHelper(n int) (on bool) {
	stackalloc.Do(n, func(block []point) {
		on, stacked = true, stackalloc.OnStack(block)
		h := small.HeapOver(block, lower)
		fillHeap(&h, more(n))
		on = on && h.Len() == more(n)
	})
	return on
}

func lower(a, b point) bool { return a.y < b.y }

//go:noinline
func fillHeap(h *small.Heap[point], n int) {
	for i := range n {
		h.Push(point{y: i % 13, name: word(i)})
	}
	v, _ := h.Pop()
	h.Push(v)
}

func proveGenericHeap[T interface{ ~string | ~int }](n int) (on bool) {
	stackalloc.Do(n, func(block []T) {
		on, stacked = true, stackalloc.OnStack(block)
		h := small.HeapOver(block, func(a, b T) bool { return a < b })
		var v T
		for range more(n) {
			h.Push(v)
		}
		v, _ = h.Pop()
		on = on && h.Len() == more(n)-1
	})
	return on
}

func proveVec(n int) (on bool) {
	stackalloc.Uninit(n, func(block []float64) {
		on, stacked = true, stackalloc.OnStack(block)
		v := small.VecOver(block)
		for i := range more(n) {
			if !v.TryPush(float64(i)) {
				v.Push(float64(i))
			}
		}
		sum := 0.0
		for _, x := range v.Slice() {
			sum += x
		}
		for v.Len() > 1 {
			x, _ := v.Pop()
			sum -= x
		}
		on = on && sum == 0
		v.Clear()
	})
	return on
}

func proveVecHelper(n int) (on bool) {
	stackalloc.Do(n, func(block []*point) {
		on, stacked = true, stackalloc.OnStack(block)
		v := small.VecOver(block)
		fillVec(&v, more(n))
		on = on && v.Slice()[n-1] == &points[n-1]
	})
	return on
}

//go:noinline
func fillVec(v *small.Vec[*point], n int) {
	for i := range n {
		v.Push(&points[i])
	}
}

func proveVecOfSlices(n int) (on bool) {
	stackalloc.Do(n, func(block [][]string) {
		on, stacked = true, stackalloc.OnStack(block)
		v := small.VecOver(block)
		for i := range more(n) {
			v.Push(table[i%7 : i%7+2])
		}
		on = on && len(v.Slice()) == more(n)
	})
	return on
}

func proveScope(n int) (on bool) {
	for block := range stackalloc.Scope[small.Slot[int, bool]](n) {
		on, stacked = true, stackalloc.OnStack(block)
		m := small.MapOver(block)
		for i := range more(n) {
			m.Put(i, true)
		}
		for k, v := range m.All() {
			if !v {
				return false
			}
			_ = k
		}
		if m.Len() != more(n) {
			return false
		}
	}
	return on
}

func proveCall(n int) bool {
	return stackalloc.Call(n, func(block []small.Slot[int, int]) bool {
		m := small.MapOver(block)
		m.Put(n, n)
		v, ok := m.Get(n)
		stacked = stackalloc.OnStack(block)
		return ok && v == n
	})
}

type explorer struct {
	queue small.Deque[int]
	seen  small.Set[int]
	steps int
}

func (s *explorer) visit(i int) {
	s.steps++
	if s.seen.Add(i) {
		s.queue.PushBack(i)
	}
}

func (s *explorer) run(limit int) {
	s.visit(1)
	for s.queue.Len() > 0 {
		i, _ := s.queue.PopFront()
		for _, j := range [...]int{2 * i, i + 1} {
			if j <= limit {
				s.visit(j)
			}
		}
	}
}

func proveStruct(n int) (on bool) {
	stackalloc.Do(n, func(queue []int) {
		stackalloc.Do(n, func(seen []small.Slot[int, struct{}]) {
			on, stacked = true, stackalloc.OnStack(queue) && stackalloc.OnStack(seen)
			s := explorer{queue: small.DequeOver(queue), seen: small.SetOver(seen)}
			s.run(more(n))
			on = on && s.seen.Len() == more(n)
		})
	})
	return on
}
