package scratch_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/stackalloc/stackalloc/internal/build"
	"github.com/stackalloc/stackalloc/scratch"
)

// A variable of more than 128 KiB is on the heap, even one of which only the size is asked.
func TestLargeElementsAllocateNothing(t *testing.T) {
	if build.Debug {
		t.Skip("each block is new")
	}
	type element [200 << 10]byte
	touch := func(s []element) { s[0][len(s[0])-1] = 1 }
	for name, call := range map[string]func(){
		"Do":     func() { scratch.Do(1, func(s []element) { touch(s) }) },
		"Uninit": func() { scratch.Uninit(1, func(s []element) { touch(s) }) },
	} {
		call() // a block is made once
		assert.Less(t, testing.AllocsPerRun(20, call), 1.0, name)
	}
}
