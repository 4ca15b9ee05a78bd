package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc/internal/generate"
)

// Of the calls that took blocks from the heap when random programs ran, check must
// have called each unproven.
func TestPlacesOfBlocksFromTheHeapAreUnproven(t *testing.T) {
	if brief() {
		t.Skip("builds and runs random programs")
	}
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	var programs []generate.Program
	for id := range 30 {
		programs = append(programs, generate.New(7, id))
	}
	m, err := generate.NewModule(dir, root, "", programs)
	require.NoError(t, err)
	sites, err := m.HeapSites(context.Background(), generate.Variants[0])
	require.NoError(t, err)

	d := checkJSON(t, 1, dir, []string{"GOFLAGS=-mod=mod"}, "./...")
	verdicts := map[string][]string{}
	unproven := 0
	for _, c := range d.Calls {
		file := c.File
		if !filepath.IsAbs(file) {
			file = filepath.Join(dir, file)
		}
		at := file + ":" + strconv.Itoa(c.Line)
		verdicts[at] = append(verdicts[at], c.Verdict)
		if c.Verdict != "proven" {
			unproven++
		}
	}
	places := 0
	for _, s := range sites {
		if !strings.HasPrefix(s, dir) {
			t.Errorf("a place outside of the programs: %s", s)
			continue
		}
		places++
		switch v := verdicts[s]; {
		case len(v) == 0:
			t.Errorf("%s took blocks from the heap, and check does not know of a call there", s)
		case !strings.Contains(fmt.Sprint(v), "unproven"):
			t.Errorf("%s took blocks from the heap, and check says %v", s, v)
		}
	}
	require.Greater(t, places, 25)
	require.Greater(t, len(d.Calls)-unproven, 10)
	t.Logf("%d places took blocks from the heap; of %d calls check calls %d unproven", places, len(d.Calls), unproven)
}
