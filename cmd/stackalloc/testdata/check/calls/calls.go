// Package calls holds one call for each verdict. A comment "want" says what check
// must tell of the call on its line.
package calls

import (
	"encoding/hex"
	"fmt"
	"io"
	"slices"

	alloca "github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/scratch"
)

var (
	sink  []byte
	sinks struct{ b []byte }
	table = map[string][]byte{}
	ch    = make(chan []byte, 1)
)

type keeper struct{ kept []byte }

func (k *keeper) keep(s []byte) { k.kept = s }

func Clean(n int, src []byte) (sum int) {
	alloca.Do(n, func(s []byte) { sum += len(s) })                                                // want proven
	alloca.Uninit(hex.EncodedLen(len(src)), func(s []byte) { hex.Encode(s, src); sum += len(s) }) // want proven
	alloca.Fill(n, 7, func(s []int) { sum += s[0] })                                              // want proven
	alloca.Init(n, func(i int) int { return i }, func(s []int) { slices.Sort(s); sum += s[0] })   // want proven
	alloca.Collect(n, slices.Values(src), func(s []byte) { sum += len(s) })                       // want proven
	alloca.Copy(src, func(s []byte) { sum += len(s) })                                            // want proven
	sum += alloca.Call(n, func(s []byte) int { return len(s) })                                   // want proven
	a, b := alloca.Call2(n, func(s []byte) (int, int) { return len(s), cap(s) })                  // want proven
	alloca.Aligned(n, 64, func(s []byte) { sum += len(s) })                                       // want proven
	for s := range alloca.Scope[string](n) {                                                      // want proven
		sum += len(s)
	}
	return sum + a + b
}

func Nested(n int) (sum int) {
	alloca.Uninit(n, func(a []byte) { // want proven
		alloca.Fill(n, 1, func(b []byte) { sum = len(a) + len(b) }) // want proven
	})
	return sum
}

func NestedInItself(n int) (sum int) {
	alloca.Uninit(n, func(a []byte) { // want proven
		alloca.Uninit(n, func(b []byte) { sum = len(a) + len(b) }) // want unproven: small blocks of the enclosing call
	})
	return sum
}

func Leaks(n int, r io.Reader, p *[]byte, k *keeper, f func([]byte)) (out []byte) {
	alloca.Do(n, func(s []byte) { sink = s })                    // want unproven: stored in the package variable sink at calls.calls.go:\d+$
	alloca.Do(n, func(s []byte) { sinks.b = s })                 // want unproven: stored in sinks.b, reached from the package variable sinks at
	alloca.Do(n, func(s []byte) { table["a"] = s })              // want unproven: stored in table\["a"\], reached from the package variable table at
	alloca.Do(n, func(s []byte) { ch <- s })                     // want unproven: sent on the channel ch at
	alloca.Do(n, func(s []byte) { r.Read(s) })                   // want unproven: passed to r.Read, a call of an interface method \(io.Reader\)
	alloca.Do(n, func(s []byte) { *p = s })                      // want unproven: stored through the pointer p at
	alloca.Do(n, func(s []byte) { k.keep(s) })                   // want unproven: stored in k.kept.* at calls.calls.go:24
	alloca.Do(n, func(s []byte) { out = s[1:] })                 // want unproven: stored in the variable out, which outlives the callback at
	alloca.Do(n, func(s []byte) { f(s) })                        // want unproven: passed to f, a function value
	alloca.Do(n, func(s []byte) { fmt.Println(s) })              // want unproven: converted to an interface|passed to fmt.Println
	alloca.Do(n, func(s []byte) { go use(s) })                   // want unproven: .+ at
	alloca.Do(n, keep)                                           // want unproven: stored in the package variable sink at calls.calls.go:98
	sink = alloca.Call(n, func(s []byte) []byte { return s })    // want unproven: stored in the package variable sink at
	out = alloca.Call(n, func(s []byte) []byte { return s[2:] }) // want unproven: stored in the variable out, which outlives the callback at
	hold(alloca.Call(n, func(s []byte) []byte { return s[3:] })) // want unproven: converted to an interface value
	var local []byte
	for s := range alloca.Scope[byte](n) { // want unproven: stored in the variable local, which outlives the callback at calls.calls.go:74$
		local = s
	}
	return local
}

func Unknown(n int, f func([]byte)) {
	alloca.Do(n, f)     // want unproven: the callback is not known here
	g := alloca.Do[int] // want unproven: function value
	hold(g)
	seq := alloca.Scope[byte](n) // want unproven: iterator is not made in the range clause .+ range clause$
	hold(seq)
}

func hold(v any) { held = v }

var held any

//go:noinline
func use(s []byte) { s[0]++ }

func keep(s []byte) {
	if len(s) > 3 {
		s = s[3:]
	}
	sink = s
}

func Accepted(n int, r io.Reader) {
	alloca.Do(n, func(s []byte) { r.Read(s) }) // stackalloc:heap want accepted: io.Reader
	// stackalloc:heap the reader is slow anyway
	alloca.Do(n, func(s []byte) { // want accepted: io.Reader
		r.Read(s)
	})
	scratch.Do(n, func(s []byte) { r.Read(s) }) // want exempt
}

func TwoOnALine(n int) { alloca.Do(n, write); alloca.Do(n, keep) } // want proven; unproven: sink

func write(s []byte) { s[0] = 1 }

func Constructor(n int) func() int {
	return func() (k int) {
		alloca.Do(n, func(s []byte) { k = len(s) }) // want unproven: copy made by inlining Constructor.*named function, or put //go:noinline on Constructor
		return k
	}
}

func UseConstructor() { held = Constructor(30) }

//go:noinline
func Cured(n int) func() int {
	return func() (k int) {
		alloca.Do(n, func(s []byte) { k = len(s) }) // want proven
		return k
	}
}

func UseCured() { held = Cured(30) }

func Deferred(n int) {
	defer alloca.Do(n, func(s []byte) { s[0] = 1 }) // want proven
	go alloca.Do(n, func(s []byte) { s[0] = 1 })    // want proven
}

var handlers = map[string]func(int){
	"clean": func(n int) { alloca.Do(n, func(s []byte) { s[0] = 1 }) }, // want proven
	"leak":  func(n int) { alloca.Do(n, func(s []byte) { sink = s }) }, // want unproven: sink
}

func Returned(n int) []byte {
	return alloca.Call(n, func(s []byte) []byte { return s[3:] }) // want unproven: returned by the callback at
}
