package stackalloc_test

import (
	"reflect"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"

	"github.com/stackalloc/stackalloc"
)

// The holes that the package comment names. A test here fails when Go has mended
// one: the package comment, README.md and RATIONALE.md then speak of older versions.
//
// All of package reflect that copies was tried, and what else of the standard
// library tells the compiler that it keeps nothing.

// Each moves s into memory of the heap without the compiler's knowing, and reports
// whether it found s on the stack there.

func holeOfCopy(s []byte) bool {
	kept := make([][]byte, 1)
	sinks.list = kept
	reflect.Copy(reflect.ValueOf(kept), reflect.ValueOf([][]byte{s}))
	on := stackalloc.OnStack(kept[0]) && !stackalloc.OnStack(kept)
	clear(kept)
	return on
}

func holeOfAppendSlice(s []byte) bool {
	kept := reflect.AppendSlice(reflect.ValueOf([][]byte{}), reflect.ValueOf([][]byte{s})).Interface().([][]byte)
	sinks.list = kept
	on := stackalloc.OnStack(kept[0]) && !stackalloc.OnStack(kept)
	clear(kept)
	return on
}

func holeOfGrow(s []byte) bool {
	kept := [][]byte{s}
	reflect.ValueOf(&kept).Elem().Grow(9)
	on := stackalloc.OnStack(kept[0]) && !stackalloc.OnStack(kept)
	clear(kept)
	return on
}

func TestHolesAreThoseThatAreNamed(t *testing.T) {
	if !provesCanary() || built("-race") == "true" || built("-asan") == "true" || !onStackIsKnown() {
		t.Skip("nothing is proven of reflection in this build, or nothing known of the stack")
	}
	onArray, onBlock := map[string]bool{}, map[string]bool{}
	onGoroutine(0, func() {
		var a, b, c [40]byte
		onArray["reflect.Copy"] = holeOfCopy(a[:])
		onArray["reflect.AppendSlice"] = holeOfAppendSlice(b[:])
		onArray["reflect.Value.Grow"] = holeOfGrow(c[:])
	})
	onGoroutine(256<<10, func() {
		in := false
		stackalloc.Do(40, func(s []byte) { in = holeOfCopy(s) })
		onBlock["reflect.Copy"] = in
		stackalloc.Do(40, func(s []byte) { in = holeOfAppendSlice(s) })
		onBlock["reflect.AppendSlice"] = in
		stackalloc.Do(40, func(s []byte) { in = holeOfGrow(s) })
		onBlock["reflect.Value.Grow"] = in
	})
	for name, open := range onArray {
		assert.True(t, open, "%s: mended, it is a hole no longer", name)
		assert.False(t, onBlock[name] && !open, "%s: the hole is wider for blocks than for local arrays", name)
	}
}

// onStackIsKnown reports whether OnStack knows the goroutine's bounds.
func onStackIsKnown() bool {
	var local [1]byte
	return stackalloc.OnStack(local[:])
}

var joined string

// The hole of recycled blocks. The compiler lets the operands of a concatenation go
// free, because the runtime copies a lone operand that is on the stack; one that is
// not, it returns as it is. So a string over a recycled block (made by
// unsafe.String: string(s) is a copy) outlives the scope when it is concatenated with
// empty strings only.
func TestHoleOfConcatenationIsThatOfRecycledBlocks(t *testing.T) {
	empty := t.Name()[:0]
	for _, n := range []int{1000, 300 << 10} {
		copied, on := false, false
		before := stackalloc.ReadStats()
		onGoroutine(512<<10, func() {
			stackalloc.Do(n, func(s []byte) {
				on = stackalloc.OnStack(s)
				joined = empty + unsafe.String(&s[0], n) + empty
				copied = unsafe.StringData(joined) != &s[0]
				joined = ""
			})
		})
		recycled := stackalloc.ReadStats().Recycled > before.Recycled
		if on && !copied {
			t.Errorf("n=%d: a block on the stack was not copied", n)
		}
		if recycled && n > stackalloc.MaxRung && copied {
			t.Errorf("n=%d: mended, a recycled block is copied", n)
		}
	}
}
