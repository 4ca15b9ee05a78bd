package scratch

import (
	"bytes"
	"sync/atomic"
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/recycle"
	"github.com/stackalloc/stackalloc/internal/stock"
)

// Buffer calls f with an empty buffer for output whose length nobody knows before:
// JSON, a template, a formatted line. It begins with room for at least hint bytes, and
// grows like any [bytes.Buffer].
//
// The memory is recycled by the size it ended in: when a buffer had to grow, the next
// ones for a hint of that size begin with as much, up to 1 MiB, so that in the steady
// state nothing grows. From time to time less is tried, so that one large output is
// not paid for ever. A hint that is often right saves the first growth; 0 is fine.
//
// The promise is that of the other functions: neither b nor what its methods return
// may be used after f returns, and what is to stay has to be copied, as by b.String.
// What b.Bytes returned is somebody else's memory then. b itself is never handed out
// again and, when f returns normally, is empty by then: late use of it disturbs nobody.
// But a goroutine that still writes to it while f returns may crash the program.
//
// A negative hint panics. The cost is about twice that of [Uninit], with a supply of
// buffers, of 2.5 KiB, allocated for every 64 calls.
func Buffer(hint int, f func(b *bytes.Buffer)) {
	size := mustSize(hint, 1)
	if size > recycle.Max {
		f(bytes.NewBuffer(make([]byte, 0, size)))
		return
	}
	class := recycle.Class(size)
	n := recycle.ClassSize(max(class, uintptr(begins[class].Load())))
	if fenced {
		guard(int(n), n, func(s []byte) {
			b := bytes.NewBuffer(s[:0]) // not cleared, so that late use crashes
			f(b)
			learn(class, n, b)
		}, false, false)
		return
	}
	block := recycle.Get(n)
	b := newBuffer(class)
	*b = *bytes.NewBuffer(unsafe.Slice((*byte)(block.Data), block.Size)[:0])
	f(b)
	learn(class, block.Size, b)
	letGo(b)
	recycle.Put(block)
}

// begins has, by the class of the hint, the class with which a buffer begins, if that
// is another one.
var begins [recycle.Classes]atomic.Uint32

// beginMax is the size in bytes with which a buffer begins at most for what others
// before it took. Above it growing costs little beside the output itself.
const beginMax = 1 << 20

// learn keeps in mind how large b became that began with size bytes.
func learn(class, size uintptr, b *bytes.Buffer) {
	if grown := uintptr(b.Cap()); grown > size && size < beginMax {
		begins[class].Store(uint32(recycle.Class(min(grown, beginMax))))
	}
}

// A supply has buffers that were never used. One that was may still be in use by a
// program that broke its promise, and if two goroutines changed the slice in it at
// once, they could write anywhere.
type supply struct{ buffers []bytes.Buffer }

const supplySize = 64

// newBuffer returns a buffer that was never used. With each new supply the class that
// came by is made smaller.
func newBuffer(class uintptr) *bytes.Buffer {
	s := recycle.GetSlice[supply](1)
	x := &s.All[0]
	if len(x.buffers) == 0 {
		x.buffers = stock.Make[bytes.Buffer](supplySize)
		if begin := begins[class].Load(); begin > 0 {
			begins[class].Store(begin - 1)
		}
	}
	b := &x.buffers[0]
	x.buffers = x.buffers[1:]
	recycle.PutSlice(s, 0) // what is left stays in it
	return b
}

// letGo makes sure that b, beside the others of its supply, keeps no memory alive.
func letGo(b *bytes.Buffer) {
	if b.Cap() <= beginMax {
		*b = bytes.Buffer{}
		return
	}
	// Who still writes to b may see no memory and the old length: that is a fault near
	// address 0, but beyond some MiB there may be something. So the length goes alone,
	// and with b its supply, which is mostly the one at hand.
	b.Reset()
	s := recycle.GetSlice[supply](1)
	s.All[0].buffers = nil
	recycle.PutSlice(s, 0)
}
