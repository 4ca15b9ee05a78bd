package arena_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc/arena"
	"github.com/stackalloc/stackalloc/internal/build"
)

// A program is a source of numbers that decide what happens next: bytes of the
// fuzzer, and when they are used up, nothing.
type program struct{ data []byte }

func (p *program) done() bool { return len(p.data) == 0 }

func (p *program) byte() int {
	if len(p.data) == 0 {
		return 0
	}
	b := p.data[0]
	p.data = p.data[1:]
	return int(b)
}

func (p *program) below(n int) int {
	if n <= 0 {
		return 0
	}
	return (p.byte()<<8 | p.byte()) % n
}

func randomProgram(seed uint64, length int) []byte {
	data := make([]byte, 0, length+8)
	for r := rand.New(rand.NewPCG(seed, 1)); len(data) < length; {
		data = binary.LittleEndian.AppendUint64(data, r.Uint64())
	}
	return data
}

// modelMark is a mark and whether it is still good.
type modelMark struct {
	m  arena.Mark
	at int
	ok bool
}

// rewound makes the marks stale that lie behind at; those taken at it stay good.
func rewound(marks []modelMark, at int) {
	for i := range marks {
		if marks[i].at > at {
			marks[i].ok = false
		}
	}
}

func allStale(marks []modelMark) {
	for i := range marks {
		marks[i].ok = false
	}
}

type modelBlock struct {
	b       []byte
	start   int
	pattern byte
}

// byteModel says where every block of an arena of bytes has to be, and holds
// the blocks that live, each filled with a pattern of its own.
type byteModel struct {
	a      byteArena
	base   uintptr
	cap    int
	used   int
	blocks []modelBlock
	marks  []modelMark
	next   byte
}

// expect returns where a block starts, and false when it does not fit.
func (m *byteModel) expect(size, align int) (start int, ok bool) {
	at := uint64(m.base) + uint64(m.used)
	aligned := (at + uint64(align) - 1) / uint64(align) * uint64(align)
	if aligned < at { // beyond the last address
		return 0, false
	}
	pad := aligned - at
	if pad > uint64(m.cap-m.used) || uint64(size) > uint64(m.cap-m.used)-pad {
		return 0, false
	}
	return m.used + int(pad), true
}

func (m *byteModel) check(t *testing.T) {
	t.Helper()
	if got := m.a.Used(); got != m.used {
		t.Fatalf("Used is %d, want %d", got, m.used)
	}
	if got := m.a.Cap(); got != m.cap {
		t.Fatalf("Cap is %d, want %d", got, m.cap)
	}
}

func (m *byteModel) checkContents(t *testing.T) {
	t.Helper()
	for _, b := range m.blocks {
		for i, v := range b.b {
			if v != b.pattern {
				t.Fatalf("byte %d of the block of %d at %d is %#x, want %#x", i, len(b.b), b.start, v, b.pattern)
			}
		}
	}
}

func (m *byteModel) add(t *testing.T, b []byte, ok bool, size, align int) {
	t.Helper()
	start, want := m.expect(size, align)
	if size == 0 && ok && want {
		// An empty block takes no room and may be anywhere inside.
		if b == nil || len(b) != 0 || address(b)%uintptr(align) != 0 || address(b)-m.base > uintptr(m.cap) {
			t.Fatalf("bad empty block at %#x, align %d", address(b), align)
		}
		return
	}
	if size == 0 && !ok && m.used+align > m.cap {
		return // no address left
	}
	if ok != want {
		t.Fatalf("Alloc(%d, %d) with %d of %d used: %v, want %v", size, align, m.used, m.cap, ok, want)
	}
	if !ok {
		if b != nil {
			t.Fatal("a block in spite of false")
		}
		return
	}
	if len(b) != size || cap(b) != size {
		t.Fatalf("Alloc(%d, %d): length %d, capacity %d", size, align, len(b), cap(b))
	}
	if got := address(b) - m.base; got != uintptr(start) {
		t.Fatalf("Alloc(%d, %d) with %d used is at %d, want %d", size, align, m.used, got, start)
	}
	m.used = start + size
	m.next++
	for i := range b {
		b[i] = m.next
	}
	m.blocks = append(m.blocks, modelBlock{b, start, m.next})
}

