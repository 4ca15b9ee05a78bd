// Package loops has calls in loops over testing.B.Loop.
package loops

import (
	"testing"

	"github.com/stackalloc/stackalloc"
)

var n = 300

func BenchmarkLoop(b *testing.B) {
	for b.Loop() {
		stackalloc.Do(n, func(s []byte) { s[0]++ }) // want unproven: in a loop over testing.B.Loop.*function of its own
	}
}

func BenchmarkScope(b *testing.B) {
	for b.Loop() {
		for s := range stackalloc.Scope[byte](n) { // want unproven: in a loop over testing.B.Loop
			s[0]++
		}
	}
}

func BenchmarkN(b *testing.B) {
	for range b.N {
		stackalloc.Do(n, func(s []byte) { s[0]++ }) // want proven
	}
}

func BenchmarkFunction(b *testing.B) {
	for b.Loop() {
		one(n)
	}
}

//go:noinline
func one(n int) {
	stackalloc.Do(n, func(s []byte) { s[0]++ }) // want proven
}

var sink []byte

func BenchmarkLeak(b *testing.B) {
	for b.Loop() {
		stackalloc.Do(n, func(s []byte) { sink = s }) // want unproven: in a loop over testing.B.Loop|stored in the package variable sink
	}
}
