package a

import "testing"

func TestTwice(t *testing.T) {
	if Twice("abc") != "abc" {
		t.Fatal()
	}
}

func BenchmarkTwice(b *testing.B) {
	for i := 0; i < b.N; i++ {
		Twice("a string of more than thirty-two bytes, so that it is on the heap")
	}
}
