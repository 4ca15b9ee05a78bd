package suggest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/check"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/edit"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
)

// needLibrary returns an error if the packages cannot import the library.
func (s *search) needLibrary(ctx context.Context) error {
	if _, err := s.List(ctx, []string{library}); err != nil {
		return fmt.Errorf("-diff needs a module that requires the library: go get %s (%w)", library, err)
	}
	return nil
}

// verifier tries changes in an overlay.
type verifier struct {
	*search
	dir   string
	round int
	names map[string]string // of the files that stand for others, which is what errors name
}

func newVerifier(s *search) (*verifier, error) {
	dir, err := os.MkdirTemp("", "stackalloc-suggest-")
	return &verifier{search: s, dir: dir}, err
}

func (v *verifier) close() { os.RemoveAll(v.dir) }

// try compiles the packages with the changes. If some of them fail it marks those and
// returns false.
func (v *verifier) try(ctx context.Context, cs []*change) (ok bool, err error) {
	if len(cs) == 0 {
		return true, nil
	}
	cs = withNeeds(cs)
	v.round++
	v.Bar.Phase(fmt.Sprintf("compiling the changes, round %d", v.round))
	b, err := v.overlay(cs)
	if err != nil {
		return false, err
	}
	calls, err := check.Calls(ctx, b, v.Patterns)
	if err != nil {
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		return false, v.blame(ctx, err.Error(), cs)
	}
	proven := map[string]bool{}
	for _, c := range calls {
		key := fmt.Sprintf("%s:%d", c.File, c.Line)
		was, ok := proven[key]
		proven[key] = c.Proven && (was || !ok)
	}
	lines := linesOf(cs)
	var unproven []*change
	for _, c := range cs {
		if c.library && !proven[fmt.Sprintf("%s:%d", c.tok.Name(), lines[c].call)] {
			unproven = append(unproven, c)
		}
	}
	// A function that other packages inline may be proven where it is not.
	if ok, err := v.inlining(ctx, b, cs, lines); !ok || err != nil {
		return false, err
	}
	for _, c := range unproven {
		c.failed = "the compiler does not prove the call that would take its place"
	}
	return len(unproven) == 0, nil
}

// inlining marks functions that become inlinable by their changes: in other packages
// the callback would be made anew, where less is proven. It marks arrays that are
// moved to the heap, too.
func (v *verifier) inlining(ctx context.Context, b *gotool.Build, cs []*change, lines map[*change]span) (ok bool, err error) {
	rep, err := (&Options{Build: *b, Patterns: v.Patterns}).report(ctx, nil)
	if err != nil {
		return false, err
	}
	ok = true
	for _, c := range cs {
		name := c.tok.Name()
		if c.array {
			for at := range rep.Moved {
				if at.File == name && at.Line == lines[c].call {
					c.failed, ok = "an array in its place would be moved to the heap", false
				}
			}
			continue
		}
		if c.decl == nil || c.noinline || c.support {
			continue
		}
		old := position.Of(c.pkg.Fset, c.decl.Name.Pos())
		now := old
		now.Line = lines[c].declFrom + c.tok.Line(c.decl.Name.Pos()) - c.tok.Line(c.decl.Pos())
		if rep.Inlinable[now] && !v.rep.Inlinable[old] {
			c.noinline, ok = true, false
		}
	}
	return ok, nil
}

// overlay writes the changed files, and returns the build with them.
func (v *verifier) overlay(cs []*change) (*gotool.Build, error) {
	replace := maps.Clone(v.Replaced)
	if replace == nil {
		replace = map[string]string{}
	}
	v.names = map[string]string{}
	for name, list := range byFile(cs) {
		text, err := edit.Raw(list[0].src, editsOf(list))
		if err != nil {
			return nil, err
		}
		tmp := filepath.Join(v.dir, fmt.Sprintf("%d-%d.go", v.round, len(v.names)))
		v.names[filepath.Base(tmp)] = name
		if err := os.WriteFile(tmp, text, 0o666); err != nil {
			return nil, err
		}
		replace[name] = tmp
	}
	j, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return nil, err
	}
	list := filepath.Join(v.dir, "overlay.json")
	if err := os.WriteFile(list, j, 0o666); err != nil {
		return nil, err
	}
	b := v.Build
	b.Overlay, b.Replaced = list, replace
	return &b, nil
}

