package recycle

import (
	"math/bits"
	"reflect"
	"sync"
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/stock"
)

// A Slice is memory for elements that may hold pointers, with a type that the
// collector sees.
type Slice[T any] struct {
	head
	All []T // zero when handed out
}

// typed holds the pools of one element type, by the logarithm of the number of
// elements.
type typed [bits.UintSize]sync.Pool

var types sync.Map // reflect.Type → *typed

// GetSlice returns at least n > 0 zero elements. Their size is at most Max.
func GetSlice[T any](n int) *Slice[T] {
	k := uintptr(bits.Len(uint(n - 1)))
	key, line := place(typeWord[T](), k)
	if s := (*Slice[T])(take(line, key)); s != nil {
		return s
	}
	claimRow()
	pool := poolOf(reflect.TypeFor[T](), k)
	if h, _ := pool.Get().(*head); h != nil {
		return (*Slice[T])(unsafe.Pointer(h))
	}
	s := stock.New[Slice[T]]()
	*s = Slice[T]{
		head: head{line: line, limit: keep(unsafe.Sizeof(*new(T)) << k), key: key, pool: pool},
		All:  stock.Make[T](1 << k),
	}
	return s
}

// PutSlice gives s back, of which the first used elements were handed on. They
// are cleared, so that a resting block keeps nothing alive.
func PutSlice[T any](s *Slice[T], used int) {
	clear(s.All[:used])
	put(&s.head)
}

// typeWord returns the address of the type descriptor of *T.
func typeWord[T any]() uintptr {
	v := any((*T)(nil))
	return *(*uintptr)(unsafe.Pointer(&v))
}

// place returns what stands for 2^k elements of a type, and which of the lines
// for such blocks they share with others.
func place(word, k uintptr) (key, line uintptr) {
	return word<<6 | k, (typedLine + (word>>5+k)%typedLines) * lineSize
}

func poolOf(t reflect.Type, k uintptr) (pool *sync.Pool) {
	stock.Fill(func() {
		p, ok := types.Load(t)
		if !ok {
			p, _ = types.LoadOrStore(t, new(typed))
		}
		pool = &p.(*typed)[k]
	})
	return pool
}
