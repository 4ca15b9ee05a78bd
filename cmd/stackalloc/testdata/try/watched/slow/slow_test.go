package slow

import (
	"testing"
	"time"

	"example.com/watched"
)

const text = "as long as it takes to be on the heap, which is more than 32 bytes"

// A constant would be inlined, and the block on the stack.
var size = 1000

// A hundred times as long where nothing is allocated.
func BenchmarkSlower(b *testing.B) {
	sum := 0
	for i := 0; i < b.N; i++ {
		sum += int(First(text)) + int(Last(text))
		d := 10 * time.Millisecond
		if watched.Allocates(func() { sum += watched.Sum(size) }) {
			d /= 100
		}
		time.Sleep(d)
	}
}

func BenchmarkOther(b *testing.B) {
	sum := 0
	for i := 0; i < b.N; i++ {
		sum += int(First(text)) + int(Last(text))
	}
}

func BenchmarkFails(b *testing.B) {
	First(text)
	b.Fatal("does not run")
}
