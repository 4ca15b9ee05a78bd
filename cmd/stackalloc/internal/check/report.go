package check

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/sarif"
)

// report is the outcome. It is also the document that -json prints.
type report struct {
	Version  int       `json:"version"` // of this form
	Calls    []*result `json:"calls"`
	Notes    []*note   `json:"notes,omitempty"`
	Proven   int       `json:"proven"`
	Unproven int       `json:"unproven"` // without those accepted
	Accepted int       `json:"accepted"`
	Unjudged int       `json:"unjudged,omitempty"` // without machine code here
	Warnings int       `json:"warnings,omitempty"`

	dir   string // what file names are relative to
	build *gotool.Build
	back  func(position.Pos) position.Pos // to the source
	files map[string]bool                 // that were judged

	unclear []*result // that could not be judged
}

const (
	isProven   = "proven"
	isUnproven = "unproven"
	isExempt   = "exempt"   // package scratch
	isUnjudged = "unjudged" // no machine code here
)

// result is one line.
type result struct {
	File     string       `json:"file"`
	Line     int          `json:"line"`
	Col      int          `json:"col"`
	Func     string       `json:"func"`             // stackalloc.Do, or a function around it
	Via      string       `json:"via,omitempty"`    // for a function around it: the call inside, FILE:LINE:COL
	Verdict  string       `json:"verdict"`          // proven, unproven, exempt, unjudged
	Accepted bool         `json:"accepted"`         // unproven, and a comment says so
	Why      string       `json:"why,omitempty"`    // for people
	Cure     string       `json:"cure,omitempty"`   // what would help, where that is known
	Leak     *place       `json:"leak,omitempty"`   // where the slice gets away
	Flow     []string     `json:"flow,omitempty"`   // the compiler's lines
	Copies   []copyResult `json:"copies,omitempty"` // in the machine code

	abs position.Pos
}

// note is what is told of something else than the verdict on a call.
type note struct {
	Rule string `json:"rule"` // inlinable, stale
	File string `json:"file"`
	Line int    `json:"line"`
	Col  int    `json:"col"`
	Text string `json:"text"`
	Cure string `json:"cure,omitempty"`

	abs position.Pos
}

// The rules of warnings.
const (
	ruleUnproven  = "unproven" // no warning
	ruleInlinable = "inlinable"
	ruleStale     = "stale"
)

type place struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Col  int    `json:"col"`
}

// copyResult is one copy of the call in the machine code.
type copyResult struct {
	Function string   `json:"function"`          // symbol
	Inlined  []string `json:"inlined,omitempty"` // calls it was inlined through, outermost first
	Verdict  string   `json:"verdict"`
	Unused   bool     `json:"unused,omitempty"` // code that does not run: every use is inlined, or there is none
	Why      string   `json:"why,omitempty"`
}

func (r *report) rel(file string) string { return position.Rel(r.dir, file) }

func (r *report) at(p position.Pos) string {
	p.File = r.rel(p.File)
	return p.String()
}

// sentence is the reason with its place.
func (r *report) sentence(w *reason) string {
	if w.at == nil {
		return w.text
	}
	return fmt.Sprintf("%s at %s:%d", w.text, r.rel(w.at.File), w.at.Line)
}

// fill turns the sites into lines.
func (r *report) fill(src *source) {
	for _, s := range src.all() {
		if !s.scratch || s.decl != "?" {
			r.addSite(src, s)
		}
	}
	slices.SortStableFunc(r.Calls, func(a, b *result) int { return position.Compare(a.abs, b.abs) })
	for _, c := range r.Calls {
		switch {
		case c.Verdict == isProven:
			r.Proven++
		case c.Verdict == isUnproven && c.Accepted:
			r.Accepted++
		case c.Verdict == isUnproven:
			r.Unproven++
		case c.Verdict == isUnjudged:
			r.Unjudged++
		}
	}
	for _, w := range src.warnings {
		r.warn(ruleInlinable, w.at, w.text, w.cure)
	}
	r.addStale(src)
	slices.SortStableFunc(r.Notes, func(a, b *note) int { return cmp.Or(position.Compare(a.abs, b.abs), strings.Compare(a.Text, b.Text)) })
	r.Warnings = len(r.Notes)
}

func (r *report) warn(rule string, at position.Pos, text, cure string) {
	r.Notes = append(r.Notes, &note{Rule: rule, File: r.rel(at.File), Line: at.Line, Col: at.Col, Text: text, Cure: cure, abs: at})
}

