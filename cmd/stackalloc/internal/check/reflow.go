package check

import (
	"bytes"
	"context"
	"go/scanner"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/gotool"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/overlay"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/progress"
)

// The compiler prints no column beyond position.MaxCol, and of a call that it did not
// inline none at all. So lines that are too wide, and those with several calls of the
// library, are compiled with line breaks more than the source has, from an overlay: where
// a break is blank space to Go. The machine code is the same but for line numbers.

// reflow is where the lines of a text with more line breaks begin in the source.
type reflow []struct{ line, col int }

// back returns the place in the source of one in the text.
func (r reflow) back(p position.Pos) position.Pos {
	if p.Line < 1 || p.Line > len(r) {
		return p
	}
	from := r[p.Line-1]
	p.Line = from.line
	if p.Col > 0 {
		p.Col += from.col - 1
	}
	return p
}

// narrow is how long at least what is broken off a wide line is.
const narrow = 50

// reflowed returns a text with line breaks in its wide lines and, at every place where one
// may be, in those with several names of functions; nil if it has none. any reports whether
// one of the lines is a wide one.
func reflowed(text []byte, funcs map[string]bool) (_ []byte, _ reflow, any bool) {
	breaks, any := breaksOf(text, funcs)
	if len(breaks) == 0 {
		return nil, nil, false
	}
	var out bytes.Buffer
	var r reflow
	at := 0
	for i, lineText := range bytes.SplitAfter(text, []byte("\n")) {
		r = append(r, struct{ line, col int }{i + 1, 1})
		end := at + len(lineText)
		from := at
		for len(breaks) > 0 && breaks[0].offset < end {
			out.Write(text[at:breaks[0].offset])
			out.WriteByte('\n')
			at = breaks[0].offset
			r = append(r, struct{ line, col int }{i + 1, at - from + 1})
			breaks = breaks[1:]
		}
		out.Write(text[at:end])
		at = end
	}
	return out.Bytes(), r, any
}

// lineBreak is a place where a line break is blank space.
type lineBreak struct{ offset, col int }

// breaksOf returns where reflowed breaks lines, and whether one of them is wide.
func breaksOf(text []byte, funcs map[string]bool) (breaks []lineBreak, any bool) {
	fset := token.NewFileSet()
	file := fset.AddFile("", fset.Base(), len(text))
	var s scanner.Scanner
	s.Init(file, text, func(token.Position, string) {}, 0)
	var may []lineBreak // on the line being read
	names, wide := 0, false
	endLine := func() {
		begin := 0
		for _, b := range may {
			if names > 1 || wide && b.col-begin >= narrow {
				begin = b.col
				breaks = append(breaks, b)
				any = any || wide
			}
		}
		may, names, wide = may[:0], 0, false
	}
	last, line := token.SEMICOLON, 0
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			break
		}
		p := file.PositionFor(pos, false)
		if p.Line != line {
			endLine()
			line = p.Line
		} else if !endsStatement(last) {
			may = append(may, lineBreak{p.Offset, p.Column})
		}
		wide = wide || p.Column >= position.MaxCol
		if _, ok := funcs[lit]; ok && tok == token.IDENT {
			names++
		}
		last = tok
		if n := strings.Count(lit, "\n"); n > 0 && tok != token.SEMICOLON {
			// A raw string: what follows it is on another line.
			endLine()
			line += n
		}
	}
	endLine()
	return breaks, any
}

// endsStatement reports whether a line break after the token would be a semicolon.
func endsStatement(t token.Token) bool {
	switch t {
	case token.IDENT, token.INT, token.FLOAT, token.IMAG, token.CHAR, token.STRING, token.BREAK, token.CONTINUE, token.FALLTHROUGH,
		token.RETURN, token.INC, token.DEC, token.RPAREN, token.RBRACK, token.RBRACE:
		return true
	}
	return false
}

