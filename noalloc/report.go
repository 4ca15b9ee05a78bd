package noalloc

import (
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// A Frame is one call on the way to an allocation.
type Frame struct {
	Func string // as runtime.Func names it: "example.com/pkg.(*T).Method"
	File string // as the compiler recorded it
	Line int
}

// place gives "pkg.Func (file.go:12)", with the last elements of both paths.
func (f Frame) place() string {
	return fmt.Sprintf("%s (%s:%d)", shortFunc(f.Func), clip(filepath.Base(f.File), maxName), f.Line)
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
// numbers, then the functions of the standard library and of this one that it
// called to allocate ("via", nearest to the allocation last), then its callers up
// to f.
//
// If that is too long, a caller in the same file as the one before it goes
// without package and file; then the line is continued on up to two more, which
// begin with two tabs; then callers in the middle are left out ("…"). %+v has
// all of them.
func (s Site) String() string {
	words := append(s.head(), s.callers(false)...)
	if text, lines := wrap(words); lines == 1 {
		return text
	}
	callers := s.callers(true)
	head := s.head()
	for left := len(callers); ; left-- {
		words = append(head[:len(head):len(head)], callers...)
		if left < len(callers) {
			words = append(append(head[:len(head):len(head)], callers[:left]...), " ← …", " ← "+s.Chain[len(s.Chain)-1].place())
		}
		if text, lines := wrap(words); lines <= maxLines || left == 0 {
			return text
		}
	}
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

// head is the site itself and the way from there to the allocation, in words
// after which a line may end.
func (s Site) head() []string {
	words := []string{fmt.Sprintf("%s: %s", s.place(), amount(s.Objects, s.Bytes))}
	arrow := ", via "
	for i := s.at() - 1; i >= 0; i-- {
		words = append(words, arrow+shortFunc(s.Chain[i].Func))
		arrow = " → "
	}
	if n := len(words); n > maxVia {
		words = append(append(words[:maxVia-2:maxVia-2], " → …"), words[n-1])
	}
	return words
}

// callers are the words for those between the site and f.
func (s Site) callers(brief bool) (words []string) {
	at := s.at()
	arrow := ", called by "
	for i := at + 1; i < len(s.Chain); {
		n := i + 1 // recursion shows once
		for n < len(s.Chain) && s.Chain[n] == s.Chain[i] {
			n++
		}
		place := s.Chain[i].place()
		if brief && s.Chain[i].File == s.Chain[i-1].File {
			name := shortFunc(s.Chain[i].Func)
			place = fmt.Sprintf("%s (:%d)", name[strings.IndexByte(name, '.')+1:], s.Chain[i].Line)
		}
		if n-i > 1 {
			place += fmt.Sprintf(" ×%d", n-i)
		}
		words = append(words, arrow+place)
		arrow = " ← "
		i = n
	}
	return words
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
	// was there, and otherwise logs the number. What counts in Runtime is known by
	// the other end of its chain and is not among them.
	TooDeep int64

	// Coroutines is a bound on the number of objects that coroutines, such as
	// the bodies of iter.Pull, allocated and of which it is not known whether the
	// run resumed them. Check counts those that it must have resumed because
	// nobody else was there, and otherwise logs the number.
	Coroutines int64

	// Allowed is the number of objects allocated under Allow and in functions
	// given to Ignore.
	Allowed int64

	// Runtime is the number of objects that were made for later, or once in the
	// life of the process, on behalf of the run: caches and workers of the
	// runtime, records of blocked goroutines, timers and deferred calls, tables
	// for type assertions, what a sync.Once of the standard library guards, the
	// generators of math/rand and crypto/rand, the lists of a sync.Pool, and the
	// blocks that this library keeps in stock.
	// They come and go with what else the process does, and count nowhere.
	Runtime int64

	// Elsewhere is the number of objects that other goroutines allocated during
	// the run, and the runtime for the goroutines that the run started.
	Elsewhere int64

	ownDeep int64 // of TooDeep, those that must be the run's own
	inexact bool  // Unattributed may be off: see sharedTiny, or not the run's own
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
func (r *Report) unsure() int64 {
	return r.Objects + r.Unattributed + r.TooDeep + r.Coroutines - r.total()
}

// ownTiny says whether objects without a record must be the run's own. Tiny
// objects of other goroutines do not come without a block that they open, and
// that has a record.
func (r *Report) ownTiny() bool { return r.Elsewhere == 0 && r.Allowed == 0 && !r.inexact }

// String gives the sum on one line, unless there is much to say, and each site
// on one more, all of them shorter than 160 characters.
func (r Report) String() string { return r.text() }

// text is String with more notes on the sum.
func (r *Report) text(notes ...string) string {
	var b strings.Builder
	b.WriteString(r.sum(notes...))
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
	fmt.Fprint(st, (&r).sum())
	for _, s := range r.Sites {
		fmt.Fprintf(st, "\n%+v", s)
	}
}

// sum words all but the sites.
func (r *Report) sum(notes ...string) string {
	head := "no allocations"
	if r.Objects > 0 {
		head = amount(r.Objects, r.Bytes) + " at "
		if len(r.Sites) == 1 {
			head += "1 site"
		} else {
			head += fmt.Sprintf("%d sites", len(r.Sites))
		}
	}
	var more []string
	if r.Unattributed > 0 {
		if r.ownTiny() {
			more = append(more, tiny(r.Unattributed)+" more in shared blocks, which no record names")
		} else {
			more = append(more, "up to "+tiny(r.Unattributed)+" more, which no record names (or other goroutines')")
		}
	}
	if r.TooDeep > 0 {
		bound := "up to "
		if r.ownDeep == r.TooDeep {
			bound = ""
		}
		more = append(more, bound+objects(r.TooDeep)+" more at the end of call chains longer than the profile keeps (GODEBUG=profstackdepth=1024 keeps more)")
	}
	if r.Coroutines > 0 {
		more = append(more, "up to "+objects(r.Coroutines)+" more in coroutines, whoever resumed them")
	}
	if r.Allowed > 0 {
		more = append(more, objects(r.Allowed)+" allowed")
	}
	words := []string{head}
	for _, note := range append(more, notes...) {
		words = append(words, "; "+note)
	}
	text, _ := wrap(words)
	return text
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

const (
	// maxLine is the length of a line, in characters, without what the testing
	// package writes before it.
	maxLine = 146

	// maxLines is the number of lines for a site.
	maxLines = 3

	// maxName is the length of a name on a line, and maxVia the number of words for
	// the way to the allocation.
	maxName = 60
	maxVia  = 8
)

// wrap joins words to lines, of which the second and later ones begin with two tabs.
func wrap(words []string) (text string, lines int) {
	var b strings.Builder
	used := 0
	lines = 1
	for i, w := range words {
		n := utf8.RuneCountInString(w)
		if i > 0 && used+n > maxLine {
			b.WriteString("\n\t\t")
			used = 8 // some of a terminal
			lines++
			w = strings.TrimLeft(w, ",; ")
		}
		b.WriteString(w)
		used += n
	}
	return b.String(), lines
}

// shortFunc leaves out the directories of a function's import path, and of a long
// name the middle.
func shortFunc(name string) string {
	// Type arguments hold import paths too.
	end := len(name)
	if i := strings.IndexByte(name, '['); i >= 0 {
		end = i
	}
	return clip(name[strings.LastIndexByte(name[:end], '/')+1:], maxName)
}

// clip shortens s to at most n characters, in the middle.
func clip(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	tail := n / 2
	return string(r[:n-tail-1]) + "…" + string(r[len(r)-tail:])
}
