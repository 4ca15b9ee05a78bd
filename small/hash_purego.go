//go:build purego

package small

import (
	"hash/maphash"
	"reflect"
)

// hash64 is maphash.Comparable, which with the tag purego goes by reflection and then
// panics for the nil of an interface (seen in Go 1.26, not in 1.27). All keys with one share a
// hash here: slow, but they are found.
func hash64[K comparable](k K) (h uint64) {
	defer func() {
		if p := recover(); p != nil {
			if _, isNil := p.(*reflect.ValueError); !isNil {
				panic(p)
			}
		}
	}()
	return maphash.Comparable(seed, k)
}

func textHash64(s string) uint64 { return maphash.String(seed, s) }