func (m *byteModel) truncate(used int) {
	m.used = used
	for n := len(m.blocks); n > 0 && m.blocks[n-1].start+len(m.blocks[n-1].b) > used; n-- {
		m.blocks = m.blocks[:n-1]
	}
}

func (m *byteModel) step(t *testing.T, p *program) {
	t.Helper()
	switch op := p.byte() % 24; op {
	case 0, 1, 2, 3, 4, 5:
		m.alloc(t, p.below(m.cap/8+2), 1<<(p.byte()%8))
	case 6: // large or absurd
		size := []int{m.cap - m.used, m.cap - m.used + 1, m.cap, math.MaxInt, math.MaxInt - m.used, 0}[p.byte()%6]
		m.alloc(t, size, 1<<(p.byte()%31))
	case 7:
		m.slice(t, p.below(m.cap/32+2))
	case 8:
		m.newPlain(t)
	case 9, 10, 11:
		m.marks = append(m.marks, modelMark{m.a.Mark(), m.used, true})
	case 12, 13, 14:
		if len(m.marks) == 0 {
			return
		}
		m.rewind(t, m.marks[len(m.marks)-1-p.below(len(m.marks))])
	case 15:
		if p.byte()%4 > 0 {
			return
		}
		m.checkContents(t)
		if l, ok := m.a.(lazy); ok {
			l.Retain(p.below(2 * m.cap))
		}
		m.a.Reset()
		m.truncate(0)
		m.blocks = nil
		allStale(m.marks)
	case 16, 17, 18:
		if p.byte()%2 == 0 {
			appendTo(t, m, p, byte(1))
		} else {
			appendTo(t, m, p, uint32(0x01010101))
		}
	case 19:
		m.copy(t, p.below(m.cap/32+2))
	case 20:
		m.string(t, p.below(m.cap/8+2))
	}
	m.check(t)
}

func (m *byteModel) alloc(t *testing.T, size, align int) {
	t.Helper()
	b, ok := m.a.Alloc(size, align)
	m.add(t, b, ok, size, align)
}

func (m *byteModel) slice(t *testing.T, n int) {
	t.Helper()
	used := m.a.Used()
	s, ok := inArena(m.a, func(a *arena.Bump) ([]uint64, bool) { return arena.Slice[uint64](a, n) },
		func(a *arena.LazyBump) ([]uint64, bool) { return arena.Slice[uint64](a, n) })
	for i, v := range s {
		if v != 0 {
			t.Fatalf("element %d of %d, %d used before: %#x, want 0", i, n, used, v)
		}
	}
	m.add(t, bytesOf(s), ok, 8*n, int(unsafe.Alignof(uint64(0))))
}

func (m *byteModel) newPlain(t *testing.T) {
	t.Helper()
	v, ok := inArena(m.a, arena.New[plain, *arena.Bump], arena.New[plain, *arena.LazyBump])
	var b []byte
	if ok {
		if *v != (plain{}) {
			t.Fatalf("New is %+v", *v)
		}
		b = bytesOf(unsafe.Slice(v, 1))
	}
	m.add(t, b, ok, int(unsafe.Sizeof(plain{})), int(unsafe.Alignof(plain{})))
}

func (m *byteModel) rewind(t *testing.T, k modelMark) {
	t.Helper()
	m.checkContents(t)
	if refused := rewindRefused(m.a, k.m); refused == k.ok {
		t.Fatalf("Rewind to %d with %d used: refused is %v", k.at, m.used, refused)
	}
	if k.ok {
		m.truncate(k.at)
		rewound(m.marks, k.at)
	}
}

