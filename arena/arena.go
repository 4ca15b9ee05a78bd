// Package arena holds many small values in one piece of memory and drops them
// all at once.
//
//	a := arena.NewBump(64 << 10)
//	for packet := range packets {
//		b, ok := a.Alloc(len(packet)+20, 8) // a few nanoseconds, no garbage
//		…
//		a.Reset() // everything is free again
//	}
//
// # Which one
//
//	Bump          bytes and values without pointers, capacity taken at once
//	Typed[T]      values of one type, any type, capacity taken at once
//	LazyBump      like Bump, but gigabytes are reserved and pages committed as they are needed
//	LazyTyped[T]  like Typed, committed as needed
//
// [New], [Slice], [Copy], [String] and [Append] place values in a [Bump] or a
// [LazyBump]; [Over] makes a Bump of memory the caller has, such as a block on the
// stack. [Typed.New] gives a slot to fill in place, cheaper than to copy a value in.
//
// # What is guaranteed
//
// An arena never grows beyond its capacity and never moves what it holds. A
// request that does not fit, however absurd, is answered with false and leaves
// the arena as it was. Drop functions (Typed and LazyTyped) run in reverse
// order of allocation, exactly once for each value, also when one of them
// panics and Reset is called again.
//
// # What is not
//
// Reset and Rewind make memory available again; nothing stops a program that
// kept a slice or a pointer from before. In a Bump, a Typed, and wherever the
// memory is Go's, such a program reads and writes other values of the arena,
// never anything else. In a LazyBump, and in a LazyTyped of a type without
// pointers, it does the same until Close or a Reset that gives pages back;
// after that it dies with a memory fault.
//
// Only a value in an arena of type Typed or LazyTyped may hold Go pointers. Bump and
// LazyBump are bytes for the collector, so New and its like panic for types with
// pointers, and a pointer that a program hides in bytes from Alloc keeps
// nothing alive.
//
// # When not to use it
//
// When values die one by one, an arena holds on to all of them until the last:
// use the heap, a sync.Pool or package alloc. When a block lives only as long
// as one function call, the stack is cheaper: see the root package.
//
// # Concurrent use
//
// An arena is for one goroutine at a time; handing it on to another is fine
// when the two synchronize. Arenas must not be copied, and go vet reports
// copies. In programs built with -race or the tag stackalloc_debug, calls that
// overlap are detected and panic with both places.
//
// The ideas are those of the Rust crate linalloc: four arenas, fixed or lazily
// committed, bytes or one type. Marks and Rewind, slices, drops of zero-sized
// values, and exactly one drop of each value in spite of panics are beyond it.
package arena
