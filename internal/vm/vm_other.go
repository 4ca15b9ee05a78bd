//go:build (!unix && !windows) || aix

package vm

import (
	"errors"
	"fmt"
	"unsafe"
)

// Supported reports whether regions are reserved and committed by the system's
// virtual memory.
const Supported = false

// CanProtect reports whether [Region.Protect] works.
const CanProtect = false

func reserve(n int) ([]byte, error) {
	if n > SubstituteLimit {
		return nil, fmt.Errorf("no virtual memory here, and Go memory stands in for at most %d bytes: %w", SubstituteLimit, errors.ErrUnsupported)
	}
	buf := make([]byte, n+pageSize-1)
	pad := int(-uintptr(unsafe.Pointer(&buf[0])) & uintptr(pageSize-1))
	return buf[pad : pad+n : pad+n], nil
}

func commit([]byte) error { return nil }

func decommit(b []byte) error {
	clear(b)
	return nil
}

func protect([]byte) error {
	return fmt.Errorf("pages cannot be made inaccessible here: %w", errors.ErrUnsupported)
}

func release([]byte) error { return nil }
