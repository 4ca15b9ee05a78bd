package quiet

import "testing"

func TestSpaced(t *testing.T) {
	if got := Spaced("ab"); got != "a b " {
		t.Fatal(got)
	}
}
