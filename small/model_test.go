package small_test

import (
	"container/heap"
	"container/list"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/internal/build"
	"github.com/stackalloc/stackalloc/internal/measure"
	"github.com/stackalloc/stackalloc/small"
)

// A program is a random sequence of operations on a collection over a block and on
// a model of it, compared after each. It moves the stack in between. It is run in a
// callback that shows nothing of the block, so what is wrong comes back as a text.
type program struct {
	r     *rand.Rand
	steps int
	move  int // one in so many operations moves the stack
	fault string
	on    bool // the block was on the stack
}

// next is false when the program is over, or has found a fault. It returns a number below
// n for the operation to come.
func (p *program) next(n int) (op int, more bool) {
	if p.steps == 0 || p.fault != "" {
		return 0, false
	}
	p.steps--
	if p.r.IntN(p.move) == 0 {
		moveStack()
	}
	return p.r.IntN(n), true
}

// same notes a fault if what came is not what was wanted.
func same[T comparable](p *program, what string, got, want T) {
	if got != want && p.fault == "" {
		p.fault = fmt.Sprintf("%s: %v, want %v, with %d steps to go", what, got, want, p.steps)
	}
}

// programs runs many programs: with blocks of all lengths, none included.
func programs(t *testing.T, run func(p *program, n int)) {
	sizes := []int{0, 1, 3, 8, 9, 33, 100}
	tries := 4
	if testing.Short() || build.Race {
		tries = 1
	}
	try := func(t *testing.T, onStack bool) {
		measure.Deepen(300 << 10)
		proven := provable()
		for seed := range tries {
			for _, n := range sizes {
				p := &program{r: rand.New(rand.NewPCG(uint64(seed), uint64(n))), steps: 400, move: 200}
				onGoroutine(8, func() { run(p, n) })
				require.Empty(t, p.fault, "seed %d, %d places", seed, n)
				if onStack && proven && n > 0 && n < 16 {
					require.True(t, p.on, "%d places: the block was not on the stack", n)
				}
			}
		}
	}
	t.Run("stack", func(t *testing.T) {
		defer stackalloc.SetLimit(stackalloc.SetLimit(64 << 10))
		try(t, true)
	})
	t.Run("heap", func(t *testing.T) {
		defer stackalloc.SetLimit(stackalloc.SetLimit(0))
		try(t, false)
	})
}

func TestDequeBesideAList(t *testing.T) {
	t.Run("int", func(t *testing.T) { programs(t, runDeque[int](func(i int) int { return i })) })
	t.Run("string", func(t *testing.T) { programs(t, runDeque[string](word)) })
	t.Run("struct", func(t *testing.T) { programs(t, runDeque[point](structOf)) })
	t.Run("pointer", func(t *testing.T) { programs(t, runDeque[*int](pointerOf)) })
	t.Run("interface", func(t *testing.T) { programs(t, runDeque[any](anyOf)) })
	t.Run("nothing", func(t *testing.T) { programs(t, runDeque[struct{}](func(int) (v struct{}) { return v })) })
}

// pointerOf returns a pointer to what nothing else points to.
func pointerOf(i int) *int { return &[]int{i}[0] }

func structOf(i int) point { return point{i, -i, strings.Repeat("x", i%30), &point{x: i}} }

func anyOf(i int) any {
	switch i % 4 {
	case 0:
		return i
	case 1:
		return word(i)
	case 2:
		return pointerOf(i)
	}
	return nil
}

//go:noinline
func runDeque[T comparable](value func(i int) T) func(p *program, n int) {
	return func(p *program, n int) {
		stackalloc.Do(n, func(block []T) {
			p.on = stackalloc.OnStack(block) || unsafe.Sizeof(*new(T)) == 0
			dequeProgram(p, block, value)
		})
	}
}