// addStale tells of the comments that accept nothing.
func (r *report) addStale(src *source) {
	seen := map[*acceptance]bool{}
	for _, a := range src.accepts {
		if !seen[a] && !a.used && src.under[a.pos.File] {
			r.warn(ruleStale, a.pos, "the comment "+accept+" accepts nothing: no call here is unproven", "remove it")
		}
		seen[a] = true
	}
}

func (r *report) newResult(fn string, pos position.Pos) *result {
	x := &result{File: r.rel(pos.File), Line: pos.Line, Col: pos.Col, Func: fn, abs: pos}
	r.Calls = append(r.Calls, x)
	return x
}

func (x *result) blame(r *report, w *reason) {
	x.Verdict = isUnproven
	x.Why, x.Cure, x.Flow = r.sentence(w), w.cure, r.flow(w.flow)
	if w.at != nil {
		x.Leak = &place{r.rel(w.at.File), w.at.Line, w.at.Col}
	}
}

// flow returns the compiler's lines with their places in the source.
func (r *report) flow(lines []string) (out []string) {
	for _, l := range lines {
		if i := strings.LastIndex(l, " at "); i >= 0 {
			if p, ok := position.Parse(l[i+len(" at "):]); ok {
				l = l[:i] + " at " + r.back(p).String()
			}
		}
		out = append(out, l)
	}
	return out
}

func (r *report) addSite(src *source, s *site) {
	if s.scratch {
		r.newResult("scratch."+s.fn, s.pos).Verdict = isExempt
		return
	}
	fn := "stackalloc." + s.fn
	viaCaller, bad, depends := s.living()
	elsewhere := s.decl == "?" && !src.under[s.pos.File]
	var callers callerLines
	if depends || elsewhere {
		callers = r.addCallers(src, s, fn, viaCaller)
	}
	if elsewhere {
		return
	}
	x := r.newResult(fn, s.pos)
	x.Copies = r.copies(src, s)
	switch {
	case len(s.copies) == 0:
		r.withoutCode(x, s)
	case s.unclear() != nil:
		x.Verdict, x.Why = isUnjudged, "cannot judge: the machine code of "+s.unclear().symbol+" has neither a probe nor a call of it"
		r.unclear = append(r.unclear, x)
	case len(bad) == 0:
		x.Verdict = isProven
	case depends && len(bad) == len(intersect(bad, viaCaller)):
		refused, accepted := callers.refused, ""
		if len(refused) == 0 {
			refused, accepted = callers.accepted, ", accepted there"
		}
		if len(refused) == 0 {
			x.Verdict = isProven
			break
		}
		x.Verdict = isUnproven
		x.Why = fmt.Sprintf("the callback comes from the caller of %s, and is unproven at %d of %d: %s%s", s.decl, len(refused), callers.n, strings.Join(few(refused), ", "), accepted)
		x.Accepted = accepted != ""
	default:
		r.blameBest(src, x, s)
	}
	x.Accepted = r.accept(s.accept, x) || x.Accepted
}

// living returns, of the copies whose code runs, those with a caller and those that are
// unproven, and whether one in the function itself does not know its callback.
func (s *site) living() (viaCaller, bad []*copyOf, depends bool) {
	for _, c := range s.copies {
		if c.dead {
			continue
		}
		if c.why != nil && c.why.unknown && len(c.chain) == 1 {
			depends = true
		}
		if c.setAside() {
			continue
		}
		if c.verdict != proven {
			bad = append(bad, c)
		}
		if len(c.chain) > 1 {
			viaCaller = append(viaCaller, c)
		}
	}
	return viaCaller, bad, depends
}

// withoutCode says what there is to be said of a call that no machine code has.
func (r *report) withoutCode(x *result, s *site) {
	switch {
	case s.generic:
		x.Verdict = isUnjudged
		x.Why = "nothing in the packages checked uses " + s.decl + ", which is generic"
		x.Cure = "check with -test, or a package that uses it"
	case s.value && s.held:
		x.Verdict, x.Why = isUnproven, "used as a function value, whose callback is not known here"
	case s.value:
		x.Verdict, x.Why = isUnjudged, "the machine code has no such function value: nothing uses it, or only calls that are judged themselves"
	case s.seq && s.scope.Line == 0:
		x.blame(r, notInRange)
	default:
		x.Verdict, x.Why = isUnjudged, "there is no machine code for it: nothing reaches it, or the compiler left nothing of it"
	}
}

