package noalloc_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/stackalloc/stackalloc/noalloc"
)

// optimised says whether the compiler optimises and inlines, as it does not
// with -N -l.
var optimised = testing.AllocsPerRun(10, func() {
	for s := range strings.SplitSeq(text, " ") {
		sinkInt += len(s)
	}
}) == 0

// attempts: what a sync.Pool gives back depends on collections and, under the
// race detector, on chance.
func (s *snippet) attempts() int {
	if s.pooled {
		return 50
	}
	return 1
}

func TestCorpus(t *testing.T) {
	var with, without int
	for _, s := range corpus {
		if s.allocs {
			with++
		} else {
			without++
		}
		t.Run(s.name, func(t *testing.T) {
			for i := range 3 {
				if s.setup != nil {
					s.setup()
				}
				r := noalloc.MeasureWith(s.f, noalloc.Repeat(s.attempts()))
				switch {
				case s.allocs && r.Objects == 0:
					t.Errorf("run %d: allocates, and %v", i, r)
				case s.allocs:
					for _, site := range r.Sites {
						assert.True(t, site.Objects > 0 && site.Bytes > 0 && site.Func != "" && site.Line != 0 && len(site.Chain) != 0, "run %d: incomplete site %+v", i, site)
					}
				case !s.allocs && r.Objects+r.Unattributed != 0 && (optimised || !s.optimised):
					t.Errorf("run %d: does not allocate, but %v", i, r)
				}
			}
		})
	}
	assert.True(t, with >= 40 && without >= 40, "%d snippets that allocate and %d that do not; there must be 40 of each", with, without)
}