// span is where a change is in the new text of its file.
type span struct{ from, to, call, declFrom, declTo int }

// linesOf computes the lines of changes in the text that edit.Raw makes.
func linesOf(cs []*change) map[*change]span {
	out := map[*change]span{}
	for _, list := range byFile(cs) {
		edits := editsOf(list)
		src := list[0].src
		// line returns the new line of an old offset: after edits that begin before
		// it, and those at it that come before the edit e.
		line := func(at int, stop func(edit.Edit) bool) int {
			n := 1 + bytes.Count(src[:at], []byte("\n"))
			for _, e := range edits {
				if e.From > at || e.From == at && stop(e) {
					break
				}
				n += strings.Count(e.Text, "\n") - bytes.Count(src[e.From:min(e.To, at)], []byte("\n"))
			}
			return n
		}
		for _, c := range list {
			first := c.edits[0]
			s := span{from: line(first.From, func(e edit.Edit) bool { return e == first })}
			s.call = s.from + c.line
			s.to = line(c.to, func(edit.Edit) bool { return false })
			if c.decl != nil {
				s.declFrom = line(c.offset(c.decl.Pos()), func(edit.Edit) bool { return true })
				s.declTo = line(c.offset(c.decl.End()), func(edit.Edit) bool { return true })
			}
			out[c] = s
		}
	}
	return out
}

var errorLine = regexp.MustCompile(`(?m)^(?:vet: )?(.+\.go):(\d+)(?::\d+)?: (.*)`)

// blame marks the changes that a compiler's errors are about: those with the line,
// or those of the function. If none can be told it finds one by halves.
func (v *verifier) blame(ctx context.Context, diag string, cs []*change) error {
	cs = withNeeds(cs)
	lines := linesOf(cs)
	found := false
	for _, m := range errorLine.FindAllStringSubmatch(diag, -1) {
		line, _ := strconv.Atoi(m[2])
		mark := func(in func(span) bool) (any bool) {
			for _, c := range cs {
				name := c.tok.Name()
				if (v.names[filepath.Base(m[1])] == name || filepath.Base(name) == filepath.Base(m[1])) && in(lines[c]) {
					c.failed, any = "the change does not compile: "+m[3], true
				}
			}
			return any
		}
		if mark(func(s span) bool { return s.from <= line && line <= s.to }) ||
			mark(func(s span) bool { return s.declFrom <= line && line <= s.declTo }) {
			found = true
		}
	}
	if found {
		return nil
	}
	return v.halve(ctx, diag, cs)
}

// halve looks for one change without which the packages compile, or compile better.
func (v *verifier) halve(ctx context.Context, diag string, cs []*change) error {
	for len(cs) > 1 {
		half := cs[:len(cs)/2]
		b, err := v.overlay(withNeeds(half))
		if err != nil {
			return err
		}
		if _, err := check.Calls(ctx, b, v.Patterns); ctx.Err() != nil {
			return ctx.Err()
		} else if err != nil {
			cs = half
		} else {
			cs = cs[len(half):]
		}
	}
	line, _, _ := strings.Cut(diag, "\n")
	cs[0].failed = "the packages do not compile with the change: " + line
	return nil
}

// editsOf returns the edits of changes of one file, with what they need beside
// themselves: imports, and directives.
func editsOf(cs []*change) []edit.Edit {
	cs = slices.Clone(cs)
	slices.SortStableFunc(cs, func(a, b *change) int { return a.from - b.from })
	var out []edit.Edit
	for _, c := range cs {
		out = append(out, c.edits...)
	}
	out = append(out, directives(cs)...)
	out = append(out, imports(cs, out)...)
	slices.SortStableFunc(out, func(a, b edit.Edit) int { return a.From - b.From })
	return out
}
