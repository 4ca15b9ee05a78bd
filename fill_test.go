//go:build amd64 && gc && !purego && !stackalloc_cgo

package stackalloc

import (
	"bytes"
	"fmt"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// Every size of an element up to some hundred bytes, in every number of them up to some
// kilobytes, at addresses that are multiples of 64 and others, with and without AVX: all is
// written, and nothing beside it.
func TestFillElementsOfEverySize(t *testing.T) {
	defer func(former uint8) { avx = former }(avx)
	avx = 0
	fillElements(unsafe.Pointer(new([64]byte)), unsafe.Pointer(new([64]byte)), 3, 63) // looks for AVX
	require.NotZero(t, avx)
	const beside = 0xee
	for _, kind := range []uint8{avx, avxNo} {
		avx = kind
		for size := 1; size <= 300; size++ {
			element := make([]byte, size)
			for i := range element {
				element[i] = byte(i*7 + 1)
			}
			for n := 0; n*size <= 2500 || n < 3; n++ {
				for _, shift := range []int{0, 8, 1} {
					all := bytes.Repeat([]byte{beside}, 64+shift+n*size+64)
					from := 64 - int(uintptr(unsafe.Pointer(&all[0]))%64) + shift
					want := bytes.Clone(all)
					copy(want[from:], bytes.Repeat(element, n))
					fillElements(unsafe.Pointer(&all[from]), unsafe.Pointer(&element[0]), uintptr(size), uintptr(n*size))
					if !bytes.Equal(all, want) {
						require.Fail(t, fmt.Sprintf("%d elements of %d bytes, at %d, AVX %d", n, size, shift, kind))
					}
				}
			}
		}
	}
}
