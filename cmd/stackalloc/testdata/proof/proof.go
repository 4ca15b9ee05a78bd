// Package proof has a function for the loss and one for the cure of each row of
// docs/proof.md, under comments with the words of that row. A comment "flags" names
// the builds that a row is about.
package proof

import (
	"bytes"
	"crypto/sha256"
	"hash"
	"hash/crc32"
	"io"
	"iter"
	"slices"
	"testing"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/scratch"
)

// Loss: the slice goes to an interface method (`io.Reader`, `hash.Hash`)
func interfaceMethod(n int, r io.Reader, h hash.Hash) {
	stackalloc.Do(n, func(b []byte) { r.Read(b) })
	stackalloc.Do(n, func(b []byte) { h.Write(b) })
}

// Cure: package `scratch`
func interfaceMethodCured(n int, r io.Reader, h hash.Hash) {
	scratch.Do(n, func(b []byte) { r.Read(b) })
	scratch.Do(n, func(b []byte) { h.Write(b) })
}

// Loss: … to a function value that the compiler does not know, or through one inside (`crc32.ChecksumIEEE`)
func functionValue(n int, f func([]byte)) (sum uint32) {
	stackalloc.Do(n, func(b []byte) { f(b) })
	stackalloc.Do(n, func(b []byte) { sum = crc32.ChecksumIEEE(b) })
	return sum
}

// Cure: `scratch`, or a function it knows (`sha256.Sum256`)
func functionValueCured(n int, f func([]byte)) (sum [32]byte) {
	scratch.Do(n, func(b []byte) { f(b) })
	stackalloc.Do(n, func(b []byte) { sum = sha256.Sum256(b) })
	return sum
}

// Loss: the enclosing function is inlined elsewhere, and the callback calls generic code (`slices.Sort`) or this library
func Median(xs []int) int {
	return stackalloc.Call(len(xs), func(b []int) int {
		copy(b, xs)
		slices.Sort(b)
		return b[len(b)/2]
	})
}

// Loss: the enclosing function is inlined elsewhere, and the callback calls generic code (`slices.Sort`) or this library
func Nested(n int) (k int) {
	stackalloc.Uninit(n, func(a []byte) {
		stackalloc.Fill(n, 1, func(b []int) { k = len(a) + len(b) })
	})
	return k
}

// Cure: `//go:noinline` on it
//
//go:noinline
func MedianCured(xs []int) int {
	return stackalloc.Call(len(xs), func(b []int) int {
		copy(b, xs)
		slices.Sort(b)
		return b[len(b)/2]
	})
}

// Cure: `//go:noinline` on it
//
//go:noinline
func NestedCured(n int) (k int) {
	stackalloc.Uninit(n, func(a []byte) {
		stackalloc.Fill(n, 1, func(b []int) { k = len(a) + len(b) })
	})
	return k
}

// Loss: the call stands directly in `for b.Loop()`
func BenchmarkLoop(b *testing.B) {
	for b.Loop() {
		stackalloc.Do(b.N, func(s []byte) { s[0]++ })
	}
}

// Cure: a function of its own around it
func BenchmarkLoopCured(b *testing.B) {
	for b.Loop() {
		func() { stackalloc.Do(b.N, func(s []byte) { s[0]++ }) }()
	}
}

// Loss: a call in the callback of another call of the same function, with an outer block of at most 32 bytes; a function whose callback calls it again
func sameFunction(n int) (k int) {
	stackalloc.Uninit(n, func(a []byte) {
		stackalloc.Uninit(n, func(b []byte) { k = len(a) + len(b) })
	})
	return k
}

// Loss: a call in the callback of another call of the same function, with an outer block of at most 32 bytes; a function whose callback calls it again
func again(n int) {
	stackalloc.Do(n, func(b []byte) {
		if b[0] = 1; n > 0 {
			again(n - 1)
		}
	})
}

func useAgain(n int) { again(n) }

// Cure: one block cut in two, or the inner call in a function with `//go:noinline`
func sameFunctionCured(n int) (k int) {
	stackalloc.Uninit(2*n, func(s []byte) {
		a, b := s[:n:n], s[n:]
		k = len(a) + len(b)
	})
	stackalloc.Uninit(n, func(a []byte) { k += len(a) + inner(n) })
	return k
}

// Cure: one block cut in two, or the inner call in a function with `//go:noinline`
//
//go:noinline
func inner(n int) (k int) {
	stackalloc.Uninit(n, func(b []byte) { k = len(b) })
	return k
}

// Loss: a recursive function that hands its block on to itself (a walk that extends a path)
func walk(path []int, depth int) (k int) {
	stackalloc.Uninit(len(path)+1, func(p []int) {
		copy(p, path)
		p[len(path)] = depth
		if depth > 0 {
			k = walk(p, depth-1)
		}
	})
	return k + len(path)
}

// Cure: one block for all of it, made before the recursion
func walkCured(depth int) (k int) {
	stackalloc.Uninit(depth+1, func(p []int) { k = step(p, 0) })
	return k
}

func step(p []int, i int) int {
	p[i] = i
	if i+1 == len(p) {
		return i
	}
	return i + step(p, i+1)
}

