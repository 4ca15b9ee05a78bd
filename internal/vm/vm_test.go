package vm

import (
	"errors"
	"math"
	"runtime/debug"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

func reserveT(t testing.TB, size int) *Region {
	t.Helper()
	r, err := Reserve(size)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Release()) })
	return r
}

// faults reports whether reading p is a memory fault, and at p.
func faults(p *byte) (fault bool) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if e, ok := recover().(interface{ Addr() uintptr }); ok {
			fault = e.Addr() == uintptr(unsafe.Pointer(p))
		}
	}()
	sink = *p
	return false
}

var sink byte

func TestPageSizeIsAPowerOfTwo(t *testing.T) {
	p := PageSize()
	require.GreaterOrEqual(t, p, 4096)
	require.Zero(t, p&(p-1))
}

func TestRoundUp(t *testing.T) {
	p := PageSize()
	for _, c := range []struct {
		n, want int
		ok      bool
	}{
		{0, 0, true}, {1, p, true}, {p - 1, p, true}, {p, p, true}, {p + 1, 2 * p, true},
		{-1, 0, false}, {math.MinInt, 0, false}, {math.MaxInt, 0, false},
		{math.MaxInt - p, math.MaxInt - p + 1, true}, {math.MaxInt - p + 2, 0, false},
	} {
		got, ok := RoundUp(c.n)
		require.Equal(t, c.ok, ok, c.n)
		require.Equal(t, c.want, got, c.n)
	}
}

func TestReserveRefuses(t *testing.T) {
	for _, size := range []int{0, -1, math.MinInt, math.MaxInt} {
		r, err := Reserve(size)
		require.Error(t, err, size)
		require.Nil(t, r)
		require.ErrorContains(t, err, "vm: cannot reserve")
	}
}

func TestReserveIsPageAlignedAndRoundedUp(t *testing.T) {
	r := reserveT(t, 1)
	require.Equal(t, PageSize(), r.Len())
	require.Len(t, r.Bytes(), PageSize())
	require.Equal(t, PageSize(), cap(r.Bytes()))
	require.Zero(t, uintptr(unsafe.Pointer(&r.Bytes()[0]))%uintptr(PageSize()))
}

func TestCommitDecommitCommitReadsZero(t *testing.T) {
	p := PageSize()
	r := reserveT(t, 16*p)
	b := r.Bytes()
	for round := range 3 {
		require.NoError(t, r.Commit(0, 16*p))
		for i := range b {
			if b[i] != 0 {
				t.Fatalf("round %d: byte %d is %#x, want 0", round, i, b[i])
			}
			b[i] = 0xAA
		}
		require.NoError(t, r.Decommit(0, 16*p))
	}
}

func TestDecommitTouchesOnlyItsPages(t *testing.T) {
	p := PageSize()
	r := reserveT(t, 8*p)
	b := r.Bytes()
	require.NoError(t, r.Commit(0, 8*p))
	for i := range b {
		b[i] = 1
	}
	require.NoError(t, r.Decommit(2*p, 3*p))
	require.NoError(t, r.Commit(2*p, 3*p))
	for i := range b {
		want := byte(1)
		if i >= 2*p && i < 5*p {
			want = 0
		}
		if b[i] != want {
			t.Fatalf("byte %d of page %d is %d, want %d", i%p, i/p, b[i], want)
		}
	}
}

func TestCommitTwiceKeepsContents(t *testing.T) {
	p := PageSize()
	r := reserveT(t, 4*p)
	require.NoError(t, r.Commit(0, 2*p))
	r.Bytes()[p] = 7
	require.NoError(t, r.Commit(0, 4*p))
	require.EqualValues(t, 7, r.Bytes()[p])
}

func TestDecommitOfReservedPagesIsHarmless(t *testing.T) {
	r := reserveT(t, 4*PageSize())
	require.NoError(t, r.Decommit(0, 4*PageSize()))
	require.NoError(t, r.Commit(0, 4*PageSize()))
}

