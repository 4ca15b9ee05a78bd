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

// What a package, a type or a function is called does not make a literal of it.
func TestClosureLike(t *testing.T) {
	for symbol, want := range map[string]bool{
		"example.com/m/2024.F":      false,
		"example.com/day/01.(*T).M": false,
		"example.com/func1.F":       false,
		"example.com/my-range1.F":   false,
		"m/a.func1":                 false,
		"main.range1":               false,
		"m/a.func2.M":               false,
		"m/a.F[go.shape.int]":       false,
		"m/a.F.funcs":               false,
		"m/a.F[int]":                true, // the wrapper of an instance
		"m/2024.F.func1":            true,
		"m/a.func1.func2":           true,
		"m/a.F.func1·f":             true,
		"m/a.F.func1.2":             true,
		"m/a.F-range1":              true,
		"m/a.(*T).M.gowrap1":        true,
		"m/a.init.func1":            true,
		"m/a.glob..func1":           true,
		"m/a.F.deferwrap2":          true,
		"m/a.F[go.shape.struct { X m/b.T }].func1": true,
		`m/a.F[struct { X int "go.shape." }]`:      true,
	} {
		require.Equal(t, want, closureLike(symbol), symbol)
	}
}

// A tag of a field, which a type argument may have, is no more than text: it makes no copy of
// a closure of a function.
func TestHashed(t *testing.T) {
	for symbol, want := range map[string]bool{
		"m/a.F.func1":   false,
		"m/a.F.func1#2": true,
		`m/a.F[go.shape.struct { X int "#" }].func1`:        false,
		`m/a.F[go.shape.struct { X int "\"#" }].func1`:      false,
		`m/a.F[go.shape.struct { X int "#" }].func1#2`:      true,
		`m/a.struct { m/a.T "#" }.M`:                        false,
		`m/a.F[go.shape.struct { X int "[" }].func1#a/b+c#`: true,
	} {
		require.Equal(t, want, hashed(symbol), symbol)
	}
}

// Brackets and hashes in the tag of a field are no part of a name.
func TestStripTypeArgs(t *testing.T) {
	for symbol, want := range map[string]string{
		"m/a.F":                               "m/a.F",
		"m/a.F.func1#2":                       "m/a.F.func1",
		"m/a.F[go.shape.int].func1#2":         "m/a.F.func1",
		"m/a.(*T[go.shape.[]int]).M":          "m/a.(*T).M",
		`m/a.F[struct { X int "a:\"]\"" }].g`: "m/a.F.g",
		`m/a.F[struct { X int "[[#\\" }].g`:   "m/a.F.g",
	} {
		require.Equal(t, want, stripTypeArgs(symbol), symbol)
	}
}
