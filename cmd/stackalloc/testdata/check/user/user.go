// Command user calls the helpers.
package main

import (
	"os"

	"example.com/sample/helpers"
	"github.com/stackalloc/stackalloc"
)

var sink []byte

func main() {
	n := len(os.Args)
	k := 0
	stackalloc.Do(n, func(s []byte) { k += len(s) }) // want proven
	helpers.With(n, func(s []byte) { k += len(s) })  // want proven
	helpers.With(n, func(s []byte) { sink = s })     // want unproven: stored in the package variable sink
	helpers.With(n, func(s []byte) { sink = s })     // stackalloc:heap want accepted: sink
	helpers.Locked(n, func(s []byte) { k += len(s) })
	k += helpers.Sum(n, func(a, b int) int { return a + b }, func([]int) {})
	new(helpers.Stack[string]).Each(n)
	println(k)
}