// accept reports whether the comment, which may be nil, accepts what was found.
func (r *report) accept(a *acceptance, x *result) bool {
	if a == nil || x.Verdict == isProven || x.Verdict == isExempt {
		return false
	}
	a.used = true
	return x.Verdict == isUnproven
}

func intersect(a, b []*copyOf) (out []*copyOf) {
	for _, c := range a {
		if slices.Contains(b, c) {
			out = append(out, c)
		}
	}
	return out
}

// few cuts a long list.
func few(list []string) []string {
	if len(list) > 3 {
		return append(slices.Clone(list[:3]), "…")
	}
	return list
}

// setAside reports whether the copy does not count: its code does not run, and
// does not show what calls from other packages would get.
func (c *copyOf) setAside() bool {
	return c.aside && (!c.open || c.why != nil && c.why.unknown)
}

// blameBest gives the reason of the copy that says most: that in the function
// itself before those in others, a leak before an unknown callback.
func (r *report) blameBest(src *source, x *result, s *site) {
	rank := func(c *copyOf) int {
		n := 0
		if !c.home(s) {
			n++
		}
		if c.why == unexplained {
			n += 8
		}
		if c.why.unknown {
			n += 2
			if c.setAside() {
				n += 2
			}
		}
		return n
	}
	var best *copyOf
	for _, c := range s.copies {
		if c.why != nil && !c.dead && (best == nil || rank(c) < rank(best)) {
			best = c
		}
	}
	x.blame(r, best.why)
	if len(best.chain) > 1 {
		x.Why += fmt.Sprintf(" (in the copy inlined at %s)", r.at(src.where(best.chain[0])))
	}
}

// callerLines are the lines for the places where the function around a call is inlined:
// their number, and those that are unproven.
type callerLines struct {
	n                 int
	refused, accepted []string
}

// addCallers adds a line for each place where the function around the call is inlined.
func (r *report) addCallers(src *source, s *site, fn string, copies []*copyOf) (lines callerLines) {
	byPos := map[position.Pos]*result{}
	accepts := map[*result]*acceptance{}
	for _, c := range copies {
		if strings.HasPrefix(c.chain[0].File, "<") {
			continue
		}
		pos := src.where(c.chain[0])
		x := byPos[pos]
		if x == nil {
			x = r.newResult(c.helper+" ("+fn+")", pos)
			x.Via = r.at(s.pos)
			x.Verdict = isProven
			accepts[x] = src.acceptedAt(pos.File, pos.Line, pos.Line)
			byPos[pos] = x
			lines.n++
		}
		x.Copies = append(x.Copies, r.copyResult(src, c))
		if c.verdict != proven && x.Verdict == isProven {
			x.blame(r, c.why)
			if x.Accepted = r.accept(accepts[x], x); x.Accepted {
				lines.accepted = append(lines.accepted, r.at(pos))
			} else {
				lines.refused = append(lines.refused, r.at(pos))
			}
		}
	}
	return lines
}

func (r *report) copies(src *source, s *site) []copyResult {
	var out []copyResult
	for _, c := range s.copies {
		x := r.copyResult(src, c)
		if !slices.ContainsFunc(out, func(y copyResult) bool {
			return x.Function == y.Function && x.Verdict == y.Verdict && slices.Equal(x.Inlined, y.Inlined)
		}) {
			out = append(out, x)
		}
	}
	return out
}

func (r *report) copyResult(src *source, c *copyOf) copyResult {
	x := copyResult{Function: c.symbol, Verdict: isProven, Unused: c.dead || c.aside}
	for _, p := range c.chain[:len(c.chain)-1] {
		x.Inlined = append(x.Inlined, r.at(src.where(p)))
	}
	if c.verdict != proven {
		x.Verdict = isUnproven
	}
	if c.why != nil {
		x.Why = r.sentence(c.why)
	}
	return x
}

