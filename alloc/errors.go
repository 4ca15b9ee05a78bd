package alloc

import (
	"errors"
	"fmt"
)

var (
	// ErrOutOfMemory says that the allocator has no room for a block of the
	// size asked for, or never can have: the size is negative or too large.
	ErrOutOfMemory = errors.New("out of memory")

	// ErrAlignment says that the allocator cannot grant the alignment: it is
	// not a power of two, or too strict.
	ErrAlignment = errors.New("unsupported alignment")

	// ErrNotOwned says that Resize was given a block of somebody else.
	ErrNotOwned = errors.New("block of another allocator")
)

// Error is what Alloc and Resize of this package fail with. It wraps
// [ErrOutOfMemory], [ErrAlignment] or [ErrNotOwned]. Where an allocator made of
// others fails, errors.As finds the Error of the first one asked.
type Error struct {
	Allocator string // who refused, for example "FreeList"
	Size      int    // bytes asked for
	Align     int    // alignment asked for, in bytes
	Left      int    // bytes that were free, or -1 where there is no such number
	Hint      string // what there was, and what to do
	Err       error  // ErrOutOfMemory, ErrAlignment or ErrNotOwned
}

func (e *Error) Error() string {
	return fmt.Sprintf("alloc: %v: %s was asked for %d bytes aligned to %d: %s",
		e.Err, e.Allocator, e.Size, e.Align, e.Hint)
}

func (e *Error) Unwrap() error { return e.Err }

// both is the failure of an allocator made of two.
type both struct{ first, second error }

func (e *both) Error() string   { return e.first.Error() + "; then " + e.second.Error() }
func (e *both) Unwrap() []error { return []error{e.first, e.second} }

// errMixed is the bare failure of two allocators for different reasons.
var errMixed error = &both{ErrOutOfMemory, ErrAlignment}

// bare reports whether err is one of the fixed values, which node.try returns
// so that a failure that a fallback mends costs no allocation.
func bare(err error) bool {
	return err == ErrOutOfMemory || err == ErrAlignment || err == ErrNotOwned || err == errMixed
}

// notOwned is the error for Resize of a block of somebody else.
func notOwned(who string, size, align, left int) error {
	return &Error{who, size, align, left, "the block is not from here; resize it with the allocator it came from", ErrNotOwned}
}

// badAlign is the error for an alignment that an allocator never grants.
func badAlign(who string, size, align, limit, left int) error {
	hint := fmt.Sprintf("the alignment must be a power of two from 1 to %d", limit)
	return &Error{who, size, align, left, hint, ErrAlignment}
}

// explained is explain of a node with memory of its own. full is what a lack of memory
// is to read as; strictest is the strictest alignment that the node grants.
func explained(err error, full *Error, strictest int) error {
	switch {
	case !bare(err):
		return err
	case err == ErrNotOwned:
		return notOwned(full.Allocator, full.Size, full.Align, full.Left)
	case !isPowerOfTwo(full.Align) || full.Align > strictest:
		return badAlign(full.Allocator, full.Size, full.Align, strictest, full.Left)
	case full.Size < 0:
		full.Hint = "the size is negative"
	}
	return full
}
