package alloc

// Null has no memory: Alloc always fails and Free always panics. It ends a chain
// that must not go to the heap.
//
// It is safe for concurrent use.
type Null struct{}

// Alloc fails with [ErrOutOfMemory], or with [ErrAlignment] for an alignment
// that is no power of two up to [MaxAlign].
func (n Null) Alloc(size, align int) ([]byte, error) { return tryAlloc(n, size, align) }

// Free panics: no block comes from Null.
func (Null) Free(b []byte) {
	panic("alloc: Null.Free: a block that nobody owns reached the end of the chain; free it with the allocator it came from")
}

// Owns is false for every block.
func (Null) Owns(b []byte) bool { return false }

func (Null) try(_, align int) ([]byte, error) {
	if !isPowerOfTwo(align) || align > MaxAlign {
		return nil, ErrAlignment
	}
	return nil, ErrOutOfMemory
}

// Resize fails with [ErrNotOwned], and for nil like Alloc.
func (n Null) Resize(b []byte, size int) ([]byte, error) { return tryResize(n, b, size) }

func (n Null) node() node     { return n }
func (Null) parts(func(node)) {}

func (Null) resize([]byte, int, int) ([]byte, error) { return nil, ErrNotOwned }

func (Null) explain(err error, size, align int) error {
	switch {
	case !bare(err):
		return err
	case err == ErrNotOwned:
		return notOwned("Null", size, align, 0)
	case !isPowerOfTwo(align) || align > MaxAlign:
		return badAlign("Null", size, align, MaxAlign, 0)
	}
	return &Error{"Null", size, align, 0, "it has no memory; let the chain end with Heap if it may go on there", ErrOutOfMemory}
}

func (Null) who([]byte) answer  { return no }
func (Null) tells() bool        { return true }
func (Null) aligned([]byte) int { return 1 }

func (Null) span() (from, to uintptr) { return 0, 0 }
