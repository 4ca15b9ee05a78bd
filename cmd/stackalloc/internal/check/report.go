package check

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/machine"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/sarif"
)

// report is the outcome. It is also the document that -json prints.
type report struct {
	Version  int       `json:"version"` // of this form
	Calls    []*result `json:"calls"`
	Proven   int       `json:"proven"`
	Unproven int       `json:"unproven"` // without those accepted
	Accepted int       `json:"accepted"`

	dir string // what file names are relative to
}

const (
	isProven   = "proven"
	isUnproven = "unproven"
	isExempt   = "exempt" // package scratch
)

// result is one line.
type result struct {
	File     string       `json:"file"`
	Line     int          `json:"line"`
	Col      int          `json:"col"`
	Func     string       `json:"func"`             // stackalloc.Do, or a function around it
	Via      string       `json:"via,omitempty"`    // for a function around it: the call inside, FILE:LINE:COL
	Verdict  string       `json:"verdict"`          // proven, unproven, exempt
	Accepted bool         `json:"accepted"`         // unproven, and a comment says so
	Why      string       `json:"why,omitempty"`    // for people
	Cure     string       `json:"cure,omitempty"`   // what would help, where that is known
	Leak     *place       `json:"leak,omitempty"`   // where the slice gets away
	Flow     []string     `json:"flow,omitempty"`   // the compiler's lines
	Copies   []copyResult `json:"copies,omitempty"` // in the machine code

	abs machine.Pos
}

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

func (r *report) rel(file string) string {
	if rel, err := filepath.Rel(r.dir, file); err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return rel
	}
	return file
}

func (r *report) at(p machine.Pos) string {
	return fmt.Sprintf("%s:%d:%d", r.rel(p.File), p.Line, p.Col)
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
	slices.SortStableFunc(r.Calls, func(a, b *result) int { return comparePos(a.abs, b.abs) })
	for _, c := range r.Calls {
		switch {
		case c.Verdict == isProven:
			r.Proven++
		case c.Verdict == isUnproven && c.Accepted:
			r.Accepted++
		case c.Verdict == isUnproven:
			r.Unproven++
		}
	}
}

func (r *report) newResult(fn string, pos machine.Pos) *result {
	x := &result{File: r.rel(pos.File), Line: pos.Line, Col: pos.Col, Func: fn, abs: pos}
	r.Calls = append(r.Calls, x)
	return x
}

func (x *result) blame(r *report, w *reason) {
	x.Verdict = isUnproven
	x.Why, x.Cure, x.Flow = r.sentence(w), w.cure, w.flow
	if w.at != nil {
		x.Leak = &place{r.rel(w.at.File), w.at.Line, w.at.Col}
	}
}

func (r *report) addSite(src *source, s *site) {
	if s.scratch {
		r.newResult("scratch."+s.fn, s.pos).Verdict = isExempt
		return
	}
	fn := "stackalloc." + s.fn
	var own, viaCaller, bad []*copyOf // live copies, those among them with a caller, those unproven
	depends := false
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
		own = append(own, c)
		if c.verdict != proven {
			bad = append(bad, c)
		}
		if len(c.chain) > 1 {
			viaCaller = append(viaCaller, c)
		}
	}
	elsewhere := s.decl == "?" && !src.files[s.pos.File]
	callers := 0
	var refused []string
	if depends || elsewhere {
		callers, refused = r.addCallers(src, s, fn, viaCaller)
	}
	if elsewhere {
		return
	}
	x := r.newResult(fn, s.pos)
	x.Copies = r.copies(s)
	switch {
	case len(s.copies) == 0 && s.generic:
		x.Verdict, x.Why = isUnproven, "there is no machine code to judge: nothing in the packages checked uses "+s.decl+", which is generic"
	case len(s.copies) == 0 && s.value:
		x.Verdict, x.Why = isUnproven, "used as a function value, whose callback is not known here"
	case len(s.copies) == 0 && s.seq && s.scope.Line == 0:
		x.blame(r, notInRange)
	case len(s.copies) == 0:
		x.Verdict, x.Why = isUnproven, "there is no machine code to judge: nothing reaches it"
	case len(bad) == 0:
		x.Verdict = isProven
	case depends && len(bad) == len(intersect(bad, viaCaller)):
		if len(refused) == 0 {
			x.Verdict = isProven
			break
		}
		x.Verdict = isUnproven
		x.Why = fmt.Sprintf("the callback comes from the caller of %s, and is unproven at %d of %d: %s", s.decl, len(refused), callers, strings.Join(few(refused), ", "))
	default:
		r.blameBest(x, s)
	}
	x.Accepted = s.accepted && x.Verdict == isUnproven
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
func (r *report) blameBest(x *result, s *site) {
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
		x.Why += fmt.Sprintf(" (in the copy inlined at %s)", r.at(best.chain[0]))
	}
}

