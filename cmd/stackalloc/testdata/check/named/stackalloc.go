package named

import "github.com/stackalloc/stackalloc"

func Stackalloc(n int) {
	stackalloc.Do(n, func(b []byte) { keep = b }) // want unproven: stored in the package variable keep at named.stackalloc.go:6
}
