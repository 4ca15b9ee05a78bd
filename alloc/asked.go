package alloc

import "maps"

// natural is the strictest alignment, in bytes, that a type of Go has.
const natural = 8

// asked remembers the alignments that blocks were asked for. An address tells
// too much: a block that was asked for 8 may lie at a multiple of 65,536, and an
// allocator that is to take it over could never grant that.
//
// Only alignments that are out of the ordinary take an entry. Those up to natural
// count as one, the strictest of them so far.
type asked struct {
	usual int             // the alignment of blocks without an entry; 0 before the first
	odd   map[uintptr]int // by the address, or by the place in memory that may move
}

// note records that the block at key was asked for align, whatever lay there
// before.
func (r *asked) note(key uintptr, align int) {
	if align != r.usual || r.odd != nil {
		r.noteOther(key, align)
	}
}

func (r *asked) noteOther(key uintptr, align int) {
	if r.usual == 0 || align <= natural && r.usual <= natural {
		r.usual = max(r.usual, align)
	}
	if align == r.usual || align <= natural && r.usual <= natural {
		delete(r.odd, key)
		return
	}
	if r.odd == nil {
		r.odd = make(map[uintptr]int)
	}
	r.odd[key] = align
}

// of is the alignment that b, the block at key, was asked for. Of a block that is
// not recorded it is one that b has.
func (r *asked) of(key uintptr, b []byte) int {
	if align, ok := r.odd[key]; ok {
		return min(align, alignOf(b))
	}
	return min(max(r.usual, 1), alignOf(b))
}

// forget says that the block at key is gone. It saves memory: note alone would do.
func (r *asked) forget(key uintptr) {
	if r.odd != nil {
		delete(r.odd, key)
	}
}

// forgetFrom says that all blocks at key and above are gone.
func (r *asked) forgetFrom(key uintptr) {
	if len(r.odd) > 0 {
		maps.DeleteFunc(r.odd, func(k uintptr, _ int) bool { return k >= key })
	}
}

// reset says that all blocks are gone.
func (r *asked) reset() {
	r.usual = 0
	clear(r.odd)
}
