package named

import "github.com/stackalloc/stackalloc"

func Place(n int) {
	stackalloc.Do(n, func(b []byte) { keep = b }) // want unproven: stored in the package variable keep at named.place.go:6
}