func (m *byteModel) copy(t *testing.T, n int) {
	t.Helper()
	src := make([]uint32, n)
	for i := range src {
		src[i] = uint32(i)
	}
	s, ok := inArena(m.a, func(a *arena.Bump) ([]uint32, bool) { return arena.Copy(a, src) },
		func(a *arena.LazyBump) ([]uint32, bool) { return arena.Copy(a, src) })
	if ok && !slices.Equal(s, src) || !ok && s != nil || cap(s) != len(s) {
		t.Fatalf("Copy of %d elements: %d, %v", n, len(s), ok)
	}
	m.add(t, bytesOf(s), ok, 4*n, 4)
}

func (m *byteModel) string(t *testing.T, n int) {
	t.Helper()
	src := strings.Repeat("x", n)
	s, ok := inArena(m.a, func(a *arena.Bump) (string, bool) { return arena.String(a, src) },
		func(a *arena.LazyBump) (string, bool) { return arena.String(a, src) })
	if ok && s != src || !ok && s != "" {
		t.Fatalf("String of %d bytes: %d, %v", n, len(s), ok)
	}
	if n > 0 {
		m.add(t, unsafe.Slice(unsafe.StringData(s), len(s)), ok, n, 1)
	}
}

// inArena calls the function for the kind of a.
func inArena[R any](a byteArena, bump func(*arena.Bump) (R, bool), lazy func(*arena.LazyBump) (R, bool)) (R, bool) {
	if b, ok := a.(*arena.Bump); ok {
		return bump(b)
	}
	return lazy(a.(*arena.LazyBump))
}

func bytesOf[T any](s []T) []byte {
	var v T
	size := int(unsafe.Sizeof(v))
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), size*cap(s))[:size*len(s)]
}

// appendTo appends to one of the blocks, or to nil, copies of its pattern in every
// byte of one.
func appendTo[T byte | uint32](t *testing.T, m *byteModel, p *program, one T) {
	t.Helper()
	size := int(unsafe.Sizeof(one))
	i := p.below(len(m.blocks) + 1)
	m.next++
	block := modelBlock{nil, 0, m.next}
	if i < len(m.blocks) {
		block = m.blocks[i]
	}
	if len(block.b)%size != 0 || cap(block.b)%size != 0 || block.start%size != 0 || m.base%uintptr(size) != 0 {
		return
	}
	s := unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(block.b))), cap(block.b)/size)[:len(block.b)/size]
	vs := make([]T, p.below(m.cap/8/size+2))
	for i := range vs {
		vs[i] = one * T(block.pattern)
	}
	got, ok := inArena(m.a, func(a *arena.Bump) ([]T, bool) { return arena.Append(a, s, vs...) },
		func(a *arena.LazyBump) ([]T, bool) { return arena.Append(a, s, vs...) })

	need := len(s) + len(vs)
	start, capacity, want := block.start, cap(s), true
	switch {
	case need <= cap(s):
	case cap(s) > 0 && block.start+cap(s)*size == m.used:
		capacity, want = need, block.start+need*size <= m.cap
	default:
		capacity = max(need, 2*cap(s))
		if start, want = m.expect(capacity*size, size); !want {
			capacity = need
			start, want = m.expect(capacity*size, size)
		}
	}
	if ok != want {
		t.Fatalf("Append of %d to %d of %d at %d with %d of %d used: %v, want %v", len(vs), len(s), cap(s), block.start, m.used, m.cap, ok, want)
	}
	if !ok {
		if len(got) != len(s) || cap(got) != cap(s) || unsafe.SliceData(got) != unsafe.SliceData(s) {
			t.Fatalf("a slice of %d of %d is another one after Append that failed", len(s), cap(s))
		}
		return
	}
	if need == 0 {
		return
	}
	b := bytesOf(got)
	if len(got) != need || cap(got) != capacity || address(b)-m.base != uintptr(start) {
		t.Fatalf("Append of %d to %d of %d: %d of %d at %d, want %d at %d", len(vs), len(s), cap(s), len(got), cap(got), address(b)-m.base, capacity, start)
	}
	m.used = max(m.used, start+capacity*size)
	if start == block.start && i < len(m.blocks) {
		m.blocks[i].b = b
	} else {
		m.blocks = append(m.blocks, modelBlock{b, start, block.pattern})
	}
}