func dequeProgram[T comparable](p *program, block []T, value func(i int) T) {
	d := small.DequeOver(block)
	model := list.New()
	pop := func(what string, got T, ok bool, e *list.Element) {
		same(p, what, ok, e != nil)
		var want T
		if e != nil {
			want, _ = model.Remove(e).(T) // or a nil interface
		}
		same(p, what, got, want)
	}
	full := func() bool { return d.Len() == d.Cap() }
	capacity := len(block)
	for {
		op, more := p.next(20)
		if !more {
			return
		}
		v := value(p.r.IntN(1000))
		switch op {
		case 0, 1, 2:
			d.PushBack(v)
			model.PushBack(v)
		case 3, 4, 5:
			d.PushFront(v)
			model.PushFront(v)
		case 6, 7:
			room := !full()
			same(p, "TryPushBack", d.TryPushBack(v), room)
			if room {
				model.PushBack(v)
			}
		case 8, 9:
			room := !full()
			same(p, "TryPushFront", d.TryPushFront(v), room)
			if room {
				model.PushFront(v)
			}
		case 10, 11, 12:
			v, ok := d.PopFront()
			pop("PopFront", v, ok, model.Front())
		case 13, 14, 15:
			v, ok := d.PopBack()
			pop("PopBack", v, ok, model.Back())
		case 16:
			if p.r.IntN(20) == 0 {
				d.Clear()
				model.Init()
			}
		case 17, 18:
			for range p.r.IntN(30) {
				d.PushBack(v)
				model.PushBack(v)
				pv, ok := d.PopFront()
				pop("rotation", pv, ok, model.Front())
			}
		default:
			sameAll(p, &d, model)
		}
		same(p, "Len", d.Len(), model.Len())
		same(p, "Cap", d.Cap() >= d.Len() && d.Cap() >= capacity, true)
		capacity = d.Cap()
	}
}

func sameAll[T comparable](p *program, d *small.Deque[T], model *list.List) {
	e := model.Front()
	for i, v := range d.All() {
		want, _ := e.Value.(T)
		same(p, "All", i < model.Len() && v == want && d.At(i) == v, true)
		if e = e.Next(); e == nil {
			break
		}
	}
}

func TestVecBesideASlice(t *testing.T) {
	t.Run("int", func(t *testing.T) { programs(t, runVec[int](func(i int) int { return i })) })
	t.Run("string", func(t *testing.T) { programs(t, runVec[string](word)) })
	t.Run("struct", func(t *testing.T) { programs(t, runVec[point](structOf)) })
	t.Run("nothing", func(t *testing.T) { programs(t, runVec[struct{}](func(int) (v struct{}) { return v })) })
}

//go:noinline
func runVec[T comparable](value func(i int) T) func(p *program, n int) {
	return func(p *program, n int) {
		stackalloc.Do(n, func(block []T) {
			p.on = stackalloc.OnStack(block) || unsafe.Sizeof(*new(T)) == 0
			vecProgram(p, block, value)
		})
	}
}

func vecProgram[T comparable](p *program, block []T, value func(i int) T) {
	v := small.VecOver(block)
	var model []T
	moved := false // to the heap, where there may be more room than it takes
	for {
		op, more := p.next(10)
		if !more {
			return
		}
		x := value(p.r.IntN(1000))
		switch op {
		case 0, 1, 2, 3:
			v.Push(x)
			model = append(model, x)
			moved = moved || len(model) > len(block)
		case 4, 5:
			ok := v.TryPush(x)
			if !moved {
				same(p, "TryPush", ok, len(model) < len(block))
			}
			if ok {
				model = append(model, x)
			}
		case 6, 7, 8:
			got, ok := v.Pop()
			same(p, "Pop", ok, len(model) > 0)
			var want T
			if ok {
				want = model[len(model)-1]
				model = model[:len(model)-1]
			}
			same(p, "Pop", got, want)
		default:
			if p.r.IntN(20) == 0 {
				v.Clear()
				model = nil
			}
		}
		same(p, "Slice", slices.Equal(v.Slice(), model) && cap(v.Slice()) == len(model), true)
		same(p, "Len", v.Len(), len(model))
	}
}

