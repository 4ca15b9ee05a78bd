package stackalloc_test

import (
	"bytes"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/internal/measure"
)

// A program is a string of bytes that opens and closes scopes, writes to the
// blocks that are open, moves the stack, collects garbage and panics. It is run
// on real blocks beside a model of plain slices, compared at every step.
type machine struct {
	t     *testing.T
	code  []byte
	open  int // scopes
	steps int
}

func (m *machine) next() int {
	if len(m.code) == 0 {
		return 0
	}
	b := m.code[0]
	m.code = m.code[1:]
	return int(b)
}

// length favours the neighbourhood of the sizes of rungs.
func (m *machine) length() int {
	edge := stackalloc.Ladder[m.next()%len(stackalloc.Ladder)]
	switch b := m.next(); b % 4 {
	case 0:
		return b / 4
	case 1:
		return edge - b/64
	default:
		return edge + b/64
	}
}

// run executes operations until the program closes the scope it runs in, whose
// block and model are given. The block may not be handed on to an interface or
// to unknown code here: that would be a leak, and the block one from the heap.
func (m *machine) run(block []byte, model []byte) {
	for m.steps < 400 && len(m.code) > 0 {
		m.steps++
		switch op := m.next(); op % 16 {
		case 0:
			return
		case 1:
			for range min(len(block), 1) {
				i := m.next() * 251 % len(block)
				block[i], model[i] = byte(op), byte(op)
			}
		case 2:
			measure.Deepen(m.next() << 10)
		case 3:
			if m.next() < 40 {
				runtime.GC()
			}
		case 4:
			runtime.Gosched()
		case 5:
			func() {
				defer func() {
					if p := recover(); p != nil && p != m {
						panic(p)
					}
				}()
				m.scope(op>>4, true)
			}()
		default:
			m.scope(op>>4, false)
		}
		if !bytes.Equal(block, model) {
			m.t.Fatalf("a block of %d bytes at depth %d is not as the model", len(block), m.open)
		}
	}
}

// scope opens a block by one of the functions and goes on in it.
func (m *machine) scope(kind int, throw bool) {
	if m.open == 30 {
		return
	}
	m.open++
	defer func() { m.open-- }()
	n := m.length()
	model := make([]byte, n)
	filled := byte(m.next())
	enter := func(s []byte) {
		if len(s) != n || cap(s) != n || !bytes.Equal(s, model) {
			m.t.Fatalf("kind %d: a new block of %d bytes is not as asked: length %d, capacity %d, on the stack %v", kind, n, len(s), cap(s), stackalloc.OnStack(s))
		}
		m.run(s, model)
		if throw {
			panic(m)
		}
	}
	pretend := func() {
		for i := range model {
			model[i] = filled
		}
	}
	switch kind % 10 {
	case 0:
		stackalloc.Do(n, func(s []byte) { enter(s) })
	case 1:
		pretend()
		stackalloc.Uninit(n, func(s []byte) { copy(s, model); enter(s) })
	case 2:
		pretend()
		stackalloc.Fill(n, filled, func(s []byte) { enter(s) })
	case 3:
		pretend()
		stackalloc.Init(n, func(i int) byte { return model[i] }, func(s []byte) { enter(s) })
	case 4:
		pretend()
		stackalloc.Copy(model, func(s []byte) { enter(s) })
	case 5:
		pretend()
		stackalloc.Collect(n, slices.Values(model), func(s []byte) { enter(s) })
	case 6:
		for s := range stackalloc.Scope[byte](n) {
			enter(s)
		}
	case 7:
		stackalloc.Aligned(n, 1<<(filled%11), func(s []byte) { enter(s) })
	case 8:
		stackalloc.Call(n, func(s []byte) int { enter(s); return n })
	case 9:
		m.pointers(n)
	}
}

// pointers goes on in a scope whose block alone holds some heap objects.
func (m *machine) pointers(n int) {
	stackalloc.Do(n/64+1, func(p []*[64]byte) {
		for i := range p {
			p[i] = new([64]byte)
			p[i][i%64] = byte(i)
		}
		m.run(nil, nil)
		for i := range p {
			if p[i][i%64] != byte(i) {
				m.t.Fatalf("element %d of %d pointers was lost", i, len(p))
			}
		}
	})
}

func runProgram(t *testing.T, code []byte) {
	aside(func() { (&machine{t: t, code: code}).run(nil, nil) })
}

func FuzzPrograms(f *testing.F) {
	former := stackalloc.SetPatience(0)
	f.Cleanup(func() { stackalloc.SetPatience(former) })
	rng := rand.New(rand.NewPCG(3, 4))
	for range 60 {
		f.Add(randomProgram(rng))
	}
	f.Fuzz(runProgram)
}

func TestRandomPrograms(t *testing.T) {
	for _, patience := range []uintptr{0, 3, 1000} {
		former := stackalloc.SetPatience(patience)
		rng := rand.New(rand.NewPCG(uint64(patience), 5))
		for range programs() {
			runProgram(t, randomProgram(rng))
		}
		stackalloc.SetPatience(former)
	}
}

// programs is how many random programs a test runs.
func programs() int {
	if testing.Short() {
		return 24
	}
	return 150
}

func randomProgram(rng *rand.Rand) []byte {
	code := make([]byte, rng.IntN(300))
	for i := range code {
		code[i] = byte(rng.Uint32())
	}
	return code
}

// Programs side by side, so that threads change between a block's taking and its
// giving back.
func TestRandomProgramsConcurrently(t *testing.T) {
	for _, patience := range []uintptr{0, 5, 1000} {
		former := stackalloc.SetPatience(patience)
		var wg sync.WaitGroup
		for g := range 8 {
			wg.Go(func() {
				rng := rand.New(rand.NewPCG(uint64(g), uint64(patience)))
				for range programs() / 4 {
					runProgram(t, randomProgram(rng))
				}
			})
		}
		wg.Wait()
		stackalloc.SetPatience(former)
	}
}
