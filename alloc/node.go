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

	// try is Alloc with a bare error.
	try(size, align int) ([]byte, error)

	// resize is Resize to a block aligned to align, which b already is, with
	// a bare error.
	resize(b []byte, size, align int) ([]byte, error)

	// explain turns the bare error of a try or resize that just failed into
	// one to be read. Other errors it returns as they are.
	explain(err error, size, align int) error

	// who tells whose block b is; tells is false if it may answer unknown.
	who(b []byte) answer
	tells() bool

	// kept is an alignment that block b has and that is at least as strict
	// as the one it was allocated with.
	kept(b []byte) int
}

// asNode panics for nil. It goes by the exact type: a type of the caller that
// embeds one of ours has our unexported methods too, and they would bypass the
// methods it overrides.
func asNode(constructor string, a Allocator) node {
	switch a := a.(type) {
	case nil:
		panic("alloc: " + constructor + ": nil Allocator")
	case Heap:
		return a
	case *Heap:
		return *a
	case Null:
		return a
	case *Null:
		return *a
	case *Scoped:
		return a
	case *FreeList:
		return a
	case *Fallback:
		return a
	case *Proxy:
		return a
	case *Segregator:
		return a
	case *Bucketizer:
		return a
	case *Stats:
		return a
	case *Locked:
		return a
	case *Arena:
		return a
	}
	f := &foreign{Allocator: a}
	f.owner, _ = a.(Owner)
	f.resizer, _ = a.(Resizer)
	return f
}

// tryAlloc is Alloc of every node.
func tryAlloc(n node, size, align int) ([]byte, error) {
	b, err := n.try(size, align)
	if err != nil {
		return nil, n.explain(err, size, align)
	}
	return b, nil
}

// tryResize is Resize of every node that has one.
func tryResize(n node, b []byte, size int) ([]byte, error) {
	align := n.kept(b)
	nb, err := n.resize(b, size, align)
	if err != nil {
		return nil, n.explain(err, size, align)
	}
	return nb, nil
}

// move puts b of node from into a new block of node to. On an error b is as it
// was.
func move(from, to node, b []byte, size, align int) ([]byte, error) {
	nb, err := to.try(size, align)
	if err != nil {
		return nil, err
	}
	copy(nb, b)
	from.Free(b)
	return nb, nil
}

// foreign is an Allocator that is not of this package.
type foreign struct {
	Allocator
	owner   Owner
	resizer Resizer
}

func (f *foreign) try(size, align int) ([]byte, error) { return f.Alloc(size, align) }

func (f *foreign) resize(b []byte, size, align int) ([]byte, error) {
	if f.resizer != nil {
		return f.resizer.Resize(b, size)
	}
	if f.who(b) == no {
		return nil, ErrNotOwned
	}
	return move(f, f, b, size, align)
}

func (f *foreign) explain(err error, size, align int) error {
	if err == ErrNotOwned {
		return &Error{"Allocator", size, align, -1, "it does not own the block; resize it with the allocator it came from", err}
	}
	return err
}

func (f *foreign) who(b []byte) answer {
	if f.owner == nil {
		return unknown
	}
	return verdict(f.owner.Owns(b))
}

func (f *foreign) tells() bool       { return f.owner != nil }
func (f *foreign) kept(b []byte) int { return alignOf(b) }

func verdict(owns bool) answer {
	if owns {
		return yes
	}
	return no
}
