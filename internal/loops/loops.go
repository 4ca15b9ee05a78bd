// Package loops has the ways to have a block of n bytes that the command's bench and the
// benchmarks both measure, each as a loop around measure.Touch.
//
// Loops are called by their values only: a call of the library in a function that is
// inlined elsewhere would be another one.
package loops

import (
	"sync"
	"unsafe"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/internal/measure"
	"github.com/stackalloc/stackalloc/scratch"
)

func Uninit(n, times int) {
	for range times {
		stackalloc.Uninit(n, func(s []byte) { measure.Touch(s) })
	}
}

func Do(n, times int) {
	for range times {
		stackalloc.Do(n, func(s []byte) { measure.Touch(s) })
	}
}

func ScratchUninit(n, times int) {
	for range times {
		scratch.Uninit(n, func(s []byte) { measure.Touch(s) })
	}
}

func ScratchDo(n, times int) {
	for range times {
		scratch.Do(n, func(s []byte) { measure.Touch(s) })
	}
}

func Make(n, times int) {
	for range times {
		s := make([]byte, n)
		measure.Touch(s)
	}
}

// Array has a variable of type A for each block.
func Array[A any](times int) {
	for range times {
		var a A
		measure.Touch(unsafe.Slice((*byte)(unsafe.Pointer(&a)), unsafe.Sizeof(a)))
	}
}

// Pools holds one pool for each size, as a program has that knows its sizes.
type Pools map[int]*sync.Pool

// NewPools returns pools for these sizes.
func NewPools(sizes ...int) Pools {
	p := Pools{}
	for _, n := range sizes {
		p[n] = &sync.Pool{New: func() any { b := make([]byte, n); return &b }}
	}
	return p
}

// Dirty hands blocks on as they come.
func (p Pools) Dirty(n, times int) {
	pool := p[n]
	for range times {
		b := pool.Get().(*[]byte)
		measure.Touch((*b)[:n])
		pool.Put(b)
	}
}

// Cleared clears each block.
func (p Pools) Cleared(n, times int) {
	pool := p[n]
	for range times {
		b := pool.Get().(*[]byte)
		s := (*b)[:n]
		clear(s)
		measure.Touch(s)
		pool.Put(b)
	}
}
