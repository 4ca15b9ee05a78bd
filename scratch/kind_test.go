package scratch

import (
	"reflect"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

func TestKinds(t *testing.T) {
	type inner struct{ b bool }
	for _, c := range []struct {
		v    any
		kind uintptr
	}{
		{byte(0), plain}, {uintptr(0), plain}, {1.5, plain}, {1i, plain}, {[3]int{}, plain}, {struct{}{}, plain},
		{struct{ a, b int }{}, plain}, {[0]string{}, plain}, {struct{ a [0]*int }{}, plain},
		{true, bools}, {[2]bool{}, bools}, {struct {
			n int
			s []inner
		}{}.s, pointers}, {struct{ x [2]inner }{}, bools},
		{"", pointers}, {[]int{}, pointers}, {new(int), pointers}, {map[int]int{}, pointers}, {make(chan int), pointers},
		{func() {}, pointers}, {unsafe.Pointer(nil), pointers}, {struct {
			b bool
			e any
		}{}, pointers}, {[1]error{}, pointers},
	} {
		require.Equal(t, c.kind, classify(reflect.TypeOf(c.v)), "%T", c.v)
	}
}

// All functions work where other types have taken all entries of kinds.
func TestTypesThatShareAnEntry(t *testing.T) {
	var saved [len(kinds)]uintptr
	for i := range kinds {
		saved[i] = atomic.SwapUintptr(&kinds[i], 1<<20|pointers)
	}
	defer func() {
		for i := range kinds {
			atomic.StoreUintptr(&kinds[i], saved[i])
		}
	}()
	type own struct{ a, b uint16 }
	calls := 0
	for _, n := range []int{0, 1, 100, 10_000} {
		for range 3 {
			Uninit(n, func(s []own) {
				calls++
				require.Len(t, s, n)
				for i := range s {
					s[i] = own{1, 2}
				}
			})
			Do(n, func(s []own) {
				calls++
				for i := range s {
					require.Zero(t, s[i])
				}
			})
			Uninit(n, func(s []bool) {
				calls++
				for i := range s {
					require.False(t, s[i])
				}
			})
			Do(n, func(s []*own) { calls++; require.Len(t, s, n) })
		}
	}
	require.Equal(t, 4*3*4, calls)
}

func TestTypeDescriptorsLeaveTheLowBitsFree(t *testing.T) {
	for _, f := range []any{func([]byte) {}, func([]string) {}, func([]struct{ a int }) {}} {
		require.Zero(t, *(*uintptr)(unsafe.Pointer(&f))&pointers)
	}
}
