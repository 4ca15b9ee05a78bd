// Package kit is what generated programs are made with: elements, digests, and
// what uses the memory of dead blocks again.
package kit

import (
	"iter"
	"math"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/stackalloc/stackalloc"
)

// Mix adds v to the digest h.
func Mix(h, v uint64) uint64 {
	h = (h ^ v) * 0x9e3779b97f4a7c15
	return h ^ h>>29
}

// One function that makes an element from a number, and one that adds it to a
// digest, for each type of elements.

type (
	Pair struct {
		A int32
		B byte
	}
	Wide [5]uint16
	Rec  struct {
		Name string
		N    int
		P    *int
	}
	Big struct {
		A [6]uint64
		P *Pair
	}
	Flags struct{ A, B, C bool }
	Gaps  struct {
		A bool
		B int64
		C bool
	}
	Late struct {
		N int
		P *int
	}
	None  struct{}
	Ptrs  [2]*int
	Texts [3]string
	Page  [136]byte
)

func MkByte(x uint64) byte             { return byte(x*131 + 7) }
func SumByte(h uint64, v byte) uint64  { return (h^uint64(v))*1099511628211 + 1 }
func MkInt(x uint64) int               { return int(x*2654435761 + 3) }
func SumInt(h uint64, v int) uint64    { return Mix(h, uint64(v)) }
func MkF(x uint64) float64             { return float64(x) / 3 }
func SumF(h uint64, v float64) uint64  { return Mix(h, math.Float64bits(v)) }
func MkBool(x uint64) bool             { return x%3 == 1 }
func SumBool(h uint64, v bool) uint64  { return Mix(h, uint64(btoi(v))) }
func MkPair(x uint64) Pair             { return Pair{int32(x * 17), byte(x)} }
func SumPair(h uint64, v Pair) uint64  { return Mix(h, uint64(v.A)<<8|uint64(v.B)) }
func MkWide(x uint64) Wide             { return Wide{uint16(x), 2, 3, uint16(x >> 3), 5} }
func SumWide(h uint64, v Wide) uint64  { return Mix(h, uint64(v[0])<<16|uint64(v[3])) }
func MkPtr(x uint64) *int              { p := new(int); *p = int(x * 5); return p }
func MkStr(x uint64) string            { return "n" + strconv.Itoa(int(x%100000)) }
func SumStr(h uint64, v string) uint64 { return Mix(h, uint64(len(v))+sumText(v)) }
func MkBytes(x uint64) []byte          { return []byte{byte(x), 1, byte(x >> 2)} }
func MkRec(x uint64) Rec               { return Rec{Name: MkStr(x), N: int(x), P: MkPtr(x)} }
func MkBig(x uint64) Big               { return Big{A: [6]uint64{x, 1, x * 3}, P: &Pair{int32(x), 2}} }
func MkFunc(x uint64) func() int       { return func() int { return int(x * 7) } }

func MkShort(x uint64) int16                   { return int16(x*77 + 1) }
func SumShort(h uint64, v int16) uint64        { return Mix(h, uint64(v)) }
func MkComplex(x uint64) complex128            { return complex(float64(x), 3) }
func SumComplex(h uint64, v complex128) uint64 { return Mix(h, math.Float64bits(real(v)+imag(v))) }
func MkFlags(x uint64) Flags                   { return Flags{x%2 == 1, x%3 == 1, x%5 == 1} }
func SumFlags(h uint64, v Flags) uint64        { return Mix(h, uint64(btoi(v.A)|btoi(v.B)<<1|btoi(v.C)<<2)) }
func MkGaps(x uint64) Gaps                     { return Gaps{x%2 == 1, int64(x) * 9, x%3 == 1} }
func SumGaps(h uint64, v Gaps) uint64          { return Mix(h, uint64(v.B)<<2|uint64(btoi(v.A)|btoi(v.C)<<1)) }
func MkLate(x uint64) Late                     { return Late{int(x), MkPtr(x)} }
func SumLate(h uint64, v Late) uint64          { return SumPtr(Mix(h, uint64(v.N)), v.P) }
func MkNone(x uint64) None                     { return None{} }
func SumNone(h uint64, v None) uint64          { return h + 1 }
func MkPtrs(x uint64) Ptrs                     { return Ptrs{MkPtr(x), MkPtr(x + 1)} }
func SumPtrs(h uint64, v Ptrs) uint64          { return SumPtr(SumPtr(h, v[0]), v[1]) }
func MkTexts(x uint64) Texts                   { return Texts{MkStr(x), "", MkStr(x / 2)} }
func SumTexts(h uint64, v Texts) uint64        { return SumStr(SumStr(h, v[0]), v[2]) }
func MkPage(x uint64) Page                     { return Page{0: byte(x), 70: byte(x >> 1), 135: byte(x >> 2)} }
func SumPage(h uint64, v Page) uint64 {
	return Mix(h, uint64(v[0])|uint64(v[70])<<8|uint64(v[135])<<16)
}
func MkMap(x uint64) map[int]int            { return map[int]int{1: int(x)} }
func SumMap(h uint64, v map[int]int) uint64 { return Mix(h, uint64(v[1])) }

