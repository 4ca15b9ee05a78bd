package alloc

import "slices"

// Counts is what [Stats] has counted. Bytes are those asked for, without padding
// and overhead.
type Counts struct {
	Allocs   uint64 // blocks allocated
	Frees    uint64 // blocks freed
	Resizes  uint64 // blocks resized
	Failures uint64 // calls of Alloc and Resize that failed

	LiveBlocks int64 // allocated and not freed
	LiveBytes  int64
	PeakBlocks int64 // the most LiveBlocks has been
	PeakBytes  int64 // the most LiveBytes has been

	TotalBytes uint64 // ever allocated, growth by Resize included

	// Fallbacks is how often a Fallback below served from its secondary
	// allocator, since it was made. It includes what did not pass through
	// this Stats. A Fallback behind an allocator of another package is not seen.
	Fallbacks uint64
}

// Stats passes every operation on and counts. It costs a few nanoseconds and no
// allocation.
//
// Blocks that are never freed one by one stay live in the counts: those that a
// scope or an arena takes back as a whole. [Stats.Reset] after the scope sets
// that right.
//
// It is not safe for concurrent use; inside a [Locked], read it with
// [Locked.Do].
type Stats struct {
	layer
	counts Counts
	before uint64 // fallbacks at the last Reset
}

// NewStats returns a Stats around a. It panics if a is nil.
func NewStats(a Allocator) *Stats { return &Stats{layer: layer{asNode("NewStats", a)}} }

// Counts returns what was counted so far.
func (s *Stats) Counts() Counts {
	c := s.counts
	c.Fallbacks = fallbacks(s.to, new([]*Fallback)) - s.before
	return c
}

// Reset sets all counts to zero.
func (s *Stats) Reset() {
	s.counts = Counts{}
	s.before = fallbacks(s.to, new([]*Fallback))
}

// Alloc passes on and counts.
func (s *Stats) Alloc(size, align int) ([]byte, error) { return tryAlloc(s, size, align) }

// Free passes on and counts. Free(nil) counts as nothing.
func (s *Stats) Free(b []byte) {
	s.to.Free(b)
	if b == nil {
		return
	}
	c := &s.counts
	c.Frees++
	c.LiveBlocks--
	c.LiveBytes -= int64(len(b))
}

// Resize passes on and counts. Where the allocator behind is no [Resizer], the
// block moves.
func (s *Stats) Resize(b []byte, size int) ([]byte, error) { return tryResize(s, b, size) }

func (s *Stats) node() node { return s }

func (s *Stats) try(size, align int) ([]byte, error) {
	b, err := s.to.try(size, align)
	c := &s.counts
	if err != nil {
		c.Failures++
		return nil, err
	}
	c.Allocs++
	c.TotalBytes += uint64(size)
	c.LiveBlocks++
	c.LiveBytes += int64(size)
	if c.LiveBlocks > c.PeakBlocks {
		c.PeakBlocks = c.LiveBlocks
	}
	if c.LiveBytes > c.PeakBytes {
		c.PeakBytes = c.LiveBytes
	}
	return b, nil
}

func (s *Stats) resize(b []byte, size, align int) ([]byte, error) {
	old := len(b)
	b, err := s.to.resize(b, size, align)
	c := &s.counts
	if err != nil {
		c.Failures++
		return nil, err
	}
	c.Resizes++
	c.LiveBytes += int64(size - old)
	c.PeakBytes = max(c.PeakBytes, c.LiveBytes)
	if size > old {
		c.TotalBytes += uint64(size - old)
	}
	return b, nil
}

// fallbacks sums what the Fallbacks of a tree served, each counted once.
func fallbacks(n node, seen *[]*Fallback) (sum uint64) {
	if f, ok := n.(*Fallback); ok {
		if slices.Contains(*seen, f) {
			return 0
		}
		*seen = append(*seen, f)
		sum = f.served
	}
	n.parts(func(part node) { sum += fallbacks(part, seen) })
	return sum
}
