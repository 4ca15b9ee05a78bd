//go:build stackalloc_debug

package scratch

import (
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/stock"
)

// fenced says whether blocks lie between pages that cannot be accessed.
const fenced = true

// guard calls f with a block of n elements that nothing else ever had or, for a
// long time, will have.
func guard[T any](n int, size uintptr, f func(s []T), zero, pointers bool) {
	stock.Fill(checkWatched)
	if !pointers {
		var b *pages
		stock.Fill(func() { b = newPages(size, zero) })
		if b != nil {
			defer stock.Fill(b.takeAway)
			f(unsafe.Slice((*T)(b.data), n))
			return
		}
	}
	s := stock.Make[T](n)
	if !pointers && !zero {
		fill(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), size), dirtyByte)
	}
	defer stock.Fill(func() {
		clear(s)
		watch(unsafe.Pointer(unsafe.SliceData(s)), size, elementAfter[T](pointers))
		checkWatched()
	})
	f(s)
}

const (
	dirtyByte = 0xD1 // what a block that is not zeroed holds at first
	deadByte  = 0xDE // what a block holds after its scope
	edgeByte  = 0xED // what lies before a block on its first page
)

func fill(b []byte, with byte) {
	for i := range b {
		b[i] = with
	}
}
