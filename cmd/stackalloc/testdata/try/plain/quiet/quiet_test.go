package quiet

import "testing"

func TestSpaced(t *testing.T) {
	if got := Spaced("ab"); got != "a b " {
		t.Fatal(got)
	}
	if got := Spaced("long enough for the heap"); len(got) != 48 {
		t.Fatal(got)
	}
}
