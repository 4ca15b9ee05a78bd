//go:build stackalloc_debug

package scratch

import (
	"bytes"
	"fmt"
	"reflect"
	"sync"
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/trace"
	"github.com/stackalloc/stackalloc/internal/vm"
)

// Blocks that the collector must see, and all blocks where pages cannot be
// protected, are ordinary memory. After their scope they hold a pattern, and the
// latest ones are looked at by every call.

const (
	watchedBlocks = 64
	watchedBytes  = 256 << 10
)

// A dead block, and what every element of it must hold.
type dead struct {
	size    uintptr
	bytes   []byte // the first ones, or all
	element []byte
	made    trace.Trace
}

var watched struct {
	mu    sync.Mutex
	queue []*dead
	bytes int
}

// watch fills the size bytes at data, which are zero, with copies of element, and
// has them looked at for a while.
func watch(data unsafe.Pointer, size uintptr, element []byte) {
	if size == 0 {
		return
	}
	d := &dead{size: size, bytes: unsafe.Slice((*byte)(data), size), element: element, made: trace.Here()}
	for at := 0; at < len(d.bytes); at += len(element) {
		// Word by word where there are pointers: the collector may look meanwhile.
		// It has nothing to learn of them, since they do not point to its memory.
		put(d.bytes[at:at+len(element)], element)
	}
	if e := len(element); len(d.bytes) > max(e, watchedBytes) {
		d.bytes = d.bytes[:max(e, watchedBytes/e*e)] // every call looks at all of it
	}
	w := &watched
	w.mu.Lock()
	defer w.mu.Unlock()
	w.queue = append(w.queue, d)
	w.bytes += len(d.bytes)
	for len(w.queue) > 1 && (len(w.queue) > watchedBlocks || w.bytes > watchedBytes) {
		w.bytes -= len(w.queue[0].bytes)
		w.queue = w.queue[1:]
	}
}

func put(to, from []byte) {
	const word = int(unsafe.Sizeof(uintptr(0)))
	for len(from) >= word && uintptr(unsafe.Pointer(&to[0]))%uintptr(word) == 0 {
		*(*uintptr)(unsafe.Pointer(&to[0])) = *(*uintptr)(unsafe.Pointer(&from[0]))
		to, from = to[word:], from[word:]
		if len(to) == 0 {
			return
		}
	}
	copy(to, from)
}

// checkWatched panics if a dead block has changed.
func checkWatched() {
	w := &watched
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, d := range w.queue {
		if e := len(d.element); !bytes.Equal(d.bytes[:e], d.element) || !bytes.Equal(d.bytes[e:], d.bytes[:len(d.bytes)-e]) {
			w.queue = append(w.queue[:i:i], w.queue[i+1:]...) // once is enough
			w.bytes -= len(d.bytes)
			panic(fmt.Sprintf("scratch: a slice of %d bytes was written after the end of its scope, which was called at%s",
				d.size, d.made))
		}
	}
}

// elementAfter returns the bytes that stand for a T in a dead block. What has no
// pointers is deadByte throughout. Otherwise what leads somewhere leads to pages
// that cannot be accessed, and the rest is zero, which every type allows.
func elementAfter[T any](pointers bool) []byte {
	e := make([]byte, max(unsafe.Sizeof(*new(T)), 1))
	if !pointers {
		fill(e, deadByte)
		return e
	}
	for _, at := range leads(reflect.TypeFor[T](), 0, nil) {
		v := nowhere()
		if at.length && v != 0 {
			v = nowhereSize
		}
		*(*uintptr)(unsafe.Pointer(&e[at.offset])) = v
	}
	return e
}

// A lead is a word of a value that leads elsewhere, or says how far.
type lead struct {
	offset uintptr
	length bool
}

func leads(t reflect.Type, at uintptr, to []lead) []lead {
	const word = unsafe.Sizeof(uintptr(0))
	switch t.Kind() {
	case reflect.Pointer, reflect.UnsafePointer, reflect.Map, reflect.Chan, reflect.Func:
		to = append(to, lead{at, false})
	case reflect.Interface:
		to = append(to, lead{at, false}, lead{at + word, false})
	case reflect.String:
		to = append(to, lead{at, false}, lead{at + word, true})
	case reflect.Slice:
		to = append(to, lead{at, false}, lead{at + word, true}, lead{at + 2*word, true})
	case reflect.Array:
		for i := range t.Len() {
			to = leads(t.Elem(), at+uintptr(i)*t.Elem().Size(), to)
		}
	case reflect.Struct:
		for i := range t.NumField() {
			to = leads(t.Field(i).Type, at+t.Field(i).Offset, to)
		}
	}
	return to
}

// nowhereSize is the size in bytes of the pages that dead pointers lead to.
const nowhereSize = 1 << 20

// nowhere returns the address of pages that cannot be accessed, or 0 where there
// are none.
var nowhere = sync.OnceValue(func() uintptr {
	if !canFence {
		return 0
	}
	r, err := vm.Reserve(nowhereSize)
	if err != nil {
		return 0
	}
	return uintptr(unsafe.Pointer(unsafe.SliceData(r.Bytes())))
})
