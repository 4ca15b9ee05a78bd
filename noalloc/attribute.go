package noalloc

import (
	"fmt"
	"sort"
)

// unexplained says whether objects were allocated that neither a record found
// so far nor the tiny blocks account for. profile.Mutex is held.
func (w *window) unexplained() bool {
	all, tinies, _ := w.mallocs()
	for st, f := range w.found {
		if !st.cut { // those may be others', or from before
			all -= f.made.objects
		}
	}
	return all > tinies
}

// report turns what was found for a window into a Report.
// profile.Mutex is held.
func (w *window) report(o *options) Report {
	all, tinies, exact := w.mallocs()
	r := Report{Unattributed: tinies, inexact: !exact}
	recorded := int64(0)
	var sites siteTable
	var coroutines, deepStock []*stack
	for st, f := range w.found {
		own, ok := st.owner(w.id)
		switch {
		case ok || w.started(st):
			recorded += f.made.objects
			r.count(o, own, st, f.made, &sites)
		case st.cut && (own.verdict == cached || own.verdict == machine):
			deepStock = append(deepStock, st) // nobody's in particular: see Report.Runtime
		case st.cut:
			r.TooDeep += f.made.objects
		case st.coro:
			r.Coroutines += f.made.objects
			coroutines = append(coroutines, st)
		}
	}
	// Stacks that no window owns have been read for the whole process and from
	// some time on, so these are bounds.
	r.Elsewhere = max(0, all-tinies-recorded)
	r.Coroutines = min(r.Coroutines, r.Elsewhere)
	r.TooDeep = min(r.TooDeep, r.Elsewhere)
	if profile.undecoded {
		r.TooDeep = r.Elsewhere
	}
	if (r.TooDeep > 0 || r.Coroutines > 0 || len(deepStock) > 0) && w.alone() {
		for _, st := range append(coroutines, deepStock...) {
			made := w.found[st].made
			if made.objects > r.Elsewhere || !st.cut && made.objects > r.Coroutines {
				continue // some are from before
			}
			own, _ := st.owner(w.id)
			r.Elsewhere -= made.objects
			if !st.cut {
				r.Coroutines -= made.objects
			}
			r.count(o, own, st, made, &sites)
		}
		r.ownDeep = min(r.TooDeep, r.Elsewhere)
		r.Elsewhere -= r.ownDeep
	}
	r.Sites = sites.sorted()
	return r
}

// owner gives what a window's number on a stack says, or what counts for a stack
// without it.
func (st *stack) owner(id int) (own owner, ok bool) {
	for _, own := range st.owners {
		if own.id == id {
			return own, true
		}
	}
	return owner{id: -1, verdict: st.judged, below: len(st.calls)}, false
}

// count enters what one stack allocated.
func (r *Report) count(o *options, own owner, st *stack, n tally, sites *siteTable) {
	calls := st.calls[:own.below]
	chain := chain(calls)
	switch {
	case own.verdict == machine:
	case own.verdict == cached:
		r.Runtime += n.objects
		// A block of tiny ones may hold more of the same origin.
		r.inexact = r.inexact || n.bytes == tinyBlock*n.objects
	case own.verdict == exempt || o.ignores(chain):
		r.Allowed += n.objects
	default:
		r.Objects += n.objects
		r.Bytes += n.bytes
		sites.add(Site{Frame: userFrame(calls), Objects: n.objects, Bytes: n.bytes, Chain: chain})
	}
}

// A siteTable holds sites by their chains.
type siteTable struct {
	byChain map[string]*Site
}

func (t *siteTable) add(s Site) {
	if t.byChain == nil {
		t.byChain = make(map[string]*Site)
	}
	key := fmt.Sprint(s.Chain)
	if old := t.byChain[key]; old != nil {
		old.Objects += s.Objects
		old.Bytes += s.Bytes
		return
	}
	t.byChain[key] = &s
}

// sorted gives the sites, those with the most objects first.
func (t *siteTable) sorted() []Site {
	var sites []Site
	for _, s := range t.byChain {
		sites = append(sites, *s)
	}
	sort.Slice(sites, func(i, j int) bool {
		a, b := &sites[i], &sites[j]
		switch {
		case a.Objects != b.Objects:
			return a.Objects > b.Objects
		case a.Bytes != b.Bytes:
			return a.Bytes > b.Bytes
		case a.File != b.File:
			return a.File < b.File
		case a.Line != b.Line:
			return a.Line < b.Line
		}
		return fmt.Sprint(a.Chain) < fmt.Sprint(b.Chain)
	})
	return sites
}