// Loss: a call in a loop over an iterator inside a loop over an iterator; the second and third of three loops over `Scope`
func loopInLoop(n int, xs []int) (k int) {
	for x := range slices.Values(xs) {
		for y := range slices.Values(xs) {
			stackalloc.Do(n, func(b []byte) { k += len(b) + x + y })
		}
	}
	return k
}

// Loss: a call in a loop over an iterator inside a loop over an iterator; the second and third of three loops over `Scope`
func threeScopes(n int) (k int) {
	for a := range stackalloc.Scope[byte](n) {
		for b := range stackalloc.Scope[int](n) {
			for c := range stackalloc.Scope[string](n) {
				k += len(a) + len(b) + len(c)
			}
		}
	}
	return k
}

// Cure: a function of its own
func loopInLoopCured(n int, xs []int) (k int) {
	for range slices.Values(xs) {
		for range slices.Values(xs) {
			k += innerCall(n)
		}
	}
	return k
}

// Cure: a function of its own
//
//go:noinline
func innerCall(n int) (k int) {
	stackalloc.Do(n, func(b []byte) { k = len(b) })
	return k
}

type writer interface{ write([]byte) }

type counter int

func (c *counter) write(b []byte) { *c += counter(len(b)) }

// Loss: the function as a value (`f := stackalloc.Do[byte]`)
func asValue() func(int, func([]byte)) {
	f := stackalloc.Do[byte]
	return f
}

// Cure: call it
func asValueCured(n int) {
	stackalloc.Do(n, func(b []byte) { b[0] = 1 })
}

// Loss: … to a method of a type parameter, or to a method value
func typeParameter[W writer](n int, w W) {
	stackalloc.Do(n, func(b []byte) { w.write(b) })
}

// Loss: … to a method of a type parameter, or to a method value
func methodValue(n int, c *counter) {
	typeParameter(n, c)
	f := c.write
	stackalloc.Do(n, func(b []byte) { f(b) })
}

// Cure: a method of a known type
func methodCured(n int, c *counter) {
	stackalloc.Do(n, func(b []byte) { c.write(b) })
}

// Loss: `defer` in a loop, of a function that gets the block
func deferInLoop(n int, c *counter) {
	stackalloc.Do(n, func(b []byte) {
		for range b {
			defer c.write(b)
		}
	})
}

// Cure: a function of its own for what is in the loop
func deferInLoopCured(n int, c *counter) {
	stackalloc.Do(n, func(b []byte) {
		for range b {
			func() { defer c.write(b) }()
		}
	})
}

// Loss: `Collect` with an iterator that the compiler does not know
func unknownIterator(n int, seq iter.Seq[int]) (k int) {
	stackalloc.Collect(n, seq, func(s []int) { k = len(s) })
	return k
}

// Cure: a known one (`slices.Values`), or `append` to a block of `scratch`
func unknownIteratorCured(n int, xs []int, seq iter.Seq[int]) (k int) {
	stackalloc.Collect(n, slices.Values(xs), func(s []int) { k = len(s) })
	scratch.Uninit(n, func(block []int) {
		s := block[:0]
		for x := range seq {
			s = append(s, x)
		}
		k += len(s)
	})
	return k
}

// Loss: a call in the callback of another call, both beyond column 254 of a line
func wideLine(n int) int {
	return len("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx") + stackalloc.Call(n, func(b []byte) int { stackalloc.Fill(n, 1, func(c []byte) { copy(b, c) }); return len(b) })
}

// Cure: break the line
func wideLineCured(n int) int {
	return len("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx") +
		stackalloc.Call(n, func(b []byte) int { stackalloc.Fill(n, 1, func(c []byte) { copy(b, c) }); return len(b) })
}

// Loss: slices of it are stored in a block (rows of a table)
func rows(n int) (k int) {
	stackalloc.Do(n*n, func(b []byte) {
		stackalloc.Fill(n, nil, func(table [][]byte) {
			for i := range table {
				table[i] = b[i*n : (i+1)*n]
			}
			k = len(table)
		})
	})
	return k
}

// Cure: index `i*cols+j`
func rowsCured(n int) (k int) {
	stackalloc.Do(n*n, func(b []byte) {
		for i := range n {
			for j := range n {
				k += int(b[i*n+j])
			}
		}
	})
	return k
}

// Loss: it is in a result
func result(n int) []byte {
	return stackalloc.Call(n, func(b []byte) []byte { return b[1:] })
}

// Cure: copy it, or append it to what the caller has
func resultCured(dst []byte, n int) []byte {
	s := stackalloc.Call(n, func(b []byte) []byte { return bytes.Clone(b[1:]) })
	stackalloc.Do(n, func(b []byte) { dst = append(dst, b...) })
	return append(dst, s...)
}

// Loss: a goroutine or a channel gets it
func goroutine(n int, c chan []byte) {
	stackalloc.Do(n, func(b []byte) { go clear(b) })
	stackalloc.Do(n, func(b []byte) { c <- b })
}

// Cure: the call in the goroutine, or a copy
func goroutineCured(n int, c chan []byte) {
	go func() { stackalloc.Do(n, func(b []byte) { clear(b) }) }()
	stackalloc.Do(n, func(b []byte) { c <- bytes.Clone(b) })
}
