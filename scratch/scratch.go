// Package scratch gives a slice of memory for the duration of a callback that the
// compiler cannot see into, above all one that hands the slice to an [io.Reader]
// or [io.Writer].
//
//	scratch.Uninit(32<<10, func(buf []byte) {
//		n, err = io.CopyBuffer(dst, src, buf)
//	})
//
// # Which of the two packages
//
// Package stackalloc, the root of this module, has functions of the same names
// with the same arguments, so that changing the package name is all it takes.
//
//	the callback …                                     package     memory
//	uses the slice itself, or calls functions that     stackalloc  the goroutine's stack,
//	the compiler sees into (hex, strconv.Append…,                  as the compiler proves
//	sha256.Sum256, (*os.File).Read)                                that nothing keeps it
//	hands it to an interface (io.Reader, io.Writer,    scratch     recycled blocks,
//	hash.Hash, net.Conn) or to a function value                    as you promise it
//	shares it with goroutines that it waits for        scratch     "
//	does not know how long its output will be          scratch     ", by [Buffer]
//	keeps it, or returns it                            neither     make
//
// The root package falls back to make where it finds no proof: safe, but one
// allocation for each call. This package has no proof and needs none, because an
// interface like io.Reader promises not to keep what it is given; the price is
// that nobody notices where such a promise is broken.
//
// Proven, for the root package (the command check says so of each call):
//
//	stackalloc.Uninit(hex.EncodedLen(len(id)), func(buf []byte) {
//		hex.Encode(buf, id)
//		sum = sha256.Sum256(buf)
//	})
//
// Beyond the compiler, for this one:
//
//	scratch.Uninit(size, func(buf []byte) {
//		n, err = conn.Read(buf) // an interface call
//	})
//
// # What is guaranteed
//
// The slice does not move and belongs to the callback until it returns, panics or
// ends its goroutine with [runtime.Goexit]. During that time any goroutine may use
// it. Scopes nest to any depth and never touch the memory of those around them.
// Elements may hold pointers: the collector sees them, and they are cleared when
// the scope ends, so that a resting block keeps nothing alive. A capacity equal
// to the length makes append move to the heap and never overrun. In the steady
// state nothing is allocated, whatever the compiler knows of the callback, and a
// callback that captures variables costs no allocation either.
//
// A scope that ends by a panic or Goexit releases its block to the collector, not
// to the next scope, so that goroutines it did not get to wait for do no harm.
//
// Blocks are kept for the next scopes by size, so that a large one never serves,
// and is never pinned by, small requests. Those that garbage collections find
// unused are freed. Blocks above 16 MiB are made and left to the collector each time.
//
// # What is not guaranteed
//
// A slice kept beyond its scope is somebody else's memory. It stays readable and
// writable: reading it gives what a later scope, perhaps of another goroutine,
// has put there, and writing it destroys that scope's data. Memory is never
// corrupted beyond such blocks, whose bytes are bytes and whose elements with
// pointers are only handed on as the same type. The same holds for a goroutine
// that still uses the slice when the callback has returned or panicked.
//
// To find such errors, build or test with -tags=stackalloc_debug. Every block then
// has pages of its own between pages that cannot be accessed, and ends where the
// second of these begins. When the scope ends the pages are taken away. Late
// reads, late writes and writes past the end crash with the guilty line in the
// trace; a late system call fails with EFAULT ("bad address"). Blocks with
// pointers, and all blocks where pages cannot be protected (wasm, plan9, aix), are
// made for one scope, filled with a pattern when it ends, and looked at by the
// following calls of this package, which panic if one has changed; pointers in them
// lead to a page that cannot be accessed. The tag costs some microseconds and
// a few system calls for every scope.
//
// # When not to use it
//
// Where the compiler can prove the callback, the root package is faster and needs
// no promise. Where the result outlives the call, it belongs on the heap.
//
// All functions are safe for concurrent use. A negative length, or one whose size
// overflows, panics with a message that starts with "scratch:" before the callback
// runs. A panic or Goexit in a callback passes through.
package scratch

