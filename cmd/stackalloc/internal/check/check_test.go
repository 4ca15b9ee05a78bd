package check

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/machine"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
)

// Where nothing can be read, nothing is said of the calls.
func TestReadable(t *testing.T) {
	at := position.Pos{File: "a.go", Line: 3, Col: 2}
	site := &site{fn: "Do", pos: at, decl: "F"}
	s := newSource(t.Context(), &gotool.Build{}, &api{})
	require.NoError(t, s.readable())
	s.sites = append(s.sites, site)
	require.ErrorContains(t, s.readable(), "a.go:3:2: stackalloc.Do: cannot judge")
	site.copies = []*copyOf{{symbol: "F", verdict: unclear, chain: []position.Pos{at}}}
	require.NoError(t, s.readable(), "one call takes no verdict from the others")
	rep := &report{}
	rep.addSite(s, site)
	require.Len(t, rep.unclear, 1)
	require.Equal(t, isUnjudged, rep.Calls[0].Verdict)
	require.Contains(t, rep.Calls[0].Why, "cannot judge: the machine code of F")
	site.copies[0].verdict = called
	require.NoError(t, s.readable())
	site.copies, site.generic = nil, true
	require.NoError(t, s.readable())
}

// Calls that the compiler gives the same place are told apart by their order in the
// code, and not at all where one is missing.
func TestCallsWithoutColumns(t *testing.T) {
	at := position.Pos{File: "a.go", Line: 3}
	a, b := &site{fn: "Do", call: at}, &site{fn: "Do", call: at}
	s := newSource(t.Context(), &gotool.Build{}, &api{funcs: map[string]bool{"Do": false}})
	s.addCall(at, a)
	s.addCall(at, b)
	j := &judge{source: s}
	u := &unit{pkg: &gotool.Package{ImportPath: "p"}}
	node := func(pc int) machine.Node {
		return machine.Node{Parent: -1, Func: Library + ".Do[int]", Call: at, PC: pc}
	}
	entries, also, _ := j.entries(u, &machine.Func{Nodes: []machine.Node{node(20), node(10)}})
	require.Equal(t, []*site{b, a}, entries)
	require.Empty(t, also)
	entries, also, _ = j.entries(u, &machine.Func{Nodes: []machine.Node{node(20)}})
	require.Equal(t, []*site{a}, entries)
	require.Equal(t, []*site{b}, also[0])
}

// The verdict takes a heap probe and a call that is left for what they are, also where
// frames have no names.
func TestVerdict(t *testing.T) {
	place := []string{Library + ".place[go.shape.int]"}
	for _, c := range []struct {
		ev       evidence
		nameless bool
		want     verdict
	}{
		{evidence{stack: true, refs: place}, false, proven},
		{evidence{heap: true, refs: place}, false, onHeap},
		{evidence{call: true, stack: true}, false, called},
		{evidence{refs: place}, false, unclear},
		{evidence{refs: place}, true, proven},
		{evidence{heap: true, refs: place}, true, onHeap},
		{evidence{}, false, proven},
		{evidence{alloc: true}, true, onHeap},
	} {
		j := &judge{nameless: c.nameless}
		got, _ := j.verdict(&unit{}, &c.ev)
		require.Equal(t, c.want, got, "%+v", c)
	}
}