func rewindRefused(a interface{ Rewind(arena.Mark) }, k arena.Mark) (refused bool) {
	defer func() { refused = recover() != nil }()
	a.Rewind(k)
	return false
}

func runBytes(t *testing.T, a byteArena, p *program) {
	t.Helper()
	b := must(a.Alloc(0, 1))(t)
	m := &byteModel{a: a, base: address(b), cap: a.Cap()}
	for !p.done() {
		m.step(t, p)
	}
	m.checkContents(t)
}

func runAllBytes(t *testing.T, data []byte) {
	t.Helper()
	p := program{data}
	capacity := p.below(1 << (p.byte() % 18))
	for _, a := range []byteArena{arena.NewBump(capacity), over(make([]byte, capacity+7)[7:])} {
		runBytes(t, a, &program{p.data})
	}
	a, err := arena.NewLazyBump(capacity)
	require.NoError(t, err)
	defer func() { require.NoError(t, a.Close()) }()
	runBytes(t, a, &program{p.data})
}

// programs returns how many of n programs to run.
func programs(n int) int {
	if build.Race || build.Debug || testing.Short() {
		return n / 10
	}
	return n
}

func TestBytesAgainstTheModel(t *testing.T) {
	for seed := range programs(600) {
		runAllBytes(t, randomProgram(uint64(seed), 1500))
	}
}

func FuzzBytes(f *testing.F) {
	for seed := range 20 {
		f.Add(randomProgram(uint64(seed), 200))
	}
	f.Fuzz(runAllBytes)
}

// A typedModel knows which values live and in which order they have to be
// dropped.
type typedModel[T comparable] struct {
	a       typedArena[T]
	want    []T
	addr    []*T
	marks   []modelMark
	dropped []T
	drops   bool
	bomb    int // drops until one panics, 0 for never
}

// truncate is what Reset and Rewind do to the model, and what they are expected
// to drop.
func (m *typedModel[T]) truncate(t *testing.T, to int, f func()) {
	t.Helper()
	m.dropped = m.dropped[:0]
	var expect []T
	for i := len(m.want) - 1; m.drops && i >= to; i-- {
		expect = append(expect, m.want[i])
	}
	end, explodes := to, false
	if m.drops && m.bomb > 0 && m.bomb <= len(expect) {
		expect = expect[:m.bomb]
		end, explodes = len(m.want)-m.bomb, true
	}
	func() {
		defer func() {
			e := recover()
			if (e != nil) != explodes || explodes && e != "bomb" {
				t.Fatalf("panic %v, want one: %v", e, explodes)
			}
		}()
		f()
	}()
	if !slices.Equal(expect, m.dropped) {
		t.Fatalf("dropped %v, want %v", m.dropped, expect)
	}
	m.want, m.addr = m.want[:end], m.addr[:end]
	m.bomb = 0
}