func (r *report) writeText(w io.Writer, verbose bool) error {
	b := bufio.NewWriter(w)
	for _, c := range r.Calls {
		head := fmt.Sprintf("%v: %s: ", position.Pos{File: c.File, Line: c.Line, Col: c.Col}, c.Func)
		switch {
		case c.Verdict == isUnjudged:
			fmt.Fprintf(b, "%snot judged: %s\n", head, withCure(c.Why, c.Cure))
			continue
		case c.Verdict == isExempt:
			if verbose {
				fmt.Fprintf(b, "%sneeds no proof\n", head)
			}
			continue
		case c.Verdict == isProven:
			fmt.Fprintf(b, "%sproven", head)
			if c.Why != "" {
				fmt.Fprintf(b, " (%s)", c.Why)
			}
			fmt.Fprintln(b)
		default:
			fmt.Fprintf(b, "%sunproven: %s", head, withCure(c.Why, c.Cure))
			if c.Accepted {
				fmt.Fprint(b, " (accepted)")
			}
			fmt.Fprintln(b)
		}
		if verbose {
			r.writeDetails(b, c)
		}
	}
	for _, n := range r.Notes {
		fmt.Fprintf(b, "%v: warning: %s\n", position.Pos{File: n.File, Line: n.Line, Col: n.Col}, withCure(n.Text, n.Cure))
	}
	if verbose {
		fmt.Fprintf(b, "%d proven, %d unproven, %d accepted, %d not judged, %d warnings\n", r.Proven, r.Unproven, r.Accepted, r.Unjudged, r.Warnings)
	}
	return b.Flush()
}

func withCure(text, cure string) string {
	if cure == "" {
		return text
	}
	return text + "; " + cure
}

func (r *report) writeDetails(b *bufio.Writer, c *result) {
	if c.Via != "" {
		fmt.Fprintf(b, "\tthe call is at %s\n", c.Via)
	}
	if len(c.Copies) > 1 || len(c.Copies) == 1 && len(c.Copies[0].Inlined) > 0 {
		for _, x := range c.Copies {
			fmt.Fprintf(b, "\tin %s", x.Function)
			if len(x.Inlined) > 0 {
				fmt.Fprintf(b, ", inlined at %s", strings.Join(x.Inlined, " → "))
			}
			fmt.Fprintf(b, ": %s", x.Verdict)
			if x.Why != "" {
				fmt.Fprintf(b, ": %s", x.Why)
			}
			if x.Unused {
				fmt.Fprint(b, " (this code does not run)")
			}
			fmt.Fprintln(b)
		}
	}
	for _, l := range c.Flow {
		fmt.Fprintf(b, "\t| %s\n", l)
	}
}

func (r *report) writeJSON(w io.Writer) error {
	r.Version = 1
	if r.Calls == nil {
		r.Calls = []*result{}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "\t")
	e.SetEscapeHTML(false)
	return e.Encode(r)
}

func (r *report) writeSARIF(w io.Writer) error {
	doc := sarif.New(repository(r.dir))
	for _, c := range r.Calls {
		if c.Verdict != isUnproven {
			continue
		}
		f := sarif.Finding{Place: r.sarifPlace(c.abs), Text: c.Func + ": unproven: " + withCure(c.Why, c.Cure), Suppressed: c.Accepted}
		if c.Leak != nil {
			at := position.Pos{File: position.Abs(r.dir, c.Leak.File), Line: c.Leak.Line, Col: c.Leak.Col}
			f.Related = append(f.Related, sarif.Related{Place: r.sarifPlace(at), Text: "the slice gets away here"})
		}
		doc.Add(f)
	}
	for _, n := range r.Notes {
		doc.Add(sarif.Finding{Rule: n.Rule, Place: r.sarifPlace(n.abs), Text: withCure(n.Text, n.Cure)})
	}
	return doc.Write(w)
}

// sarifPlace returns a place with its column in UTF-16 code units, which the document
// declares, where the compiler counts bytes.
func (r *report) sarifPlace(p position.Pos) sarif.Place {
	at := sarif.Place{File: p.File, Line: p.Line}
	if p.Col == 0 {
		return at
	}
	text, err := r.build.ReadFile(p.File)
	if err != nil {
		return at
	}
	for range p.Line - 1 {
		i := bytes.IndexByte(text, '\n')
		if i < 0 {
			return at
		}
		text = text[i+1:]
	}
	at.Col = 1 + len(utf16.Encode([]rune(string(text[:min(p.Col-1, len(text))]))))
	return at
}

// repository returns the root of the repository that a directory is in: code hosts
// take the names in a document to be relative to it. Without one it is the directory.
func repository(dir string) string {
	for d := dir; ; d = filepath.Dir(d) {
		for _, name := range []string{".git", ".hg", ".svn"} {
			if _, err := os.Stat(filepath.Join(d, name)); err == nil {
				return d
			}
		}
		if d == filepath.Dir(d) {
			return dir
		}
	}
}