func SumPtr(h uint64, v *int) uint64 {
	if v == nil {
		return Mix(h, 1)
	}
	return Mix(h, uint64(*v))
}

func SumBytes(h uint64, v []byte) uint64 {
	for _, b := range v {
		h = SumByte(h, b)
	}
	return h
}

func SumRec(h uint64, v Rec) uint64 { return SumPtr(SumStr(Mix(h, uint64(v.N)), v.Name), v.P) }

func SumBig(h uint64, v Big) uint64 {
	if v.P != nil {
		h = SumPair(h, *v.P)
	}
	return Mix(h, v.A[0]+v.A[2])
}

func SumFunc(h uint64, v func() int) uint64 {
	if v == nil {
		return Mix(h, 2)
	}
	return Mix(h, uint64(v()))
}

// MkAny makes one of several dynamic types.
func MkAny(x uint64) any {
	switch x % 3 {
	case 0:
		return int(x)
	case 1:
		return MkStr(x)
	}
	return MkPair(x)
}

func SumAny(h uint64, v any) uint64 {
	switch v := v.(type) {
	case int:
		return Mix(h, uint64(v))
	case string:
		return SumStr(h, v)
	case Pair:
		return SumPair(h, v)
	}
	return Mix(h, 9)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func sumText(s string) (h uint64) {
	for i := range len(s) {
		h = h*31 + uint64(s[i])
	}
	return h
}

// A File and a Handle are to be closed; so is Closed to be counted.
type (
	File   struct{ N int }
	Handle uint32
)

func MkFile(x uint64) *File { return &File{int(x)} }

func SumFile(h uint64, v *File) uint64 {
	if v == nil {
		return Mix(h, 5)
	}
	return Mix(h, uint64(v.N))
}

func (f *File) Close() error { f.N = -1; return nil }

func MkHandle(x uint64) Handle            { return Handle(x * 3) }
func SumHandle(h uint64, v Handle) uint64 { return Mix(h, uint64(v)) }
func (h Handle) Close() error             { return nil }

// Helpers of another package than the program's: the compiler inlines them there.

func Ident[V any](v V) V { return v }

//go:noinline
func IdentOut[V any](v V) V { return v }

func Apply[X, Y any](f func(X) Y, x X) Y { return f(x) }

func With[T any](n int, f func([]T)) { stackalloc.Do(n, f) }

func Once[V any](v V) iter.Seq[V] {
	return func(yield func(V) bool) { yield(v) }
}

func Twice[V any](v V) iter.Seq[V] {
	return func(yield func(V) bool) {
		for range 2 {
			if !yield(v) {
				return
			}
		}
	}
}

func Sent[V any](v V) chan V {
	c := make(chan V, 1)
	c <- v
	return c
}

// Peek returns the next value of c, and puts it back.
func Peek[V any](c chan V) V {
	v := <-c
	c <- v
	return v
}

type Cell[V any] struct{ v V }

func (c *Cell[V]) Put(v V) { c.v = v }
func (c *Cell[V]) Take() V { return c.v }
func (c Cell[V]) Now() V   { return c.v }

// A Gate holds goroutines back until it is opened.
type Gate struct {
	C     chan struct{}
	sum   atomic.Uint64
	group sync.WaitGroup
}

func NewGate() *Gate { return &Gate{C: make(chan struct{})} }

func (g *Gate) Add() { g.group.Add(1) }

// Done ends a goroutine, which found h.
func (g *Gate) Done(h uint64) {
	g.sum.Add(h)
	g.group.Done()
}

// Open returns the sum of what the goroutines found.
func (g *Gate) Open() uint64 {
	close(g.C)
	g.group.Wait()
	return g.sum.Load()
}

type Taker[V any] interface{ Take() V }

//go:noinline
func Hold[V any](v V) Taker[V] { return &Cell[V]{v} }

//go:noinline
func Last[V any](v ...V) V { return v[len(v)-1] }

func Behind[V any](v V) (p *atomic.Pointer[V]) {
	p = new(atomic.Pointer[V])
	p.Store(&v)
	return p
}

// Through calls methods by way of a type parameter.
func Through[P interface {
	*C
	Put(V)
	Take() V
}, C, V any](v V) V {
	p := P(new(C))
	p.Put(v)
	return p.Take()
}

// Edge returns a length, chosen by n, at which blocks of T come to lie elsewhere: they
// fill a power of two bytes, or one element more or less.
func Edge[T any](n int) int {
	var z T
	return max((64<<(n%11))/max(int(unsafe.Sizeof(z)), 1)+n%3-1, 1)
}

// Source returns the elements that x, x+1, … make.
func Source[T any](n int, x uint64, mk func(uint64) T) []T {
	s := make([]T, n)
	for i := range s {
		s[i] = mk(x + uint64(i))
	}
	return s
}

// Numbers yields the elements that x, x+1, … make.
func Numbers[T any](n int, x uint64, mk func(uint64) T) iter.Seq[T] {
	return func(yield func(T) bool) {
		for i := range n {
			if !yield(mk(x + uint64(i))) {
				return
			}
		}
	}
}

// Sum adds the elements to a digest.
func Sum[T any](h uint64, s []T, sum func(uint64, T) uint64) uint64 {
	for _, v := range s {
		h = sum(h, v)
	}
	return h
}

// Move uses so many KiB of the stack, and on until the stack has grown, and so moved,
// unless it is large already.
//
//go:noinline
func Move(frames int) byte {
	var top byte
	return move(frames, 300, &top, uintptr(unsafe.Pointer(&top)))
}

//go:noinline
func move(least, most int, top *byte, was uintptr) byte {
	var a [1024]byte
	if most > 0 && (least > 0 || uintptr(unsafe.Pointer(top)) == was) {
		a[most] = move(least-1, most-1, top, was)
	}
	return a[least&1023]
}

// Collect runs the collector, which shrinks stacks and moves them, now and then.
func Collect(k int) {
	if turns++; turns%64 == k%64 {
		runtime.GC()
	}
}

var turns int // of one goroutine at a time

// Disturb uses the memory of dead blocks of about n elements of any size: the stack
// below, and the blocks that are recycled.
//
//go:noinline
func Disturb(n int) {
	overwrite(min(n*8+8<<10, 192<<10) / 2048)
	reuse(n)
	Collect(0)
}

var noise = func() (b [2048]byte) {
	for i := range b {
		b[i] = 0xa5
	}
	return b
}()

//go:noinline
func overwrite(depth int) byte {
	b := noise
	if depth > 0 {
		b[depth%len(b)] = overwrite(depth - 1)
	}
	return b[depth%len(b)/2]
}

//go:noinline
func reuse(n int) {
	for _, m := range [...]int{n, n * 8, n + 1} {
		m = min(m, 64<<10)
		stackalloc.Uninit(m, func(a []byte) {
			stackalloc.Uninit(m, func(b []byte) {
				paint(a)
				paint(b)
			})
		})
	}
	m := min(n, 1<<10)
	stackalloc.Do(m, func(a []string) {
		stackalloc.Do(m, func(b []*int) {
			stackalloc.Do(m, func(c [][]byte) {
				for i := range a {
					a[i], b[i], c[i] = "noise", &seven, nothing
				}
			})
		})
	})
}

func paint(s []byte) {
	for len(s) > 0 {
		s = s[copy(s, noise[:]):]
	}
}

var (
	seven   = 7
	nothing = []byte("nothing")
)
