// Package plain has a call that is proven in plain builds only.
package plain

import "github.com/stackalloc/stackalloc"

// Loss: builds without inlining (`-gcflags=-l`, debuggers), with `-asan` or `-d=checkptr=2`
//
// flags: -gcflags=-l
// flags: -gcflags=all=-N -l
// flags: -asan
// flags: -gcflags=all=-d=checkptr=2
func call(n int) (k int) {
	stackalloc.Do(n, func(b []byte) { k = len(b) })
	return k
}
