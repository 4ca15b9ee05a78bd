//go:build !purego

package small

import "hash/maphash"

func hash64[K comparable](k K) uint64 { return maphash.Comparable(seed, k) }
