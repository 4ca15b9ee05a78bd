package alloc

import "fmt"

// Bucketizer has one allocator for each range of sizes, all ranges equally wide:
// the usual way to make a general allocator of free lists. Sizes outside of all
// ranges are refused, for a [Fallback] or a [Segregator] in front to deal with.
//
// A block goes back to the allocator that says that it owns it, and where none
// does, its length decides, which is why Free must get the slice as Alloc returned
// it. Blocks that would go astray by this rule are recorded, with a map entry for
// each.
//
// It is not safe for concurrent use.
type Bucketizer struct {
	min, max, step int
	buckets        []node
	sure           bool        // all buckets always know their own
	strays         strays[int] // by the index of the bucket
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
	z.sure = z.tells()
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
	i := z.home(b)
	if i < 0 {
		panic("alloc: Bucketizer.Free: foreign block; free it with the allocator it came from")
	}
	z.strays.drop(b)
	z.buckets[i].Free(b)
}

// Owns reports whether one of the buckets owns b.
func (z *Bucketizer) Owns(b []byte) bool { return z.who(b) == yes }

// Resize resizes b within its bucket, or moves it to the bucket for its new
// size. Should there be no room, a block that shrinks stays.
func (z *Bucketizer) Resize(b []byte, size int) ([]byte, error) { return tryResize(z, b, size) }

// bucket returns -1 for a size outside of all ranges.
func (z *Bucketizer) bucket(size int) int {
	if size < z.min || size > z.max {
		return -1
	}
	return (size - z.min) / z.step
}

// home returns the index of the bucket that b is of, or -1.
func (z *Bucketizer) home(b []byte) int {
	if i, ok := z.strays.side(b); ok {
		return i
	}
	return z.rule(b)
}

// rule is home as far as ownership and length tell. Who is sure goes first, then
// who may be.
func (z *Bucketizer) rule(b []byte) int {
	maybe := -1
	first := z.bucket(len(b))
	if first >= 0 {
		switch z.buckets[first].who(b) {
		case yes:
			return first
		case unknown:
			maybe = first
		}
	}
	for i, n := range z.buckets {
		switch n.who(b) {
		case yes:
			return i
		case unknown:
			if maybe < 0 {
				maybe = i
			}
		}
	}
	return maybe
}

func (z *Bucketizer) try(size, align int) ([]byte, error) {
	i := z.bucket(size)
	if i < 0 {
		if !isPowerOfTwo(align) || align > MaxAlign {
			return nil, ErrAlignment
		}
		return nil, ErrOutOfMemory
	}
	b, err := z.buckets[i].try(size, align)
	if err == nil {
		ruled := i // who is sure goes first
		if !z.sure {
			ruled = z.rule(b)
		}
		z.strays.note(b, i, ruled)
	}
	return b, err
}

func (z *Bucketizer) resize(b []byte, size, align int) ([]byte, error) {
	i, to := z.home(b), z.bucket(size)
	switch {
	case i < 0 || z.buckets[i].who(b) == no:
		return nil, ErrNotOwned
	case to < 0:
		return nil, ErrOutOfMemory
	}
	from := z.buckets[i]
	nb, err := moveOrResize(from, z.buckets[to], b, size, align)
	if err != nil && to != i && size < len(b) {
		to = i
		nb, err = from.resize(b, size, align)
	}
	if err != nil {
		return nil, err
	}
	z.strays.drop(b)
	z.strays.note(nb, to, z.rule(nb))
	return nb, nil
}

func (z *Bucketizer) explain(err error, size, align int) error {
	i := z.bucket(size)
	switch {
	case !bare(err):
		return err
	case err == ErrNotOwned:
		return notOwned("Bucketizer", size, align, -1)
	case i >= 0:
		return z.buckets[i].explain(err, size, align)
	case !isPowerOfTwo(align) || align > MaxAlign:
		return badAlign("Bucketizer", size, align, MaxAlign, -1)
	}
	hint := fmt.Sprintf("its buckets serve %d to %d bytes; add buckets or a Fallback", z.min, z.max)
	return &Error{"Bucketizer", size, align, -1, hint, ErrOutOfMemory}
}

func (z *Bucketizer) who(b []byte) answer {
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

func (z *Bucketizer) node() node { return z }

func (z *Bucketizer) tells() bool {
	for _, n := range z.buckets {
		if !n.tells() {
			return false
		}
	}
	return true
}

func (z *Bucketizer) aligned(b []byte) int {
	if i := z.home(b); i >= 0 {
		return z.buckets[i].aligned(b)
	}
	return 1
}

func (z *Bucketizer) parts(f func(node)) {
	for _, n := range z.buckets {
		f(n)
	}
}

func (z *Bucketizer) span() (from, to uintptr) { return 0, 0 }