// addCallers adds a line for each place where the function around the call is
// inlined, and returns their number and those that are not proven.
func (r *report) addCallers(src *source, s *site, fn string, copies []*copyOf) (n int, refused []string) {
	byPos := map[machine.Pos]*result{}
	for _, c := range copies {
		pos := c.chain[0]
		if strings.HasPrefix(pos.File, "<") {
			continue
		}
		x := byPos[pos]
		if x == nil {
			x = r.newResult(c.helper+" ("+fn+")", pos)
			x.Via = r.at(s.pos)
			x.Verdict = isProven
			x.Accepted = src.acceptedAt(pos)
			byPos[pos] = x
			n++
		}
		x.Copies = append(x.Copies, r.copyResult(c))
		if c.verdict != proven && x.Verdict == isProven {
			x.blame(r, c.why)
			if !x.Accepted {
				refused = append(refused, r.at(pos))
			}
		}
	}
	for _, x := range byPos {
		x.Accepted = x.Accepted && x.Verdict == isUnproven
	}
	return n, refused
}

// acceptedAt reports whether the comment is on the line.
func (s *source) acceptedAt(p machine.Pos) bool {
	f, err := os.Open(p.File)
	if err != nil {
		return false
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for n := 1; sc.Scan(); n++ {
		_, comment, ok := strings.Cut(sc.Text(), "//")
		yes := ok && strings.HasPrefix(strings.TrimSpace(comment), accept)
		if n == p.Line {
			return yes
		}
		if n == p.Line-1 && yes && strings.HasPrefix(strings.TrimSpace(sc.Text()), "//") {
			return true
		}
	}
	return false
}

func (r *report) copies(s *site) []copyResult {
	var out []copyResult
	for _, c := range s.copies {
		x := r.copyResult(c)
		if !slices.ContainsFunc(out, func(y copyResult) bool {
			return x.Function == y.Function && x.Verdict == y.Verdict && slices.Equal(x.Inlined, y.Inlined)
		}) {
			out = append(out, x)
		}
	}
	return out
}

func (r *report) copyResult(c *copyOf) copyResult {
	x := copyResult{Function: c.symbol, Verdict: isProven, Unused: c.dead || c.aside}
	for _, p := range c.chain[:len(c.chain)-1] {
		x.Inlined = append(x.Inlined, r.at(p))
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
		head := fmt.Sprintf("%s:%d:%d: %s: ", c.File, c.Line, c.Col, c.Func)
		switch {
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
			fmt.Fprintf(b, "%sunproven: %s", head, c.Why)
			if c.Cure != "" {
				fmt.Fprintf(b, "; %s", c.Cure)
			}
			if c.Accepted {
				fmt.Fprint(b, " (accepted)")
			}
			fmt.Fprintln(b)
		}
		if verbose {
			r.writeDetails(b, c)
		}
	}
	if verbose {
		fmt.Fprintf(b, "%d proven, %d unproven, %d accepted\n", r.Proven, r.Unproven, r.Accepted)
	}
	return b.Flush()
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
	doc := sarif.New(r.dir)
	for _, c := range r.Calls {
		if c.Verdict != isUnproven {
			continue
		}
		text := c.Func + ": unproven: " + c.Why
		if c.Cure != "" {
			text += "; " + c.Cure
		}
		f := sarif.Finding{File: c.abs.File, Line: c.Line, Col: c.Col, Text: text, Suppressed: c.Accepted}
		if c.Leak != nil {
			f.Related = append(f.Related, sarif.Related{File: absolute(r.dir, c.Leak.File), Line: c.Leak.Line, Col: c.Leak.Col, Text: "the slice gets away here"})
		}
		doc.Add(f)
	}
	return doc.Write(w)
}

func absolute(dir, file string) string {
	if filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(dir, file)
}
