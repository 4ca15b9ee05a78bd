package edit

import (
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// around is the number of unchanged lines around a change.
const around = 3

// Unified returns the difference of two texts in the unified form, or "".
func Unified(name, before, after string) string {
	// After a name with spaces patch and git need a tab to see its end.
	if strings.Contains(name, " ") {
		name += "\t"
	}
	u, err := udiff.ToUnified("a/"+name, "b/"+name, before, lines(before, after), around)
	if err != nil {
		panic("edit: " + err.Error()) // edits that overlap: there are none
	}
	return u
}

// lines returns the edits of whole lines that make the one text the other. After 100
// of them udiff takes all that is left, in the middle, for one, so that is compared again.
func lines(before, after string) (edits []udiff.Edit) {
	for _, e := range udiff.Lines(before, after) {
		old := before[e.Start:e.End]
		if old == "" || e.New == "" || old == before {
			edits = append(edits, e)
			continue
		}
		for _, in := range lines(old, e.New) {
			in.Start, in.End = in.Start+e.Start, in.End+e.Start
			edits = append(edits, in)
		}
	}
	return edits
}
