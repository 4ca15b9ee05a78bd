package suggest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/check"
	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/progress"
)

// propose returns the diff of all changes that are mechanical, compile, and are
// proven. They are tried together, and those that fail are taken out until the
// rest stands.
func (o *Options) propose(ctx context.Context, found []*finding, bar *progress.Bar) (map[string]*changed, error) {
	files := map[string]*changed{}
	for i, f := range found {
		if f.pkg.Module == nil {
			continue // the standard library cannot import it
		}
		c := files[f.pos.File]
		if c == nil {
			src, err := readFile(f.pos.File)
			if err != nil {
				return nil, err
			}
			c = &changed{src: src, finding: f}
			files[f.pos.File] = c
		}
		if e, ok := rewrite(f, c.src, i); ok {
			c.edits = append(c.edits, e)
		}
	}
	for name, c := range files {
		if c.edits = withoutOverlaps(c.edits); len(c.edits) == 0 {
			delete(files, name)
		}
	}
	if len(files) == 0 {
		return files, nil
	}
	if _, err := o.GoList(ctx, library); err != nil {
		return nil, errors.New("-diff needs a module that requires the library: go get " + library)
	}
	dir, err := os.MkdirTemp("", "stackalloc-suggest-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	for round := 1; len(files) > 0; round++ {
		bar.Phase(fmt.Sprintf("compiling the changes, round %d", round))
		bad, err := o.try(ctx, files, dir)
		if err != nil {
			return nil, err
		}
		if len(bad) == 0 {
			break
		}
		for name, c := range files {
			c.edits = slices.DeleteFunc(c.edits, func(e *edit) bool { return bad[e] })
			if len(c.edits) == 0 {
				delete(files, name)
			}
		}
	}
	return files, nil
}

// changed is a file with edits.
type changed struct {
	src     []byte
	edits   []*edit
	finding *finding // any one of the file, for its syntax
}

func (c *changed) text(marked bool) ([]byte, error) {
	f := c.finding
	return apply(c.src, f.file, f.pkg.Fset.File(f.file.Pos()), c.edits, marked)
}

// try compiles the packages with the edits in an overlay, and returns the edits
// that do not compile or whose call is not proven.
func (o *Options) try(ctx context.Context, files map[string]*changed, dir string) (map[*edit]bool, error) {
	bad := map[*edit]bool{}
	overlay := maps.Clone(o.Replaced)
	if overlay == nil {
		overlay = map[string]string{}
	}
	spans := map[*edit][2]int{} // first and last line in the new file
	n := 0
	for name, c := range files {
		text, err := c.text(true)
		if err != nil {
			// Not even syntax: which edit it is does not matter.
			for _, e := range c.edits {
				bad[e] = true
			}
			continue
		}
		n++
		tmp := filepath.Join(dir, strconv.Itoa(n)+".go")
		if err := os.WriteFile(tmp, text, 0o666); err != nil {
			return nil, err
		}
		overlay[name] = tmp
		if err := locate(text, c.edits, spans); err != nil {
			return nil, err
		}
	}
	if len(bad) > 0 {
		return bad, nil
	}
	list := filepath.Join(dir, "overlay.json")
	j, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(list, j, 0o666); err != nil {
		return nil, err
	}
	b := o.Build
	b.Overlay, b.Replaced = list, overlay
	// All packages, for a changed function may be inlined into any of them.
	calls, err := check.Calls(ctx, &b, o.Patterns)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return blame(err.Error(), files, overlay, spans), nil
	}
	proven := map[string]bool{}
	for _, c := range calls {
		key := fmt.Sprintf("%s:%d", c.File, c.Line)
		if was, ok := proven[key]; ok {
			proven[key] = was && c.Proven
		} else {
			proven[key] = c.Proven
		}
	}
	for name, c := range files {
		for _, e := range c.edits {
			if !proven[fmt.Sprintf("%s:%d", name, spans[e][0])] {
				bad[e] = true
			}
		}
	}
	return bad, nil
}

// locate finds the lines of the edits by their marks, and takes out the marks'
// meaning for the next: they are comments.
func locate(text []byte, edits []*edit, spans map[*edit][2]int) error {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "", text, parser.ParseComments)
	if err != nil {
		return err
	}
	for _, g := range f.Comments {
		for _, c := range g.List {
			for _, e := range edits {
				if c.Text == e.mark {
					from := fset.Position(c.Pos()).Line
					spans[e] = [2]int{from, from + strings.Count(e.text, "\n")}
				}
			}
		}
	}
	return nil
}

var errorLine = regexp.MustCompile(`(?m)^(?:vet: )?(.+\.go):(\d+)(?::\d+)?: `)

// blame returns the edits that a compiler's errors are about, or all where none
// can be told.
func blame(diag string, files map[string]*changed, overlay map[string]string, spans map[*edit][2]int) map[*edit]bool {
	bad := map[*edit]bool{}
	for _, m := range errorLine.FindAllStringSubmatch(diag, -1) {
		line, _ := strconv.Atoi(m[2])
		for name, c := range files {
			if filepath.Base(name) != filepath.Base(m[1]) && filepath.Base(overlay[name]) != filepath.Base(m[1]) {
				continue
			}
			for _, e := range c.edits {
				if s := spans[e]; s[0] <= line && line <= s[1] {
					bad[e] = true
				}
			}
		}
	}
	if len(bad) == 0 {
		for _, c := range files {
			for _, e := range c.edits {
				bad[e] = true
			}
		}
	}
	return bad
}
