package stackalloc

import (
	"runtime"
	"unsafe"
)

// A glossary of the words of our own, used throughout:
//
//	rung       a function with a frame of fixed size on which a callback runs (stub.go)
//	ladder     the rungs, each with twice the frame of the one before
//	probe      a variable without bytes, which is where the compiler would put the block
//	show       to call the callback in code that never runs, for the compiler to see
//	seal       to have a closure recover, so that it is not inlined
//	spare      a block that a thread keeps for calls whose block does not fit the stack
//	miss       a block that did not fit the stack
//	patience   the misses after which a stack is grown
//
// The public functions share one body, written out in each because only inlined
// code gives the compiler a view of the callback:
//
//	for {                                   // a loop, on purpose
//		if small {                          // in the caller's own frame
//			f(make([]T, n))
//			return
//		}
//		var probe [0]T
//		if onRung(f) || run(f) {            // out of line (rungs.go, run.go)
//			return
//		}
//		show := func(p, n) {
//			f(the slice of p and n)
//			if !always { recover() }       // seals it
//		}
//		show(&probe, n)                     // never reached
//		return
//	}
//
// The address of probe is the proof: the call that is never reached is one with
// the probe, so that escape analysis must move probe to the heap if f lets its
// argument outlive the iteration. Without the loop a variable of the enclosing
// function would not outlive it. The probe has no bytes, so that nothing is
// cleared, and a heap object of size zero costs no allocation. What it shows has
// length n, so that no compiler can conclude that f sees an empty slice.
//
// The proof must be about the code that runs on the block, and that is f as it is
// compiled by itself, not a copy of it inlined here: in a copy the compiler may
// know more (the dynamic type of an interface, for instance) and keep on the
// stack what f itself puts on the heap, with a pointer to the block in it, which
// nobody adjusts when the stack moves. A function with a call of recover is not
// inlined, so that show stays out of line, and the compiler inlines nothing into
// show, which is itself made in the course of inlining: f is called there, not
// copied. Where a function has to prepare the block, or to keep a result, it does
// so in a closure g that is sealed in the same way and takes the place of f
// throughout. start.go checks all this.
//
// The call with the small block is another matter: there the inlined copy is what
// runs, and whether its slice may be in the frame is decided for that very copy.

// inline calls g. A literal handed to it is inlined into the caller of the function
// that hands it over, at a cost to the inliner that does not grow with its body:
// about 40 in all, of a budget of 80, so that helpers around the public functions
// stay inlinable too, and keep the proof of their own callers.
func inline(g func()) { g() }

// shown is the block as the compiler sees it.
func shown[T any](p unsafe.Pointer, n int) []T {
	return unsafe.Slice((*T)(p), n)
}

// probeHeap is where every heap object of size zero lives. A probe that the
// compiler moved to the heap has this address, and none that stayed on a stack.
var probeHeap unsafe.Pointer

// always is true, from memory: were it a constant, a later compiler could drop the
// call that shows it the flow of the block.
var always = true

// Hiding from escape analysis
//
// A pointer that is made a number and a pointer again is unseen by escape analysis:
// a probe for those who only compare it, a callback for those who call it and keep
// nothing, a block for a callback that is unknown where the block is and was proven
// at the call. But a number does not follow when the stack moves, which it may at
// any call, and compiler flags put calls in many places: before a load, at a
// branch, and with -d=checkptr, which comes with -race, before each conversion of
// an unsafe.Pointer. The flags are those of the package that code is inlined into,
// whatever this package is compiled with, so that nosplit and nocheckptr do not help.
//
// So whatever may call comes first, and a number lives only for as long as a word is
// copied, or from a load to the call of a rung, whose assembly makes it a pointer
// before anything can move. detour_test.go looks for calls in between, in builds with
// all such flags.

// onRung has the callback f run on the rung r: a func([]T), or one with results, which
// are lost.
func onRung[F any](r rung, probe unsafe.Pointer, n int, f F, size uintptr) (ran bool) {
	from := (*uintptr)(unsafe.Pointer(&f))
	number := *from
	ran = r(uintptr(probe), n, number, size)
	return ran
}

// onFillRung is onRung for a rung that fills.
func onFillRung[T any](r fillRung, probe unsafe.Pointer, n int, f func(s []T), size uintptr, word uint64) (ran bool) {
	from := (*uintptr)(unsafe.Pointer(&f))
	number := *from
	ran = r(uintptr(probe), n, number, size, word)
	return ran
}

// onRungHidden is onRung for a callback that noescapeFunc has hidden.
func onRungHidden(r rung, probe unsafe.Pointer, n int, hidden unsafe.Pointer, size uintptr) (ran bool) {
	ran = r(uintptr(probe), n, uintptr(hidden), size)
	return ran
}

// A word is copied by one instruction after the other: to the compiler an array is
// memory, and what the race detector and others have to be told of a copy they are
// told before it.
type word [unsafe.Sizeof(uintptr(0)) / 2]uint16

// noescape returns p, unseen by escape analysis. KeepAlive has the compiler read q
// as the pointer that it is, from memory: were the copied word taken instead, it
// could be kept as a number from then on.
func noescape(p unsafe.Pointer) unsafe.Pointer {
	var q unsafe.Pointer
	seen := p // after q, which saves a store
	from, to := (*word)(unsafe.Pointer(&seen)), (*word)(unsafe.Pointer(&q))
	*to = *from
	runtime.KeepAlive(&q)
	return q
}

// noescapeFunc returns the callback f, unseen by escape analysis, for generic
// functions that are not inlined. The compiler sees into a generic function only
// from packages that are compiled with it: to the others, where a helper around one
// of our functions was inlined, they would seem to leak f. For the same reason the
// closures g contain no call of a generic function.
func noescapeFunc[T any](f func(s []T)) unsafe.Pointer {
	var q unsafe.Pointer
	seen := f
	from, to := (*word)(unsafe.Pointer(&seen)), (*word)(unsafe.Pointer(&q))
	*to = *from
	runtime.KeepAlive(&q)
	return q
}

// callback returns what noescapeFunc was given.
func callback[T any](hidden unsafe.Pointer) func(s []T) {
	return *(*func(s []T))(unsafe.Pointer(&hidden))
}
