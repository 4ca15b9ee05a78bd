// Package forms has a call of every function in every form, once proven and once
// not, for the test of each target.
package forms

import (
	"io"
	"slices"

	"github.com/stackalloc/stackalloc"
)

type point struct{ x, y float64 }

var (
	bytes   []byte
	words   []string
	points  []point
	closers []*closer
)

type closer struct{ n int }

func (c *closer) Close() error { c.n = 0; return nil }

func Bytes(n int, src []byte) (k int, err error) {
	stackalloc.Do(n, func(s []byte) { k += len(s) })                            // want proven
	stackalloc.Uninit(n, func(s []byte) { k += len(s) })                        // want proven
	stackalloc.Fill(n, 7, func(s []byte) { k += len(s) })                       // want proven
	stackalloc.Init(n, func(i int) byte { return 1 }, func(s []byte) { k++ })   // want proven
	stackalloc.Collect(n, slices.Values(src), func(s []byte) { k += len(s) })   // want proven
	stackalloc.Copy(src, func(s []byte) { k += len(s) })                        // want proven
	k += stackalloc.Call(n, func(s []byte) int { return len(s) })               // want proven
	a, b := stackalloc.Call2(n, func(s []byte) (int, int) { return len(s), 1 }) // want proven
	stackalloc.Aligned(n, 64, func(s []byte) { k += len(s) })                   // want proven
	err = stackalloc.Bounded(n, 100, func(s []byte) { k += len(s) })            // want proven
	stackalloc.Do(8, func(s []byte) { k += len(s) })                            // want proven
	for s := range stackalloc.Scope[byte](n) {                                  // want proven
		k += len(s)
	}
	return k + a + b, err
}

func BytesLeak(n int, src []byte) (k int, err error) {
	stackalloc.Do(n, func(s []byte) { bytes = s })                                    // want unproven: stored in the package variable bytes
	stackalloc.Uninit(n, func(s []byte) { bytes = s })                                // want unproven: stored in the package variable bytes
	stackalloc.Fill(n, 7, func(s []byte) { bytes = s })                               // want unproven: stored in the package variable bytes
	stackalloc.Init(n, func(i int) byte { return 1 }, func(s []byte) { bytes = s })   // want unproven: stored in the package variable bytes
	stackalloc.Collect(n, slices.Values(src), func(s []byte) { bytes = s })           // want unproven: stored in the package variable bytes
	stackalloc.Copy(src, func(s []byte) { bytes = s })                                // want unproven: stored in the package variable bytes
	k += stackalloc.Call(n, func(s []byte) int { bytes = s; return 1 })               // want unproven: stored in the package variable bytes
	a, b := stackalloc.Call2(n, func(s []byte) (int, int) { bytes = s; return 1, 1 }) // want unproven: stored in the package variable bytes
	stackalloc.Aligned(n, 64, func(s []byte) { bytes = s })                           // want unproven: stored in the package variable bytes
	err = stackalloc.Bounded(n, 100, func(s []byte) { bytes = s })                    // want unproven: stored in the package variable bytes
	stackalloc.Do(8, func(s []byte) { bytes = s })                                    // want unproven: stored in the package variable bytes
	for s := range stackalloc.Scope[byte](n) {                                        // want unproven: stored in the package variable bytes
		bytes = s
	}
	return k + a + b, err
}

func Words(n int, src []string) (k int, err error) {
	stackalloc.Do(n, func(s []string) { k += len(s) })                              // want proven
	stackalloc.Uninit(n, func(s []string) { k += len(s) })                          // want proven
	stackalloc.Fill(n, "a", func(s []string) { k += len(s) })                       // want proven
	stackalloc.Init(n, func(i int) string { return "b" }, func(s []string) { k++ }) // want proven
	stackalloc.Collect(n, slices.Values(src), func(s []string) { k += len(s) })     // want proven
	stackalloc.Copy(src, func(s []string) { k += len(s) })                          // want proven
	k += stackalloc.Call(n, func(s []string) int { return len(s) })                 // want proven
	a, b := stackalloc.Call2(n, func(s []string) (int, int) { return len(s), 1 })   // want proven
	err = stackalloc.Bounded(n, 100, func(s []string) { k += len(s) })              // want proven
	for s := range stackalloc.Scope[string](n) {                                    // want proven
		k += len(s)
	}
	return k + a + b, err
}

