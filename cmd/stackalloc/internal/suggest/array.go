package suggest

import (
	"fmt"
	"go/ast"
	"strconv"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/edit"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/within"
)

// array returns the change that declares an array of constant length, if one of
// moderate size surely holds what is asked for, and why nothing is to be done where
// the compiler does it already.
func (s *site) array() (*change, string) {
	if len(s.pieces) != 1 || s.pieces[0].f.Kind != variableMake || within.HasTypeParam(s.pieces[0].elem) {
		return nil, ""
	}
	p := s.pieces[0]
	n := p.call.Args[len(p.call.Args)-1]
	hi, why := s.mostElements(p, n)
	if hi == 0 || why != "" {
		return nil, why
	}
	if len(p.call.Args) == 3 {
		if first, ok := (&draft{site: s}).starts(p); first != 0 || !ok {
			return nil, ""
		}
	}
	if s.named(p) || len(s.rest) == 0 {
		return nil, ""
	}
	if why := s.addresses(); why != "" {
		return nil, why
	}
	elem, ok := s.elemText()
	if !ok {
		return nil, ""
	}
	name := s.local(p.id.Name + "Array")
	text := s.text(n)
	var pre []string
	if !simple(n) {
		v := s.local("n")
		pre = append(pre, hoist(v, text))
		text = v
	}
	low := ""
	if len(p.call.Args) == 3 {
		low = "0"
		text = ":" + text
	} else {
		text = text + ":" + text
	}
	pre = append(pre, fmt.Sprintf("var %s [%d]%s", name, hi, elem), fmt.Sprintf("%s := %s[:%s%s]", p.id.Name, name, low, text))
	d := &draft{site: s}
	c := d.newChange()
	c.library, c.array = false, true
	for n := range s.made {
		s.used[n] = true // the rest of the block has them too
	}
	c.use = "[" + strconv.FormatInt(hi, 10) + "]" + elem
	e, above, why := s.inPlace(pre)
	if why != "" {
		return nil, ""
	}
	c.edits, c.line = []edit.Edit{e}, above+len(pre)-2
	return c, ""
}

// mostElements returns how many elements a slice surely has at most, if an array of them
// is small, and why nothing is to be done where the compiler does it already.
func (s *site) mostElements(p *piece, n ast.Expr) (hi int64, why string) {
	size := s.pkg.TypesSizes.Sizeof(p.elem)
	for _, r := range s.ranges(n) {
		if r.lo < 0 || r.hi > smallArray {
			return 0, ""
		}
		hi = max(hi, r.hi)
	}
	if hi == 0 || size <= 0 || hi*size > smallArray {
		return 0, ""
	}
	if hi*size <= ownFrame && p.f.Cost == 0 {
		return 0, fmt.Sprintf("it has at most %d bytes: the compiler has it on the stack when it has no more than %d", hi*size, ownFrame)
	}
	return hi, ""
}
