package arena_test

import (
	"os"
	"runtime/debug"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/stackalloc/stackalloc/arena"
	"github.com/stackalloc/stackalloc/internal/build"
	"github.com/stackalloc/stackalloc/internal/vm/vmtest"
)

func TestTheKernelAgreesWithCommitted(t *testing.T) {
	const capacity = 1 << 30
	a := newLazyBump(t, capacity)
	start := address(mustAlloc(t, a, 0, 1))
	check := func() {
		t.Helper()
		writable, resident := vmtest.KernelView(t, start, start+capacity)
		require.Equal(t, writable, a.Committed())
		// What is in memory may include a neighbour that the kernel shows
		// together with the first pages, so it has a lower bound only.
		require.GreaterOrEqual(t, resident, a.Used()&^(4<<10-1))
	}
	check()
	for range 100 {
		for i, b := 0, mustAlloc(t, a, 300<<10, 8); i < len(b); i += 512 {
			b[i] = 1
		}
		check()
	}
	a.Reset()
	check()
	a.Retain(5 << 20)
	a.Reset()
	require.Equal(t, 5<<20, a.Committed())
	check()
	require.NoError(t, a.Close())
	writable, resident := vmtest.KernelView(t, start, start+capacity)
	require.Zero(t, a.Committed())
	require.LessOrEqual(t, writable, 16<<20, "what others may have mapped there since")
	require.LessOrEqual(t, resident, 16<<20)
}

func TestTheKernelAgreesWithLazyTypedCommitted(t *testing.T) {
	const capacity = 1 << 26
	a := newLazyTyped[[2]uint64](t, capacity)
	var start uintptr
	for i := range 1 << 20 {
		p := must(a.Alloc([2]uint64{1, 2}))(t)
		if i == 0 {
			start = uintptr(unsafe.Pointer(p))
		}
		if i%(1<<16) == 0 {
			writable, _ := vmtest.KernelView(t, start, start+16*capacity)
			require.Equal(t, writable, a.Committed())
		}
	}
}

// A slice that was never used is not touched, so that its pages cost nothing
// until the program touches them.
func TestSliceDoesNotTouchFreshPages(t *testing.T) {
	a := newLazyBump(t, 1<<30)
	mustAlloc(t, a, 1, 1)
	s := must(arena.Slice[uint64](a, 64<<20/8))(t)
	lo := uintptr(unsafe.Pointer(&s[1<<20]))
	hi := uintptr(unsafe.Pointer(&s[7<<20]))
	require.Zero(t, residentPages(t, lo, hi))
	require.Zero(t, s[3<<20])
	s[3<<20] = 1
	require.Positive(t, residentPages(t, lo, hi))

	a.Retain(1 << 20)
	a.Reset()
	mustAlloc(t, a, 1, 1)
	must(arena.Slice[uint64](a, 64<<20/8))(t)
	require.Zero(t, residentPages(t, lo, hi), "given back and fresh again")
}

func residentPages(t *testing.T, lo, hi uintptr) (n int) {
	t.Helper()
	page := uintptr(os.Getpagesize())
	lo, hi = (lo+page-1)&^(page-1), hi&^(page-1)
	vec := make([]byte, (hi-lo)/page)
	if _, _, errno := unix.Syscall(unix.SYS_MINCORE, lo, hi-lo, uintptr(unsafe.Pointer(&vec[0]))); errno != 0 {
		t.Skip(errno)
	}
	for _, v := range vec {
		n += int(v & 1)
	}
	return n
}

// growStack makes the stack large enough for that many frames of 64 KiB.
//
//go:noinline
func growStack(frames int) (sum byte) {
	var frame [64 << 10]byte
	if frames > 0 {
		sum = growStack(frames - 1)
	}
	frame[frames]++
	return sum + frame[frames]
}

// A limit on private writable memory makes the system refuse pages of a
// reservation that it granted.
func TestARefusedCommitIsFull(t *testing.T) {
	if build.Race {
		t.Skip("the limit would hit the race detector's own memory")
	}
	if !vmtest.InProcess(t) {
		return
	}
	// The Go runtime must not need memory while the limit is that low, not even for
	// this goroutine's stack, through which large values pass.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	growStack(16)
	var old unix.Rlimit
	require.NoError(t, unix.Getrlimit(unix.RLIMIT_DATA, &old))
	limited := func(f func()) {
		if err := unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: 1 << 16, Max: old.Max}); err != nil {
			t.Skip(err)
		}
		f()
		require.NoError(t, unix.Setrlimit(unix.RLIMIT_DATA, &old))
	}

	a := newLazyBump(t, 1<<30)
	first := mustAlloc(t, a, 1<<20, 1)
	first[0] = 7
	used, committed := a.Used(), a.Committed()
	var ok bool
	limited(func() { _, ok = a.Alloc(512<<20, 1) })
	if ok {
		t.Skip("the limit is not enforced here (emulated system)")
	}
	require.Equal(t, used, a.Used())
	require.Equal(t, committed, a.Committed())
	require.ErrorIs(t, a.Err(), syscall.ENOMEM)
	require.EqualValues(t, 7, first[0])
	mustAlloc(t, a, 512<<20, 1)[0] = 1

	b := newLazyTyped[[1 << 16]byte](t, 1<<14)
	n := 0
	add := func() {
		for ok = true; ok && n < 1000; {
			var p *[1 << 16]byte
			if p, ok = b.Alloc([1 << 16]byte{}); ok {
				p[0] = 1
				n++
			}
		}
	}
	must(b.Alloc([1 << 16]byte{}))(t)
	n++
	for range 2 {
		limited(add)
		require.False(t, ok)
		require.Less(t, n, 100)
		require.Equal(t, n, b.Len())
		require.Equal(t, n<<16, b.Committed(), "all that is committed is used")
		require.ErrorIs(t, b.Err(), syscall.ENOMEM)
	}
	add()
	require.True(t, ok, "there is memory again")
	require.Equal(t, 1000, b.Len())
}
