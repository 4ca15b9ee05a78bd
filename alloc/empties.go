package alloc

import "unsafe"

// empties are the blocks of size zero of another package's allocator that have no
// capacity, as those of make([]byte, 0): all of them may have the same address, by
// which nobody can tell them apart. Each is known here by one with an address of its
// own, and goes back as what it was.
type empties struct{ m map[*byte][]byte }

// standIn returns b, or what stands for it if it is such a block.
func (e *empties) standIn(b []byte, size, align int) []byte {
	if size != 0 || cap(b) != 0 {
		return b
	}
	// Aligned as far as anything here is, whatever the allocator accepted.
	s, err := Heap{}.try(0, min(max(align&-align, 1), MaxAlign))
	if err != nil {
		return b
	}
	if e.m == nil {
		e.m = make(map[*byte][]byte)
	}
	e.m[unsafe.SliceData(s)] = b
	return s
}

// has says whether b stands for another block.
func (e *empties) has(b []byte) bool {
	if len(e.m) == 0 || len(b) != 0 || cap(b) == 0 {
		return false
	}
	_, ok := e.m[unsafe.SliceData(b)]
	return ok
}

// take returns what b stands for, for the last time, or b.
func (e *empties) take(b []byte) []byte {
	if !e.has(b) {
		return b
	}
	at := unsafe.SliceData(b)
	was := e.m[at]
	delete(e.m, at)
	return was
}