// reflow has the packages compiled with more line breaks. With a profile, which names
// lines, and with coverage, for which the go command reads no overlay, it cannot be done.
func (o *options) reflow(pkgs []*gotool.Package, a *api) error {
	o.reflows = map[string]reflow{}
	user := o.Build
	o.user = &user
	if o.covers() || o.profiled(pkgs) {
		return nil
	}
	var files *overlay.Overlay
	for _, p := range pkgs {
		if p.Module != nil && !p.Module.Main && p.Module.Replace == nil {
			continue // in the module cache, which no overlay may touch
		}
		for _, name := range append(slices.Clone(p.GoFiles), p.CgoFiles...) {
			path := position.Abs(p.Dir, name)
			if _, ok := o.reflows[path]; ok || !strings.HasSuffix(path, ".go") {
				continue
			}
			text, err := user.ReadFile(path)
			if err != nil {
				continue // the go command says so
			}
			funcs := a.funcs
			if !bytes.Contains(text, []byte(Library)) {
				funcs = nil
			}
			text, r, wide := reflowed(text, funcs)
			if r == nil {
				continue
			}
			if wide && !slices.Contains(o.wide, p) {
				o.wide = append(o.wide, p)
			}
			if files == nil {
				if o.temp, err = os.MkdirTemp("", "stackalloc-check-"); err != nil {
					return err
				}
				files = overlay.New(o.temp, user.Replaced)
			}
			if err := files.Put(path, text); err != nil {
				return err
			}
			o.reflows[path] = r
		}
	}
	if files == nil {
		return nil
	}
	o.Overlay, o.Replaced = filepath.Join(o.temp, "overlay.json"), files.Files()
	return files.Write(o.Overlay)
}

// close removes what reflow wrote.
func (o *options) close() {
	if o.temp != "" {
		os.RemoveAll(o.temp)
	}
}

// covers reports whether the build is one for coverage.
func (o *options) covers() bool {
	flags := append(strings.Fields(o.Var("GOFLAGS")), o.More...)
	return o.Flag("cover") != "false" && slices.ContainsFunc(flags, func(f string) bool { return strings.HasPrefix(strings.TrimLeft(f, "-"), "cover") })
}

// coverNoTestMain says which packages -cover is about, if nothing else does: those that
// are tested. Of itself go list would have the main packages of tests instrumented too,
// which fails.
func (o *options) coverNoTestMain(pkgs []*gotool.Package) {
	if !o.Tests || !o.covers() || o.Flag("coverpkg") != "" {
		return
	}
	var paths []string
	for _, p := range pkgs {
		if !p.DepOnly && p.ForTest == "" && !strings.HasSuffix(p.ImportPath, ".test") && !p.NamedByFiles() {
			paths = append(paths, p.ImportPath)
		}
	}
	if len(paths) > 0 {
		o.More = append(slices.Clone(o.More), "-coverpkg="+strings.Join(paths, ","))
	}
}

// profiled reports whether a profile tells the compiler what to inline.
func (o *options) profiled(pkgs []*gotool.Package) bool {
	return o.PGO != "" && o.PGO != "auto" && o.PGO != "off" || o.PGO != "off" && slices.ContainsFunc(pkgs, func(p *gotool.Package) bool {
		_, err := os.Stat(filepath.Join(p.Dir, "default.pgo"))
		return p.Name == "main" && err == nil
	})
}

// verifyWide compiles the packages that have wide lines as they are, too, and takes back
// what is proven only in the text with more breaks: of calls that it does not tell apart,
// the compiler inlines less.
func (o *options) verifyWide(ctx context.Context, bar *progress.Bar, pkgs []*gotool.Package, a *api, r *reading) error {
	if len(o.wide) == 0 {
		return nil
	}
	whole := *o
	whole.Build, whole.reflows, whole.wide = *o.user, nil, nil
	as, err := whole.read(ctx, bar, pkgs, o.wide, a)
	if err != nil {
		return err
	}
	defer as.close()
	for _, s := range r.all() {
		at := r.back(s.call)
		for _, p := range o.wide {
			for _, v := range []verdict{onHeap, called, unclear} {
				k := count{p.ImportPath, at.File, at.Line, s.fn, v}
				if as.counted[k] > r.counted[k] {
					s.takeBack(r.source, p)
				}
			}
		}
	}
	return nil
}

// takeBack makes the copies that are in a package, and of them those that have to do with a
// wide line if there are such, unproven.
func (s *site) takeBack(src *source, p *gotool.Package) {
	var all, wide []*copyOf
	for _, c := range s.copies {
		if c.verdict == proven && c.pkg.ImportPath == p.ImportPath {
			all = append(all, c)
			if slices.ContainsFunc(c.chain, func(p position.Pos) bool { return src.back(p).Col >= position.MaxCol }) {
				wide = append(wide, c)
			}
		}
	}
	if len(wide) > 0 {
		all = wide
	}
	for _, c := range all {
		c.verdict, c.wide = onHeap, true
	}
}
