package alloc

// answer says whether an allocator owns a block.
type answer uint8

const (
	unknown answer = iota // it keeps no record, like the heap
	no
	yes
)

// node is an Allocator as those made of others see it. What it adds to the
// public interfaces: failures that cost nothing until somebody wants to read
// them, ownership with three answers, and an alignment that survives a move.
type node interface {
	Allocator

	// node is the node itself. A type of another package that embeds one of
	// ours has this method too, but is not what it returns.
	node() node

	// try is Alloc with a bare error.
	try(size, align int) ([]byte, error)

	// resize is Resize to a block aligned to align, which b already is, with
	// a bare error. b is not nil. If it fails, try and a copy would fail, too.
	resize(b []byte, size, align int) ([]byte, error)

	// explain turns the bare error of a try or resize that just failed into
	// one to be read. Other errors it returns as they are.
	explain(err error, size, align int) error

	// who tells whose block b is; tells is false if it may answer unknown.
	who(b []byte) answer
	tells() bool

	// aligned is the alignment that block b was asked for.
	aligned(b []byte) int

	// span is where the memory of all its blocks begins and ends, or 0 and 0 if
	// that is not known, or a block lives there.
	span() (from, to uintptr)

	// parts calls f with each node that this one is made of.
	parts(f func(node))
}

// ours returns a as a node if it is one itself. A type of the caller that embeds
// one of ours has its unexported methods too, and they would bypass the methods
// it overrides.
func ours(a Allocator) (node, bool) {
	if m, ok := a.(interface{ node() node }); ok {
		if n := m.node(); Allocator(n) == a {
			return n, true
		}
	}
	return nil, false
}

// asNode panics for nil.
func asNode(constructor string, a Allocator) node {
	switch a.(type) {
	case nil:
		panic("alloc: " + constructor + ": nil Allocator")
	case Heap, *Heap:
		return new(heapNode)
	}
	if n, ok := ours(a); ok {
		return n
	}
	f := &foreign{Allocator: a}
	f.owner, _ = a.(Owner)
	f.resizer, _ = a.(Resizer)
	return f
}

// spanOf is span for memory.
func spanOf(mem []byte) (from, to uintptr) {
	return addr(mem), addr(mem) + uintptr(len(mem))
}

// outside is what asNode was given.
func outside(n node) Allocator {
	switch n := n.(type) {
	case *heapNode:
		return n.Heap
	case *foreign:
		return n.Allocator
	}
	return n
}

// tryAlloc is Alloc of every node.
func tryAlloc(n node, size, align int) ([]byte, error) {
	b, err := n.try(size, align)
	if err != nil {
		return nil, n.explain(err, size, align)
	}
	return b, nil
}

// tryResize is Resize of every node.
func tryResize(n node, b []byte, size int) ([]byte, error) {
	if b == nil {
		return tryAlloc(n, size, 1)
	}
	return resizeTo(n, b, size, n.aligned(b))
}

// resizeTo is resize with an error to be read.
func resizeTo(n node, b []byte, size, align int) ([]byte, error) {
	nb, err := n.resize(b, size, align)
	if err != nil {
		return nil, n.explain(err, size, align)
	}
	return nb, nil
}

// move puts b of node from into a new block of node to. On an error b is as it
// was.
func move(from, to node, b []byte, size, align int) ([]byte, error) {
	if cap(b) == 0 {
		return nil, ErrNotOwned
	}
	nb, err := to.try(size, align)
	if err != nil {
		return nil, err
	}
	copy(nb, b)
	from.Free(b)
	return nb, nil
}

// moveOrResize is resize if from is to, and move if not.
func moveOrResize(from, to node, b []byte, size, align int) ([]byte, error) {
	if from == to {
		return from.resize(b, size, align)
	}
	return move(from, to, b, size, align)
}

// foreign is an Allocator that is not of this package.
type foreign struct {
	Allocator
	owner   Owner
	resizer Resizer
	asked   asked
	empties empties
}

func (f *foreign) node() node       { return f }
func (f *foreign) parts(func(node)) {}

func (f *foreign) span() (from, to uintptr) { return 0, 0 }

// Alloc is try, so that no block leaves without an address.
func (f *foreign) Alloc(size, align int) ([]byte, error) { return f.try(size, align) }

func (f *foreign) try(size, align int) ([]byte, error) {
	b, err := f.Allocator.Alloc(size, align)
	if err == nil {
		b = f.empties.standIn(b, size, align)
		f.asked.note(addr(b), align)
	}
	return b, err
}

// Free passes on.
func (f *foreign) Free(b []byte) {
	f.asked.forget(addr(b))
	f.Allocator.Free(f.empties.take(b))
}

func (f *foreign) resize(b []byte, size, align int) ([]byte, error) {
	if f.who(b) == no || cap(b) == 0 {
		return nil, ErrNotOwned
	}
	if f.resizer != nil && !f.empties.has(b) {
		at := addr(b)
		nb, err := f.resizer.Resize(b, size)
		if err == nil {
			nb = f.empties.standIn(nb, size, align)
			f.asked.forget(at)
			f.asked.note(addr(nb), align)
			return nb, nil
		}
	}
	return move(f, f, b, size, align)
}

func (f *foreign) explain(err error, size, align int) error {
	if err == ErrNotOwned {
		return notOwned("Allocator", size, align, -1)
	}
	return err
}

func (f *foreign) who(b []byte) answer {
	if f.empties.has(b) {
		return yes
	}
	if f.owner == nil {
		return unknown
	}
	return verdict(f.owner.Owns(b))
}

func (f *foreign) tells() bool          { return f.owner != nil }
func (f *foreign) aligned(b []byte) int { return f.asked.of(addr(b), b) }

func verdict(owns bool) answer {
	if owns {
		return yes
	}
	return no
}
