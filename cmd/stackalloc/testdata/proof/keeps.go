package proof

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"

	"github.com/stackalloc/stackalloc"
)

// Keeps: `append`, and all that appends (`strconv.AppendInt`, `fmt.Appendf`)
func appends(n int, out func(int)) {
	stackalloc.Uninit(n, func(block []byte) {
		b := append(block[:0], "n = "...)
		b = strconv.AppendInt(b, int64(n), 10)
		b = fmt.Appendf(b, ", %d", n)
		out(len(b))
	})
}

// Keeps: `bytes.NewBuffer(block[:0])`
func buffer(n int, out func(int)) {
	stackalloc.Uninit(n, func(block []byte) {
		b := bytes.NewBuffer(block[:0])
		b.WriteString("text")
		out(b.Len())
	})
}

// Keeps: `m[string(block)]`
func lookup(m map[string]int, key []byte) (v int) {
	stackalloc.Copy(key, func(block []byte) {
		for i, c := range block {
			block[i] = c | 0x20
		}
		v = m[string(block)]
	})
	return v
}

// Keeps: `sha256.Sum256`
func sum(n int) (sum [32]byte) {
	stackalloc.Do(n, func(block []byte) { sum = sha256.Sum256(block) })
	return sum
}

// Keeps: `slices.Sort`, in a function that is not inlined elsewhere
//
//go:noinline
func sorted(xs []int) (median int) {
	stackalloc.Copy(xs, func(block []int) {
		slices.Sort(block)
		median = block[len(block)/2]
	})
	return median
}

// Keeps: a closure that the compiler inlines
func closure(n int) (k int) {
	stackalloc.Do(n, func(block []byte) {
		set := func(i int) { block[i] = 1 }
		for i := range block {
			set(i)
		}
		k = int(block[0])
	})
	return k
}
