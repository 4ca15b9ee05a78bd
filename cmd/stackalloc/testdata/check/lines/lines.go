// Package lines has line directives, as generators of code write them, and columns that
// the compiler does not tell apart.
package lines

import "github.com/stackalloc/stackalloc"

var keep []byte

//line page.templ:20
func Directive(n int) (k int) {
	stackalloc.Do(n, func(b []byte) { k += len(b) }) // want proven
	stackalloc.Do(n, func(b []byte) { keep = b })    // want unproven: stored in the package variable keep at lines.lines.go:12$
	return k
}

//line /elsewhere/y.y:7:30
func WithColumn(n int) (k int) {
	if /*line other.y:7:3*/ n > 3 {
		k += stackalloc.Call(n, first) + stackalloc.Call(n, func(b []byte) int { /*line x.go:1:1*/ keep = b; return 1 }) // want proven; unproven: stored in the package variable keep at lines.lines.go:19$
	}
	return k
}

//line lines.go:11
func OfTheSameFile(n int) {
	stackalloc.Do(n, func(b []byte) { keep = b }) // want unproven: stored in the package variable keep at lines.lines.go:26$
}

func Wide(n int) int {
	return len("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx") + stackalloc.Call(n, first) + stackalloc.Call(n, func(b []byte) int { keep = b; return 1 }) + stackalloc.Call(n, second) // want proven; unproven: stored in the package variable keep at lines.lines.go:30$; proven
}

func first(b []byte) int { return len(b) }

func second(b []byte) int { return cap(b) }
