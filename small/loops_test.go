package small_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/internal/measure"
	"github.com/stackalloc/stackalloc/small"
)

const loopText = "a b c a"

// The loop in the callback: an iterator of somebody else's over a body that puts.
func inlinedFields(n int) (got int) {
	stackalloc.Do(n, func(block []small.Slot[string, int]) { // stackalloc:heap
		m := small.MapOver(block)
		for w := range strings.FieldsSeq(loopText) {
			m.Put(w, 1)
		}
		got = m.Len()
	})
	return got
}

//go:noinline
func keptFields(n int) (got int) {
	stackalloc.Do(n, func(block []small.Slot[string, int]) {
		m := small.MapOver(block)
		for w := range strings.FieldsSeq(loopText) {
			m.Put(w, 1)
		}
		got = m.Len()
	})
	return got
}

func helpedFields(n int) (got int) {
	stackalloc.Do(n, func(block []small.Slot[string, int]) {
		m := small.MapOver(block)
		putFields(&m)
		got = m.Len()
	})
	return got
}

func putFields(m *small.Map[string, int]) {
	for w := range strings.FieldsSeq(loopText) {
		m.Put(w, 1)
	}
}

func inlinedDoInDo(n int) (got int) {
	stackalloc.Do(n, func(a []int) {
		stackalloc.Do(n, func(b []int) { // stackalloc:heap
			a[0], b[0] = 1, 2
			got = a[0] + b[0]
		})
	})
	return got
}

//go:noinline
func keptDoInDo(n int) (got int) {
	stackalloc.Do(n, func(a []int) {
		stackalloc.Do(n, func(b []int) { // stackalloc:heap
			a[0], b[0] = 1, 2
			got = a[0] + b[0]
		})
	})
	return got
}

// What the package's text about loops names as a cure is one.
func TestCuresOfLoops(t *testing.T) {
	measure.Deepen(300 << 10)
	if !provable() {
		t.Skip("this build proves nothing, or cannot tell where a block is")
	}
	for name, f := range map[string]func() int{
		"noinline":           func() int { return keptFields(8) },
		"helper":             func() int { return helpedFields(8) },
		"noinline, Do in Do": func() int { return keptDoInDo(8) },
	} {
		before := stackalloc.ReadStats()
		require.Equal(t, 3, f(), name)
		require.Equal(t, before.Heap, stackalloc.ReadStats().Heap, "blocks from the heap: %s", name)
	}
	// And what it says of the others is so: else it has nothing to say.
	for name, f := range map[string]func() int{
		"a loop":   func() int { return inlinedFields(8) },
		"Do in Do": func() int { return inlinedDoInDo(8) },
	} {
		before := stackalloc.ReadStats()
		require.Equal(t, 3, f(), name)
		if stackalloc.ReadStats().Heap == before.Heap {
			t.Logf("%s has its proof in this version of Go, inlined or not", name)
		}
	}
}
