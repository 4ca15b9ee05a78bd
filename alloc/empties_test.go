package alloc

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// plain is an allocator as another package may write it: its blocks of size zero
// have no capacity, and all of them the same address.
type plain struct{ live int }

func (p *plain) Alloc(size, align int) ([]byte, error) {
	p.live++
	return make([]byte, size), nil
}

func (p *plain) Free(b []byte) {
	if len(b) == 0 && cap(b) != 0 {
		panic("plain: not a block of mine")
	}
	p.live--
}

// owningPlain owns what has a capacity.
type owningPlain struct{ plain }

func (*owningPlain) Owns(b []byte) bool { return cap(b) > 0 && len(b) > 0 }

func (*owningPlain) Resize(b []byte, size int) ([]byte, error) {
	if cap(b) == 0 {
		return nil, ErrNotOwned
	}
	return append(make([]byte, 0, size), b[:min(size, len(b))]...)[:size], nil
}

// Every allocator of others takes back each block of size zero by itself, and hands
// the other package's allocator the one that is its own.
func TestEmptyBlocksWithoutCapacityOfOtherPackages(t *testing.T) {
	for name, wrap := range wrappers {
		for kind, build := range map[string]func() (Allocator, *plain){
			"plain":  func() (Allocator, *plain) { p := new(plain); return p, p },
			"owning": func() (Allocator, *plain) { p := new(owningPlain); return p, &p.plain },
		} {
			if name == "foreign" || name == "Segregator large" {
				continue // passes on what it gets, and serves no such size
			}
			t.Run(name+"/"+kind, func(t *testing.T) {
				under, p := build()
				a := wrap(under)
				var blocks [][]byte
				for range 3 {
					b := mustAlloc(t, a, 0, 64)
					require.Len(t, b, 0)
					require.Zero(t, addr(b)%64)
					blocks = append(blocks, b)
				}
				require.NotEqual(t, addr(blocks[0]), addr(blocks[1]))
				require.Equal(t, 3, p.live)
				grown := must(Resize(a, blocks[0], 10, 1))(t)
				require.Len(t, grown, 10)
				gone := must(Resize(a, grown, 0, 1))(t)
				require.Len(t, gone, 0)
				for _, b := range [][]byte{gone, blocks[2], blocks[1]} {
					a.Free(b)
				}
				require.Zero(t, p.live)
			})
		}
	}
}