func runTyped[T comparable](t *testing.T, a typedArena[T], p *program, value func(i int) T) {
	t.Helper()
	m := &typedModel[T]{a: a}
	capacity := a.Cap()
	for i := 0; !p.done(); i++ {
		switch p.byte() % 16 {
		case 0, 1, 2, 3, 4, 5, 6:
			fill := p.byte()%2 == 0
			for range 1 + p.byte() {
				m.add(t, value(i), fill, capacity)
			}
		case 7:
			if l, ok := a.(lazy); ok {
				l.Retain(p.below(1 << 16))
			}
		case 8:
			if m.drops = !m.drops; m.drops {
				a.OnDrop(m.drop)
			} else {
				a.OnDrop(nil)
			}
		case 9, 10:
			m.marks = append(m.marks, modelMark{a.Mark(), len(m.want), true})
		case 11, 12, 13:
			if len(m.marks) == 0 {
				continue
			}
			k := m.marks[len(m.marks)-1-p.below(len(m.marks))]
			if !k.ok {
				if !rewindRefused(a, k.m) {
					t.Fatalf("stale mark at %d taken for good", k.at)
				}
				continue
			}
			m.bomb = p.byte() % 8
			m.truncate(t, k.at, func() { a.Rewind(k.m) })
			rewound(m.marks, k.at)
		case 14:
			m.checkAll(t)
		case 15:
			if p.byte()%4 > 0 {
				continue
			}
			m.bomb = p.byte() % 8
			m.truncate(t, 0, a.Reset)
			allStale(m.marks)
		}
		if a.Len() != len(m.want) || a.Cap() != capacity {
			t.Fatalf("Len %d, Cap %d, want %d, %d", a.Len(), a.Cap(), len(m.want), capacity)
		}
	}
}

// drop is the drop function of the arena.
func (m *typedModel[T]) drop(v *T) {
	m.dropped = append(m.dropped, *v)
	if m.bomb > 0 && len(m.dropped) == m.bomb {
		panic("bomb")
	}
}

// add puts v into the arena, by New and filling in or by Alloc.
func (m *typedModel[T]) add(t *testing.T, v T, fill bool, capacity int) {
	t.Helper()
	var at *T
	var ok bool
	if fill {
		if at, ok = m.a.New(); ok {
			var zero T
			if *at != zero {
				t.Fatalf("New of value %d is %v", len(m.want), *at)
			}
			*at = v
		}
	} else {
		at, ok = m.a.Alloc(v)
	}
	if want := len(m.want) < capacity; ok != want || ok != (at != nil) {
		t.Fatalf("Alloc with %d of %d: %v %v", len(m.want), capacity, at, ok)
	}
	if ok {
		m.want, m.addr = append(m.want, v), append(m.addr, at)
	}
}

func (m *typedModel[T]) checkAll(t *testing.T) {
	t.Helper()
	i := 0
	for at := range m.a.All() {
		if at != m.addr[i] || *at != m.want[i] {
			t.Fatalf("value %d of %d: %v at %p, want %v at %p", i, len(m.want), *at, at, m.want[i], m.addr[i])
		}
		i++
	}
	if i != len(m.want) {
		t.Fatalf("All gave %d values, want %d", i, len(m.want))
	}
}

func runBothTyped[T comparable](t *testing.T, data []byte, value func(i int) T) {
	t.Helper()
	p := program{data}
	capacity := p.below(1 << (p.byte() % 15))
	runTyped(t, arena.NewTyped[T](capacity), &program{p.data}, value)
	a, err := arena.NewLazyTyped[T](capacity)
	require.NoError(t, err)
	runTyped(t, a, &program{p.data}, value)
	a.OnDrop(nil)
	require.NoError(t, a.Close())
}

func runAllTyped(t *testing.T, data []byte) {
	t.Helper()
	runBothTyped(t, data, func(i int) int { return i })
	runBothTyped(t, data, func(i int) string { return fmt.Sprint(i) })
	runBothTyped(t, data, func(int) struct{} { return struct{}{} })
	runBothTyped(t, data, func(i int) [3]uint8 { return [3]uint8{uint8(i), 1, uint8(i)} })
	runBothTyped(t, data, func(i int) [100]any { return [100]any{0: i, 99: i} })
}

func TestTypedAgainstTheModel(t *testing.T) {
	for seed := range programs(60) {
		runAllTyped(t, randomProgram(uint64(seed), 200))
	}
}

func FuzzTyped(f *testing.F) {
	for seed := range 20 {
		f.Add(randomProgram(uint64(seed), 50))
	}
	f.Fuzz(runAllTyped)
}
