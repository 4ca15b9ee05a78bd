package arena

import (
	"fmt"
	"math"
	"reflect"

	"github.com/stackalloc/stackalloc/internal/element"
)

// A Typed is an arena of fixed capacity for values of one type, which may have
// pointers: the collector sees them. The zero Typed has no capacity.
//
// A Typed must not be copied and is for one goroutine at a time.
type Typed[T any] struct {
	_ noCopy
	slots[T]
}

// NewTyped returns an arena for capacity values, all memory taken at once. A
// negative capacity, or one that make would refuse, panics.
func NewTyped[T any](capacity int) *Typed[T] {
	if capacity < 0 {
		panic(fmt.Sprintf("arena: NewTyped: the capacity %d is negative", capacity))
	}
	t := &Typed[T]{slots: slots[T]{
		chunks:   []chunk[T]{{s: makeSlice[T]("NewTyped", capacity)}},
		capacity: capacity,
		pointers: element.HasPointers(typeFor[T]()),
		retain:   math.MaxInt,
	}}
	t.use(0)
	return t
}

func typeFor[T any]() reflect.Type { return reflect.TypeFor[T]() }
