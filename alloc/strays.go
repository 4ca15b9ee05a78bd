package alloc

import "unsafe"

// strays is what an allocator made of others knows of blocks whose side ownership
// does not tell, or tells wrongly: with two heaps, with one allocator at two
// places of a tree, with one in the memory of another. S names a side.
//
// The rule by which a block without an entry goes back is the allocator's own;
// whoever hands out a block that this rule would send astray makes an entry.
type strays[S comparable] struct{ m map[*byte]S }

// side is where b belongs if there is an entry.
func (s *strays[S]) side(b []byte) (side S, ok bool) {
	if len(s.m) == 0 || cap(b) == 0 {
		return side, false
	}
	side, ok = s.m[unsafe.SliceData(b)]
	return side, ok
}

// note records that b, just handed out, is of side, where the rule says ruled.
func (s *strays[S]) note(b []byte, side, ruled S) {
	if side != ruled {
		if s.m == nil {
			s.m = make(map[*byte]S)
		}
		s.m[unsafe.SliceData(b)] = side
		return
	}
	s.drop(b)
}

// drop says that no block at the address of b needs an entry any more.
func (s *strays[S]) drop(b []byte) {
	if len(s.m) > 0 {
		delete(s.m, unsafe.SliceData(b))
	}
}
