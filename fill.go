package stackalloc

import "unsafe"

// wordSized reports whether elements of T without pointers are filled in words of eight
// bytes that hold one as often as they can: where the assembly is, which writes them.
func wordSized[T any]() bool {
	var z T
	size := unsafe.Sizeof(z)
	return haveRungs && size-1 < 8 && size&(size-1) == 0
}

// wordOf returns the word for v.
func wordOf[T any](v T) uint64 {
	p := unsafe.Pointer(&v)
	switch unsafe.Sizeof(v) {
	case 1:
		return uint64(*(*uint8)(p)) * ((1<<64 - 1) / (1<<8 - 1))
	case 2:
		return uint64(*(*uint16)(p)) * ((1<<64 - 1) / (1<<16 - 1))
	case 4:
		return uint64(*(*uint32)(p)) * ((1<<64 - 1) / (1<<32 - 1))
	case 8:
		return *(*uint64)(p)
	}
	return 0
}
