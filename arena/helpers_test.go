package arena_test

import (
	"fmt"
	"iter"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc/arena"
)

type byteArena interface {
	Alloc(size, align int) ([]byte, bool)
	Reset()
	Cap() int
	Used() int
	Mark() arena.Mark
	Rewind(arena.Mark)
}

type typedArena[T any] interface {
	Alloc(T) (*T, bool)
	New() (*T, bool)
	OnDrop(func(*T))
	Reset()
	Len() int
	Cap() int
	Mark() arena.Mark
	Rewind(arena.Mark)
	All() iter.Seq[*T]
}

type lazy interface {
	Committed() int
	Retain(int)
	Err() error
	Close() error
}

var (
	_ byteArena         = (*arena.Bump)(nil)
	_ byteArena         = (*arena.LazyBump)(nil)
	_ lazy              = (*arena.LazyBump)(nil)
	_ typedArena[error] = (*arena.Typed[error])(nil)
	_ typedArena[error] = (*arena.LazyTyped[error])(nil)
	_ lazy              = (*arena.LazyTyped[error])(nil)
)

func newLazyBump(t testing.TB, reserve int) *arena.LazyBump {
	t.Helper()
	a, err := arena.NewLazyBump(reserve)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	return a
}

func newLazyTyped[T any](t testing.TB, capacity int) *arena.LazyTyped[T] {
	t.Helper()
	a, err := arena.NewLazyTyped[T](capacity)
	require.NoError(t, err)
	t.Cleanup(func() {
		a.OnDrop(nil)
		require.NoError(t, a.Close())
	})
	return a
}

func over(buf []byte) *arena.Bump {
	a := arena.Over(buf)
	return &a
}

// eachByteArena runs f for every arena of bytes with the given capacity.
func eachByteArena(t *testing.T, capacity int, f func(t *testing.T, a byteArena)) {
	t.Run("Bump", func(t *testing.T) { f(t, arena.NewBump(capacity)) })
	t.Run("LazyBump", func(t *testing.T) { f(t, newLazyBump(t, capacity)) })
	t.Run("Over", func(t *testing.T) { f(t, over(make([]byte, capacity))) })
}

// eachTypedArena runs f for both arenas of T with the given capacity.
func eachTypedArena[T any](t *testing.T, capacity int, f func(t *testing.T, a typedArena[T])) {
	t.Run("Typed", func(t *testing.T) { f(t, arena.NewTyped[T](capacity)) })
	t.Run("LazyTyped", func(t *testing.T) { f(t, newLazyTyped[T](t, capacity)) })
}

func address(b []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(b))) }

// panics returns what f panics with, as text, and fails the test when it does
// not panic or does so without the name of the package.
func panics(t testing.TB, f func()) (msg string) {
	t.Helper()
	defer func() {
		t.Helper()
		e := recover()
		require.NotNil(t, e, "no panic")
		msg = fmt.Sprint(e)
		require.Regexp(t, "^arena: ", msg)
	}()
	f()
	return ""
}

func mustAlloc(t testing.TB, a interface {
	Alloc(size, align int) ([]byte, bool)
}, size, align int) []byte {
	t.Helper()
	b, ok := a.Alloc(size, align)
	require.True(t, ok, "Alloc(%d, %d)", size, align)
	require.Len(t, b, size)
	require.Equal(t, size, cap(b))
	require.NotNil(t, b)
	require.Zero(t, address(b)%uintptr(align))
	return b
}

// must returns what an arena gave and did not refuse: must(a.New())(t).
func must[V any](v V, ok bool) func(t testing.TB) V {
	return func(t testing.TB) V {
		t.Helper()
		require.True(t, ok)
		return v
	}
}

// refused requires the opposite.
func refused[V any](_ V, ok bool) func(t testing.TB) {
	return func(t testing.TB) {
		t.Helper()
		require.False(t, ok)
	}
}
