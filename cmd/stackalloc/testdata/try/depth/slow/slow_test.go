package slow

import (
	"testing"
	"time"

	"example.com/depth"
)

const text = "as long as it takes to be on the heap, which is more than 32 bytes"

// What comes after the change takes a hundred times as long.
func BenchmarkSlower(b *testing.B) {
	sum := 0
	for i := 0; i < b.N; i++ {
		sum += int(First(text)) + int(Last(text))
		sum += depth.Run(100, func() {
			d := 100 * time.Microsecond
			if depth.Frames("BenchmarkSlower") > 2 {
				d *= 100
			}
			time.Sleep(d)
		})
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
