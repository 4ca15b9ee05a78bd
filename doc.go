// Package stackalloc gives a slice whose length is known only at run time, that
// lives on the goroutine stack, and that is gone when its scope ends: what alloca
// is to C, with a proof by the compiler in place of the programmer's promise.
//
//	stackalloc.Uninit(len(name)+16, func(buf []byte) {
//		n := encode(buf, name)
//		sum = sha256.Sum256(buf[:n])
//	})
//
// # What is guaranteed
//
// No call of this package needs a promise. Each public function is inlined into
// its caller and shows the compiler a zero-sized variable that flows into the
// callback wherever the block would. If the callback lets its slice reach
// anything that outlives the call (a global, a field, a variable outside of the
// callback, a channel, another goroutine, an interface call), escape analysis
// moves that variable to the heap, the call sees its address, and takes the
// block from make. Otherwise the variable, and then the block, is on the stack.
//
// A call without a proof is as safe as make, and as fast. There is none when the
// compiler does not know the callback (a function value of unknown origin), in
// builds without inlining (-gcflags=-l, debug builds), in a very large function,
// and where the compiler inlines nothing:
//
//   - in a closure whose enclosing function was itself inlined, which makes the
//     closure anew; a callback made anew is known, but methods of interfaces are
//     not devirtualized in it;
//   - in a loop over an iterator inside a loop over an iterator;
//   - in the callback of another call of the same function, when that one's block
//     has at most 32 bytes: one block cut in two serves both, s[:n:n] and s[n:];
//   - in the initializer of a package variable with Go 1.27;
//   - in the body of for b.Loop() itself, where the compiler keeps the arguments of
//     calls alive: from Go 1.26 on those of functions without a result, like Do and
//     Scope, in Go 1.25 those of all;
//   - in a function that is inlined only because a profile (PGO) says that it is hot:
//     its callbacks are made anew, and the calls in them are not inlined.
//
// A named function for the body, or //go:noinline on the enclosing function, is
// the usual cure; in for b.Loop() it is func() { … }() around the call. The command stackalloc check tells which calls are proven and
// why others are not, and [TraceHeap] tells it of a running process.
//
// The guarantee is the compiler's own for a local array whose address is taken.
// Where the compiler is wrong for those, it is wrong here: up to Go 1.27,
// reflect.Copy, reflect.AppendSlice and reflect.Value.Grow with a slice of
// slices do not count as leaking what they copy. Code that hides pointers from
// the compiler (through uintptr, or assembly marked noescape that keeps its
// argument) is wrong for local variables and for blocks alike. Recycled blocks,
// see below, have one hole more: the runtime does not copy a string that is
// concatenated with empty ones only, unless it is on the stack, so that a string
// made of a block with unsafe.String may outlive it that way.
//
// # Where a block lives
//
// Up to 32 bytes, or 4 elements of up to 32 bytes, in the caller's own frame. Up to
// the limit (64 KiB, see [SetLimit]) on the goroutine's stack, if the block fits
// into what is there, or has been asked for often enough to pay for growing it, in
// a frame of the next power of two. For elements with pointers that ends at 8 KiB,
// and, unless they are pointers, strings, slices or others of up to three words
// that begin with their only pointer, at 128 elements. Proven blocks that do not
// fit are recycled: taken from earlier scopes, which provably kept nothing. All
// others, and those above 16 MiB, come from make.
//
// # When not to use it
//
// Where a constant bound is small, var b [64]byte is simpler and faster. Where
// the slice is handed to an interface method (io.Reader, hash.Hash behind its
// interface), no proof is possible: package scratch serves those. Where the
// result outlives the call, it belongs on the heap.
//
// All functions are safe for concurrent use. Slices have a capacity equal to
// their length, so append moves to the heap and never overruns. A negative length
// or one whose size overflows panics, with a message that starts with
// "stackalloc:", before any callback runs. A panic or [runtime.Goexit] in a
// callback passes through.
package stackalloc