func WordsLeak(n int, src []string) (k int, err error) {
	stackalloc.Do(n, func(s []string) { words = s })                                      // want unproven: stored in the package variable words
	stackalloc.Uninit(n, func(s []string) { words = s })                                  // want unproven: stored in the package variable words
	stackalloc.Fill(n, "a", func(s []string) { words = s })                               // want unproven: stored in the package variable words
	stackalloc.Init(n, func(i int) string { return "b" }, func(s []string) { words = s }) // want unproven: stored in the package variable words
	stackalloc.Collect(n, slices.Values(src), func(s []string) { words = s })             // want unproven: stored in the package variable words
	stackalloc.Copy(src, func(s []string) { words = s })                                  // want unproven: stored in the package variable words
	k += stackalloc.Call(n, func(s []string) int { words = s; return 1 })                 // want unproven: stored in the package variable words
	a, b := stackalloc.Call2(n, func(s []string) (int, int) { words = s; return 1, 1 })   // want unproven: stored in the package variable words
	err = stackalloc.Bounded(n, 100, func(s []string) { words = s })                      // want unproven: stored in the package variable words
	for s := range stackalloc.Scope[string](n) {                                          // want unproven: stored in the package variable words
		words = s
	}
	return k + a + b, err
}

func Structs(n int, src []point) (k int) {
	stackalloc.Do(n, func(s []point) { k += len(s) })                           // want proven
	stackalloc.Uninit(n, func(s []point) { k += len(s) })                       // want proven
	stackalloc.Copy(src, func(s []point) { k += len(s) })                       // want proven
	k += stackalloc.Call(n, func(s []point) int { return len(s) })              // want proven
	stackalloc.Uninit(n, func(s []point) { points = append(points[:0], s...) }) // want proven
	stackalloc.Uninit(n, func(s []point) { points = s[1:] })                    // want unproven: stored in the package variable points
	return k
}

func Closers(n int) (k int, err error) {
	err = stackalloc.Closing(n, func(i int) (*closer, error) { return new(closer), nil }, func(s []*closer) error { k = len(s); return nil })  // want proven
	err = stackalloc.Closing(n, func(i int) (*closer, error) { return new(closer), nil }, func(s []*closer) error { closers = s; return nil }) // want unproven: stored in the package variable closers
	return k, err
}

func Nested(n int, r io.Reader) (k int) {
	stackalloc.Do(n, func(a []byte) { // want proven
		stackalloc.Fill(n, 1, func(b []string2) { k += len(a) + len(b) }) // want proven
		stackalloc.Copy(a, func(b []byte) { r.Read(b) })                  // want unproven: io.Reader
	})
	return k
}

type string2 int32

func inlined(n int, f func(s []byte)) { stackalloc.Uninit(n, f) } // want proven

func Helper(n int) (k int) {
	inlined(n, func(s []byte) { k = len(s) }) // want proven
	return k
}

func generic[T any](n int) (k int) {
	stackalloc.Do(n, func(s []T) { k = len(s) }) // want proven
	return k
}

func Generic(n int) int { return generic[int](n) + generic[string](n) + generic[point](n) }

func Statements(n int) {
	defer stackalloc.Do(n, func(s []byte) { s[0] = 1 }) // want proven
	go stackalloc.Do(n, func(s []byte) { s[0] = 1 })    // want proven
	go stackalloc.Do(n, func(s []byte) { bytes = s })   // want unproven: stored in the package variable bytes
}
