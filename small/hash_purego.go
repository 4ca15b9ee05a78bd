//go:build purego

package small

import (
	"fmt"
	"hash/maphash"
	"reflect"
)

// hash64 is maphash.Comparable, which with the tag purego goes by reflection and up to Go 1.26
// panics for the nil of an interface. What has one is walked here.
func hash64[K comparable](k K) (h uint64) {
	defer func() {
		if p := recover(); p != nil {
			if _, isNil := p.(*reflect.ValueError); !isNil {
				panic(p)
			}
			var w maphash.Hash
			w.SetSeed(seed)
			writeValue(&w, reflect.ValueOf(&k).Elem())
			h = w.Sum64()
		}
	}()
	return maphash.Comparable(seed, k)
}

// writeValue writes what two equal values have in common.
func writeValue(w *maphash.Hash, v reflect.Value) {
	switch kind := v.Kind(); {
	case kind == reflect.Interface && v.IsNil():
		w.WriteByte(0)
	case kind == reflect.Interface:
		w.WriteString(v.Elem().Type().String())
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
		maphash.WriteComparable(w, v.String())
	case kind == reflect.Bool:
		maphash.WriteComparable(w, v.Bool())
	case v.CanInt():
		maphash.WriteComparable(w, v.Int())
	case v.CanUint():
		maphash.WriteComparable(w, v.Uint())
	case v.CanFloat():
		maphash.WriteComparable(w, v.Float())
	case v.CanComplex():
		maphash.WriteComparable(w, v.Complex())
	case kind == reflect.Pointer, kind == reflect.Chan, kind == reflect.UnsafePointer:
		maphash.WriteComparable(w, v.Pointer())
	default:
		panic(fmt.Errorf("hash of unhashable type %v", v.Type()))
	}
}

func textHash64(s string) uint64 { return maphash.String(seed, s) }
