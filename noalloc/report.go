package noalloc

import (
	"fmt"
	"path/filepath"
	"sort"
	"strings"
)

// A Frame is one call on the way to an allocation.
type Frame struct {
	Func string // as runtime.Func names it: "example.com/pkg.(*T).Method"
	File string // as the compiler recorded it
	Line int
}

// place gives "pkg.Func (file.go:12)", with the last elements of both paths.
func (f Frame) place() string {
	return fmt.Sprintf("%s (%s:%d)", shortFunc(f.Func), filepath.Base(f.File), f.Line)
}

// A Site is a place that allocates, reached by one chain of calls. A line that
// is reached in two ways makes two sites.
type Site struct {
	Frame           // the deepest frame outside the standard library, or the deepest of all
	Objects int64   // objects allocated
	Bytes   int64   // their bytes, rounded up to the allocator's size classes
	Chain   []Frame // from the allocation (index 0) to the function measured
}

// String gives the site on one line: the user's function, its place and the
// numbers, then the standard library's functions that it called to allocate
// ("via", nearest to the allocation last), then its callers up to f.
func (s Site) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", s.place(), amount(s.Objects, s.Bytes))
	s.way(&b)
	return b.String()
}

// Format implements fmt.Formatter: %+v writes the site with whole function
// names and paths, one call to a line; %v and %s write String.
func (s Site) Format(st fmt.State, verb rune) {
	if verb != 'v' || !st.Flag('+') {
		fmt.Fprint(st, s.String())
		return
	}
	fmt.Fprintf(st, "%s\n\t%s:%d\n\t%s", s.Func, s.File, s.Line, amount(s.Objects, s.Bytes))
	for _, f := range s.Chain {
		fmt.Fprintf(st, "\n\t\t%s\n\t\t\t%s:%d", f.Func, f.File, f.Line)
	}
}

func (s Site) way(b *strings.Builder) {
	at := s.at()
	for i := at - 1; i >= 0; i-- {
		if i == at-1 {
			b.WriteString(", via ")
		} else {
			b.WriteString(" → ")
		}
		b.WriteString(shortFunc(s.Chain[i].Func))
	}
	for i := at + 1; i < len(s.Chain); {
		n := i + 1 // recursion shows once
		for n < len(s.Chain) && s.Chain[n] == s.Chain[i] {
			n++
		}
		if i == at+1 {
			b.WriteString(", called by ")
		} else {
			b.WriteString(" ← ")
		}
		b.WriteString(s.Chain[i].place())
		if n-i > 1 {
			fmt.Fprintf(b, " ×%d", n-i)
		}
		i = n
	}
}

// at is the index of the site's own frame in its chain.
func (s Site) at() int {
	for i, f := range s.Chain {
		if f == s.Frame {
			return i
		}
	}
	return 0
}

// A Report says what one run of a function allocated.
type Report struct {
	// Sites are the places that allocated, those with the most objects first.
	// Parts under Allow, ignored functions and the runtime's caches are not
	// among them.
	Sites []Site

	// Objects and Bytes are the sums over Sites.
	Objects int64
	Bytes   int64

	// Unattributed is the number of objects that no record of the profile
	// names, so that it is not known who allocated them. They are the tiny
	// ones: of the objects below 16 bytes without pointers that share a
	// block, only the first has a record. The number is of the whole process.
	// All of them belong to the run if Elsewhere and Allowed are 0 and no
	// object of more than 18 KiB, which make the number inexact, came up.
	Unattributed int64

	// TooDeep is a bound on the number of objects allocated at the end of call
	// chains longer than the profile keeps (128 calls; GODEBUG=profstackdepth
	// raises that), where f is cut off, so that it is not known whether they
	// are the run's. Check counts those that must be because no other goroutine
	// was there, and otherwise logs the number.
	TooDeep int64

	// Allowed is the number of objects allocated under Allow and in functions
	// given to Ignore.
	Allowed int64

	// Runtime is the number of objects with which the runtime filled caches of
	// its own on behalf of the run: records of blocked goroutines, of timers
	// and of deferred calls, tables for type assertions. They come and go with
	// what else the process does, and count nowhere.
	Runtime int64

	// Elsewhere is the number of objects that other goroutines allocated during
	// the run, and the runtime for the goroutines that the run started.
	Elsewhere int64

	ownDeep int64 // of TooDeep, those that must be the run's own
	inexact bool  // Unattributed may be off: see sharedTiny
}

// total is the number of objects that are certainly the run's own.
func (r *Report) total() int64 {
	n := r.Objects
	if r.ownTiny() {
		n += r.Unattributed
	}
	return n + r.ownDeep
}

// unsure is the number of objects that may or may not be the run's own.
func (r *Report) unsure() int64 { return r.Objects + r.Unattributed + r.TooDeep - r.total() }

