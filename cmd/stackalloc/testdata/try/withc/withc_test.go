package withc

import "testing"

func TestTwice(t *testing.T) {
	if got := Twice("ab"); got != "baba" {
		t.Fatal(got)
	}
}
