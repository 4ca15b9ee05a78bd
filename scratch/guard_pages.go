//go:build stackalloc_debug

package scratch

import (
	"fmt"
	"sync"
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/trace"
	"github.com/stackalloc/stackalloc/internal/vm"
)

// pages is a block on pages of its own, with a page before and one behind that
// cannot be accessed.
type pages struct {
	region *vm.Region
	first  []byte // of the block's pages, what lies before the block
	data   unsafe.Pointer
	size   uintptr
	made   trace.Trace
}

// canFence is a variable for the tests of what happens elsewhere.
var canFence = vm.CanProtect

// newPages returns a block that ends where a page does, or nil where the system
// has no such pages, or no more.
func newPages(size uintptr, zero bool) *pages {
	page := vm.PageSize()
	room, ok := vm.RoundUp(int(size))
	if !canFence || !ok {
		return nil
	}
	r, err := vm.Reserve(room + 2*page)
	if err != nil {
		return nil
	}
	if r.Commit(page, room) != nil {
		_ = r.Release()
		return nil
	}
	before := room - int(size)
	b := &pages{region: r, first: r.Bytes()[page : page+before], size: size}
	fill(b.first, edgeByte)
	b.data = unsafe.Pointer(unsafe.SliceData(r.Bytes()[page+before:]))
	if !zero {
		fill(unsafe.Slice((*byte)(b.data), size), dirtyByte)
	}
	b.made = trace.Here()
	return b
}

// takeAway makes the block's pages inaccessible. Their addresses are not used
// again for as long as quarantine holds them.
func (b *pages) takeAway() {
	for i := range b.first {
		if b.first[i] != edgeByte {
			panic(fmt.Sprintf("scratch: the byte %d before a slice of %d bytes was written, in the scope that began at%s",
				len(b.first)-i, b.size, b.made))
		}
	}
	page := vm.PageSize()
	if err := b.region.Decommit(page, b.region.Len()-2*page); err != nil {
		panic("scratch: a block's pages cannot be taken away: " + err.Error())
	}
	quarantine.add(b.region)
}

// quarantine keeps the addresses of dead blocks, the latest ones.
var quarantine regions

const (
	quarantineBlocks = 8192                             // each is a mapping or two, of which Linux allows 65,530
	quarantineBytes  = 1 << (28 + 10*(^uintptr(0)>>63)) // less where addresses are few
)

type regions struct {
	mu    sync.Mutex
	queue []*vm.Region
	bytes int
}

func (q *regions) add(r *vm.Region) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.queue = append(q.queue, r)
	q.bytes += r.Len()
	for len(q.queue) > 1 && (len(q.queue) > quarantineBlocks || q.bytes > quarantineBytes) {
		q.bytes -= q.queue[0].Len()
		_ = q.queue[0].Release()
		q.queue = q.queue[1:]
	}
}
