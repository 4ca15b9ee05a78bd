package alloc

import "fmt"

// Bucketizer has one allocator for each range of sizes, all ranges equally wide:
// the usual way to make a general allocator of free lists. Sizes outside of all
// ranges are refused, for a [Fallback] or a [Segregator] in front to deal with.
//
// A block goes back to the allocator that owns it; where ownership cannot tell,
// its length decides, which is why Free must get the slice as Alloc returned it.
//
// It is not safe for concurrent use.
type Bucketizer struct {
	min, max, step int
	buckets        []node
}

// NewBucketizer returns a Bucketizer for sizes from min to max bytes in ranges
// of step: the first serves min to min+step-1. For each range bucket is called
// with the largest size it has to serve, to make its allocator.
//
// It panics if min is negative, step is not positive, step does not divide
// max-min+1, or bucket returns nil.
func NewBucketizer(min, max, step int, bucket func(size int) Allocator) *Bucketizer {
	if min < 0 || step <= 0 || max < min || (max-min+1)%step != 0 {
		panic(fmt.Sprintf("alloc: NewBucketizer: sizes %d to %d in steps of %d: step must be positive and divide max-min+1", min, max, step))
	}
	z := &Bucketizer{min: min, max: max, step: step}
	for size := min + step - 1; size <= max; size += step {
		z.buckets = append(z.buckets, asNode("NewBucketizer", bucket(size)))
	}
	return z
}

// Alloc allocates from the bucket for size. A size outside of all ranges is
// [ErrOutOfMemory].
func (z *Bucketizer) Alloc(size, align int) ([]byte, error) { return tryAlloc(z, size, align) }

// Free gives b back to the bucket it belongs to. It panics if there is none.
func (z *Bucketizer) Free(b []byte) {
	if b == nil {
		return
	}
	n := z.home(b)
	if n == nil {
		panic("alloc: Bucketizer.Free: foreign block; free it with the allocator it came from")
	}
	n.Free(b)
}

// Owns reports whether one of the buckets owns b.
func (z *Bucketizer) Owns(b []byte) bool { return z.who(b) == yes }

// Resize resizes b within its bucket, or moves it to the bucket for its new
// size. Should there be no room, a block that shrinks stays, provided that
// ownership can tell later whose it is.
func (z *Bucketizer) Resize(b []byte, size int) ([]byte, error) { return tryResize(z, b, size) }

// bucket returns nil for a size outside of all ranges.
func (z *Bucketizer) bucket(size int) node {
	if size < z.min || size > z.max {
		return nil
	}
	return z.buckets[(size-z.min)/z.step]
}

// home looks where the length of b says first, and then everywhere.
func (z *Bucketizer) home(b []byte) node {
	n := z.bucket(len(b))
	if n != nil && n.who(b) != no {
		return n
	}
	for _, n := range z.buckets {
		if n.who(b) == yes {
			return n
		}
	}
	return nil
}

func (z *Bucketizer) try(size, align int) ([]byte, error) {
	n := z.bucket(size)
	if n == nil {
		if !isPowerOfTwo(align) || align > MaxAlign {
			return nil, ErrAlignment
		}
		return nil, ErrOutOfMemory
	}
	return n.try(size, align)
}

func (z *Bucketizer) resize(b []byte, size, align int) ([]byte, error) {
	from, to := z.home(b), z.bucket(size)
	switch {
	case from == nil:
		return nil, ErrNotOwned
	case to == nil:
		return nil, ErrOutOfMemory
	case from == to:
		return from.resize(b, size, align)
	}
	nb, err := move(from, to, b, size, align)
	if err != nil && size < len(b) && z.tells() {
		return from.resize(b, size, align)
	}
	return nb, err
}

func (z *Bucketizer) explain(err error, size, align int) error {
	n := z.bucket(size)
	switch {
	case !bare(err):
		return err
	case err == ErrNotOwned:
		return &Error{"Bucketizer", size, align, -1, "the block is not from here; resize it with the allocator it came from", err}
	case n != nil:
		return n.explain(err, size, align)
	case !isPowerOfTwo(align) || align > MaxAlign:
		return badAlign("Bucketizer", size, align, MaxAlign, -1)
	}
	hint := fmt.Sprintf("its buckets serve %d to %d bytes; add buckets or a Fallback", z.min, z.max)
	return &Error{"Bucketizer", size, align, -1, hint, ErrOutOfMemory}
}

func (z *Bucketizer) who(b []byte) answer {
	if n := z.bucket(len(b)); n != nil && n.who(b) == yes {
		return yes
	}
	result := no
	for _, n := range z.buckets {
		switch n.who(b) {
		case yes:
			return yes
		case unknown:
			result = unknown
		}
	}
	return result
}

func (z *Bucketizer) tells() bool {
	for _, n := range z.buckets {
		if !n.tells() {
			return false
		}
	}
	return true
}

func (z *Bucketizer) kept(b []byte) int {
	if n := z.home(b); n != nil {
		return n.kept(b)
	}
	return alignOf(b)
}
