package tested_test

import (
	"testing"

	"example.com/sample/tested"
	"github.com/stackalloc/stackalloc"
)

func TestOutside(t *testing.T) {
	stackalloc.Do(tested.Len(3), func(s []byte) { s[0]++ })                // want proven
	stackalloc.Do(tested.Len(3), func(s []byte) { t.Log(&s[0]) })          // want unproven: .
	t.Run("sub", func(t *testing.T) { stackalloc.Do(9, func([]byte) {}) }) // want proven
}
