package vm

import (
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/stackalloc/stackalloc/internal/vm/vmtest"
)

func TestTheKernelAgrees(t *testing.T) {
	p := PageSize()
	const pages = 1024
	r := reserveT(t, pages*p)
	b := r.Bytes()
	lo := uintptr(unsafe.Pointer(&b[0]))
	hi := lo + uintptr(len(b))
	// The first and the last page stay out of it: without a border the kernel
	// shows these pages as one with a neighbour's.
	check := func(wantWritable, wantResident int) {
		t.Helper()
		w, res := vmtest.KernelView(t, lo, hi)
		require.Equal(t, wantWritable, w, "writable")
		require.LessOrEqual(t, res, w)
		require.GreaterOrEqual(t, res, wantResident, "resident")
	}
	check(0, 0)
	require.NoError(t, r.Commit(p, 100*p))
	check(100*p, 0)
	for i := 1; i <= 100; i++ {
		b[i*p] = 1
	}
	check(100*p, 100*p)
	require.NoError(t, r.Decommit(51*p, 50*p))
	check(50*p, 50*p)
	require.NoError(t, r.Protect(p, 10*p))
	w, _ := vmtest.KernelView(t, lo, hi)
	require.Equal(t, 40*p, w)
}

// A limit on private writable memory lets a reservation through and refuses
// the commit.
func TestRefusedCommitWrapsTheSystemsError(t *testing.T) {
	if !vmtest.InProcess(t) {
		return
	}
	r := reserveT(t, 1<<30)
	limit := unix.Rlimit{Cur: 512 << 20, Max: 512 << 20}
	if err := unix.Setrlimit(unix.RLIMIT_DATA, &limit); err != nil {
		t.Skip(err)
	}
	err := r.Commit(0, 1<<30)
	if err == nil {
		t.Skip("the limit is not enforced here (emulated system)")
	}
	require.ErrorIs(t, err, syscall.ENOMEM)
	require.ErrorContains(t, err, "vm: commit 1073741824 bytes at 0")
	require.NoError(t, r.Commit(0, PageSize()), "a smaller commit still works")
	r.Bytes()[0] = 1
}

func TestRefusedReservationIsENOMEM(t *testing.T) {
	require.ErrorIs(t, reserveUntilRefused(t), syscall.ENOMEM)
}