func TestBadRanges(t *testing.T) {
	p := PageSize()
	r := reserveT(t, 4*p)
	for name, f := range map[string]func(int, int) error{"commit": r.Commit, "decommit": r.Decommit, "protect": r.Protect} {
		for _, c := range [][2]int{
			{-p, p}, {0, -p}, {0, 5 * p}, {4 * p, p}, {5 * p, 0}, {1, p}, {0, 1}, {p, p + 1},
			{math.MaxInt &^ (p - 1), p}, {p, math.MaxInt &^ (p - 1)}, {math.MinInt, math.MinInt},
		} {
			require.ErrorContains(t, f(c[0], c[1]), "vm: "+name, c)
		}
		require.NoError(t, f(4*p, 0))
	}
}

func TestReleaseTwiceAndUseAfterwards(t *testing.T) {
	r, err := Reserve(4 * PageSize())
	require.NoError(t, err)
	require.NoError(t, r.Release())
	require.NoError(t, r.Release())
	require.Zero(t, r.Len())
	require.Nil(t, r.Bytes())
	require.ErrorIs(t, r.Commit(0, PageSize()), ErrReleased)
	require.ErrorIs(t, r.Decommit(0, PageSize()), ErrReleased)
	require.ErrorIs(t, r.Protect(0, PageSize()), ErrReleased)
}

func TestProtectFencesAndKeepsContents(t *testing.T) {
	p := PageSize()
	r := reserveT(t, 4*p)
	b := r.Bytes()
	require.NoError(t, r.Commit(0, 3*p))
	b[p] = 9
	if !CanProtect {
		require.ErrorIs(t, r.Protect(p, p), errors.ErrUnsupported)
		return
	}
	require.NoError(t, r.Protect(p, 3*p), "committed and reserved pages in one call")
	require.True(t, faults(&b[p]))
	require.True(t, faults(&b[3*p]))
	require.False(t, faults(&b[p-1]))
	require.NoError(t, r.Commit(p, p))
	require.False(t, faults(&b[p]))
	require.EqualValues(t, 9, b[p])
	require.True(t, faults(&b[2*p]))
}

func TestPagesThatAreNotCommittedFault(t *testing.T) {
	if !Supported {
		t.Skip("Go memory stands in for pages here")
	}
	p := PageSize()
	r := reserveT(t, 4*p)
	b := r.Bytes()
	require.True(t, faults(&b[0]))
	require.NoError(t, r.Commit(p, p))
	require.True(t, faults(&b[p-1]))
	require.False(t, faults(&b[p]))
	require.False(t, faults(&b[2*p-1]))
	require.True(t, faults(&b[2*p]))
	require.NoError(t, r.Decommit(p, p))
	require.True(t, faults(&b[p]))
}

func TestReserveMoreThanTheMachineHas(t *testing.T) {
	if !Supported || math.MaxInt == math.MaxInt32 {
		t.Skip("needs 64-bit virtual memory")
	}
	size := math.MaxInt / (8 << 20) &^ (PageSize() - 1) // 1 TiB
	r := reserveT(t, size)
	last := size - PageSize()
	require.NoError(t, r.Commit(last, PageSize()))
	r.Bytes()[size-1] = 1
}

func TestRefusedReservationWrapsTheSystemsError(t *testing.T) {
	err := reserveUntilRefused(t)
	require.ErrorContains(t, err, "vm: reserve")
	if !Supported {
		require.ErrorIs(t, err, errors.ErrUnsupported)
		return
	}
	var errno interface{ Temporary() bool } // syscall.Errno on every system
	require.ErrorAs(t, err, &errno)
}

// reserveUntilRefused asks for half of all addresses that an int can count, a
// few times: a 32-bit program on a 64-bit kernel may get the first.
func reserveUntilRefused(t *testing.T) error {
	for range 4 {
		r, err := Reserve(math.MaxInt &^ (PageSize() - 1))
		if err != nil {
			require.Nil(t, r)
			return err
		}
		t.Cleanup(func() { require.NoError(t, r.Release()) })
	}
	t.Fatal("the system reserves more addresses than there are")
	return nil
}
