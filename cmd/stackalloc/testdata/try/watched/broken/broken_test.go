package broken

import (
	"testing"

	"example.com/watched"
)

// A constant would be inlined, and the block on the stack.
var size = 1000

func TestCount(t *testing.T) {
	if Count("banana", 'a') != 3 {
		t.Fatal()
	}
}

func TestFails(t *testing.T) { t.Fatal("as it is") }

func TestAllocates(t *testing.T) {
	t.Run("sum", func(t *testing.T) {
		if n := testing.AllocsPerRun(100, func() { watched.Sum(size) }); n != 1 {
			t.Fatalf("%v allocations", n)
		}
	})
}
