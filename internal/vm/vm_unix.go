//go:build unix && !aix

package vm

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Supported reports whether regions are reserved and committed by the system's
// virtual memory.
const Supported = true

// CanProtect reports whether [Region.Protect] works.
const CanProtect = true

// Pages without access are not charged to the system's commit limit, so a
// reservation needs no MAP_NORESERVE, and a commit beyond the limit fails
// in Commit instead of at the first touch.
const mapFlags = unix.MAP_PRIVATE | unix.MAP_ANON

func reserve(n int) ([]byte, error) {
	p, err := unix.MmapPtr(-1, 0, nil, uintptr(n), unix.PROT_NONE, mapFlags)
	if err != nil {
		return nil, err
	}
	return unsafe.Slice((*byte)(p), n), nil
}

func commit(b []byte) error {
	return unix.Mprotect(b, unix.PROT_READ|unix.PROT_WRITE)
}

// decommit maps fresh pages over the old ones. madvise would be cheaper on
// some systems, but what it promises differs between them: here the pages are
// gone, no longer charged, and zero when they come back, on all of them.
func decommit(b []byte) error {
	_, err := unix.MmapPtr(-1, 0, unsafe.Pointer(&b[0]), uintptr(len(b)), unix.PROT_NONE, mapFlags|unix.MAP_FIXED)
	return err
}

func protect(b []byte) error {
	return unix.Mprotect(b, unix.PROT_NONE)
}

func release(b []byte) error {
	return unix.MunmapPtr(unsafe.Pointer(&b[0]), uintptr(len(b)))
}