import (
	"unsafe"

	"github.com/stackalloc/stackalloc/internal/element"
	"github.com/stackalloc/stackalloc/internal/recycle"
)

// Do calls f with n zeroed elements.
//
// The cost on amd64 and arm64 is that of [Uninit] and of clearing the elements.
func Do[T any](n int, f func(s []T)) {
	inline(func() {
		if !cleared(n, sizeOf[T](), f) {
			other(n, f, true)
		}
	})
}

// Uninit calls f with n elements whose contents are unspecified, unless T holds
// pointers or bools: those are zero, since for them not every bit pattern is a
// value.
//
// The cost on amd64 and arm64 is less than that of taking a buffer from a [sync.Pool]
// and putting it back, at any size up to 256 KiB; above, and on other machines, more.
// The contents are data that the same process had in earlier scopes: do not hand them
// out unwritten.
func Uninit[T any](n int, f func(s []T)) {
	inline(func() {
		if !dirty(n, sizeOf[T](), f) {
			other(n, f, false)
		}
	})
}

// Call returns f's result, called with n zeroed elements. The result must not
// hold the slice.
func Call[T, R any](n int, f func(s []T) R) (r R) {
	Do(n, func(s []T) { r = f(s) })
	return r
}

// Call2 returns f's two results, called with n zeroed elements. The results must
// not hold the slice.
func Call2[T, R1, R2 any](n int, f func(s []T) (R1, R2)) (r1 R1, r2 R2) {
	Do(n, func(s []T) { r1, r2 = f(s) })
	return r1, r2
}

// inline calls g. A literal handed to it is inlined into the caller of the function
// that hands it over, at a cost to the inliner that does not grow with its body.
func inline(g func()) { g() }

func sizeOf[T any]() uintptr {
	return unsafe.Sizeof(*new(T))
}

// Blocks are not put back by a defer. That is faster; and a callback that panics
// or calls Goexit may leave goroutines behind that it did not wait for, so that
// its block had better never be anybody else's. The collector takes it.

// dirty calls f, a func([]T) with elements of elem bytes, on a block of n
// elements as it is, unless that needs more than a recycled block without
// pointers. It is no generic function because calls of another package are not
// inlined into those where they are instantiated.
func dirty(n int, elem uintptr, f any) bool {
	size, ok := plainSize(n, elem, f, element.AnyBits)
	if !ok {
		return false
	}
	b := recycle.Get(size)
	onBytes(f)(unsafe.Slice((*byte)(b.Data), n))
	recycle.Put(b)
	return true
}

// cleared is dirty with zeroed elements.
func cleared(n int, elem uintptr, f any) bool {
	size, ok := plainSize(n, elem, f, element.Bools)
	if !ok {
		return false
	}
	b := recycle.GetZero(size)
	if !recycle.Zeroes(size) {
		clear(unsafe.Slice((*byte)(b.Data), size))
	}
	onBytes(f)(unsafe.Slice((*byte)(b.Data), n))
	recycle.Put(b)
	return true
}

// onBytes returns f, a func([]T), as one that takes any slice header.
func onBytes(f any) func([]byte) {
	return *(*func([]byte))(unsafe.Pointer(&(*[2]unsafe.Pointer)(unsafe.Pointer(&f))[1]))
}

// other is dirty and cleared for what is left: bools that must be cleared, pointers,
// large blocks, bad lengths, and every block when fences are on.
//
//go:noinline
func other[T any](n int, f func(s []T), zero bool) {
	size := mustSize(n, sizeOf[T]())
	c := element.Of(f)
	switch {
	case fenced:
		guard(n, size, f, zero || c == element.Bools, c == element.Pointers)
	case size > recycle.Max:
		f(make([]T, n))
	case c == element.Pointers && n > 0:
		b := recycle.GetSlice[T](n)
		f(b.All[:n:n])
		recycle.PutSlice(b, n)
	case c == element.Pointers:
		f([]T{})
	default: // the first call with this type, or one that shares its entry in element.Seen
		b := recycle.Get(size)
		s := unsafe.Slice((*T)(b.Data), n)
		if zero || c == element.Bools {
			clear(s)
		}
		f(s)
		recycle.Put(b)
	}
}
