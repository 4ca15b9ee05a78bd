// Package generate makes random programs that use the library, to compare what they
// print with what they print with make in its place.
//
// A program is a few functions with calls of the library. In each callback values
// that hold the block go at random through fields, closures, interfaces, channels,
// goroutines, iterators and other calls, and end in a digest, or in something that
// outlives the call; then the memory of dead blocks is used for something else, and
// all that is still reachable is digested. The same seed makes the same programs.
package generate

import (
	"fmt"
	"strings"
)

// A Program is the source of one random program: the declarations of func pN and func
// pNafter, which all begin with pN.
type Program struct {
	ID   int
	Text string
}

// New makes program id of a seed.
func New(seed uint64, id int) Program {
	p := &program{id: fmt.Sprintf("p%d", id), declared: map[string]bool{}}
	p.dice = dice(seed*1_000_003 + uint64(id)*7_919)
	p.next()
	var calls strings.Builder
	for range 1 + p.below(3) {
		calls.WriteString("h = " + p.unit() + "(n, h)\n")
	}
	text := strings.Join(p.heads, "\n\n") +
		fmt.Sprintf("\n\nfunc %s(n int, h uint64) uint64 {\n%sreturn h\n}\n\nfunc %[1]safter(h uint64) uint64 {\n%[3]sreturn h\n}\n",
			p.id, calls.String(), strings.Join(p.after, ""))
	return Program{id, text}
}