func TestHeapBesideContainerHeap(t *testing.T) {
	t.Run("int", func(t *testing.T) { programs(t, runHeap[int](func(i int) int { return i % 50 })) })
	t.Run("string", func(t *testing.T) { programs(t, runHeap[string](word)) })
}

//go:noinline
func runHeap[T string | int](value func(i int) T) func(p *program, n int) {
	return func(p *program, n int) {
		stackalloc.Do(n, func(block []T) {
			p.on = stackalloc.OnStack(block)
			heapProgram(p, block, value)
		})
	}
}

type model[T string | int] []T

func (m model[T]) Len() int           { return len(m) }
func (m model[T]) Less(i, j int) bool { return m[i] < m[j] }
func (m model[T]) Swap(i, j int)      { m[i], m[j] = m[j], m[i] }
func (m *model[T]) Push(v any)        { *m = append(*m, v.(T)) }
func (m *model[T]) Pop() any {
	v := (*m)[len(*m)-1]
	*m = (*m)[:len(*m)-1]
	return v
}

func heapProgram[T string | int](p *program, block []T, value func(i int) T) {
	var calls int
	h := small.HeapOver(block, func(a, b T) bool { calls++; return a < b })
	m := &model[T]{}
	moved := false
	// A program has a time in which the Heap grows, and one in which it shrinks.
	bias := 0
	for {
		op, more := p.next(12)
		if !more {
			return
		}
		if p.r.IntN(100) == 0 {
			bias = p.r.IntN(5)
		}
		v := value(p.r.IntN(1000))
		calls = 0
		levels := 1
		for n := m.Len(); n > 0; n /= 2 {
			levels++
		}
		switch {
		case op < 3+bias:
			h.Push(v)
			same(p, "calls of Push", calls <= levels, true)
			heap.Push(m, v)
			moved = moved || m.Len() > len(block)
		case op < 4+bias:
			ok := h.TryPush(v)
			if !moved {
				same(p, "TryPush", ok, m.Len() < len(block))
			}
			if ok {
				heap.Push(m, v)
			}
		case op < 11:
			got, ok := h.Pop()
			same(p, "calls of Pop", calls <= 2*levels, true)
			same(p, "Pop", ok, m.Len() > 0)
			if ok {
				same(p, "Pop", got, heap.Pop(m).(T))
			}
		default:
			if p.r.IntN(30) == 0 {
				h.Clear()
				*m = (*m)[:0]
			}
		}
		v, ok := h.Peek()
		same(p, "Peek", ok, m.Len() > 0)
		if ok {
			same(p, "Peek", v, (*m)[0])
		}
		same(p, "Len", h.Len(), m.Len())
	}
}

func TestMapBesideAMap(t *testing.T) {
	t.Run("int", func(t *testing.T) { programs(t, runMap[int, string](func(i int) int { return i }, word)) })
	t.Run("high int", func(t *testing.T) {
		programs(t, runMap[int64, point](func(i int) int64 { return int64(i) << 40 }, structOf))
	})
	t.Run("int8", func(t *testing.T) { programs(t, runMap[int8, any](func(i int) int8 { return int8(i) }, anyOf)) })
	t.Run("uint16", func(t *testing.T) {
		programs(t, runMap[uint16, *int](func(i int) uint16 { return uint16(i * 64) }, pointerOf))
	})
	t.Run("named", func(t *testing.T) {
		programs(t, runMap[named, int](func(i int) named { return named(i) }, func(i int) int { return i }))
	})
	t.Run("bool", func(t *testing.T) {
		programs(t, runMap[bool, int](func(i int) bool { return i%2 == 0 }, func(i int) int { return i }))
	})
	t.Run("string", func(t *testing.T) { programs(t, runMap[string, int](word, func(i int) int { return i })) })
	t.Run("struct", func(t *testing.T) { programs(t, runMap[key, string](keyOf, word)) })
	t.Run("array", func(t *testing.T) {
		programs(t, runMap[[3]byte, byte](func(i int) [3]byte { return [3]byte{1: byte(i)} }, func(i int) byte { return byte(i) }))
	})
	t.Run("float64", func(t *testing.T) {
		programs(t, runMap[float64, int](func(i int) float64 { return float64(i) / 3 }, func(i int) int { return i }))
	})
	t.Run("interface", func(t *testing.T) {
		programs(t, runMap[any, int](func(i int) any { return anything[i] }, func(i int) int { return i }))
	})
	t.Run("pointer", func(t *testing.T) {
		programs(t, runMap[*point, int](func(i int) *point { return &points[i] }, func(i int) int { return i }))
	})
	t.Run("nothing", func(t *testing.T) {
		programs(t, runMap[struct{}, struct{}](func(int) (v struct{}) { return v }, func(int) (v struct{}) { return v }))
	})
}

