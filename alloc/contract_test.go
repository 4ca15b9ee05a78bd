package alloc_test

import (
	"testing"

	"github.com/stackalloc/stackalloc/alloc"
)

// What callers outside of this module compile against.
var (
	_ alloc.Allocator = alloc.Heap{}
	_ alloc.Allocator = alloc.Null{}
	_ alloc.Owner     = alloc.Null{}
	_ alloc.Logger    = alloc.LoggerFunc(nil)

	_ owner = (*alloc.Scoped)(nil)
	_ owner = (*alloc.FreeList)(nil)
	_ owner = (*alloc.Fallback)(nil)
	_ owner = (*alloc.Proxy)(nil)
	_ owner = (*alloc.Segregator)(nil)
	_ owner = (*alloc.Bucketizer)(nil)
	_ owner = (*alloc.Stats)(nil)
	_ owner = (*alloc.Locked)(nil)
	_ owner = (*alloc.Arena)(nil)
	_ owner = (*alloc.Local)(nil)
	_ owner = (*alloc.Limit)(nil)
	_ owner = (*alloc.List)(nil)
	_ owner = (*alloc.Tracker)(nil)
	_ owner = (*alloc.Failing)(nil)

	_ func(int) *alloc.Scoped                                    = alloc.NewScoped
	_ func(*alloc.Scoped, func(inner *alloc.Scoped) error) error = (*alloc.Scoped).Scope
	_ func(int, int) *alloc.FreeList                             = alloc.NewFreeList
	_ func(primary, secondary alloc.Allocator) *alloc.Fallback   = alloc.NewFallback
	_ func(alloc.Allocator, alloc.Logger) *alloc.Proxy           = alloc.NewProxy
	_ func(alloc.Allocator) (*int, error)                        = alloc.New[int]
	_ func(alloc.Allocator, int) ([]int, error)                  = alloc.MakeSlice[int]
	_ func(alloc.Allocator, []int, ...int) ([]int, error)        = alloc.Append[int]
	_ func(alloc.Allocator, int) *alloc.Limit                    = alloc.NewLimit
	_ func(func() alloc.Allocator) *alloc.List                   = alloc.NewList
	_ func(*alloc.FreeList)                                      = (*alloc.FreeList).Reset
	_ func(alloc.Allocator) *alloc.Tracker                       = alloc.NewTracker
	_ func(*alloc.Tracker) []alloc.Leak                          = (*alloc.Tracker).Live
	_ func(*alloc.Tracker, testing.TB)                           = (*alloc.Tracker).Check
	_ func(alloc.Allocator, int) *alloc.Failing                  = alloc.NewFailing
	_ error                                                      = alloc.ErrOutOfMemory
	_ error                                                      = alloc.ErrAlignment
)

// owner is what all but Heap and Null are: owners that resize.
type owner interface {
	alloc.Allocator
	alloc.Owner
	alloc.Resizer
}
