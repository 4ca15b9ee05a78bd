//go:build purego

package small

import (
	"fmt"
	"hash/maphash"
	"math"
	"math/rand/v2"
	"reflect"
)

// hash64 is what maphash.Comparable is for without the tag. With it, that goes by fields with the name _ too, which
// no comparison does, panics up to Go 1.26 for the nil of an interface, and does not tell where a string ends.
func hash64[K comparable](k K) uint64 {
	var w maphash.Hash
	w.SetSeed(seed)
	writeValue(&w, reflect.ValueOf(&k).Elem())
	return w.Sum64()
}

// writeValue writes what two equal values have in common, of which none is the beginning of another one's.
func writeValue(w *maphash.Hash, v reflect.Value) {
	switch kind := v.Kind(); {
	case kind == reflect.Interface && v.IsNil():
		writeBits(w, 0)
	case kind == reflect.Interface:
		writeText(w, v.Elem().Type().String()) // never empty
		writeValue(w, v.Elem())
	case kind == reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Name != "_" {
				writeValue(w, v.Field(i))
			}
		}
	case kind == reflect.Array:
		for i := range v.Len() {
			writeValue(w, v.Index(i))
		}
	case kind == reflect.String:
		writeText(w, v.String())
	case kind == reflect.Bool && v.Bool():
		writeBits(w, 1)
	case kind == reflect.Bool:
		writeBits(w, 0)
	case v.CanInt():
		writeBits(w, uint64(v.Int()))
	case v.CanUint():
		writeBits(w, v.Uint())
	case v.CanFloat():
		writeFloat(w, v.Float())
	case v.CanComplex():
		writeFloat(w, real(v.Complex()))
		writeFloat(w, imag(v.Complex()))
	case kind == reflect.Pointer, kind == reflect.Chan, kind == reflect.UnsafePointer:
		writeBits(w, uint64(v.Pointer()))
	default:
		panic(fmt.Errorf("hash of unhashable type %v", v.Type()))
	}
}

func writeBits(w *maphash.Hash, x uint64) { maphash.WriteComparable(w, x) }

func writeText(w *maphash.Hash, s string) {
	writeBits(w, uint64(len(s)))
	w.WriteString(s)
}

func writeFloat(w *maphash.Hash, f float64) {
	switch {
	case f == 0: // -0 too
		writeBits(w, 0)
	case math.IsNaN(f):
		writeBits(w, rand.Uint64())
	default:
		writeBits(w, math.Float64bits(f))
	}
}

func textHash64(s string) uint64 { return maphash.String(seed, s) }
