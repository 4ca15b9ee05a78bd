package stackalloc_test

import "unsafe"

// addr returns where s lies, without leaking it.
func addr[T any](s []T) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(s))) }
