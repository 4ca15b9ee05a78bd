package within

import (
	"go/types"
	"math"
)

// word is a size of ints.
type word struct {
	memory int64 // more bytes than there can be
	int    bound
	sizes  types.Sizes
}

// bound is a range of numbers.
type bound struct{ lo, hi int64 }

// far stands for the end of the ints of 64 bits. What is shown with it holds with 1<<63 as
// well: lengths and constants are so much smaller that only how often it is in a sum
// counts. Sums of a few of them are exact in an int64.
const (
	far       = 1 << 56
	constants = 1 << 40 // the constants that are reckoned with
	sums      = 1 << 42 // and the sums of them in one value
	remainder = 1 << 50 // what a sum may have beside some times far
)

var words = []word{
	{1 << 48, bound{-far, far - 1}, types.SizesFor("gc", "amd64")},
	{1 << 32, bound{math.MinInt32, math.MaxInt32}, types.SizesFor("gc", "386")},
}

// room returns the numbers that a type holds, of those that are reckoned with.
func (w word) room(t types.Type) (bound, bool) {
	b, ok := t.Underlying().(*types.Basic)
	if !ok {
		return bound{}, false
	}
	switch b.Kind() {
	case types.Int, types.UntypedInt:
		return w.int, true
	case types.Int8:
		return bound{math.MinInt8, math.MaxInt8}, true
	case types.Int16:
		return bound{math.MinInt16, math.MaxInt16}, true
	case types.Int32, types.UntypedRune:
		return bound{math.MinInt32, math.MaxInt32}, true
	case types.Int64:
		return bound{-far, far - 1}, true
	case types.Uint8:
		return bound{0, math.MaxUint8}, true
	case types.Uint16:
		return bound{0, math.MaxUint16}, true
	case types.Uint32:
		return bound{0, math.MaxUint32}, true
	case types.Uint, types.Uintptr:
		return bound{0, 2*w.int.hi + 1}, true
	case types.Uint64:
		return bound{0, 2*far - 1}, true
	}
	return bound{}, false
}

// longest returns what no length of a type is above.
func (s *search) longest(t types.Type) int64 {
	size := int64(1)
	if l, ok := t.Underlying().(*types.Slice); ok {
		if HasTypeParam(l.Elem()) || !s.sized(l.Elem()) {
			return s.int.hi
		}
		if size = s.sizes.Sizeof(l.Elem()); size == 0 {
			return s.int.hi
		}
	}
	return min(s.memory/size, s.int.hi)
}

// HasTypeParam reports whether the size of a type depends on a type argument, also where
// it is a local type of a generic function, which has no arguments of its own.
func HasTypeParam(t types.Type) bool {
	switch t := types.Unalias(t).(type) {
	case *types.TypeParam:
		return true
	case *types.Named:
		return HasTypeParam(t.Underlying()) // with its arguments put in
	case *types.Array:
		return HasTypeParam(t.Elem())
	case *types.Struct:
		for f := range t.Fields() {
			if HasTypeParam(f.Type()) {
				return true
			}
		}
	}
	return false
}
