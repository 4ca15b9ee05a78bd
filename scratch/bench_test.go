package scratch_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stackalloc/stackalloc/scratch"
)

// user is a callee that the compiler cannot see into.
type user interface{ use(b []byte) }

type toucher struct{ sum byte }

func (u *toucher) use(b []byte) {
	b[0]++
	u.sum += b[len(b)-1]
}

var opaque user = new(toucher)

// newPool is the peer: a pool of *[]byte, made for one size.
func newPool(size int) *sync.Pool {
	return &sync.Pool{New: func() any { b := make([]byte, size); return &b }}
}

var benchSizes = []int{64, 512, 4 << 10, 16 << 10, 64 << 10, 256 << 10}

func BenchmarkDirty(b *testing.B) {
	for _, size := range benchSizes {
		b.Run(fmt.Sprintf("impl=scratch/size=%d", size), func(b *testing.B) {
			for b.Loop() {
				scratch.Uninit(size, func(s []byte) { opaque.use(s) })
			}
		})
		b.Run(fmt.Sprintf("impl=pool/size=%d", size), func(b *testing.B) {
			pool := newPool(size)
			for b.Loop() {
				p := pool.Get().(*[]byte)
				opaque.use((*p)[:size])
				pool.Put(p)
			}
		})
	}
}

func BenchmarkCleared(b *testing.B) {
	for _, size := range benchSizes {
		b.Run(fmt.Sprintf("impl=scratch/size=%d", size), func(b *testing.B) {
			for b.Loop() {
				scratch.Do(size, func(s []byte) { opaque.use(s) })
			}
		})
		b.Run(fmt.Sprintf("impl=pool/size=%d", size), func(b *testing.B) {
			pool := newPool(size)
			for b.Loop() {
				p := pool.Get().(*[]byte)
				s := (*p)[:size]
				clear(s)
				opaque.use(s)
				pool.Put(p)
			}
		})
	}
}
