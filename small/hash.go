package small

import (
	"hash/maphash"
	"math/bits"
	"reflect"
	"unsafe"
)

// The seeds are the process's own, so that nobody can choose keys that collide.
var (
	seed         = maphash.MakeSeed()
	mask, factor = maphash.String(seed, "mask"), maphash.String(seed, "factor")
)

// isInteger reports whether K is an integer type that integerHash is for. The first
// question is the faster one, the second knows the types that have names of their own.
func isInteger[K comparable]() bool {
	switch any((*K)(nil)).(type) {
	case *int, *int8, *int16, *int32, *int64, *uint, *uint8, *uint16, *uint32, *uint64, *uintptr:
		return bits.UintSize == 64
	case *string:
		return false
	}
	k := reflect.TypeFor[K]().Kind()
	return reflect.Int <= k && k <= reflect.Uintptr && bits.UintSize == 64
}

// comparableHash returns the hash of k with the bit live. It panics, as a map does, if
// there is a value in k that cannot be compared.
//
// [maphash.Comparable] has k's pointers escape, since an address on a stack
// changes when that moves, but not strings.
//
//go:noinline
func comparableHash[K comparable](k K) uint32 {
	return uint32(hash64(k)>>32) | live
}

// word returns an integer's bits.
func word[K comparable](k K) uint64 {
	switch unsafe.Sizeof(k) {
	case 8:
		return *(*uint64)(unsafe.Pointer(&k))
	case 4:
		return uint64(*(*uint32)(unsafe.Pointer(&k)))
	case 2:
		return uint64(*(*uint16)(unsafe.Pointer(&k)))
	}
	return uint64(*(*uint8)(unsafe.Pointer(&k)))
}

// integerHash takes half of the time that maphash.Comparable takes. Each of the two
// steps folds a product of twice the width, as the runtime's own hash does where the
// processor has no AES.
func integerHash(k uint64) uint32 {
	hi, lo := bits.Mul64(k^mask, factor)
	hi, lo = bits.Mul64(hi^lo, mask)
	return uint32((hi^lo)>>32) | live
}
