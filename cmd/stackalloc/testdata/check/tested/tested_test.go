package tested

import (
	"testing"

	"github.com/stackalloc/stackalloc"
)

var kept []byte

func TestInside(t *testing.T) {
	stackalloc.Do(Len(3), func(s []byte) { kept = s }) // want unproven: stored in the package variable kept
}
