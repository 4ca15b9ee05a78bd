// Package small has collections that begin in a block of yours, on the stack for
// instance, and move to the heap when it is full: a queue with two ends, a map, a
// set, a priority queue, and a slice that grows. Elsewhere such types are called
// SmallVec or InlinedVector.
//
//	func distinct(words []string) (n int) {
//		stackalloc.Do(small.SlotsFor(len(words)), func(block []small.Slot[string, struct{}]) {
//			seen := small.SetOver(block)
//			for _, w := range words {
//				seen.Add(w)
//			}
//			n = seen.Len()
//		})
//		return n
//	}
//
// A collection has as many places as its block is long (its length, not its
// capacity). Push, Put and Add move it to the heap when all are taken; the methods
// with Try return false instead. After the move the block is zeroed, and nothing of
// it is used any more. A nil block has no places, nor has the zero value of a
// collection.
//
// What moves doubles. Where twice as many elements are more than make can have, which
// takes a GiB of elements on 32 bits, it panics as make does, and a Map or Set of 1<<30
// entries panics; the collection is as it was. The methods with Try go on to return false.
//
// # What is guaranteed
//
//   - The block stays proven: as long as what is in the collection does not point
//     into the block, stackalloc keeps it on the stack, but for some loops, of which
//     below. This holds in helpers that get a pointer to the collection, in generic
//     functions, and also where the collection moves to the heap. stackalloc check
//     says so of your code.
//   - As long as the collection fits into its block nothing is allocated, for elements
//     of up to 100 KiB, key and value together. The compiler has variables of more than
//     128 KiB on the heap, so that each call with one allocates.
//   - Places of elements that were popped, deleted or cleared are zeroed, so that they
//     keep nothing alive.
//
// A collection is a value that belongs into a variable of the function, or into a
// struct there. It must not be copied after its first use: pass a pointer. It is not
// safe for concurrent use. If a function that it was given panics, such as the less
// of a Heap, it is as it was before the call.
//
// What goes into a collection counts as leaked, as what goes into a map or a
// channel does: elements that are pointers or slices point to the heap, and a block of
// the stack that you put in as an element is not on the stack any more. Link nodes by
// index. For m[k] += d there is [Add].
//
// # Loops
//
// All is an iterator like that of other collections. Each, of the same collections,
// is the same without a closure:
//
//	for k, v := range m.All() { … }
//	for k, v := range m.Each { … }
//
// The difference shows where the compiler inlines the function with the call of
// stackalloc.Do into another one. It then makes the callback anew and inlines
// nothing there. All would have a closure with the collection in it on the heap, so
// that the block has no proof, as stackalloc check tells. Each has none.
//
// The same happens there to any loop over a function whose body uses the collection,
// be it somebody else's iterator, and to a call of stackalloc.Do in the callback of
// another, collection or not: the body is a closure, and one that is not inlined.
//
//	for w := range strings.FieldsSeq(text) { m.Put(w, 1) }
//
// Against all of these help //go:noinline on the function with the call of
// stackalloc.Do, or a function of its own for the loop, that gets a pointer to the
// collection.
//
// # When not to use it
//
//   - Where the number is a small constant, an array will do, with a loop over
//     it in place of a map.
//
//   - A builtin map of at most 8 entries that does not escape is on the stack already: a
//     [Set] or [Map] takes 0.5 to 0.8 of its time.
//
//   - Text needs no builder of ours. An append to the block without its elements, and the
//     Append functions of strconv, fmt, time and utf8, are proven, as long as what
//     they return is not kept; so is a buffer of package bytes:
//
//     b := append(block[:0], "n="...)
//     b = strconv.AppendInt(b, n, 10)
//     w := bytes.NewBuffer(block[:0])
//
//   - Where elements are only added, append(block[:0], …) is as good as a [Vec], and
//     proven too in the function that has the block. A Vec is for helpers that
//     add, and for pushing and popping.
//
//   - Where the collection outlives the call, the block has no proof and is one from the
//     heap: make a map.
package small
