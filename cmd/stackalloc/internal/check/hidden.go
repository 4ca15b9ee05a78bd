package check

import (
	"regexp"
	"slices"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
)

// What refers to a function is in what the compiler prints, but for two ways by which another
// package, also one that is not asked for, gets at the function's own code and inlines
// nothing: assembly calls it, or a //go:linkname gives it to a function without a body.

// hidden is the references that the compiler does not print.
type hidden struct {
	assembly []string        // the text of it
	linked   map[string]bool // the symbols in directives, and those of the functions that they are about
}

var linkname = regexp.MustCompile(`(?m)//go:linkname[ \t]+(\S+)(?:[ \t]+(\S+))?`)

// hiddenIn returns those in packages.
func (s *source) hiddenIn(pkgs []*gotool.Package) *hidden {
	h := &hidden{linked: map[string]bool{}}
	for _, p := range pkgs {
		if p.Standard {
			continue
		}
		for _, name := range p.SFiles {
			if text, err := s.build.ReadFile(position.Abs(p.Dir, name)); err == nil {
				h.assembly = append(h.assembly, string(text))
			}
		}
		for _, l := range s.linknames(p) {
			h.linked[symbolPath(p.Path())+"."+l[0]] = true
			h.linked[l[1]] = true
		}
	}
	return h
}

// linknames returns the names in the directives of a package: of a function there, and the
// symbol that it has by them, which may be missing.
func (s *source) linknames(p *gotool.Package) (out [][2]string) {
	for _, name := range slices.Concat(p.GoFiles, p.CgoFiles) {
		text, err := s.build.ReadFile(position.Abs(p.Dir, name))
		if err != nil {
			continue // the go command says so
		}
		for _, d := range linkname.FindAllSubmatch(text, -1) {
			out = append(out, [2]string{string(d[1]), string(d[2])})
		}
	}
	return out
}

// has reports whether a function or method may be called there.
func (h *hidden) has(u *unit, symbol string) bool {
	if h.linked[symbol] || h.linked[u.linked(symbol)] {
		return true
	}
	name := "·" + strings.ReplaceAll(u.local(symbol), ".", "·")
	return slices.ContainsFunc(h.assembly, func(text string) bool { return strings.Contains(text, name) })
}
