package suggest

import (
	"fmt"
	"strings"
)

// around is the number of unchanged lines around a change.
const around = 3

// unified returns the difference of two texts in the unified form, or "".
func unified(name, before, after string) string {
	a, b := strings.SplitAfter(before, "\n"), strings.SplitAfter(after, "\n")
	ops := compare(a, b)
	var out strings.Builder
	for i := 0; i < len(ops); {
		if ops[i].kind == ' ' {
			i++
			continue
		}
		// A hunk reaches to the last change with no more than twice the context
		// unchanged before it.
		from, to := max(0, i-around), i
		for j, same := i, 0; j < len(ops) && same <= 2*around; j++ {
			if ops[j].kind == ' ' {
				same++
			} else {
				same, to = 0, j+1
			}
		}
		end := min(len(ops), to+around)
		hunk(&out, ops, from, end)
		i = end
	}
	if out.Len() == 0 {
		return ""
	}
	return fmt.Sprintf("--- a/%s\n+++ b/%s\n%s", name, name, out.String())
}

type op struct {
	kind byte // ' ', '-', '+'
	text string
}

func hunk(out *strings.Builder, ops []op, from, end int) {
	line := func(kinds string, n int) (c int) {
		for _, o := range ops[:n] {
			if strings.IndexByte(kinds, o.kind) >= 0 && o.text != "" {
				c++
			}
		}
		return c
	}
	a0, a1 := line(" -", from), line(" -", end)
	b0, b1 := line(" +", from), line(" +", end)
	fmt.Fprintf(out, "@@ -%d,%d +%d,%d @@\n", a0+1, a1-a0, b0+1, b1-b0)
	for _, o := range ops[from:end] {
		if o.text == "" {
			continue // after the last newline
		}
		fmt.Fprintf(out, "%c%s", o.kind, o.text)
		if !strings.HasSuffix(o.text, "\n") {
			out.WriteString("\n\\ No newline at end of file\n")
		}
	}
}

// compare aligns two lists of lines by their longest common subsequence, between
// what they have in common at both ends.
func compare(a, b []string) []op {
	pre := 0
	for pre < len(a) && pre < len(b) && a[pre] == b[pre] {
		pre++
	}
	post := 0
	for post < len(a)-pre && post < len(b)-pre && a[len(a)-1-post] == b[len(b)-1-post] {
		post++
	}
	x, y := a[pre:len(a)-post], b[pre:len(b)-post]
	// length[i][j] is that of the longest common subsequence of x[i:] and y[j:].
	length := make([][]int32, len(x)+1)
	for i := range length {
		length[i] = make([]int32, len(y)+1)
	}
	for i := len(x) - 1; i >= 0; i-- {
		for j := len(y) - 1; j >= 0; j-- {
			if x[i] == y[j] {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	var ops []op
	for _, l := range a[:pre] {
		ops = append(ops, op{' ', l})
	}
	i, j := 0, 0
	for i < len(x) || j < len(y) {
		switch {
		case i < len(x) && j < len(y) && x[i] == y[j]:
			ops = append(ops, op{' ', x[i]})
			i++
			j++
		case i < len(x) && (j == len(y) || length[i+1][j] >= length[i][j+1]):
			ops = append(ops, op{'-', x[i]})
			i++
		default:
			ops = append(ops, op{'+', y[j]})
			j++
		}
	}
	for _, l := range a[len(a)-post:] {
		ops = append(ops, op{' ', l})
	}
	return ops
}
