package alloc

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/trace"
)

// Tracker passes every operation on and remembers each live block with the calls
// that led to it: who leaks, who frees twice, who frees another block than was
// allocated. It is for tests:
//
//	a := alloc.NewTracker(list)
//	defer a.Check(t)
//
// A Free of what is not live, or with another length, panics, and says where the
// block is from.
//
// It costs about a microsecond and a few hundred bytes for each live block, and keeps
// its memory. It is not safe for concurrent use.
type Tracker struct {
	layer
	live  map[*byte]*tracked
	count uint64
	freed map[uintptr]trace.Trace // debug build: where the block last seen there was freed
}

// tracked is a live block.
type tracked struct {
	size, align int
	count       uint64 // of blocks before
	by          trace.Trace
}

// Leak is a block that was allocated and not freed.
type Leak struct {
	Size  int    // bytes
	Align int    // the alignment asked for, in bytes
	Stack string // the calls that led to Alloc, innermost first, a function and its place on two lines each
}

// NewTracker returns a Tracker around a. It panics if a is nil.
func NewTracker(a Allocator) *Tracker {
	t := &Tracker{layer: layer{asNode("NewTracker", a)}, live: map[*byte]*tracked{}}
	if debug {
		t.freed = map[uintptr]trace.Trace{}
	}
	return t
}

// Live returns the live blocks in the order in which they were allocated.
func (t *Tracker) Live() []Leak {
	var leaks []Leak
	for _, x := range t.inOrder() {
		leaks = append(leaks, Leak{x.size, x.align, strings.TrimPrefix(strings.ReplaceAll(x.by.String(), "\n\t", "\n"), "\n")})
	}
	return leaks
}

func (t *Tracker) inOrder() []*tracked {
	all := make([]*tracked, 0, len(t.live))
	for _, x := range t.live {
		all = append(all, x)
	}
	slices.SortFunc(all, func(x, y *tracked) int { return cmp.Compare(x.count, y.count) })
	return all
}

// Check fails the test if blocks are live, and names the places where they were
// allocated, each with how many and how large they are. Behind a [Locked], call it
// within [Locked.Do].
func (t *Tracker) Check(tb testing.TB) {
	tb.Helper()
	if len(t.live) == 0 {
		return
	}
	type place struct {
		blocks, bytes int
		first         *tracked
	}
	places := map[trace.Trace]*place{}
	var order []*place
	total := 0
	for _, x := range t.inOrder() {
		p := places[x.by]
		if p == nil {
			p = &place{first: x}
			places[x.by] = p
			order = append(order, p)
		}
		p.blocks++
		p.bytes += x.size
		total += x.size
	}
	var sb strings.Builder
	for _, p := range order {
		fmt.Fprintf(&sb, "\n%s, allocated by%s", amount(p.blocks, p.bytes), p.first.by)
	}
	tb.Errorf("alloc: not freed: %s%s", amount(len(t.live), total), &sb)
}

func amount(blocks, bytes int) string {
	plural := "s"
	if blocks == 1 {
		plural = ""
	}
	return fmt.Sprintf("%d block%s, %d bytes", blocks, plural, bytes)
}

// Reset forgets all blocks, for when the allocator behind took them back as a whole.
func (t *Tracker) Reset() { clear(t.live) }

// Alloc passes on and remembers the block.
func (t *Tracker) Alloc(size, align int) ([]byte, error) { return tryAlloc(t, size, align) }

// Free passes on and forgets the block. It panics if b is not live, or has another
// length than Alloc or Resize gave it.
func (t *Tracker) Free(b []byte) {
	if b != nil {
		switch x := t.live[unsafe.SliceData(b)]; {
		case x == nil || cap(b) == 0:
			where := ""
			if by, ok := t.freed[addr(b)]; ok {
				where = "; the last one there was freed by" + by.String()
			}
			panic(fmt.Sprintf("alloc: Tracker.Free: a block of %d bytes that is not live: freed before, or from elsewhere%s", len(b), where))
		case x.size != len(b):
			panic(fmt.Sprintf("alloc: Tracker.Free: a block of %d bytes comes back with %d; free the slice that Alloc returned. It was allocated by%s", x.size, len(b), x.by))
		}
	}
	t.to.Free(b)
	t.forget(b)
}

func (t *Tracker) forget(b []byte) {
	delete(t.live, unsafe.SliceData(b))
	if debug && b != nil {
		t.freed[addr(b)] = trace.Here()
	}
}

// Resize passes on and remembers the block as what it is then. Where the allocator
// behind is no [Resizer], it moves. It fails with [ErrNotOwned] if b is not live.
func (t *Tracker) Resize(b []byte, size int) ([]byte, error) { return tryResize(t, b, size) }

func (t *Tracker) node() node { return t }

func (t *Tracker) try(size, align int) ([]byte, error) {
	b, err := t.to.try(size, align)
	if err == nil {
		t.live[unsafe.SliceData(b)] = &tracked{size, align, t.count, trace.Here()}
		t.count++
	}
	return b, err
}

func (t *Tracker) resize(b []byte, size, align int) ([]byte, error) {
	x := t.live[unsafe.SliceData(b)]
	if x == nil || cap(b) == 0 {
		return nil, ErrNotOwned
	}
	nb, err := t.to.resize(b, size, align)
	if err == nil {
		t.forget(b)
		x.size = size
		t.live[unsafe.SliceData(nb)] = x
	}
	return nb, err
}

func (t *Tracker) explain(err error, size, align int) error {
	if err == ErrNotOwned {
		return notOwned("Tracker", size, align, -1)
	}
	return t.to.explain(err, size, align)
}

func (t *Tracker) who(b []byte) answer {
	if x := t.live[unsafe.SliceData(b)]; x != nil && cap(b) > 0 && len(b) <= footprint(x.size) {
		return yes
	}
	return t.to.who(b)
}

func (t *Tracker) aligned(b []byte) int {
	if x := t.live[unsafe.SliceData(b)]; x != nil {
		return x.align
	}
	return t.to.aligned(b)
}

// Owns reports whether b is live, or owned by the allocator behind.
func (t *Tracker) Owns(b []byte) bool { return t.who(b) == yes }
