package scratch

import (
	"bytes"
	"sync/atomic"
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/recycle"
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
// After that time b is somebody else's, like its bytes. What a program assigns to *b
// stays its own.
//
// A negative hint panics. The cost is that of [Uninit] and of making a buffer over its
// slice. In the steady state nothing is allocated.
func Buffer(hint int, f func(b *bytes.Buffer)) {
	size := mustSize(hint, 1)
	if size > recycle.Max {
		f(bytes.NewBuffer(make([]byte, 0, size)))
		return
	}
	class := recycle.Class(size)
	if fenced { // nothing is learned: beside its pages, growing costs little
		n := recycle.ClassSize(class)
		guard(int(n), n, func(s []byte) {
			f(bytes.NewBuffer(s[:0])) // not cleared, so that late use crashes
		}, false, false)
		return
	}
	block := recycle.Get(recycle.ClassSize(max(class, uintptr(begins[class].Load()))))
	b := &block.Buffer
	*b = *bytes.NewBuffer(unsafe.Slice((*byte)(block.Data), block.Size)[:0])
	f(b)
	learn(class, block.Size, b)
	*b = bytes.Buffer{}
	if block.Turns++; block.Turns == 0 { // once in 256
		forget(class)
	}
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

// forget makes the size that was learned a little smaller.
func forget(class uintptr) {
	if begin := begins[class].Load(); begin > 0 {
		begins[class].Store(begin - 1)
	}
}