type named int32

type key struct {
	name string
	at   [2]int8
	any  any
}

func keyOf(i int) key { return key{word(i % 10), [2]int8{int8(i)}, i % 3} }

//go:noinline
func runMap[K, V comparable](keys func(i int) K, values func(i int) V) func(p *program, n int) {
	return func(p *program, n int) {
		stackalloc.Do(n, func(block []small.Slot[K, V]) {
			p.on = stackalloc.OnStack(block)
			mapProgram(p, block, keys, values)
		})
	}
}

func mapProgram[K, V comparable](p *program, block []small.Slot[K, V], keys func(i int) K, values func(i int) V) {
	m := small.MapOver(block)
	model := map[K]V{}
	moved := false
	for {
		op, more := p.next(17)
		if !more {
			return
		}
		k, v := keys(p.r.IntN(10+10*(p.steps/100)%300)), values(p.r.IntN(1000))
		want, there := model[k]
		switch op {
		case 0, 1, 2, 3:
			m.Put(k, v)
			model[k] = v
			moved = moved || len(model) > len(block)
		case 4, 5:
			ok := m.TryPut(k, v)
			if !moved {
				same(p, "TryPut", ok, there || len(model) < len(block))
			}
			if ok {
				model[k] = v
			}
		case 6, 7, 8:
			same(p, "Delete", m.Delete(k), there)
			delete(model, k)
		case 9, 10, 11, 12:
			got, ok := m.Get(k)
			same(p, "Get", ok, there)
			same(p, "Get", got, want)
		case 13:
			if p.r.IntN(30) == 0 {
				m.Clear()
				clear(model)
			}
		case 14:
			loopOf(p, &m, model, values)
		case 15:
			got, ok := m.GetOrPut(k, v)
			if !there {
				want = v
				model[k] = v
				moved = moved || len(model) > len(block)
			}
			same(p, "GetOrPut", ok, there)
			same(p, "GetOrPut", got, want)
		default:
			seen := map[K]bool{}
			for k, v := range m.All() {
				want, there := model[k]
				same(p, "All", there && v == want && !seen[k], true)
				seen[k] = true
			}
			same(p, "All", len(seen), len(model))
		}
		same(p, "Len", m.Len(), len(model))
		same(p, "its own order", m.Check(), nil)
	}
}

// Add begins at 0 wherever the entry comes to be: in a block that had something else, in the
// place of one that was deleted, with an index, and on the heap.
func TestAddBesideAMap(t *testing.T) {
	t.Run("int", func(t *testing.T) { programs(t, runAdd[string, int](word)) })
	t.Run("uint8", func(t *testing.T) { programs(t, runAdd[int, uint8](func(i int) int { return i })) })
	t.Run("float64", func(t *testing.T) { programs(t, runAdd[key, float64](keyOf)) })
	t.Run("named", func(t *testing.T) { programs(t, runAdd[any, named](func(i int) any { return anything[i] })) })
}

