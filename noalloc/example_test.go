package noalloc_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/stackalloc/stackalloc/noalloc"
)

func ExampleCheck() {
	t := new(testing.T) // in a test: its own t
	buf := make([]byte, 0, 64)
	noalloc.Check(t, func() {
		buf = strconv.AppendInt(buf[:0], 123456, 10)
	})
	fmt.Println(t.Failed())
	// Output: false
}

func ExampleCheck_options() {
	t := new(testing.T)
	cache := map[int]string{}
	noalloc.Check(t, func() {
		if cache[1] == "" {
			cache[1] = strconv.Itoa(123456)
		}
	}, noalloc.WarmUp(1))
	fmt.Println(t.Failed())
	// Output: false
}

func ExampleCheckRetained() {
	t := new(testing.T) // in a test: its own t
	var cache [][]byte
	noalloc.CheckRetained(t, func() {
		cache = append(cache, make([]byte, 100)) // and who takes it out again?
	}, noalloc.MaxObjects(2))
	noalloc.CheckRetained(t, func() {
		garbage := make([]byte, 100)
		clear(garbage)
	})
	fmt.Println(t.Failed(), len(cache))
	// Output: false 1
}

func ExampleMeasure() {
	var kept []*[64]byte
	r := noalloc.Measure(func() {
		kept = make([]*[64]byte, 3, 8)
		for i := range kept {
			kept[i] = new([64]byte)
		}
	})
	fmt.Println(r.Objects, "objects at", len(r.Sites), "sites")
	fmt.Println(r.Sites[0].Objects, "of them at the first")
	// Output:
	// 4 objects at 2 sites
	// 3 of them at the first
}

func ExampleAllow() {
	var kept []byte
	r := noalloc.Measure(func() {
		noalloc.Allow(func() {
			kept = make([]byte, 100_000) // known, and rare
		})
	})
	fmt.Println(r.Objects, r.Allowed, len(kept))
	// Output: 0 1 100000
}

func ExampleForbid() {
	var kept []byte
	r := noalloc.Measure(func() {
		noalloc.Allow(func() {
			noalloc.Forbid(func() {
				kept = make([]byte, 100_000)
			})
		})
	})
	fmt.Println(r.Objects, r.Allowed, len(kept))
	// Output: 1 0 100000
}

func ExampleIgnore() {
	var kept string
	r := noalloc.MeasureWith(func() {
		kept = strconv.Itoa(123456)
	}, noalloc.Ignore("strconv.*"))
	fmt.Println(r.Objects, r.Allowed, kept)
	// Output: 0 1 123456
}

func ExampleCounter() {
	c := noalloc.NewExactCounter()
	kept := make([][]byte, 0, 10)
	for range 10 {
		kept = append(kept, make([]byte, 100_000))
	}
	used := c.Since()
	fmt.Println(used.Objects >= 10, used.Bytes >= 1_000_000, len(kept))
	// Output: true true 10
}

func ExampleVerifyTestMain() {
	// In a test file of the package:
	_ = func(m *testing.M) { // func TestMain(m *testing.M)
		noalloc.VerifyTestMain(m, noalloc.MaxBytes(64<<20))
	}
	// Output:
}
