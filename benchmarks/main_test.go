package main

import (
	"cmp"
	"fmt"
	"strings"
	"testing"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/benchmarks/internal/tables"
	"github.com/stackalloc/stackalloc/internal/loops"
	"github.com/stackalloc/stackalloc/internal/measure"
)

// TestWays runs every way that needs no program of its own once at each size.
func TestWays(t *testing.T) {
	for _, w := range ways {
		if (w.loop == nil) == (w.build == nil) {
			t.Errorf("%s: expected either a loop or a program", w.name)
		}
		if w.loop != nil {
			for _, n := range sizes {
				w.loop(n, 3)
			}
		}
	}
}

func TestTargetsNameWays(t *testing.T) {
	for _, target := range targets {
		ours, theirs := 0, 0
		for _, w := range ways {
			if w.name == target.ours {
				ours++
			}
			if target.against(w) {
				theirs++
			}
		}
		if ours != 1 || theirs == 0 {
			t.Errorf("%s: %d of ours, %d of theirs", target.name, ours, theirs)
		}
	}
}

// TestContests runs every cell once and reads the tables: every row is there, and
// those that miss the target, and no others, have their ratio in bold.
func TestContests(t *testing.T) {
	for _, test := range []struct {
		contest *contest
		rows    []string
	}{
		{typedContest(), []string{"4 strings", "16 strings", "64 strings", "100 strings", "16 pointers", "100 pointers",
			"8 structs of 40 B", "20 structs of 40 B", "100 structs of 40 B"}},
		{freshContest(), []string{"1 × 2000 B", "1 × 16000 B", "1 × 60000 B", "10 × 2000 B", "10 × 16000 B", "10 × 60000 B",
			"100 × 2000 B", "100 × 16000 B", "100 × 60000 B", "1000 × 2000 B", "1000 × 16000 B", "1000 × 60000 B"}},
	} {
		c := test.contest
		if len(c.rows) != len(test.rows) {
			t.Fatalf("%s: %d rows, want %d", c.title, len(c.rows), len(test.rows))
		}
		var want []string
		for i, row := range c.rows {
			ours := 50.0
			line := " 0.50 |"
			if i%2 == 1 {
				ours, line = 150, " **1.50** |"
			}
			for j, x := range row.cells {
				x.way.loop(x.size, x.whole(1))
				x.summary.Center = 100 * float64(j) // the fastest rival is the first
			}
			row.cells[0].summary.Center = ours
			want = append(want, fmt.Sprintf("| %s | %s | 100 | 200 |%s ≤ %v |\n", test.rows[i], tables.Number(ours), line, cmp.Or(row.most, c.most)))
		}
		var out strings.Builder
		c.write(&out, measure.MinSamples)
		if all := strings.Join(want, ""); !strings.HasSuffix(out.String(), all) {
			t.Errorf("%s\nends not with\n%s", out.String(), all)
		}
	}
}

// TestRivals has a second rival that is the faster one, and others that do not
// count.
func TestRivals(t *testing.T) {
	for _, test := range []struct {
		rivals int
		want   string
	}{{1, "| 0.50 |"}, {2, "| 1.00 |"}, {3, "| **2.00** |"}} {
		c := &contest{rivals: test.rivals, most: 1.1, rows: []contestRow{{name: "row"}}}
		for _, ns := range []float64{100, 200, 100, 50} {
			x := &cell{way: new(way)}
			x.summary.Center = ns
			c.rows[0].cells = append(c.rows[0].cells, x)
		}
		var out strings.Builder
		c.write(&out, measure.MinSamples)
		if !strings.Contains(out.String(), test.want) {
			t.Errorf("%d rivals: %s; want %s", test.rivals, out.String(), test.want)
		}
	}
}

func TestWhole(t *testing.T) {
	for _, x := range []struct{ unit, times, want int }{{0, 7, 7}, {0, 0, 1}, {1, 7, 7}, {10, 7, 10}, {10, 39, 30}} {
		if got := (&cell{way: &way{unit: x.unit}}).whole(x.times); got != x.want {
			t.Errorf("%d in units of %d: %d, want %d", x.times, x.unit, got, x.want)
		}
	}
}

// TestFresh counts what the goroutines do.
func TestFresh(t *testing.T) {
	starts, blocks := 0, 0
	fresh(func(_, times int) { starts++; blocks += times }, 10)(2000, 30)
	if starts != 3 || blocks != 30 {
		t.Fatalf("%d goroutines with %d blocks, want 3 and 30", starts, blocks)
	}
	before := stackalloc.ReadStats()
	for _, uses := range freshUses {
		for _, n := range freshSizes {
			fresh(loops.Uninit, uses)(n, uses)
		}
	}
	if after := stackalloc.ReadStats(); after.Heap != before.Heap {
		t.Errorf("%d blocks came from the heap", after.Heap-before.Heap)
	}
}

// TestForms runs every form once at each size, and reads the table: a form that is
// slower than another and what it may take more is in bold.
func TestForms(t *testing.T) {
	r := &result{}
	for _, f := range forms {
		r.cells = append(r.cells, cellsOf([]*way{f.way}, formSizes)...)
		if f.than != "" && formNamed(f.than).way == nil {
			t.Errorf("%s: no form %q", f.way.name, f.than)
		}
	}
	before := stackalloc.ReadStats()
	for _, c := range r.cells {
		c.way.loop(c.size, 3)
		c.summary.Center = 10
		if c.way.name == "Call" && c.size == 100 {
			c.summary.Center = 11.5
		}
	}
	if after := stackalloc.ReadStats(); after.Heap != before.Heap {
		t.Errorf("%d blocks came from the heap", after.Heap-before.Heap)
	}
	var out strings.Builder
	r.writeForms(&out)
	if want := "| Call | 10.0 | **11.5** | 10.0 | ≤ Do, result assigned + 1 ns |\n"; !strings.Contains(out.String(), want) || strings.Count(out.String(), "**") != 2 {
		t.Errorf("%s\nwant %s", out.String(), want)
	}
	for _, c := range fillContests() {
		for _, row := range c.rows {
			for _, x := range row.cells {
				x.way.loop(x.size, 3)
			}
		}
	}
}
