package edit

import (
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// Unified returns the difference of two texts in the unified form, or "".
func Unified(name, before, after string) string {
	// After a name with spaces patch and git need a tab to see its end.
	if strings.Contains(name, " ") {
		name += "\t"
	}
	return udiff.Unified("a/"+name, "b/"+name, before, after)
}