//go:noinline
func runAdd[K comparable, V small.Number](keys func(i int) K) func(p *program, n int) {
	return func(p *program, n int) {
		stackalloc.Do(n, func(block []small.Slot[K, V]) {
			p.on = stackalloc.OnStack(block)
			m := small.MapOver(block)
			for i := range n {
				m.Put(keys(i), V(i+1))
			}
			addProgram(p, block, keys)
		})
	}
}

func addProgram[K comparable, V small.Number](p *program, block []small.Slot[K, V], keys func(i int) K) {
	m := small.MapOver(block)
	model := map[K]V{}
	for {
		op, more := p.next(10)
		if !more {
			return
		}
		k, d := keys(p.r.IntN(10+10*(p.steps/100)%300)), V(p.r.IntN(100))
		switch op {
		case 0, 1:
			same(p, "Delete", m.Delete(k), contains(model, k))
			delete(model, k)
		case 2:
			if p.r.IntN(30) == 0 {
				m.Clear()
				clear(model)
			}
		default:
			small.Add(&m, k, d)
			model[k] += d
		}
		got, ok := m.Get(k)
		same(p, "Get", got, model[k])
		same(p, "Get", ok, contains(model, k))
		same(p, "Len", m.Len(), len(model))
	}
}

func contains[K comparable, V any](m map[K]V, k K) bool {
	_, ok := m[k]
	return ok
}

// loopOf changes the Map in a loop over it.
func loopOf[K, V comparable](p *program, m *small.Map[K, V], model map[K]V, values func(i int) V) {
	var all []K
	for k := range model {
		all = append(all, k)
	}
	due, came := map[K]bool{}, map[K]bool{}
	for k := range model {
		due[k] = true
	}
	for k, v := range m.All() {
		want, there := model[k]
		same(p, "loop", there && v == want && !came[k], true)
		came[k] = true
		delete(due, k)
		other := all[p.r.IntN(len(all))]
		switch p.r.IntN(6) {
		case 0:
			m.Delete(k)
			delete(model, k)
		case 1:
			m.Delete(other)
			delete(model, other)
			delete(due, other)
		case 2:
			if _, there := model[other]; there { // else it would be new, and may come again
				v := values(p.r.IntN(1000))
				m.Put(other, v)
				model[other] = v
			}
		case 3:
			if p.r.IntN(50) == 0 {
				m.Clear()
				clear(model)
				clear(due)
			}
		}
	}
	same(p, "not come", len(due), 0)
}

func TestSetBesideAMap(t *testing.T) {
	programs(t, func(p *program, n int) {
		stackalloc.Do(n, func(block []small.Slot[string, struct{}]) {
			p.on = stackalloc.OnStack(block)
			setProgram(p, block)
		})
	})
}

func setProgram(p *program, block []small.Slot[string, struct{}]) {
	s := small.SetOver(block)
	model := map[string]bool{}
	moved := false
	for {
		op, more := p.next(12)
		if !more {
			return
		}
		k := word(p.r.IntN(150))
		switch op {
		case 0, 1, 2, 3:
			same(p, "Add", s.Add(k), !model[k])
			model[k] = true
			moved = moved || len(model) > len(block)
		case 4:
			ok := s.TryAdd(k)
			if !moved {
				same(p, "TryAdd", ok, model[k] || len(model) < len(block))
			}
			if ok {
				model[k] = true
			}
		case 5, 6, 7:
			same(p, "Delete", s.Delete(k), model[k])
			delete(model, k)
		case 8, 9:
			same(p, "Has", s.Has(k), model[k])
		case 10:
			if p.r.IntN(30) == 0 {
				s.Clear()
				clear(model)
			}
		default:
			n := 0
			for k := range s.All() {
				same(p, "All", model[k], true)
				n++
			}
			same(p, "All", n, len(model))
		}
		same(p, "Len", s.Len(), len(model))
	}
}
