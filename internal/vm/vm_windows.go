package vm

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// Supported reports whether regions are reserved and committed by the system's
// virtual memory.
const Supported = true

// CanProtect reports whether [Region.Protect] works.
const CanProtect = true

func addr(b []byte) uintptr { return uintptr(unsafe.Pointer(&b[0])) }

func reserve(n int) ([]byte, error) {
	p, err := windows.VirtualAlloc(0, uintptr(n), windows.MEM_RESERVE, windows.PAGE_NOACCESS)
	if err != nil {
		return nil, err
	}
	// The memory is not Go's and does not move: reading the number as a pointer
	// says that without the conversion that vet rightly dislikes.
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&p)), n), nil
}

func commit(b []byte) error {
	if _, err := windows.VirtualAlloc(addr(b), uintptr(len(b)), windows.MEM_COMMIT, windows.PAGE_READWRITE); err != nil {
		return err
	}
	// Whether MEM_COMMIT gives access to pages that were committed and then
	// protected is not documented.
	var old uint32
	return windows.VirtualProtect(addr(b), uintptr(len(b)), windows.PAGE_READWRITE, &old)
}

func decommit(b []byte) error {
	return windows.VirtualFree(addr(b), uintptr(len(b)), windows.MEM_DECOMMIT)
}

// protect goes through the range piece by piece because VirtualProtect refuses
// pages that are only reserved, which have no access anyway.
func protect(b []byte) error {
	for at, end := addr(b), addr(b)+uintptr(len(b)); at < end; {
		var info windows.MemoryBasicInformation
		if err := windows.VirtualQuery(at, &info, unsafe.Sizeof(info)); err != nil {
			return err
		}
		n := min(info.BaseAddress+info.RegionSize-at, end-at)
		if info.State == windows.MEM_COMMIT {
			var old uint32
			if err := windows.VirtualProtect(at, n, windows.PAGE_NOACCESS, &old); err != nil {
				return err
			}
		}
		at += n
	}
	return nil
}

func release(b []byte) error {
	return windows.VirtualFree(addr(b), 0, windows.MEM_RELEASE)
}
