package alloc

import (
	"fmt"
	"testing"
	"unsafe"

	"github.com/stackalloc/stackalloc/arena"
	"github.com/stretchr/testify/require"
)

// tracker is an allocator of another package, as far as the compositions know: a
// heap that insists on getting back exactly the blocks it gave, once each.
type tracker struct {
	t    testing.TB
	name string
	live map[*byte]int
}

func newTracker(t testing.TB, name string) *tracker {
	return &tracker{t, name, map[*byte]int{}}
}

func (k *tracker) Alloc(size, align int) ([]byte, error) {
	b, err := Heap{}.Alloc(size, align)
	if err == nil {
		k.live[unsafe.SliceData(b)] = size
	}
	return b, err
}

func (k *tracker) Free(b []byte) {
	size, ok := k.live[unsafe.SliceData(b)]
	if !ok {
		k.t.Errorf("%s: got a block of %d bytes that is not its own", k.name, len(b))
	} else if size != len(b) {
		k.t.Errorf("%s: block of %d bytes came back with %d", k.name, size, len(b))
	}
	delete(k.live, unsafe.SliceData(b))
}

func (k *tracker) owns(b []byte) bool {
	_, ok := k.live[unsafe.SliceData(b)]
	return ok && cap(b) > 0
}

// owningTracker is a tracker that tells what it owns.
type owningTracker struct{ *tracker }

func (k owningTracker) Owns(b []byte) bool { return k.owns(b) }

// faults makes the operation with a given number fail, in whatever allocator it
// arrives.
type faults struct {
	seen, at int
}

func (f *faults) hit() bool {
	f.seen++
	return f.seen == f.at
}

// flaky wraps an allocator so that it fails on demand. It has the optional
// methods that the allocator has.
func (f *faults) flaky(a Allocator) Allocator {
	base := flaky{a, f}
	o, owner := a.(Owner)
	owner = owner && Tells(a)
	r, resizer := a.(Resizer)
	switch {
	case owner && resizer:
		return struct {
			flaky
			Owner
			flakyResizer
		}{base, o, flakyResizer{r, f}}
	case owner:
		return struct {
			flaky
			Owner
		}{base, o}
	case resizer:
		return struct {
			flaky
			flakyResizer
		}{base, flakyResizer{r, f}}
	}
	return base
}

type flaky struct {
	Allocator
	f *faults
}

var errForced = fmt.Errorf("forced: %w", ErrOutOfMemory)

func (a flaky) Alloc(size, align int) ([]byte, error) {
	if a.f.hit() {
		return nil, errForced
	}
	return a.Allocator.Alloc(size, align)
}

type flakyResizer struct {
	r Resizer
	f *faults
}

func (a flakyResizer) Resize(b []byte, size int) ([]byte, error) {
	if a.f.hit() {
		return nil, errForced
	}
	return a.r.Resize(b, size)
}

// requireBlock checks what is true of every block.
func requireBlock(t testing.TB, b []byte, size, align int) {
	t.Helper()
	require.Len(t, b, size)
	require.NotNil(t, b)
	require.Equal(t, footprint(size), cap(b), "capacity")
	require.Zero(t, addr(b)%uintptr(align), "alignment %d", align)
}

func mustAlloc(t testing.TB, a Allocator, size, align int) []byte {
	t.Helper()
	b, err := a.Alloc(size, align)
	require.NoError(t, err)
	requireBlock(t, b, size, align)
	return b
}

// requireNoAlloc checks that a refuses such a block, for the reason given, and returns
// the error.
func requireNoAlloc(t testing.TB, a Allocator, size, align int, reason error) error {
	t.Helper()
	b, err := a.Alloc(size, align)
	require.ErrorIs(t, err, reason, "%d bytes aligned to %d", size, align)
	require.Nil(t, b)
	return err
}

func mustResize(t testing.TB, a Resizer, b []byte, size int) []byte {
	t.Helper()
	b, err := a.Resize(b, size)
	require.NoError(t, err)
	return b
}

// requireNoResize checks that a refuses to resize b, for the reason given, and returns the
// error.
func requireNoResize(t testing.TB, a Resizer, b []byte, size int, reason error) error {
	t.Helper()
	b, err := a.Resize(b, size)
	require.ErrorIs(t, err, reason, "%d bytes", size)
	require.Nil(t, b)
	return err
}

func fill(b []byte, v byte) {
	for i := range b {
		b[i] = v + byte(i)
	}
}

func requireFilled(t testing.TB, b []byte, v byte) {
	t.Helper()
	for i := range b {
		require.Equal(t, v+byte(i), b[i], "byte %d of %d", i, len(b))
	}
}

// pastTheEnd is the byte after b, which must be in the same allocation.
func pastTheEnd(b []byte) []byte {
	return unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(b)), len(b))), 1)
}

// emptyPastTheEnd points there without a byte.
func emptyPastTheEnd(b []byte) []byte { return pastTheEnd(b)[:0:0] }

func newBump(n int) *arena.Bump { return arena.NewBump(n) }

// must returns what was made without an error: must(MakeSlice[int](a, 5))(t).
func must[V any](v V, err error) func(t testing.TB) V {
	return func(t testing.TB) V {
		t.Helper()
		require.NoError(t, err)
		return v
	}
}
