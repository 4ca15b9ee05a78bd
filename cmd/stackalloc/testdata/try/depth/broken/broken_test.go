package broken

import (
	"testing"

	"example.com/depth"
)

func TestCount(t *testing.T) {
	if Count("banana", 'a') != 3 {
		t.Fatal()
	}
}

// The same test of a function that is not changed, and one that fails as it is.
func TestFramesOfMine(t *testing.T) {
	func() {
		if n := depth.Frames("TestFramesOfMine"); n != 1 {
			t.Fatal(n)
		}
	}()
}

func TestFails(t *testing.T) { t.Fatal("as it is") }

func TestDepth(t *testing.T) {
	t.Run("frames", func(t *testing.T) { testDepth(t) })
}

func testDepth(t *testing.T) {
	depth.Run(100, func() {
		if n := depth.Frames("testDepth"); n != 2 {
			t.Fatalf("%d frames", n)
		}
	})
}
