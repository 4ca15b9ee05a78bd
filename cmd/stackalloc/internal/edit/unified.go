package edit

import (
	"fmt"
	"slices"
	"strings"
)

// around is the number of unchanged lines around a change.
const around = 3

// Unified returns the difference of two texts in the unified form, or "".
func Unified(name, before, after string) string {
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
	// After a name with spaces patch and git need a tab to see its end.
	end := ""
	if strings.Contains(name, " ") {
		end = "\t"
	}
	return fmt.Sprintf("--- a/%s%s\n+++ b/%s%s\n%s", name, end, name, end, out.String())
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

// compare aligns two lists of lines with as few differences as can be, between
// what they have in common at both ends. The way is that of E. Myers, "An O(ND)
// Difference Algorithm" (1986): time and memory grow with the differences.
func compare(a, b []string) []op {
	pre := 0
	for pre < len(a) && pre < len(b) && a[pre] == b[pre] {
		pre++
	}
	post := 0
	for post < len(a)-pre && post < len(b)-pre && a[len(a)-1-post] == b[len(b)-1-post] {
		post++
	}
	var ops []op
	for _, l := range a[:pre] {
		ops = append(ops, op{' ', l})
	}
	ops = append(ops, script(a[pre:len(a)-post], b[pre:len(b)-post])...)
	for _, l := range a[len(a)-post:] {
		ops = append(ops, op{' ', l})
	}
	return ops
}

// script returns the shortest way from a to b.
func script(a, b []string) []op {
	// reach[d][k+d] is how far in a one gets with d differences on the diagonal k,
	// that of the pairs with i-j = k.
	var reach [][]int
	at := func(d, k int) int {
		if d < 0 || k < -d || k > d {
			return -1
		}
		return reach[d][k+d]
	}
	// step returns where the difference number d on diagonal k begins, and whether
	// it takes a line of a away.
	step := func(d, k int) (i int, away bool) {
		if d == 0 {
			return 0, false
		}
		add, del := at(d-1, k+1), at(d-1, k-1)+1
		if k == d || k != -d && del > add {
			return del, true
		}
		return add, false
	}
	for d := 0; ; d++ {
		row := make([]int, 2*d+1)
		reach = append(reach, row)
		for k := -d; k <= d; k += 2 {
			i, _ := step(d, k)
			for i < len(a) && i-k >= 0 && i-k < len(b) && a[i] == b[i-k] {
				i++
			}
			row[k+d] = i
			if i >= len(a) && i-k >= len(b) {
				return trace(a, b, d, step)
			}
		}
	}
}

// trace goes back from the end of both texts.
func trace(a, b []string, d int, step func(d, k int) (int, bool)) []op {
	var ops []op
	i, j := len(a), len(b)
	for ; d >= 0; d-- {
		from, away := step(d, i-j)
		for ; i > from; i, j = i-1, j-1 {
			ops = append(ops, op{' ', a[i-1]})
		}
		if d == 0 {
			break
		}
		if away {
			i--
			ops = append(ops, op{'-', a[i]})
		} else {
			j--
			ops = append(ops, op{'+', b[j]})
		}
	}
	slices.Reverse(ops)
	return ops
}
