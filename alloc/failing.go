package alloc

import "fmt"

// Failing passes a number of calls on and lets all later ones fail. With it a test
// takes every path on which a program runs out of memory:
//
//	for n := 0; ; n++ {
//		f := alloc.NewFailing(a, n)
//		err := program(f)
//		if !f.Failed() {
//			break // it needs n calls
//		}
//		… // err says so, nothing leaks, nothing is half done
//	}
//
// Calls of Alloc and Resize count, also those that fail by themselves. Free always
// passes on. It is not safe for concurrent use.
type Failing struct {
	layer
	after, calls int
	refused      bool // the last failure was the Failing's own
}

// NewFailing returns a Failing that passes the first after calls of Alloc and Resize
// on to a. It panics if a is nil or after negative.
func NewFailing(a Allocator, after int) *Failing {
	if after < 0 {
		panic(fmt.Sprintf("alloc: NewFailing: the number of calls %d is negative", after))
	}
	return &Failing{layer: layer{asNode("NewFailing", a)}, after: after}
}

// Calls is how often Alloc and Resize were called.
func (f *Failing) Calls() int { return f.calls }

// Failed reports whether f let a call fail.
func (f *Failing) Failed() bool { return f.calls > f.after }

// Alloc passes on, or fails with [ErrOutOfMemory] when its time has come.
func (f *Failing) Alloc(size, align int) ([]byte, error) { return tryAlloc(f, size, align) }

// Free passes on.
func (f *Failing) Free(b []byte) { f.to.Free(b) }

// Resize passes on, or fails with [ErrOutOfMemory] when its time has come. Where the
// allocator behind is no [Resizer], the block moves.
func (f *Failing) Resize(b []byte, size int) ([]byte, error) { return tryResize(f, b, size) }

func (f *Failing) node() node { return f }

// fails counts a call and reports whether it is to fail.
func (f *Failing) fails() bool {
	f.calls++
	f.refused = f.calls > f.after
	return f.refused
}

func (f *Failing) try(size, align int) ([]byte, error) {
	if f.fails() && isPowerOfTwo(align) {
		return nil, ErrOutOfMemory
	}
	f.refused = false
	return f.to.try(size, align)
}

func (f *Failing) resize(b []byte, size, align int) ([]byte, error) {
	if f.fails() {
		return nil, ErrOutOfMemory
	}
	return f.to.resize(b, size, align)
}

func (f *Failing) explain(err error, size, align int) error {
	if !f.refused || err != ErrOutOfMemory {
		return f.to.explain(err, size, align)
	}
	hint := fmt.Sprintf("NewFailing lets all calls after the first %d fail; this is call %d", f.after, f.calls)
	return &Error{"Failing", size, align, -1, hint, err}
}
