package element

import (
	"reflect"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
)

func TestReflectSeesEveryPointerAndBool(t *testing.T) {
	type inner struct {
		a uint8
		b [2]bool
	}
	is[byte](t, AnyBits)
	is[uintptr](t, AnyBits)
	is[int](t, AnyBits)
	is[float64](t, AnyBits)
	is[complex128](t, AnyBits)
	is[[4][3]float32](t, AnyBits)
	is[struct{}](t, AnyBits)
	is[struct{ a, b int }](t, AnyBits)
	is[[0]string](t, AnyBits)
	is[[0]bool](t, AnyBits)
	is[struct {
		a int
		_ [0]func()
	}](t, AnyBits)
	is[bool](t, Bools)
	is[[2]bool](t, Bools)
	is[inner](t, Bools)
	is[struct{ x [2]inner }](t, Bools)
	is[struct {
		a inner
		b string
	}](t, Pointers)
	is[struct {
		b bool
		e any
	}](t, Pointers)
	is[string](t, Pointers)
	is[any](t, Pointers)
	is[error](t, Pointers)
	is[[1]error](t, Pointers)
	is[[]int](t, Pointers)
	is[[]inner](t, Pointers)
	is[map[int]int](t, Pointers)
	is[chan int](t, Pointers)
	is[func()](t, Pointers)
	is[*int](t, Pointers)
	is[unsafe.Pointer](t, Pointers)
}

// is checks that T is of a kind, before and after it was seen.
func is[T any](t *testing.T, kind uintptr) {
	f := func([]T) {}
	for range 2 {
		assert.Equal(t, kind, Of(f), "%T", f)
		assert.Equal(t, kind, Of((func([]T))(nil)), "%T", f)
	}
	if c := Known(f); c <= Pointers { // not if another type has the entry
		assert.Equal(t, kind, c, "%T", f)
	}
	assert.Zero(t, Key(f)&Pointers, "%T: the descriptor's address leaves no room for a kind", f)
}

func TestAClassIsKnownFromTheFirstTimeOn(t *testing.T) {
	type own struct{ a bool }
	f := func([]own) {}
	saved := atomic.SwapUintptr(entry(Key(f)), 0)
	defer atomic.StoreUintptr(entry(Key(f)), saved)
	assert.Greater(t, uint64(Known(f)), uint64(Pointers))
	assert.EqualValues(t, Bools, Of(f))
	assert.EqualValues(t, Bools, Known(f))
}

func TestTypesThatShareAnEntryDoNotMeetInIt(t *testing.T) {
	type own struct{ a bool }
	f := func([]own) {}
	other := uintptr(1<<20) | AnyBits
	saved := atomic.SwapUintptr(entry(Key(f)), other)
	defer atomic.StoreUintptr(entry(Key(f)), saved)
	for range 3 {
		assert.Greater(t, uint64(Known(f)), uint64(Pointers))
		assert.EqualValues(t, Bools, Of(f))
	}
	assert.Equal(t, other, *entry(Key(f)))
}

func TestHasPointers(t *testing.T) {
	type tree struct{ left, right *tree }
	type vec struct{ x, y float64 }
	for _, v := range []any{true, 1, int8(1), uintptr(1), 1.5, complex64(1), [4]int{}, struct{}{}, vec{}, [0]string{}, [3]vec{},
		struct{ a [0]*int }{}} {
		assert.False(t, HasPointers(reflect.TypeOf(v)), "%T", v)
	}
	for _, v := range []any{"", new(int), []int{}, map[int]int{}, func() {}, make(chan int), unsafe.Pointer(nil), [1]string{},
		struct{ e error }{}, [2][1]struct{ a any }{}, tree{}} {
		for range 2 {
			assert.True(t, HasPointers(reflect.TypeOf(v)), "%T", v)
		}
	}
}
