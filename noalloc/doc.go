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
// [CheckRetained] asks what stays: it fails with the places of objects made under
// the function that can still be reached when it has returned and collections have
// run.
//
// # What else there is
//
//	                     AllocsPerRun  gcassert   checkescape  dhat        Check,
//	                                                           (Rust)      CheckRetained
//	looks at             a run         compiler's machine code a run       a run
//	                                   messages
//	counts whose         all           -          -            all         f's own,
//	                     goroutines'                           threads'    others' by option
//	one rare object      rounded away  seen       seen         counted     found
//	names the place      no            the line   the line     on exit,    the line and
//	                                                           in a file   its callers
//	make of variable     counted       passes     passes       counted     found
//	length
//	behind an interface  counted       not seen   "dynamic     counted     found
//	or function value                             call"
//	lines never reached  no            yes        yes          no          no
//	what is retained     no            no         no           bytes       with places
//	in parallel tests    panics        yes        yes          no          yes
//	in a synctest bubble goroutines    yes        yes          -           yes
//	                     of all
//	one part allowed     no            by line    by function  no          Allow, Ignore,
//	                                                                       limits
//
// [testing.AllocsPerRun] gives the average of the whole process, rounded down:
// enough for a loop in a quiet process. github.com/jordanlewis/gcassert fails the
// build where a line marked noescape is named by -gcflags=-m, which is silent about 13
// of the 118 snippets in testdata/corpus.md that allocate. gVisor's checkescape follows
// the calls of functions marked for it down to the machine code, and takes what it
// cannot follow for an allocation: it needs no test to reach a line, and has false
// alarms. A make of variable length passes with both since Go 1.25, whose compiler calls
// it one that does not escape, but which allocates above 32 bytes. Both look at every
// path, this package at what really happens on one; they go well together. dhat's heap testing, for Rust,
// inspired CheckRetained: it asserts numbers of blocks and bytes, in total, at the
// peak and current, one test to a process.
//
// Those who test with testing/synctest need a check that neither waits for the fake
// clock nor counts the goroutines of other bubbles. Check and CheckRetained may be
// called inside a bubble; they do not sleep, start no goroutine and touch no channel.
// Around a bubble they do not see into it: it runs on a goroutine of the testing package. (AllocsPerRun
// works there, too, but counts what goes on outside.)
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
// Neither this package's own allocations count, nor those of finalizers and cleanups,
// nor what is made for later or once on behalf of whatever goroutine comes by:
// caches of the runtime, and the blocks that the rest of this module keeps in stock.
// See [Report].Runtime. As far as they go a verdict is the same whether a test runs
// first, last or alone, and proven calls of package stackalloc and those of scratch pass
// from the first one on. Pools and caches of the standard library and of other modules do
// count, and so does what their functions make on first use, unless a sync.Once of the
// standard library guards it or it is the generator of math/rand or crypto/rand; WarmUp and
// Repeat are for those.
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
// # Goroutines and coroutines
//
// What f's own goroutine allocates from the call of f to its return counts. What
// other goroutines allocate never counts, whoever started them, unless [Goroutines] is
// given; but what a go statement captures is allocated by the goroutine that executes
// it. The runtime's own record of a new goroutine counts nowhere. With Goroutines a
// goroutine counts if it was started with a function that no goroutine alive
// before the run was started with. So one that somebody else starts meanwhile with
// such a function counts, too, and one with the function of an older one does not. The
// body of an [iter.Pull] is a coroutine: a goroutine of its own to the runtime, whose
// function is the iterator. With Goroutines it counts as any other. Without, or if it is
// older than the run, it counts if nobody but f can be seen to have resumed it: no other
// Check was going on, and all goroutines that were there when the run began are still
// there when it has ended, and wait. If somebody else was at work, what coroutines
// allocated is only told ([Report].Coroutines): Check logs it, and fails with Strict. It
// is the same with objects at the end of chains that are longer than the profile keeps.
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
// A run stops the world twice: 20 microseconds in all on an idle Intel machine and about
// 80 where sixteen other processes want its two cores, 110 on an AMD EPYC. If anything in
// the process was allocated meanwhile, it takes a garbage collection too, and reading the
// profile: a third to half of a millisecond for a small test, 1 to 2 ms on the busy
// cores. Chains on which more than 32 calls lie between the allocation and the
// measuring function take half a millisecond to 2 ms more when they are new. Other
// goroutines that keep every processor busy make the collection wait, so that a run may
// take 100 ms.
package noalloc
