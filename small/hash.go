package small

import (
	"hash/maphash"
	"math/bits"
	"reflect"
	"sync/atomic"
	"unsafe"
)

// The seeds are the process's own, so that nobody can choose keys that collide.
var (
	seed         = maphash.MakeSeed()
	mask, factor = maphash.String(seed, "mask"), maphash.String(seed, "factor")
)

// multiplier is what the next Map takes for its weak hash. Some keys in steps meet one that sends many of
// them to one byte or bucket. The Map that finds this out takes the strong hash, and draws another multiplier for those
// to come.
var multiplier atomic.Uint64

func init() { multiplier.Store(drawMultiplier()) }

func drawMultiplier() uint64 { return maphash.String(maphash.MakeSeed(), "") | 1 }

// A kind says which hash keys have.
type kind uint8

const (
	unknown kind = iota // there was no key yet
	integers
	texts
	others
)

// kindOf returns the kind of K.
func kindOf[K comparable]() kind {
	switch k := reflect.TypeFor[K]().Kind(); {
	case k == reflect.String:
		return texts
	case reflect.Int <= k && k <= reflect.Uintptr:
		return integerKind
	}
	return others
}

// integerKind is integers where the processor multiplies 64 bits at once.
const integerKind = others - (others-integers)*(bits.UintSize/64)

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

// text returns a string that is of type K.
func text[K comparable](k K) string { return *(*string)(unsafe.Pointer(&k)) }

// hash returns the hash of k with the bit live, or without an index what takes its place:
// the top byte of it should be another one for other keys, but at most 16 are
// compared where it is not.
//
//go:noinline
func (m *Map[K, V]) hash(k K) uint32 {
	switch {
	case m.kind == texts && m.buckets == 0:
		return textTag(text(k), m.multiplier)
	case m.kind == texts:
		return stringHash(text(k))
	case m.kind == integers && (m.buckets == 0 || m.weak):
		return weakHash(word(k), m.multiplier)
	case m.kind == integers:
		return integerHash(word(k))
	}
	return comparableHash(k) // panics for a key that no map can have
}

const odd = 0x9e3779b97f4a7c15 // 2^64 divided by the golden ratio

// weakHash is what integers have without an index, and with one of few buckets. Its upper bits are
// the better ones. Multiplying by a random odd number is universal (Dietzfelbinger, Hagerup, Katajainen
// and Penttonen 1997): any two keys that were chosen without knowing it share one of n buckets
// with a chance of at most 2/n.
func weakHash(k, multiplier uint64) uint32 { return uint32(k*multiplier>>33) | live }

// textTag goes by all of up to 32 bytes, and by the ends and the middle of more.
func textTag(s string, multiplier uint64) uint32 {
	n := len(s)
	w := uint64(n)
	switch {
	case n > 16:
		w += (load64(s, n/2-8)*odd^load64(s, n/2))*odd + (load64(s, 0)*odd ^ load64(s, n-8))
	case n >= 8:
		w += load64(s, 0)*odd ^ load64(s, n-8)
	case n >= 4:
		w += load32(s, 0)<<32 ^ load32(s, n-4)
	case n > 0:
		w += uint64(s[0])<<8 | uint64(s[n/2])<<16 | uint64(s[n-1])<<24
	}
	return weakHash(w, multiplier)
}

func load64(s string, i int) uint64 { return load32(s, i) | load32(s, i+4)<<32 }

func load32(s string, i int) uint64 {
	return uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24
}

// stringHash takes a third of the time that comparableHash takes of a K. What is short is folded as
// integers are, both its ends at once.
func stringHash(s string) uint32 {
	n := len(s)
	if n > 16 || bits.UintSize < 64 {
		return longHash(s)
	}
	var a, b uint64
	switch {
	case n >= 8:
		a, b = load64(s, 0), load64(s, n-8)
	case n >= 4:
		a, b = load32(s, 0), load32(s, n-4)
	case n > 0:
		a = uint64(s[0]) | uint64(s[n/2])<<8 | uint64(s[n-1])<<16
	}
	hi, lo := bits.Mul64(a^mask, b^factor)
	hi, lo = bits.Mul64(hi^lo^uint64(n), mask)
	return uint32((hi^lo)>>32) | live
}

//go:noinline
func longHash(s string) uint32 { return uint32(textHash64(s)>>32) | live }

// integerHash takes half of the time that maphash.Comparable takes. Each of the two
// steps folds a product of twice the width, as the runtime's own hash does where the
// processor has no AES.
func integerHash(k uint64) uint32 {
	hi, lo := bits.Mul64(k^mask, factor)
	hi, lo = bits.Mul64(hi^lo, mask)
	return uint32((hi^lo)>>32) | live
}
