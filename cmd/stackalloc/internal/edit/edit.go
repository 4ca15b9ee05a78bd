// Package edit changes the text of Go files where it must and nowhere else, and
// prints what changed.
package edit

import (
	"bytes"
	"fmt"
	"go/format"
	"slices"
)

// Edit replaces the bytes from From to To. Text has lines that end with "\n".
type Edit struct {
	From, To int
	Text     string
}

// Apply returns src with the edits, which must not overlap. Those at one offset are
// made in the order in which they are given. A file that is formatted stays so; of
// any other, line ends and byte order mark included, the rest stays as it is.
func Apply(src []byte, edits []Edit) ([]byte, error) {
	out, err := Raw(src, edits)
	if err != nil {
		return nil, err
	}
	return reformat(src, out), nil
}

// Raw is Apply without formatting: the lines of src stay as they are.
func Raw(src []byte, edits []Edit) ([]byte, error) {
	edits = slices.Clone(edits)
	slices.SortStableFunc(edits, func(a, b Edit) int { return a.From - b.From })
	newline := lineEnd(src)
	var out []byte
	last := 0
	for _, e := range edits {
		if e.From < last || e.To < e.From || e.To > len(src) {
			return nil, fmt.Errorf("edits overlap at offset %d", e.From)
		}
		out = append(out, src[last:e.From]...)
		out = append(out, bytes.ReplaceAll([]byte(e.Text), []byte("\n"), newline)...)
		last = e.To
	}
	return append(out, src[last:]...), nil
}

var mark = []byte("\ufeff")

// lineEnd returns what ends the first line.
func lineEnd(src []byte) []byte {
	if i := bytes.IndexByte(src, '\n'); i > 0 && src[i-1] == '\r' {
		return []byte("\r\n")
	}
	return []byte("\n")
}

// unmarked returns a text without byte order mark, and with "\n" at the end of lines,
// if all lines end alike.
func unmarked(src []byte) (text []byte, bom, crlf bool) {
	text, bom = bytes.CutPrefix(src, mark)
	if n := bytes.Count(text, []byte("\r\n")); n > 0 && n == bytes.Count(text, []byte("\n")) && n == bytes.Count(text, []byte("\r")) {
		return bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), bom, true
	}
	return text, bom, false
}

// reformat formats after if before was formatted.
func reformat(before, after []byte) []byte {
	old, bom, crlf := unmarked(before)
	if f, err := format.Source(old); err != nil || !bytes.Equal(f, old) {
		return after
	}
	text, _, nowCRLF := unmarked(after)
	if nowCRLF != crlf {
		return after
	}
	f, err := format.Source(text)
	if err != nil {
		return after
	}
	if crlf {
		f = bytes.ReplaceAll(f, []byte("\n"), []byte("\r\n"))
	}
	if bom {
		f = append(slices.Clone(mark), f...)
	}
	return f
}
