package suggest

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stackalloc/stackalloc/cmd/stackalloc/internal/position"
)

// sections are the kinds of places in the order of the document.
var sections = []struct {
	kind
	title, text string
}{
	{variableMake, "`make` with a length known at run time", "They do not escape and are on the heap when longer than 32 bytes, because their length is not constant: `stackalloc.Do`, or `Call` where the function returns a result."},
	{result, "Results that their callers keep to themselves", "A function of the package makes them: one that takes room for its result would find it on the caller's stack."},
	{throughIO, "`make` that escapes into a Read or a Write", "The contract forbids keeping the slice, which the compiler cannot know: `scratch.Do`."},
	{growth, "Appends that grow a local slice in a loop", "The slices do not escape. Where a bound on the length is known: `stackalloc.Uninit` and `s = s[:0]`."},
	{clone, "Copies of slices", "They do not escape and are on the heap when longer than 32 bytes: `stackalloc.Copy`."},
	{conversion, "Conversions of strings", "They do not escape and are on the heap when longer than 32 bytes: `stackalloc.Uninit` and `copy`."},
	{largeArray, "Arrays of 512 bytes and more of which a part is used", "They are cleared whole: `stackalloc.Uninit` with the length that is used."},
}

// markdown writes what was found as a document.
func (o *options) markdown(ctx context.Context, w io.Writer, found []*finding) error {
	var env [4]string
	for i, name := range []string{"GOVERSION", "GOOS", "GOARCH", "GOROOT"} {
		v, err := o.GoEnv(ctx, name)
		if err != nil {
			return err
		}
		env[i] = v
	}
	std := filepath.Join(env[3], "src")
	show := func(f *finding) string {
		if filepath.IsAbs(f.File) {
			return filepath.ToSlash(position.Rel(std, f.File))
		}
		return filepath.ToSlash(f.File)
	}
	found = slices.Clone(found)
	slices.SortStableFunc(found, func(a, b *finding) int {
		if c := strings.Compare(show(a), show(b)); c != 0 {
			return c
		}
		return a.Line - b.Line
	})
	what := strings.Join(o.Patterns, " ")
	var b strings.Builder
	fmt.Fprintf(&b, "# What `stackalloc suggest %s` finds\n\n", what)
	fmt.Fprintf(&b, "Made with %s for %s/%s by\n\n    stackalloc suggest -markdown %s %s\n\n", strings.Replace(env[0], "go", "Go ", 1), env[1], env[2], filepath.Base(o.document), what)
	fmt.Fprintf(&b, "%d places: by kind, not by worth. Many are on paths that run once; `-profile` tells which matter in\n"+
		"a program. The standard library cannot import the library, so nothing is changed there; in a module,\n"+
		"`-diff` makes the changes that are mechanical, and `-why` says what stands in the way of the others.\n\n", len(found))
	b.WriteString("| kind | places |\n| --- | ---: |\n")
	byKind := map[kind][]*finding{}
	for _, f := range found {
		byKind[f.Kind] = append(byKind[f.Kind], f)
	}
	for _, s := range sections {
		if n := len(byKind[s.kind]); n > 0 {
			fmt.Fprintf(&b, "| %s | %d |\n", s.title, n)
		}
	}
	for _, s := range sections {
		if len(byKind[s.kind]) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| place | function | code |\n| --- | --- | --- |\n", s.title, s.text)
		for _, f := range byKind[s.kind] {
			fmt.Fprintf(&b, "| %s:%d | %s | `%s` |\n", show(f), f.Line, strings.ReplaceAll(f.Func, "|", `\|`), strings.ReplaceAll(f.Code, "|", `\|`))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