// ownTiny says whether objects without a record must be the run's own. Tiny
// objects of other goroutines do not come without a block that they open, and
// that has a record.
func (r *Report) ownTiny() bool { return r.Elsewhere == 0 && r.Allowed == 0 && !r.inexact }

// String gives the sum on one line and each site on one more.
func (r Report) String() string {
	var b strings.Builder
	b.WriteString(r.sum())
	for _, s := range r.Sites {
		b.WriteString("\n\t")
		b.WriteString(s.String())
	}
	return b.String()
}

// Format implements fmt.Formatter: %+v writes whole function names, paths and
// call chains; %v and %s write String.
func (r Report) Format(st fmt.State, verb rune) {
	if verb != 'v' || !st.Flag('+') {
		fmt.Fprint(st, r.String())
		return
	}
	fmt.Fprint(st, r.sum())
	for _, s := range r.Sites {
		fmt.Fprintf(st, "\n%+v", s)
	}
}

func (r Report) sum() string {
	var b strings.Builder
	if r.Objects == 0 {
		b.WriteString("no allocations")
	} else {
		b.WriteString(amount(r.Objects, r.Bytes))
		if len(r.Sites) == 1 {
			b.WriteString(" at 1 site")
		} else {
			fmt.Fprintf(&b, " at %d sites", len(r.Sites))
		}
	}
	if r.Unattributed > 0 {
		if r.ownTiny() {
			fmt.Fprintf(&b, "; %s more in shared blocks, which no record names", tiny(r.Unattributed))
		} else {
			fmt.Fprintf(&b, "; up to %s more, which no record names (or other goroutines')", tiny(r.Unattributed))
		}
	}
	if r.TooDeep > 0 {
		b.WriteString("; ")
		if r.ownDeep < r.TooDeep {
			b.WriteString("up to ")
		}
		fmt.Fprintf(&b, "%s more at the end of call chains longer than the profile keeps (GODEBUG=profstackdepth=1024 keeps more)", objects(r.TooDeep))
	}
	if r.Allowed > 0 {
		fmt.Fprintf(&b, "; %s allowed", objects(r.Allowed))
	}
	return b.String()
}

func amount(n, size int64) string {
	if size == 1 {
		return objects(n) + ", 1 byte"
	}
	return fmt.Sprintf("%s, %d bytes", objects(n), size)
}

func objects(n int64) string {
	if n == 1 {
		return "1 object"
	}
	return fmt.Sprintf("%d objects", n)
}

func tiny(n int64) string {
	if n == 1 {
		return "1 tiny object"
	}
	return fmt.Sprintf("%d tiny objects", n)
}

// shortFunc leaves out the directories of a function's import path.
func shortFunc(name string) string {
	// Type arguments hold import paths too.
	end := len(name)
	if i := strings.IndexByte(name, '['); i >= 0 {
		end = i
	}
	return name[strings.LastIndexByte(name[:end], '/')+1:]
}

// unexplained says whether objects were allocated that neither a record found
// so far nor the tiny blocks account for. profile.Mutex is held.
func (w *window) unexplained() bool {
	all, tinies, _ := w.mallocs()
	for st, t := range w.found {
		if !st.cut { // those may be others', or from before
			all -= t.objects
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
	sites := make(map[string]*Site)
	for st, t := range w.found {
		own := owner{id: -1, below: len(st.calls)}
		for _, ow := range st.owners {
			if ow.id == w.id {
				own = ow
			}
		}
		if own.id < 0 && st.cut {
			r.TooDeep += t.objects
			continue
		}
		recorded += t.objects
		chain := chain(st.calls[:own.below])
		switch {
		case own.verdict == machine:
		case own.verdict == cached:
			r.Runtime += t.objects
		case own.verdict == exempt || o.ignores(chain):
			r.Allowed += t.objects
		default:
			r.Objects += t.objects
			r.Bytes += t.bytes
			s := Site{Frame: userFrame(st.calls[:own.below]), Objects: t.objects, Bytes: t.bytes, Chain: chain}
			key := fmt.Sprint(chain)
			if old := sites[key]; old != nil {
				old.Objects += s.Objects
				old.Bytes += s.Bytes
			} else {
				sites[key] = &s
			}
		}
	}
	// Stacks that are cut off have been read for the whole process and from
	// some time on, so this is a bound.
	r.Elsewhere = max(0, all-tinies-recorded)
	r.TooDeep = min(r.TooDeep, r.Elsewhere)
	if profile.undecoded {
		r.TooDeep = r.Elsewhere
	}
	// What all other stacks cannot account for, they must have allocated; and
	// this run, if nobody else was there.
	if n := min(r.TooDeep, r.Elsewhere-w.others); n > 0 && w.alone && mainWaits() {
		r.ownDeep = n
		r.Elsewhere -= n
	}
	for _, s := range sites {
		r.Sites = append(r.Sites, *s)
	}
	sort.Slice(r.Sites, func(i, j int) bool {
		a, b := &r.Sites[i], &r.Sites[j]
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
	return r
}
