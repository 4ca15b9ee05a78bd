// Package noalloc asserts that code does not allocate on the heap, and says
// where it does.
//
//	func TestEncode(t *testing.T) {
//		buf := make([]byte, 0, 64)
//		noalloc.Check(t, func() {
//			buf = Encode(buf[:0], 42)
//		})
//	}
//
// A test that fails says:
//
//	noalloc: 2 objects, 40 bytes at 2 sites
//		codec.Encode (encode.go:31): 1 object, 24 bytes, via fmt.Sprint → runtime.slicebytetostring, called by codec.TestEncode.func1 (encode_test.go:14)
//		codec.Encode (encode.go:31): 1 object, 16 bytes, via runtime.convT64, called by codec.TestEncode.func1 (encode_test.go:14)
//
// [testing.AllocsPerRun] answers a smaller question: it gives the average of
// the whole process, rounded down, names no place and panics in parallel tests.
// The compiler's -gcflags=-m says what it decided about each line, but is blind
// to a make of variable length, to what append, maps and the standard library
// do at run time, and to which lines are reached.
//
// # How it works
//
// While the function runs, [runtime.MemProfileRate] is 1, so that the runtime
// records the call stack of every object allocated by anyone. The function runs
// under a chain of marker functions, different for each measurement that is
// going on, so its own records can be told from all others, also in parallel
// tests, nested measurements and benchmarks. Nothing is reached by linkname.
//
// # What is guaranteed
//
// Allocations of other goroutines never count (see [Goroutines] for those that
// the function starts), and neither do this package's own, finalizers and
// cleanups, or the pools and caches that the runtime fills on behalf of
// whatever goroutine comes by: see [Report].Runtime.
//
// Every object of the function of 16 bytes or more, or with pointers, has a
// record and is found, unless it lies more than about 120 calls below the
// function ([Report].TooDeep). Of the tiny ones the first always has a block of
// its own and so a record, but more may share the block, and then are known
// only as a number ([Report].Unattributed). One narrow gap remains: if the
// scheduler moves the goroutine to another P after f has begun and before its
// first tiny object, that object may go into a block that some other goroutine
// has opened there, and then shows only in that number. Strict and Repeat with
// a quiet process close it, and so does the race detector, under which tiny
// objects do not share.
//
// # When not to use it
//
// While a measurement is going on all allocations of the process are recorded,
// at one to fifteen microseconds each, and the program's own heap profile is biased
// towards them, for good: records are never taken back. So Check and Measure
// are for tests, benchmarks and diagnosis. For counting in production there is
// [Counter].
//
// Code that sets MemProfileRate itself during a measurement spoils it. A
// program that reads MemProfileRate (runtime/pprof does, when it writes a heap
// profile) while a measurement begins or ends in another goroutine has a data
// race with it, which the race detector will report.
//
// The package imports testing for the type testing.TB; that registers no flags
// and costs a program that uses only Measure nothing but some code.
//
// # Cost
//
// A run stops the world twice, 20 microseconds in all if it can stop at once. If
// anything in the process was allocated meanwhile, it takes a garbage collection
// too, and reading the profile: about half a millisecond for a small test on an
// idle machine, 4 ms on two cores that ten other processes want, and five times
// that where call chains are longer than 32. Other goroutines that keep every
// processor busy make the collection wait, so that a run may take 100 ms.
package noalloc
