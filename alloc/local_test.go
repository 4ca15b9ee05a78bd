package alloc

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLocalKeepsTheProof(t *testing.T) {
	spill := NewSpill(NewFreeList(64, 16))
	sum := 0
	n := testing.AllocsPerRun(100, func() {
		var block [256]byte
		l := NewLocal(block[:], spill)
		defer l.Release()
		for range 10 {
			b, err := l.Alloc(30, 8)
			if err != nil {
				break
			}
			b, err = l.Resize(b, 40)
			if err != nil {
				break
			}
			b[0]++
			sum += int(b[0])
			if !l.Owns(b) {
				panic("not owned")
			}
			l.Free(b)
			if b, err = l.Alloc(48, 8); err != nil {
				break
			}
			b[0] = 1
		}
	})
	require.Zero(t, n, "the block was moved to the heap")
	require.Positive(t, spill.Served())
}
